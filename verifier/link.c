/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sodium.h>

#include "backoff.h"
#include "gate.h"
#include "link.h"

#define SLOW_HOST_MS        30000 /* how long a host that did not answer is tried last */
#define IDLE_CHECK_MS       1000  /* unused for longer: look whether it was closed */
#define STALE_MS            5000  /* unused for longer: the path may be dead silently */
#define RESTARTING_PAUSE_MS 100   /* between connects to a server that is starting */
#define UNPREPARED_MAX      2 /* preparing costs a round trip: not for a login or two */
#define RESULTS_MAX         2 /* of one statement: an error may follow a result */

_Static_assert(sizeof(Oid) == sizeof(unsigned), "struct statement holds OIDs");

struct link {
    const struct log *log;
    struct conninfo *conninfo;
    long timeout_ms;

    enum link_state state;
    PGconn *conn;                 /* NULL in LINK_CLOSED */
    pid_t owner;                  /* the process that opened conn */
    const struct statement *sent; /* LINK_SENT */
    unsigned reads;               /* of the answer to come, so far */
    struct gate gate;
    bool prepared, never_prepare;
    unsigned asked;      /* on this connection */
    int64_t answered_at; /* when conn was last known to be alive */

    struct backoff backoff;
    bool lenient; /* the time is too short to hold it against a host */
    char trouble[PGERROR_REASON_MAX]; /* why the last connect failed, as logged */
};

struct link *link_new(struct conninfo **conninfo, long timeout_ms, const struct log *log)
{
    struct link *link = calloc(1, sizeof *link);

    if (link == NULL) {
        conninfo_free(conninfo);
        return NULL;
    }
    link->conninfo = *conninfo;
    *conninfo = NULL;
    link->timeout_ms = timeout_ms;
    link->log = log;
    return link;
}

void link_free(struct link **pointer)
{
    struct link *link = *pointer;

    *pointer = NULL;
    if (link == NULL)
        return;
    link_close(link);
    conninfo_free(&link->conninfo);
    free(link);
}

/*
 * In a forked child the socket is the parent's.  PQfinish would say goodbye on it (and
 * close the TLS session), so the descriptor is first pointed at a socket that leads
 * nowhere.  Where none can be had, libpq's memory is given up rather than the parent's
 * session.
 */
static void detach_from_parent(struct link *link)
{
    int fd = PQsocket(link->conn), nowhere;

    if (fd >= 0) {
        nowhere = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (nowhere < 0 || dup3(nowhere, fd, O_CLOEXEC) < 0) {
            close(fd);
            link->conn = NULL;
        }
        if (nowhere >= 0)
            close(nowhere);
    }
}

void link_close(struct link *link)
{
    if (link->conn != NULL && link->owner != getpid())
        detach_from_parent(link);
    PQfinish(link->conn);
    link->conn = NULL;
    link->state = LINK_CLOSED;
    link->sent = NULL;
    link->prepared = false;
    link->asked = 0;
}

enum link_state link_state(struct link *link)
{
    if (link->conn != NULL && link->owner != getpid())
        link_close(link);
    return link->state;
}

bool link_stale(const struct link *link)
{
    return deadline_now_ms() > link->answered_at + STALE_MS;
}

bool link_hurried(const struct link *link, struct deadline deadline)
{
    return deadline_left_ms(deadline) < link->timeout_ms / 4;
}

/*
 * What a server says unasked is little: that it closes, or that a setting has changed.
 * One read takes that; where there is more, it is the end of it.  Costs a system call.
 */
