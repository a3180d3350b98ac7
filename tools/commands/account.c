/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "base/moment.h"
#include "base/quote.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/near.h"

static const struct column columns[] = {
    {"account", "Account", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"realm", "Realm", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"state", "State", COLUMN_TEXT, COLUMN_STATE, NULL},
    {"mfa_enrolled", "MFA", COLUMN_BOOLEAN, 0, NULL},
    {"devices", "Devices", COLUMN_NUMBER, 0, NULL},
    {"live_codes", "Live codes", COLUMN_NUMBER, 0, NULL},
    {"last_used_at", "Last used", COLUMN_TIME, COLUMN_SHORT, "never"},
    {"disabled_from", "Disabled from", COLUMN_TIME, COLUMN_DETAIL, NULL},
    {"notify_address", "Also told at", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"notify_language", "Told in", COLUMN_TEXT, COLUMN_DETAIL, "the realm's language"},
    {"created_at", "Added", COLUMN_TIME, COLUMN_DETAIL, NULL},
    {"created_by", "Added by", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {0},
};

#define ACCOUNT_SELECT                                                                   \
    "SELECT account, realm, CASE WHEN enabled THEN 'enabled' ELSE 'disabled' END"        \
    " AS state, mfa_enrolled, devices, live_codes,"                                      \
    " date_part('epoch', last_used_at) AS last_used_at,"                                 \
    " date_part('epoch', disabled_from) AS disabled_from,"                               \
    " notify_address, notify_language,"                                                  \
    " date_part('epoch', created_at) AS created_at, created_by"                          \
    " FROM apppass.find_accounts("

static enum status run_account_list(struct invocation *invocation)
{
    const char *limit;
    enum status status = command_limit(invocation, NULL, &limit);

    if (status == STATUS_DONE) {
        struct rows *rows =
            QUERY(invocation->database,
                  ACCOUNT_SELECT "account => $1, realm => $2, most => $3::bigint)",
                  command_argument(invocation, 0),
                  command_option(invocation, OPTION_REALM), limit);

        status = command_table(invocation, columns, rows, "there is no such account");
    }
    return status;
}

const struct command command_account_list = {
    .name = "account list",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_account_list,
    .summary = "list accounts",
    .details = "ACCOUNT may hold * for any text.",
    .example = "apppass account list '*@example.org'",
    .options = {{OPTION_REALM, 0}, {OPTION_LIMIT, 0}},
};

static enum status show_account(struct invocation *invocation, const char *account)
{
    struct rows *rows =
        QUERY(invocation->database, ACCOUNT_SELECT "account => $1)", account);
    enum status status;

    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) == 0)
        status = near_no_account(invocation, account);
    else
        status = output_record(&invocation->output, columns, rows, 0);
    rows_free(&rows);
    return status;
}

static enum status run_account_show(struct invocation *invocation)
{
    return show_account(invocation, command_argument(invocation, 0));
}

const struct command command_account_show = {
    .name = "account show",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_account_show,
    .summary = "show one account",
};

/* The account as it is now, where the output is not for people: they were told in words. */
static enum status show_to_programs(struct invocation *invocation, const char *account)
{
    return invocation->output.format != FORMAT_PEOPLE ? show_account(invocation, account)
                                                      : STATUS_DONE;
}

static enum status run_account_add(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT apppass.add_account(username => $1, realm => $2, mfa_enrolled => $3,"
        " reason => $4, operator => $5)",
        account, command_option(invocation, OPTION_REALM),
        command_has(invocation, OPTION_MFA) ? "true" : "false",
        command_option(invocation, OPTION_REASON),
        command_option(invocation, OPTION_OPERATOR));
    char *quoted;

    if (rows == NULL) {
        database_complain(invocation->database);
        return database_status(invocation->database);
    }
    rows_free(&rows);
    if (invocation->output.format != FORMAT_PEOPLE)
        return show_account(invocation, account);
    quoted = quote_word(account);
    message_note("added %s; next: apppass issue %s --device LABEL", account,
                 quoted != NULL ? quoted : "ACCOUNT");
    free(quoted);
    return STATUS_DONE;
}

const struct command command_account_add = {
    .name = "account add",
    .heading = "Accounts",
    .arguments = "ACCOUNT",
    .role = ROLE_ADMIN,
    .run = run_account_add,
    .summary = "add an account",
    .details =
        "The account's name is what is typed as user name in the mail program. Without\n"
        "--realm the tenant is the part after the @.",
    .example = "apppass account add alice@example.org",
    .options = {{OPTION_REALM, 0}, {OPTION_MFA, 0}, {OPTION_REASON, 0}},
};

