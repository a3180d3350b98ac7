/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/message.h"
#include "base/moment.h"
#include "base/quote.h"
#include "base/suggest.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/near.h"
#include "commands/realm.h"
#include "session/profile.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define VALUE_MAX 1024

static const struct column list_columns[] = {
    {"realm", "REALM", COLUMN_TEXT, 0, NULL},
    {"codes_allowed", "CODES", COLUMN_BOOLEAN, 0, NULL},
    {"services", "SERVICES", COLUMN_LIST, COLUMN_WRAP, "any"},
    {"max_lifetime", "LIFETIME", COLUMN_TEXT, 0, "any"},
    {"mfa_required", "MFA", COLUMN_BOOLEAN, 0, NULL},
    {"accounts", "ACCOUNTS", COLUMN_NUMBER, 0, NULL},
    {"description", "DESCRIPTION", COLUMN_TEXT, COLUMN_WRAP, NULL},
    {0},
};

/* Also the names that "realm set" takes, but for the first and the last. */
static const struct column record_columns[] = {
    {"realm", "realm", COLUMN_TEXT, 0, NULL},
    {"description", "description", COLUMN_TEXT, 0, "none"},
    {"codes_allowed", "codes_allowed", COLUMN_BOOLEAN, 0, NULL},
    {"services", "services", COLUMN_LIST, 0, "any"},
    {"code_length", "code_length", COLUMN_NUMBER, 0, NULL},
    {"max_codes", "max_codes", COLUMN_NUMBER, 0, NULL},
    {"max_lifetime", "max_lifetime", COLUMN_TEXT, 0, "any"},
    {"lapse_after", "lapse_after", COLUMN_TEXT, 0, "never"},
    {"unused_after", "unused_after", COLUMN_TEXT, 0, "never"},
    {"mfa_required", "mfa_required", COLUMN_BOOLEAN, 0, NULL},
    {"reason_required", "reason_required", COLUMN_BOOLEAN, 0, NULL},
    {"main_password_refused_from", "main_password_refused_from", COLUMN_TIME, 0, "never"},
    {"imap_host", "imap_host", COLUMN_TEXT, 0, "none"},
    {"imap_port", "imap_port", COLUMN_NUMBER, 0, NULL},
    {"smtp_host", "smtp_host", COLUMN_TEXT, 0, "none"},
    {"smtp_port", "smtp_port", COLUMN_NUMBER, 0, NULL},
    {"dav_host", "dav_host", COLUMN_TEXT, 0, "none"},
    {"dav_port", "dav_port", COLUMN_NUMBER, 0, NULL},
    {"handover_url", "handover_url", COLUMN_TEXT, 0, "none"},
    {"self_allowed", "self_allowed", COLUMN_BOOLEAN, 0, NULL},
    {"self_fresh_within", "self_fresh_within", COLUMN_TEXT, 0, NULL},
    {"self_mfa_values", "self_mfa_values", COLUMN_LIST, 0, "any"},
    {"self_makes_per_day", "self_makes_per_day", COLUMN_NUMBER, 0, NULL},
    {"self_services", "self_services", COLUMN_LIST, 0, "any"},
    {"argon2_memory_kib", "argon2_memory_kib", COLUMN_NUMBER, 0, NULL},
    {"argon2_passes", "argon2_passes", COLUMN_NUMBER, 0, NULL},
    {"argon2_lanes", "argon2_lanes", COLUMN_NUMBER, 0, NULL},
    {"refusal_retention", "refusal_retention", COLUMN_TEXT, 0, NULL},
    {"accounts", "accounts", COLUMN_NUMBER, 0, NULL},
    {0},
};

