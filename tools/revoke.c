/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "message.h"
#include "near.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct column columns[] = {
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"selector", "CODE", COLUMN_TEXT, 0, NULL},
    {"last_used_at", "LAST USED", COLUMN_TIME, COLUMN_SHORT, "never"},
};

/* The live codes that the options name, as a table for the question before. */
static struct rows *find_codes(struct invocation *invocation, const char *account)
{
    return QUERY(invocation->database,
                 "SELECT account, device, selector,"
                 " date_part('epoch', last_used_at) AS last_used_at"
                 " FROM apppass.code_overview"
                 " WHERE account = apppass.fold($1) AND revoked_at IS NULL"
                 " AND ($2::text IS NULL OR selector = apppass.fold($2))"
                 " AND ($3::text IS NULL OR lower(device) = lower(normalize($3)))"
                 " ORDER BY device, selector",
                 account, command_option(invocation, OPTION_CODE),
                 command_option(invocation, OPTION_DEVICE));
}

static struct rows *revoke(struct invocation *invocation, const char *account)
{
    const char *code = command_option(invocation, OPTION_CODE);
    const char *device = command_option(invocation, OPTION_DEVICE);
    const char *reason = command_option(invocation, OPTION_REASON);
    const char *ticket = command_option(invocation, OPTION_TICKET);
    const char *who = command_option(invocation, OPTION_OPERATOR);

    if (code != NULL)
        return TRY_QUERY(
            invocation->database,
            "SELECT apppass.revoke_code(username => $1, selector => apppass.fold($2),"
            " reason => $3, ticket => $4, operator => $5) AS revoked",
            account, code, reason, ticket, who);
    if (device != NULL)
        return TRY_QUERY(invocation->database,
                         "SELECT apppass.revoke_device(username => $1, device => $2,"
                         " reason => $3, ticket => $4, operator => $5) AS revoked",
                         account, device, reason, ticket, who);
    return TRY_QUERY(invocation->database,
                     "SELECT apppass.revoke_account(username => $1, reason => $2,"
                     " ticket => $3, operator => $4) AS revoked",
                     account, reason, ticket, who);
}

static void report(const struct invocation *invocation, const struct rows *codes,
                   long revoked)
{
    struct json json;

    if (invocation->output.format == FORMAT_CSV) {
        output_table(&invocation->output, columns, COUNT(columns), codes, "");
        return;
    }
    if (invocation->output.format == FORMAT_PEOPLE) {
        message_note("revoked %ld code%s; refused from the next login on", revoked,
                     revoked == 1 ? "" : "s");
        return;
    }
    json_start(&json, stdout);
    json_open(&json, NULL, '{');
    json_integer(&json, "revoked", revoked);
    json_open(&json, "codes", '[');
    for (size_t row = 0; row < rows_count(codes); row++) {
        json_open(&json, NULL, '{');
        output_json_members(&json, columns, COUNT(columns), codes, row);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
}

/* Show what will end, ask, end it. */
static enum status revoke_found(struct invocation *invocation, const char *account,
                                const struct rows *codes)
{
    char text[128];
    struct output screen = invocation->output;
    enum status status = STATUS_DONE;
    struct rows *rows;

    snprintf(text, sizeof text, "This revokes %zu code%s for good:", rows_count(codes),
             rows_count(codes) == 1 ? "" : "s");
    if (!command_has(invocation, OPTION_YES) && screen.format == FORMAT_PEOPLE) {
        message_note("%s", text);
        status = output_table(&screen, columns, COUNT(columns), codes, "");
        text[0] = '\0';
    }
    if (status == STATUS_DONE)
        status = command_confirm(invocation, text, "Revoke?");
    if (status != STATUS_DONE || command_has(invocation, OPTION_DRY_RUN)) {
        if (status == STATUS_DONE && screen.format != FORMAT_PEOPLE)
            report(invocation, codes, 0);
        return status;
    }
    rows = revoke(invocation, account);
    if (rows == NULL)
        return near_complain(invocation, account,
                             command_option(invocation, OPTION_DEVICE),
                             command_option(invocation, OPTION_CODE));
    report(invocation, codes, rows_integer(rows, 0, "revoked"));
    rows_free(&rows);
    return STATUS_DONE;
}

/* Nobody to show a list to, or nothing in it: the database says what is wrong. */
static enum status revoke_unseen(struct invocation *invocation, const char *account,
                                 const struct rows *codes)
{
    struct rows *rows = revoke(invocation, account);
    long revoked;

    if (rows == NULL)
        return near_complain(invocation, account,
                             command_option(invocation, OPTION_DEVICE),
                             command_option(invocation, OPTION_CODE));
    revoked = rows_integer(rows, 0, "revoked");
    rows_free(&rows);
    report(invocation, codes, revoked);
    return STATUS_DONE;
}

enum status run_revoke(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    struct rows *codes;
    enum status status;

    if (command_has(invocation, OPTION_YES) && !command_has(invocation, OPTION_DRY_RUN) &&
        invocation->output.format == FORMAT_PEOPLE)
        return revoke_unseen(invocation, account, NULL);
    codes = find_codes(invocation, account);
    if (codes == NULL)
        return database_status(invocation->database);
    status = rows_count(codes) > 0 ? revoke_found(invocation, account, codes)
                                   : revoke_unseen(invocation, account, codes);
    rows_free(&codes);
    return status;
}
