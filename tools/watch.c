/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "like.h"
#include "message.h"
#include "moment.h"

/* Without word from the server for that long, ask whether it is still there. */
#define ALIVE_MS (60 * 1000)

/* The members of an event that people see; the rest stays in the JSON. */
#define EVENT_SELECT                                                                     \
    "SELECT date_part('epoch', coalesce((e ->> 'at')::timestamptz, now())) AS at,"       \
    " e ->> 'event' AS event, e ->> 'account' AS account, e ->> 'device' AS device,"     \
    " e ->> 'selector' AS selector, e ->> 'service' AS service,"                         \
    " e ->> 'network' AS network, e ->> 'reason' AS reason, e ->> 'actor' AS actor,"     \
    " ($2::text IS NULL OR e ->> 'account' LIKE $2) AS wanted"                           \
    " FROM (SELECT $1::jsonb) AS t (e)"

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

/* One object per line: the payload is JSON without line ends. */
static void print_payload(const char *payload)
{
    char *harmless = output_harmless(payload);

    if (harmless != NULL)
        puts(harmless);
    free(harmless);
}

static enum status show_event(struct invocation *invocation, const char *payload,
                              const char *pattern)
{
    char *copy = strdup(payload);
    struct rows *rows = copy != NULL
                            ? TRY_QUERY(invocation->database, EVENT_SELECT, copy, pattern)
                            : NULL;
    enum status status = STATUS_DONE;

    if (rows == NULL) {
        /* Anybody who may connect may NOTIFY: what is no event of ours is passed over. */
        status = database_status(invocation->database);
        if (status == STATUS_REFUSED)
            status = STATUS_DONE;
        else
            database_complain(invocation->database);
    } else if (rows_text(rows, 0, "event") != NULL && rows_boolean(rows, 0, "wanted")) {
        if (invocation->output.format == FORMAT_JSON)
            print_payload(copy);
        else
            print_event(rows);
        fflush(stdout);
    }
    rows_free(&rows);
    free(copy);
    return status;
}

enum status run_watch(struct invocation *invocation)
{
    char *pattern = like_pattern(command_argument(invocation, 0));
    struct rows *rows = database_query(invocation->database, "LISTEN apppass", 0, NULL);
    enum status status =
        rows != NULL ? STATUS_DONE : database_status(invocation->database);

    if (status == STATUS_DONE && invocation->output.format == FORMAT_PEOPLE)
        message_note("watching; Ctrl-C ends it");
    while (status == STATUS_DONE && !ferror(stdout)) {
        bool timed_out;
        const char *payload =
            database_notification(invocation->database, ALIVE_MS, &timed_out);

        rows_free(&rows);
        if (payload != NULL) {
            status = show_event(invocation, payload, pattern);
        } else if (timed_out) {
            rows = database_query(invocation->database, "SELECT 1", 0, NULL);
            if (rows == NULL)
                status = database_status(invocation->database);
        } else {
            status = database_status(invocation->database);
        }
    }
    rows_free(&rows);
    free(pattern);
    return status;
}
