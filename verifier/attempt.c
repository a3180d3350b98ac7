/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "attempt.h"
#include "code.h"
#include "input.h"
#include "secret.h"
#include "slots.h"
#include "text.h"

#define UPGRADES_REMEMBERED 64
#define UPGRADE_PAUSE_MS    600000 /* a hash that stays old is not tried again sooner */
#define KEY_WARNING_MS      60000
#define HASH_WARNING_MS     10000
#define STACK_USED          8192 /* more than hashing a code leaves below our frames */

/* One attempt, until everything that follows from it is done; wiped as a whole. */
struct trial {
    struct verifier *verifier;
    const struct attempt *attempt; /* the caller's: NULL once it is decided */
    struct deadline deadline;
    bool later; /* what follows happens when the client has its answer */
    bool dry;
    bool postponed;
    bool (*may_compute)(void *context);
    void *context;
    bool name_good;
    char name[STORE_NAME_MAX]; /* "" unless name_good */
    char service[INPUT_SERVICE_MAX];
    struct client client;
    struct code code;
    struct row row;
    enum outcome outcome;
    enum verdict verdict;
};

struct verifier {
    struct verifier_shared shared;
    struct store *store;
    struct store *record_store; /* NULL: store */
    struct throttle *throttle;  /* the shared one, or own_throttle */
    struct throttle *own_throttle;
    struct trial trial;
    struct {
        int64_t code_id, again_at;
    } upgrades[UPGRADES_REMEMBERED];
    int64_t key_warning_at;
    const char *hash_trouble; /* static; why a hash was not computed, as logged */
    int64_t hash_trouble_at;
};

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static struct store *recorder(struct verifier *verifier)
{
    return verifier->record_store != NULL ? verifier->record_store : verifier->store;
}

/* Report to the caller's trace. */
static PRINTF(4, 5) void tell(const struct trial *trial, enum attempt_step step,
                              enum attempt_finding finding, const char *format, ...)
{
    char sentence[512];
    va_list args;

    if (trial->attempt->trace == NULL)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    trial->attempt->trace(trial->attempt->context, step, finding, sentence);
}

static enum attempt_finding finding_of(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_OK:
        return ATTEMPT_FOUND_GOOD;
    case OUTCOME_DENIED:
        return ATTEMPT_FOUND_BAD;
    case OUTCOME_UNAVAILABLE:
        break;
    }
    return ATTEMPT_FOUND_NOTHING;
}

/* The wrong option is named before what is wrong with it. */
static struct store *store_for(const char *option, const char *conninfo,
                               const struct verifier_shared *shared, char *error,
                               size_t error_size)
{
    char reason[512] = "";
    struct store *store =
        store_new(conninfo, shared->settings->idle_timeout_s,
                  shared->settings->timeout_ms, shared->log, reason, sizeof reason);

    if (store == NULL)
        snprintf(error, error_size, "%s: %s", option, reason);
    return store;
}

struct verifier *verifier_new(const struct verifier_shared *shared, char *error,
                              size_t error_size)
{
    const struct settings *settings = shared->settings;
    struct verifier *verifier;

    if (settings->conninfo == NULL) {
        snprintf(error, error_size, "apppass_conninfo is not set");
        return NULL;
    }
    if (settings->require_key &&
        (shared->keys == NULL || keyfile_newest(shared->keys) == NULL)) {
        snprintf(error, error_size,
                 shared->keys == NULL
                     ? "apppass_require_key needs apppass_key"
                     : "apppass_require_key needs a key in use: all keys in the file "
                       "of apppass_key are to come");
        return NULL;
    }
    verifier = calloc(1, sizeof *verifier);
    if (verifier == NULL) {
        snprintf(error, error_size, "no memory");
        return NULL;
    }
    verifier->shared = *shared;
    snprintf(error, error_size, "no memory");
    if (shared->throttle == NULL)
        verifier->own_throttle = throttle_new();
    verifier->throttle =
        shared->throttle != NULL ? shared->throttle : verifier->own_throttle;
    if (verifier->throttle != NULL)
        verifier->store =
            store_for("apppass_conninfo", settings->conninfo, shared, error, error_size);
    if (verifier->store != NULL && settings->record_conninfo != NULL)
        verifier->record_store =
            store_for("apppass_record_conninfo", settings->record_conninfo, shared, error,
                      error_size);
    if (verifier->store == NULL ||
        (settings->record_conninfo != NULL && verifier->record_store == NULL))
        verifier_free(&verifier);
    return verifier;
}

