/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "base/moment.h"
#include "cli/command.h"

/* Without word from the server for that long, ask whether it is still there. */
#define ALIVE_MS (60 * 1000)

/* Anybody who may connect may NOTIFY: nothing of the payload is printed but what names a
 * row, and the kind of use. */
static const char event_query[] =
    "SELECT date_part('epoch', v.at) AS at, v.event, v.account, v.device, v.selector,"
    " v.code_id, v.audit_id, v.realm, v.reason, v.ticket, v.actor, v.operator,"
    " v.service, v.network, jsonb_strip_nulls(to_jsonb(v) || jsonb_build_object('at',"
    "  to_char(v.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')))"
    " AS payload FROM apppass.find_event($1::jsonb, $2) AS v";

static const struct column columns[] = {
    {"event", NULL, COLUMN_TEXT, 0, NULL},
    {"at", NULL, COLUMN_TIME, 0, NULL},
    {"account", NULL, COLUMN_TEXT, 0, NULL},
    {"device", NULL, COLUMN_TEXT, 0, NULL},
    {"selector", NULL, COLUMN_TEXT, 0, NULL},
    {"code_id", NULL, COLUMN_NUMBER, 0, NULL},
    {"audit_id", NULL, COLUMN_NUMBER, 0, NULL},
    {"realm", NULL, COLUMN_TEXT, 0, NULL},
    {"reason", NULL, COLUMN_TEXT, 0, NULL},
    {"ticket", NULL, COLUMN_TEXT, 0, NULL},
    {"actor", NULL, COLUMN_TEXT, 0, NULL},
    {"operator", NULL, COLUMN_TEXT, 0, NULL},
    {"service", NULL, COLUMN_TEXT, 0, NULL},
    {"network", NULL, COLUMN_TEXT, 0, NULL},
    {0},
};

static void say(const char *before, const struct rows *rows, const char *column)
{
    const char *text = rows_text(rows, 0, column);
    char *harmless = text != NULL ? output_harmless(text) : NULL;

    if (harmless != NULL)
        printf("%s%s", before, harmless);
    free(harmless);
}

static void print_event(const struct rows *rows)
{
    char local[MOMENT_TEXT_MAX] = "";
    time_t moment;

    if (rows_time(rows, 0, "at", &moment))
        moment_local(moment, local);
    printf("%s", local);
    say("  ", rows, "event");
    say("  ", rows, "account");
    say("  ", rows, "device");
    say("  code ", rows, "selector");
    say("  over ", rows, "service");
    say("  from ", rows, "network");
    say("  by ", rows, "actor");
    say("  because ", rows, "reason");
    putchar('\n');
}

/* One object per line: jsonb has no line ends. */
static void print_payload(const char *payload)
{
    char *harmless = output_harmless(payload);

    if (harmless != NULL)
        puts(harmless);
    free(harmless);
}

static enum status show_event(struct invocation *invocation, const char *payload)
{
    char *copy = strdup(payload);
    struct rows *rows = copy != NULL ? TRY_QUERY(invocation->database, event_query, copy,
                                                 command_argument(invocation, 0))
                                     : NULL;
    enum status status = STATUS_DONE;

    if (rows == NULL) {
        /* Anybody who may connect may NOTIFY: what is no event of ours is passed over. */
        status = database_status(invocation->database);
        if (status == STATUS_REFUSED &&
            strcmp(database_sqlstate(invocation->database), "42501") != 0)
            status = STATUS_DONE;
        else
            database_complain(invocation->database);
    } else if (rows_count(rows) > 0) {
        if (invocation->output.format == FORMAT_JSON)
            print_payload(rows_text(rows, 0, "payload"));
        else if (invocation->output.format == FORMAT_CSV)
            output_csv_row(stdout, columns, rows, 0);
        else
            print_event(rows);
        fflush(stdout);
    }
    rows_free(&rows);
    free(copy);
    return status;
}

static enum status run_watch(struct invocation *invocation)
{
    struct rows *rows = database_query(invocation->database, "LISTEN apppass", 0, NULL);
    enum status status =
        rows != NULL ? STATUS_DONE : database_status(invocation->database);

    if (status == STATUS_DONE && invocation->output.format == FORMAT_PEOPLE)
        message_note("watching; Ctrl-C ends it");
    if (status == STATUS_DONE && invocation->output.format == FORMAT_CSV) {
        output_csv_heading(stdout, columns);
        fflush(stdout);
    }
    while (status == STATUS_DONE && !ferror(stdout)) {
        bool timed_out;
        const char *payload =
            database_notification(invocation->database, ALIVE_MS, &timed_out);

        rows_free(&rows);
        if (payload != NULL) {
            status = show_event(invocation, payload);
        } else if (timed_out) {
            rows = database_query(invocation->database, "SELECT 1", 0, NULL);
            if (rows == NULL)
                status = database_status(invocation->database);
        } else {
            status = database_status(invocation->database);
        }
    }
    rows_free(&rows);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_watch,
    .summary = "follow events as they happen, until Ctrl-C",
    .details = "With --json one object per line, with --csv one row.",
};
