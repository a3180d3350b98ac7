/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ATTEMPT_H
#define APPPASS_ATTEMPT_H

/* One login attempt in, one outcome out. */

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "deadline.h"
#include "hash.h"
#include "log.h"
#include "memo.h"
#include "outcome.h"
#include "settings.h"
#include "store.h"

/* What several verifiers of one process share; all borrowed, all must outlive them. */
struct verifier_shared {
    const struct settings *settings;
    const struct hash_keys *keys; /* NULL: none */
    struct memo *memo;            /* NULL: none */
    const struct log *log;
};

/* One verifier: a database session and what goes with it.  Used by one thread at a time.
 */
struct verifier;

/* NULL and a message where the settings can't work.  Does not connect. */
struct verifier *verifier_new(const struct verifier_shared *shared, char *error,
                              size_t error_size) MUST_CHECK;
void verifier_free(struct verifier **verifier);

/* One attempt, as a door saw it.  Everything is borrowed. */
struct attempt {
    const char *username; /* authcid as typed; may hold any bytes */
    size_t username_length;
    const char *password; /* as typed; may hold any bytes */
    size_t password_length;
    const char *service; /* "imap", "smtp", "HTTP", ...; NULL: unknown */
    const char *client;  /* numeric address, or SASL's "address;port"; NULL: unknown */
    /*
     * Verifies a main password, where the settings allow fallback; NULL: no such thing
     * here. Called at most once, and only where the database says the account may.
     */
    enum outcome (*main_password)(void *context, const char *username);
    void *context;
};

/* What was decided.  Holds no secret. */
struct decision {
    enum outcome outcome;
    enum verdict verdict;
    char username[STORE_NAME_MAX]; /* canonical account name on OUTCOME_OK; else "" or
                                      known name */
    int64_t code_id;               /* 0: none */
};

/*
 * attempt_decide - verify, record, log
 *
 * The outcome is also in decision_r.  Ends within the settings' timeout (or `deadline`,
 * whichever is sooner).  Writes exactly one log line per attempt:
 *   accepted: user=U service=S client=C code=ID
 *   refused: verdict=V user=U service=S client=C code=ID
 *   unavailable: user=U service=S client=C
 * A user name that the database did not confirm is printed only where it looks like a
 * mail address, and as "?" otherwise: people type passwords into the wrong field.
 */
enum outcome attempt_decide(struct verifier *verifier, const struct attempt *attempt,
                            struct deadline deadline,
                            struct decision *decision_r) MUST_CHECK;

#endif
