/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "array.h"
#include "base/moment.h"

/* 2026-11-23 03:30:00 UTC */
#define NOW ((time_t)1795404600)

static int set_zone(void **state)
{
    (void)state;
    return setenv("TZ", "Europe/Berlin", 1) != 0 || (tzset(), 0);
}

static void forward(void **state)
{
    static const struct {
        const char *text, *becomes;
    } cases[] = {
        {"180d", "2027-05-22T03:30:00Z"},
        {"12h", "2026-11-23T15:30:00Z"},
        {"90min", "2026-11-23T05:00:00Z"},
        {"2w", "2026-12-07T03:30:00Z"},
        {"1 days", "2026-11-24T03:30:00Z"},
        /* By the calendar, and the same local hour across the change of the clock. */
        {"6mo", "2027-05-23T02:30:00Z"},
        {"1y", "2027-11-23T03:30:00Z"},
        /* A date lasts until its end, in the local zone. */
        {"2027-03-31", "2027-03-31T21:59:59Z"},
        {"2027-03-31 18:00", "2027-03-31T16:00:00Z"},
        {"2027-03-31T18:00:00Z", "2027-03-31T18:00:00Z"},
        {"2027-03-31T18:00:00+0200", "2027-03-31T16:00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[MOMENT_TEXT_MAX];
        time_t moment = 0;

        assert_true(moment_parse(cases[i].text, NOW, false, &moment));
        moment_rfc3339(moment, text);
        assert_string_equal(text, cases[i].becomes);
    }
}

/* PostgreSQL does not know "mo". */
static void intervals(void **state)
{
    char text[MOMENT_TEXT_MAX];

    (void)state;
    assert_true(moment_interval("6mo", text));
    assert_string_equal(text, "6 months");
    assert_true(moment_interval("2 y", text));
    assert_string_equal(text, "24 months");
    assert_true(moment_interval("90d", text));
    assert_string_equal(text, "90 d");
    assert_false(moment_interval("3m", text));
    assert_false(moment_interval("2027-03-31", text));
}

static void backward(void **state)
{
    char text[MOMENT_TEXT_MAX];
    time_t moment;

    (void)state;
    assert_true(moment_parse("7d", NOW, true, &moment));
    moment_rfc3339(moment, text);
    assert_string_equal(text, "2026-11-16T03:30:00Z");
    assert_true(moment_parse("2026-11-01", NOW, true, &moment));
    moment_rfc3339(moment, text);
    assert_string_equal(text, "2026-10-31T23:00:00Z");
}

static void nonsense_is_refused(void **state)
{
    static const char *const cases[] = {
        "",         "d",         "180",        "-3d",  "3 parsecs",  "2027-02-31",
        "tomorrow", "99999999d", "2027-13-01", "1e3d", "2027-01-01x"};
    time_t moment;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_false(moment_parse(cases[i], NOW, false, &moment));
}

static void spans(void **state)
{
    long seconds = 0;

    (void)state;
    assert_true(moment_parse_span("24h", &seconds));
    assert_int_equal(seconds, 86400);
    assert_true(moment_parse_span("2d", &seconds));
    assert_int_equal(seconds, 172800);
    assert_false(moment_parse_span("1mo", &seconds));
    assert_false(moment_parse_span("soon", &seconds));
}

static void relative(void **state)
{
    static const struct {
        long offset;
        const char *text;
    } cases[] = {
        {0, "just now"},
        {-59, "just now"},
        {30, "in a minute"},
        {-60, "1 minute ago"},
        {-3 * 3600 - 5, "3 hours ago"},
        {3 * 3600 + 5, "in 3 hours"},
        {-86400, "1 day ago"},
        {-45 * 86400, "45 days ago"},
        {180 * 86400, "in 6 months"},
        {180 * 86400 - 60, "in 6 months"},
        {86400 - 60, "in 1 day"},
        {-364 * 86400, "12 months ago"},
        {-800 * 86400, "2 years ago"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[MOMENT_TEXT_MAX];

        moment_relative(NOW + cases[i].offset, NOW, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void local(void **state)
{
    char text[MOMENT_TEXT_MAX];

    (void)state;
    moment_local(NOW, text);
    assert_string_equal(text, "2026-11-23 04:30");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward),  cmocka_unit_test(intervals),
        cmocka_unit_test(backward), cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(spans),    cmocka_unit_test(relative),
        cmocka_unit_test(local),
    };

    return cmocka_run_group_tests(tests, set_zone, NULL);
}