void link_check(struct link *link)
{
    unsigned char byte;

    if (link->state != LINK_IDLE ||
        deadline_now_ms() <= link->answered_at + IDLE_CHECK_MS)
        return;
    for (int i = 0; i < 2; i++) {
        if (recv(PQsocket(link->conn), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
            errno == EAGAIN)
            return;
        if (i > 0 || !PQconsumeInput(link->conn))
            break;
        (void)PQisBusy(link->conn); /* has it understood */
        if (PQstatus(link->conn) == CONNECTION_BAD)
            break;
    }
    link_close(link);
}

bool link_wants_writable(const struct link *link)
{
    static const char *const writable[] = {"primary", "read-write", NULL};

    return pgerror_is(conninfo_target(link->conninfo), writable);
}

void link_served_by(struct link *link, long process)
{
    if (process != PQbackendPID(link->conn))
        link->never_prepare = true;
}

/* ---- connecting ---- */

/* Wait for the socket; false at the deadline. */
static bool wait_for(PGconn *conn, short events, struct deadline deadline)
{
    struct pollfd descriptor = {.fd = PQsocket(conn), .events = events};
    int ready;

    if (descriptor.fd < 0)
        return true; /* libpq gave up; its next call says why */
    do
        ready = poll(&descriptor, 1, deadline_left_ms(deadline));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static void discard_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* How far a connect has come, for the gate. */
struct approach {
    PGconn *conn;
    struct gate *gate;
    ConnStatusType answered; /* the request for encryption that was answered last */
    bool late;
    const char *refusal; /* static; NULL: none */
};

/* Let through what libpq waits for next. */
static enum gate_result admit(struct approach *approach, struct deadline deadline)
{
    PGconn *conn = approach->conn;
    ConnStatusType status = PQstatus(conn);
    enum gate_result result;

    if (PQgssEncInUse(conn))
        return gate_admit(approach->gate, GATE_CUT_ANY, NULL, deadline);
    if (status != CONNECTION_SSL_STARTUP && status != CONNECTION_GSS_STARTUP) {
        void *tls = PQsslInUse(conn) ? PQsslStruct(conn, "OpenSSL") : NULL;

        return gate_admit(approach->gate,
                          PQsslInUse(conn) ? GATE_CUT_RECORD : GATE_CUT_MESSAGES, tls,
                          deadline);
    }
    if (approach->answered == status)
        return gate_admit(approach->gate,
                          status == CONNECTION_SSL_STARTUP ? GATE_CUT_RECORD
                                                           : GATE_CUT_ANY,
                          NULL, deadline);
    result = gate_admit(approach->gate, GATE_CUT_BYTE, NULL, deadline);
    if (result != GATE_PASSED)
        return result;
    approach->answered = status;
    /* Neither yes nor no: the first byte of an error message. */
    return approach->gate->first != 'E' ||
                   gate_inspect(approach->gate, &approach->gate->first, 1, deadline)
               ? GATE_PASSED
               : GATE_REFUSED;
}

/* libpq has connected a socket and wants to read; false where that comes to nothing. */
static bool take_in(struct approach *approach, struct deadline deadline)
{
    struct gate *gate = approach->gate;

    if (!gate->open) {
        if (!gate_open(gate, PQsocket(approach->conn))) {
            approach->refusal = "could not be read: too many open files";
            return false;
        }
        approach->answered = CONNECTION_BAD;
    }
    switch (admit(approach, deadline)) {
    case GATE_PASSED:
        return true;
    case GATE_LATE:
        approach->late = true;
        break;
    case GATE_REFUSED:
        approach->refusal = gate->refusal;
        break;
    }
    return false;
}

/*
 * Drive libpq's connect.  A name may have several addresses, and libpq goes on to the
 * next only when one fails: a TCP handshake that took half of the time is shut down,
 * which libpq sees as a failure.
 */
static void drive_connect(struct approach *approach, struct deadline deadline)
{
    PGconn *conn = approach->conn;
    PostgresPollingStatusType want = PGRES_POLLING_WRITING;
    struct deadline handshake = deadline;
    int fd = -1;

    while (want == PGRES_POLLING_READING || want == PGRES_POLLING_WRITING) {
        bool shaking = PQstatus(conn) == CONNECTION_STARTED;

        if (shaking && PQsocket(conn) != fd)
            handshake = deadline_in(deadline_left_ms(deadline) / 2);
        fd = PQsocket(conn);
        if (deadline_passed(deadline)) {
            approach->late = true;
            return;
        }
        if (!shaking && want == PGRES_POLLING_READING) {
            if (!take_in(approach, deadline))
                return;
        } else if (!wait_for(conn, want == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                             shaking ? handshake : deadline)) {
            approach->late = true;
            if (!shaking || deadline_passed(deadline) || shutdown(fd, SHUT_RDWR) < 0)
                return;
            fd = -1;
        }
        want = PQconnectPoll(conn);
        /* Where libpq has closed its end there is a new socket, or none. */
        if (!gate_send(approach->gate, deadline) && approach->gate->open) {
            approach->late = true;
            return;
        }
    }
}

/* Why the connect has failed. */
static void explain(const struct approach *approach, char *reason, char *sqlstate_r)
{
    PGconn *conn = approach->conn;

    sqlstate_r[0] = '\0';
    if (approach->refusal != NULL) {
        snprintf(reason, PGERROR_REASON_MAX, "%s port %s %s", PQhost(conn), PQport(conn),
                 approach->refusal);
    } else if (approach->late) {
        snprintf(reason, PGERROR_REASON_MAX, "%s port %s did not answer in time",
                 PQhost(conn), PQport(conn));
    } else {
        pgerror_sqlstate(PQerrorMessage(conn), sqlstate_r);
        pgerror_line(PQerrorMessage(conn), reason, PGERROR_REASON_MAX);
        if (reason[0] == '\0')
            snprintf(reason, PGERROR_REASON_MAX, "%s port %s said more than was asked",
                     PQhost(conn), PQport(conn));
    }
}

/*
 * Connect to one host.  False: *reason says why, sqlstate too where the server said it.
 */
static bool connect_host(struct link *link, struct conninfo_host *host,
                         const char *target, struct deadline deadline, char *reason,
                         char *sqlstate)
{
    struct conninfo_parameters parameters;
    struct approach approach = {.gate = &link->gate, .answered = CONNECTION_BAD};
    PGconn *conn;
    bool good;

    conninfo_fill(link->conninfo, host, target, &parameters);
    conn = PQconnectStartParams(parameters.keywords, parameters.values, 0);
    sodium_memzero(&parameters, sizeof parameters);
    sqlstate[0] = '\0';
    if (conn == NULL) {
        snprintf(reason, PGERROR_REASON_MAX, "no memory");
        return false;
    }
    PQsetNoticeReceiver(conn, discard_notice, NULL);
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    approach.conn = conn;
    if (PQstatus(conn) != CONNECTION_BAD)
        drive_connect(&approach, deadline);
    good = PQstatus(conn) == CONNECTION_OK && gate_empty(&link->gate, PQsocket(conn));
    good =
        gate_close(&link->gate, PQsocket(conn)) && good && PQsetnonblocking(conn, 1) == 0;
    if (!good) {
        explain(&approach, reason, sqlstate);
        if (approach.late && !link->lenient)
            host->slow_until = deadline_now_ms() + SLOW_HOST_MS;
        PQfinish(conn);
        return false;
    }
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    host->slow_until = 0;
    link->conn = conn;
    link->owner = getpid();
    link->state = LINK_IDLE;
    link->answered_at = deadline_now_ms();
    return true;
}

/* PgBouncer before 1.20 refuses the startup parameter "options". */
static bool connect_host_or_pooler(struct link *link, struct conninfo_host *host,
                                   const char *target, struct deadline deadline,
                                   char *reason, char *sqlstate)
{
    if (connect_host(link, host, target, deadline, reason, sqlstate))
        return true;
    if (host->plain || strcmp(sqlstate, "08P01") != 0)
        return false;
    host->plain = true;
    if (connect_host(link, host, target, deadline, reason, sqlstate))
        return true;
    host->plain = strcmp(sqlstate, "08P01") != 0;
    return false;
}

/*
 * One round over all hosts, those that lately did not answer last.  libpq would give the
 * first black hole the whole deadline, so each host is a connect of its own, with an
 * equal share of the time left.
 */
static bool connect_round(struct link *link, const char *target, struct deadline deadline,
                          size_t rounds, char *reason, char *sqlstate)
{
    size_t count, left;
    struct conninfo_host *hosts = conninfo_hosts(link->conninfo, &count);
    long limit_ms = conninfo_connect_limit_ms(link->conninfo);
    int64_t now = deadline_now_ms();

    left = count * rounds;
    for (size_t i = 0; i < count; i++)
        hosts[i].tried = false;
    for (int slow = 0; slow < 2; slow++)
        for (size_t i = 0; i < count; i++) {
            struct conninfo_host *host = &hosts[i];
            struct deadline share =
                deadline_in(deadline_left_ms(deadline) / (int64_t)(left > 0 ? left : 1));

            if (host->tried || (slow == 0 && host->slow_until > now))
                continue;
            host->tried = true;
            if (limit_ms > 0)
                share = deadline_sooner(share, deadline_in(limit_ms));
            if (connect_host_or_pooler(link, host, target, share, reason, sqlstate))
                return true;
            left--;
        }
    return false;
}

static bool connect_any(struct link *link, struct deadline deadline, char *reason,
                        char *sqlstate)
{
    const char *target = conninfo_target(link->conninfo);

    if (target == NULL || strcmp(target, "prefer-standby") != 0)
        return connect_round(link, target, deadline, 1, reason, sqlstate);
    return connect_round(link, "standby", deadline, 2, reason, sqlstate) ||
           connect_round(link, "any", deadline, 1, reason, sqlstate);
}

static void note_connected(struct link *link)
{
    if (link->trouble[0] != '\0')
        log_message(link->log, LOG_LEVEL_NOTICE, "database reachable again");
    link->trouble[0] = '\0';
    backoff_clear(&link->backoff);
}

static void note_unreachable(struct link *link, const char *reason)
{
    backoff_grow(&link->backoff);
    if (strcmp(link->trouble, reason) == 0)
        return;
    snprintf(link->trouble, sizeof link->trouble, "%s", reason);
    log_message(link->log, LOG_LEVEL_ERROR,
                "database unreachable: %s; trying again in %d s", reason,
                link->backoff.step_ms / 1000);
}

bool link_connect(struct link *link, struct deadline deadline)
{
    static const char *const passing[] = {"57P03", "53300", NULL};
    struct deadline patience = deadline_in(deadline_left_ms(deadline) / 2);
    char reason[PGERROR_REASON_MAX] = "no time left";
    char sqlstate[PGERROR_SQLSTATE_SIZE] = "";

    if (backoff_waits(&link->backoff))
        return false;
    link->lenient = link_hurried(link, deadline);
    while (!connect_any(link, deadline, reason, sqlstate)) {
        if (link->lenient && deadline_passed(deadline))
            return false;
        if (!pgerror_is(sqlstate, passing) || deadline_passed(patience)) {
            note_unreachable(link, reason);
            return false;
        }
        poll(NULL, 0,
             RESTARTING_PAUSE_MS + (int)randombytes_uniform(RESTARTING_PAUSE_MS));
    }
    note_connected(link);
    return true;
}

bool link_connect_in_passing(struct link *link, struct deadline deadline,
                             char reason_r[PGERROR_REASON_MAX])
{
    char sqlstate[PGERROR_SQLSTATE_SIZE];

    reason_r[0] = '\0';
    if (backoff_waits(&link->backoff))
        return false;
    snprintf(reason_r, PGERROR_REASON_MAX, "no time left");
    link->lenient = true;
    if (!connect_any(link, deadline, reason_r, sqlstate))
        return false;
    note_connected(link);
    return true;
}

/* ---- statements ---- */

static void fill_reason(struct answer *answer, const char *reason)
{
    snprintf(answer->reason, sizeof answer->reason, "%s", reason);
}

/* The connection is of no more use; libpq may know why. */
static void lose(struct link *link, const char *reason, struct answer *answer_r)
{
    answer_r->kind = ANSWER_LOST;
    if (answer_r->reason[0] == '\0') {
        pgerror_line(reason != NULL ? reason : PQerrorMessage(link->conn),
                     answer_r->reason, sizeof answer_r->reason);
        if (answer_r->reason[0] == '\0')
            fill_reason(answer_r, "the connection was closed");
    }
    gate_close(&link->gate, PQsocket(link->conn));
    link_close(link);
}

enum arrival { ARRIVAL_GOOD = 0, ARRIVAL_LATE, ARRIVAL_LOST };

/*
 * Have libpq read some of the answer.  It nearly always comes in one piece, which is read
 * as it is: one read takes what fits into libpq's buffer, and no more.  What follows goes
 * through the gate.
 */
static enum arrival read_some(struct link *link, struct deadline deadline,
                              const char **refusal_r)
{
    PGconn *conn = link->conn;
    short events = PQflush(conn) > 0 ? POLLIN | POLLOUT : POLLIN;

    if (deadline_passed(deadline))
        return ARRIVAL_LATE;
    if (link->reads > 0 && events != POLLIN) {
        *refusal_r = "the server answers what it has not read";
        return ARRIVAL_LOST;
    }
    if (link->reads == 0) {
        if (!wait_for(conn, events, deadline))
            return ARRIVAL_LATE;
        link->reads++;
    } else {
        if (!link->gate.open && !gate_open(&link->gate, PQsocket(conn))) {
            *refusal_r = "could not read the answer: too many open files";
            return ARRIVAL_LOST;
        }
        switch (gate_admit(&link->gate, GATE_CUT_ANY, NULL, deadline)) {
        case GATE_PASSED:
            break;
        case GATE_LATE:
            return ARRIVAL_LATE;
        case GATE_REFUSED:
            *refusal_r = "the server sent more than an answer";
            return ARRIVAL_LOST;
        }
    }
    (void)!PQconsumeInput(conn); /* PQgetResult makes an error result of it */
    return ARRIVAL_GOOD;
}

/* Read what has passed the gate and belongs to no answer, and give the socket back. */
static bool leave_gate(struct link *link)
{
    PGconn *conn = link->conn;

    if (!link->gate.open)
        return true;
    while (!gate_empty(&link->gate, PQsocket(conn)))
        if (!PQconsumeInput(conn) || PQstatus(conn) == CONNECTION_BAD)
            return false;
    return gate_close(&link->gate, PQsocket(conn));
}

/* Is it what may come of a statement that is neither COPY nor several? */
static bool expected(const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_FATAL_ERROR:
        return true;
    default:
        return false;
    }
}

/* All results of the statement: the error if there is one, else the first. */
static enum arrival gather(struct link *link, struct deadline deadline,
                           PGresult **result_r, const char **refusal_r)
{
    static const char nonsense[] = "the server sent what no PostgreSQL server sends";
    PGconn *conn = link->conn;
    PGnotify *unasked;
    PGresult *next;

    for (int count = 0;; count++) {
        while (PQisBusy(conn)) {
            enum arrival arrival = read_some(link, deadline, refusal_r);

            if (arrival != ARRIVAL_GOOD)
                return arrival;
        }
        next = PQgetResult(conn);
        if (next == NULL)
            break;
        if (count == 0 || PQresultStatus(next) == PGRES_FATAL_ERROR) {
            PQclear(*result_r);
            *result_r = next;
        } else {
            PQclear(next);
        }
        if (count >= RESULTS_MAX || !expected(*result_r)) {
            *refusal_r = nonsense;
            return ARRIVAL_LOST;
        }
    }
    /* Nobody listens here. */
    unasked = PQnotifies(conn);
    if (unasked != NULL) {
        PQfreemem(unasked);
        *refusal_r = nonsense;
        return ARRIVAL_LOST;
    }
    return leave_gate(link) ? ARRIVAL_GOOD : ARRIVAL_LOST;
}

/* What the server said in its error; a fatal one is the end of the connection. */
static void judge(struct link *link, PGresult *result, struct answer *answer_r)
{
    static const char *const fatal[] = {"08", "57P01", "57P02", "57P03", "57P05", NULL};
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    snprintf(answer_r->sqlstate, sizeof answer_r->sqlstate, "%s",
             sqlstate != NULL ? sqlstate : "");
    pgerror_line(primary != NULL ? primary : PQerrorMessage(link->conn), answer_r->reason,
                 sizeof answer_r->reason);
    answer_r->kind = ANSWER_ERROR;
    if (PQstatus(link->conn) == CONNECTION_BAD || sqlstate == NULL ||
        pgerror_is(sqlstate, fatal))
        lose(link, NULL, answer_r);
}

/* Wait for the answer of what was sent. */
static void await_answer(struct link *link, struct deadline deadline,
                         struct answer *answer_r)
{
    PGresult *result = NULL;
    const char *refusal = NULL;

    memset(answer_r, 0, offsetof(struct answer, reason));
    answer_r->reason[0] = '\0';
    answer_r->rows = NULL;
    switch (gather(link, deadline, &result, &refusal)) {
    case ARRIVAL_LATE:
        answer_r->kind = ANSWER_LATE;
        fill_reason(answer_r, "no answer in time");
        PQclear(result);
        return;
    case ARRIVAL_LOST:
        PQclear(result);
        result = NULL;
        break;
    case ARRIVAL_GOOD:
        break;
    }
    if (result == NULL) {
        lose(link, refusal, answer_r);
        return;
    }
    link->answered_at = deadline_now_ms();
    link->state = LINK_IDLE;
    link->sent = NULL;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
        judge(link, result, answer_r);
        PQclear(result);
        return;
    }
    answer_r->kind = ANSWER_ROWS;
    answer_r->rows = result;
}

