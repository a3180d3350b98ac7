/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ATTEMPT_H
#define APPPASS_ATTEMPT_H

/* One login attempt in, one outcome out. */

#include <stdbool.h>
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
#include "throttle.h"

/* What several verifiers of one process share; must outlive them: see verifier_open. */
struct verifier_shared {
    const struct settings *settings;
    struct keyfile *keys; /* NULL: none */
    struct memo *memo;    /* NULL: none */
    const struct log *log;
    struct throttle *throttle; /* NULL: each verifier limits its records by itself */
};

/* One verifier: a database session and what goes with it.  Used by one thread at a time.
 */
struct verifier;

/*
 * NULL and a message where the settings can't work.  Does not connect, but reads libpq's
 * service file and the like: call it before a chroot.  May be used after a fork: parent
 * and child then have connections of their own.
 */
struct verifier *verifier_new(const struct verifier_shared *shared, char *error,
                              size_t error_size) MUST_CHECK;
void verifier_free(struct verifier **verifier);

/*
 * verifier_open - what the settings name: the key file, the memo, and a throttle
 *
 * Fills *shared_r and returns the first verifier, which shows that one can work with it.
 * NULL and "apppass_x: reason" where it can't; nothing is to be closed then.  Without a
 * memo it works as well, only slower: one that can't be used is logged.  `use_memo` false
 * leaves it alone, as a check by another user must, which would create it.  Settings and
 * log are borrowed. Call it before a chroot, and close it when the last verifier has
 * gone.
 */
struct verifier *verifier_open(const struct settings *settings, bool use_memo,
                               const struct log *log, struct verifier_shared *shared_r,
                               char *error, size_t error_size) MUST_CHECK;
void verifier_close(struct verifier_shared *shared);

/* What was looked at on the way to a decision. */
enum attempt_step {
    ATTEMPT_STEP_NAME,          /* can it be a user name? */
    ATTEMPT_STEP_FORMAT,        /* is it a code by its shape? */
    ATTEMPT_STEP_DATABASE,      /* what does the database decide? */
    ATTEMPT_STEP_HASH,          /* does the code match, and may the hash be used? */
    ATTEMPT_STEP_MAIN_PASSWORD, /* may the main password be used, and does it match? */
};

enum attempt_finding { ATTEMPT_FOUND_BAD = 0, ATTEMPT_FOUND_GOOD, ATTEMPT_FOUND_NOTHING };

/* One attempt, as a door saw it.  Everything is borrowed. */
struct attempt {
    const char *username; /* authcid as typed; may hold any bytes */
    size_t username_length;
    bool domain_added;    /* the host completed it: what was typed had no domain */
    const char *password; /* as typed; may hold any bytes */
    size_t password_length;
    const char *service; /* "imap", "smtp", "HTTP", ...; NULL: unknown */
    const char *client;  /* numeric address, or SASL's "address;port"; NULL: unknown */
    /*
     * Verifies a main password, where the settings allow fallback; NULL: no such thing
     * here. Called at most once, and only where the database says the account may.
     */
    enum outcome (*main_password)(void *context, const char *username);
    /*
     * Asked before a hash is computed.  False: not now, and the attempt is postponed (see
     * struct decision).  NULL: always.  A daemon keeps threads free of hashing by it.
     */
    bool (*may_compute)(void *context);
    /*
     * Told about each step as it is taken, with a sentence for people that holds nothing
     * secret; for `apppass check`, which shows what a server would do.  ATTEMPT_FOUND_
     * NOTHING: it could not be found out.  NULL: nobody wants to know.
     */
    void (*trace)(void *context, enum attempt_step step, enum attempt_finding finding,
                  const char *sentence);
    void *context; /* of all three */
    /* Decide only: no use, no refusal, no better hash goes to the database, nothing into
     * memo and log, and no try is counted. */
    bool dry;
    /* The caller will call attempt_finish when the client has its answer. */
    bool finish_later;
};

/* What was decided.  Holds no secret. */
struct decision {
    enum outcome outcome;
    enum verdict verdict;
    char username[STORE_NAME_MAX]; /* the account's canonical name; "" where the database
                                      named none, never on OUTCOME_OK */
    int64_t code_id;               /* 0: none */
    /* may_compute said no: nothing is logged or recorded, OUTCOME_UNAVAILABLE is not for
     * the client.  Decide again when there is time to compute. */
    bool postponed;
    /* What attempt_finish has still to do; NULL: nothing.  It is in the verifier, and lost
     * where another attempt_decide comes first. */
    struct trial *left;
};

/*
 * attempt_decide - verify, record, log
 *
 * The outcome is also in decision_r.  Ends within the settings' timeout (or `deadline`,
 * whichever is sooner).  Writes exactly one log line per attempt:
 *   accepted: user=U service=S client=C code=ID
 *   refused: verdict=V user=U service=S client=C code=ID
 *   unavailable: user=U service=S client=C
 * "-" stands for what is missing.  A user name that the database did not confirm is
 * printed only where it looks like a mail address, as "?bare" where it had no domain,
 * and as "?" otherwise: people type passwords into the wrong field
 * (input_name_loggable).
 *
 * How often a wrong code is tried is limited before its hash is computed: for each code
 * and network, and for each code (throttle.h).  Beyond that it is OUTCOME_UNAVAILABLE,
 * for nobody knows whether it would have matched.  A code that the memo knows is let in
 * whatever others try.  A user name that is itself a code, or the password, is refused
 * without being asked from the database, whose log it would reach.
 *
 * A user name that can't be one (empty, too long, invalid UTF-8, control characters)
 * touches nothing.  A password that is not a code is refused without a lookup and without
 * a hash, unless main passwords are accepted; that refusal is recorded like the others,
 * without waiting for the answer and within the limits of the throttle.  Where the server
 * that takes records is another one and does not answer, connecting to it may add 0.2 s
 * to one attempt in a back-off; finish_later spares the client even that.
 */
enum outcome attempt_decide(struct verifier *verifier, const struct attempt *attempt,
                            struct deadline deadline,
                            struct decision *decision_r) MUST_CHECK;

/*
 * attempt_finish - do what attempt_decide left for when the client has its answer
 *
 * With finish_later: records the use or the refusal, and replaces a hash that policy has
 * outgrown, which takes as long as verifying one.  Without, attempt_decide does both
 * before it returns, and makes a new hash only while half of the time is left: a SASL
 * plugin has no later moment, and must not keep the code until there is one.  Wipes the
 * code it needed.  decision->left is NULL then; where it was, there is nothing to do.
 */
void attempt_finish(struct decision *decision);

#endif
