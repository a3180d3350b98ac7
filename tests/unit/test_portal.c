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
#include "base/html.h"
#include "form.h"
#include "session/texts.h"
#include "token.h"

static struct form form;

/* An exact copy with the one byte more that form_parse may write. */
static bool parse(const char *body)
{
    static char *copy;

    free(copy);
    copy = malloc(strlen(body) + 1);
    assert_non_null(copy);
    memcpy(copy, body, strlen(body));
    return form_parse(copy, strlen(body), &form);
}

static void test_form_good(void **state)
{
    (void)state;
    assert_true(parse("device=My+phone%21&as=page&x=&y=a%3Db"));
    assert_int_equal(form.count, 4);
    assert_string_equal(form_value(&form, "device"), "My phone!");
    assert_string_equal(form_value(&form, "x"), "");
    assert_string_equal(form_value(&form, "y"), "a=b");
    assert_null(form_value(&form, "z"));
    assert_true(parse(""));
    assert_int_equal(form.count, 0);
    assert_true(parse("a=%C3%A4%c3%a4"));
    assert_string_equal(form_value(&form, "a"), "\u00e4\u00e4");
}

static void test_form_bad(void **state)
{
    static const char *const bodies[] = {"a",     "a=%",   "a=%4",      "a=%zz", "a=%00",
                                         "%00=a", "a=%ff", "a=1&b=%C3", "a=\xff"};

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        assert_false(parse(bodies[i]));
        assert_int_equal(form.count, 0);
    }
}

static void test_form_twice(void **state)
{
    (void)state;
    assert_true(parse("token=a&token=b"));
    assert_null(form_value(&form, "token"));
}

static void test_form_many(void **state)
{
    char body[4 * (FORM_FIELDS_MAX + 1) + 1] = "";

    (void)state;
    for (size_t i = 0; i < FORM_FIELDS_MAX; i++)
        strcat(body, "a=1&");
    assert_true(parse(body));
    strcat(body, "a=1&");
    assert_false(parse(body));
}

static void test_html(void **state)
{
    char page[128] = "";
    FILE *file = fmemopen(page, sizeof page, "w");

    (void)state;
    assert_non_null(file);
    html_text(file, "<b a=\"'&\n\x7f\u00e4");
    fclose(file);
    assert_string_equal(page, "&#60;b a=&#34;&#39;&#38;  \u00e4");
}

static void test_token(void **state)
{
    static const unsigned char key[TOKEN_KEY_BYTES] = {1}, other[TOKEN_KEY_BYTES] = {2};
    struct token_for mine = {"alice", "make", "3"};
    const struct token_for others[] = {{"bob", "make", "3"},
                                       {"alice", "revoke", "3"},
                                       {"alice", "make", "2"},
                                       {"alicemake", "", "3"}};
    char token[TOKEN_MAX];

    (void)state;
    token_make(key, &mine, 1000000, token);
    assert_true(token_good(key, &mine, 1000000, token));
    assert_true(token_good(key, &mine, 1000000 + TOKEN_SECONDS, token));
    assert_false(token_good(key, &mine, 1000001 + TOKEN_SECONDS, token));
    assert_false(token_good(key, &mine, 999999, token));
    assert_false(token_good(other, &mine, 1000000, token));
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(token_good(key, &others[i], 1000000, token));
    token[strlen(token) - 1] ^= 1;
    assert_false(token_good(key, &mine, 1000000, token));
    assert_false(token_good(key, &mine, 1000000, ""));
    assert_false(token_good(key, &mine, 1000000, "f4240."));
}

/* A language that lacks a text would end the page in the middle. */
static void test_texts(void **state)
{
    static const char *const languages[] = {"de-AT,en", "en", "fr", NULL};

    (void)state;
    for (size_t l = 0; l < COUNT(languages); l++) {
        texts_choose(languages[l]);
        for (int i = 0; i < TEXT_COUNT; i++) {
            assert_non_null(text((enum text)i));
            assert_null(strpbrk(text((enum text)i), "<>&"));
        }
        assert_string_equal(text(TEXT_LANGUAGE), l == 0 ? "de" : "en");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form_good),  cmocka_unit_test(test_form_bad),
        cmocka_unit_test(test_form_twice), cmocka_unit_test(test_form_many),
        cmocka_unit_test(test_html),       cmocka_unit_test(test_token),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
