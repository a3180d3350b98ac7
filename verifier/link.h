/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LINK_H
#define APPPASS_LINK_H

/*
 * One kept connection to PostgreSQL: hosts, deadlines, back-off, forks, poolers.
 *
 * Every wait ends by the deadline it is given, whatever the server says or doesn't say,
 * and an answer takes a bounded number of bytes: a server that sends anything else than
 * PostgreSQL would has lost the connection.  Host names alone are looked up by libpq
 * without regard to any deadline: where the resolver may fail, give addresses (hostaddr).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "conninfo.h"
#include "deadline.h"
#include "log.h"
#include "pgerror.h"

/* Used by one thread at a time. */
struct link;

enum link_state {
    LINK_CLOSED = 0, /* no connection */
    LINK_IDLE,       /* connected, nothing under way */
    LINK_SENT,       /* connected, the answer of a statement is to come: link_collect */
};

#define STATEMENT_VALUES_MAX 5

struct statement {
    const char *doing; /* for messages: "could not <doing>" */
    const char *sql;
    const char *name; /* to prepare it by, where it is used often; NULL: never */
    int count;        /* of its parameters */
    /* OIDs of pg_type.dat, fixed for good; 0 lets the server infer. */
    unsigned types[STATEMENT_VALUES_MAX];
};

enum answer_kind {
    ANSWER_LOST = 0, /* there is no connection any more */
    ANSWER_LATE,     /* not by the deadline */
    ANSWER_ERROR,    /* the server said why not; the connection is as good as before */
    ANSWER_ROWS,
};

struct answer {
    enum answer_kind kind;
    char sqlstate[PGERROR_SQLSTATE_SIZE]; /* ANSWER_ERROR, and ANSWER_LOST where known */
    char reason[PGERROR_REASON_MAX];      /* for all but ANSWER_ROWS */
    struct pg_result *rows;               /* ANSWER_ROWS */
};

/* Takes conninfo over.  timeout_ms: what a whole attempt usually has.  The log is
 * borrowed.  NULL: no memory (conninfo is then freed). */
struct link *link_new(struct conninfo **conninfo, long timeout_ms,
                      const struct log *log) MUST_CHECK;

/* Close and free.  In a forked child the parent's connection stays untouched. */
void link_free(struct link **link);

/* Where we are; a connection of the parent's is closed here first. */
enum link_state link_state(struct link *link) MUST_CHECK;

/* Close a connection that the server has closed while it lay unused. */
void link_check(struct link *link);

/* Has it lain unused for so long that the path may be dead without a word? */
bool link_stale(const struct link *link) MUST_CHECK;

/* Has whoever comes with so little time waited elsewhere, so that being late is nobody's
 * fault here?  Less than a quarter of what an attempt usually has. */
bool link_hurried(const struct link *link, struct deadline deadline) MUST_CHECK;

/* To LINK_CLOSED, whatever it was. */
void link_close(struct link *link);

/*
 * link_connect - from LINK_CLOSED to LINK_IDLE, or find out that it is too early to try
 *
 * A server that is starting, or out of connections, is asked again for half of the time.
 * After a failure it is left alone for a while (backoff.h), which is logged once; but not
 * after being late with a link_hurried deadline.
 * With several hosts each gets its share of the time; one that did not answer in its
 * share is tried last for a while.
 */
bool link_connect(struct link *link, struct deadline deadline) MUST_CHECK;

/*
 * link_connect_in_passing - the same for something that may as well be left out
 *
 * Tries once; that the time was too short is held against nobody.  reason_r says why not,
 * "" where it was too early.
 */
bool link_connect_in_passing(struct link *link, struct deadline deadline,
                             char reason_r[PGERROR_REASON_MAX]) MUST_CHECK;

/*
 * link_ask - send a statement and wait for its answer: from LINK_IDLE
 *
 * Where nothing of the answer had come by a link_hurried deadline, the link stays
 * LINK_SENT; late otherwise it is closed.  Free the answer with
 * answer_free.
 */
void link_ask(struct link *link, const struct statement *statement,
              const char *const *values, struct deadline deadline,
              struct answer *answer_r);

/* Send a statement and don't wait: from LINK_IDLE to LINK_SENT.  False: closed. */
bool link_send(struct link *link, const struct statement *statement,
               const char *const *values);

/* From LINK_SENT: the answer; ANSWER_LATE leaves the link as it was. */
void link_collect(struct link *link, struct deadline deadline, struct answer *answer_r);

/* What the answer to come belongs to: LINK_SENT only. */
const struct statement *link_sent(const struct link *link);

/*
 * link_served_by - tell which server process answered
 *
 * A pooler invents the process id that it tells a client.  Behind one, a statement that
 * we have prepared may next time be unknown, or be another one by that name, of somebody
 * who shares the pool and wants to decide who gets in: never prepare there.
 */
void link_served_by(struct link *link, long process);

/* Did the conninfo ask for a server that takes writes? */
bool link_wants_writable(const struct link *link) MUST_CHECK;

size_t answer_rows(const struct answer *answer) MUST_CHECK;
size_t answer_columns(const struct answer *answer) MUST_CHECK;

/* A value of the first row, NUL-terminated; NULL where it is null.  length_r may be NULL.
 */
const char *answer_text(const struct answer *answer, size_t column, size_t *length_r);

void answer_free(struct answer *answer);

#endif
