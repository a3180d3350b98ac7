/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "base/moment.h"
#include "cli/command.h"

/* How often the audit trail is asked; a NOTIFY only says that it is time to. */
#define FOLLOW_MS 1000

/* What is new in the trail: apppass-schema(7). */
static const char news_query[] = "SELECT f.mark, f.ids, f.continuity"
                                 " FROM apppass.audit_follow($1::jsonb) AS f";

#define EVENT_COLUMNS                                                                    \
    "SELECT date_part('epoch', v.at) AS at, v.event, v.account, v.device, v.selector,"   \
    " v.code_id, v.audit_id, v.realm, v.reason, v.ticket, v.actor, v.operator,"          \
    " v.service, v.network, jsonb_strip_nulls(to_jsonb(v) || jsonb_build_object('at',"   \
    "  to_char(v.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')))"             \
    " AS payload FROM "

static const char change_query[] = EVENT_COLUMNS
    "unnest($1::bigint[]) AS i (id),"
    " apppass.find_event(jsonb_build_object('audit_id', i.id), $2) AS v ORDER BY i.id";

/* Uses are announced and not audited.  Anybody who may connect may NOTIFY: nothing of the
 * payload is printed but what names a row, and the kind of use. */
static const char use_query[] =
    EVENT_COLUMNS "apppass.find_event($1::jsonb - 'audit_id', $2) AS v";

struct watch {
    struct invocation *invocation;
    char *mark; /* how far the trail was followed; NULL: from now on */
};

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

static void say(const char *before, const struct rows *rows, size_t row,
                const char *column)
{
    const char *text = rows_text(rows, row, column);
    char *harmless = text != NULL ? output_harmless(text) : NULL;

    if (harmless != NULL)
        printf("%s%s", before, harmless);
    free(harmless);
}

static void print_event(const struct rows *rows, size_t row)
{
    char local[MOMENT_TEXT_MAX] = "";
    time_t moment;

    if (rows_time(rows, row, "at", &moment))
        moment_local(moment, local);
    printf("%s", local);
    say("  ", rows, row, "event");
    say("  ", rows, row, "account");
    say("  ", rows, row, "device");
    say("  code ", rows, row, "selector");
    say("  over ", rows, row, "service");
    say("  from ", rows, row, "network");
    say("  by ", rows, row, "actor");
    say("  because ", rows, row, "reason");
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

static void show_events(struct invocation *invocation, const struct rows *rows)
{
    for (size_t row = 0; row < rows_count(rows); row++) {
        if (invocation->output.format == FORMAT_JSON)
            print_payload(rows_text(rows, row, "payload"));
        else if (invocation->output.format == FORMAT_CSV)
            output_csv_row(stdout, columns, rows, row);
        else
            print_event(rows, row);
    }
    fflush(stdout);
}

/* Anybody who may connect may NOTIFY: what is not an event of ours is passed over. */
static enum status show_use(struct watch *watch, const char *payload)
{
    struct database *database = watch->invocation->database;
    char *copy = strdup(payload);
    struct rows *rows = copy != NULL ? TRY_QUERY(database, use_query, copy,
                                                 command_argument(watch->invocation, 0))
                                     : NULL;
    enum status status = STATUS_DONE;

    if (rows != NULL)
        show_events(watch->invocation, rows);
    else if (database_status(database) != STATUS_REFUSED)
        status = database_status(database);
    rows_free(&rows);
    free(copy);
    return status;
}

/* Show what the audit trail got since the last time. */
static enum status follow(struct watch *watch)
{
    struct database *database = watch->invocation->database;
    struct rows *news = TRY_QUERY(database, news_query, watch->mark);
    struct rows *changes = NULL;

    if (news == NULL)
        return database_status(database);
    if (rows_text(news, 0, "ids") != NULL &&
        strcmp(rows_text(news, 0, "ids"), "{}") != 0) {
        changes = TRY_QUERY(database, change_query, rows_text(news, 0, "ids"),
                            command_argument(watch->invocation, 0));
        if (changes == NULL) {
            rows_free(&news);
            return database_status(database);
        }
        show_events(watch->invocation, changes);
    }
    if (strcmp(rows_text(news, 0, "continuity"), "overlap") == 0)
        message_note("this is another server: some events may be shown twice");
    else if (strcmp(rows_text(news, 0, "continuity"), "gap") == 0)
        message_note("this database does not contain the last event that was shown: "
                     "what came since is not known");
    free(watch->mark);
    watch->mark = strdup(rows_text(news, 0, "mark"));
    rows_free(&changes);
    rows_free(&news);
    return watch->mark != NULL ? STATUS_DONE : STATUS_REFUSED;
}

static enum status listen(struct watch *watch)
{
    struct database *database = watch->invocation->database;
    struct rows *rows = database_try(database, "LISTEN apppass", 0, NULL);
    enum status status = rows != NULL ? follow(watch) : database_status(database);

    rows_free(&rows);
    if (status == STATUS_DONE && database_pooled(database))
        message_note("behind a pooler: changes are shown, uses of codes may be missed");
    return status;
}

/* As long as the session lasts. */
static enum status watch_session(struct watch *watch)
{
    struct database *database = watch->invocation->database;
    enum status status = STATUS_DONE;

    while (status == STATUS_DONE && !ferror(stdout)) {
        bool timed_out;
        const char *payload = database_notification(database, FOLLOW_MS, &timed_out);

        if (payload != NULL)
            status = show_use(watch, payload);
        else if (!timed_out)
            status = database_status(database);
        if (status == STATUS_DONE)
            status = follow(watch);
    }
    return status;
}

static enum status run_watch(struct invocation *invocation)
{
    struct watch watch = {.invocation = invocation};
    enum status status = listen(&watch);

    if (status == STATUS_DONE && invocation->output.format == FORMAT_PEOPLE)
        message_note("watching; Ctrl-C ends it");
    if (status == STATUS_DONE && invocation->output.format == FORMAT_CSV) {
        output_csv_heading(stdout, columns);
        fflush(stdout);
    }
    while (status == STATUS_DONE && !ferror(stdout)) {
        status = watch_session(&watch);
        while (status == STATUS_UNAVAILABLE && watch.mark != NULL &&
               database_lost(invocation->database)) {
            status = database_reconnect(invocation->database);
            if (status == STATUS_DONE)
                status = listen(&watch);
        }
    }
    if (status != STATUS_DONE && status != STATUS_INTERRUPTED)
        database_complain(invocation->database);
    free(watch.mark);
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
