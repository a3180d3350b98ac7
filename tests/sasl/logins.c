/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* Who gets in, as whom, and what those who don't can tell. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "suite.h"

static int start(void **state)
{
    (void)state;
    start_plugin();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_log_without_passwords();
    server_stop();
    return 0;
}

static void assert_in(const struct answer *answer, const char *account)
{
    if (answer->result != SASL_OK)
        fail_msg("%d: %s\n%s", answer->result, answer->detail, log_text());
    assert_string_equal(answer->authid, account);
    assert_string_equal(answer->user, account);
}

static void a_code_opens_every_door(void **state)
{
    (void)state;
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        struct answer answer =
            server_login_as(door, "alice@example.org", world.laptop.code);

        assert_in(&answer, "alice@example.org");
    }
    assert_int_equal(log_lines("apppass: accepted: user=alice@example.org service=imap "
                               "client=192.0.2.1 code="),
                     DOOR_COUNT);
}

static void each_device_has_its_own_code(void **state)
{
    struct answer answer =
        server_login_as(DOOR_PLAIN, "alice@example.org", world.phone.code);

    (void)state;
    assert_in(&answer, "alice@example.org");
}

static void the_name_given_to_the_host_is_the_accounts(void **state)
{
    (void)state;
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        struct answer answer =
            server_login_as(door, "Alice@Example.ORG", world.laptop.code);

        assert_in(&answer, "alice@example.org");
    }
}

static void a_code_may_be_pasted_as_people_paste_it(void **state)
{
    char upper[64], spaced[64];

    (void)state;
    for (size_t i = 0; i < sizeof upper; i++) {
        char c = world.laptop.code[i];

        upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        spaced[i] = c == '-' ? ' ' : c;
        if (c == '\0')
            break;
    }
    assert_int_equal(server_login_as(DOOR_PLAIN, "alice@example.org", upper).result,
                     SASL_OK);
    assert_int_equal(server_login_as(DOOR_LOGIN, "alice@example.org", spaced).result,
                     SASL_OK);
}

static void naming_oneself_is_not_acting_for_another(void **state)
{
    const struct typed as_typed = {.authzid = "Alice@Example.ORG",
                                   .username = "Alice@Example.ORG",
                                   .password = world.laptop.code};
    const struct typed canonical = {.authzid = "alice@example.org",
                                    .username = "Alice@Example.ORG",
                                    .password = world.laptop.code};
    const struct typed shouted = {.authzid = " ALICE@example.org ",
                                  .username = "alice@example.org",
                                  .password = world.laptop.code};
    struct answer answer;

    (void)state;
    answer = server_login(DOOR_PLAIN, &as_typed);
    assert_in(&answer, "alice@example.org");
    answer = server_login(DOOR_PLAIN, &canonical);
    assert_in(&answer, "alice@example.org");
    answer = server_login(DOOR_PLAIN, &shouted);
    assert_in(&answer, "alice@example.org");
}

static void blanks_around_a_name_are_no_part_of_it(void **state)
{
    (void)state;
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        struct answer answer =
            server_login_as(door, "  alice@example.org ", world.laptop.code);

        assert_in(&answer, "alice@example.org");
    }
}

static void the_hosts_realm_completes_a_bare_name(void **state)
{
    struct answer answer;

    (void)state;
    assert_int_equal(server_login_as(DOOR_PLAIN, "alice", world.laptop.code).result,
                     SASL_BADAUTH);
    server_realm = "example.org";
    answer = server_login_as(DOOR_PLAIN, "alice", world.laptop.code);
    assert_in(&answer, "alice@example.org");
    /* What nobody typed as an address is not logged as one. */
    log_clear();
    assert_int_equal(server_login_as(DOOR_PLAIN, "hunter2", "hunter3").result,
                     SASL_BADAUTH);
    assert_true(log_holds("refused: verdict=not_a_code user=?bare service=imap"));
    assert_false(log_holds("hunter"));
}

/* The library's own realm is only one way for a name to become another one. */
static int takes_no_name(const char *name, char *canonical, size_t size)
{
    snprintf(canonical, size, "%s", name);
    return SASL_BADAUTH;
}

