/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/prompt.h"
#include "cli/commands.h"
#include "cli/near.h"
#include "code.h"
#include "hash.h"
#include "input.h"
#include "session/mint.h"
#include "outcome.h"
#include "store.h"

/* As long as an attempt may take by default. */
#define TIMEOUT_MS 5000

#define STEPS_MAX  8
#define DETAIL_MAX 512

enum step_state { STEP_OK, STEP_NO, STEP_UNKNOWN };

struct step {
    const char *name;
    enum step_state state;
    char detail[DETAIL_MAX];
};

struct trial {
    struct invocation *invocation;
    const char *account;
    char service[INPUT_SERVICE_MAX];
    struct client client;
    struct hash_keys *keys;
    struct step steps[STEPS_MAX];
    size_t count;
    enum verdict verdict;
    enum outcome outcome;
};

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static struct step *add_step(struct trial *trial, const char *name, enum step_state state)
{
    struct step *step =
        &trial->steps[trial->count < STEPS_MAX - 1 ? trial->count++ : trial->count];

    *step = (struct step){.name = name, .state = state};
    return step;
}

static void show_log(void *context, enum log_level level, const char *line)
{
    (void)context;
    if (level == LOG_LEVEL_ERROR || level == LOG_LEVEL_WARNING)
        message_error("%s", line);
}

/* ---- the steps of an attempt ---- */

static bool step_format(struct trial *trial, const struct secret *typed,
                        struct code *code)
{
    enum code_shape shape = code_parse(typed->bytes, typed->length, code);
    struct step *step =
        add_step(trial, "format", shape == CODE_SHAPE_VALID ? STEP_OK : STEP_NO);

    if (shape == CODE_SHAPE_VALID) {
        snprintf(step->detail, DETAIL_MAX,
                 "%zu symbols, check symbol right; the code starts with %s", code->length,
                 code->selector);
        return true;
    }
    trial->verdict = shape == CODE_SHAPE_MISTYPED ? VERDICT_MISTYPED : VERDICT_NOT_A_CODE;
    snprintf(step->detail, DETAIL_MAX, "%s", verdict_meaning(trial->verdict));
    return false;
}

static enum status step_access(struct trial *trial)
{
    struct rows *rows =
        TRY_QUERY(trial->invocation->database,
                  "SELECT action, rule_position, description"
                  " FROM apppass.explain_access($1, $2, $3::inet)",
                  trial->account, or_null(trial->service), or_null(trial->client.text));
    const char *rule, *description;
    struct step *step;

