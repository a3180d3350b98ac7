/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/batch.h"
#include "cli/commands.h"

enum { ACCOUNT, REALM, MFA, REASON, FIELDS };

static const struct batch_field fields[FIELDS] = {
    [ACCOUNT] = {"account", "username", true},
    [REALM] = {"realm", NULL, false},
    [MFA] = {"mfa", "mfa_enrolled", false},
    [REASON] = {"reason", NULL, false},
};

/* NULL: neither yes nor no. */
static const char *truth(const char *text)
{
    static const char *const yes[] = {"yes", "true", "1", "on", "y", "t"};
    static const char *const no[] = {"no", "false", "0", "off", "n", "f"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return "true";
        if (strcasecmp(text, no[i]) == 0)
            return "false";
    }
    return NULL;
}

static enum status prepare(struct batch *batch)
{
    char *names;
    enum status status;

    for (size_t i = 0; i < batch->count; i++) {
        struct batch_line *line = &batch->lines[i];
        char *mfa = line->fields[MFA];
        const char *value = mfa != NULL ? truth(mfa) : "false";

        if (line->bad)
            continue;
        if (value == NULL) {
            batch_bad_line(batch, line, "mfa is yes or no, not", mfa);
            continue;
        }
        free(mfa);
        line->fields[MFA] = strdup(value);
    }
    if (!batch->resume || batch_wanted_count(batch) == 0)
        return STATUS_DONE;
    names = batch_array(batch, ACCOUNT);
    status = batch_skip(
        batch, QUERY(batch->invocation->database,
                     "SELECT t.ordinality"
                     " FROM unnest($1::text[]) WITH ORDINALITY AS t (name, ordinality)"
                     " CROSS JOIN LATERAL apppass.find_accounts(t.name)"
                     " ORDER BY t.ordinality",
                     names));
    free(names);
    return status;
}

static struct rows *store(struct batch *batch)
{
    char *arrays[FIELDS];
    struct rows *rows;

    for (size_t i = 0; i < FIELDS; i++)
        arrays[i] = batch_array(batch, i);
    rows = TRY_QUERY(
        batch->invocation->database,
        "SELECT count(apppass.add_account(username => t.name, realm => t.realm,"
        " mfa_enrolled => t.mfa, reason => coalesce(t.reason, $5), operator => $6))"
        " FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[])"
        " AS t (name, realm, mfa, reason)",
        arrays[ACCOUNT], arrays[REALM], arrays[MFA], arrays[REASON],
        command_option(batch->invocation, OPTION_REASON),
        command_option(batch->invocation, OPTION_OPERATOR));
    for (size_t i = 0; i < FIELDS; i++)
        free(arrays[i]);
    return rows;
}

static struct rows *store_one(struct batch *batch, struct batch_line *line)
{
    const char *reason = line->fields[REASON];

    return TRY_QUERY(
        batch->invocation->database,
        "SELECT apppass.add_account(username => $1, realm => $2, mfa_enrolled => $3,"
        " reason => $4, operator => $5)",
        line->fields[ACCOUNT], line->fields[REALM], line->fields[MFA],
        reason != NULL ? reason : command_option(batch->invocation, OPTION_REASON),
        command_option(batch->invocation, OPTION_OPERATOR));
}

enum status run_account_import(struct invocation *invocation)
{
    static const struct batch_kind kind = {
        .prepare = prepare,
        .store = store,
        .store_one = store_one,
        .noun = "account",
        .verb = "added",
    };
    struct batch *batch;
    enum status status =
        batch_new(invocation, command_argument(invocation, 0), fields, FIELDS, &batch);

    if (status == STATUS_DONE)
        status = batch_run(batch, &kind);
    batch_free(&batch);
    return status;
}
