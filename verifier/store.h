/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_STORE_H
#define APPPASS_STORE_H

/* The verifier's PostgreSQL session: one kept connection, deadlines, reconnect,
 * recording. */

#include <stdbool.h>
#include <stdint.h>

#include "attributes.h"
#include "deadline.h"
#include "hash.h"
#include "log.h"
#include "outcome.h"

struct store;

#define STORE_NAME_MAX 256 /* bytes of a user name, NUL included */

/* What the database said about one attempt. */
struct row {
    enum verdict verdict;          /* VERDICT_ACCEPTED: accept if the hash matches */
    int64_t code_id;               /* 0: no code known */
    char username[STORE_NAME_MAX]; /* canonical name of the account; "" where unknown */
    char hash[HASH_STRING_MAX];    /* "" unless verdict is VERDICT_ACCEPTED and a code was
                                      asked for */
    struct hash_policy policy;     /* the realm's */
    bool record_due; /* record_use has not run in the last 5 minutes for this code,
                        service, network */
};

/*
 * store_new - prepare; does not connect
 *
 * conninfo as PQconninfoParse takes it; copied.  NULL and a message where it can't be
 * parsed. idle_timeout_s is passed to the server as idle_session_timeout (0: none). The
 * log is borrowed and must outlive the store.
 */
struct store *store_new(const char *conninfo, long idle_timeout_s, const struct log *log,
                        char *error, size_t error_size) MUST_CHECK;

/* Close and free, sets *store to NULL.  In a forked child the parent's connection stays
 * untouched. */
void store_free(struct store **store);

/*
 * store_lookup - ask the database about one attempt
 *
 * Borrows every argument; selector is NULL for "may this account use its main password?",
 * client is NULL where unknown.  OUTCOME_OK: *row_r is filled, its verdict says what the
 * database decided (VERDICT_ACCEPTED: check row_r->hash).  OUTCOME_UNAVAILABLE: could not
 * find out within the deadline; logged.  Never OUTCOME_DENIED.  Wipe row_r with row_wipe.
 *
 * Connects where needed, replaces a connection that the server or a fork took away and
 * repeats the lookup, and fails at once while backing off after a failed connect (1 s
 * growing to 30 s).
 */
enum outcome store_lookup(struct store *store, const char *username, const char *selector,
                          const char *service, const char *client,
                          struct deadline deadline, struct row *row_r) MUST_CHECK;
void row_wipe(struct row *row);

/*
 * Recording: sent without waiting for the answer, which is drained before the next
 * statement. Never fails for the caller; trouble is logged (rate-limited).  Connect,
 * where there is no connection yet, is bounded by `deadline`.
 */
void store_record_use(struct store *store, int64_t code_id, const char *service,
                      const char *client, struct deadline deadline);
void store_record_refusal(struct store *store, enum verdict verdict, const char *username,
                          int64_t code_id, const char *service, const char *client,
                          struct deadline deadline);
/* A main password let somebody in (fallback): for the readiness report. */
void store_record_main_password(struct store *store, const char *username,
                                const char *service, const char *client,
                                struct deadline deadline);

/* Replace old_hash by new_hash if the row still holds old_hash.  Sent like a record. */
void store_upgrade_hash(struct store *store, int64_t code_id, const char *old_hash,
                        const char *new_hash, struct deadline deadline);

/* Wait (at most until the deadline) for the answers of what was sent: for tools, tests
 * and benches. */
void store_drain(struct store *store, struct deadline deadline);

#endif
