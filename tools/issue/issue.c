/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/message.h"
#include "base/moment.h"
#include "base/quote.h"
#include "cli/command.h"
#include "cli/near.h"
#include "code.h"
#include "hash.h"
#include "issue/issue.h"
#include "issue/present.h"
#include "issue/terms.h"
#include "session/mint.h"

/* What one code is made for; borrowed texts, SQL NULL where NULL. */
struct order {
    const char *account;
    const char *device;
    char *services;
    char *networks;
    char expires[MOMENT_TEXT_MAX];
    bool expires_given;
    bool reset;
    char grace[32]; /* seconds */
};

/* No selector in a dry run: the next run makes another code. */
#define STORED(dry_run)                                                                  \
    "SELECT code_id, account_name AS account, device,"                                   \
    " CASE WHEN " dry_run "::boolean THEN NULL ELSE selector END AS selector,"           \
    " array_to_string(services, ' ') AS services,"                                       \
    " array_to_string(networks, ' ') AS networks,"                                       \
    " date_part('epoch', expires_at) AS expires_at"

static const char store_code[] =
    STORED("$11") " FROM apppass.store_code(username => $1, device => $2, selector => "
                  "$3, hash => $4,"
                  " services => $5::text[], networks => $6::cidr[],"
                  " expires_at => $7::timestamptz, reason => $8, "
                  "ticket => $9,"
                  " operator => $10)";

static const char reset_device[] = STORED(
    "$9") ", array_to_string(old_selectors, ' ') AS old_selectors,"
          " date_part('epoch', old_ends_at) AS old_ends_at"
          " FROM apppass.reset_device(username => $1, device => $2, selector => $3,"
          " hash => $4, grace => make_interval(secs => $5::double precision), reason => "
          "$6,"
          " ticket => $7, operator => $8)";

static enum status read_order(const struct invocation *invocation, struct order *order)
{
    order->account = command_argument(invocation, 0);
    order->device = command_option(invocation, OPTION_DEVICE);
    order->services = command_array(invocation, OPTION_SERVICE);
    order->networks = command_array(invocation, OPTION_NETWORK);
    order->expires_given = command_has(invocation, OPTION_EXPIRES);
    return issue_read_expiry(invocation, order->expires);
}

static void release_order(struct order *order)
{
    free(order->services);
    free(order->networks);
}

/* ---- the policy and the code ---- */

/* A reset asks the realm: with as many codes as allowed one may still be replaced. */
static enum status ask_policy(struct invocation *invocation, const struct order *order,
                              struct mint_policy *policy)
{
    const char *account = order->account;
    struct rows *rows =
        order->reset
            ? TRY_QUERY(invocation->database,
                        "SELECT account_id, code_length, memory_kib, passes, lanes"
                        " FROM apppass.find_terms(ARRAY[$1])",
                        account)
            : TRY_QUERY(invocation->database,
                        "SELECT account_id, code_length, memory_kib, passes, lanes"
                        " FROM apppass.issue_policy($1)",
                        account);

    if (rows == NULL)
        return near_complain(invocation, account, NULL, NULL);
    if (rows_text(rows, 0, "account_id") == NULL) {
        rows_free(&rows);
        return near_no_account(invocation, account);
    }
    mint_read_policy(policy, rows, 0);
    rows_free(&rows);
    return STATUS_DONE;
}

static struct rows *try_store(struct invocation *invocation, const struct order *order,
                              const struct code *code, const char *hash)
{
    const char *dry_run = command_has(invocation, OPTION_DRY_RUN) ? "true" : "false";

    if (order->reset)
        return TRY_QUERY(invocation->database, reset_device, order->account,
                         order->device, code->selector, hash, order->grace,
                         COMMAND_CHANGE(invocation), dry_run);
    return TRY_QUERY(invocation->database, store_code, order->account, order->device,
                     code->selector, hash, order->services, order->networks,
                     order->expires_given ? order->expires : NULL,
                     COMMAND_CHANGE(invocation), dry_run);
}

/* Store in a transaction that stays open.  NULL: *status_r; *again_r: another code may
 * do. */
static struct rows *store(struct invocation *invocation, const struct order *order,
                          const struct code *code, const char *hash,
                          enum status *status_r, bool *again_r)
{
    struct database *database = invocation->database;
    struct rows *rows;

    *again_r = false;
    *status_r = database_begin(database);
    if (*status_r != STATUS_DONE)
        return NULL;
    rows = try_store(invocation, order, code, hash);
    if (rows != NULL)
        return rows;
    if (strcmp(database_constraint(database), "code_selector_unique") == 0) {
        database_rollback(database);
        *again_r = true;
        return NULL;
    }
    *status_r = near_complain(invocation, order->account,
                              order->reset ? order->device : NULL, NULL);
    return NULL;
}

