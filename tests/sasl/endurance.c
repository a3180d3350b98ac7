/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* Many logins in one process: memory and descriptors stay where they were. */

#include <dirent.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "suite.h"

#define MALFORMED 100000
#define ABANDONED 10000
#define WARM      5000
#define REFUSED   2000

/* Allocations still differ by what libraries keep per process: error texts, caches. */
#define GROWTH_ALLOWED (64 * 1024)

/* Fewer where a checker makes each one slow. */
static unsigned rounds(unsigned usual)
{
    const char *divisor = getenv("APPPASS_ROUNDS_DIVISOR");

    return usual / (unsigned)(divisor != NULL ? strtoul(divisor, NULL, 10) : 1);
}

static char memo[300];

static int start(void **state)
{
    static struct option options[] = {
        {"apppass_conninfo", NULL}, {"apppass_memo", memo}, {NULL, NULL}};

    (void)state;
    snprintf(memo, sizeof memo, "%s/memo-endurance", world.modules);
    options[0].value = database_conninfo();
    server_start(world.path, options);
    assert_string_equal(log_text(), "");
    log_keep(false);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    server_stop();
    return 0;
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

/* Send `count` messages after some to warm up; expects the same result each time. */
static void assert_no_growth(const char *mechanism, const char *message, size_t length,
                             int expected, unsigned count)
{
    size_t files, bytes, now;

    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(server_send("imap", mechanism, message, length), expected);
    files = descriptors();
    bytes = mallinfo2().uordblks;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(server_send("imap", mechanism, message, length), expected);
    assert_int_equal(descriptors(), files);
    now = mallinfo2().uordblks;
    if (now > bytes + GROWTH_ALLOWED)
        fail_msg("%u attempts left %zu bytes behind", count, now - bytes);
}

static void malformed_messages_cost_nothing_lasting(void **state)
{
    static const char framing[] = "\0alice@example.org\0code\0";
    static const char no_code[] = "\0alice@example.org\0not a code";

    (void)state;
    assert_no_growth("PLAIN", framing, sizeof framing - 1, SASL_BADPROT,
                     rounds(MALFORMED) / 2);
    assert_no_growth("PLAIN", no_code, sizeof no_code - 1, SASL_BADAUTH,
                     rounds(MALFORMED) / 2);
    assert_in_range(database_sessions(), 0, 1);
}

static void abandoned_exchanges_cost_nothing_lasting(void **state)
{
    (void)state;
    assert_no_growth("LOGIN", NULL, 0, SASL_CONTINUE, rounds(ABANDONED));
    assert_no_growth("LOGIN", "alice@example.org", 17, SASL_CONTINUE, rounds(ABANDONED));
}

static void logins_cost_nothing_lasting(void **state)
{
    char message[128];
    int length = snprintf(message, sizeof message, "%calice@example.org%c%s", 0, 0,
                          world.laptop.code);

    (void)state;
    assert_no_growth("PLAIN", message, (size_t)length, SASL_OK, rounds(WARM));
    assert_int_equal(database_sessions(), 1);
}

static void refusals_cost_nothing_lasting(void **state)
{
    char message[128];
    int length = snprintf(message, sizeof message, "%calice@example.org%c%s", 0, 0,
                          world.revoked.code);

    (void)state;
    assert_no_growth("PLAIN", message, (size_t)length, SASL_BADAUTH, rounds(REFUSED));
    assert_int_equal(database_sessions(), 1);
}

int run_endurance(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(malformed_messages_cost_nothing_lasting),
        CASE(abandoned_exchanges_cost_nothing_lasting),
        CASE(logins_cost_nothing_lasting),
        CASE(refusals_cost_nothing_lasting),
    };

    return cmocka_run_group_tests_name("endurance", tests, NULL, NULL);
}
