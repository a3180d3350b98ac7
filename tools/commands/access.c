/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "cli/change.h"
#include "cli/commands.h"
#include "commands/realm.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct column columns[] = {
    {"position", "POSITION", COLUMN_NUMBER, 0, NULL},
    {"action", "ACTION", COLUMN_TEXT, 0, NULL},
    {"realm", "REALM", COLUMN_TEXT, 0, "all"},
    {"service", "SERVICE", COLUMN_TEXT, 0, "all"},
    {"network", "NETWORK", COLUMN_TEXT, 0, "any"},
    {"description", "DESCRIPTION", COLUMN_TEXT, COLUMN_WRAP, NULL},
};

#define RULE_SELECT                                                                      \
    "SELECT x.position, x.action, x.realm, x.service, x.network, x.description"          \
    " FROM apppass.access_overview AS x"

enum status run_access_list(struct invocation *invocation)
{
    struct rows *rows =
        QUERY(invocation->database,
              RULE_SELECT
              " WHERE $1::text IS NULL OR x.realm = apppass.fold($1) OR x.realm IS NULL"
              " ORDER BY x.position",
              command_option(invocation, OPTION_REALM));
    enum status status;

    if (rows == NULL)
        return database_status(invocation->database);
    status = output_table(&invocation->output, columns, COUNT(columns), rows,
                          "no rules: every attempt is allowed that the code allows");
    rows_free(&rows);
    return status;
}

static enum status show_rule(struct invocation *invocation, const struct rows *rows)
{
    return output_table(&invocation->output, columns, COUNT(columns), rows, "");
}

static enum status no_realm(struct invocation *invocation, const char *realm)
{
    message_error("there is no realm %s", realm);
    realm_offer(invocation, realm);
    return STATUS_REFUSED;
}

/* Before anybody is asked anything. */
static enum status check_realm(struct invocation *invocation)
{
    const char *realm = command_option(invocation, OPTION_REALM);
    struct rows *rows;
    enum status status = STATUS_DONE;

    if (realm == NULL)
        return STATUS_DONE;
    rows = QUERY(invocation->database,
                 "SELECT 1 FROM apppass.realm_overview WHERE realm = apppass.fold($1)",
                 realm);
    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) == 0)
        status = no_realm(invocation, realm);
    rows_free(&rows);
    return status;
}

static struct rows *make_rule(struct invocation *invocation, enum status *status_r)
{
    const char *realm = command_option(invocation, OPTION_REALM);
    struct rows *added = NULL, *rows = NULL;

    *status_r = check_realm(invocation);
    if (*status_r == STATUS_DONE)
        *status_r = realm_context(invocation);
    if (*status_r != STATUS_DONE)
        return NULL;
    added = QUERY(
        invocation->database,
        "INSERT INTO apppass.access_rule (position, realm_id, service, network, action,"
        " description)"
        " SELECT $1::integer, r.id, $3, $4::cidr, $5, $6"
        " FROM (SELECT $2::text AS name) AS asked"
        " LEFT JOIN apppass.realm AS r ON r.name = apppass.fold(asked.name)"
        " WHERE asked.name IS NULL OR r.id IS NOT NULL"
        " RETURNING position",
        command_option(invocation, OPTION_POSITION), realm,
        command_option(invocation, OPTION_SERVICE),
        command_option(invocation, OPTION_NETWORK), command_argument(invocation, 0),
        command_option(invocation, OPTION_DESCRIPTION));
    if (added != NULL && rows_count(added) == 0) {
        /* Somebody removed the realm since it was looked for. */
        *status_r = no_realm(invocation, realm);
        rows_free(&added);
        return NULL;
    }
    if (added != NULL)
        rows = QUERY(invocation->database, RULE_SELECT " WHERE x.position = $1::integer",
                     rows_text(added, 0, "position"));
    if (rows == NULL)
        *status_r = database_status(invocation->database);
    rows_free(&added);
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

enum status run_access_add(struct invocation *invocation)
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

static struct rows *make_removed(struct invocation *invocation, enum status *status_r)
{
    const char *position = command_argument(invocation, 0);
    struct rows *rows, *removed = NULL;

    *status_r = realm_context(invocation);
    if (*status_r != STATUS_DONE)
        return NULL;
    rows = QUERY(invocation->database, RULE_SELECT " WHERE x.position = $1::integer",
                 position);
    if (rows != NULL && rows_count(rows) == 0) {
        message_error("there is no rule at position %s", position);
        message_hint("\"apppass access list\" shows the rules");
        *status_r = STATUS_REFUSED;
        rows_free(&rows);
        return NULL;
    }
    if (rows != NULL)
        removed = QUERY(invocation->database,
                        "DELETE FROM apppass.access_rule WHERE position = $1::integer",
                        position);
    if (removed == NULL) {
        *status_r = database_status(invocation->database);
        rows_free(&rows);
    }
    rows_free(&removed);
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

enum status run_access_remove(struct invocation *invocation)
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