void verifier_free(struct verifier **pointer)
{
    struct verifier *verifier = *pointer;

    *pointer = NULL;
    if (verifier == NULL)
        return;
    store_free(&verifier->store);
    store_free(&verifier->record_store);
    throttle_free(&verifier->own_throttle);
    sodium_memzero(verifier, sizeof *verifier);
    free(verifier);
}

struct verifier *verifier_open(const struct settings *settings, bool use_memo,
                               const struct log *log, struct verifier_shared *shared_r,
                               char *error, size_t error_size)
{
    struct verifier *verifier = NULL;
    char reason[256];

    *shared_r = (struct verifier_shared){.settings = settings, .log = log};
    if (settings->key_path != NULL) {
        shared_r->keys = keyfile_load(settings->key_path, reason, sizeof reason);
        if (shared_r->keys == NULL) {
            snprintf(error, error_size, "apppass_key: %s", reason);
            return NULL;
        }
    }
    shared_r->throttle = throttle_new();
    if (settings->memo_path != NULL && use_memo)
        shared_r->memo = memo_open(settings->memo_path, log);
    (void)slots_count(); /* reads /sys, which a chroot lacks */
    if (shared_r->throttle == NULL)
        snprintf(error, error_size, "no memory");
    else
        verifier = verifier_new(shared_r, error, error_size);
    if (verifier == NULL)
        verifier_close(shared_r);
    return verifier;
}

void verifier_close(struct verifier_shared *shared)
{
    throttle_free(&shared->throttle);
    memo_close(&shared->memo);
    keyfile_free(&shared->keys);
}

/* ---- deciding ---- */

/*
 * Did somebody write this hash who can write the database only?  NULL: no sign of it.
 * Without the key nobody makes one; but a keyed one of a code of theirs can be copied to
 * another account, unless the key binds it to where it belongs.
 */
static const char *sign_of_forgery(const struct trial *trial, bool require_key)
{
    const char *hash = trial->row.hash;
    char data[HASH_DATA_SIZE];

    hash_data_of(trial->row.account_id, trial->code.selector, data);
    switch (hash_bound_to(hash, data)) {
    case HASH_BINDING_SAME:
        return NULL;
    case HASH_BINDING_OTHER:
        return "a hash that was made for another account or code";
    case HASH_BINDING_NONE:
        break;
    }
    if (!require_key)
        return NULL;
    return hash_is_keyed(hash)
               ? "a keyed hash that is bound to no account, and "
                 "apppass_require_key is on"
               : "a hash made without a key, and apppass_require_key is on";
}

static bool forged(struct trial *trial)
{
    struct verifier *verifier = trial->verifier;
    const char *sign = sign_of_forgery(trial, verifier->shared.settings->require_key);
    int64_t now = deadline_now_ms();

    if (sign == NULL)
        return false;
    tell(trial, ATTEMPT_STEP_HASH, ATTEMPT_FOUND_BAD, "refused as forged: %s", sign);
    if (!trial->dry && now >= verifier->key_warning_at) {
        verifier->key_warning_at = now + KEY_WARNING_MS;
        log_message(verifier->shared.log, LOG_LEVEL_WARNING,
                    "code %" PRId64 " has %s: refused; reset the device if it is genuine",
                    trial->row.code_id, sign);
    }
    return true;
}

/* Once in a while: a flood must not fill the log. */
static void report_hash(const struct trial *trial, const char *reason)
{
    struct verifier *verifier = trial->verifier;
    int64_t now = deadline_now_ms();

    if (trial->dry ||
        (verifier->hash_trouble == reason && now < verifier->hash_trouble_at))
        return;
    verifier->hash_trouble = reason;
    verifier->hash_trouble_at = now + HASH_WARNING_MS;
    log_message(verifier->shared.log, LOG_LEVEL_ERROR,
                "could not check the hash of code %" PRId64 ": %s", trial->row.code_id,
                reason);
}

