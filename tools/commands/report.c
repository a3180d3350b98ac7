/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base/message.h"
#include "cli/command.h"
#include "cli/near.h"

/* ---- unused ---- */

static const struct column unused_columns[] = {
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"selector", "CODE", COLUMN_TEXT, 0, NULL},
    {"last_used_at", "LAST USED", COLUMN_TIME, COLUMN_SHORT, "never"},
    {"created_at", "ISSUED", COLUMN_TIME, COLUMN_SHORT, NULL},
    {"lapses_at", "LAPSES", COLUMN_TIME, COLUMN_SHORT, "never"},
    {"realm", "Realm", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"created_by", "Issued by", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"code_id", "Number", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {0},
};

static enum status run_unused(struct invocation *invocation)
{
    char since[COMMAND_SINCE_MAX];
    const char *limit;
    struct rows *rows;
    enum status status = command_since(invocation, since);

    if (status == STATUS_DONE)
        status = command_limit(invocation, NULL, &limit);
    if (status == STATUS_DONE) {
        rows =
            QUERY(invocation->database,
                  "SELECT u.account, u.device, u.selector,"
                  " date_part('epoch', u.last_used_at) AS last_used_at,"
                  " date_part('epoch', u.created_at) AS created_at,"
                  " date_part('epoch', u.lapses_at) AS lapses_at, u.realm, u.created_by,"
                  " u.code_id FROM apppass.find_unused(account => $1, realm => $2,"
                  " idle => now() - to_timestamp(nullif($3, '')::double precision),"
                  " most => $4::bigint) AS u",
                  command_argument(invocation, 0),
                  command_option(invocation, OPTION_REALM), since, limit);
        status = command_table(invocation, unused_columns, rows,
                               "no code is unused for that long");
    }
    return status;
}

const struct command command_unused = {
    .name = "unused",
    .heading = "Looking back",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_unused,
    .summary = "list live codes that nobody uses",
    .details =
        "Codes that were not used for 90 days, or since --since. LAPSES is when the\n"
        "tenant's policy will end them.",
    .example = "apppass unused --since 30d",
    .options = {{OPTION_REALM, 0}, {OPTION_SINCE, 0}, {OPTION_LIMIT, 0}},
};

/* ---- uses ---- */

static const struct column use_columns[] = {
    {"last_at", "LAST", COLUMN_TIME, 0, NULL},
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"selector", "CODE", COLUMN_TEXT, 0, NULL},
    {"service", "SERVICE", COLUMN_TEXT, 0, "unknown"},
    {"network", "FROM", COLUMN_TEXT, 0, "unknown"},
    {"first_at", "FIRST", COLUMN_TIME, COLUMN_SHORT, NULL},
    {"state", "State", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"realm", "Realm", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"code_id", "Number", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {0},
};

static enum status run_uses(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    char since[COMMAND_SINCE_MAX];
    const char *limit;
    enum status status = command_since(invocation, since);

    if (status == STATUS_DONE)
        status = command_limit(invocation, NULL, &limit);
    if (status == STATUS_DONE) {
        char *networks = command_array(invocation, OPTION_NETWORK);
        struct rows *rows = QUERY(
            invocation->database,
            "SELECT date_part('epoch', last_at) AS last_at, account, device, selector,"
            " service, network, date_part('epoch', first_at) AS first_at, state, realm,"
            " code_id FROM apppass.find_uses(account => $1, device => $2, service => $3,"
            " networks => $4::inet[], since => to_timestamp(nullif($5, '')::double "
            "precision), realm => $6, most => $7::bigint)",
            account, command_option(invocation, OPTION_DEVICE),
            command_option(invocation, OPTION_SERVICE), networks, since,
            command_option(invocation, OPTION_REALM), limit);

        free(networks);
        status = near_table(invocation, use_columns, rows,
                            strchr(account, '*') == NULL ? account : NULL,
                            "no login with an app password");
    }
    return status;
}

const struct command command_uses = {
    .name = "uses",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_uses,
    .summary = "say when, for what and from where codes were used",
    .details =
        "One line for each code, service and network (/24, or /48 of IPv6), the latest\n"
        "first. ACCOUNT may hold * for any text.",
    .example = "apppass uses alice@example.org --since 12h",
    .options = {{OPTION_DEVICE, 0},
                {OPTION_SERVICE, 0},
                {OPTION_NETWORK, 0},
                {OPTION_SINCE, 0},
                {OPTION_LIMIT, 0},
                {OPTION_REALM, 0}},
};

/* ---- audit ---- */