static int knows_nothing_now(const char *name, char *canonical, size_t size)
{
    snprintf(canonical, size, "%s", name);
    return SASL_UNAVAIL;
}

static int is_bob_all_the_same(const char *name, char *canonical, size_t size)
{
    (void)name;
    snprintf(canonical, size, "bob@example.org");
    return SASL_OK;
}

/* Asked about alice alone it says what it should; her own name becomes bob's. */
static int turns_alice_into_bob(const char *name, char *canonical, size_t size)
{
    snprintf(canonical, size, "%s",
             strcmp(name, "ally") == 0 ? "Alice@example.org" : "bob@example.org");
    return SASL_OK;
}

static int takes_its_domain_off(const char *name, char *canonical, size_t size)
{
    const char *at = strstr(name, "@example.org");

    snprintf(canonical, size, "%.*s", at != NULL ? (int)(at - name) : (int)strlen(name),
             name);
    return SASL_OK;
}

static int takes_any_domain_off(const char *name, char *canonical, size_t size)
{
    snprintf(canonical, size, "%.*s", (int)strcspn(name, "@"), name);
    return SASL_OK;
}

static void two_accounts_never_meet_under_one_name(void **state)
{
    static const struct {
        const char *what;
        int (*canonicalise)(const char *, char *, size_t);
        const char *typed;
        int result;
        const char *name, *line;
    } cases[] = {
        {"no such name", takes_no_name, "alice@example.org", SASL_BADAUTH, "",
         "2 apppass: malformed: not a user name to the host service=imap"},
        {"no answer", knows_nothing_now, "alice@example.org", SASL_UNAVAIL, "?",
         "1 apppass: unavailable: user=? service=imap"},
        {"bob is asked about", is_bob_all_the_same, "alice@example.org", SASL_BADAUTH, "",
         "2 apppass: refused: verdict=wrong_account user=bob@example.org"},
        {"alice comes out as bob", turns_alice_into_bob, "ally", SASL_BADAUTH, "",
         "2 apppass: the host does not let in the account under its name: "
         "user=alice@example.org service=imap"},
        {"the host's own domain", takes_its_domain_off, "Alice@example.org", SASL_OK,
         "alice", "4 apppass: accepted: user=alice@example.org"},
        {"every domain", takes_any_domain_off, "alice@example.org", SASL_BADAUTH, "",
         "2 apppass: the host does not let in the account under its name: "
         "user=alice@example.org service=imap"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer answer;

        log_clear();
        server_canonicalise = cases[i].canonicalise;
        answer = server_login_as(DOOR_LOGIN, cases[i].typed, world.laptop.code);
        if (answer.result != cases[i].result || strcmp(answer.user, cases[i].name) != 0 ||
            strcmp(answer.authid, cases[i].name) != 0 || !log_holds(cases[i].line))
            fail_msg("%s: %d as \"%s\"\n%s", cases[i].what, answer.result, answer.user,
                     log_text());
    }
}

/* A host that asks for the name of a failed login would log what was typed. */
static void a_refused_login_has_no_name(void **state)
{
    (void)state;
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        struct answer answer =
            server_login_as(door, "hunter2@example.org", world.laptop.code);

        assert_int_equal(answer.result, SASL_BADAUTH);
        assert_string_equal(answer.user, "");
        assert_string_equal(answer.authid, "");
    }
}

static void acting_for_another_is_the_hosts_policy(void **state)
{
    const struct typed typed = {.authzid = "shared@example.org",
                                .username = "alice@example.org",
                                .password = world.laptop.code};
    const struct typed refused = {.authzid = "shared@example.org",
                                  .username = "alice@example.org",
                                  .password = "wrong horse"};
    struct answer answer;

    (void)state;
    assert_int_equal(server_login(DOOR_PLAIN, &typed).result, SASL_BADAUTH);
    server_proxy_policy = SASL_NOAUTHZ;
    assert_int_equal(server_login(DOOR_PLAIN, &typed).result, SASL_NOAUTHZ);
    assert_int_equal(log_lines("apppass: the host does not let the account act as "
                               "another: user=alice@example.org service=imap"),
                     2);
    server_proxy_policy = SASL_OK;
    for (enum door door = DOOR_PLAIN; door <= DOOR_PLAIN_PROMPTED; door++) {
        answer = server_login(door, &typed);
        assert_int_equal(answer.result, SASL_OK);
        assert_string_equal(answer.user, "shared@example.org");
        assert_string_equal(answer.authid, "alice@example.org");
    }
    /* The policy never sees who has not proved to be alice. */
    assert_int_equal(server_login(DOOR_PLAIN, &refused).result, SASL_BADAUTH);
}