/* Compute, where there is time for it and it is not one try too many. */
static enum outcome compute(struct trial *trial, const char **reason_r)
{
    const struct verifier_shared *shared = &trial->verifier->shared;
    const struct code *code = &trial->code;
    enum outcome outcome = OUTCOME_UNAVAILABLE;
    struct guess guess = {.code_id = trial->row.code_id,
                          .network = trial->client.network,
                          .network_length = trial->client.network_length};
    int slot;

    if (throttle_known_wrong(trial->verifier->throttle, trial->row.hash, code->symbols,
                             code->length))
        return OUTCOME_DENIED;
    if (trial->may_compute != NULL && !trial->may_compute(trial->context)) {
        trial->postponed = true;
        return OUTCOME_UNAVAILABLE;
    }
    *reason_r = "wrong codes are being tried too often";
    if (!trial->dry && !throttle_guess(trial->verifier->throttle, shared->memo, &guess,
                                       deadline_now_ms()))
        return OUTCOME_UNAVAILABLE;
    *reason_r = "too many hashes are being computed";
    slot = slots_acquire(shared->memo, trial->deadline);
    if (slot >= 0)
        outcome = hash_verify(trial->row.hash, code->symbols, code->length, shared->keys,
                              reason_r);
    slots_release(shared->memo, slot);
    /* Wrong ones alone are counted. */
    if (!trial->dry && outcome == OUTCOME_DENIED)
        throttle_note_wrong(trial->verifier->throttle, trial->row.hash, code->symbols,
                            code->length);
    else if (!trial->dry)
        throttle_unguess(trial->verifier->throttle, shared->memo, &guess);
    return outcome;
}

/* That a keyed site's other servers may be stricter than these settings is said, too. */
static const char *describe_match(const struct trial *trial)
{
    const struct verifier_shared *shared = &trial->verifier->shared;

    if (shared->keys != NULL && sign_of_forgery(trial, true) != NULL)
        return "the code matches; a server with apppass_require_key refuses it, because "
               "its hash is not bound to the account by a key";
    if (hash_needs_upgrade(trial->row.hash, &trial->row.policy, shared->keys))
        return "the code matches; the next login replaces the hash by a stronger one";
    return "the code matches";
}

static enum outcome check_hash(struct trial *trial)
{
    const struct verifier_shared *shared = &trial->verifier->shared;
    const struct code *code = &trial->code;
    const char *reason = NULL, *hash = trial->row.hash;
    enum outcome outcome;

    if (forged(trial))
        return OUTCOME_DENIED;
    if (memo_contains(shared->memo, hash, code->symbols, code->length))
        return OUTCOME_OK;
    outcome = compute(trial, &reason);
    if (outcome == OUTCOME_OK && !trial->dry)
        memo_add(shared->memo, hash, code->symbols, code->length);
    if (outcome == OUTCOME_UNAVAILABLE && !trial->postponed)
        report_hash(trial, reason);
    tell(trial, ATTEMPT_STEP_HASH, finding_of(outcome), "%s",
         outcome == OUTCOME_UNAVAILABLE ? reason
         : outcome == OUTCOME_DENIED    ? verdict_meaning(VERDICT_WRONG_CODE)
                                        : describe_match(trial));
    return outcome;
}

static enum outcome look_up(struct trial *trial, const char *selector)
{
    const struct row *row = &trial->row;
    enum outcome outcome = store_lookup(
        trial->verifier->store, trial->name, selector, or_null(trial->service),
        or_null(trial->client.text), trial->deadline, &trial->row);

    if (outcome != OUTCOME_OK)
        tell(trial, ATTEMPT_STEP_DATABASE, ATTEMPT_FOUND_NOTHING,
             "could not ask it as a mail server does");
    else if (row->verdict == VERDICT_ACCEPTED)
        tell(trial, ATTEMPT_STEP_DATABASE, ATTEMPT_FOUND_GOOD,
             "%s may use code %s (number %" PRId64 ") here", row->username, selector,
             row->code_id);
    else
        tell(trial, ATTEMPT_STEP_DATABASE,
             row->verdict == VERDICT_MAIN_PASSWORD ? ATTEMPT_FOUND_GOOD
                                                   : ATTEMPT_FOUND_BAD,
             "%s: %s", verdict_name(row->verdict), verdict_meaning(row->verdict));
    return outcome;
}