/* The operator never saw it: take it back. */
static enum status take_back(struct invocation *invocation, const struct rows *stored)
{
    const char *account = rows_text(stored, 0, "account");
    const char *selector = rows_text(stored, 0, "selector");
    int reason = errno != 0 ? errno : EIO;
    char *quoted = quote_word(account);
    struct rows *rows;

    message_error("could not show the code: %s", strerror(reason));
    /* Told; main need not find it again. */
    clearerr(stdout);
    database_shield(invocation->database, true);
    rows = QUERY(invocation->database,
                 "SELECT apppass.revoke_code(username => $1, selector => $2,"
                 " reason => 'could not be shown when it was made', operator => $3)",
                 account, selector, command_option(invocation, OPTION_OPERATOR));
    database_shield(invocation->database, false);
    if (rows == NULL)
        message_hint("nobody knows the code, but it is live: apppass revoke %s --code %s "
                     "--reason \"never shown\"",
                     quoted != NULL ? quoted : "ACCOUNT", selector);
    else
        message_hint("it was revoked again; nothing is left to do but to try once more");
    rows_free(&rows);
    free(quoted);
    return STATUS_REFUSED;
}

/* Commit what is stored and hand the code over. */
static enum status hand_over(struct invocation *invocation, struct present *present,
                             const struct code *code, const struct rows *stored)
{
    enum status status;

    if (command_has(invocation, OPTION_DRY_RUN)) {
        database_rollback(invocation->database);
        message_note("dry run: nothing was issued. It would be:");
        return output_record(&invocation->output, present_columns(stored), stored, 0);
    }
    status = present_prepare(present, invocation, code, stored);
    if (status == STATUS_DONE)
        status = database_commit(invocation->database);
    else
        database_rollback(invocation->database);
    /* A closed pipe must be an error to answer, not the end before the answer. */
    signal(SIGPIPE, SIG_IGN);
    if (status == STATUS_DONE && !present_show(present, invocation, code, stored))
        status = take_back(invocation, stored);
    present_release(present);
    return status;
}

/* A device has one code as a rule: the old one would live on unnoticed. */
static enum status note_others(struct invocation *invocation, const struct rows *stored)
{
    const char *device = rows_text(stored, 0, "device");
    struct rows *rows = QUERY(
        invocation->database,
        "SELECT code_id, selector FROM apppass.find_codes(account => $1, device => $2)",
        rows_text(stored, 0, "account"), device);

    if (rows == NULL)
        return database_status(invocation->database);
    for (size_t row = 0; row < rows_count(rows); row++)
        if (strcmp(rows_text(rows, row, "code_id"), rows_text(stored, 0, "code_id")) != 0)
            message_note("%s has another live code: %s", device,
                         rows_text(rows, row, "selector"));
    if (rows_count(rows) > 1)
        message_hint("revoke it once the new one works; \"apppass reset\" replaces it");
    rows_free(&rows);
    return STATUS_DONE;
}

/* Make, store, show; with another code where the account has the selector already. */
static enum status issue(struct invocation *invocation, const struct order *order,
                         const struct mint_policy *policy, const struct keyfile *keys,
                         struct present *present)
{
    struct code code = {0};
    char hash[HASH_STRING_MAX];
    struct rows *stored = NULL;
    bool again = true;
    enum status status = STATUS_DONE;

    for (int i = 0; status == STATUS_DONE && again && i < MINT_TRIES; i++) {
        status = mint_code(policy, keys, &code, hash);
        if (status == STATUS_DONE)
            stored = store(invocation, order, &code, hash, &status, &again);
    }
    if (stored != NULL) {
        status = order->reset ? STATUS_DONE : note_others(invocation, stored);
        if (status == STATUS_DONE)
            status = hand_over(invocation, present, &code, stored);
        else
            database_rollback(invocation->database);
    } else if (status == STATUS_DONE) {
        message_error("could not find a free selector in %d tries", MINT_TRIES);
        status = STATUS_REFUSED;
    }
    rows_free(&stored);
    code_wipe(&code);
    sodium_memzero(hash, sizeof hash);
    return status;
}

/* An account of the realm of its domain, unless it is there. */
static enum status add_account(struct invocation *invocation, const char *account)
{
    enum status status;
    struct rows *rows;

