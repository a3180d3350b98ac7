/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "cli/command.h"
#include "cli/near.h"
#include "code.h"

static const struct column columns[] = {
    {"account", "Account", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "Device", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"selector", "Code", COLUMN_TEXT, 0, NULL},
    {"state", "State", COLUMN_TEXT, COLUMN_STATE, NULL},
    {"services", "Services", COLUMN_LIST, COLUMN_WRAP, "any"},
    {"last_used_at", "Last used", COLUMN_TIME, COLUMN_SHORT, "never"},
    {"expires_at", "Expires", COLUMN_TIME, COLUMN_SHORT, "never"},
    {"networks", "Networks", COLUMN_LIST, COLUMN_DETAIL, "any"},
    {"realm", "Realm", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"created_at", "Issued", COLUMN_TIME, COLUMN_DETAIL, NULL},
    {"created_by", "Issued by", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"revoked_at", "Revoked", COLUMN_TIME, COLUMN_DETAIL, "no"},
    {"revoked_by", "Revoked by", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"revoke_reason", "Because", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"first_used_at", "First used", COLUMN_TIME, COLUMN_DETAIL, "never"},
    {"last_service", "Last service", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"last_network", "Last network", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"code_id", "Number", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {0},
};

#define CODE_SELECT                                                                      \
    "SELECT account, realm, device, selector, state,"                                    \
    " array_to_string(services, ' ') AS services,"                                       \
    " array_to_string(networks, ' ') AS networks,"                                       \
    " date_part('epoch', created_at) AS created_at, created_by,"                         \
    " date_part('epoch', expires_at) AS expires_at,"                                     \
    " date_part('epoch', revoked_at) AS revoked_at, revoked_by, revoke_reason,"          \
    " date_part('epoch', first_used_at) AS first_used_at,"                               \
    " date_part('epoch', last_used_at) AS last_used_at, last_service, last_network,"     \
    " code_id FROM apppass.find_codes("

/* ---- links, with which codes are made ---- */

static const struct column link_columns[] = {
    {"account", "Account", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "Link for", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"state", "State", COLUMN_TEXT, COLUMN_STATE, NULL},
    {"ends_at", "Ends", COLUMN_TIME, COLUMN_SHORT, NULL},
    {"collected_at", "Opened", COLUMN_TIME, COLUMN_SHORT, "no"},
    {"selector", "Made code", COLUMN_TEXT, 0, NULL},
    {"pin", "PIN", COLUMN_BOOLEAN, COLUMN_DETAIL, NULL},
    {"wrong_pins", "Wrong PINs", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {"services", "Services", COLUMN_LIST, COLUMN_DETAIL, "any"},
    {"networks", "Networks", COLUMN_LIST, COLUMN_DETAIL, "any"},
    {"expires_at", "Code expires", COLUMN_TIME, COLUMN_DETAIL, "as policy says"},
    {"offered_at", "Made", COLUMN_TIME, COLUMN_DETAIL, NULL},
    {"offered_by", "Made by", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"realm", "Realm", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {0},
};

/* Those that wait, and what ended within a week or since then. */
static struct rows *find_links(struct invocation *invocation, const char *account,
                               const char *since, const char *limit)
{
    return QUERY(invocation->database,
                 "SELECT account, device, state, date_part('epoch', ends_at) AS ends_at,"
                 " date_part('epoch', collected_at) AS collected_at, selector, pin,"
                 " wrong_pins, array_to_string(services, ' ') AS services,"
                 " array_to_string(networks, ' ') AS networks,"
                 " date_part('epoch', expires_at) AS expires_at,"
                 " date_part('epoch', offered_at) AS offered_at, offered_by, realm"
                 " FROM apppass.find_offers(account => $1,"
                 " since => coalesce(to_timestamp(nullif($2, '')::double precision),"
                 "  now() - interval '7 days'), realm => $3, most => $4::bigint)",
                 account, since, command_option(invocation, OPTION_REALM), limit);
}

static enum status run_links(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    bool one = account != NULL && strchr(account, '*') == NULL;
    char since[COMMAND_SINCE_MAX];
    const char *limit;
    enum status status = command_since(invocation, since);

    if (status == STATUS_DONE)
        status = command_limit(invocation, NULL, &limit);
    if (status != STATUS_DONE)
        return status;
    return near_table(
        invocation, link_columns + (one && invocation->output.format == FORMAT_PEOPLE),
        find_links(invocation, account, since, limit), one ? account : NULL, "no links");
}

const struct command command_links = {
    .name = "links",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_links,
    .summary = "list the links that were made with --handover",
    .details =
        "The latest of each device, with what became of it: those that wait to be opened,\n"
        "and what ended within a week or since --since. ACCOUNT may hold * for any text.\n"
        "revoke --device ends one.",
    .example = "apppass links \"*@example.org\"",
    .options = {{OPTION_REALM, 0}, {OPTION_SINCE, 0}, {OPTION_LIMIT, 0}},
};

/* Under the codes of an account, for people: a program asks for them with links. */
static enum status add_links(struct invocation *invocation, const char *account)
{
    struct rows *rows = find_links(invocation, account, "", NULL);
    enum status status = STATUS_DONE;

    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) > 0) {
        putchar('\n');
        status = output_table(&invocation->output, link_columns + 1, rows, "");
    }
    rows_free(&rows);
    return status;
}

/* What no code's own expiry says: for people too, a program asks account show. */
static enum status add_last_day(struct invocation *invocation, const char *account)
{
    struct rows *rows = QUERY(
        invocation->database,
        "SELECT account, enabled, date_part('epoch', disabled_from) AS disabled_from"
        " FROM apppass.find_accounts($1)",
        account);
    const char *from;

    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) > 0 && rows_boolean(rows, 0, "enabled") &&
        (from = output_time(&invocation->output, rows, 0, "disabled_from", NULL)) != NULL)
        message_note("%s is disabled from %s on: every code is refused then",
                     rows_text(rows, 0, "account"), from);
    rows_free(&rows);
    return STATUS_DONE;
}