static const struct column audit_columns[] = {
    {"at", "AT", COLUMN_TIME, 0, NULL},
    {"action", "EVENT", COLUMN_TEXT, 0, NULL},
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, ""},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, ""},
    {"selector", "CODE", COLUMN_TEXT, 0, ""},
    {"actor", "BY", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {"reason", "REASON", COLUMN_TEXT, COLUMN_WRAP, ""},
    {"operator", "Operator", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"ticket", "Ticket", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"realm", "Realm", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"client", "Client", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"application", "Application", COLUMN_TEXT, COLUMN_DETAIL, NULL},
    {"before", "Before", COLUMN_JSON, COLUMN_DETAIL, NULL},
    {"after", "After", COLUMN_JSON, COLUMN_DETAIL, NULL},
    {"code_id", "Number", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {"id", "Event number", COLUMN_NUMBER, COLUMN_DETAIL, NULL},
    {0},
};

static struct rows *find_events(struct invocation *invocation, const char *since,
                                const char *limit)
{
    return QUERY(
        invocation->database,
        "SELECT date_part('epoch', at) AS at, action, account, device,"
        " selector, actor || coalesce(' for ' || operator, '') AS actor, reason,"
        " operator, ticket, realm, host(client) AS client, application, before, after,"
        " code_id, id FROM apppass.find_events(account => $1, realm => $2,"
        " since => to_timestamp(nullif($3, '')::double precision), most => $4::bigint)",
        command_argument(invocation, 0), command_option(invocation, OPTION_REALM), since,
        limit);
}

static enum status run_audit(struct invocation *invocation)
{
    const char *account = command_argument(invocation, 0);
    bool one = account != NULL && strchr(account, '*') == NULL;
    struct column columns[COUNT(audit_columns)];
    char since[COMMAND_SINCE_MAX];
    const char *limit;
    enum status status = command_since(invocation, since);

    /* The account's name in every line would only squeeze the rest. */
    memcpy(columns, audit_columns, sizeof columns);
    for (size_t i = 0; one && columns[i].name != NULL; i++)
        if (strcmp(columns[i].name, "account") == 0)
            columns[i].flags |= COLUMN_DETAIL;
    if (status == STATUS_DONE)
        status = command_limit(invocation, since[0] != '\0' ? "100000" : "50", &limit);
    if (status != STATUS_DONE)
        return status;
    return near_table(invocation, columns, find_events(invocation, since, limit),
                      one ? account : NULL, "no events");
}

const struct command command_audit = {
    .name = "audit",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_audit,
    .summary = "show who did what, when and why",
    .details = "The latest 50 events; --limit shows more.",
    .example = "apppass audit alice@example.org --since 30d",
    .options = {{OPTION_SINCE, 0}, {OPTION_LIMIT, 0}, {OPTION_REALM, 0}},
};

static const struct column head_columns[] = {
    {"position", "Position", COLUMN_NUMBER, 0, NULL},
    {"hash", "Hash", COLUMN_TEXT, 0, NULL},
    {"sealed_at", "Sealed", COLUMN_TIME, 0, NULL},
    {"unsealed", "Waiting", COLUMN_NUMBER, 0, NULL},
    {0},
};

static enum status run_audit_head(struct invocation *invocation)
{
    struct rows *rows = database_query(
        invocation->database,
        "SELECT position, hash, date_part('epoch', sealed_at) AS sealed_at, unsealed"
        " FROM apppass.audit_head()",
        0, NULL);
    enum status status = rows != NULL
                             ? output_record(&invocation->output, head_columns, rows, 0)
                             : database_status(invocation->database);

    rows_free(&rows);
    return status;
}

const struct command command_audit_head = {
    .name = "audit head",
    .arguments = "",
    .role = ROLE_HELPDESK,
    .run = run_audit_head,
    .summary = "show the last seal of the audit trail, to note elsewhere",
    .details =
        "Let cron mail it to somebody: what is cut off from the trail later is found by\n"
        "\"audit verify\" with what was noted.",
};

static const struct column verify_columns[] = {
    {"rows_checked", "Checked", COLUMN_NUMBER, 0, NULL},
    {"unsealed", "Waiting", COLUMN_NUMBER, 0, NULL},
    {"problem", "Problem", COLUMN_TEXT, 0, "none"},
    {"bad_id", "At event", COLUMN_NUMBER, 0, "-"},
    {"head_hash", "End of chain", COLUMN_TEXT, 0, NULL},
    {0},
};

static enum status run_audit_verify(struct invocation *invocation)
{
    const char *position = command_argument(invocation, 0);
    const char *hash = command_argument(invocation, 1);
    struct rows *rows;
    enum status status;

    if (position != NULL && (hash == NULL || strlen(position) > 18 ||
                             position[strspn(position, "0123456789")] != '\0'))
        return command_usage_error(
            invocation, "a noted seal is the position and the hash of \"audit head\"");
    rows = QUERY(invocation->database,
                 "SELECT rows_checked, unsealed, problem, bad_id, head_hash"
                 " FROM apppass.audit_verify($1::bigint, $2)",
                 position, hash);
    if (rows == NULL)
        return database_status(invocation->database);
    status = output_record(&invocation->output, verify_columns, rows, 0);
    if (status == STATUS_DONE && rows_text(rows, 0, "problem") != NULL) {
        message_error("the audit trail was changed: %s", rows_text(rows, 0, "problem"));
        message_hint("compare with a backup, and with the seals noted elsewhere");
        status = STATUS_REFUSED;
    }
    rows_free(&rows);
    return status;
}

const struct command command_audit_verify = {
    .name = "audit verify",
    .arguments = "[POSITION] [HASH]",
    .role = ROLE_AUDITOR,
    .run = run_audit_verify,
    .summary = "prove that the audit trail is unchanged",
    .details =
        "With a seal that was noted (\"audit head\") also that the trail still contains it.\n"
        "Waiting is how many events have no seal yet: nothing protects those.",
    .example = "apppass audit verify 1042 8f1d...",
};

/* ---- maintain ---- */

static const struct column maintain_columns[] = {
    {"action", "ACTION", COLUMN_TEXT, 0, NULL},
    {"account", "ACCOUNT", COLUMN_TEXT, COLUMN_WRAP, ""},
    {"device", "DEVICE", COLUMN_TEXT, COLUMN_WRAP, ""},
    {"selector", "CODE", COLUMN_TEXT, 0, ""},
    {"detail", "DETAIL", COLUMN_TEXT, COLUMN_WRAP, ""},
    {0},
};

static bool says(const struct rows *rows, size_t row, const char *action)
{
    return row < rows_count(rows) && strcmp(rows_text(rows, row, "action"), action) == 0;
}

/*
 * One job, each portion of it in a transaction of its own, as long as it gets on: its
 * last row says where there is more.
 */
static bool run_job(struct invocation *invocation, const char *job, struct rows *report)
{
    bool dry_run = command_has(invocation, OPTION_DRY_RUN);
    bool again = true;
    bool done = true;

    while (done && again) {
        struct rows *rows = QUERY(invocation->database,
                                  "SELECT action, account, device, selector, detail"
                                  " FROM apppass.maintain(dry_run => $1, job => $2)",
                                  dry_run ? "true" : "false", job);
        size_t count = rows != NULL ? rows_count(rows) : 0;

        again = count > 1 && says(rows, count - 1, "run again");
        done = rows != NULL;
        if (done)
            rows_append(report, rows, again ? count - 1 : count);
        rows_free(&rows);
    }
    return done;
}

static enum status run_maintain(struct invocation *invocation)
{
    struct rows *jobs =
        QUERY(invocation->database, "SELECT unnest(apppass.maintain_jobs()) AS job");
    struct rows *report = ROWS_NEW("action", "account", "device", "selector", "detail");
    bool done = jobs != NULL;
    enum status status;

    for (size_t i = 0; done && i < rows_count(jobs); i++)
        done = run_job(invocation, rows_text(jobs, i, "job"), report);
    status = output_table(&invocation->output, maintain_columns, report, "nothing to do");
    if (!done)
        status = database_status(invocation->database);
    for (size_t i = 0; status == STATUS_DONE && i < rows_count(report); i++)
        if (says(report, i, "failed")) {
            message_error("could not do %s", rows_text(report, i, "detail"));
            status = STATUS_REFUSED;
        }
    if (status == STATUS_DONE && command_has(invocation, OPTION_DRY_RUN))
        message_note("dry run: nothing was done");
    rows_free(&report);
    rows_free(&jobs);
    return status;
}

const struct command command_maintain = {
    .name = "maintain",
    .arguments = "",
    .role = ROLE_HELPDESK,
    .run = run_maintain,
    .summary = "daily work: lapsed codes, retention, partitions, seals",
    .details =
        "Run it once a day, from cron or a timer, as an administrator: the helpdesk's run\n"
        "lets codes lapse and does no more. \"run again\" says what could not be done now.",
    .options = {{OPTION_DRY_RUN, 0}},
};

/* ---- metrics ---- */

static void print_metrics(const struct rows *rows)
{
    const char *last = "";

    for (size_t row = 0; row < rows_count(rows); row++) {
        const char *name = rows_text(rows, row, "name");
        const char *labels = rows_text(rows, row, "labels");

        if (strcmp(name, last) != 0)
            printf("# HELP %s %s\n# TYPE %s gauge\n", name, rows_text(rows, row, "help"),
                   name);
        last = name;
        printf("%s%s%s%s %s\n", name, labels != NULL ? "{" : "",
               labels != NULL ? labels : "", labels != NULL ? "}" : "",
               rows_text(rows, row, "value"));
    }
}

static enum status run_metrics(struct invocation *invocation)
{
    static const struct column columns[] = {
        {"name", "NAME", COLUMN_TEXT, 0, NULL},
        {"labels", "LABELS", COLUMN_TEXT, 0, ""},
        {"value", "VALUE", COLUMN_NUMBER, 0, NULL},
        {0},
    };
    struct rows *rows = database_query(
        invocation->database, "SELECT name, help, labels, value FROM apppass.metrics()",
        0, NULL);
    enum status status = STATUS_DONE;

    if (rows == NULL)
        return database_status(invocation->database);
    if (invocation->output.format == FORMAT_PEOPLE)
        print_metrics(rows);
    else
        status = output_table(&invocation->output, columns, rows, "");
    rows_free(&rows);
    return status;
}

const struct command command_metrics = {
    .name = "metrics",
    .arguments = "",
    .role = ROLE_HELPDESK,
    .run = run_metrics,
    .summary = "print counters for Prometheus",
};