    if (near_account_exists(invocation, account, &status) || status != STATUS_DONE)
        return status;
    rows =
        QUERY(invocation->database,
              "SELECT apppass.add_account(username => $1, reason => $2, operator => $3)",
              account, command_option(invocation, OPTION_REASON),
              command_option(invocation, OPTION_OPERATOR));
    if (rows == NULL)
        return database_status(invocation->database);
    rows_free(&rows);
    message_note("added %s", account);
    return STATUS_DONE;
}

static enum status run_order(struct invocation *invocation, struct order *order)
{
    struct mint_policy policy = {0};
    struct present present = PRESENT_NONE;
    struct keyfile *keys = NULL;
    enum status status = present_possible(invocation);

    if (status == STATUS_DONE)
        status = mint_load_keys(command_option(invocation, OPTION_KEY), &keys);
    if (status == STATUS_DONE && command_has(invocation, OPTION_ADD))
        status = add_account(invocation, order->account);
    if (status == STATUS_DONE)
        status = ask_policy(invocation, order, &policy);
    if (status == STATUS_DONE)
        status = present_find_servers(&present, invocation, order->account);
    if (status == STATUS_DONE)
        status = issue(invocation, order, &policy, keys, &present);
    keyfile_free(&keys);
    return status;
}

static enum status run_issue(struct invocation *invocation)
{
    const char *batch = command_option(invocation, OPTION_BATCH);
    struct order order = {0};
    enum status status;

    if (batch != NULL)
        return issue_batch(invocation, batch);
    if (command_argument(invocation, 0) == NULL)
        return command_usage_error(invocation, "ACCOUNT is missing");
    if (command_has(invocation, OPTION_HANDOVER))
        return issue_handover(invocation);
    status = issue_for_links(invocation);
    if (status != STATUS_DONE)
        return status;
    status = read_order(invocation, &order);
    if (status == STATUS_DONE)
        status = run_order(invocation, &order);
    release_order(&order);
    return status;
}

const struct command command_issue = {
    .name = "issue",
    .heading = "On the telephone",
    .arguments = "[ACCOUNT]",
    .role = ROLE_HELPDESK,
    .run = run_issue,
    .summary = "make a code for a device and show it once",
    .details =
        "The code is made and hashed here: the database never sees it. It is shown on\n"
        "the terminal once and cannot be shown again. With --batch the first line of the\n"
        "file names its columns: account, device and, if wanted, services, networks,\n"
        "expires, reason and ticket; the new codes go to --output.\n"
        "With --handover nobody here sees a code: the person opens the link that is\n"
        "printed, once, and makes it there. With --batch too the links go to --output,\n"
        "and --letters makes a page of each, to print.",
    .example = "apppass issue alice@example.org --device \"Phone\" --expires 1y",
    .options = {{OPTION_DEVICE, NEED_ONE},
                {OPTION_BATCH, NEED_ONE},
                {OPTION_ADD, 0},
                {OPTION_SERVICE, 0},
                {OPTION_NETWORK, 0},
                {OPTION_EXPIRES, 0},
                REASON_WELCOME,
                HANDING_OVER,
                {OPTION_PARTIAL, 0},
                {OPTION_RESUME, 0},
                {OPTION_DRY_RUN, 0},
                {OPTION_HANDOVER, 0},
                {OPTION_PIN, 0},
                {OPTION_VALID, 0},
                {OPTION_LETTERS, 0}},
};

static enum status run_reset(struct invocation *invocation)
{
    const char *grace = command_option(invocation, OPTION_GRACE);
    struct order order = {
        .account = command_argument(invocation, 0),
        .device = command_option(invocation, OPTION_DEVICE),
        .reset = true,
    };
    long seconds = 0;

    if (grace != NULL && !moment_parse_span(grace, &seconds))
        return command_usage_error(invocation, "\"%s\" is not a span; write %s", grace,
                                   moment_advice(grace, "24h, 2d or 1w"));
    snprintf(order.grace, sizeof order.grace, "%ld", seconds);
    return run_order(invocation, &order);
}

const struct command command_reset = {
    .name = "reset",
    .arguments = "ACCOUNT",
    .role = ROLE_HELPDESK,
    .run = run_reset,
    .summary = "give a device a new code in place of the old one",
    .details =
        "The new code has the services and networks of the old one. The old one ends at\n"
        "once, or after --grace.",
    .example = "apppass reset alice@example.org --device Phone --reason \"new phone\"",
    .options = {{OPTION_DEVICE, NEED_ALWAYS},
                {OPTION_GRACE, 0},
                REASON_NEEDED,
                HANDING_OVER,
                {OPTION_DRY_RUN, 0}},
};
