/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "attempt.h"
#include "base/message.h"
#include "base/prompt.h"
#include "cli/command.h"
#include "cli/near.h"
#include "hash.h"
#include "input.h"
#include "outcome.h"
#include "session/mint.h"
#include "settings.h"

/* As long as an attempt may take by default. */
#define TIMEOUT_MS 5000

#define STEPS_MAX  8
#define DETAIL_MAX 512

enum step_state { STEP_OK, STEP_NO, STEP_UNKNOWN };

struct check_step {
    const char *name;
    enum step_state state;
    char detail[DETAIL_MAX];
};

struct check {
    struct invocation *invocation;
    const char *account;
    char service[INPUT_SERVICE_MAX];
    struct client client;
    struct keyfile *keys;
    struct check_step steps[STEPS_MAX];
    size_t count;
    enum status status; /* of what the tool asks the database itself */
    enum verdict verdict;
    enum outcome outcome;
};

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static struct check_step *add_step(struct check *check, const char *name,
                                   enum step_state state)
{
    struct check_step *step =
        &check->steps[check->count < STEPS_MAX - 1 ? check->count++ : check->count];

    *step = (struct check_step){.name = name, .state = state};
    return step;
}

static void show_log(void *context, enum log_level level, const char *line)
{
    (void)context;
    if (level == LOG_LEVEL_ERROR || level == LOG_LEVEL_WARNING)
        message_error("%s", line);
}

/* ---- the attempt ---- */

/* What lookup applies without saying which rule it was. */
static enum status explain_access(struct check *check)
{
    struct rows *rows =
        TRY_QUERY(check->invocation->database,
                  "SELECT action, rule_position, description"
                  " FROM apppass.explain_access($1, $2, $3::inet)",
                  check->account, or_null(check->service), or_null(check->client.text));
    const char *rule, *description;
    struct check_step *step;

    if (rows == NULL)
        return near_complain(check->invocation, check->account, NULL, NULL);
    rule = rows_text(rows, 0, "rule_position");
    description = rows_text(rows, 0, "description");
    step =
        add_step(check, "access rules",
                 strcmp(rows_text(rows, 0, "action"), "allow") == 0 ? STEP_OK : STEP_NO);
    if (rule == NULL)
        snprintf(step->detail, DETAIL_MAX, "no rule matches");
    else
        snprintf(step->detail, DETAIL_MAX, "rule %s decides: %s%s%s", rule,
                 rows_text(rows, 0, "action"), description != NULL ? ", " : "",
                 description != NULL ? description : "");
    rows_free(&rows);
    return STATUS_DONE;
}

static void trace(void *context, enum attempt_step at, enum attempt_finding finding,
                  const char *sentence)
{
    static const char *const names[] = {
        [ATTEMPT_STEP_NAME] = "user name",
        [ATTEMPT_STEP_FORMAT] = "format",
        [ATTEMPT_STEP_DATABASE] = "database",
        [ATTEMPT_STEP_HASH] = "hash",
        [ATTEMPT_STEP_MAIN_PASSWORD] = "main password",
    };
    static const enum step_state states[] = {
        [ATTEMPT_FOUND_BAD] = STEP_NO,
        [ATTEMPT_FOUND_GOOD] = STEP_OK,
        [ATTEMPT_FOUND_NOTHING] = STEP_UNKNOWN,
    };
    struct check *check = context;

    snprintf(add_step(check, names[at], states[finding])->detail, DETAIL_MAX, "%s",
             sentence);
    if (at == ATTEMPT_STEP_FORMAT && finding == ATTEMPT_FOUND_GOOD)
        check->status = explain_access(check);
}

/* The --verifier's connection, or the tool's own.  A setting takes a connection string
 * only; psql's -d takes a bare name, too. */
static void choose_conninfo(const struct invocation *invocation, char *text, size_t size)
{
    const char *verifier = command_option(invocation, OPTION_VERIFIER);
    const char *own = command_option(invocation, OPTION_DBNAME);
    bool bare = verifier == NULL && own != NULL && strchr(own, '=') == NULL &&
                strstr(own, "://") == NULL;

    if (verifier == NULL)
        verifier = own != NULL ? own : "";
    snprintf(text, size, bare ? "dbname='%s'" : "%s", verifier);
}

static enum status try_code(struct check *check, const struct secret *typed)
{
    const struct log log = {.write = show_log};
    char conninfo[SETTING_TEXT_MAX], error[512];
    const struct settings settings = {
        .conninfo = conninfo,
        .timeout_ms = TIMEOUT_MS,
        .require_key = command_has(check->invocation, OPTION_REQUIRE_KEY)};
    const struct verifier_shared shared = {
        .settings = &settings, .keys = check->keys, .log = &log};
    const struct attempt attempt = {.username = check->account,
                                    .username_length = strlen(check->account),
                                    .password = typed->bytes,
                                    .password_length = typed->length,
                                    .service = or_null(check->service),
                                    .client = or_null(check->client.text),
                                    .trace = trace,
                                    .context = check,
                                    .dry = true};
    struct verifier *verifier;
    struct decision decision;

    choose_conninfo(check->invocation, conninfo, sizeof conninfo);
    verifier = verifier_new(&shared, error, sizeof error);
    if (verifier == NULL) {
        message_error("%s", error);
        sodium_memzero(conninfo, sizeof conninfo);
        return STATUS_UNAVAILABLE;
    }
    check->outcome =
        attempt_decide(verifier, &attempt, deadline_in(TIMEOUT_MS), &decision);
    check->verdict = decision.verdict;
    verifier_free(&verifier);
    sodium_memzero(conninfo, sizeof conninfo);
    return check->status;
}

