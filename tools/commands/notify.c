/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/message.h"
#include "base/program.h"
#include "cli/command.h"
#include "commands/letter.h"
#include "commands/wording.h"

/* How often it is asked what happened. */
#define FOLLOW_MS 2000
/* A mail is given to somebody else after 2 minutes: apppass.notify_take(). */
#define HAND_OVER_MS 60000

#define SENDMAIL "/usr/sbin/sendmail"

static const char take_mail[] =
    "SELECT t.mail, t.key, t.account, t.realm, t.address, t.language,"
    " date_part('epoch', t.made_at) AS made_at, t.more, t.event,"
    " date_part('epoch', t.at) AS at, t.by_whom, t.device, t.selector,"
    " array_to_string(t.services, ', ') AS services, t.service, t.network,"
    " date_part('epoch', t.ends_at) AS ends_at, date_part('epoch', t.used_at) AS used_at"
    " FROM apppass.notify_take() AS t ORDER BY t.place";

static const char take_json[] =
    "SELECT t.mail, t.key, t.address, jsonb_build_object('key', t.key, 'account', t.account,"
    " 'realm', t.realm, 'address', t.address, 'language', t.language, 'made_at', t.made_at,"
    " 'more', t.more, 'events', jsonb_agg(jsonb_strip_nulls(jsonb_build_object("
    "  'event', t.event, 'at', t.at, 'by', t.by_whom, 'device', t.device,"
    "  'selector', t.selector, 'services', t.services, 'service', t.service,"
    "  'network', t.network, 'ends_at', t.ends_at, 'used_at', t.used_at)) ORDER BY t.place))"
    " AS object FROM apppass.notify_take() AS t"
    " GROUP BY t.mail, t.key, t.account, t.realm, t.address, t.language, t.made_at, t.more";

struct notifier {
    struct invocation *invocation;
    const char *program; /* of --exec; NULL: mail */
    const char *sendmail;
    const char *sender;
    const char *bounces;
    struct wording *templates;
    bool failed; /* something could not be sent */
};

/* ---- the mail ---- */