static void note_sent(struct link *link, const struct statement *statement)
{
    link->state = LINK_SENT;
    link->sent = statement;
    link->reads = 0;
}

bool link_send(struct link *link, const struct statement *statement,
               const char *const *values)
{
    if (PQsendQueryParams(link->conn, statement->sql, statement->count, statement->types,
                          values, NULL, NULL, 0) != 1 ||
        PQflush(link->conn) < 0) {
        link_close(link);
        return false;
    }
    note_sent(link, statement);
    return true;
}

/* Prepare the statement once a connection has shown that it is used more than once or
 * twice.  False where the link is no more idle. */
static bool prepare(struct link *link, const struct statement *statement,
                    struct deadline deadline, struct answer *answer_r)
{
    if (link->prepared || link->never_prepare || statement->name == NULL ||
        link->asked++ < UNPREPARED_MAX || link_hurried(link, deadline) ||
        PQsendPrepare(link->conn, statement->name, statement->sql, statement->count,
                      statement->types) != 1)
        return true;
    note_sent(link, statement);
    await_answer(link, deadline, answer_r);
    if (answer_r->kind == ANSWER_LATE || answer_r->kind == ANSWER_LOST)
        return false;
    link->prepared = answer_r->kind == ANSWER_ROWS;
    link->never_prepare = !link->prepared;
    answer_free(answer_r);
    return true;
}

