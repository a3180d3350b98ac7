/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SESSION_H
#define APPPASS_SESSION_H

/*
 * The clients held at once: a fixed pool of sessions, and the queue between the listener
 * that reads them and the workers that decide.
 *
 * Two queues: a request is first looked up, which takes moments; where that shows that a
 * hash must be computed, it may have to wait in the second one, because one worker less
 * than there are computes at a time.  So a flood of wrong codes, or of devices that come
 * back at once, leaves a worker for everybody whose code is known.
 *
 * Each queue is served in turns: whoever has fewest requests ahead of the same user name or
 * from the same network, and in the order of arrival where that is equal.  So a hundred
 * clients that guess at one account, or from one place, are one to all others.
 *
 * A session belongs to the listener while it is read, to the pool while it waits, to one
 * worker while it is decided.  Whoever owns it ends it, with or without a reply.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "attributes.h"
#include "configuration.h"
#include "deadline.h"
#include "protocol.h"

struct session {
    TAILQ_ENTRY(session) link; /* in the list of its owner */
    int fd;
    bool busy;                /* a worker has it */
    bool computing;           /* and may compute hashes for it */
    bool postponed;           /* it waits, or waited, for a worker that may */
    size_t rank;              /* how many like it were ahead when it came */
    struct deadline deadline; /* of the whole request, from accept(2) */
    struct request request;
};

TAILQ_HEAD(session_list, session);

/* "user=U service=S client=C" as attempt_decide logs it, for a session it never saw. */
#define SESSION_WHO_MAX 512
void session_describe(const struct session *session, char who[SESSION_WHO_MAX]);

struct pool;

/* What has been answered since the start. */
struct pool_counts {
    unsigned long accepted;
    unsigned long refused;
    unsigned long unavailable; /* closed without reply */
};

/*
 * pool_new - room for `size` sessions, of which `computing` may have hashes computed at
 * once (at least one); holds `configuration` (borrowed: takes its own
 * reference).  `wake_fd` is an eventfd(2) that is written to when a full pool has room
 * again, and after pool_stop for each session that ends.  NULL: no memory.
 */
struct pool *pool_new(size_t size, size_t computing, struct configuration *configuration,
                      int wake_fd) MUST_CHECK;

/* Free; all threads are gone. */
void pool_free(struct pool **pool);

/* A session for a client that was accepted on `fd`; NULL where the pool is full. */
struct session *pool_admit(struct pool *pool, int fd,
                           struct deadline deadline) MUST_CHECK;

/* How many sessions there can be and are; is there room for one more? */
size_t pool_size(const struct pool *pool) MUST_CHECK;
bool pool_has_room(struct pool *pool) MUST_CHECK;
size_t pool_used(struct pool *pool) MUST_CHECK;

/* The listener has a whole request: queue it. */
void pool_submit(struct pool *pool, struct session *session);

/*
 * pool_take - the next request, for a worker that runs with `configuration`
 *
 * Waits.  NULL where the worker should look around: the configuration has changed, or
 * pool_ended.
 */
struct session *pool_take(struct pool *pool,
                          const struct configuration *configuration) MUST_CHECK;

/* May the worker that has this session compute a hash now?  True stays true until it is
 * finished or postponed. */
bool pool_may_compute(struct pool *pool, struct session *session) MUST_CHECK;

/* Not now: the session waits for a worker that may. */
void pool_postpone(struct pool *pool, struct session *session);

/* The client has its answer: reply as the outcome says (none for OUTCOME_UNAVAILABLE),
 * hang up, wipe the request.  The session is still its owner's, and a worker still busy.
 */
void session_answer(struct session *session, enum outcome outcome);

/* The owner, who has taken it off its own list, is done: session_answer, where that has
 * not been, and a place is free. */
void pool_finish(struct pool *pool, struct session *session, enum outcome outcome);

/*
 * pool_expire - take one waiting session off the queue whose deadline has passed
 *
 * NULL where there is none; *next_r is then the first deadline to come, and untouched
 * where nobody waits.
 */
struct session *pool_expire(struct pool *pool, struct deadline *next_r) MUST_CHECK;

/* Has a worker been busy `grace_ms` longer than its request's deadline? */
bool pool_stuck(struct pool *pool, int grace_ms) MUST_CHECK;

/* The current configuration, with a reference for the caller; or another one from now on
 * (its reference goes to the pool). */
struct configuration *pool_configuration(struct pool *pool) MUST_CHECK;
void pool_reconfigure(struct pool *pool, struct configuration *configuration);

/* No new clients: write to wake_fd whenever a session ends. */
void pool_stop(struct pool *pool);

/* The workers shall go; those that wait return at once. */
void pool_end(struct pool *pool);
bool pool_ended(struct pool *pool) MUST_CHECK;

struct pool_counts pool_counts(struct pool *pool);

#endif
