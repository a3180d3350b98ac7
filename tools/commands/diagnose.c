/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base/message.h"
#include "base/moment.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/near.h"
#include "commands/logscan.h"
#include "outcome.h"

#define TEXT_MAX 1024

/* What is said about one attempt or about the account. */
struct finding {
    const char *title;      /* for people; NULL: none */
    char what[TEXT_MAX];    /* what happened, a sentence without its full stop */
    char remedy[TEXT_MAX];  /* what to do */
    char command[TEXT_MAX]; /* to type; "": none */
};

/* ---- what the database knows ---- */

static const char account_query[] =
    "SELECT account, realm, enabled, date_part('epoch', disabled_from) AS disabled_from,"
    " mfa_enrolled, live_codes, codes, refused_as FROM apppass.find_accounts($1)";

static const char attempts_query[] =
    "SELECT date_part('epoch', at) AS at, date_part('epoch', first_at) AS first_at,"
    " attempts AS count, verdict, service, client, device, selector, state,"
    " array_to_string(services, ' ') AS services,"
    " array_to_string(networks, ' ') AS networks,"
    " date_part('epoch', revoked_at) AS revoked_at, revoked_by, revoke_reason,"
    " date_part('epoch', expires_at) AS expires_at, rule_position,"
    " rule_description AS description, realm_refuses, service_refused, network_refused,"
    " newer_device, newer_selector"
    " FROM apppass.attempts(account => $1, since => to_timestamp($2::double precision),"
    "  most => $3::integer)";

static const char disabled_query[] =
    "SELECT date_part('epoch', at) AS at, who, reason FROM apppass.last_disabled($1)";

/* Of devices that have no live code: they may have stopped trying. */
static const char expired_query[] =
    "SELECT device, selector, date_part('epoch', expires_at) AS expires_at"
    " FROM apppass.expired_codes($1, to_timestamp($2::double precision))";

static const char offers_query[] =
    "SELECT device, state, date_part('epoch', ends_at) AS ends_at,"
    " date_part('epoch', collected_at) AS collected_at, selector"
    " FROM apppass.find_offers(account => $1,"
    " since => to_timestamp($2::double precision))";

/* Names that are no account, for "nothing arrived": may be this person's typing. */
static const char strangers_query[] =
    "SELECT attempts AS count, date_part('epoch', last_at) AS at,"
    " host(last_client) AS client"
    " FROM apppass.strangers(to_timestamp($1::double precision))";

/* ---- words ---- */

static void PRINTF(2, 3) say(char text[TEXT_MAX], const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, TEXT_MAX - used, format, args);
    va_end(args);
}

/* "apppass VERB ACCOUNT [--device LABEL] REST"; `rest` is quoted already.  Half a command
 * is none. */
static void suggest(struct finding *finding, const char *verb, const char *account,
                    const char *device, const char *rest)
{
    char *who = quote_word(account);
    char *what = device != NULL ? quote_word(device) : NULL;
    int length = snprintf(finding->command, TEXT_MAX, "apppass %s %s%s%s%s", verb,
                          who != NULL ? who : "", what != NULL ? " --device " : "",
                          what != NULL ? what : "", rest);

    if (length >= TEXT_MAX || who == NULL || (device != NULL && what == NULL))
        finding->command[0] = '\0';
    free(who);
    free(what);
}

