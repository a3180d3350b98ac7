/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "array.h"
#include "deadline.h"
#include "input.h"
#include "throttle.h"

#define BYTES(text) (text), sizeof(text) - 1

static void names_are_checked(void **state)
{
    static const struct {
        const char *label, *bytes;
        size_t length;
        const char *realm, *expected; /* NULL: refused */
    } cases[] = {
        {"address", BYTES("alice@example.org"), NULL, "alice@example.org"},
        {"address keeps its realm", BYTES("a@b.org"), "example.org", "a@b.org"},
        {"bare name gets the realm", BYTES("alice"), "example.org", "alice@example.org"},
        {"bare name, no realm", BYTES("alice"), NULL, "alice"},
        {"trailing at sign is not bare", BYTES("alice@"), "example.org", "alice@"},
        {"UTF-8", BYTES("m\303\274ller@example.org"), NULL, "m\303\274ller@example.org"},
        {"only the given bytes", "alice@example.orgXXX", 17, NULL, "alice@example.org"},
        {"empty", BYTES(""), "example.org", NULL},
        {"NUL inside", BYTES("alice\0@example.org"), NULL, NULL},
        {"newline", BYTES("alice\n@example.org"), NULL, NULL},
        {"escape", BYTES("\033[2Jalice"), NULL, NULL},
        {"delete", BYTES("alice\177"), NULL, NULL},
        {"C1 control", BYTES("alice\302\233"), NULL, NULL},
        {"invalid UTF-8", BYTES("alice\377"), NULL, NULL},
        {"cut-off UTF-8", BYTES("alice\342\202"), NULL, NULL},
        {"overlong", BYTES("alice\300\257"), NULL, NULL},
        {"overlong of three", BYTES("alice\340\200\257"), NULL, NULL},
        {"overlong of four", BYTES("alice\360\200\200\257"), NULL, NULL},
        {"surrogate", BYTES("alice\355\240\200"), NULL, NULL},
        {"above U+10FFFF", BYTES("alice\364\220\200\200"), NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char name[256];
        bool good = input_name(cases[i].bytes, cases[i].length, cases[i].realm, name,
                               sizeof name);

        if (good != (cases[i].expected != NULL) ||
            strcmp(name, cases[i].expected != NULL ? cases[i].expected : "") != 0)
            fail_msg("%s: got %d \"%s\"", cases[i].label, good, name);
    }
}

static void names_have_a_longest_length(void **state)
{
    char bytes[300], name[256];

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    assert_true(input_name(bytes, 255, NULL, name, sizeof name));
    assert_int_equal(strlen(name), 255);
    assert_false(input_name(bytes, 256, NULL, name, sizeof name));
    assert_string_equal(name, "");
    assert_true(input_name(bytes, 243, "example.org", name, sizeof name));
    assert_false(input_name(bytes, 244, "example.org", name, sizeof name));
    assert_string_equal(name, "");
    assert_false(input_name(NULL, 0, NULL, name, sizeof name));
}

static void only_harmless_names_are_logged(void **state)
{
    static const struct {
        const char *label, *name, *password;
        bool expected;
    } cases[] = {
        {"address", "alice@example.org", "secret", true},
        {"plus address", "alice+phone@mail.example.org", "secret", true},
        {"bare name may be a password", "hunter2", "x9", false},
        {"no dot in the domain", "p@ssword", "x9", false},
        {"dot at the end", "p@ssword.", "x9", false},
        {"white space", "alice smith@example.org", "x9", false},
        {"forged field", "a@b.c client=192.0.2.1", "x9", false},
        {"quotes", "\"a\"@example.org", "x9", false},
        {"not ASCII", "m\303\274ller@example.org", "x9", false},
        {"two at signs", "a@b@example.org", "x9", false},
        {"a code", "k7xp-2m9q-wtrv-c3hd-8fjn", "x9", false},
        {"a code before the at sign", "00000000000000000000@example.org", "x9", false},
        {"the password itself", "alice@example.org", "alice@example.org", false},
        {"the password in other case", "alice@example.org", "Alice@Example.org", false},
        {"holds the password", "hunter2@example.org", "hunter2", false},
        {"held by the password", "alice@example.org", "alice@example.org2026", false},
        {"empty password", "alice@example.org", "", true},
        {"nothing before the at sign", "@example.org", "x9", false},
        {"empty", "", "x9", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (input_name_loggable(cases[i].name, strlen(cases[i].name), cases[i].password,
                                strlen(cases[i].password)) != cases[i].expected)
            fail_msg("%s", cases[i].label);
    assert_false(input_name_loggable(BYTES("a@b.c\0d"), BYTES("x9")));
    assert_false(input_name_loggable(NULL, 0, NULL, 0));
    assert_true(input_name_loggable(BYTES("alice@example.org"), NULL, 0));
}

static void services_are_plain_words(void **state)
{
    char service[INPUT_SERVICE_MAX];

    (void)state;
    assert_true(input_service("imap", service));
    assert_string_equal(service, "imap");
    assert_true(input_service("HTTP", service));
    assert_string_equal(service, "HTTP");
    assert_false(input_service(NULL, service));
    assert_false(input_service("", service));
    assert_false(input_service("imap client=192.0.2.1", service));
    assert_string_equal(service, "");
    assert_false(input_service("a-service-name-of-33-bytes-length", service));
}

static void clients_are_read(void **state)
{
    static const struct {
        const char *text, *expected; /* NULL: unknown */
        size_t network_length;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1", 3},
        {"192.0.2.1;49948", "192.0.2.1", 3},
        {"2001:db8::1;993", "2001:db8::1", 8},
        {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1", 8},
        {"[2001:db8::1];993", "2001:db8::1", 8},
        {"fe80::1%eth0;993", "fe80::1", 8},
        {"::ffff:192.0.2.1;993", "192.0.2.1", 3},
        {"::1", "::1", 8},
        {NULL, NULL, 0},
        {"", NULL, 0},
        {";993", NULL, 0},
        {"unknown", NULL, 0},
        {"localhost", NULL, 0},
        {"192.0.2", NULL, 0},
        {"192.0.2.256", NULL, 0},
        {"192.0.2.1/24", NULL, 0},
        {"192.0.2.1 ", NULL, 0},
        {"2001:db8::1::2", NULL, 0},
        {"1111111111111111111111111111111111111111111111111111111111111111111111", NULL,
         0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct client client;
        bool good = input_client(cases[i].text, &client);

        if (good != (cases[i].expected != NULL) ||
            strcmp(client.text, good ? cases[i].expected : "") != 0 ||
            client.network_length != cases[i].network_length)
            fail_msg("%s: got %d \"%s\"", cases[i].text, good, client.text);
    }
}

static void clients_of_a_network_count_as_one(void **state)
{
    struct client one, other;

    (void)state;
    assert_true(input_client("192.0.2.1", &one));
    assert_true(input_client("192.0.2.254", &other));
    assert_memory_equal(one.network, other.network, sizeof one.network);
    assert_true(input_client("192.0.3.1", &other));
    assert_memory_not_equal(one.network, other.network, sizeof one.network);
    assert_true(input_client("2001:db8:0:1::1", &one));
    assert_true(input_client("2001:db8:0:1:ffff::1", &other));
    assert_memory_equal(one.network, other.network, sizeof one.network);
    assert_true(input_client("2001:db8:0:2::1", &other));
    assert_memory_not_equal(one.network, other.network, sizeof one.network);
}

static int allowed(struct throttle *throttle, bool known, const char *origin, int tries,
                   int64_t now_ms)
{
    int count = 0;

    while (tries-- > 0)
        count += throttle_allow(throttle, known, origin, strlen(origin), now_ms);
    return count;
}

static void one_origin_is_limited(void **state)
{
    struct throttle *throttle = throttle_new();

    (void)state;
    assert_non_null(throttle);
    assert_int_equal(allowed(throttle, false, "a", 100, 1000), THROTTLE_BURST);
    assert_int_equal(allowed(throttle, false, "a", 100, 1000 + 9999), 0);
    assert_int_equal(allowed(throttle, false, "a", 100, 1000 + 10000), 1);
    assert_int_equal(allowed(throttle, false, "a", 100, 1000 + 40000), 3);
    assert_int_equal(allowed(throttle, false, "a", 100, 1000 + 400000), THROTTLE_BURST);
    /* Attempts that name an existing code are counted apart. */
    assert_int_equal(allowed(throttle, true, "a", 100, 1000 + 400000), THROTTLE_BURST);
    throttle_free(&throttle);
    assert_null(throttle);
}

static void a_flood_from_everywhere_is_limited(void **state)
{
    struct throttle *throttle = throttle_new();
    char origin[16];
    int count = 0;

    (void)state;
    assert_non_null(throttle);
    for (int i = 0; i < 10000; i++) {
        snprintf(origin, sizeof origin, "%d", i);
        count += allowed(throttle, false, origin, 1, 1000);
    }
    assert_int_equal(count, THROTTLE_GLOBAL_BURST);
    for (int i = 0; i < 10000; i++) {
        snprintf(origin, sizeof origin, "x%d", i);
        count += allowed(throttle, false, origin, 1, 1000 + i / 10);
    }
    assert_in_range(count, THROTTLE_GLOBAL_BURST + 4, THROTTLE_GLOBAL_BURST + 5);
    assert_int_equal(allowed(throttle, true, "legitimate", 1, 2000), 1);
    throttle_free(&throttle);
}

/* How many of `tries` guesses at a code from a network of that number, at one moment. */
static int guessed(struct throttle *throttle, int64_t code_id, unsigned network,
                   int tries, int64_t now_ms)
{
    unsigned char bytes[3] = {192, (unsigned char)(network >> 8), (unsigned char)network};
    struct guess guess = {
        .code_id = code_id, .network = bytes, .network_length = sizeof bytes};
    int count = 0;

    while (tries-- > 0)
        count += throttle_guess(throttle, NULL, &guess, now_ms);
    return count;
}

static void guesses_at_a_code_are_limited(void **state)
{
    struct throttle *throttle = throttle_new();
    struct guess right = {.code_id = 2};
    int count = 0;

    (void)state;
    assert_non_null(throttle);
    assert_int_equal(guessed(throttle, 1, 0, 100, 1000), THROTTLE_GUESS_ORIGIN_BURST);
    assert_int_equal(guessed(throttle, 1, 0, 100, 1000 + 4999), 0);
    assert_int_equal(guessed(throttle, 1, 0, 100, 1000 + 5000), 1);
    /* From everywhere; another code's are counted apart. */
    for (unsigned network = 1; network < 1000; network++)
        count += guessed(throttle, 1, network, 1, 6000);
    assert_in_range(count, THROTTLE_GUESS_BURST - THROTTLE_GUESS_ORIGIN_BURST - 10,
                    THROTTLE_GUESS_BURST);
    /* What turned out right is no guess. */
    for (int i = 0; i < 1000; i++) {
        assert_true(throttle_guess(throttle, NULL, &right, 6000));
        throttle_unguess(throttle, NULL, &right);
    }
    throttle_free(&throttle);
}

static void a_wrong_code_is_known_again(void **state)
{
    struct throttle *throttle = throttle_new();

    (void)state;
    assert_non_null(throttle);
    assert_false(throttle_known_wrong(throttle, "$hash", "code", 4));
    throttle_note_wrong(throttle, "$hash", "code", 4);
    assert_true(throttle_known_wrong(throttle, "$hash", "code", 4));
    assert_false(throttle_known_wrong(throttle, "$hash", "cod3", 4));
    assert_false(throttle_known_wrong(throttle, "$hashc", "ode", 3));
    throttle_free(&throttle);
}

/* A name that is a code, or the password, is nothing to ask a database. */
static void names_that_are_secrets_are_seen(void **state)
{
    static const struct {
        const char *name, *password;
        bool secret;
    } cases[] = {
        {"k7xp-2m9q-wt0v-1c3h-d81p", "x", true},
        {"K7XP2M9QWT0V1C3HD81P", "", true},
        {"k7xp-2m9q-wt0v-1c3h-d81q", "x", false},
        {"hunter2", "hunter2", true},
        {"hunter2", "hunter3", false},
        {"alice@example.org", "k7xp-2m9q-wt0v-1c3h-d81p", false},
        {"", "", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(input_name_secret(cases[i].name, strlen(cases[i].name),
                                           cases[i].password, strlen(cases[i].password)),
                         cases[i].secret);
}

struct hammer {
    pthread_t thread;
    struct throttle *throttle;
    atomic_bool *over;
};

static void *refuse_all_the_time(void *context)
{
    struct hammer *hammer = context;

    while (!atomic_load(hammer->over))
        (void)!throttle_allow(hammer->throttle, false, "a", 1, deadline_now_ms());
    return NULL;
}

/* A child of a program with threads has one thread, whatever the others were at. */
static void a_fork_among_threads_stops_nobody(void **state)
{
    struct throttle *throttle = throttle_new();
    atomic_bool over = false;
    struct hammer hammers[4];
    int status;

    (void)state;
    assert_non_null(throttle);
    for (size_t i = 0; i < COUNT(hammers); i++) {
        hammers[i] = (struct hammer){.throttle = throttle, .over = &over};
        assert_int_equal(
            pthread_create(&hammers[i].thread, NULL, refuse_all_the_time, &hammers[i]),
            0);
    }
    for (int i = 0; i < 200; i++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            alarm(20);
            (void)!throttle_allow(throttle, false, "b", 1, deadline_now_ms());
            _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
    }
    atomic_store(&over, true);
    for (size_t i = 0; i < COUNT(hammers); i++)
        assert_int_equal(pthread_join(hammers[i].thread, NULL), 0);
    throttle_free(&throttle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(names_have_a_longest_length),
        cmocka_unit_test(only_harmless_names_are_logged),
        cmocka_unit_test(services_are_plain_words),
        cmocka_unit_test(clients_are_read),
        cmocka_unit_test(clients_of_a_network_count_as_one),
        cmocka_unit_test(one_origin_is_limited),
        cmocka_unit_test(a_flood_from_everywhere_is_limited),
        cmocka_unit_test(guesses_at_a_code_are_limited),
        cmocka_unit_test(a_wrong_code_is_known_again),
        cmocka_unit_test(names_that_are_secrets_are_seen),
        cmocka_unit_test(a_fork_among_threads_stops_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
