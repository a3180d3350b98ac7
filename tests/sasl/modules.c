/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* Beside the stock modules, with and without our option; the fallback through them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "suite.h"

#define LISTED                                                                           \
    {                                                                                    \
        "mech_list", "PLAIN LOGIN"                                                       \
    }

static char both_orders[2][600];

static int name_orders(void **state)
{
    (void)state;
    snprintf(both_orders[0], sizeof both_orders[0], "%s:%s", world.stock, world.path);
    snprintf(both_orders[1], sizeof both_orders[1], "%s:%s", world.path, world.stock);
    return 0;
}

static void ours_answers_whatever_was_loaded_first(void **state)
{
    const struct option options[] = {
        {"apppass_conninfo", database_conninfo()}, LISTED, {NULL, NULL}};
    const char *paths[] = {both_orders[0], both_orders[1], world.together};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        server_start(paths[i], options);
        assert_string_equal(server_mechanisms(), "PLAIN LOGIN");
        for (enum door door = 0; door < DOOR_COUNT; door++) {
            assert_int_equal(
                server_login_as(door, "alice@example.org", world.laptop.code).result,
                SASL_OK);
            assert_int_equal(
                server_login_as(door, "alice@example.org", world.bob.code).result,
                SASL_BADAUTH);
        }
        assert_int_equal(log_lines("apppass: accepted:"), DOOR_COUNT);
        server_stop();
    }
}

static void without_mech_list_ours_still_answers(void **state)
{
    const struct option options[] = {{"apppass_conninfo", database_conninfo()},
                                     {NULL, NULL}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        server_start(both_orders[i], options);
        assert_int_equal(
            server_login_as(DOOR_PLAIN, "alice@example.org", world.laptop.code).result,
            SASL_OK);
        server_stop();
    }
}

/* The stock mechanisms would say "no such user" or let a sasldb password in. */
static void a_wrong_option_never_lets_stock_answer(void **state)
{
    const struct option options[] = {{"apppass_conninfo", database_conninfo()},
                                     {"apppass_timeout", "soon"},
                                     {"sasldb_path", getenv("APPPASS_SASLDB")},
                                     LISTED,
                                     {NULL, NULL}};
    const char *paths[] = {both_orders[0], both_orders[1], world.together};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        server_start(paths[i], options);
        for (enum door door = 0; door < DOOR_COUNT; door++)
            assert_int_equal(
                server_login_as(door, "alice@example.org", "sasldb password").result,
                SASL_UNAVAIL);
        assert_int_equal(log_lines("1 apppass: every login will fail"), 1);
        assert_true(log_holds("apppass_timeout"));
        assert_log_without_passwords();
        server_stop();
    }
}

static void without_our_option_stock_is_alone(void **state)
{
    const struct option options[] = {{"sasldb_path", getenv("APPPASS_SASLDB")},
                                     {"auxprop_plugin", "sasldb"},
                                     {"apppass_timeout", "soon"}, /* nobody asks */
                                     {NULL, NULL}};
    char *expected;

    (void)state;
    server_start(world.stock, options);
    expected = strdup(server_mechanisms());
    server_stop();
    server_start(both_orders[1], options);
    assert_string_equal(server_mechanisms(), expected);
    assert_non_null(strstr(expected, "PLAIN"));
    assert_false(log_holds("apppass"));
    server_stop();
    free(expected);

    server_start(world.together, options);
    assert_int_equal(
        server_login_as(DOOR_PLAIN, "alice@example.org", "sasldb password").result,
        SASL_OK);
    assert_int_not_equal(
        server_login_as(DOOR_PLAIN, "alice@example.org", world.laptop.code).result,
        SASL_OK);
    assert_false(log_holds("apppass"));
    server_stop();
}

static void ours_alone_and_unconfigured_is_nothing(void **state)
{
    const struct option options[] = {{NULL, NULL}};

    (void)state;
    server_start(world.path, options);
    assert_null(strstr(server_mechanisms(), "PLAIN"));
    assert_null(strstr(server_mechanisms(), "LOGIN"));
    assert_string_equal(log_text(), "");
    server_stop();
}