static void an_authzid_must_be_a_name(void **state)
{
    static const char *const authzids[] = {
        " ", "shared\n@example.org", "\033[2Jshared", "sh\374red", "%s%s%n",
    };
    static char long_one[300];

    (void)state;
    memset(long_one, 'a', sizeof long_one - 1);
    for (size_t i = 0; i <= COUNT(authzids); i++) {
        const struct typed typed = {.authzid =
                                        i < COUNT(authzids) ? authzids[i] : long_one,
                                    .username = "alice@example.org",
                                    .password = world.laptop.code};

        if (server_login(DOOR_PLAIN, &typed).result != SASL_BADAUTH)
            fail_msg("\"%s\"", typed.authzid);
    }
}

/* What a client could tell apart, were it different. */
static void assert_same_answer(const char *name, enum door door,
                               const struct answer *answer, const struct answer *first)
{
    if (answer->result != first->result || strcmp(answer->detail, first->detail) != 0)
        fail_msg("%s, %s: %d \"%s\" instead of %d \"%s\"\n%s", name, door_names[door],
                 answer->result, answer->detail, first->result, first->detail,
                 log_text());
}

#define BYTES(text) .username = (text), .username_length = sizeof(text) - 1

static void every_refusal_looks_the_same(void **state)
{
    struct issued other_secret = code_with_other_secret(&world.laptop);
    struct issued never_issued = code_never_issued(&world.laptop);
    struct issued mistyped = world.laptop;
    static char long_name[300], long_password[65536 + 1];
    const struct {
        const char *name, *verdict;
        struct typed typed;
    } cases[] = {
        {"wrong secret",
         "verdict=wrong_code",
         {.username = "alice@example.org", .password = other_secret.code}},
        {"unknown selector",
         "verdict=unknown_code",
         {.username = "alice@example.org", .password = never_issued.code}},
        {"mistyped",
         "verdict=mistyped",
         {.username = "alice@example.org", .password = mistyped.code}},
        {"not a code",
         "verdict=not_a_code",
         {.username = "alice@example.org", .password = "correct horse battery"}},
        {"unknown account",
         "verdict=unknown_user",
         {.username = "mallory@example.org", .password = world.laptop.code}},
        {"somebody else's code",
         "verdict=wrong_account",
         {.username = "alice@example.org", .password = world.bob.code}},
        {"revoked",
         "verdict=revoked",
         {.username = "alice@example.org", .password = world.revoked.code}},
        {"expired",
         "verdict=expired",
         {.username = "alice@example.org", .password = world.expired.code}},
        {"other service",
         "verdict=service_denied",
         {.username = "alice@example.org", .password = world.printer.code}},
        {"account disabled",
         "verdict=account_disabled",
         {.username = "carol@example.org", .password = world.carol.code}},
        {"over-long name",
         "refused:",
         {.username = long_name, .password = world.laptop.code}},
        {"64 KiB password",
         "refused:",
         {.username = "alice@example.org", .password = long_password}},
        {"Latin-1 name",
         "refused:",
         {.username = "m\374ller@example.org", .password = world.laptop.code}},
        {"overlong UTF-8 name",
         "refused:",
         {.username = "alice\300\257@example.org", .password = world.laptop.code}},
        {"line feed in the name",
         "refused:",
         {.username = "alice@example.org\napppass: accepted",
          .password = world.laptop.code}},
        {"terminal escapes",
         "refused:",
         {.username = "\033[2J\033]0;owned\007", .password = "\033[2J\033]0;owned\007"}},
        {"format strings",
         "refused:",
         {.username = "%s%s%s%n%n@example.org", .password = "%s%s%s%n%n%n%n"}},
        {"SQL",
         "refused:",
         {.username = "alice@example.org'; DROP SCHEMA apppass CASCADE; --",
          .password = "' OR 'a' = 'a' --"}},
        {"homoglyph",
         "refused:",
         {.username = "\320\260lice@example.org", .password = world.laptop.code}},
        {"invalid UTF-8 password",
         "verdict=not_a_code",
         {.username = "alice@example.org", .password = "\377\376\375\374\373\372"}},
        {"blank name", "refused:", {.username = " ", .password = world.laptop.code}},
    };
    struct answer first = {0};

    (void)state;
    memset(long_name, 'a', sizeof long_name - 1);
    memset(long_password, 'a', sizeof long_password - 1);
    mistyped.code[7] = mistyped.code[7] == 'x' ? 'y' : 'x';
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (enum door door = 0; door < DOOR_COUNT; door++) {
            struct answer answer;

            log_clear();
            answer = server_login(door, &cases[i].typed);
            if (i == 0 && door == 0)
                first = answer;
            assert_same_answer(cases[i].name, door, &answer, &first);
            if (!log_holds(cases[i].verdict) || log_lines("apppass:") != 1)
                fail_msg("%s, %s: logged %s", cases[i].name, door_names[door],
                         log_text());
            if (log_holds("\033") || log_holds("\374") || log_holds("\300"))
                fail_msg("%s: control characters or broken UTF-8 in the log",
                         cases[i].name);
        }
    }
    assert_int_equal(first.result, SASL_BADAUTH);
    assert_string_equal(first.detail,
                        "SASL(-13): authentication failure: authentication failed");
}