/* What a verdict means, and what helps whatever else is known. */
static void find_verdict(struct finding *finding, enum verdict verdict,
                         const char *account, const char *realm, const char *device)
{
    static const char label[] = " --device LABEL", reason[] = " --reason \"...\"";
    static const struct {
        enum verdict verdict;
        enum { ACCOUNT, DEVICE, REALM } about;
        const char *verb, *rest;
    } helps[] = {
        {VERDICT_NOT_A_CODE, ACCOUNT, "issue", label},
        {VERDICT_UNKNOWN_CODE, ACCOUNT, "issue", label},
        {VERDICT_WRONG_ACCOUNT, ACCOUNT, "issue", label},
        {VERDICT_MAIN_PASSWORD, ACCOUNT, "issue", label},
        {VERDICT_MAIN_PASSWORD_REFUSED, ACCOUNT, "issue", label},
        {VERDICT_WRONG_CODE, DEVICE, "reset", reason},
        {VERDICT_REVOKED, DEVICE, "reset", reason},
        {VERDICT_EXPIRED, DEVICE, "reset", reason},
        {VERDICT_LAPSED, DEVICE, "reset", reason},
        {VERDICT_ACCOUNT_DISABLED, ACCOUNT, "account enable", reason},
        {VERDICT_MFA_MISSING, ACCOUNT, "account mfa", " on --reason \"...\""},
        {VERDICT_REALM_DENIED, REALM, "realm set", " codes_allowed=yes"},
    };

    snprintf(finding->what, TEXT_MAX, "%s", verdict_meaning(verdict));
    snprintf(finding->remedy, TEXT_MAX, "%s", verdict_remedy(verdict));
    for (size_t i = 0; i < COUNT(helps); i++)
        if (helps[i].verdict == verdict)
            suggest(finding, helps[i].verb, helps[i].about == REALM ? realm : account,
                    helps[i].about == DEVICE ? device : NULL, helps[i].rest);
}

static void say_when(char text[TEXT_MAX], const struct output *output,
                     const struct rows *rows, size_t row, const char *column)
{
    const char *when = output_time(output, rows, row, column, NULL);

    if (when != NULL)
        say(text, " on %s", when);
}

/* Revoked, expired, lapsed: the code is over.  Was the device given a newer one? */
static void find_ended(struct finding *finding, const struct output *output,
                       enum verdict verdict, const struct rows *rows, size_t row)
{
    const char *newer = rows_text(rows, row, "newer_selector");
    const char *reason = rows_text(rows, row, "revoke_reason");
    const char *who = rows_text(rows, row, "revoked_by");

    if (verdict == VERDICT_REVOKED) {
        say_when(finding->what, output, rows, row, "revoked_at");
        if (who != NULL)
            say(finding->what, " by %s", who);
        if (reason != NULL)
            say(finding->what, " because \"%s\"", reason);
    } else if (verdict == VERDICT_EXPIRED) {
        say_when(finding->what, output, rows, row, "expires_at");
    }
    if (newer != NULL)
        snprintf(
            finding->remedy, TEXT_MAX,
            "the device has a newer code, %s: enter that one, or reset the device to get "
            "another",
            newer);
}

/* " --OPTION WORD", as a shell takes it back. */
static void say_option(char text[TEXT_MAX], const char *option, const char *word,
                       size_t length)
{
    char *copy = strndup(word, length);
    char *quoted = copy != NULL ? quote_word(copy) : NULL;

    say(text, " --%s %s", option, quoted != NULL ? quoted : "''");
    free(quoted);
    free(copy);
}

/* " --service smtp --service imap": what the code has, and what was wanted. */
static void widen(struct finding *finding, const char *account, const char *device,
                  const char *option, const char *has, const char *wanted)
{
    char rest[TEXT_MAX] = "";

    while (*has != '\0') {
        size_t length = strcspn(has, " ");

        say_option(rest, option, has, length);
        has += length + (has[length] == ' ');
    }
    say_option(rest, option, wanted, strlen(wanted));
    suggest(finding, "issue", account, device, rest);
}

/* "imap and smtp", "imap, pop and smtp" */
static void say_list(char text[TEXT_MAX], const char *words)
{
    while (*words != '\0') {
        size_t length = strcspn(words, " ");
        const char *next = words + length + (words[length] == ' ');

        say(text, "%.*s%s", (int)length, words,
            *next == '\0'                      ? ""
            : next[strcspn(next, " ")] == '\0' ? " and "
                                               : ", ");
        words = next;
    }
}