#define REALM_SELECT                                                                     \
    "SELECT r.realm, r.description, r.codes_allowed,"                                    \
    " array_to_string(r.services, ' ') AS services, r.code_length, r.max_codes,"         \
    " r.max_lifetime, r.lapse_after, r.unused_after, r.mfa_required, r.reason_required," \
    " date_part('epoch', r.main_password_refused_from) AS main_password_refused_from,"   \
    " r.imap_host, r.imap_port, r.smtp_host, r.smtp_port, r.dav_host, r.dav_port,"       \
    " r.handover_url,"                                                                   \
    " r.self_allowed, r.self_fresh_within,"                                              \
    " array_to_string(r.self_mfa_values, ' ') AS self_mfa_values,"                       \
    " r.self_makes_per_day, array_to_string(r.self_services, ' ') AS self_services,"     \
    " r.argon2_memory_kib, r.argon2_passes, r.argon2_lanes, r.refusal_retention,"        \
    " r.accounts FROM apppass.find_realms("

/* ---- what can be set ---- */

enum kind {
    KIND_TEXT,
    KIND_BOOLEAN,
    KIND_NUMBER,
    KIND_LIST,
    KIND_SPAN,
    KIND_TIME,
    KIND_HOST
};

static const struct setting {
    const char *name;
    enum kind kind;
    bool bites; /* may refuse codes that are in use */
} settings[] = {
    {"description", KIND_TEXT, false},
    {"codes_allowed", KIND_BOOLEAN, true},
    {"services", KIND_LIST, true},
    {"code_length", KIND_NUMBER, false},
    {"max_codes", KIND_NUMBER, false},
    {"max_lifetime", KIND_SPAN, true},
    {"lapse_after", KIND_SPAN, true},
    {"unused_after", KIND_SPAN, true},
    {"mfa_required", KIND_BOOLEAN, true},
    {"reason_required", KIND_BOOLEAN, false},
    {"main_password_refused_from", KIND_TIME, true},
    {"imap_host", KIND_HOST, false},
    {"imap_port", KIND_NUMBER, false},
    {"smtp_host", KIND_HOST, false},
    {"smtp_port", KIND_NUMBER, false},
    {"dav_host", KIND_HOST, false},
    {"dav_port", KIND_NUMBER, false},
    {"handover_url", KIND_TEXT, false},
    {"self_allowed", KIND_BOOLEAN, false},
    {"self_fresh_within", KIND_SPAN, false},
    {"self_mfa_values", KIND_LIST, false},
    {"self_makes_per_day", KIND_NUMBER, false},
    {"self_services", KIND_LIST, false},
    {"argon2_memory_kib", KIND_NUMBER, false},
    {"argon2_passes", KIND_NUMBER, false},
    {"argon2_lanes", KIND_NUMBER, false},
    {"refusal_retention", KIND_SPAN, false},
};

const char *realm_setting(size_t index)
{
    return index < COUNT(settings) ? settings[index].name : NULL;
}

static const char *const kind_words[] = {
    [KIND_TEXT] = "text",
    [KIND_BOOLEAN] = "yes or no",
    [KIND_NUMBER] = "a number",
    [KIND_LIST] = "names with commas between, or none",
    [KIND_SPAN] = "a time like 180d, 6mo or 1y, or none",
    [KIND_TIME] = "a date like 2027-03-31, now, or none",
    [KIND_HOST] =
        "a server like mail.example.org (the port is a setting of its own), or none",
};

static const struct setting *find_setting(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT(settings); i++)
        if (strlen(settings[i].name) == length &&
            strncasecmp(settings[i].name, name, length) == 0)
            return &settings[i];
    return NULL;
}

/* PostgreSQL writes months in full; "mo" is all it does not know of our units. */
static bool span_value(const char *text, char *value)
{
    char *end;
    long count = strtol(text, &end, 10);
    long seconds;

    if (moment_parse_span(text, &seconds)) {
        snprintf(value, VALUE_MAX, "%s", text);
        return true;
    }
    if (end == text || count <= 0 || count > 1200)
        return false;
    end += strspn(end, " ");
    if (strcasecmp(end, "mo") == 0 || strcasecmp(end, "month") == 0 ||
        strcasecmp(end, "months") == 0)
        snprintf(value, VALUE_MAX, "%ld months", count);
    else if (strcasecmp(end, "y") == 0 || strcasecmp(end, "year") == 0 ||
             strcasecmp(end, "years") == 0)
        snprintf(value, VALUE_MAX, "%ld years", count);
    else
        return false;
    return true;
}

