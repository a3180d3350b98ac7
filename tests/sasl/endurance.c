/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/*
 * Many attempts of every kind in one process: memory and descriptors stay where they
 * were.  APPPASS_ENDURANCE says how many of each.
 */

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "array.h"
#include "deadline.h"
#include "suite.h"

/* How many by default: what needs no database, what asks it, what connects to it. */
#define FREE_OF_CHARGE 20000
#define ASKING         1000
#define CONNECTING     100

/* Allocations still differ by what libraries keep per process: error texts, caches. */
#define GROWTH_ALLOWED (64 * 1024)
/* The same of the process's memory, where blocks that were mapped show too. */
#define RESIDENT_ALLOWED_KIB (4 * 1024)

#define WARMING_UP 50

/* One kind of attempt: a whole login, or one message that ends it or is left at that. */
struct kind {
    const char *name;
    int expected;
    unsigned usual;
    enum door door;
    struct typed typed;
    const char *mechanism, *message; /* instead of door and typed */
    size_t length;
    void (*before)(void); /* each attempt; NULL: nothing */
    unsigned rare;        /* one for so many others, where each takes long; 0: 1 */
};

/* Fewer where a checker makes each one slow. */
static unsigned rounds(const struct kind *kind)
{
    const char *divisor = getenv("APPPASS_ROUNDS_DIVISOR");
    const char *wanted = getenv("APPPASS_ENDURANCE");

    unsigned usual = kind->usual;

    if (wanted != NULL)
        usual = (unsigned)strtoul(wanted, NULL, 10) / (kind->rare != 0 ? kind->rare : 1);
    return usual / (unsigned)(divisor != NULL ? strtoul(divisor, NULL, 10) : 1);
}

#define PLAIN_OF(user, secret)                                                           \
    .door = DOOR_PLAIN, .typed = {.username = (user), .password = (secret)}
#define LOGIN_OF(user, secret)                                                           \
    .door = DOOR_LOGIN_PROMPTED, .typed = {.username = (user), .password = (secret)}
#define MESSAGE(mech, bytes)                                                             \
    .mechanism = (mech), .message = (bytes), .length = sizeof(bytes) - 1

static int attempt(const struct kind *kind)
{
    if (kind->before != NULL)
        kind->before();
    if (kind->mechanism != NULL)
        return server_send("imap", kind->mechanism, kind->message, kind->length);
    return server_login(kind->door, &kind->typed).result;
}

struct usage {
    size_t bytes, descriptors;
    long resident_kib;
};

