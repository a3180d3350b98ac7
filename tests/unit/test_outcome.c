/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "log.h"
#include "outcome.h"
#include "secret.h"

static void every_verdict_has_a_name_that_parses_back(void **state)
{
    (void)state;
    for (enum verdict verdict = VERDICT_ACCEPTED; verdict < VERDICT_COUNT; verdict++) {
        assert_int_equal(verdict_parse(verdict_name(verdict)), verdict);
        assert_true(strlen(verdict_meaning(verdict)) > 10);
        assert_true(strlen(verdict_remedy(verdict)) > 5);
    }
}

static void unknown_names_are_no_verdict(void **state)
{
    (void)state;
    assert_int_equal(verdict_parse("none"), VERDICT_NONE);
    assert_int_equal(verdict_parse("ACCEPTED"), VERDICT_NONE);
    assert_int_equal(verdict_parse(""), VERDICT_NONE);
    assert_string_equal(verdict_name(VERDICT_COUNT), "none");
}

static void forgotten_initialisation_refuses(void **state)
{
    enum outcome outcome = (enum outcome)0;

    (void)state;
    assert_int_equal(outcome, OUTCOME_DENIED);
}

static void lines_are_made_harmless(void **state)
{
    static const struct {
        const char *name, *text, *expected;
    } cases[] = {
        {"plain", "user=alice@example.org", "user=alice@example.org"},
        {"newline forges no second line", "a\nb\rc", "a?b?c"},
        {"terminal escape", "\033[2J", "?[2J"},
        {"delete", "\177", "?"},
        {"good UTF-8 stays", "M\303\274ller \342\202\254 \360\237\223\261",
         "M\303\274ller \342\202\254 \360\237\223\261"},
        {"overlong slash", "\300\257", "??"},
        {"surrogate", "\355\240\200", "???"},
        {"cut-off sequence", "a\342\202", "a??"},
        {"C1 control", "\302\233", "?"},
        {"joiners stay", "\360\237\221\251\342\200\215\360\237\222\273 \342\200\214",
         "\360\237\221\251\342\200\215\360\237\222\273 \342\200\214"},
        {"zero width space, direction mark", "a\342\200\213b\342\200\217", "a?b?"},
        {"right-to-left override", "\342\200\256", "?"},
        {"above U+10FFFF", "\364\220\200\200", "????"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64];

        snprintf(text, sizeof text, "%s", cases[i].text);
        log_sanitise(text);
        if (strcmp(text, cases[i].expected) != 0)
            fail_msg("%s: got %s", cases[i].name, text);
    }
}

static void secrets_have_a_limit_and_are_wiped(void **state)
{
    static char long_one[SECRET_MAX + 1];
    struct secret secret;

    (void)state;
    memset(long_one, 'x', sizeof long_one);
    assert_true(secret_set(&secret, long_one, SECRET_MAX));
    assert_int_equal(secret.length, SECRET_MAX);
    assert_false(secret_set(&secret, long_one, SECRET_MAX + 1));
    assert_int_equal(secret.length, 0);
    secret_wipe(&secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(((const unsigned char *)&secret)[i], 0);
    secret_wipe(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_a_name_that_parses_back),
        cmocka_unit_test(unknown_names_are_no_verdict),
        cmocka_unit_test(forgotten_initialisation_refuses),
        cmocka_unit_test(lines_are_made_harmless),
        cmocka_unit_test(secrets_have_a_limit_and_are_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
