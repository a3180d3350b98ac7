/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "base/message.h"
#include "base/moment.h"
#include "base/quote.h"
#include "base/suggest.h"
#include "cli/change.h"
#include "cli/command.h"
#include "cli/near.h"
#include "session/profile.h"

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

/* ---- what a policy is made of: the schema says ---- */

enum kind {
    KIND_TEXT,
    KIND_BOOLEAN,
    KIND_NUMBER,
    KIND_LIST,
    KIND_SPAN,
    KIND_TIME,
    KIND_HOST
};

static const struct {
    const char *type; /* in SQL */
    const char *words;
    enum column_type column;
} kinds[] = {
    [KIND_TEXT] = {"text", "text", COLUMN_TEXT},
    [KIND_BOOLEAN] = {"boolean", "yes or no", COLUMN_BOOLEAN},
    [KIND_NUMBER] = {"integer", "a number", COLUMN_NUMBER},
    [KIND_LIST] = {"text[]", "names with commas between, or none", COLUMN_LIST},
    [KIND_SPAN] = {"interval", "a time like 180d, 6mo or 1y, or none", COLUMN_TEXT},
    [KIND_TIME] = {"timestamp with time zone", "a date like 2027-03-31, now, or none",
                   COLUMN_TIME},
    [KIND_HOST] =
        {"",
         "a server like mail.example.org (the port is a setting of its own), or "
         "none",
         COLUMN_TEXT},
};

static const char settings_query[] =
    "SELECT s.name, s.type, s.unset, s.bites, CASE s.type"
    " WHEN 'text[]' THEN format('array_to_string(p.%1$I, '' '') AS %1$I', s.name)"
    " WHEN 'timestamp with time zone'"
    " THEN format('date_part(''epoch'', p.%1$I) AS %1$I', s.name)"
    " ELSE format('p.%I', s.name) END AS selected"
    " FROM apppass.policy_settings() AS s";

#define SETTINGS_MAX 64

struct policy {
    struct rows *settings;
    struct column columns[SETTINGS_MAX + 3]; /* with realm and accounts, and the end */
    char *select;                            /* all that belongs to a realm, by name */
    bool bites; /* what is to be set may refuse codes that are in use */
};

static enum kind kind_of(const struct policy *policy, size_t setting)
{
    const char *type = rows_text(policy->settings, setting, "type");
    const char *name = rows_text(policy->settings, setting, "name");
    size_t length = strlen(name);

    if (length > 5 && strcmp(name + length - 5, "_host") == 0)
        return KIND_HOST;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].type, type) == 0)
            return (enum kind)i;
    return KIND_TEXT;
}

/* Ask the schema; the command's other parts find it in the invocation. */
static enum status load_policy(struct invocation *invocation, struct policy *policy)
{
    struct column *column = policy->columns;
    size_t size;
    FILE *select;

    *policy = (struct policy){0};
    invocation->context = policy;
    policy->settings = database_query(invocation->database, settings_query, 0, NULL);
    if (policy->settings == NULL)
        return database_status(invocation->database);
    *column++ = (struct column){"realm", "realm", COLUMN_TEXT, 0, NULL};
    select = message_needed(open_memstream(&policy->select, &size));
    fputs("SELECT p.realm", select);
    for (size_t i = 0; i < rows_count(policy->settings) && i < SETTINGS_MAX; i++) {
        const char *name = rows_text(policy->settings, i, "name");

        *column++ = (struct column){name, name, kinds[kind_of(policy, i)].column, 0,
                                    rows_text(policy->settings, i, "unset")};
        fprintf(select, ", %s", rows_text(policy->settings, i, "selected"));
    }
    *column = (struct column){"accounts", "accounts", COLUMN_NUMBER, 0, NULL};
    fputs(", p.accounts FROM apppass.find_realms(realm => $1) AS p", select);
    if (fclose(select) != 0)
        message_exhausted();
    return STATUS_DONE;
}

static void release_policy(struct policy *policy)
{
    rows_free(&policy->settings);
    free(policy->select);
}

/* The place of a setting, or their number. */
static size_t find_setting(const struct policy *policy, const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < rows_count(policy->settings); i++) {
        const char *known = rows_text(policy->settings, i, "name");

        if (strlen(known) == length && strncasecmp(known, name, length) == 0)
            break;
    }
    return i;
}