/* The SQL text of a typed value.  *null_r: it is "none".  False: not of this kind. */
static bool sql_value(const struct setting *setting, const char *text, time_t now,
                      char *value, bool *null_r)
{
    time_t moment;
    char *end;

    *null_r = strcasecmp(text, "none") == 0 || text[0] == '\0';
    snprintf(value, VALUE_MAX, "%s", text);
    if (strlen(text) >= VALUE_MAX)
        return false;
    switch (setting->kind) {
    case KIND_TEXT:
        return true;
    case KIND_LIST:
        *null_r = *null_r || strcasecmp(text, "any") == 0;
        return true;
    case KIND_BOOLEAN:
        return strcasecmp(text, "yes") == 0 || strcasecmp(text, "no") == 0;
    case KIND_NUMBER:
        strtol(text, &end, 10);
        return *end == '\0' && end != text && end - text < 10;
    case KIND_SPAN:
        *null_r =
            *null_r || strcasecmp(text, "never") == 0 || strcasecmp(text, "any") == 0;
        return *null_r || span_value(text, value);
    case KIND_TIME:
        *null_r = *null_r || strcasecmp(text, "never") == 0;
        if (*null_r)
            return true;
        if (strcmp(text, "now") == 0)
            moment = now;
        else if (!moment_parse(text, now, false, &moment))
            return false;
        moment_rfc3339(moment, value);
        return true;
    case KIND_HOST:
        return *null_r || profile_host_name(text);
    }
    return false;
}

/* ---- show ---- */

static void offer_realms(struct invocation *invocation, const char *realm)
{
    struct rows *rows = database_try(invocation->database,
                                     "SELECT realm AS name FROM apppass.realm_overview"
                                     " ORDER BY realm LIMIT 1000",
                                     0, NULL);
    size_t offered = 0;

    if (rows == NULL)
        return;
    for (size_t row = 0; row < rows_count(rows); row++)
        if (suggest_near(realm, rows_text(rows, row, "name")) && offered++ < 5)
            message_hint("did you mean %s?", rows_text(rows, row, "name"));
    if (offered == 0)
        message_hint(
            "\"apppass realm show\" lists the realms, \"apppass realm add\" adds one");
    rows_free(&rows);
}

enum status realm_missing(struct invocation *invocation, const char *realm)
{
    message_error("there is no realm %s", realm);
    offer_realms(invocation, realm);
    return STATUS_REFUSED;
}

static enum status show_realm(struct invocation *invocation, const char *realm)
{
    struct rows *rows = QUERY(invocation->database, REALM_SELECT "$1) AS r", realm);
    enum status status;

    if (rows == NULL)
        return database_status(invocation->database);
    status = rows_count(rows) > 0
                 ? output_record(&invocation->output, record_columns, rows, 0)
                 : realm_missing(invocation, realm);
    rows_free(&rows);
    return status;
}

static enum status run_realm_show(struct invocation *invocation)
{
    const char *realm = command_argument(invocation, 0);
    bool people = invocation->output.format == FORMAT_PEOPLE;
    struct rows *rows;

    if (realm != NULL)
        return show_realm(invocation, realm);
    rows = database_query(invocation->database, REALM_SELECT ") AS r", 0, NULL);
    return command_table(invocation, people ? list_columns : record_columns, rows,
                         "there is no realm that you may see");
}

const struct command command_realm_show = {
    .name = "realm show",
    .heading = "Policy",
    .arguments = "[REALM]",
    .role = ROLE_HELPDESK,
    .run = run_realm_show,
    .summary = "show the policy of a tenant, or list the tenants",
    .details =
        "A tenant (realm) is a mail domain; the one named default covers every domain\n"
        "without its own.",
};

/* ---- set and add ---- */