/* False: told, *status_r. */
static bool set_enabled(struct invocation *invocation, const char *enabled,
                        const char *at, enum status *status_r)
{
    const char *account = command_argument(invocation, 0);
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT apppass.set_account_enabled(username => $1, enabled => $2, reason => $3,"
        " ticket => $4, operator => $5, at => nullif($6, '')::timestamptz)",
        account, enabled, COMMAND_CHANGE(invocation), at);
    bool set = rows != NULL;

    *status_r = set ? STATUS_DONE : near_complain(invocation, account, NULL, NULL);
    rows_free(&rows);
    return set;
}

/* Disable; which codes are refused for it. */
static struct rows *make_disabled(struct invocation *invocation, enum status *status_r)
{
    struct rows *rows;
    char at[MOMENT_TEXT_MAX];

    *status_r = command_moment(invocation, OPTION_AT,
                               "7d, 2027-03-31 or \"2027-03-31 18:00\"", at);
    if (*status_r != STATUS_DONE || !set_enabled(invocation, "false", at, status_r))
        return NULL;
    rows = QUERY(invocation->database,
                 "SELECT apppass.account_name($1) AS account,"
                 " apppass.count_codes(account => $1) AS codes,"
                 " date_part('epoch', nullif($2, '')::timestamptz) AS at",
                 command_argument(invocation, 0), at);
    if (rows == NULL)
        *status_r = database_status(invocation->database);
    return rows;
}

/* False: now. */
static bool moment_of_disabling(const struct rows *rows, char text[MOMENT_TEXT_MAX])
{
    const char *at = rows_text(rows, 0, "at");
    time_t moment;

    if (at == NULL || !moment_epoch(at, &moment))
        return false;
    moment_local(moment, text);
    return true;
}

static enum status preview_disabled(struct invocation *invocation,
                                    const struct rows *rows)
{
    long codes = rows_integer(rows, 0, "codes");
    char when[MOMENT_TEXT_MAX];

    (void)invocation;
    message_note("This refuses the %ld live code%s of %s from %s on.", codes,
                 codes == 1 ? "" : "s", rows_text(rows, 0, "account"),
                 moment_of_disabling(rows, when) ? when : "now");
    return STATUS_DONE;
}

static enum status report_disabled(struct invocation *invocation, const struct rows *rows,
                                   bool kept)
{
    const char *account = rows_text(rows, 0, "account");
    char when[MOMENT_TEXT_MAX];

    if (kept && moment_of_disabling(rows, when))
        message_note(
            "%s is disabled from %s on; \"apppass account enable\" takes that back",
            account, when);
    else if (kept)
        message_note("disabled %s", account);
    return show_to_programs(invocation, account);
}

static enum status run_account_disable(struct invocation *invocation)
{
    static const struct change change = {.make = make_disabled,
                                         .preview = preview_disabled,
                                         .report = report_disabled,
                                         .question = "Disable the account?"};

    return change_run(invocation, &change);
}

const struct command command_account_disable = {
    .name = "account disable",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .any_schema = true,
    .run = run_account_disable,
    .summary = "refuse every code of an account, from now on or at a time",
    .details =
        "The codes stay as they are; \"account enable\" lets them in again. For somebody\n"
        "who leaves for good, also: apppass revoke ACCOUNT --all --reason ...",
    .example = "apppass account disable alice@example.org --reason \"left\"",
    .options = {{OPTION_AT, 0}, REASON_NEEDED, {OPTION_DRY_RUN, 0}},
};

static enum status run_account_enable(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    enum status status;

    if (!set_enabled(invocation, "true", "", &status))
        return status;
    message_note("enabled %s", account);
    return show_to_programs(invocation, account);
}

const struct command command_account_enable = {
    .name = "account enable",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_account_enable,
    .summary = "accept the codes of an account again",
    .options = {REASON_NEEDED},
};

static enum status run_account_rename(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT apppass.rename_account(username => $1, new_name => $2, reason => $3,"
        " ticket => $4, operator => $5) AS name",
        account, command_argument(invocation, 1), COMMAND_CHANGE(invocation));
    enum status status;

    if (rows == NULL)
        return near_complain(invocation, account, NULL, NULL);
    message_note("renamed %s to %s: the codes stay, the user name to type is new",
                 account, rows_text(rows, 0, "name"));
    status = show_to_programs(invocation, rows_text(rows, 0, "name"));
    rows_free(&rows);
    return status;
}

const struct command command_account_rename = {
    .name = "account rename",
    .arguments = "ACCOUNT NAME",
    .role = ROLE_ADMIN,
    .run = run_account_rename,
    .summary = "give an account another name",
    .details =
        "Codes, devices and history stay with the account; sessions under the old name\n"
        "end. The mailbox is Cyrus IMAP's to rename.",
    .example = "apppass account rename alice@example.org alice.new@example.org \\\n"
               "    --reason \"married\"",
    .options = {REASON_NEEDED},
};