static bool may_fall_back(const struct trial *trial)
{
    return trial->verifier->shared.settings->fallback != SETTINGS_FALLBACK_NONE &&
           trial->attempt->main_password != NULL;
}

static enum outcome decide_main_password(struct trial *trial)
{
    const struct attempt *attempt = trial->attempt;
    enum verdict without = trial->verdict;
    enum outcome outcome = look_up(trial, NULL);

    if (outcome != OUTCOME_OK)
        return outcome;
    trial->verdict = trial->row.verdict;
    if (trial->verdict != VERDICT_MAIN_PASSWORD || trial->row.username[0] == '\0')
        return OUTCOME_DENIED;
    outcome = attempt->main_password(attempt->context, trial->row.username);
    tell(trial, ATTEMPT_STEP_MAIN_PASSWORD, finding_of(outcome), "%s",
         outcome == OUTCOME_OK       ? "it is the main password"
         : outcome == OUTCOME_DENIED ? "it is not the main password either"
                                     : "could not ask whether it is the main password");
    if (outcome == OUTCOME_DENIED)
        trial->verdict = without;
    return outcome;
}

static enum outcome decide_code(struct trial *trial)
{
    enum outcome outcome = look_up(trial, trial->code.selector);

    if (outcome != OUTCOME_OK)
        return outcome;
    trial->verdict = trial->row.verdict;
    /* A main password looks like a code once in a while: no code of anybody's, ask. */
    if (trial->verdict == VERDICT_UNKNOWN_CODE && may_fall_back(trial))
        return decide_main_password(trial);
    if (trial->verdict != VERDICT_ACCEPTED)
        return OUTCOME_DENIED;
    outcome = check_hash(trial);
    if (outcome == OUTCOME_DENIED)
        trial->verdict = VERDICT_WRONG_CODE;
    return outcome;
}

/* A code that a short field has cut looks like a shorter one with a slip in it. */
static void tell_format(const struct trial *trial, enum code_shape shape)
{
    const struct attempt *attempt = trial->attempt;
    size_t count;

    if (attempt->trace == NULL)
        return;
    if (shape == CODE_SHAPE_VALID) {
        tell(trial, ATTEMPT_STEP_FORMAT, ATTEMPT_FOUND_GOOD,
             "%zu symbols, check symbol right; the code starts with %s",
             trial->code.length, trial->code.selector);
        return;
    }
    count = code_count(attempt->password, attempt->password_length);
    if (shape == CODE_SHAPE_NONE)
        tell(trial, ATTEMPT_STEP_FORMAT, ATTEMPT_FOUND_BAD, "%s",
             verdict_meaning(VERDICT_NOT_A_CODE));
    else if (code_length_valid(count))
        tell(
            trial, ATTEMPT_STEP_FORMAT, ATTEMPT_FOUND_BAD,
            "%zu symbols, and the check symbol is wrong: a slip, or a longer code that a "
            "short field has cut",
            count);
    else
        tell(trial, ATTEMPT_STEP_FORMAT, ATTEMPT_FOUND_BAD,
             "%zu symbols; a code has 16, 20, 24 or 28: some are missing, or one is too "
             "many",
             count);
}

static enum outcome decide(struct trial *trial)
{
    const struct attempt *attempt = trial->attempt;
    enum code_shape shape;

    trial->verdict = VERDICT_UNKNOWN_USER;
    if (!trial->name_good) {
        tell(trial, ATTEMPT_STEP_NAME, ATTEMPT_FOUND_BAD,
             "it can't be a user name, or there is a password where the name belongs");
        return OUTCOME_DENIED;
    }
    trial->verdict = VERDICT_NOT_A_CODE;
    if (attempt->password == NULL || attempt->password_length == 0 ||
        attempt->password_length > SECRET_MAX ||
        !text_valid(attempt->password, attempt->password_length)) {
        tell(trial, ATTEMPT_STEP_FORMAT, ATTEMPT_FOUND_BAD, "%s",
             verdict_meaning(VERDICT_NOT_A_CODE));
        return OUTCOME_DENIED;
    }
    shape = code_parse(attempt->password, attempt->password_length, &trial->code);
    tell_format(trial, shape);
    if (shape == CODE_SHAPE_VALID)
        return decide_code(trial);
    if (shape == CODE_SHAPE_MISTYPED)
        trial->verdict = VERDICT_MISTYPED;
    return may_fall_back(trial) ? decide_main_password(trial) : OUTCOME_DENIED;
}