/* The code is limited to other services. */
static void find_service(struct finding *finding, const char *account,
                         const struct rows *rows, size_t row)
{
    const char *services = rows_text(rows, row, "services");
    const char *service = rows_text(rows, row, "service");

    say(finding->what, ": it is for ");
    say_list(finding->what, services);
    say(finding->what, " only");
    snprintf(
        finding->remedy, TEXT_MAX,
        "issue a code for all of them, enter it everywhere on the device, and revoke "
        "the old one");
    widen(finding, account, rows_text(rows, row, "device"), "service", services,
          service != NULL ? service : "NAME");
}

/* The code is limited to other networks. */
static void find_network(struct finding *finding, const char *account,
                         const struct rows *rows, size_t row)
{
    const char *networks = rows_text(rows, row, "networks");
    const char *client = rows_text(rows, row, "client");

    say(finding->what, ": it is for ");
    say_list(finding->what, networks);
    say(finding->what, " only");
    if (client != NULL) {
        snprintf(finding->remedy, TEXT_MAX,
                 "if the person may come from there, issue a code for both networks and "
                 "revoke "
                 "the old one");
        widen(finding, account, rows_text(rows, row, "device"), "network", networks,
              client);
        return;
    }
    say(finding->what, ", and this way to log in does not tell the client's address");
    snprintf(finding->remedy, TEXT_MAX, "issue a code without networks");
    suggest(finding, "issue", account, rows_text(rows, row, "device"), "");
}

/* In the order in which a login is decided: the tenant, the code, the access rules. */
static void find_denied(struct finding *finding, const char *account, const char *realm,
                        const struct rows *rows, size_t row)
{
    const char *rule = rows_text(rows, row, "rule_position");
    const char *description = rows_text(rows, row, "description");
    enum verdict verdict = verdict_parse(rows_text(rows, row, "verdict"));

    if (verdict == VERDICT_SERVICE_DENIED && rows_boolean(rows, row, "realm_refuses")) {
        say(finding->what, ": the tenant's policy leaves the service out");
        snprintf(finding->remedy, TEXT_MAX, "ask the administrator of the tenant");
        suggest(finding, "realm show", realm, NULL, "");
    } else if (verdict == VERDICT_SERVICE_DENIED &&
               rows_boolean(rows, row, "service_refused")) {
        find_service(finding, account, rows, row);
    } else if (verdict == VERDICT_NETWORK_DENIED &&
               rows_boolean(rows, row, "network_refused")) {
        find_network(finding, account, rows, row);
    } else if (rule != NULL) {
        say(finding->what, ": blocked by access rule %s%s%s%s", rule,
            description != NULL ? " (" : "", description != NULL ? description : "",
            description != NULL ? ")" : "");
        snprintf(finding->remedy, TEXT_MAX, "ask whoever looks after the access rules");
        snprintf(finding->command, TEXT_MAX, "apppass access list");
    }
}

/* What an attempt means, with names, dates and the command that helps. */
static void explain(struct finding *finding, const struct output *output,
                    const char *account, const char *realm, const struct rows *rows,
                    size_t row)
{
    enum verdict verdict = verdict_parse(rows_text(rows, row, "verdict"));

    *finding = (struct finding){0};
    find_verdict(finding, verdict, account, realm, rows_text(rows, row, "device"));
    if (verdict == VERDICT_REVOKED || verdict == VERDICT_EXPIRED ||
        verdict == VERDICT_LAPSED)
        find_ended(finding, output, verdict, rows, row);
    else if (verdict == VERDICT_SERVICE_DENIED || verdict == VERDICT_NETWORK_DENIED ||
             verdict == VERDICT_REALM_DENIED)
        find_denied(finding, account, realm, rows, row);
}

/* ---- people ---- */