    if (rows == NULL)
        return near_complain(trial->invocation, trial->account, NULL, NULL);
    rule = rows_text(rows, 0, "rule_position");
    description = rows_text(rows, 0, "description");
    step =
        add_step(trial, "access rules",
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

static struct store *open_store(struct trial *trial, const struct log *log)
{
    const char *conninfo = command_option(trial->invocation, OPTION_VERIFIER);
    const char *fallback = command_option(trial->invocation, OPTION_DBNAME);
    char error[256], name[512];
    struct store *store;

    if (conninfo == NULL)
        conninfo = fallback != NULL ? fallback : "";
    /* store_new takes a connection string only; psql's -d takes a bare name, too. */
    if (conninfo == fallback && conninfo != NULL && strchr(conninfo, '=') == NULL &&
        strstr(conninfo, "://") == NULL) {
        snprintf(name, sizeof name, "dbname='%s'", conninfo);
        conninfo = name;
    }
    store = store_new(conninfo, 0, TIMEOUT_MS, log, error, sizeof error);
    if (store == NULL)
        message_error("%s", error);
    return store;
}

static void step_lookup(struct trial *trial, struct store *store, const struct code *code,
                        struct row *row)
{
    enum outcome outcome =
        store_lookup(store, trial->account, code->selector, or_null(trial->service),
                     or_null(trial->client.text), deadline_in(TIMEOUT_MS), row);
    struct step *step;

    if (outcome != OUTCOME_OK) {
        trial->outcome = OUTCOME_UNAVAILABLE;
        step = add_step(trial, "database", STEP_UNKNOWN);
        snprintf(step->detail, DETAIL_MAX, "could not ask it as a mail server does");
        return;
    }
    trial->verdict = row->verdict;
    step =
        add_step(trial, "database", row->verdict == VERDICT_ACCEPTED ? STEP_OK : STEP_NO);
    if (row->verdict == VERDICT_ACCEPTED)
        snprintf(step->detail, DETAIL_MAX, "%s may use code %s (number %lld) here",
                 row->username, code->selector, (long long)row->code_id);
    else
        snprintf(step->detail, DETAIL_MAX, "%s: %s", verdict_name(row->verdict),
                 verdict_meaning(row->verdict));
}

static void step_hash(struct trial *trial, const struct code *code, const struct row *row)
{
    const char *reason = "", *refusal = verdict_meaning(VERDICT_WRONG_CODE);
    enum outcome outcome = OUTCOME_DENIED;
    char data[HASH_DATA_SIZE];
    struct step *step;

    hash_data_of(row->account_id, code->selector, data);
    if (hash_bound_to(row->hash, data) == HASH_BINDING_OTHER)
        refusal = "refused as forged: the hash was made for another account or code";
    else
        outcome =
            hash_verify(row->hash, code->symbols, code->length, trial->keys, &reason);
    step = add_step(trial, "hash",
                    outcome == OUTCOME_OK       ? STEP_OK
                    : outcome == OUTCOME_DENIED ? STEP_NO
                                                : STEP_UNKNOWN);

    trial->outcome = outcome;
    if (outcome == OUTCOME_DENIED)
        trial->verdict = VERDICT_WRONG_CODE;
    snprintf(step->detail, DETAIL_MAX, "%s",
             outcome == OUTCOME_OK       ? "the code matches"
             : outcome == OUTCOME_DENIED ? refusal
                                         : reason);
    if (outcome == OUTCOME_OK && hash_needs_upgrade(row->hash, &row->policy, trial->keys))
        snprintf(step->detail, DETAIL_MAX,
                 "the code matches; the next login replaces the hash by a stronger one");
}

static enum status try_code(struct trial *trial, const struct secret *typed)
{
    const struct log log = {.write = show_log, .context = NULL};
    struct code code = {0};
    struct row row = {0};
    struct store *store;
    enum status status = STATUS_DONE;

    trial->outcome = OUTCOME_DENIED;
    if (step_format(trial, typed, &code)) {
        status = step_access(trial);
        store = status == STATUS_DONE ? open_store(trial, &log) : NULL;
        if (status == STATUS_DONE && store == NULL)
            status = STATUS_UNAVAILABLE;
        if (store != NULL)
            step_lookup(trial, store, &code, &row);
        if (store != NULL && trial->outcome != OUTCOME_UNAVAILABLE &&
            trial->verdict == VERDICT_ACCEPTED)
            step_hash(trial, &code, &row);
        store_free(&store);
    }
    code_wipe(&code);
    row_wipe(&row);
    return status;
}

/* ---- telling ---- */

static const char *outcome_word(const struct trial *trial)
{
    switch (trial->outcome) {
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

/* The steps, and the result as the last. */
static void print_csv(const struct trial *trial)
{
    OUTPUT_CSV("step", "state", "detail");
    for (size_t i = 0; i < trial->count; i++)
        OUTPUT_CSV(trial->steps[i].name, state_words[trial->steps[i].state],
                   trial->steps[i].detail);
    OUTPUT_CSV("result", outcome_word(trial), verdict_remedy(trial->verdict));
}

static void print_json(const struct trial *trial)
{
    struct json json;

    json_start(&json, stdout);
    json_open(&json, NULL, '{');
    json_string(&json, "account", trial->account);
    json_string(&json, "service", or_null(trial->service));
    json_string(&json, "client", or_null(trial->client.text));
    json_string(&json, "outcome", outcome_word(trial));
    json_string(&json, "verdict", verdict_name(trial->verdict));
    json_string(&json, "meaning", verdict_meaning(trial->verdict));
    json_string(&json, "remedy", verdict_remedy(trial->verdict));
    json_open(&json, "steps", '[');
    for (size_t i = 0; i < trial->count; i++) {
        json_open(&json, NULL, '{');
        json_string(&json, "step", trial->steps[i].name);
        json_string(&json, "state", state_words[trial->steps[i].state]);
        json_string(&json, "detail", trial->steps[i].detail);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
}

static void print_people(const struct trial *trial)
{
    static const char *const states[] = {"ok", "NO", "?"};
    const struct output *output = &trial->invocation->output;

    for (size_t i = 0; i < trial->count; i++) {
        char heading[32];

        snprintf(heading, sizeof heading, "%zu %s", i + 1, trial->steps[i].name);
        output_line(output, heading, "%-3s %s", states[trial->steps[i].state],
                    trial->steps[i].detail);
    }
    printf("%s", output_bold(output, true));
    output_line(output, "Result", "%s", outcome_word(trial));
    printf("%s", output_bold(output, false));
    if (trial->outcome == OUTCOME_DENIED)
        output_line(output, "To do", "%s", verdict_remedy(trial->verdict));
    else if (trial->outcome == OUTCOME_UNAVAILABLE)
        output_line(output, "To do", "name a connection that may ask, with --verifier");
}

/* ---- the command ---- */

static bool read_code(struct secret *typed)
{
    char c;

    if (isatty(STDIN_FILENO))
        return prompt_secret("Code (not shown): ", typed);
    while (typed->length < SECRET_MAX && read(STDIN_FILENO, &c, 1) == 1) {
        if (c == '\n')
            break;
        typed->bytes[typed->length++] = c;
    }
    typed->bytes[typed->length] = '\0';
    return typed->length > 0;
}

static enum status read_options(struct invocation *invocation, struct trial *trial)
{
    const char *from = command_option(invocation, OPTION_FROM);
    const char *service = command_option(invocation, OPTION_SERVICE);

    trial->invocation = invocation;
    trial->account = command_argument(invocation, 0);
    if (!input_service(service, trial->service))
        return command_usage_error(invocation, "\"%s\" is no service", service);
    if (from != NULL && !input_client(from, &trial->client))
        return command_usage_error(invocation, "\"%s\" is no address", from);
    return mint_load_keys(command_option(invocation, OPTION_KEY), &trial->keys);
}

enum status run_check(struct invocation *invocation)
{
    struct trial trial = {0};
    struct secret typed = {0};
    enum status status = read_options(invocation, &trial);

    if (status == STATUS_DONE &&
        !near_account_exists(invocation, trial.account, &status) && status == STATUS_DONE)
        status = near_no_account(invocation, trial.account);
    if (status == STATUS_DONE && !read_code(&typed)) {
        message_error("no code was given");
        status = STATUS_REFUSED;
    }
    if (status == STATUS_DONE)
        status = try_code(&trial, &typed);
    secret_wipe(&typed);
    hash_keys_free(&trial.keys);
    if (status != STATUS_DONE)
        return status;
    if (invocation->output.format == FORMAT_JSON)
        print_json(&trial);
    else if (invocation->output.format == FORMAT_CSV)
        print_csv(&trial);
    else
        print_people(&trial);
    if (trial.outcome == OUTCOME_UNAVAILABLE)
        return STATUS_UNAVAILABLE;
    return trial.outcome == OUTCOME_OK ? STATUS_DONE : STATUS_REFUSED;
}
