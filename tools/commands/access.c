/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/near.h"

static const struct column columns[] = {
    {"position", "POSITION", COLUMN_NUMBER, 0, NULL},
    {"action", "ACTION", COLUMN_TEXT, 0, NULL},
    {"realm", "REALM", COLUMN_TEXT, 0, "all"},
    {"service", "SERVICE", COLUMN_TEXT, 0, "all"},
    {"network", "NETWORK", COLUMN_TEXT, 0, "any"},
    {"description", "DESCRIPTION", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {0},
};

#define RULE_SELECT                                                                      \
    "SELECT x.position, x.action, x.realm, x.service, x.network, x.description"          \
    " FROM apppass."

static enum status run_access_list(struct invocation *invocation)
{
    struct rows *rows =
        QUERY(invocation->database, RULE_SELECT "find_access(realm => $1) AS x",
              command_option(invocation, OPTION_REALM));

    return command_table(invocation, columns, rows,
                         "no rules: every attempt is allowed that the code allows");
}

const struct command command_access_list = {
    .name = "access list",
    .arguments = "",
    .role = ROLE_HELPDESK,
    .run = run_access_list,
    .summary = "list the access rules",
    .details =
        "Of the rules that match tenant, service and network of an attempt, the one with\n"
        "the lowest position decides. Where none matches, the attempt is allowed.",
    .options = {{OPTION_REALM, 0}},
};

static enum status show_rule(struct invocation *invocation, const struct rows *rows)
{
    return output_table(&invocation->output, columns, rows, "");
}

static struct rows *make_rule(struct invocation *invocation, enum status *status_r)
{
    struct database *database = invocation->database;
    const char *realm = command_option(invocation, OPTION_REALM);
    struct rows *rows = TRY_QUERY(
        database,
        RULE_SELECT
        "add_access(action => $1, realm => $2, service => $3,"
        " network => $4::cidr, rule_position => $5::integer, description => $6,"
        " reason => $7, ticket => $8, operator => $9) AS x",
        command_argument(invocation, 0), realm,
        command_option(invocation, OPTION_SERVICE),
        command_option(invocation, OPTION_NETWORK),
        command_option(invocation, OPTION_POSITION),
        command_option(invocation, OPTION_DESCRIPTION), COMMAND_CHANGE(invocation));

    if (rows == NULL) {
        *status_r = database_status(database);
        if (strcmp(database_constraint(database), "realm_not_found") == 0) {
            database_rollback(database);
            *status_r = near_no_realm(invocation, realm);
        } else {
            database_complain(database);
        }
    }
    return rows;
}

static enum status preview_rule(struct invocation *invocation, const struct rows *rows)
{
    if (strcmp(command_argument(invocation, 0), "deny") == 0)
        message_note("What matches this rule, and none before it, is refused from the "
                     "next login on:");
    return command_has(invocation, OPTION_DRY_RUN) ? STATUS_DONE
                                                   : show_rule(invocation, rows);
}

static enum status report_rule(struct invocation *invocation, const struct rows *rows,
                               bool kept)
{
    (void)kept;
    return show_rule(invocation, rows);
}

static enum status run_access_add(struct invocation *invocation)
{
    const char *action = command_argument(invocation, 0);
    bool deny = strcmp(action, "deny") == 0;
    const struct change change = {.make = make_rule,
                                  .preview = preview_rule,
                                  .report = report_rule,
                                  .question = deny ? "Add the rule?" : NULL};

    if (!deny && strcmp(action, "allow") != 0)
        return command_usage_error(invocation, "ACTION is allow or deny, not \"%s\"",
                                   action);
    if (invocation->options[OPTION_SERVICE].count > 1 ||
        invocation->options[OPTION_NETWORK].count > 1)
        return command_usage_error(invocation,
                                   "a rule has one service and one network; add "
                                   "another rule for another");
    return change_run(invocation, &change);
}

const struct command command_access_add = {
    .name = "access add",
    .arguments = "ACTION",
    .role = ROLE_ADMIN,
    .run = run_access_add,
    .summary = "add an access rule",
    .details = "ACTION is allow or deny. What is not given matches everything.",
    .example = "apppass access add deny --realm example.org --service pop",
    .options = {{OPTION_REALM, 0},
                {OPTION_SERVICE, 0},
                {OPTION_NETWORK, 0},
                {OPTION_POSITION, 0},
                {OPTION_DESCRIPTION, 0},
                REASON_WELCOME,
                {OPTION_DRY_RUN, 0}},
};

static struct rows *make_removed(struct invocation *invocation, enum status *status_r)
{
    struct rows *rows =
        QUERY(invocation->database,
              RULE_SELECT "remove_access(rule_position => $1::integer, reason => $2,"
                          " ticket => $3, operator => $4) AS x",
              command_argument(invocation, 0), COMMAND_CHANGE(invocation));

    if (rows == NULL)
        *status_r = database_status(invocation->database);
    return rows;
}

static enum status report_removed(struct invocation *invocation, const struct rows *rows,
                                  bool kept)
{
    enum status status = STATUS_DONE;

    /* People saw it before the question. */
    if (invocation->output.format != FORMAT_PEOPLE || command_has(invocation, OPTION_YES))
        status = show_rule(invocation, rows);
    if (kept)
        message_note("removed the rule at position %s", rows_text(rows, 0, "position"));
    return status;
}

static enum status run_access_remove(struct invocation *invocation)
{
    static const struct change change = {.make = make_removed,
                                         .preview = show_rule,
                                         .report = report_removed,
                                         .question = "Remove this rule?"};
    const char *position = command_argument(invocation, 0);

    if (position[0] == '\0' || position[strspn(position, "0123456789")] != '\0' ||
        strlen(position) > 9)
        return command_usage_error(invocation,
                                   "POSITION is a number that \"apppass access "
                                   "list\" shows");
    return change_run(invocation, &change);
}

const struct command command_access_remove = {
    .name = "access remove",
    .arguments = "POSITION",
    .role = ROLE_ADMIN,
    .run = run_access_remove,
    .summary = "remove an access rule",
    .options = {REASON_WELCOME, {OPTION_DRY_RUN, 0}},
};