static void ask(struct link *link, const struct statement *statement,
                const char *const *values, struct deadline deadline,
                struct answer *answer_r)
{
    int sent;

    if (!prepare(link, statement, deadline, answer_r))
        return;
    if (link->prepared && statement->name != NULL)
        sent = PQsendQueryPrepared(link->conn, statement->name, statement->count, values,
                                   NULL, NULL, 0);
    else
        sent = PQsendQueryParams(link->conn, statement->sql, statement->count,
                                 statement->types, values, NULL, NULL, 0);
    if (sent != 1) {
        answer_r->sqlstate[0] = answer_r->reason[0] = '\0';
        lose(link, NULL, answer_r);
        return;
    }
    note_sent(link, statement);
    await_answer(link, deadline, answer_r);
}

void link_ask(struct link *link, const struct statement *statement,
              const char *const *values, struct deadline deadline,
              struct answer *answer_r)
{
    static const char *const pooled[] = {"26000", "42P05", "0A000", NULL};
    bool in_a_hurry = link_hurried(link, deadline);

    ask(link, statement, values, deadline, answer_r);
    if (answer_r->kind == ANSWER_ERROR && link->prepared &&
        pgerror_is(answer_r->sqlstate, pooled)) {
        link->prepared = false;
        link->never_prepare = true;
        ask(link, statement, values, deadline, answer_r);
    }
    if (answer_r->kind == ANSWER_LATE && (!in_a_hurry || link->reads > 0)) {
        gate_close(&link->gate, PQsocket(link->conn));
        link_close(link);
    }
}

