/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "settings.h"

/* Options as a test writes them: name, value, name, value, NULL. */
static const char *from_pairs(void *context, const char *name)
{
    const char *const *pairs = context;

    for (; pairs[0] != NULL; pairs += 2)
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    return NULL;
}

static void defaults_apply(void **state)
{
    const char *pairs[] = {NULL};
    struct settings settings = {0};
    char error[256] = "";

    (void)state;
    assert_true(settings_load(verifier_settings, &settings, from_pairs, pairs, error,
                              sizeof error));
    assert_null(settings.conninfo);
    assert_int_equal(settings.timeout_ms, 5000);
    assert_int_equal(settings.idle_timeout_s, 60);
    assert_null(settings.realm);
    assert_null(settings.memo_path);
    assert_null(settings.key_path);
    assert_false(settings.require_key);
    assert_int_equal(settings.fallback, SETTINGS_FALLBACK_NONE);
    assert_null(settings.record_conninfo);
    assert_null(settings.cyrus_proc);
    settings_free(verifier_settings, &settings);
}

static void every_option_is_read(void **state)
{
    const char *pairs[] = {"apppass_conninfo",
                           "host=/run/pg dbname=mail",
                           "apppass_timeout",
                           "100",
                           "apppass_idle_timeout",
                           "0",
                           "apppass_realm",
                           "example.org",
                           "apppass_memo",
                           "/run/apppass/memo",
                           "apppass_key",
                           "/etc/apppass/key",
                           "apppass_require_key",
                           "Yes",
                           "apppass_fallback",
                           "CheckPass",
                           "apppass_record_conninfo",
                           "host=primary",
                           "apppass_cyrus_proc",
                           "/run/cyrus/proc",
                           NULL};
    struct settings settings = {0};
    char error[256] = "";

    (void)state;
    assert_true(settings_load(verifier_settings, &settings, from_pairs, pairs, error,
                              sizeof error));
    assert_string_equal(settings.conninfo, "host=/run/pg dbname=mail");
    assert_ptr_not_equal(settings.conninfo, pairs[1]);
    assert_int_equal(settings.timeout_ms, 100);
    assert_int_equal(settings.idle_timeout_s, 0);
    assert_string_equal(settings.realm, "example.org");
    assert_string_equal(settings.memo_path, "/run/apppass/memo");
    assert_string_equal(settings.key_path, "/etc/apppass/key");
    assert_true(settings.require_key);
    assert_int_equal(settings.fallback, SETTINGS_FALLBACK_CHECKPASS);
    assert_string_equal(settings.record_conninfo, "host=primary");
    assert_string_equal(settings.cyrus_proc, "/run/cyrus/proc");
    settings_free(verifier_settings, &settings);
    assert_null(settings.conninfo);
    settings_free(verifier_settings, &settings);
}

static void booleans_have_many_spellings(void **state)
{
    static const struct {
        const char *text;
        bool value;
    } cases[] = {{"yes", true}, {"true", true},   {"ON", true},   {"1", true},
                 {"no", false}, {"False", false}, {"off", false}, {"0", false}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *pairs[] = {"apppass_require_key", cases[i].text, "apppass_key", "/k",
                               NULL};
        struct settings settings = {0};
        char error[256] = "";

        if (!settings_load(verifier_settings, &settings, from_pairs, pairs, error,
                           sizeof error) ||
            settings.require_key != cases[i].value)
            fail_msg("%s", cases[i].text);
        settings_free(verifier_settings, &settings);
    }
}

