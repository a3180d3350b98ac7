/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "base/message.h"
#include "base/moment.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/near.h"

static const struct column columns[] = {
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"selector", "CODE", COLUMN_TEXT, 0, NULL},
    {"last_used_at", "LAST USED", COLUMN_TIME, COLUMN_SHORT, "never"},
    {0},
};

static struct rows *revoke(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    const char *code = command_option(invocation, OPTION_CODE);
    const char *device = command_option(invocation, OPTION_DEVICE);

    if (code != NULL)
        return TRY_QUERY(invocation->database,
                         "SELECT apppass.revoke_code(username => $1, selector => $2,"
                         " reason => $3, ticket => $4, operator => $5) AS revoked",
                         account, code, COMMAND_CHANGE(invocation));
    if (device != NULL)
        return TRY_QUERY(invocation->database,
                         "SELECT apppass.revoke_device(username => $1, device => $2,"
                         " reason => $3, ticket => $4, operator => $5) AS revoked",
                         account, device, COMMAND_CHANGE(invocation));
    return TRY_QUERY(invocation->database,
                     "SELECT apppass.revoke_account(username => $1, reason => $2,"
                     " ticket => $3, operator => $4) AS revoked",
                     account, COMMAND_CHANGE(invocation));
}

/* Links that this transaction ended too. */
struct revoking {
    long *links;
};

static bool count_links(struct invocation *invocation, const char *account)
{
    const struct revoking *revoking = invocation->context;
    struct rows *rows =
        QUERY(invocation->database, "SELECT apppass.withdrawn_now($1) AS links", account);

    if (rows == NULL)
        return false;
    *revoking->links = rows_integer(rows, 0, "links");
    rows_free(&rows);
    return true;
}

/* Revoke; the codes that this transaction ended. */
static struct rows *make(struct invocation *invocation, enum status *status_r)
{
    const char *account = command_argument(invocation, 0);
    struct rows *rows = revoke(invocation);
    long revoked;

    if (rows == NULL) {
        *status_r =
            near_complain(invocation, account, command_option(invocation, OPTION_DEVICE),
                          command_option(invocation, OPTION_CODE));
        return NULL;
    }
    revoked = rows_integer(rows, 0, "revoked");
    rows_free(&rows);
    rows = !count_links(invocation, account)
               ? NULL
               : QUERY(invocation->database,
                       "SELECT account, device, selector,"
                       " date_part('epoch', last_used_at) AS last_used_at, code_id"
                       " FROM apppass.revoked_now($1)",
                       account);
    if (rows == NULL) {
        *status_r = database_status(invocation->database);
    } else if (rows_count(rows) != (size_t)revoked) {
        message_error("could not tell which codes would be revoked; nothing was done");
        *status_r = STATUS_REFUSED;
        rows_free(&rows);
    }
    return rows;
}

static void tell_links(const struct invocation *invocation, const char *verb)
{
    const struct revoking *revoking = invocation->context;

    if (*revoking->links > 0)
        message_note("%s %ld link%s that nobody opened", verb, *revoking->links,
                     *revoking->links == 1 ? "" : "s");
}

static enum status preview(struct invocation *invocation, const struct rows *codes)
{
    tell_links(invocation, "This ends");
    if (rows_count(codes) == 0)
        return STATUS_DONE;
    message_note("This revokes %zu code%s for good:", rows_count(codes),
                 rows_count(codes) == 1 ? "" : "s");
    return output_table(&invocation->output, columns, codes, "");
}

static enum status report(struct invocation *invocation, const struct rows *codes,
                          bool kept)
{
    static const struct column count_columns[] = {
        {"revoked", NULL, COLUMN_NUMBER, 0, NULL},
        {"links", NULL, COLUMN_NUMBER, 0, NULL},
        {0},
    };
    const struct revoking *revoking = invocation->context;
    size_t revoked = kept ? rows_count(codes) : 0;
    char count[24], links[24];
    const struct part parts[] = {
        {NULL, count_columns, NULL, (const char *const[]){count, links}},
        {"codes", columns, codes, NULL},
        {0},
    };

    snprintf(count, sizeof count, "%zu", revoked);
    snprintf(links, sizeof links, "%ld", kept ? *revoking->links : 0);
    if (output_parts(&invocation->output, stdout, parts) || !kept)
        return STATUS_DONE;
    if (revoked > 0 || *revoking->links == 0)
        message_note("revoked %zu code%s; refused from the next login on", revoked,
                     revoked == 1 ? "" : "s");
    tell_links(invocation, "ended");
    return STATUS_DONE;
}

static enum status revoke_shown(struct invocation *invocation,
                                const struct revoking *revoking)
{
    static const struct change change = {.make = make,
                                         .preview = preview,
                                         .report = report,
                                         .question = "Revoke?",
                                         .key = "code_id"};

    invocation->context = revoking;
    return change_run(invocation, &change);
}