static void saslpluginviewer_shows_both(void **state)
{
    static char shown[16384];
    char command[1024];
    FILE *viewer;
    size_t length;

    (void)state;
    snprintf(command, sizeof command,
             "LD_PRELOAD=%s SASL_PATH=%s SASL_CONF_PATH=%s "
             "saslpluginviewer -s -m 'PLAIN LOGIN' 2>&1",
             getenv("APPPASS_PRELOAD"), world.path, world.modules);
    viewer = popen(command, "r");
    assert_non_null(viewer);
    length = fread(shown, 1, sizeof shown - 1, viewer);
    shown[length] = '\0';
    assert_int_equal(pclose(viewer), 0);
    if (strstr(shown, "Plugin \"apppass\" [loaded], \tAPI version: 4") == NULL ||
        strstr(shown, "SASL mechanism: PLAIN") == NULL ||
        strstr(shown, "SASL mechanism: LOGIN") == NULL)
        fail_msg("%s", shown);
    if (strstr(shown, "NO_ANONYMOUS|PASS_CREDENTIALS") == NULL ||
        strstr(shown, "WANT_CLIENT_FIRST|PROXY_AUTHENTICATION") == NULL)
        fail_msg("%s", shown);
}

/* The main password of alice in sasldb, and a realm that still lets it in. */
static void fallback_options(struct option options[8], const char *sasldb)
{
    const struct option all[] = {{"apppass_conninfo", database_conninfo()},
                                 {"apppass_fallback", "checkpass"},
                                 {"pwcheck_method", "auxprop"},
                                 {"auxprop_plugin", "sasldb"},
                                 {"sasldb_path", sasldb},
                                 LISTED,
                                 {NULL, NULL}};

    memcpy(options, all, sizeof all);
}

static void a_main_password_is_tried_where_it_may(void **state)
{
    struct option options[8];

    (void)state;
    fallback_options(options, getenv("APPPASS_SASLDB"));
    server_start(world.together, options);
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        struct answer answer =
            server_login_as(door, "Alice@Example.ORG", "sasldb password");

        if (answer.result != SASL_OK)
            fail_msg("%d %s\n%s", answer.result, answer.detail, log_text());
        assert_string_equal(answer.authid, "alice@example.org");
        assert_string_equal(answer.user, "alice@example.org");
        assert_int_equal(
            server_login_as(door, "alice@example.org", "wrong password").result,
            SASL_BADAUTH);
        /* bob is in no sasldb: stock says "no such user", ours does not */
        assert_int_equal(
            server_login_as(door, "bob@example.org", "wrong password").result,
            SASL_BADAUTH);
        assert_int_equal(
            server_login_as(door, "mallory@example.org", "sasldb password").result,
            SASL_BADAUTH);
        assert_int_equal(
            server_login_as(door, "alice@example.org", world.laptop.code).result,
            SASL_OK);
    }
    assert_log_without_passwords();
    server_stop();
}

static void without_fallback_it_is_not_tried(void **state)
{
    struct option options[8];

    (void)state;
    fallback_options(options, getenv("APPPASS_SASLDB"));
    options[1].value = "none";
    server_start(world.together, options);
    assert_int_equal(
        server_login_as(DOOR_PLAIN, "alice@example.org", "sasldb password").result,
        SASL_BADAUTH);
    server_stop();
}

static void a_broken_password_check_is_temporary(void **state)
{
    struct option options[8];

    (void)state;
    fallback_options(options, "/nonexistent/sasldb2");
    options[2].value = "saslauthd";
    options[4] = (struct option){"saslauthd_path", "/nonexistent/mux"};
    server_start(world.together, options);
    for (enum door door = 0; door < DOOR_COUNT; door++)
        assert_int_equal(
            server_login_as(door, "alice@example.org", "sasldb password").result,
            SASL_UNAVAIL);
    server_stop();
}

int run_modules(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_answers_whatever_was_loaded_first),
        cmocka_unit_test(without_mech_list_ours_still_answers),
        cmocka_unit_test(a_wrong_option_never_lets_stock_answer),
        cmocka_unit_test(without_our_option_stock_is_alone),
        cmocka_unit_test(ours_alone_and_unconfigured_is_nothing),
        cmocka_unit_test(saslpluginviewer_shows_both),
        cmocka_unit_test(a_main_password_is_tried_where_it_may),
        cmocka_unit_test(without_fallback_it_is_not_tried),
        cmocka_unit_test(a_broken_password_check_is_temporary),
    };

    return cmocka_run_group_tests_name("modules", tests, name_orders, NULL);
}