static void print_finding(const struct output *output, const struct finding *finding)
{
    char remedy[TEXT_MAX + 8];

    output_paragraph(output, 4, finding->what);
    if (strcmp(finding->remedy, "nothing to do") != 0) {
        snprintf(remedy, sizeof remedy, "To do: %s", finding->remedy);
        output_paragraph(output, 4, remedy);
    }
    if (finding->command[0] != '\0')
        printf("      %s\n", finding->command);
}

static void print_attempt(const struct output *output, const struct rows *rows,
                          size_t row, const struct finding *finding)
{
    const char *service = rows_text(rows, row, "service");
    const char *client = rows_text(rows, row, "client");
    const char *device = rows_text(rows, row, "device");
    const char *verdict = rows_text(rows, row, "verdict");
    bool accepted =
        strcmp(verdict, "accepted") == 0 || strcmp(verdict, "main_password") == 0;
    long count = rows_integer(rows, row, "count");
    char text[TEXT_MAX] = "";

    say(text, "%s: %s", output_time(output, rows, row, "at", "?"),
        accepted ? "accepted" : "refused");
    if (count > 1)
        say(text, " %ld times since %s", count,
            output_time(output, rows, row, "first_at", "?"));
    say(text, ", %s from %s", service != NULL ? service : "unknown service",
        client != NULL ? client : "unknown address");
    if (device != NULL)
        say(text, ", device \"%s\" (code %s)", device, rows_text(rows, row, "selector"));
    printf("\n%s", output_bold(output, true));
    output_paragraph(output, 0, text);
    printf("%s", output_bold(output, false));
    print_finding(output, finding);
}

static void print_account(const struct output *output, const struct rows *rows)
{
    const char *from = output_time(output, rows, 0, "disabled_from", NULL);
    bool enabled = rows_boolean(rows, 0, "enabled");

    output_line(output, "Account", "%s", rows_text(rows, 0, "account"));
    output_line(output, "Realm", "%s", rows_text(rows, 0, "realm"));
    output_line(output, "State", "%s%s%s%s", enabled ? "enabled" : "disabled",
                enabled && from != NULL ? ", until " : "",
                enabled && from != NULL ? from : "",
                rows_boolean(rows, 0, "mfa_enrolled") ? ", enrolled in MFA" : "");
    output_line(output, "Codes", "%ld live, %ld in all",
                rows_integer(rows, 0, "live_codes"), rows_integer(rows, 0, "codes"));
}

/* ---- the whole ---- */

/* "... on DATE by WHOM because WHY", as far as it is known. */
static void say_disabled(char text[TEXT_MAX], const struct output *output,
                         const struct rows *event)
{
    const char *who = rows_text(event, 0, "who");
    const char *reason = rows_text(event, 0, "reason");

    if (who == NULL) {
        snprintf(text, TEXT_MAX, "the account is disabled: every login is refused");
        return;
    }
    snprintf(text, TEXT_MAX, "the account was disabled");
    say_when(text, output, event, 0, "at");
    say(text, " by %s", who);
    if (reason != NULL)
        say(text, " because \"%s\"", reason);
    say(text, ": every login is refused");
}

/* What stops every login of the account, whatever was tried; the first that applies. */
static bool find_standing(struct finding *finding, const struct output *output,
                          const struct rows *rows, const struct rows *disabled)
{
    const char *account = rows_text(rows, 0, "account");
    const char *refused = rows_text(rows, 0, "refused_as");

    if (refused != NULL) {
        find_verdict(finding, verdict_parse(refused), account,
                     rows_text(rows, 0, "realm"), NULL);
        if (verdict_parse(refused) == VERDICT_ACCOUNT_DISABLED)
            say_disabled(finding->what, output, disabled);
    } else if (rows_integer(rows, 0, "live_codes") == 0) {
        snprintf(finding->what, TEXT_MAX, "the account has no live code");
        snprintf(finding->remedy, TEXT_MAX, "issue one for the device");
        suggest(finding, "issue", account, NULL, " --device LABEL");
    }
    return finding->what[0] != '\0';
}

