/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "base/suggest.h"

static void distance_counts_edits(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},          {"", "abc", 3},           {"issue", "issue", 0},
        {"issu", "issue", 1}, {"isseu", "issue", 1},    {"ISSUE", "issue", 0},
        {"list", "lost", 1},  {"kitten", "sitting", 3}, {"ab", "ba", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(suggest_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(suggest_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void near_takes_slips_and_beginnings(void **state)
{
    (void)state;
    assert_true(suggest_near("revok", "revoke"));
    assert_true(suggest_near("alcie@example.org", "alice@example.org"));
    assert_true(suggest_near("alice", "alice@example.org"));
    assert_false(suggest_near("alice", "bob"));
    assert_false(suggest_near("al", "alice@example.org"));
}

static void long_words_stay_inside(void **state)
{
    char longer[1000];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(suggest_distance(longer, longer), 0);
    assert_int_equal(suggest_distance(longer, ""), 63);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(near_takes_slips_and_beginnings),
        cmocka_unit_test(long_words_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
