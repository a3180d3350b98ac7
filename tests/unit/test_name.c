/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "name.h"

static void blanks_around_a_name_are_no_part_of_it(void **state)
{
    static const struct {
        const char *typed, *text; /* NULL: no name */
    } cases[] = {
        {"alice@example.org", "alice@example.org"},
        {" alice@example.org", "alice@example.org"},
        {"  alice@example.org   ", "alice@example.org"},
        {"al ice@example.org", "al ice@example.org"},
        {"", NULL},
        {"   ", NULL},
        {"alice@example.org\n", NULL},
        {"\talice", NULL},
        {"m\374ller", NULL},
    };
    char text[STORE_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool good = name_text(cases[i].typed, strlen(cases[i].typed), text);

        if (good != (cases[i].text != NULL))
            fail_msg("\"%s\"", cases[i].typed);
        assert_string_equal(text, good ? cases[i].text : "");
    }
    assert_false(name_text("alice\0bob", 9, text));
}

static void the_account_is_whom_the_host_means(void **state)
{
    static const struct {
        const char *what, *text, *canonical, *realm, *account;
    } cases[] = {
        {"as typed", "alice@a.org", "alice@a.org", NULL, "alice@a.org"},
        {"folded", "alice%a.org", "alice@a.org", NULL, "alice@a.org"},
        {"folded, with a realm", "alice%a.org", "alice@a.org", "b.org", "alice@a.org"},
        {"default domain off", "alice@a.org", "alice", NULL, "alice@a.org"},
        {"folded, then off", "alice%a.org", "alice", NULL, "alice@a.org"},
        {"folder and domain off", "alice+x@a.org", "alice", "b.org", "alice@a.org"},
        {"bare", "alice", "alice", NULL, "alice"},
        {"bare, with a realm", "alice", "alice", "a.org", "alice@a.org"},
        {"the host's realm", "alice", "alice@a.org", NULL, "alice@a.org"},
        {"ours before the host's", "alice", "alice@b.org", "a.org", "alice@a.org"},
        {"percent is a letter", "alice%a.org", "alice%a.org", NULL, "alice%a.org"},
        {"percent and realm", "alice%a.org", "alice%a.org", "c.org", "alice%a.org@c.org"},
        {"percent and realms", "alice%a.org", "alice%a.org@b.org", "c.org",
         "alice%a.org@c.org"},
        {"another altogether", "alice", "anyone", NULL, "anyone"},
    };
    char account[STORE_NAME_MAX], longest[STORE_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!name_account(cases[i].text, cases[i].canonical, cases[i].realm, account) ||
            strcmp(account, cases[i].account) != 0)
            fail_msg("%s: %s", cases[i].what, account);
    }
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_true(name_account(longest, longest, NULL, account));
    assert_false(name_account(longest, longest, "a.org", account));
    assert_string_equal(account, "");
}

static void only_the_accounts_own_name_matches(void **state)
{
    static const struct {
        const char *canonical, *account, *realm;
        enum name_match match;
    } cases[] = {
        {"alice@a.org", "alice@a.org", NULL, NAME_SAME},
        {"Alice@A.ORG", "alice@a.org", NULL, NAME_SAME},
        {"alice", "alice", NULL, NAME_SAME},
        {"alice", "alice@a.org", "a.org", NAME_SAME},
        {"alice", "alice@a.org", "A.org", NAME_SAME},
        {"alice", "alice@a.org", "b.org", NAME_OTHER},
        {"alice", "alice@a.org", NULL, NAME_WITHOUT_DOMAIN},
        {"alice@a.org", "alice%a.org", NULL, NAME_OTHER},
        {"alice@a.org", "alice", "a.org", NAME_OTHER},
        {"alic", "alice@a.org", "a.org", NAME_OTHER},
        {"alice2", "alice@a.org", "a.org", NAME_OTHER},
        {"alice@a.org.example", "alice@a.org", NULL, NAME_OTHER},
        {"a much longer name than that", "alice", NULL, NAME_OTHER},
        {"", "alice", NULL, NAME_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (name_match(cases[i].canonical, cases[i].account, cases[i].realm) !=
            cases[i].match)
            fail_msg("%s, %s", cases[i].canonical, cases[i].account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_around_a_name_are_no_part_of_it),
        cmocka_unit_test(the_account_is_whom_the_host_means),
        cmocka_unit_test(only_the_accounts_own_name_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
