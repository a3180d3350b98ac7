/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "message.h"
#include "realm.h"

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
    "SELECT x.position, x.action, r.name AS realm, x.service, x.network, x.description"  \
    " FROM apppass.access_rule AS x LEFT JOIN apppass.realm AS r ON r.id = x.realm_id"

enum status run_access_list(struct invocation *invocation)
{
    struct rows *rows =
        QUERY(invocation->database,
              RULE_SELECT
              " WHERE $1::text IS NULL OR r.name = apppass.fold($1) OR x.realm_id IS NULL"
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

/* Show the rule, and keep it or not. */
static enum status finish(struct invocation *invocation, const char *position)
{
    struct rows *rows = QUERY(invocation->database,
                              RULE_SELECT " WHERE x.position = $1::integer", position);
    enum status status;

    if (rows == NULL)
        return database_status(invocation->database);
    status = output_table(&invocation->output, columns, COUNT(columns), rows, "");
    rows_free(&rows);
    if (status == STATUS_DONE && !command_has(invocation, OPTION_DRY_RUN))
        return database_commit(invocation->database);
    database_rollback(invocation->database);
    if (status == STATUS_DONE)
        message_note("dry run: nothing was changed");
    return status;
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
                 "SELECT 1 FROM apppass.realm WHERE name = apppass.fold($1)", realm);
    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) == 0)
        status = no_realm(invocation, realm);
    rows_free(&rows);
    return status;
}

static enum status insert_rule(struct invocation *invocation, const char *action)
{
    const char *realm = command_option(invocation, OPTION_REALM);
    struct rows *rows = QUERY(
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
        command_option(invocation, OPTION_NETWORK), action,
        command_option(invocation, OPTION_DESCRIPTION));
    enum status status;

    if (rows == NULL)
        return database_status(invocation->database);
    /* Somebody may have removed the realm since it was looked for. */
    status = rows_count(rows) > 0 ? finish(invocation, rows_text(rows, 0, "position"))
                                  : no_realm(invocation, realm);
    rows_free(&rows);
    return status;
}

enum status run_access_add(struct invocation *invocation)
{
    const char *action = command_argument(invocation, 0);
    enum status status = STATUS_DONE;

    if (strcmp(action, "allow") != 0 && strcmp(action, "deny") != 0)
        return command_usage_error(invocation, "ACTION is allow or deny, not \"%s\"",
                                   action);
    if (invocation->options[OPTION_SERVICE].count > 1 ||
        invocation->options[OPTION_NETWORK].count > 1)
        return command_usage_error(invocation,
                                   "a rule has one service and one network; add "
                                   "another rule for another");
    status = check_realm(invocation);
    if (status == STATUS_DONE && strcmp(action, "deny") == 0 &&
        !command_has(invocation, OPTION_DRY_RUN))
        status = command_confirm(
            invocation,
            "What matches this rule, and none before it, is refused from the next "
            "login on.",
            "Add the rule?");
    if (status == STATUS_DONE)
        status = database_begin(invocation->database);
    if (status == STATUS_DONE)
        status = realm_context(invocation);
    if (status == STATUS_DONE)
        status = insert_rule(invocation, action);
    database_rollback(invocation->database);
    return status;
}

static enum status remove_rule(struct invocation *invocation, const char *position)
{
    enum status status = database_begin(invocation->database);
    struct rows *rows;

    if (status == STATUS_DONE)
        status = realm_context(invocation);
    if (status != STATUS_DONE)
        return status;
    rows =
        QUERY(invocation->database,
              "DELETE FROM apppass.access_rule WHERE position = $1::integer", position);
    status = rows == NULL ? database_status(invocation->database)
                          : database_commit(invocation->database);
    rows_free(&rows);
    if (status == STATUS_DONE)
        message_note("removed the rule at position %s", position);
    return status;
}

enum status run_access_remove(struct invocation *invocation)
{
    const char *position = command_argument(invocation, 0);
    struct rows *rows;
    enum status status;

    if (position[0] == '\0' || position[strspn(position, "0123456789")] != '\0' ||
        strlen(position) > 9)
        return command_usage_error(invocation,
                                   "POSITION is a number that \"apppass access "
                                   "list\" shows");
    rows = QUERY(invocation->database, RULE_SELECT " WHERE x.position = $1::integer",
                 position);
    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_count(rows) == 0) {
        message_error("there is no rule at position %s", position);
        message_hint("\"apppass access list\" shows the rules");
        status = STATUS_REFUSED;
    } else {
        status = output_table(&invocation->output, columns, COUNT(columns), rows, "");
        if (status == STATUS_DONE)
            status = command_confirm(invocation, "", "Remove this rule?");
        if (status == STATUS_DONE && !command_has(invocation, OPTION_DRY_RUN))
            status = remove_rule(invocation, position);
    }
    rows_free(&rows);
    return status;
}