static void find_outage(struct finding *finding, const struct logscan *scan)
{
    bool known = strcmp(scan->client, "-") != 0 && scan->client[0] != '\0';

    snprintf(finding->what, TEXT_MAX,
             "the database was unreachable: %zu attempt%s got \"try again\", the last at "
             "%s (%s from %s)",
             scan->count, scan->count == 1 ? "" : "s", scan->stamp, scan->service,
             known ? scan->client : "an unknown address");
    snprintf(finding->remedy, TEXT_MAX, "%s", verdict_remedy(VERDICT_NONE));
}

static void find_silence(struct finding *finding, const struct output *output,
                         const struct rows *strangers)
{
    long count = strangers != NULL ? rows_integer(strangers, 0, "count") : 0;

    snprintf(finding->what, TEXT_MAX, "nothing arrived at all for this account");
    snprintf(
        finding->remedy, TEXT_MAX,
        "check server name, port and user name in the mail program; it has not reached "
        "this mail server, or not with this user name");
    if (count > 0) {
        const char *client = rows_text(strangers, 0, "client");

        say(finding->what,
            "; but %ld attempt%s used a name that is not an account, the last %s "
            "from %s",
            count, count == 1 ? "" : "s", output_time(output, strangers, 0, "at", "?"),
            client != NULL ? client : "an unknown address");
    }
}

static void find_expired(struct finding *finding, const struct output *output,
                         const char *account, const struct rows *rows)
{
    const char *device = rows_text(rows, 0, "device");

    find_verdict(finding, VERDICT_EXPIRED, account, NULL, device);
    snprintf(finding->what, TEXT_MAX, "the code %s of the device \"%s\" expired",
             rows_text(rows, 0, "selector"), device);
    say_when(finding->what, output, rows, 0, "expires_at");
}

/* A code that was handed over by a link: is it there yet? */
static void find_offer(struct finding *finding, const struct output *output,
                       const char *account, const struct rows *rows, size_t row)
{
    const char *device = rows_text(rows, row, "device");
    const char *state = rows_text(rows, row, "state");

    snprintf(finding->remedy, TEXT_MAX, "hand over another");
    if (strcmp(state, "collected") == 0) {
        snprintf(finding->what, TEXT_MAX,
                 "the link for the device \"%s\" was opened and made the code %s", device,
                 rows_text(rows, row, "selector"));
        say_when(finding->what, output, rows, row, "collected_at");
        snprintf(finding->remedy, TEXT_MAX, "nothing to do");
        return;
    }
    if (strcmp(state, "pending") == 0) {
        snprintf(
            finding->what, TEXT_MAX,
            "a link for the device \"%s\" waits to be opened, until %s; there is no code "
            "before",
            device, output_time(output, rows, row, "ends_at", "?"));
        snprintf(finding->remedy, TEXT_MAX,
                 "let the person open it in time, or hand over another");
    } else if (strcmp(state, "locked") == 0) {
        snprintf(finding->what, TEXT_MAX,
                 "the link for the device \"%s\" is closed: five wrong PINs", device);
    } else {
        snprintf(finding->what, TEXT_MAX,
                 "the link for the device \"%s\" ended before it was opened", device);
    }
    suggest(finding, "issue", account, device, " --handover");
}

#define OFFERS_MAX  3
#define GENERAL_MAX (4 + OFFERS_MAX)

struct diagnosis {
    struct rows *account, *disabled, *attempts, *strangers, *expired, *offers;
    struct logscan scan;
    struct finding general[GENERAL_MAX]; /* not about one attempt */
    size_t count;
};

