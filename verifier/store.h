/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_STORE_H
#define APPPASS_STORE_H

/* What the verifier asks the database and tells it: the statements. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "deadline.h"
#include "hash.h"
#include "log.h"
#include "outcome.h"

/* Used by one thread at a time. */
struct store;

#define STORE_NAME_MAX 256 /* bytes of a user name, NUL included */

/* What the database said about one attempt. */
struct row {
    enum verdict verdict;          /* VERDICT_ACCEPTED: accept if the hash matches */
    int64_t code_id;               /* 0: no code known */
    int64_t account_id;            /* 0: no account known */
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
 * conninfo as PQconninfoParse takes it; copied.  The service file, the PG* variables and
 * an explicitly named passfile are read now, so that they work from inside a later
 * chroot.  NULL and a message (never quoting the conninfo) where it can't be used.
 * idle_timeout_s is passed to the server as idle_session_timeout (0: none), timeout_ms
 * plus a little as statement_timeout, so that the server gives up what we gave up.  The
 * log is borrowed and must outlive the store.
 *
 * Host names are looked up by libpq when it connects, and that lookup blocks without
 * regard to any deadline: where the resolver may fail, give addresses (hostaddr).
 */
struct store *store_new(const char *conninfo, long idle_timeout_s, long timeout_ms,
                        const struct log *log, char *error, size_t error_size) MUST_CHECK;

/* Close and free, sets *store to NULL; waits a moment for the answer of a record under
 * way.  In a forked child the parent's connection stays untouched. */
void store_free(struct store **store);

/*
 * store_lookup - ask the database about one attempt
 *
 * Borrows every argument; selector is NULL for "may this account use its main password?",
 * service and client are NULL where unknown.  OUTCOME_OK: *row_r is filled, its verdict
 * says what the database decided (VERDICT_ACCEPTED: check row_r->hash).
 * OUTCOME_UNAVAILABLE: could not find out within the deadline; logged.  Never
 * OUTCOME_DENIED.  Wipe row_r with row_wipe.
 *
 * Connects where needed, replaces a connection that the server or a fork took away and
 * repeats the lookup, and fails at once while backing off after a failed connect (1 s
 * growing to 30 s).  With several hosts each gets its share of the time left; one that
 * did not answer in its share is tried last for a while.
 */
enum outcome store_lookup(struct store *store, const char *username, const char *selector,
                          const char *service, const char *client,
                          struct deadline deadline, struct row *row_r) MUST_CHECK;
void row_wipe(struct row *row);

/*
 * Recording: sent without waiting for the answer, which is drained before the next
 * statement.  Never fails for the caller; trouble is logged once a minute.  Connects
 * where there is no connection, for a moment and not while backing off.  After a failure
 * that would repeat itself (read-only, disk full, not permitted, a lock) records are
 * dropped for a while (backoff.h), so that recording cannot hold up a lookup again and
 * again.
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

/* False while records are being dropped (see above). */
bool store_records(const struct store *store);

/* Wait (at most until the deadline) for the answers of what was sent: for tools, tests
 * and benches. */
void store_drain(struct store *store, struct deadline deadline);

#endif