/* The SQL text of a typed value.  *null_r: it is "none".  False: not of this kind. */
static bool sql_value(enum kind kind, const char *text, time_t now, char *value,
                      bool *null_r)
{
    time_t moment;
    char *end;

    *null_r = strcasecmp(text, "none") == 0 || text[0] == '\0';
    snprintf(value, VALUE_MAX, "%s", text);
    if (strlen(text) >= VALUE_MAX)
        return false;
    switch (kind) {
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
        return *null_r || moment_interval(text, value);
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

static enum status run_realm_show(struct invocation *invocation)
{
    const char *realm = command_argument(invocation, 0);
    struct policy policy;
    struct rows *rows = NULL;
    enum status status = load_policy(invocation, &policy);

    if (status == STATUS_DONE) {
        rows = QUERY(invocation->database, policy.select, realm);
        if (rows == NULL)
            status = database_status(invocation->database);
        else if (realm == NULL)
            status =
                output_table(&invocation->output,
                             invocation->output.format == FORMAT_PEOPLE ? list_columns
                                                                        : policy.columns,
                             rows, "there is no realm that you may see");
        else if (rows_count(rows) > 0)
            status = output_record(&invocation->output, policy.columns, rows, 0);
        else
            status = near_no_realm(invocation, realm);
    }
    rows_free(&rows);
    release_policy(&policy);
    return status;
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

static enum status unknown_setting(const struct invocation *invocation,
                                   const struct policy *policy, const char *typed,
                                   size_t length)
{
    char name[64];

    snprintf(name, sizeof name, "%.*s", (int)length, typed);
    for (size_t i = 0; i < rows_count(policy->settings); i++)
        if (suggest_near(name, rows_text(policy->settings, i, "name")))
            message_hint("did you mean %s?", rows_text(policy->settings, i, "name"));
    return command_usage_error(invocation,
                               "there is no setting \"%s\"; \"apppass realm show REALM\" "
                               "shows them all",
                               name);
}

/* Every NAME=VALUE is checked before the first is sent. */
static enum status check_settings(struct invocation *invocation, struct policy *policy)
{
    enum status status = load_policy(invocation, policy);
    char value[VALUE_MAX];
    bool null;

    for (size_t i = 1; status == STATUS_DONE && i < invocation->argument_count; i++) {
        const char *typed = invocation->arguments[i];
        size_t length = strcspn(typed, "=");
        size_t setting = find_setting(policy, typed, length);
        enum kind kind;

        if (typed[length] != '=')
            return command_usage_error(invocation, "write NAME=VALUE, not \"%s\"", typed);
        if (setting == rows_count(policy->settings))
            return unknown_setting(invocation, policy, typed, length);
        typed += length + 1;
        kind = kind_of(policy, setting);
        if (!sql_value(kind, typed, invocation->output.now, value, &null))
            return command_usage_error(invocation, "%s is %s, not \"%s\"",
                                       rows_text(policy->settings, setting, "name"),
                                       kind == KIND_SPAN
                                           ? moment_advice(typed, kinds[kind].words)
                                           : kinds[kind].words,
                                       typed);
        policy->bites = policy->bites || rows_boolean(policy->settings, setting, "bites");
    }
    return status;
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
    {"realm_notify_language_form", "notify_language is written like de or pt-BR"},
    {"realm_notify_range", "notify_per_day is 1 to 1000"},
    {"realm_argon2_range",
     "argon2_lanes and argon2_passes are 1 to 16, argon2_memory_kib 8 for each lane to "
     "1048576, and memory times passes at most 1048576"},
};

static enum status complain_realm(struct invocation *invocation, const char *realm)
{
    const char *constraint = database_constraint(invocation->database);

    if (strcmp(constraint, "realm_not_found") == 0) {
        database_rollback(invocation->database);
        return near_no_realm(invocation, realm);
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
    const struct policy *policy = invocation->context;
    enum status status = STATUS_DONE;

    for (size_t i = 1; status == STATUS_DONE && i < invocation->argument_count; i++) {
        const char *typed = invocation->arguments[i];
        size_t length = strcspn(typed, "=");
        size_t setting = find_setting(policy, typed, length);
        char value[VALUE_MAX];
        struct rows *rows;
        bool null;

        if (!sql_value(kind_of(policy, setting), typed + length + 1,
                       invocation->output.now, value, &null))
            return STATUS_USAGE;
        rows = TRY_QUERY(invocation->database,
                         "SELECT FROM apppass.set_policy(realm => $1, setting => $2,"
                         " value => $3, reason => $4, ticket => $5, operator => $6)",
                         realm, rows_text(policy->settings, setting, "name"),
                         null ? NULL : value, COMMAND_CHANGE(invocation));
        if (rows == NULL)
            status = complain_realm(invocation, realm);
        rows_free(&rows);
    }
    return status;
}

static struct rows *make_set(struct invocation *invocation, enum status *status_r)
{
    const struct policy *policy = invocation->context;
    const char *realm = command_argument(invocation, 0);
    struct rows *rows;
    char *sql;

    *status_r = apply_settings(invocation, realm);
    if (*status_r != STATUS_DONE)
        return NULL;
    /* And how many codes it governs. */
    if (asprintf(&sql,
                 "SELECT r.*, apppass.count_codes(realm => $1) AS codes FROM (%s) AS r",
                 policy->select) < 0)
        message_exhausted();
    rows = QUERY(invocation->database, sql, realm);
    free(sql);
    if (rows == NULL)
        *status_r = database_status(invocation->database);
    return rows;
}

static enum status preview_set(struct invocation *invocation, const struct rows *rows)
{
    const struct policy *policy = invocation->context;

    if (policy->bites)
        message_note(
            "Realm %s has %ld live codes; some may be refused from the next login on.",
            rows_text(rows, 0, "realm"), rows_integer(rows, 0, "codes"));
    return STATUS_DONE;
}

static enum status report_realm(struct invocation *invocation, const struct rows *rows,
                                bool kept)
{
    const struct policy *policy = invocation->context;

    (void)kept;
    return output_record(&invocation->output, policy->columns, rows, 0);
}

static enum status change_realm(struct invocation *invocation, struct change change,
                                const char *question)
{
    struct policy policy;
    enum status status = check_settings(invocation, &policy);

    if (policy.bites)
        change.question = question;
    if (status == STATUS_DONE)
        status = change_run(invocation, &change);
    release_policy(&policy);
    return status;
}

static enum status run_realm_set(struct invocation *invocation)
{
    static const struct change change = {
        .make = make_set, .preview = preview_set, .report = report_realm};

    return change_realm(invocation, change, "Change the policy?");
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
                     realm, COMMAND_CHANGE(invocation));
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

    return change_realm(invocation, change, NULL);
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