static void find_general(struct diagnosis *found, const struct output *output)
{
    struct finding *next = found->general;
    bool outage = found->scan.count > 0;

    if (find_standing(next, output, found->account, found->disabled))
        (next++)->title = "What is in the way now";
    if (outage) {
        find_outage(next, &found->scan);
        (next++)->title = "From the log";
    }
    if (rows_count(found->expired) > 0)
        find_expired(next++, output, rows_text(found->account, 0, "account"),
                     found->expired);
    for (size_t row = 0; row < rows_count(found->offers) && row < OFFERS_MAX; row++)
        find_offer(next++, output, rows_text(found->account, 0, "account"), found->offers,
                   row);
    if (rows_count(found->attempts) == 0 && !outage)
        find_silence(next++, output, found->strangers);
    found->count = (size_t)(next - found->general);
}

static void explain_attempt(struct finding *finding, const struct output *output,
                            const struct diagnosis *found, size_t row)
{
    explain(finding, output, rows_text(found->account, 0, "account"),
            rows_text(found->account, 0, "realm"), found->attempts, row);
}

static void print_people(const struct output *output, const struct diagnosis *found)
{
    struct finding finding;

    print_account(output, found->account);
    for (size_t i = 0; i < found->count; i++) {
        putchar('\n');
        if (found->general[i].title != NULL)
            printf("%s%s%s\n", output_bold(output, true), found->general[i].title,
                   output_bold(output, false));
        print_finding(output, &found->general[i]);
    }
    for (size_t row = 0; row < rows_count(found->attempts); row++) {
        explain_attempt(&finding, output, found, row);
        print_attempt(output, found->attempts, row, &finding);
    }
}

/* ---- programs ---- */

#define FINDING_COLUMNS                                                                  \
    {"meaning", NULL, COLUMN_TEXT, 0, NULL}, {"remedy", NULL, COLUMN_TEXT, 0, NULL},     \
        {"command", NULL, COLUMN_TEXT, 0, NULL},                                         \
    {                                                                                    \
        0                                                                                \
    }

static const struct column account_columns[] = {
    {"account", NULL, COLUMN_TEXT, 0, NULL},
    {"realm", NULL, COLUMN_TEXT, 0, NULL},
    {"enabled", NULL, COLUMN_BOOLEAN, 0, NULL},
    {"disabled_from", NULL, COLUMN_TIME, 0, NULL},
    {"mfa_enrolled", NULL, COLUMN_BOOLEAN, 0, NULL},
    {"live_codes", NULL, COLUMN_NUMBER, 0, NULL},
    {0},
};
static const struct column finding_columns[] = {FINDING_COLUMNS};
static const struct column attempt_columns[] = {
    {"at", NULL, COLUMN_TIME, 0, NULL},
    {"first_at", NULL, COLUMN_TIME, 0, NULL},
    {"count", NULL, COLUMN_NUMBER, 0, NULL},
    {"verdict", NULL, COLUMN_TEXT, 0, NULL},
    {"service", NULL, COLUMN_TEXT, 0, NULL},
    {"client", NULL, COLUMN_TEXT, 0, NULL},
    {"device", NULL, COLUMN_TEXT, 0, NULL},
    {"selector", NULL, COLUMN_TEXT, 0, NULL},
    {"rule_position", NULL, COLUMN_NUMBER, 0, NULL},
    FINDING_COLUMNS,
};

#define COLUMN_COUNT (COUNT(attempt_columns) - 1)

/* One row of a list: what is known of an attempt (none: no), and the finding. */
static void add_finding(struct rows *list, const struct finding *finding,
                        const struct rows *attempts, size_t row)
{
    const char *values[COLUMN_COUNT];
    size_t count = 0;

    for (; attempts != NULL && strcmp(attempt_columns[count].name, "meaning") != 0;
         count++)
        values[count] = rows_text(attempts, row, attempt_columns[count].name);
    values[count++] = finding->what;
    values[count++] = finding->remedy;
    values[count] = finding->command[0] != '\0' ? finding->command : NULL;
    rows_add(list, values);
}