/* ---- what follows from it ---- */

static void record_refusal(const struct trial *trial)
{
    struct verifier *verifier = trial->verifier;
    bool known = trial->row.code_id != 0;
    const void *origin = trial->client.network;
    size_t length = trial->client.network_length;

    if (!trial->name_good)
        return;
    if (length == 0) {
        origin = trial->name;
        length = strlen(trial->name);
    }
    if (throttle_allow(verifier->throttle, known, origin, length, deadline_now_ms()))
        store_record_refusal(recorder(verifier), trial->verdict, trial->name,
                             trial->row.code_id, or_null(trial->service),
                             or_null(trial->client.text), trial->deadline);
}

static void record_success(const struct trial *trial)
{
    struct store *store = recorder(trial->verifier);
    const struct row *row = &trial->row;

    if (trial->verdict == VERDICT_MAIN_PASSWORD)
        store_record_main_password(store, row->username, or_null(trial->service),
                                   or_null(trial->client.text), trial->deadline);
    else if (row->record_due)
        store_record_use(store, row->code_id, or_null(trial->service),
                         or_null(trial->client.text), trial->deadline);
}

/*
 * Is it worth making a new hash now?  Where the replacement never arrives (a standby, a
 * policy that the row cannot reach), each login would compute one in vain.
 */
static bool upgrade_due(const struct trial *trial)
{
    struct verifier *verifier = trial->verifier;
    const struct row *row = &trial->row;
    size_t slot = (size_t)row->code_id % UPGRADES_REMEMBERED;
    int64_t now = deadline_now_ms();

    if (trial->verdict != VERDICT_ACCEPTED || row->code_id <= 0 ||
        !hash_needs_upgrade(row->hash, &row->policy, verifier->shared.keys) ||
        !store_records(recorder(verifier)) ||
        (verifier->upgrades[slot].code_id == row->code_id &&
         now < verifier->upgrades[slot].again_at) ||
        (trial->may_compute != NULL && !trial->may_compute(trial->context)) ||
        (!trial->later &&
         deadline_left_ms(trial->deadline) < verifier->shared.settings->timeout_ms / 2))
        return false;
    verifier->upgrades[slot].code_id = row->code_id;
    verifier->upgrades[slot].again_at = now + UPGRADE_PAUSE_MS;
    return true;
}

static void upgrade(const struct trial *trial)
{
    struct verifier *verifier = trial->verifier;
    const struct verifier_shared *shared = &verifier->shared;
    const struct code *code = &trial->code;
    const struct row *row = &trial->row;
    struct hash_policy policy = hash_upgrade_policy(row->hash, &row->policy);
    char hash[HASH_STRING_MAX], data[HASH_DATA_SIZE];
    /* Only where one is free now: logins go first, and there will be another login. */
    int slot = slots_acquire(shared->memo, deadline_in(0));
    bool made;

    hash_data_of(row->account_id, code->selector, data);
    made = slot >= 0 && hash_make(code->symbols, code->length, &policy, shared->keys,
                                  data, hash) == OUTCOME_OK;
    slots_release(shared->memo, slot);
    if (!made)
        return;
    store_upgrade_hash(recorder(verifier), row->code_id, row->hash, hash,
                       deadline_in(shared->settings->timeout_ms));
    /* It matches by construction: the next login need not compute it. */
    memo_add(shared->memo, hash, code->symbols, code->length);
}

void attempt_finish(struct decision *decision)
{
    struct trial *trial = decision->left;

    decision->left = NULL;
    if (trial == NULL)
        return;
    if (trial->later)
        trial->deadline = deadline_in(trial->verifier->shared.settings->timeout_ms);
    if (!trial->dry && trial->verdict != VERDICT_NONE && trial->outcome == OUTCOME_DENIED)
        record_refusal(trial);
    if (!trial->dry && trial->outcome == OUTCOME_OK) {
        record_success(trial);
        if (upgrade_due(trial))
            upgrade(trial);
    }
    sodium_memzero(trial, sizeof *trial);
    /* libsodium's BLAKE2b leaves the block it compressed, with the code, on the stack. */
    sodium_stackzero(STACK_USED);
}