static long resident_kib(void)
{
    FILE *statm = fopen("/proc/self/statm", "r");
    long pages = 0;

    assert_non_null(statm);
    assert_int_equal(fscanf(statm, "%*s %ld", &pages), 1);
    fclose(statm);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static size_t descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static struct usage usage(void)
{
    struct mallinfo2 heap = mallinfo2();

    return (struct usage){heap.uordblks + heap.hblkhd, descriptors(), resident_kib()};
}

/* A checker's own memory grows with what it has seen. */
static bool checked(void)
{
#ifdef __SANITIZE_ADDRESS__
    return true;
#else
    return getenv("APPPASS_ROUNDS_DIVISOR") != NULL;
#endif
}

static void assert_no_growth(const struct kind *kind)
{
    unsigned count = rounds(kind);
    struct usage before, after;
    int64_t started;

    for (unsigned i = 0; i < WARMING_UP; i++) {
        int result = attempt(kind);

        if (result != kind->expected)
            fail_msg("%s: %d instead of %d", kind->name, result, kind->expected);
    }
    before = usage();
    started = deadline_now_ms();
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(attempt(kind), kind->expected);
    after = usage();
    printf("endurance: %s: %u attempts, %.1f s, %+td bytes, %+ld KiB resident\n",
           kind->name, count, (double)(deadline_now_ms() - started) / 1000,
           (ptrdiff_t)(after.bytes - before.bytes),
           after.resident_kib - before.resident_kib);
    assert_int_equal(after.descriptors, before.descriptors);
    assert_true(after.bytes <= before.bytes + GROWTH_ALLOWED);
    if (!checked())
        assert_true(after.resident_kib <= before.resident_kib + RESIDENT_ALLOWED_KIB);
}

#define ALL(kinds)                                                                       \
    do {                                                                                 \
        for (size_t i = 0; i < COUNT(kinds); i++)                                        \
            assert_no_growth(&(kinds)[i]);                                               \
    } while (0)

/* ---- servers ---- */

#define ALICE "alice@example.org"

static char memo[300], keys[300];

/* Hashes that take no time, so that many can be computed. */
static struct issued weak, keyed;
static const struct hash_policy no_work = {.memory_kib = 64, .passes = 1, .lanes = 1};

static void start_with(const char *first, const char *value, const char *second,
                       const char *other)
{
    static struct option options[4];

    options[0] = (struct option){"apppass_conninfo", database_conninfo()};
    options[1] = (struct option){first, value};
    options[2] = (struct option){second, other};
    options[3] = (struct option){NULL, NULL};
    server_start(world.path, options);
    assert_string_equal(log_text(), "");
    log_keep(false);
}

static int stop(void **state)
{
    (void)state;
    server_stop();
    return 0;
}

static void make_keys(void)
{
    int file;

    snprintf(keys, sizeof keys, "%s/keys", world.modules);
    file = open(keys, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_true(dprintf(file, "endure %064d\n", 1) > 0);
    close(file);
}

static int make_codes(void **state)
{
    (void)state;
    snprintf(memo, sizeof memo, "%s/memo-endurance", world.modules);
    make_keys();
    database_do("UPDATE apppass.realm SET argon2_memory_kib = 64, argon2_passes = 1",
                NULL);
    weak = database_issue_with(ALICE, "toaster", NULL, &no_work);
    keyed = database_issue_with(ALICE, "kettle", NULL, &no_work);
    return 0;
}

static void lose_connection(void)
{
    database_end_sessions();
}

/* ---- cases ---- */

static void what_needs_no_database(void **state)
{
    const struct kind kinds[] = {
        {"PLAIN without NUL", SASL_BADPROT, FREE_OF_CHARGE, MESSAGE("PLAIN", "alice")},
        {"PLAIN with a NUL too many", SASL_BADPROT, FREE_OF_CHARGE,
         MESSAGE("PLAIN", "\0" ALICE "\0code\0")},
        {"an authzid that is no name", SASL_BADAUTH, FREE_OF_CHARGE,
         MESSAGE("PLAIN", "a\033b\0" ALICE "\0code")},
        {"a name that is none", SASL_BADAUTH, FREE_OF_CHARGE,
         PLAIN_OF("al\nice@example.org", world.laptop.code)},
        {"not a code", SASL_BADAUTH, FREE_OF_CHARGE, PLAIN_OF(ALICE, "Summer2026!")},
        {"not a code, LOGIN", SASL_BADAUTH, FREE_OF_CHARGE,
         LOGIN_OF(ALICE, "Summer2026!")},
        {"LOGIN left before the name", SASL_CONTINUE, FREE_OF_CHARGE,
         .mechanism = "LOGIN"},
        {"LOGIN left before the password", SASL_CONTINUE, FREE_OF_CHARGE,
         MESSAGE("LOGIN", ALICE)},
        {"PLAIN left before the message", SASL_CONTINUE, FREE_OF_CHARGE,
         .mechanism = "PLAIN"},
    };

    (void)state;
    start_with("apppass_memo", memo, NULL, NULL);
    ALL(kinds);
    assert_in_range(database_sessions(), 0, 1);
}

static void what_the_database_decides(void **state)
{
    const struct issued unknown = code_never_issued(&world.laptop);
    const struct issued wrong = code_with_other_secret(&weak);
    const struct kind kinds[] = {
        {"accepted", SASL_OK, ASKING, PLAIN_OF(ALICE, world.laptop.code)},
        {"accepted, LOGIN", SASL_OK, ASKING, LOGIN_OF(ALICE, world.laptop.code)},
        {"unknown account", SASL_BADAUTH, ASKING,
         PLAIN_OF("nobody@example.org", world.laptop.code)},
        {"unknown code", SASL_BADAUTH, ASKING, PLAIN_OF(ALICE, unknown.code)},
        {"wrong code", SASL_BADAUTH, ASKING, PLAIN_OF(ALICE, wrong.code)},
        {"another's code", SASL_BADAUTH, ASKING, PLAIN_OF(ALICE, world.bob.code)},
        {"revoked", SASL_BADAUTH, ASKING, PLAIN_OF(ALICE, world.revoked.code)},
        {"expired", SASL_BADAUTH, ASKING, LOGIN_OF(ALICE, world.expired.code)},
        {"another service's", SASL_BADAUTH, ASKING, PLAIN_OF(ALICE, world.printer.code)},
        {"account disabled", SASL_BADAUTH, ASKING,
         PLAIN_OF("carol@example.org", world.carol.code)},
        {"accepted after a lost connection", SASL_OK, CONNECTING,
         PLAIN_OF(ALICE, world.laptop.code), .before = lose_connection, .rare = 10},
    };

    (void)state;
    start_with("apppass_memo", memo, NULL, NULL);
    ALL(kinds);
    assert_int_equal(database_sessions(), 1);
}

static void what_needs_a_hash(void **state)
{
    const struct kind kinds[] = {
        {"accepted, hash computed", SASL_OK, ASKING, PLAIN_OF(ALICE, weak.code)},
    };

    (void)state;
    start_with(NULL, NULL, NULL, NULL);
    ALL(kinds);
    assert_int_equal(database_sessions(), 1);
}

static void what_needs_a_key(void **state)
{
    const struct kind before[] = {
        {"accepted, keyed hash", SASL_OK, ASKING, PLAIN_OF(ALICE, keyed.code)},
    };
    const struct kind after[] = {
        {"refused for want of a key", SASL_BADAUTH, ASKING,
         PLAIN_OF(ALICE, world.phone.code)},
        {"accepted, keyed hash required", SASL_OK, ASKING, PLAIN_OF(ALICE, keyed.code)},
    };

    (void)state;
    start_with("apppass_key", keys, NULL, NULL);
    ALL(before);
    server_stop();
    start_with("apppass_key", keys, "apppass_require_key", "yes");
    ALL(after);
}

static void what_can_not_be_decided(void **state)
{
    const struct kind kinds[] = {
        {"database unreachable", SASL_UNAVAIL, FREE_OF_CHARGE,
         PLAIN_OF(ALICE, world.laptop.code)},
        {"database unreachable, LOGIN", SASL_UNAVAIL, FREE_OF_CHARGE,
         LOGIN_OF(ALICE, world.laptop.code)},
    };
    const struct kind misconfigured[] = {
        {"wrong option", SASL_UNAVAIL, FREE_OF_CHARGE,
         PLAIN_OF(ALICE, world.laptop.code)},
    };
    static const struct option unreachable[] = {{"apppass_conninfo", "host=/nonexistent"},
                                                {NULL, NULL}};
    const struct option wrong[] = {{"apppass_conninfo", database_conninfo()},
                                   {"apppass_timeout", "soon"},
                                   {NULL, NULL}};

    (void)state;
    server_start(world.path, unreachable);
    log_keep(false);
    ALL(kinds);
    server_stop();
    server_start(world.path, wrong);
    log_keep(false);
    ALL(misconfigured);
}

static void restart(void)
{
    server_stop();
    start_with("apppass_memo", memo, "apppass_key", keys);
}

static void what_the_library_starts_anew_for(void **state)
{
    const struct kind kinds[] = {
        {"accepted after sasl_done", SASL_OK, CONNECTING,
         PLAIN_OF(ALICE, world.laptop.code), .before = restart, .rare = 100},
    };

    (void)state;
    ALL(kinds);
}

int run_endurance(void)
{
#define CASE(name) cmocka_unit_test_teardown(name, stop)
    const struct CMUnitTest tests[] = {
        CASE(what_needs_no_database),  CASE(what_the_database_decides),
        CASE(what_needs_a_hash),       CASE(what_needs_a_key),
        CASE(what_can_not_be_decided), CASE(what_the_library_starts_anew_for),
    };

    return cmocka_run_group_tests_name("endurance", tests, make_codes, NULL);
}