void link_collect(struct link *link, struct deadline deadline, struct answer *answer_r)
{
    int there = 0;

    /* Most often it is there: no wait. */
    if (link->reads == 0 && ioctl(PQsocket(link->conn), FIONREAD, &there) == 0 &&
        there > 0) {
        link->reads++;
        (void)!PQconsumeInput(link->conn);
    }
    await_answer(link, deadline, answer_r);
    if (answer_r->kind == ANSWER_LATE && link->reads > 0)
        lose(link, "no answer in time", answer_r);
}

const struct statement *link_sent(const struct link *link)
{
    return link->sent;
}

/* ---- answers ---- */

size_t answer_rows(const struct answer *answer)
{
    return (size_t)PQntuples(answer->rows);
}

size_t answer_columns(const struct answer *answer)
{
    return (size_t)PQnfields(answer->rows);
}

const char *answer_text(const struct answer *answer, size_t column, size_t *length_r)
{
    if (length_r != NULL)
        *length_r = (size_t)PQgetlength(answer->rows, 0, (int)column);
    return PQgetisnull(answer->rows, 0, (int)column)
               ? NULL
               : PQgetvalue(answer->rows, 0, (int)column);
}

void answer_free(struct answer *answer)
{
    PQclear(answer->rows);
    answer->rows = NULL;
}