/* The one line of an attempt. */
static void log_attempt(const struct trial *trial)
{
    const struct attempt *attempt = trial->attempt;
    enum outcome outcome = trial->outcome;
    const struct log *log = trial->verifier->shared.log;
    const char *service = trial->service[0] != '\0' ? trial->service : "-";
    const char *client = trial->client.text[0] != '\0' ? trial->client.text : "-";
    char user[STORE_NAME_MAX] = "?", code[24] = "-";

    if (attempt->username_length == 0)
        snprintf(user, sizeof user, "-");
    else if (trial->row.username[0] != '\0')
        snprintf(user, sizeof user, "%s", trial->row.username);
    else if (trial->name_good &&
             (attempt->domain_added ||
              memchr(attempt->username, '@', attempt->username_length) == NULL))
        snprintf(user, sizeof user, "?bare");
    else if (trial->name_good &&
             input_name_loggable(attempt->username, attempt->username_length,
                                 attempt->password, attempt->password_length))
        snprintf(user, sizeof user, "%s", trial->name);
    /* A name with a space in it must not look like the next field. */
    for (char *at = user; *at != '\0'; at++)
        if (*at == ' ')
            *at = '_';
    if (trial->row.code_id != 0)
        snprintf(code, sizeof code, "%" PRId64, trial->row.code_id);
    if (outcome == OUTCOME_OK)
        log_message(log, LOG_LEVEL_NOTICE,
                    "accepted: user=%s service=%s client=%s code=%s", user, service,
                    client, code);
    else if (outcome == OUTCOME_DENIED)
        log_message(log, LOG_LEVEL_REFUSAL,
                    "refused: verdict=%s user=%s service=%s client=%s code=%s",
                    verdict_name(trial->verdict), user, service, client, code);
    else
        log_message(log, LOG_LEVEL_ERROR, "unavailable: user=%s service=%s client=%s",
                    user, service, client);
}

enum outcome attempt_decide(struct verifier *verifier, const struct attempt *attempt,
                            struct deadline deadline, struct decision *decision_r)
{
    const struct settings *settings = verifier->shared.settings;
    struct deadline own = deadline_in(settings->timeout_ms);
    struct trial *trial = &verifier->trial;
    enum outcome outcome;

    memset(trial, 0, sizeof *trial);
    memset(decision_r, 0, sizeof *decision_r);
    trial->verifier = verifier;
    trial->attempt = attempt;
    trial->later = attempt->finish_later;
    trial->dry = attempt->dry;
    trial->may_compute = attempt->may_compute;
    trial->context = attempt->context;
    trial->deadline = own.at_ms < deadline.at_ms ? own : deadline;
    trial->name_good = input_name(attempt->username, attempt->username_length,
                                  settings->realm, trial->name, sizeof trial->name) &&
                       !input_name_secret(attempt->username, attempt->username_length,
                                          attempt->password, attempt->password_length);
    if (!trial->name_good)
        trial->name[0] = '\0';
    /* What can't be read is unknown: NULL for the database, "-" in the log. */
    (void)!input_service(attempt->service, trial->service);
    (void)!input_client(attempt->client, &trial->client);

    outcome = trial->outcome = decide(trial);
    if (outcome == OUTCOME_UNAVAILABLE)
        trial->verdict = VERDICT_NONE;
    decision_r->outcome = outcome;
    decision_r->verdict = trial->verdict;
    decision_r->code_id = trial->row.code_id;
    decision_r->postponed = trial->postponed;
    memcpy(decision_r->username, trial->row.username, sizeof decision_r->username);
    if (!trial->postponed && !trial->dry)
        log_attempt(trial);
    trial->attempt = NULL;
    decision_r->left = trial;
    if (trial->later)
        sodium_stackzero(STACK_USED);
    else
        attempt_finish(decision_r);
    return outcome;
}
