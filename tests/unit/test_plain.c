/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "plain.h"

/* A literal with its inner NULs, without its last. */
#define MESSAGE(text) (text), sizeof(text) - 1

static void well_formed_messages_are_split(void **state)
{
    static const struct {
        const char *name, *message;
        size_t length;
        const char *authzid, *authcid, *password;
    } cases[] = {
        {"RFC 4616, first example", MESSAGE("\0tim\0tanstaaftanstaaf"), "", "tim",
         "tanstaaftanstaaf"},
        {"RFC 4616, second example", MESSAGE("Ursel\0Kurt\0xipj3plmq"), "Ursel", "Kurt",
         "xipj3plmq"},
        {"UTF-8 and control characters are not the framing's business",
         MESSAGE("\303\274\0\001\377\0\n"), "\303\274", "\001\377", "\n"},
        {"empty password", MESSAGE("\0alice\0"), "", "alice", ""},
        {"empty authcid", MESSAGE("\0\0secret"), "", "", "secret"},
        {"all empty", MESSAGE("\0\0"), "", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credentials parts;
        char *exact = malloc(cases[i].length); /* a sanitizer sees a byte read too much */

        assert_non_null(exact);
        memcpy(exact, cases[i].message, cases[i].length);
        if (!plain_parse(exact, cases[i].length, &parts))
            fail_msg("%s: not split", cases[i].name);
        assert_int_equal(parts.authzid_length, strlen(cases[i].authzid));
        assert_memory_equal(parts.authzid, cases[i].authzid, parts.authzid_length);
        assert_int_equal(parts.authcid_length, strlen(cases[i].authcid));
        assert_memory_equal(parts.authcid, cases[i].authcid, parts.authcid_length);
        assert_int_equal(parts.password_length, strlen(cases[i].password));
        assert_memory_equal(parts.password, cases[i].password, parts.password_length);
        free(exact);
    }
}

static void malformed_messages_are_refused(void **state)
{
    static const struct {
        const char *name, *message;
        size_t length;
    } cases[] = {
        {"nothing", NULL, 0},
        {"no NUL", MESSAGE("alice")},
        {"one NUL", MESSAGE("alice\0secret")},
        {"one NUL at the start", MESSAGE("\0alice")},
        {"only one NUL", MESSAGE("\0")},
        {"NUL after the password", MESSAGE("\0alice\0secret\0")},
        {"NUL in the password", MESSAGE("\0alice\0sec\0ret")},
        {"NUL in the name", MESSAGE("\0al\0ice\0secret")},
        {"three NULs", MESSAGE("\0\0\0")},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct credentials parts = {.authcid_length = 7};

        if (plain_parse(cases[i].message, cases[i].length, &parts))
            fail_msg("%s: was split", cases[i].name);
        assert_int_equal(parts.authcid_length, 0);
        assert_null(parts.password);
    }
}

static void authzids_are_printable_and_short(void **state)
{
    static const struct {
        const char *name, *authzid;
        size_t length;
        bool valid;
    } cases[] = {
        {"address", MESSAGE("shared@example.org"), true},
        {"UTF-8", MESSAGE("m\303\274ller@example.org"), true},
        {"blank inside", MESSAGE("shared box"), true},
        {"empty", MESSAGE(""), false},
        {"blanks", MESSAGE("   "), false},
        {"NUL", MESSAGE("a\0b"), false},
        {"newline", MESSAGE("a\nb"), false},
        {"terminal escape", MESSAGE("\033[2J"), false},
        {"Latin-1", MESSAGE("m\374ller"), false},
        {"right-to-left override", MESSAGE("a\342\200\256b"), false},
    };
    static char long_one[AUTHZID_MAX + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (plain_authzid_valid(cases[i].authzid, cases[i].length) != cases[i].valid)
            fail_msg("%s", cases[i].name);
    }
    memset(long_one, 'a', sizeof long_one);
    assert_true(plain_authzid_valid(long_one, AUTHZID_MAX));
    assert_false(plain_authzid_valid(long_one, AUTHZID_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_messages_are_split),
        cmocka_unit_test(malformed_messages_are_refused),
        cmocka_unit_test(authzids_are_printable_and_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