static struct rows *new_list(const struct column *columns)
{
    const char *names[COLUMN_COUNT];
    size_t count = 0;

    for (; columns[count].name != NULL; count++)
        names[count] = columns[count].name;
    return rows_new(count, names);
}

static bool print_parts(const struct output *output, const struct diagnosis *found)
{
    struct rows *findings = new_list(finding_columns);
    struct rows *attempts = new_list(attempt_columns);
    const struct part parts[] = {{NULL, account_columns, found->account, NULL},
                                 {"findings", finding_columns, findings, NULL},
                                 {"attempts", attempt_columns, attempts, NULL},
                                 {0}};
    struct finding finding;
    bool printed;

    for (size_t i = 0; i < found->count; i++)
        add_finding(findings, &found->general[i], NULL, 0);
    for (size_t row = 0; row < rows_count(found->attempts); row++) {
        explain_attempt(&finding, output, found, row);
        add_finding(attempts, &finding, found->attempts, row);
    }
    printed = output_parts(output, stdout, parts);
    rows_free(&findings);
    rows_free(&attempts);
    return printed;
}

static enum status look(struct invocation *invocation, struct diagnosis *found)
{
    const char *account = command_argument(invocation, 0);
    char since[COMMAND_SINCE_MAX];
    const char *limit;
    enum status status = command_since(invocation, since);

    if (status == STATUS_DONE)
        status = command_limit(invocation, "10", &limit);
    if (status != STATUS_DONE)
        return status;
    if (since[0] == '\0')
        snprintf(since, sizeof since, "%lld",
                 (long long)invocation->output.now - 7 * 24 * 3600);
    found->account = QUERY(invocation->database, account_query, account);
    if (found->account == NULL)
        return database_status(invocation->database);
    if (rows_count(found->account) == 0)
        return near_no_account(invocation, account);
    found->disabled = QUERY(invocation->database, disabled_query, account);
    if (found->disabled == NULL)
        return database_status(invocation->database);
    found->attempts = QUERY(invocation->database, attempts_query, account, since, limit);
    if (found->attempts == NULL)
        return database_status(invocation->database);
    found->expired = QUERY(invocation->database, expired_query, account, since);
    if (found->expired == NULL)
        return database_status(invocation->database);
    found->offers = QUERY(invocation->database, offers_query, account, since);
    if (found->offers == NULL)
        return database_status(invocation->database);
    if (rows_count(found->attempts) == 0)
        found->strangers = QUERY(invocation->database, strangers_query, since);
    for (size_t i = 0; i < invocation->options[OPTION_LOG].count; i++)
        if (!logscan_file(&found->scan, invocation->options[OPTION_LOG].values[i],
                          rows_text(found->account, 0, "account")))
            return STATUS_REFUSED;
    return STATUS_DONE;
}

static enum status run_diagnose(struct invocation *invocation)
{
    struct diagnosis *found = calloc(1, sizeof *found);
    enum status status = found != NULL ? look(invocation, found) : STATUS_REFUSED;

    if (status == STATUS_DONE) {
        find_general(found, &invocation->output);
        if (!print_parts(&invocation->output, found))
            print_people(&invocation->output, found);
    }
    if (found != NULL) {
        rows_free(&found->account);
        rows_free(&found->disabled);
        rows_free(&found->attempts);
        rows_free(&found->strangers);
        rows_free(&found->expired);
        rows_free(&found->offers);
    }
    free(found);
    return status;
}

const struct command command_diagnose = {
    .name = "diagnose",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_diagnose,
    .summary = "say why it does not work, and what to do",
    .details =
        "Looks at the latest attempts, at the codes and at the policy, and says in plain\n"
        "words what happened and what helps.",
    .example = "apppass diagnose alice@example.org",
    .options = {{OPTION_SINCE, 0}, {OPTION_LIMIT, 0}, {OPTION_LOG, 0}},
};
