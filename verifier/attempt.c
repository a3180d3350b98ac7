/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "attempt.h"
#include "code.h"
#include "input.h"
#include "secret.h"

#define UPGRADES_REMEMBERED 64
#define UPGRADE_PAUSE_MS    600000 /* a hash that stays old is not tried again sooner */
#define KEY_WARNING_MS      60000
#define STACK_USED          8192 /* more than hashing a code leaves below our frames */

/* One attempt, until everything that follows from it is done; wiped as a whole. */
struct trial {
    struct verifier *verifier;
    const struct attempt *attempt; /* the caller's: NULL once it is decided */
    struct deadline deadline;
    bool later; /* what follows happens when the client has its answer */
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
};

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static struct store *recorder(struct verifier *verifier)
{
    return verifier->record_store != NULL ? verifier->record_store : verifier->store;
}

/* The option that is wrong stands before what is wrong with it. */
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
    if (settings->require_key && shared->keys == NULL) {
        snprintf(error, error_size, "apppass_require_key needs apppass_key");
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

/* ---- deciding ---- */

/*
 * Did somebody write this hash who can write the database only?  NULL: no sign of it.
 * Without the key nobody makes one; but a keyed one of a code of theirs can be copied to
 * another account, unless the key binds it to where it belongs.
 */
static const char *forgery(const struct trial *trial)
{
    const char *hash = trial->row.hash;
    bool require_key = trial->verifier->shared.settings->require_key;
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
    const char *sign = forgery(trial);
    int64_t now = deadline_now_ms();

    if (sign == NULL)
        return false;
    if (now >= verifier->key_warning_at) {
        verifier->key_warning_at = now + KEY_WARNING_MS;
        log_message(verifier->shared.log, LOG_LEVEL_WARNING,
                    "code %" PRId64 " has %s: refused; reset the device if it is genuine",
                    trial->row.code_id, sign);
    }
    return true;
}

static enum outcome check_hash(struct trial *trial)
{
    const struct verifier_shared *shared = &trial->verifier->shared;
    const struct code *code = &trial->code;
    const char *reason = "too many hashes are being computed", *hash = trial->row.hash;
    enum outcome outcome = OUTCOME_UNAVAILABLE;
    int slot;

    if (forged(trial))
        return OUTCOME_DENIED;
    if (memo_contains(shared->memo, hash, code->symbols, code->length))
        return OUTCOME_OK;
    slot = memo_slot_acquire(shared->memo, trial->deadline);
    if (slot >= 0)
        outcome = hash_verify(hash, code->symbols, code->length, shared->keys, &reason);
    memo_slot_release(shared->memo, slot);
    if (outcome == OUTCOME_OK)
        memo_add(shared->memo, hash, code->symbols, code->length);
    if (outcome == OUTCOME_UNAVAILABLE)
        log_message(shared->log, LOG_LEVEL_ERROR,
                    "could not check the hash of code %" PRId64 ": %s",
                    trial->row.code_id, reason);
    return outcome;
}

static enum outcome look_up(struct trial *trial, const char *selector)
{
    return store_lookup(trial->verifier->store, trial->name, selector,
                        or_null(trial->service), or_null(trial->client.text),
                        trial->deadline, &trial->row);
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

static enum outcome decide(struct trial *trial)
{
    const struct attempt *attempt = trial->attempt;
    enum code_shape shape;

    trial->verdict = VERDICT_UNKNOWN_USER;
    if (!trial->name_good)
        return OUTCOME_DENIED;
    trial->verdict = VERDICT_NOT_A_CODE;
    if (attempt->password == NULL || attempt->password_length == 0 ||
        attempt->password_length > SECRET_MAX ||
        !input_is_text(attempt->password, attempt->password_length))
        return OUTCOME_DENIED;
    shape = code_parse(attempt->password, attempt->password_length, &trial->code);
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
    int slot = memo_slot_acquire(shared->memo, deadline_in(0));
    bool made;

    hash_data_of(row->account_id, code->selector, data);
    made = slot >= 0 && hash_make(code->symbols, code->length, &policy, shared->keys,
                                  data, hash) == OUTCOME_OK;
    memo_slot_release(shared->memo, slot);
    if (!made)
        return;
    store_upgrade_hash(recorder(verifier), row->code_id, row->hash, hash,
                       deadline_in(shared->settings->timeout_ms));
    /* It matches by construction: the next login need not compute it. */
    memo_add(shared->memo, hash, code->symbols, code->length);
}

void verifier_finish(struct verifier *verifier)
{
    struct trial *trial = &verifier->trial;

    if (trial->later)
        trial->deadline = deadline_in(verifier->shared.settings->timeout_ms);
    if (trial->verdict != VERDICT_NONE && trial->outcome == OUTCOME_DENIED)
        record_refusal(trial);
    if (trial->outcome == OUTCOME_OK) {
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
    trial->deadline = own.at_ms < deadline.at_ms ? own : deadline;
    trial->name_good = input_name(attempt->username, attempt->username_length,
                                  settings->realm, trial->name, sizeof trial->name);
    /* What can't be read is unknown: NULL for the database, "-" in the log. */
    (void)!input_service(attempt->service, trial->service);
    (void)!input_client(attempt->client, &trial->client);

    outcome = trial->outcome = decide(trial);
    if (outcome == OUTCOME_UNAVAILABLE)
        trial->verdict = VERDICT_NONE;
    decision_r->outcome = outcome;
    decision_r->verdict = trial->verdict;
    decision_r->code_id = trial->row.code_id;
    memcpy(decision_r->username, trial->row.username, sizeof decision_r->username);
    log_attempt(trial);
    trial->attempt = NULL;
    if (trial->later)
        sodium_stackzero(STACK_USED);
    else
        verifier_finish(verifier);
    return outcome;
}
