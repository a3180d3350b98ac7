/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include "cli/batch.h"
#include "cli/command.h"

enum { ACCOUNT, REALM, MFA, REASON, FIELDS };

static const struct batch_field fields[FIELDS] = {
    [ACCOUNT] = {"account", "username", true},
    [REALM] = {"realm", NULL, false},
    [MFA] = {"mfa", "mfa_enrolled", false},
    [REASON] = {"reason", NULL, false},
};

static struct rows *store(struct batch *batch)
{
    char *arrays[FIELDS];
    struct rows *rows;

    for (size_t i = 0; i < FIELDS; i++)
        arrays[i] = batch_array(batch, i);
    rows = TRY_QUERY(
        batch->invocation->database,
        "SELECT i.result, i.token, i.problem"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY"
        " AS t (account, realm, mfa, reason, place)"
        " CROSS JOIN LATERAL apppass.import_account(account => t.account,"
        " realm => t.realm, mfa_enrolled => t.mfa, reason => coalesce(t.reason, $5),"
        " operator => $6) AS i ORDER BY t.place",
        arrays[ACCOUNT], arrays[REALM], arrays[MFA], arrays[REASON],
        command_option(batch->invocation, OPTION_REASON),
        command_option(batch->invocation, OPTION_OPERATOR));
    for (size_t i = 0; i < FIELDS; i++)
        free(arrays[i]);
    return rows;
}

static enum status run_account_import(struct invocation *invocation)
{
    static const struct batch_kind kind = {
        .store = store, .noun = "account", .verb = "added"};
    struct batch *batch;
    enum status status =
        batch_new(invocation, command_argument(invocation, 0), fields, FIELDS, &batch);

    if (status == STATUS_DONE)
        status = batch_run(batch, &kind);
    batch_free(&batch);
    return status;
}

const struct command command_account_import = {
    .name = "account import",
    .arguments = "FILE",
    .role = ROLE_ADMIN,
    .run = run_account_import,
    .summary = "add many accounts from a CSV file",
    .details =
        "The first line names the columns: account and, if wanted, realm, mfa (yes or no)\n"
        "and reason. All lines are added or none; --partial takes the good ones. FILE -\n"
        "is standard input.",
    .example = "apppass account import people.csv --dry-run",
    .options = {{OPTION_REASON, 0},
                {OPTION_PARTIAL, 0},
                {OPTION_RESUME, 0},
                {OPTION_DRY_RUN, 0}},
};