/* ---- telling ---- */

static const char *outcome_word(const struct check *check)
{
    switch (check->outcome) {
    case OUTCOME_OK:
        return "accepted";
    case OUTCOME_DENIED:
        return "refused";
    case OUTCOME_UNAVAILABLE:
        break;
    }
    return "unavailable";
}

static const char *const state_words[] = {"ok", "no", "unknown"};

/* In CSV the result is the last step. */
static bool print_parts(const struct check *check)
{
    static const struct column columns[] = {
        {"account", NULL, COLUMN_TEXT, 0, NULL}, {"service", NULL, COLUMN_TEXT, 0, NULL},
        {"client", NULL, COLUMN_TEXT, 0, NULL},  {"outcome", NULL, COLUMN_TEXT, 0, NULL},
        {"verdict", NULL, COLUMN_TEXT, 0, NULL}, {"meaning", NULL, COLUMN_TEXT, 0, NULL},
        {"remedy", NULL, COLUMN_TEXT, 0, NULL},  {0},
    };
    static const struct column step_columns[] = {
        {"step", NULL, COLUMN_TEXT, 0, NULL},
        {"state", NULL, COLUMN_TEXT, 0, NULL},
        {"detail", NULL, COLUMN_TEXT, 0, NULL},
        {0},
    };
    const struct output *output = &check->invocation->output;
    const char *remedy = verdict_remedy(check->verdict);
    const char *const values[] = {check->account,
                                  or_null(check->service),
                                  or_null(check->client.text),
                                  outcome_word(check),
                                  verdict_name(check->verdict),
                                  verdict_meaning(check->verdict),
                                  remedy};
    struct rows *steps = ROWS_NEW("step", "state", "detail");
    const struct part parts[] = {
        {NULL, columns, NULL, values}, {"steps", step_columns, steps, NULL}, {0}};
    bool printed;

    for (size_t i = 0; i < check->count; i++)
        ROWS_ADD(steps, check->steps[i].name, state_words[check->steps[i].state],
                 check->steps[i].detail);
    if (output->format == FORMAT_CSV)
        ROWS_ADD(steps, "result", outcome_word(check), remedy);
    printed = output_parts(output, stdout, parts);
    rows_free(&steps);
    return printed;
}

static void print_people(const struct check *check)
{
    static const char *const states[] = {"ok", "NO", "?"};
    const struct output *output = &check->invocation->output;

    for (size_t i = 0; i < check->count; i++) {
        char heading[32];

        snprintf(heading, sizeof heading, "%zu %s", i + 1, check->steps[i].name);
        output_line(output, heading, "%-3s %s", states[check->steps[i].state],
                    check->steps[i].detail);
    }
    printf("%s", output_bold(output, true));
    output_line(output, "Result", "%s", outcome_word(check));
    printf("%s", output_bold(output, false));
    if (check->outcome == OUTCOME_DENIED)
        output_line(output, "To do", "%s", verdict_remedy(check->verdict));
    else if (check->outcome == OUTCOME_UNAVAILABLE)
        output_line(output, "To do", "name a connection that may ask, with --verifier");
}

/* ---- the command ---- */

static enum status read_options(struct invocation *invocation, struct check *check)
{
    const char *from = command_option(invocation, OPTION_FROM);
    const char *service = command_option(invocation, OPTION_SERVICE);

    check->invocation = invocation;
    check->account = command_argument(invocation, 0);
    if (!input_service(service, check->service))
        return command_usage_error(invocation, "\"%s\" is not a service", service);
    if (from != NULL && !input_client(from, &check->client))
        return command_usage_error(invocation, "\"%s\" is not an address", from);
    if (command_has(invocation, OPTION_REQUIRE_KEY) &&
        command_option(invocation, OPTION_KEY) == NULL)
        return command_usage_error(invocation, "--require-key needs --key");
    return mint_load_keys(command_option(invocation, OPTION_KEY), &check->keys);
}

static enum status run_check(struct invocation *invocation)
{
    struct check check = {0};
    struct secret typed = {0};
    enum status status = read_options(invocation, &check);

    if (status == STATUS_DONE &&
        !near_account_exists(invocation, check.account, &status) && status == STATUS_DONE)
        status = near_no_account(invocation, check.account);
    if (status == STATUS_DONE && !prompt_code(&typed)) {
        message_error("no code was given");
        status = STATUS_REFUSED;
    }
    if (status == STATUS_DONE)
        status = try_code(&check, &typed);
    secret_wipe(&typed);
    keyfile_free(&check.keys);
    if (status != STATUS_DONE)
        return status;
    if (!print_parts(&check))
        print_people(&check);
    if (check.outcome == OUTCOME_UNAVAILABLE)
        return STATUS_UNAVAILABLE;
    return check.outcome == OUTCOME_OK ? STATUS_DONE : STATUS_REFUSED;
}

const struct command command_check = {
    .name = "check",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_check,
    .summary = "try a code as a mail server would, step by step",
    .details =
        "Reads the code from the terminal without showing it, or from standard input,\n"
        "and runs the verifier itself. Nothing is recorded. It needs a database role\n"
        "that may ask as the mail servers do: --verifier.",
    .example = "apppass check alice@example.org --service imap --from 192.0.2.7",
    .options = {{OPTION_SERVICE, NEED_ALWAYS},
                {OPTION_FROM, 0},
                {OPTION_VERIFIER, 0},
                {OPTION_KEY, 0},
                {OPTION_REQUIRE_KEY, 0}},
};