static void empty_parts_are_refused(void **state)
{
    (void)state;
    assert_int_equal(server_login_as(DOOR_PLAIN, "", world.laptop.code).result,
                     SASL_BADAUTH);
    assert_int_equal(server_login_as(DOOR_PLAIN, "alice@example.org", "").result,
                     SASL_BADAUTH);
    assert_int_equal(server_login_as(DOOR_LOGIN_PROMPTED, "", world.laptop.code).result,
                     SASL_BADAUTH);
    assert_int_equal(server_login_as(DOOR_LOGIN, "alice@example.org", "").result,
                     SASL_BADAUTH);
}

static void nul_bytes_never_cut_a_name_or_a_code(void **state)
{
    char code[64] = {0};
    struct typed typed = {.username = "alice@example.org\0x",
                          .username_length = 19,
                          .password = world.laptop.code};

    (void)state;
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        bool plain = door == DOOR_PLAIN || door == DOOR_PLAIN_PROMPTED;
        struct answer answer = server_login(door, &typed);

        assert_int_equal(answer.result, plain ? SASL_BADPROT : SASL_BADAUTH);
    }
    snprintf(code, sizeof code, "%s", world.laptop.code);
    typed = (struct typed){.username = "alice@example.org",
                           .password = code,
                           .password_length = strlen(code) + 1};
    for (enum door door = 0; door < DOOR_COUNT; door++) {
        bool plain = door == DOOR_PLAIN || door == DOOR_PLAIN_PROMPTED;
        struct answer answer = server_login(door, &typed);

        assert_int_equal(answer.result, plain ? SASL_BADPROT : SASL_BADAUTH);
    }
}

static void a_message_that_is_not_plain_is_a_protocol_error(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } messages[] = {
        {"", 0}, {"\0", 1}, {"alice", 5}, {"\0alice", 6}, {"\0\0\0", 3}, {"\0a\0b\0", 5},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++)
        assert_int_equal(
            server_send("imap", "PLAIN", messages[i].bytes, messages[i].length),
            SASL_BADPROT);
    assert_int_equal(log_lines("2 apppass: malformed: not a PLAIN message service=imap "
                               "client=192.0.2.1;49948\n"),
                     COUNT(messages));
}