static enum status unknown_setting(const struct invocation *invocation, const char *typed,
                                   size_t length)
{
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)length, typed);
    for (size_t i = 0; i < COUNT(settings); i++)
        if (suggest_near(name, settings[i].name))
            message_hint("did you mean %s?", settings[i].name);
    return command_usage_error(invocation,
                               "there is no setting \"%s\"; \"apppass realm show REALM\" "
                               "shows them all",
                               name);
}

/* Every NAME=VALUE is checked before the first is sent. */
static enum status check_settings(const struct invocation *invocation, bool *bites_r)
{
    char value[VALUE_MAX];
    bool null;

    *bites_r = false;
    for (size_t i = 1; i < invocation->argument_count; i++) {
        const char *typed = invocation->arguments[i];
        size_t length = strcspn(typed, "=");
        const struct setting *setting = find_setting(typed, length);

        if (typed[length] != '=')
            return command_usage_error(invocation, "write NAME=VALUE, not \"%s\"", typed);
        if (setting == NULL)
            return unknown_setting(invocation, typed, length);
        if (!sql_value(setting, typed + length + 1, invocation->output.now, value, &null))
            return command_usage_error(
                invocation, "%s is %s, not \"%s\"", setting->name,
                setting->kind == KIND_SPAN
                    ? moment_advice(typed + length + 1, kind_words[KIND_SPAN])
                    : kind_words[setting->kind],
                typed + length + 1);
        *bites_r = *bites_r || setting->bites;
    }
    return STATUS_DONE;
}

/* The values of numbers that the schema's checks take. */
static const struct {
    const char *constraint, *words;
} limits[] = {
    {"realm_name_form", "a realm is named like a mail domain, without @ and blanks"},
    {"realm_code_length_known", "code_length is 16, 20, 24 or 28"},
    {"realm_max_codes_range", "max_codes is 1 to 10000"},
    {"realm_intervals_positive", "a time is longer than 0"},
    {"realm_intervals_range", "a time is at most 1000 years"},
    {"realm_hosts_form",
     "imap_host and smtp_host are a server's name or address, without "
     "a port"},
    {"realm_ports_range", "a port is 1 to 65535"},
    {"realm_argon2_range",
     "argon2_lanes and argon2_passes are 1 to 16, argon2_memory_kib 8 for each lane to "
     "1048576, and memory times passes at most 1048576"},
};

static enum status complain_realm(struct invocation *invocation, const char *realm)
{
    const char *constraint = database_constraint(invocation->database);

    if (strcmp(constraint, "realm_not_found") == 0) {
        database_rollback(invocation->database);
        return realm_missing(invocation, realm);
    }
    for (size_t i = 0; i < COUNT(limits); i++)
        if (strcmp(limits[i].constraint, constraint) == 0) {
            message_error("%s; nothing was changed", limits[i].words);
            return STATUS_REFUSED;
        }
    database_complain(invocation->database);
    return database_status(invocation->database);
}

static enum status apply_settings(struct invocation *invocation, const char *realm)
{
    enum status status = STATUS_DONE;

    for (size_t i = 1; status == STATUS_DONE && i < invocation->argument_count; i++) {
        const char *typed = invocation->arguments[i];
        size_t length = strcspn(typed, "=");
        const struct setting *setting = find_setting(typed, length);
        char value[VALUE_MAX];
        struct rows *rows;
        bool null;

        if (!sql_value(setting, typed + length + 1, invocation->output.now, value, &null))
            return STATUS_USAGE;
        rows = TRY_QUERY(invocation->database,
                         "SELECT FROM apppass.set_policy(realm => $1, setting => $2,"
                         " value => $3, reason => $4, ticket => $5, operator => $6)",
                         realm, setting->name, null ? NULL : value,
                         command_option(invocation, OPTION_REASON),
                         command_option(invocation, OPTION_TICKET),
                         command_option(invocation, OPTION_OPERATOR));
        if (rows == NULL)
            status = complain_realm(invocation, realm);
        rows_free(&rows);
    }
    return status;
}