static char *moment_text(const struct rows *rows, size_t row, const char *column)
{
    char text[64];
    struct tm local;
    time_t moment;

    if (!rows_time(rows, row, column, &moment) || localtime_r(&moment, &local) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M %Z", &local) == 0)
        return NULL;
    return message_needed(strdup(text));
}

static char *plain_text(const struct rows *rows, size_t row, const char *column)
{
    const char *text = rows_text(rows, row, column);

    return text != NULL ? message_needed(output_harmless(text)) : NULL;
}

static void release_values(char **values)
{
    for (size_t i = 0; i < FIELD_END; i++)
        free(values[i]);
}

/* What the fields stand for in a row. */
static void find_values(const struct notifier *notifier, const struct wording *chosen,
                        const struct rows *rows, size_t row, char **values)
{
    const char *portal = command_option(notifier->invocation, OPTION_PORTAL_URL);
    const char *by = rows_text(rows, row, "by_whom");

    memset(values, 0, FIELD_END * sizeof *values);
    values[FIELD_ACCOUNT] = plain_text(rows, row, "account");
    values[FIELD_ADDRESS] = plain_text(rows, row, "address");
    values[FIELD_AT] = moment_text(rows, row, "at");
    values[FIELD_BY] = by != NULL ? wording_word(chosen, by) : NULL;
    values[FIELD_DEVICE] = plain_text(rows, row, "device");
    values[FIELD_ENDS] = moment_text(rows, row, "ends_at");
    values[FIELD_NETWORK] = plain_text(rows, row, "network");
    values[FIELD_PORTAL] = portal != NULL ? message_needed(strdup(portal)) : NULL;
    values[FIELD_REALM] = plain_text(rows, row, "realm");
    values[FIELD_SELECTOR] = plain_text(rows, row, "selector");
    values[FIELD_SERVICE] = plain_text(rows, row, "service");
    values[FIELD_SERVICES] = plain_text(rows, row, "services");
    values[FIELD_USED] = moment_text(rows, row, "used_at");
}

/* union: a list of strings that is only read. */
static const char *const *read_only(char **values)
{
    union {
        char **from;
        const char *const *to;
    } list = {.from = values};

    return list.to;
}

/* The events in words, with blank lines between them; *count_r: how many. */
static char *describe(const struct notifier *notifier, const struct wording *chosen,
                      const struct rows *rows, long *count_r)
{
    char *values[FIELD_END], *items = NULL;
    size_t size;
    FILE *file = message_needed(open_memstream(&items, &size));

    *count_r = rows_integer(rows, 0, "more");
    for (size_t row = 0; row < rows_count(rows); row++) {
        const char *event = rows_text(rows, row, "event");
        char *text;

        *count_r += strcmp(event, "listed") != 0;
        find_values(notifier, chosen, rows, row, values);
        text = wording_text(chosen, event, read_only(values));
        fprintf(file, "%s%s", row > 0 ? "\n" : "", text != NULL ? text : "");
        free(text);
        release_values(values);
    }
    if (rows_integer(rows, 0, "more") > 0) {
        memset(values, 0, sizeof values);
        char *text = wording_text(chosen, "more", read_only(values));

        fprintf(file, "\n%s", text != NULL ? text : "");
        free(text);
    }
    fclose(file);
    items = message_needed(items);
    /* The line that {items} stands on has an end of its own. */
    if (size > 0)
        items[size - 1] = '\0';
    return items;
}

static void write_mail(const struct notifier *notifier, const struct rows *rows,
                       FILE *file)
{
    const struct wording *chosen =
        wording_choose(notifier->templates, rows_text(rows, 0, "language"));
    char *values[FIELD_END], *items, *subject, *text,
        *name = wording_word(chosen, "sender");
    char count_text[24];
    struct letter letter = {.name = name,
                            .sender = notifier->sender,
                            .recipient = rows_text(rows, 0, "address"),
                            .language = wording_language(chosen),
                            .key = rows_text(rows, 0, "key")};
    long count;

    items = describe(notifier, chosen, rows, &count);
    snprintf(count_text, sizeof count_text, "%ld", count);
    find_values(notifier, chosen, rows, 0, values);
    values[FIELD_ITEMS] = items;
    values[FIELD_COUNT] = message_needed(strdup(count_text));
    subject = wording_subject(chosen, count == 1 ? rows_text(rows, 0, "event") : "mail",
                              read_only(values));
    text = wording_text(chosen, "mail", read_only(values));
    letter.subject = subject != NULL ? subject : "";
    letter.text = text != NULL ? text : "";
    if (rows_time(rows, 0, "made_at", &letter.date))
        letter_write(file, &letter);
    release_values(values);
    free(subject);
    free(text);
    free(name);
}

static bool deliver(const struct notifier *notifier, const struct rows *rows,
                    char trouble[PROGRAM_TROUBLE_MAX])
{
    char *recipient = letter_address(rows_text(rows, 0, "address"));
    const char *const mail[] = {notifier->sendmail, "-i", "-f", notifier->bounces, "--",
                                recipient,          NULL};
    const char *const other[] = {notifier->program, NULL};
    FILE *file = tmpfile();
    bool sent = false;

    if (file == NULL) {
        snprintf(trouble, PROGRAM_TROUBLE_MAX, "could not make a temporary file: %s",
                 strerror(errno));
    } else {
        if (notifier->program != NULL)
            fprintf(file, "%s\n", rows_text(rows, 0, "object"));
        else
            write_mail(notifier, rows, file);
        sent = program_feed(notifier->program != NULL ? other : mail, file, HAND_OVER_MS,
                            trouble);
        fclose(file);
    }
    free(recipient);
    return sent;
}

/* ---- one mail after the other ---- */

static enum status send_one(struct notifier *notifier, const struct rows *rows)
{
    struct database *database = notifier->invocation->database;
    const char *mail = rows_text(rows, 0, "mail"),
               *address = rows_text(rows, 0, "address");
    char trouble[PROGRAM_TROUBLE_MAX];
    bool sent = deliver(notifier, rows, trouble);
    struct rows *told;

    if (sent) {
        message_note("mail %s to %s: sent", mail, address);
    } else {
        message_error("mail %s to %s: %s; it will be tried again", mail, address,
                      trouble);
        notifier->failed = true;
    }
    database_shield(database, true);
    told = TRY_QUERY(database,
                     sent ? "SELECT apppass.notify_done($1, $2)"
                          : "SELECT apppass.notify_failed($1, $2)",
                     mail, rows_text(rows, 0, "key"));
    database_shield(database, false);
    if (told == NULL)
        return database_status(database);
    rows_free(&told);
    return STATUS_DONE;
}

static enum status gather(struct notifier *notifier)
{
    struct database *database = notifier->invocation->database;
    struct rows *rows =
        database_try(database, "SELECT apppass.notify_gather() AS continuity", 0, NULL);
    const char *continuity;

    if (rows == NULL)
        return database_status(database);
    continuity = rows_text(rows, 0, "continuity");
    if (continuity != NULL && strcmp(continuity, "begun") == 0)
        message_note("beginning now: what happened before is not told");
    else if (continuity != NULL && strcmp(continuity, "gap") == 0)
        message_error("this database does not contain the last event that was told: what "
                      "came since is not known, and is not told");
    rows_free(&rows);
    return STATUS_DONE;
}

static enum status send_all(struct notifier *notifier)
{
    struct database *database = notifier->invocation->database;
    enum status status = gather(notifier);

    while (status == STATUS_DONE && !interrupt_pending()) {
        struct rows *rows = database_try(
            database, notifier->program != NULL ? take_json : take_mail, 0, NULL);
        size_t count = rows != NULL ? rows_count(rows) : 0;

        if (rows == NULL)
            status = database_status(database);
        else if (count > 0)
            status = send_one(notifier, rows);
        rows_free(&rows);
        if (count == 0)
            return status;
    }
    return status == STATUS_DONE ? STATUS_INTERRUPTED : status;
}

/* ---- the command ---- */

static enum status check_options(const struct invocation *invocation)
{
    const char *sender = command_option(invocation, OPTION_SENDER);
    const char *bounces = command_option(invocation, OPTION_BOUNCES);
    const char *portal = command_option(invocation, OPTION_PORTAL_URL);

    if (command_has(invocation, OPTION_EXEC))
        return STATUS_DONE;
    if (sender == NULL)
        return command_usage_error(invocation,
                                   "--sender ADDRESS or --exec FILE is missing");
    if (!letter_address_valid(sender) ||
        (bounces != NULL && !letter_address_valid(bounces)))
        return command_usage_error(invocation, "\"%s\" is not a mail address",
                                   !letter_address_valid(sender) ? sender : bounces);
    for (const char *byte = portal; byte != NULL && *byte != '\0'; byte++)
        if (strncmp(portal, "https://", 8) != 0 || *byte <= ' ' || *byte > '~')
            return command_usage_error(invocation, "\"%s\" is not an https:// URL",
                                       portal);
    return STATUS_DONE;
}

static enum status run_notify(struct invocation *invocation)
{
    const char *templates = command_option(invocation, OPTION_TEMPLATES);
    const char *sendmail = command_option(invocation, OPTION_SENDMAIL);
    const char *bounces = command_option(invocation, OPTION_BOUNCES);
    struct notifier notifier = {.invocation = invocation,
                                .program = command_option(invocation, OPTION_EXEC),
                                .sendmail = sendmail != NULL ? sendmail : SENDMAIL,
                                .sender = command_option(invocation, OPTION_SENDER),
                                .bounces = bounces != NULL ? bounces : "<>"};
    enum status status = check_options(invocation);

    if (status == STATUS_DONE && notifier.program == NULL) {
        notifier.templates =
            wording_load(templates != NULL ? templates : PKGDATADIR "/notify");
        if (notifier.templates == NULL)
            status = STATUS_REFUSED;
    }
    while (status == STATUS_DONE) {
        status = send_all(&notifier);
        if (command_has(invocation, OPTION_ONCE))
            break;
        if (status == STATUS_UNAVAILABLE && database_lost(invocation->database))
            status = database_reconnect(invocation->database);
        if (status == STATUS_DONE && interrupt_wait(FOLLOW_MS))
            status = STATUS_INTERRUPTED;
    }
    if (status != STATUS_DONE && status != STATUS_INTERRUPTED && status != STATUS_USAGE)
        database_complain(invocation->database);
    wording_free(&notifier.templates);
    return status == STATUS_DONE && notifier.failed ? STATUS_REFUSED : status;
}

const struct command command_notify = {
    .name = "notify",
    .arguments = "",
    .role = ROLE_NOTIFY,
    .run = run_notify,
    .no_csv = true,
    .summary = "tell owners by mail what happens to their codes",
    .details =
        "Of new, replaced, revoked and expiring codes, first uses and new networks, devices\n"
        "that go on with an old code, and once a year of all; in realms with\n"
        "notify_owners=yes, until SIGTERM.",
    .example = "apppass notify --sender noreply@example.org "
               "--portal-url https://mail.example.org/apppass",
    .options = {{OPTION_SENDER, 0},
                {OPTION_PORTAL_URL, 0},
                {OPTION_BOUNCES, 0},
                {OPTION_TEMPLATES, 0},
                {OPTION_SENDMAIL, 0},
                {OPTION_EXEC, 0},
                {OPTION_ONCE, 0}},
};