/* ---- codes ---- */

static enum status run_list(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    bool one = account != NULL && strchr(account, '*') == NULL;
    bool people = invocation->output.format == FORMAT_PEOPLE;
    const char *limit;
    struct rows *rows;
    enum status status = command_limit(invocation, NULL, &limit);

    if (status != STATUS_DONE)
        return status;
    rows = QUERY(invocation->database,
                 CODE_SELECT "account => $1, realm => $2, device => $3, service => $4,"
                             " which => $5, most => $6::bigint)",
                 account, command_option(invocation, OPTION_REALM),
                 command_option(invocation, OPTION_DEVICE),
                 command_option(invocation, OPTION_SERVICE),
                 command_has(invocation, OPTION_ALL) ? "all" : "usable", limit);

    /* The account's name in every line would only push the rest out of the screen. */
    status = near_table(invocation, columns + (one && people), rows, one ? account : NULL,
                        command_has(invocation, OPTION_ALL)
                            ? "no codes"
                            : "no live codes; --all shows old ones");
    if (status == STATUS_DONE && one && people)
        status = add_links(invocation, account);
    if (status == STATUS_DONE && one && people)
        status = add_last_day(invocation, account);
    return status;
}

const struct command command_list = {
    .name = "list",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_list,
    .summary = "list the codes of an account, or all",
    .details =
        "Without --all only live codes. ACCOUNT may hold * for any text. Of one account\n"
        "people see its links too, as apppass links lists them.",
    .example = "apppass list alice@example.org --all",
    .options = {{OPTION_ALL, 0},
                {OPTION_REALM, 0},
                {OPTION_DEVICE, 0},
                {OPTION_SERVICE, 0},
                {OPTION_LIMIT, 0}},
};

/* The first group of what was typed, canonical; false where it can't be one. */
static bool selector_of(const char *typed, char selector[CODE_SELECTOR_LENGTH + 1])
{
    for (size_t i = 0; i < CODE_SELECTOR_LENGTH; i++) {
        char c = typed[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == 'o')
            c = '0';
        if (c == 'i' || c == 'l')
            c = '1';
        if (c == '\0' || strchr(CODE_ALPHABET, c) == NULL)
            return false;
        selector[i] = c;
    }
    selector[CODE_SELECTOR_LENGTH] = '\0';
    return true;
}

static enum status run_show(struct invocation *invocation)
{
    const char *typed = command_argument(invocation, 0);
    const char *account = command_argument(invocation, 1);
    char selector[CODE_SELECTOR_LENGTH + 1];
    enum status status = STATUS_DONE;
    struct rows *rows;

    if (!selector_of(typed, selector))
        return command_usage_error(
            invocation, "a SELECTOR is the four symbols that a code starts with");
    if (strlen(typed) > CODE_SELECTOR_LENGTH)
        message_note("only the first group is needed; a whole code does not belong on a "
                     "command line");
    rows = QUERY(invocation->database,
                 CODE_SELECT "selector => $1, account => $2, which => 'all')", selector,
                 account);
    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) == 0) {
        message_error("there is no code that starts with %s", selector);
        if (account != NULL && near_account_exists(invocation, account, &status))
            near_offer_codes(invocation, account, selector);
        else if (account != NULL && status == STATUS_DONE)
            near_offer_accounts(invocation, account);
        status = STATUS_REFUSED;
    } else if (invocation->output.format == FORMAT_PEOPLE) {
        for (size_t row = 0; row < rows_count(rows); row++) {
            if (row > 0)
                putchar('\n');
            output_record(&invocation->output, columns, rows, row);
        }
    } else {
        status = output_table(&invocation->output, columns, rows, "");
    }
    rows_free(&rows);
    return status;
}

const struct command command_show = {
    .name = "show",
    .arguments = "SELECTOR [ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_show,
    .summary = "show everything about one code",
    .details =
        "SELECTOR is the first group of the code. Two accounts may have codes that start\n"
        "alike; name the account to see only its own.",
    .example = "apppass show k7xp",
};