/* What a policy is, and how many codes it governs. */
static struct rows *changed_realm(struct invocation *invocation, const char *realm,
                                  enum status *status_r)
{
    struct rows *rows = QUERY(invocation->database,
                              "SELECT p.*, apppass.count_codes(realm => $1) AS codes"
                              " FROM (" REALM_SELECT "$1) AS r) AS p",
                              realm);

    if (rows == NULL)
        *status_r = database_status(invocation->database);
    return rows;
}

static struct rows *make_set(struct invocation *invocation, enum status *status_r)
{
    const char *realm = command_argument(invocation, 0);

    *status_r = apply_settings(invocation, realm);
    return *status_r == STATUS_DONE ? changed_realm(invocation, realm, status_r) : NULL;
}

static enum status preview_set(struct invocation *invocation, const struct rows *rows)
{
    bool bites;

    if (check_settings(invocation, &bites) == STATUS_DONE && bites)
        message_note(
            "Realm %s has %ld live codes; some may be refused from the next login on.",
            rows_text(rows, 0, "realm"), rows_integer(rows, 0, "codes"));
    return STATUS_DONE;
}

static enum status report_realm(struct invocation *invocation, const struct rows *rows,
                                bool kept)
{
    (void)kept;
    return output_record(&invocation->output, record_columns, rows, 0);
}

static enum status run_realm_set(struct invocation *invocation)
{
    struct change change = {
        .make = make_set, .preview = preview_set, .report = report_realm};
    bool bites;
    enum status status = check_settings(invocation, &bites);

    if (bites)
        change.question = "Change the policy?";
    return status == STATUS_DONE ? change_run(invocation, &change) : status;
}

const struct command command_realm_set = {
    .name = "realm set",
    .arguments = "REALM NAME=VALUE...",
    .role = ROLE_ADMIN,
    .run = run_realm_set,
    .summary = "change the policy of a tenant",
    .details =
        "The names are those that \"realm show REALM\" prints. A value of none takes a\n"
        "limit away.",
    .example = "apppass realm set example.org max_lifetime=1y mfa_required=yes",
    .options = {REASON_WELCOME, {OPTION_DRY_RUN, 0}},
};

static struct rows *make_added(struct invocation *invocation, enum status *status_r)
{
    const char *realm = command_argument(invocation, 0);
    struct rows *rows;
    char *quoted;

    rows = TRY_QUERY(invocation->database,
                     "SELECT apppass.add_realm(realm => $1, reason => $2, ticket => $3,"
                     " operator => $4)",
                     realm, command_option(invocation, OPTION_REASON),
                     command_option(invocation, OPTION_TICKET),
                     command_option(invocation, OPTION_OPERATOR));
    if (rows != NULL) {
        rows_free(&rows);
        return make_set(invocation, status_r);
    }
    if (strcmp(database_constraint(invocation->database), "realm_name_unique") != 0) {
        *status_r = complain_realm(invocation, realm);
        return NULL;
    }
    message_error("there is a realm %s already", realm);
    quoted = quote_word(realm);
    message_hint("change it: apppass realm set %s NAME=VALUE...",
                 quoted != NULL ? quoted : "REALM");
    free(quoted);
    *status_r = STATUS_REFUSED;
    return NULL;
}

static enum status run_realm_add(struct invocation *invocation)
{
    static const struct change change = {.make = make_added, .report = report_realm};
    bool bites;
    enum status status = check_settings(invocation, &bites);

    return status == STATUS_DONE ? change_run(invocation, &change) : status;
}

const struct command command_realm_add = {
    .name = "realm add",
    .arguments = "REALM [NAME=VALUE...]",
    .role = ROLE_ADMIN,
    .run = run_realm_add,
    .summary = "add a tenant with a policy of its own",
    .details = "Accounts of that domain, which default covered until then, move to it.",
    .options = {REASON_WELCOME, {OPTION_DRY_RUN, 0}},
};