static void steps_after_the_end_change_nothing(void **state)
{
    static const char *const mechanisms[] = {"PLAIN", "LOGIN"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sasl_conn_t *conn = server_connect("imap");
        const char *out;
        unsigned length;

        (void)sasl_server_start(conn, mechanisms[i], "x", 1, &out, &length);
        (void)sasl_server_step(conn, "x", 1, &out, &length);
        assert_int_not_equal(sasl_server_step(conn, "x", 1, &out, &length), SASL_OK);
        assert_int_not_equal(sasl_server_step(conn, "", 0, &out, &length), SASL_OK);
        /* and the connection can begin again, as smtpd and imapd let it */
        assert_int_equal(
            sasl_server_start(conn, "LOGIN", "alice@example.org", 17, &out, &length),
            SASL_CONTINUE);
        assert_int_equal(sasl_server_step(conn, world.laptop.code,
                                          (unsigned)strlen(world.laptop.code), &out,
                                          &length),
                         SASL_OK);
        sasl_dispose(&conn);
    }
}

static void an_exchange_may_be_abandoned(void **state)
{
    sasl_conn_t *conn = server_connect("imap");
    const char *out;
    unsigned length;

    (void)state;
    assert_int_equal(sasl_server_start(conn, "LOGIN", NULL, 0, &out, &length),
                     SASL_CONTINUE);
    assert_int_equal(sasl_server_step(conn, "hunter2hunter2", 14, &out, &length),
                     SASL_CONTINUE);
    assert_int_equal(sasl_server_start(conn, "PLAIN", NULL, 0, &out, &length),
                     SASL_CONTINUE);
    sasl_dispose(&conn);
    assert_false(log_holds("hunter2"));
}

static void revocation_bites_at_the_next_login(void **state)
{
    struct issued tablet = database_issue("alice@example.org", "tablet", NULL);

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            server_login_as(DOOR_PLAIN, "alice@example.org", tablet.code).result,
            SASL_OK);
    database_do("SELECT apppass.revoke_code('alice@example.org', $1, 'sold')",
                tablet.selector, NULL);
    assert_int_equal(server_login_as(DOOR_PLAIN, "alice@example.org", tablet.code).result,
                     SASL_BADAUTH);
    assert_true(log_holds("refused: verdict=revoked"));
}

static void the_service_counts(void **state)
{
    char message[128];
    int length = snprintf(message, sizeof message, "%calice@example.org%c%s", 0, 0,
                          world.printer.code);

    (void)state;
    assert_int_equal(server_send("smtp", "PLAIN", message, (size_t)length), SASL_OK);
    assert_int_equal(server_send("imap", "PLAIN", message, (size_t)length), SASL_BADAUTH);
}

static void levels_suit_the_hosts(void **state)
{
    (void)state;
    (void)server_login_as(DOOR_PLAIN, "alice@example.org", world.laptop.code);
    (void)server_login_as(DOOR_PLAIN, "alice@example.org", world.bob.code);
    assert_int_equal(log_lines("4 apppass: accepted:"), 1);
    assert_int_equal(log_lines("2 apppass: refused:"), 1);
}

int run_logins(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(a_code_opens_every_door),
        CASE(each_device_has_its_own_code),
        CASE(the_name_given_to_the_host_is_the_accounts),
        CASE(a_code_may_be_pasted_as_people_paste_it),
        CASE(naming_oneself_is_not_acting_for_another),
        CASE(blanks_around_a_name_are_no_part_of_it),
        CASE(the_hosts_realm_completes_a_bare_name),
        CASE(two_accounts_never_meet_under_one_name),
        CASE(a_refused_login_has_no_name),
        CASE(acting_for_another_is_the_hosts_policy),
        CASE(an_authzid_must_be_a_name),
        CASE(every_refusal_looks_the_same),
        CASE(empty_parts_are_refused),
        CASE(nul_bytes_never_cut_a_name_or_a_code),
        CASE(a_message_that_is_not_plain_is_a_protocol_error),
        CASE(steps_after_the_end_change_nothing),
        CASE(an_exchange_may_be_abandoned),
        CASE(revocation_bites_at_the_next_login),
        CASE(the_service_counts),
        CASE(levels_suit_the_hosts),
    };

    return cmocka_run_group_tests_name("logins", tests, NULL, NULL);
}