static void bad_values_are_refused_with_advice(void **state)
{
    static char huge[5000];
    static const struct {
        const char *name, *option, *text, *error;
    } cases[] = {
        {"no number", "apppass_timeout", "soon",
         "apppass_timeout: is no whole number, write a number from 100 to 60000 (ms)"},
        {"empty number", "apppass_timeout", "", "apppass_timeout: is no whole number, "},
        {"unit attached", "apppass_timeout", "5000ms",
         "apppass_timeout: is no whole number, "},
        {"blank in front", "apppass_timeout", " 500", "apppass_timeout: is no whole "},
        {"plus sign", "apppass_timeout", "+500", "apppass_timeout: is no whole number"},
        {"hexadecimal", "apppass_timeout", "0x500",
         "apppass_timeout: is no whole number"},
        {"lone minus", "apppass_timeout", "-", "apppass_timeout: is no whole number"},
        {"below", "apppass_timeout", "99",
         "apppass_timeout: is out of range, write a number from 100 to 60000 (ms)"},
        {"above", "apppass_timeout", "60001", "apppass_timeout: is out of range, "},
        {"negative", "apppass_idle_timeout", "-1",
         "apppass_idle_timeout: is out of range, write a number from 0 to 86400 (s)"},
        {"more than a long", "apppass_timeout", "99999999999999999999",
         "apppass_timeout: is out of range, "},
        {"unknown word", "apppass_fallback", "always",
         "apppass_fallback: is not known, write one of: none checkpass"},
        {"empty word", "apppass_fallback", "", "apppass_fallback: is not known, "},
        {"maybe", "apppass_require_key", "maybe",
         "apppass_require_key: is neither yes nor no, write one of them"},
        {"relative path", "apppass_memo", "memo",
         "apppass_memo: is not an absolute path: write one that starts with /"},
        {"empty string", "apppass_conninfo", "",
         "apppass_conninfo: is empty, write a value or leave the option out"},
        {"two lines", "apppass_conninfo", "host=a\nb",
         "apppass_conninfo: holds a control character, "},
        {"too long", "apppass_conninfo", huge, "apppass_conninfo: is too long, "},
        {"at sign in the realm", "apppass_realm", "@example.org",
         "apppass_realm: can't be used, write the domain alone, such as example.org"},
        {"key required but none", "apppass_require_key", "yes",
         "apppass_require_key: has no effect alone, set apppass_key too"},
        {"record without conninfo", "apppass_record_conninfo", "host=b",
         "apppass_record_conninfo: has no effect alone, set apppass_conninfo too"},
    };

    (void)state;
    memset(huge, 'x', sizeof huge - 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *pairs[] = {cases[i].option, cases[i].text, NULL};
        struct settings settings = {0};
        char error[256] = "";

        if (settings_load(verifier_settings, &settings, from_pairs, pairs, error,
                          sizeof error))
            fail_msg("%s: taken", cases[i].name);
        if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
            fail_msg("%s: %s", cases[i].name, error);
        settings_free(verifier_settings, &settings);
    }
}

static void a_bad_value_is_never_repeated(void **state)
{
    for (const struct setting *row = verifier_settings; row->name != NULL; row++) {
        const char *pairs[] = {row->name, "s3cr3t\n", NULL};
        struct settings settings = {0};
        char error[256] = "";

        (void)state;
        assert_false(settings_load(verifier_settings, &settings, from_pairs, pairs, error,
                                   sizeof error));
        assert_null(strstr(error, "s3cr3t"));
        assert_memory_equal(error, row->name, strlen(row->name));
        settings_free(verifier_settings, &settings);
    }
}

static void a_small_error_buffer_is_not_overrun(void **state)
{
    const char *pairs[] = {"apppass_fallback", "x", NULL};

    (void)state;
    for (size_t size = 1; size < 80; size++) {
        struct settings settings = {0};
        char error[80];

        memset(error, '#', sizeof error);
        assert_false(
            settings_load(verifier_settings, &settings, from_pairs, pairs, error, size));
        assert_true(strlen(error) < size);
        for (size_t i = size; i < sizeof error; i++)
            assert_int_equal(error[i], '#');
        settings_free(verifier_settings, &settings);
    }
}

static void the_table_is_complete(void **state)
{
    (void)state;
    for (const struct setting *row = verifier_settings; row->name != NULL; row++) {
        size_t length = strlen(row->help);

        assert_memory_equal(row->name, "apppass_", 8);
        assert_true(length > 20 && row->help[length - 1] == '.');
        assert_true(row->offset < sizeof(struct settings));
        assert_true((row->type == SETTING_CHOICE) == (row->choices != NULL));
        assert_true(row->type != SETTING_INTEGER || row->min < row->max);
        for (const struct setting *other = row + 1; other->name != NULL; other++) {
            assert_string_not_equal(row->name, other->name);
            assert_int_not_equal(row->offset, other->offset);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_apply),
        cmocka_unit_test(every_option_is_read),
        cmocka_unit_test(booleans_have_many_spellings),
        cmocka_unit_test(bad_values_are_refused_with_advice),
        cmocka_unit_test(a_bad_value_is_never_repeated),
        cmocka_unit_test(a_small_error_buffer_is_not_overrun),
        cmocka_unit_test(the_table_is_complete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