/* ---- at a moment to come ---- */

static const struct column expiry_columns[] = {
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"selector", "CODE", COLUMN_TEXT, 0, NULL},
    {"expires_at", "ENDS", COLUMN_TIME, 0, "never"},
    {"code_id", "Number", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {0},
};

static struct rows *set_expiry(struct invocation *invocation, bool only_earlier,
                               enum status *status_r)
{
    const char *account = command_argument(invocation, 0);
    const char *device = command_option(invocation, OPTION_DEVICE);
    const char *code = command_option(invocation, OPTION_CODE);
    char at[MOMENT_TEXT_MAX];
    struct rows *rows;

    *status_r = command_moment(invocation, OPTION_AT,
                               "7d, 2027-03-31 or \"2027-03-31 18:00\"", at);
    if (*status_r != STATUS_DONE)
        return NULL;
    rows = TRY_QUERY(
        invocation->database,
        "SELECT account, device, selector, date_part('epoch', expires_at) AS expires_at,"
        " code_id FROM apppass.set_expiry(username => $1,"
        " expires_at => nullif($2, '')::timestamptz, reason => $3, ticket => $4,"
        " operator => $5, device => $6, selector => $7, only_earlier => $8)",
        account, at, COMMAND_CHANGE(invocation), device, code,
        only_earlier ? "true" : "false");
    if (rows == NULL)
        *status_r = near_complain(invocation, account, device, code);
    return rows;
}

static struct rows *make_earlier(struct invocation *invocation, enum status *status_r)
{
    return set_expiry(invocation, true, status_r);
}

static struct rows *make_set(struct invocation *invocation, enum status *status_r)
{
    return set_expiry(invocation, false, status_r);
}

static enum status preview_expiry(struct invocation *invocation, const struct rows *codes)
{
    if (rows_count(codes) == 0)
        return STATUS_DONE;
    message_note("This sets when %zu code%s end%s:", rows_count(codes),
                 rows_count(codes) == 1 ? "" : "s", rows_count(codes) == 1 ? "s" : "");
    return output_table(&invocation->output, expiry_columns, codes, "");
}

static enum status report_expiry(struct invocation *invocation, const struct rows *codes,
                                 bool kept)
{
    if (invocation->output.format != FORMAT_PEOPLE)
        return output_table(&invocation->output, expiry_columns, codes, "");
    if (rows_count(codes) == 0)
        message_note("nothing to do: there is no live code that this would change");
    else if (kept)
        message_note("set; \"apppass expire\" changes it again");
    return STATUS_DONE;
}

static enum status run_revoke(struct invocation *invocation)
{
    static const struct change later = {.make = make_earlier,
                                        .preview = preview_expiry,
                                        .report = report_expiry,
                                        .question = "Let them end then?"};
    long links = 0;

    return command_has(invocation, OPTION_AT)
               ? change_run(invocation, &later)
               : revoke_shown(invocation, &(const struct revoking){&links});
}

const struct command command_revoke = {
    .name = "revoke",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .any_schema = true,
    .run = run_revoke,
    .summary = "end a code, a device, or all of an account",
    .details =
        "Takes effect at the next login, and cannot be undone. A link of --device, or all\n"
        "with --all, that was not opened yet ends too: see apppass links. With --at the codes\n"
        "that there are now expire then; who leaves is better served by account disable --at.",
    .example = "apppass revoke alice@example.org --device Phone --reason \"lost\"",
    .options = {{OPTION_CODE, NEED_ONE},
                {OPTION_DEVICE, NEED_ONE},
                {OPTION_ALL, NEED_ONE},
                REASON_NEEDED,
                {OPTION_AT, 0},
                {OPTION_DRY_RUN, 0}},
};

static enum status run_expire(struct invocation *invocation)
{
    static const struct change change = {.make = make_set,
                                         .preview = preview_expiry,
                                         .report = report_expiry,
                                         .question = "Set it?"};

    if (command_has(invocation, OPTION_AT) == command_has(invocation, OPTION_NEVER))
        return command_usage_error(invocation, "needed: one of --at WHEN and --never");
    return change_run(invocation, &change);
}

const struct command command_expire = {
    .name = "expire",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_expire,
    .summary = "set when a code ends: earlier, later, or never",
    .details =
        "Of live codes, within the tenant's policy; one in its time of grace ends no later.\n"
        "To end a code now: apppass revoke.",
    .example = "apppass expire alice@example.org --device Phone --at 2027-03-31 \\\n"
               "    --reason \"contract extended\"",
    .options = {{OPTION_CODE, NEED_ONE},
                {OPTION_DEVICE, NEED_ONE},
                {OPTION_ALL, NEED_ONE},
                {OPTION_AT, 0},
                {OPTION_NEVER, 0},
                REASON_NEEDED,
                {OPTION_DRY_RUN, 0}},
};
