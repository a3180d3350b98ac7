/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "login.h"
#include "store.h"

static void assert_part(const char *part, size_t length, const char *expected)
{
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(part, expected, length);
}

static void user_name_and_password_are_asked_for(void **state)
{
    struct login login = {0};
    struct credentials parts;

    (void)state;
    assert_int_equal(login_step(&login, NULL, 0, &parts), LOGIN_ASK_USERNAME);
    assert_int_equal(login_step(&login, "alice", 5, &parts), LOGIN_ASK_PASSWORD);
    assert_null(parts.authcid);
    assert_int_equal(login_step(&login, "secret", 6, &parts), LOGIN_COMPLETE);
    assert_part(parts.authcid, parts.authcid_length, "alice");
    assert_part(parts.password, parts.password_length, "secret");
    assert_int_equal(parts.authzid_length, 0);
    login_wipe(&login);
}

static void the_user_name_may_come_first(void **state)
{
    struct login login = {0};
    struct credentials parts;

    (void)state;
    assert_int_equal(login_step(&login, "alice", 5, &parts), LOGIN_ASK_PASSWORD);
    assert_int_equal(login_step(&login, "secret", 6, &parts), LOGIN_COMPLETE);
    assert_part(parts.authcid, parts.authcid_length, "alice");
    login_wipe(&login);
}

static void an_empty_answer_to_the_prompt_is_an_empty_user_name(void **state)
{
    struct login login = {0};
    struct credentials parts;

    (void)state;
    assert_int_equal(login_step(&login, "", 0, &parts), LOGIN_ASK_USERNAME);
    assert_int_equal(login_step(&login, "", 0, &parts), LOGIN_ASK_PASSWORD);
    assert_int_equal(login_step(&login, "", 0, &parts), LOGIN_COMPLETE);
    assert_int_equal(parts.authcid_length, 0);
    assert_int_equal(parts.password_length, 0);
    login_wipe(&login);
}

static void any_bytes_pass_through(void **state)
{
    struct login login = {0};
    struct credentials parts;

    (void)state;
    assert_int_equal(login_step(&login, "al\0ice", 6, &parts), LOGIN_ASK_PASSWORD);
    assert_int_equal(login_step(&login, "\377\0", 2, &parts), LOGIN_COMPLETE);
    assert_int_equal(parts.authcid_length, 6);
    assert_memory_equal(parts.authcid, "al\0ice", 6);
    assert_int_equal(parts.password_length, 2);
    login_wipe(&login);
}

static void an_over_long_user_name_stays_too_long(void **state)
{
    static char name[70000];
    struct login login = {0};
    struct credentials parts;

    (void)state;
    memset(name, 'a', sizeof name);
    assert_int_equal(login_step(&login, name, sizeof name, &parts), LOGIN_ASK_PASSWORD);
    assert_int_equal(login_step(&login, name, sizeof name, &parts), LOGIN_COMPLETE);
    assert_in_range(parts.authcid_length, STORE_NAME_MAX, sizeof name);
    assert_int_equal(parts.password_length, sizeof name);
    login_wipe(&login);
}

static void nothing_follows_the_password(void **state)
{
    struct login login = {0};
    struct credentials parts;

    (void)state;
    assert_int_equal(login_step(&login, "alice", 5, &parts), LOGIN_ASK_PASSWORD);
    assert_int_equal(login_step(&login, "secret", 6, &parts), LOGIN_COMPLETE);
    assert_int_equal(login_step(&login, "again", 5, &parts), LOGIN_OVER);
    assert_null(parts.password);
    login_wipe(&login);
    assert_int_equal(login_step(&login, "again", 5, &parts), LOGIN_OVER);
}

static void the_user_name_is_wiped(void **state)
{
    struct login login = {0};
    struct credentials parts;

    (void)state;
    assert_int_equal(login_step(&login, "hunter2", 7, &parts), LOGIN_ASK_PASSWORD);
    login_wipe(&login);
    assert_null(memmem(&login, sizeof login, "hunter2", 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_name_and_password_are_asked_for),
        cmocka_unit_test(the_user_name_may_come_first),
        cmocka_unit_test(an_empty_answer_to_the_prompt_is_an_empty_user_name),
        cmocka_unit_test(any_bytes_pass_through),
        cmocka_unit_test(an_over_long_user_name_stays_too_long),
        cmocka_unit_test(nothing_follows_the_password),
        cmocka_unit_test(the_user_name_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