static const struct column erased_columns[] = {
    {"account", "Account", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"account_id", "Key", COLUMN_NUMBER, 0, NULL},
    {"devices", "Devices", COLUMN_NUMBER, 0, NULL},
    {"codes", "Codes", COLUMN_NUMBER, 0, NULL},
    {"uses", "Uses", COLUMN_NUMBER, 0, NULL},
    {"refusals", "Refused attempts", COLUMN_NUMBER, 0, NULL},
    {"events", "Events without words", COLUMN_NUMBER, 0, NULL},
    {0},
};

static struct rows *make_erased(struct invocation *invocation, enum status *status_r)
{
    const char *account = command_argument(invocation, 0);
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT account, account_id, devices, codes, uses, refusals, events"
        " FROM apppass.erase_account(username => $1, reason => $2, ticket => $3,"
        " operator => $4)",
        account, COMMAND_CHANGE(invocation));

    if (rows == NULL)
        *status_r = near_complain(invocation, account, NULL, NULL);
    return rows;
}

static enum status preview_erased(struct invocation *invocation, const struct rows *rows)
{
    message_note("This forgets, for good:");
    return output_record(&invocation->output, erased_columns, rows, 0);
}

static enum status report_erased(struct invocation *invocation, const struct rows *rows,
                                 bool kept)
{
    if (invocation->output.format != FORMAT_PEOPLE)
        return output_record(&invocation->output, erased_columns, rows, 0);
    if (kept)
        message_note("erased; backups, archived WAL and logs still have what was there");
    return STATUS_DONE;
}

static enum status run_account_erase(struct invocation *invocation)
{
    static const struct change change = {.make = make_erased,
                                         .preview = preview_erased,
                                         .report = report_erased,
                                         .question = "Erase the account?",
                                         .key = "account_id"};

    return change_run(invocation, &change);
}

const struct command command_account_erase = {
    .name = "account erase",
    .arguments = "ACCOUNT",
    .role = ROLE_ADMIN,
    .run = run_account_erase,
    .summary = "forget an account for good: names, devices, codes, uses",
    .details =
        "The account has to be disabled before. The audit trail keeps its events without\n"
        "the words in them, and still verifies. REASON stays: let it not name the person.",
    .example = "apppass account erase alice@example.org --reason \"request 77\"",
    .options = {REASON_NEEDED, {OPTION_DRY_RUN, 0}},
};

static enum status run_account_mfa(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    const char *state = command_argument(invocation, 1);
    bool enrolled = strcmp(state, "on") == 0;
    struct rows *rows;

    if (!enrolled && strcmp(state, "off") != 0)
        return command_usage_error(invocation, "STATE is on or off, not \"%s\"", state);
    rows = TRY_QUERY(invocation->database,
                     "SELECT apppass.set_mfa(username => $1, enrolled => $2,"
                     " reason => $3, ticket => $4, operator => $5)",
                     account, enrolled ? "true" : "false", COMMAND_CHANGE(invocation));
    if (rows == NULL)
        return near_complain(invocation, account, NULL, NULL);
    rows_free(&rows);
    if (invocation->output.format != FORMAT_PEOPLE)
        return show_account(invocation, account);
    message_note("noted: %s has %senrolled in MFA", account, enrolled ? "" : "not ");
    return STATUS_DONE;
}

const struct command command_account_mfa = {
    .name = "account mfa",
    .arguments = "ACCOUNT STATE",
    .role = ROLE_ADMIN,
    .run = run_account_mfa,
    .summary = "note whether the person has enrolled in MFA",
    .details = "STATE is on or off.",
    .options = {REASON_NEEDED},
};

/* "none" takes away; an option that is not given leaves what there is. */
static const char *setting(const struct invocation *invocation, enum option_id id)
{
    const char *value = command_option(invocation, id);

    return value != NULL && strcmp(value, "none") == 0 ? "" : value;
}

static enum status run_account_notify(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT apppass.set_notify(username => $1, address => $2, language => $3,"
        " reason => $4, ticket => $5, operator => $6)",
        account, setting(invocation, OPTION_ADDRESS),
        setting(invocation, OPTION_LANGUAGE), COMMAND_CHANGE(invocation));

    if (rows == NULL)
        return near_complain(invocation, account, NULL, NULL);
    rows_free(&rows);
    if (invocation->output.format != FORMAT_PEOPLE)
        return show_account(invocation, account);
    message_note("noted");
    return STATUS_DONE;
}

const struct command command_account_notify = {
    .name = "account notify",
    .arguments = "ACCOUNT",
    .role = ROLE_ADMIN,
    .run = run_account_notify,
    .summary = "say where and in which language an owner is told",
    .details = "Mails go to the account's own address, and to this one too.",
    .example = "apppass account notify alice@example.org --address alice@example.net",
    .options = {{OPTION_ADDRESS, 0}, {OPTION_LANGUAGE, 0}, REASON_WELCOME},
};
