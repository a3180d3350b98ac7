/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sodium.h>

#include "store.h"

#define BACKOFF_MIN_MS      1000
#define BACKOFF_MAX_MS      30000
#define SLOW_HOST_MS        30000 /* how long a host that did not answer is tried last */
#define IDLE_CHECK_MS       1000  /* unused for longer: look whether it was closed */
#define STALE_MS            5000  /* unused for longer: the path may be dead silently */
#define RECORD_CONNECT_MS   200   /* a record waits this long for a connection */
#define RECORD_WAIT_MS      250   /* a record waits this long for the one before it */
#define RECORD_PAUSE_MS     60000 /* no records after a failure that would repeat */
#define RECORD_BREATH_MS    5000  /* or that may have passed by then: a lock */
#define REPEAT_MESSAGE_MS   60000 /* the same trouble is logged again after this */
#define RESTARTING_PAUSE_MS 100   /* between connects to a server that is starting */
#define FREE_WAIT_MS        1000  /* a pooler forgets the record of who has gone */
#define STATEMENT_GRACE_MS  500
#define PARAMETERS_MAX      128 /* libpq 15 knows 42 keywords */
#define REASON_MAX          512
#define SQLSTATE_SIZE       6
#define LOOKUP_NAME         "apppass_lookup"
#define UNPREPARED_LOOKUPS  2 /* preparing costs a round trip: not for a login or two */
#define LOOKUP_COLUMNS      10
#define PROBE_MARK          "apppass-reads-only-the-settings"

/* Type OIDs of pg_type.dat, fixed for good; 0 lets the server infer (our enum). */
enum { OID_INFERRED = 0, OID_INT8 = 20, OID_TEXT = 25, OID_INET = 869 };

struct statement {
    const char *doing; /* for messages: "could not <doing>" */
    const char *sql;
    int count;
    Oid types[5];
};

static const struct statement lookup_statement = {
    "look up a login",
    "SELECT verdict, code_id, account_name, hash, memory_kib, passes, lanes, record_due,"
    " account_id, pg_catalog.pg_backend_pid() FROM apppass.lookup($1, $2, $3, $4)",
    4,
    {OID_TEXT, OID_TEXT, OID_TEXT, OID_INET},
};
static const struct statement use_statement = {
    "record a use",
    "SELECT apppass.record_use($1, $2, $3)",
    3,
    {OID_INT8, OID_TEXT, OID_INET},
};
static const struct statement refusal_statement = {
    "record a refusal",
    "SELECT apppass.record_refusal($1, $2, $3, $4, $5)",
    5,
    {OID_INFERRED, OID_TEXT, OID_INT8, OID_TEXT, OID_INET},
};
static const struct statement main_password_statement = {
    "record a main password",
    "SELECT apppass.record_main_password($1, $2, $3)",
    3,
    {OID_TEXT, OID_TEXT, OID_INET},
};
static const struct statement upgrade_statement = {
    "upgrade a hash",
    "SELECT apppass.upgrade_hash($1, $2, $3)",
    3,
    {OID_INT8, OID_TEXT, OID_TEXT},
};

/* One entry of the conninfo's host list. */
struct host {
    char *name;     /* NULL: libpq's default, or address only */
    char *address;  /* NULL: look the name up */
    char *port;     /* NULL: libpq's default */
    char *password; /* from an explicit passfile, read before a chroot; NULL: none */
    bool plain;     /* a pooler that takes no startup options */
    bool tried;     /* in this round */
    int64_t slow_until;
};

struct trouble {
    char text[REASON_MAX];
    int64_t logged_at;
};

struct store {
    const struct log *log;
    PQconninfoOption *settings;
    char *options; /* startup options: the user's and ours */
    char *target;  /* target_session_attrs; NULL: any */
    struct host *hosts;
    size_t host_count;
    long connect_limit_ms; /* the conninfo's connect_timeout; 0: none */

    PGconn *conn; /* NULL: none */
    pid_t owner;  /* the process that opened conn */
    bool prepared, never_prepare;
    unsigned lookups;                /* on this connection */
    const struct statement *pending; /* sent, not yet answered */
    int64_t answered_at;             /* when conn was last known to be alive */

    int backoff_ms, record_backoff_ms;
    int64_t retry_at;
    bool
        hurried; /* connecting for a record: who is late now may be in time for a login */
    struct trouble connecting, asking, recording;
    char repeat_reason[REASON_MAX]; /* why the last lookup was repeated */
    int64_t record_after;
};

struct parameters {
    const char *keywords[PARAMETERS_MAX + 1];
    const char *values[PARAMETERS_MAX + 1];
    size_t count;
};

static void set_parameter(struct parameters *parameters, const char *keyword,
                          const char *value)
{
    if (value == NULL || *value == '\0' || parameters->count == PARAMETERS_MAX)
        return;
    parameters->keywords[parameters->count] = keyword;
    parameters->values[parameters->count++] = value;
}

static char *copy_string(const char *text)
{
    return text == NULL || *text == '\0' ? NULL : strdup(text);
}

static void free_secret(char *text)
{
    if (text != NULL)
        sodium_memzero(text, strlen(text));
    free(text);
}

static void free_settings(PQconninfoOption *settings)
{
    for (PQconninfoOption *option = settings; option != NULL && option->keyword != NULL;
         option++)
        if (option->val != NULL)
            sodium_memzero(option->val, strlen(option->val));
    PQconninfoFree(settings);
}

static PQconninfoOption *find_setting(PQconninfoOption *settings, const char *keyword)
{
    for (; settings->keyword != NULL; settings++)
        if (strcmp(settings->keyword, keyword) == 0)
            return settings;
    return NULL;
}

static const char *setting(PQconninfoOption *settings, const char *keyword)
{
    PQconninfoOption *option = find_setting(settings, keyword);

    return option != NULL && option->val != NULL && *option->val != '\0' ? option->val
                                                                         : NULL;
}

static void unset(PQconninfoOption *settings, const char *keyword)
{
    PQconninfoOption *option = find_setting(settings, keyword);

    if (option != NULL && option->val != NULL)
        *option->val = '\0';
}

static bool ends_in_source_line(const char *line, size_t length)
{
    while (length > 0 && line[length - 1] >= '0' && line[length - 1] <= '9')
        length--;
    return length > 3 && memcmp(line + length - 3, ".c:", 3) == 0;
}

/*
 * libpq's messages have several lines and end in a newline; in a log they are one line.
 * The server's source line, which verbose messages carry, is left out.
 */
static void flatten(const char *message, char *line, size_t size)
{
    size_t used = 0;

    line[0] = '\0';
    while (*message != '\0') {
        size_t length;

        message += strspn(message, " \t"); /* hints are indented */
        length = strcspn(message, "\n");

        if (length > 0 && !ends_in_source_line(message, length)) {
            int written = snprintf(line + used, size - used, "%s%.*s",
                                   used > 0 ? "; " : "", (int)length, message);

            if (written < 0 || (size_t)written >= size - used)
                break;
            used += (size_t)written;
        }
        message += length;
        message += *message == '\n';
    }
    log_sanitise(line);
}

/*
 * The SQLSTATE of a failed connect.  libpq has no accessor for it, only the verbose form
 * of the message, "FATAL:  57P03: the database ...", whose words depend on the locale.
 */
static void find_sqlstate(const char *message, char sqlstate[SQLSTATE_SIZE])
{
    static const char symbols[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    sqlstate[0] = '\0';
    for (const char *at = message; (at = strstr(at, ":  ")) != NULL; at++) {
        if (strspn(at + 3, symbols) != SQLSTATE_SIZE - 1 || at[SQLSTATE_SIZE + 2] != ':')
            continue;
        memcpy(sqlstate, at + 3, SQLSTATE_SIZE - 1);
        sqlstate[SQLSTATE_SIZE - 1] = '\0';
    }
}

static bool is_one_of(const char *sqlstate, const char *const *list)
{
    for (; sqlstate != NULL && *list != NULL; list++)
        if (strncmp(sqlstate, *list, strlen(*list)) == 0)
            return true;
    return false;
}

static const char *advice(const char *sqlstate)
{
    static const char *const denied[] = {"42501", NULL};
    static const char *const missing[] = {"42883", "3F000", "42P01",
                                          "42703", "42704", NULL};
    static const char *const read_only[] = {"25006", NULL};

    if (is_one_of(sqlstate, denied))
        return ": has this role been granted apppass_verifier?";
    if (is_one_of(sqlstate, missing))
        return ": is the schema apppass deployed in this database, and up to date?";
    if (is_one_of(sqlstate, read_only))
        return ": set apppass_record_conninfo to a server that takes writes";
    return "";
}

/* Log a trouble when it is new or has lasted. */
static void report(struct store *store, struct trouble *trouble, enum log_level level,
                   const struct statement *statement, const char *reason,
                   const char *hint)
{
    int64_t now = deadline_now_ms();

    if (strcmp(trouble->text, reason) == 0 &&
        now < trouble->logged_at + REPEAT_MESSAGE_MS)
        return;
    snprintf(trouble->text, sizeof trouble->text, "%s", reason);
    trouble->logged_at = now;
    log_message(store->log, level, "could not %s: %s%s", statement->doing, reason, hint);
}

/* ---- the connection ---- */

/*
 * In a forked child the socket is the parent's.  PQfinish would say goodbye on it (and
 * close the TLS session), so the descriptor is first pointed at a socket that leads
 * nowhere.  Where none can be had, libpq's memory is given up rather than the parent's
 * session.
 */
static void detach_from_parent(struct store *store)
{
    int fd = PQsocket(store->conn), nowhere;

    if (fd >= 0) {
        nowhere = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (nowhere < 0 || dup3(nowhere, fd, O_CLOEXEC) < 0) {
            close(fd);
            store->conn = NULL;
        }
        if (nowhere >= 0)
            close(nowhere);
    }
}

static void disconnect(struct store *store)
{
    if (store->conn != NULL && store->owner != getpid())
        detach_from_parent(store);
    PQfinish(store->conn);
    store->conn = NULL;
    store->prepared = false;
    store->pending = NULL;
    store->lookups = 0;
}

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

static struct deadline sooner(struct deadline one, struct deadline other)
{
    return one.at_ms < other.at_ms ? one : other;
}

static void discard_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* Everything of the conninfo but what differs between hosts or is ours to say. */
static void fill_parameters(struct store *store, const struct host *host,
                            const char *target, struct parameters *parameters)
{
    static const char *const ours[] = {
        "client_encoding",      "host", "hostaddr", "port", "options", "service",
        "target_session_attrs", NULL};
    const char *passfile = setting(store->settings, "passfile");

    memset(parameters, 0, sizeof *parameters);
    set_parameter(parameters, "application_name", "apppass");
    if (host->password != NULL && (passfile == NULL || access(passfile, R_OK) != 0))
        set_parameter(parameters, "password", host->password);
    for (const PQconninfoOption *option = store->settings; option->keyword != NULL;
         option++) {
        bool skip = false;

        for (const char *const *name = ours; *name != NULL; name++)
            skip = skip || strcmp(option->keyword, *name) == 0;
        if (!skip)
            set_parameter(parameters, option->keyword, option->val);
    }
    set_parameter(parameters, "client_encoding", "UTF8");
    set_parameter(parameters, "host", host->name);
    set_parameter(parameters, "hostaddr", host->address);
    set_parameter(parameters, "port", host->port);
    set_parameter(parameters, "target_session_attrs", target);
    if (!host->plain)
        set_parameter(parameters, "options", store->options);
}

/*
 * Drive libpq's connect; true where some address did not answer in time.  A name may have
 * several, and libpq goes on to the next only when one fails: a TCP handshake that took
 * half of the time is shut down, which libpq sees as a failure.
 */
static bool drive_connect(PGconn *conn, struct deadline deadline)
{
    PostgresPollingStatusType want = PGRES_POLLING_WRITING;
    struct deadline handshake = deadline;
    bool late = false;
    int fd = -1;

    while (want == PGRES_POLLING_READING || want == PGRES_POLLING_WRITING) {
        bool shaking = PQstatus(conn) == CONNECTION_STARTED;

        if (shaking && PQsocket(conn) != fd)
            handshake = deadline_in(deadline_left_ms(deadline) / 2);
        fd = PQsocket(conn);
        if (!wait_for(conn, want == PGRES_POLLING_READING ? POLLIN : POLLOUT,
                      shaking ? handshake : deadline)) {
            late = true;
            if (!shaking || deadline_passed(deadline) || shutdown(fd, SHUT_RDWR) < 0)
                break;
            fd = -1;
        }
        want = PQconnectPoll(conn);
    }
    return late;
}

/*
 * Connect to one host.  False: *reason says why, sqlstate too where the server said it.
 */
static bool connect_host(struct store *store, struct host *host, const char *target,
                         struct deadline deadline, char *reason,
                         char sqlstate[SQLSTATE_SIZE])
{
    struct parameters parameters;
    PGconn *conn;
    bool late = false;

    fill_parameters(store, host, target, &parameters);
    conn = PQconnectStartParams(parameters.keywords, parameters.values, 0);
    sodium_memzero(&parameters, sizeof parameters);
    sqlstate[0] = '\0';
    if (conn == NULL) {
        snprintf(reason, REASON_MAX, "no memory");
        return false;
    }
    PQsetNoticeReceiver(conn, discard_notice, NULL);
    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    if (PQstatus(conn) != CONNECTION_BAD)
        late = drive_connect(conn, deadline);
    if (PQstatus(conn) != CONNECTION_OK || PQsetnonblocking(conn, 1) != 0) {
        if (late) {
            snprintf(reason, REASON_MAX, "%s port %s did not answer in time",
                     PQhost(conn), PQport(conn));
            if (!store->hurried)
                host->slow_until = deadline_now_ms() + SLOW_HOST_MS;
        } else {
            find_sqlstate(PQerrorMessage(conn), sqlstate);
            flatten(PQerrorMessage(conn), reason, REASON_MAX);
        }
        PQfinish(conn);
        return false;
    }
    PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
    host->slow_until = 0;
    store->conn = conn;
    store->owner = getpid();
    store->answered_at = deadline_now_ms();
    return true;
}

/* PgBouncer before 1.20 refuses the startup parameter "options". */
static bool connect_host_or_pooler(struct store *store, struct host *host,
                                   const char *target, struct deadline deadline,
                                   char *reason, char sqlstate[SQLSTATE_SIZE])
{
    if (connect_host(store, host, target, deadline, reason, sqlstate))
        return true;
    if (host->plain || strcmp(sqlstate, "08P01") != 0)
        return false;
    host->plain = true;
    if (connect_host(store, host, target, deadline, reason, sqlstate))
        return true;
    host->plain = strcmp(sqlstate, "08P01") != 0;
    return false;
}

/*
 * One round over all hosts, those that lately did not answer last.  libpq would give the
 * first black hole the whole deadline, so each host is a connect of its own, with an
 * equal share of the time left.
 */
static bool connect_round(struct store *store, const char *target,
                          struct deadline deadline, size_t rounds, char *reason,
                          char sqlstate[SQLSTATE_SIZE])
{
    size_t left = store->host_count * rounds;
    int64_t now = deadline_now_ms();

    for (size_t i = 0; i < store->host_count; i++)
        store->hosts[i].tried = false;
    for (int slow = 0; slow < 2; slow++)
        for (size_t i = 0; i < store->host_count; i++) {
            struct host *host = &store->hosts[i];
            struct deadline share =
                deadline_in(deadline_left_ms(deadline) / (int64_t)(left > 0 ? left : 1));

            if (host->tried || (slow == 0 && host->slow_until > now))
                continue;
            host->tried = true;
            if (store->connect_limit_ms > 0)
                share = sooner(share, deadline_in(store->connect_limit_ms));
            if (connect_host_or_pooler(store, host, target, share, reason, sqlstate))
                return true;
            left--;
        }
    return false;
}

static bool connect_any(struct store *store, struct deadline deadline, char *reason,
                        char sqlstate[SQLSTATE_SIZE])
{
    if (store->target == NULL || strcmp(store->target, "prefer-standby") != 0)
        return connect_round(store, store->target, deadline, 1, reason, sqlstate);
    return connect_round(store, "standby", deadline, 2, reason, sqlstate) ||
           connect_round(store, "any", deadline, 1, reason, sqlstate);
}

static void note_connected(struct store *store)
{
    if (store->connecting.text[0] != '\0')
        log_message(store->log, LOG_LEVEL_NOTICE, "database reachable again");
    store->connecting.text[0] = '\0';
    store->backoff_ms = 0;
    /* What kept the records was the connection. */
    if (store->record_backoff_ms > 0)
        store->record_after = 0;
    store->record_backoff_ms = 0;
    store->retry_at = 0;
}

/* The next step of a back-off: the moment to try again. */
static int64_t back_off(int *backoff_ms)
{
    *backoff_ms = *backoff_ms * 2;
    if (*backoff_ms < BACKOFF_MIN_MS)
        *backoff_ms = BACKOFF_MIN_MS;
    if (*backoff_ms > BACKOFF_MAX_MS)
        *backoff_ms = BACKOFF_MAX_MS;
    /* Many processes lose the server at once; they need not all come back at once. */
    return deadline_now_ms() + *backoff_ms * 7 / 8 +
           randombytes_uniform((uint32_t)*backoff_ms / 4);
}

static void note_unreachable(struct store *store, const char *reason)
{
    store->retry_at = back_off(&store->backoff_ms);
    if (strcmp(store->connecting.text, reason) == 0)
        return;
    snprintf(store->connecting.text, sizeof store->connecting.text, "%s", reason);
    log_message(store->log, LOG_LEVEL_ERROR,
                "database unreachable: %s; trying again in %d s", reason,
                store->backoff_ms / 1000);
}

/*
 * Connect, or find out that it is too early to try again.  A server that is starting, or
 * out of connections, usually takes the next one within moments: half of the time is
 * spent on asking again.
 */
static bool connect_store(struct store *store, struct deadline deadline)
{
    static const char *const passing[] = {"57P03", "53300", NULL};
    struct deadline patience = deadline_in(deadline_left_ms(deadline) / 2);
    char reason[REASON_MAX] = "no time left", sqlstate[SQLSTATE_SIZE] = "";

    if (deadline_now_ms() < store->retry_at)
        return false;
    while (!connect_any(store, deadline, reason, sqlstate)) {
        if (!is_one_of(sqlstate, passing) || deadline_passed(patience)) {
            note_unreachable(store, reason);
            return false;
        }
        poll(NULL, 0,
             RESTARTING_PAUSE_MS + (int)randombytes_uniform(RESTARTING_PAUSE_MS));
    }
    note_connected(store);
    return true;
}

/* ---- statements ---- */

/*
 * Wait for the answer to what was sent.  NULL at the deadline (*late_r) or where libpq
 * has nothing to say; otherwise the error if there is one, else the first result.
 */
static PGresult *await_answer(struct store *store, struct deadline deadline, bool *late_r)
{
    PGconn *conn = store->conn;
    PGresult *answer = NULL, *next;

    *late_r = false;
    for (;;) {
        while (PQisBusy(conn)) {
            short events = PQflush(conn) > 0 ? POLLIN | POLLOUT : POLLIN;

            if (!wait_for(conn, events, deadline)) {
                PQclear(answer);
                *late_r = true;
                return NULL;
            }
            if (!PQconsumeInput(conn))
                break; /* PQgetResult makes an error result of it */
        }
        next = PQgetResult(conn);
        if (next == NULL)
            break;
        if (answer == NULL || PQresultStatus(next) == PGRES_FATAL_ERROR) {
            PQclear(answer);
            answer = next;
        } else {
            PQclear(next);
        }
    }
    store->answered_at = deadline_now_ms();
    return answer;
}

static const char *sqlstate_of(const PGresult *result)
{
    const char *sqlstate =
        result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    return sqlstate != NULL ? sqlstate : "";
}

/* The connection is of no more use, whatever libpq has noticed so far. */
static bool is_lost(struct store *store, const PGresult *result)
{
    static const char *const fatal[] = {"08", "57P01", "57P02", "57P03", "57P05", NULL};

    return result == NULL || PQstatus(store->conn) == CONNECTION_BAD ||
           is_one_of(sqlstate_of(result), fatal);
}

static void reason_of(struct store *store, const PGresult *result, char *reason)
{
    const char *primary =
        result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    flatten(primary != NULL ? primary : PQerrorMessage(store->conn), reason, REASON_MAX);
    if (reason[0] == '\0')
        snprintf(reason, REASON_MAX, "the connection was closed");
}

/*
 * How long no records are sent after this error.  A code deleted in between (class 22,
 * 23) concerns one record, a lock or a deadlock passes, the rest repeats itself.
 */
static int record_pause_ms(const char *sqlstate)
{
    static const char *const single[] = {"22", "23", NULL};
    static const char *const passing[] = {"40", "55P03", "57014", NULL};

    if (is_one_of(sqlstate, single))
        return 0;
    return is_one_of(sqlstate, passing) ? RECORD_BREATH_MS : RECORD_PAUSE_MS;
}

/* What the answer to a record means for the next ones. */
static void judge_record(struct store *store, const PGresult *result)
{
    static const char *const writable[] = {"primary", "read-write", NULL};
    const char *sqlstate = sqlstate_of(result);
    char reason[REASON_MAX];

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        store->recording.text[0] = '\0';
        return;
    }
    if (is_lost(store, result)) {
        disconnect(store);
        return;
    }
    reason_of(store, result, reason);
    report(store, &store->recording, LOG_LEVEL_WARNING, store->pending, reason,
           advice(sqlstate));
    store->record_after = deadline_now_ms() + record_pause_ms(sqlstate);
    /* The server we asked to be a primary was demoted: find the new one. */
    if (strcmp(sqlstate, "25006") == 0 && is_one_of(store->target, writable))
        disconnect(store);
}

/* Read the answer of a record; false where it has not come by the deadline. */
static bool drain(struct store *store, struct deadline deadline)
{
    PGresult *result;
    bool late;

    if (store->conn == NULL || store->pending == NULL)
        return true;
    PQconsumeInput(store->conn); /* most often it is there: no wait */
    result = await_answer(store, deadline, &late);
    if (late)
        return false;
    judge_record(store, result);
    PQclear(result);
    store->pending = NULL;
    return true;
}

/* Was a connection that lay unused closed meanwhile?  Costs a system call or two. */
static bool was_closed(struct store *store)
{
    /* The first read finds the server's last words, the second the end of file. */
    for (int i = 0; i < 2; i++) {
        PQconsumeInput(store->conn);
        (void)PQisBusy(store->conn);
    }
    return PQstatus(store->conn) == CONNECTION_BAD;
}

/* Leave nothing under way, nor a connection that is of no more use. */
static void tidy(struct store *store, struct deadline deadline)
{
    if (store->conn != NULL && store->owner != getpid())
        disconnect(store);
    if (!drain(store, deadline_in(deadline_left_ms(deadline) / 4))) {
        /* A record blocked by a lock, say, must not block logins. */
        report(store, &store->recording, LOG_LEVEL_WARNING, store->pending,
               "no answer in time", "");
        store->record_after = deadline_now_ms() + RECORD_PAUSE_MS;
        disconnect(store);
    }
    if (store->conn != NULL && deadline_now_ms() > store->answered_at + IDLE_CHECK_MS &&
        was_closed(store))
        disconnect(store);
}

static bool send_statement(struct store *store, const struct statement *statement,
                           const char *const *values)
{
    return PQsendQueryParams(store->conn, statement->sql, statement->count,
                             statement->types, values, NULL, NULL, 0) == 1;
}

/*
 * A pooler invents the process id that it tells a client.  Behind one, a statement that
 * we have prepared may next time be unknown, or be another one by that name, of somebody
 * who shares the pool and wants to decide who gets in: never prepare there.
 */
static void notice_pooler(struct store *store, const PGresult *result)
{
    long pid = strtol(PQgetvalue(result, 0, LOOKUP_COLUMNS - 1), NULL, 10);

    if (pid != PQbackendPID(store->conn))
        store->never_prepare = true;
}

/* Prepare the lookup once a connection has shown that it is used more than once or twice.
 */
static void prepare_lookup(struct store *store, struct deadline deadline, bool *late_r)
{
    PGresult *result;

    *late_r = false;
    if (store->prepared || store->never_prepare ||
        store->lookups++ < UNPREPARED_LOOKUPS ||
        PQsendPrepare(store->conn, LOOKUP_NAME, lookup_statement.sql,
                      lookup_statement.count, lookup_statement.types) != 1)
        return;
    result = await_answer(store, deadline, late_r);
    store->prepared = PQresultStatus(result) == PGRES_COMMAND_OK;
    store->never_prepare = !store->prepared && !*late_r && !is_lost(store, result);
    PQclear(result);
}

static PGresult *ask_lookup(struct store *store, const char *const *values,
                            struct deadline deadline, bool *late_r)
{
    int sent;

    prepare_lookup(store, deadline, late_r);
    if (*late_r)
        return NULL;
    if (store->prepared)
        sent = PQsendQueryPrepared(store->conn, LOOKUP_NAME, lookup_statement.count,
                                   values, NULL, NULL, 0);
    else
        sent = send_statement(store, &lookup_statement, values);
    return sent == 1 ? await_answer(store, deadline, late_r) : NULL;
}

enum answer { ANSWER_FAILED = 0, ANSWER_USABLE, ANSWER_REPEAT };

/* What to do with an answer that is no row. */
static enum answer judge_lookup(struct store *store, const PGresult *result, bool late,
                                bool stale)
{
    static const char *const pooled[] = {"26000", "42P05", "0A000", NULL};
    static const char *const passing[] = {"40", "57014", NULL};
    char reason[REASON_MAX];

    if (late) {
        disconnect(store);
        snprintf(store->repeat_reason, sizeof store->repeat_reason, "no answer in time");
        /* The path of a connection that lay unused can be dead without a word. */
        if (stale)
            return ANSWER_REPEAT;
        report(store, &store->asking, LOG_LEVEL_ERROR, &lookup_statement,
               store->repeat_reason, "");
        return ANSWER_FAILED;
    }
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        store->asking.text[0] = '\0';
        return ANSWER_USABLE;
    }
    if (store->prepared && is_one_of(sqlstate_of(result), pooled)) {
        store->prepared = false;
        store->never_prepare = true;
        return ANSWER_REPEAT;
    }
    reason_of(store, result, reason);
    if (is_lost(store, result)) {
        disconnect(store);
        snprintf(store->repeat_reason, sizeof store->repeat_reason, "%s", reason);
        return ANSWER_REPEAT;
    }
    if (is_one_of(sqlstate_of(result), passing)) {
        snprintf(store->repeat_reason, sizeof store->repeat_reason, "%s", reason);
        return ANSWER_REPEAT;
    }
    report(store, &store->asking, LOG_LEVEL_ERROR, &lookup_statement, reason,
           advice(sqlstate_of(result)));
    return ANSWER_FAILED;
}

static bool copy_column(const PGresult *result, int column, char *target, size_t size)
{
    size_t length = (size_t)PQgetlength(result, 0, column);

    if (length >= size)
        return false;
    memcpy(target, PQgetvalue(result, 0, column), length);
    target[length] = '\0';
    return true;
}

static uint32_t number_column(const PGresult *result, int column, uint32_t fallback)
{
    if (PQgetisnull(result, 0, column))
        return fallback;
    return (uint32_t)strtoul(PQgetvalue(result, 0, column), NULL, 10);
}

/* False where the answer is not what this version expects. */
static bool read_row(const PGresult *result, bool code_asked, struct row *row)
{
    static const struct hash_policy standard = HASH_POLICY_DEFAULT;

    if (PQntuples(result) != 1 || PQnfields(result) != LOOKUP_COLUMNS)
        return false;
    row->verdict = verdict_parse(PQgetvalue(result, 0, 0));
    row->code_id = strtoll(PQgetvalue(result, 0, 1), NULL, 10);
    row->policy.memory_kib = number_column(result, 4, standard.memory_kib);
    row->policy.passes = number_column(result, 5, standard.passes);
    row->policy.lanes = number_column(result, 6, standard.lanes);
    row->record_due = PQgetvalue(result, 0, 7)[0] == 't';
    row->account_id = strtoll(PQgetvalue(result, 0, 8), NULL, 10);
    if (row->verdict == VERDICT_NONE ||
        !copy_column(result, 2, row->username, sizeof row->username) ||
        !copy_column(result, 3, row->hash, sizeof row->hash))
        return false;
    if (row->verdict != VERDICT_ACCEPTED)
        row->hash[0] = '\0';
    else if (!code_asked || row->hash[0] == '\0' || row->username[0] == '\0' ||
             row->account_id == 0)
        return false; /* nothing to check a code against: never accept */
    return true;
}

/* The database's encoding has no such characters, so it has no such account. */
static bool unknown_by_encoding(const PGresult *result)
{
    static const char *const untranslatable[] = {"22021", "22P05", NULL};

    return is_one_of(sqlstate_of(result), untranslatable);
}

/* One try.  On ANSWER_USABLE the row is filled. */
static enum answer try_lookup(struct store *store, const char *const *values,
                              struct deadline deadline, struct row *row)
{
    bool late, stale;
    PGresult *result;
    enum answer answer;

    tidy(store, deadline);
    if (store->conn == NULL && !connect_store(store, deadline))
        return ANSWER_FAILED;
    stale = deadline_now_ms() > store->answered_at + STALE_MS;
    if (stale)
        deadline = deadline_in(deadline_left_ms(deadline) / 2);
    result = ask_lookup(store, values, deadline, &late);
    if (unknown_by_encoding(result)) {
        row->verdict = VERDICT_UNKNOWN_USER;
        PQclear(result);
        return ANSWER_USABLE;
    }
    answer = judge_lookup(store, result, late, stale);
    if (answer == ANSWER_USABLE && !read_row(result, values[1] != NULL, row)) {
        report(store, &store->asking, LOG_LEVEL_ERROR, &lookup_statement,
               "the answer does not make sense to this version",
               ": are schema and program of the same release?");
        answer = ANSWER_FAILED;
    }
    if (answer == ANSWER_USABLE)
        notice_pooler(store, result);
    PQclear(result);
    return answer;
}

enum outcome store_lookup(struct store *store, const char *username, const char *selector,
                          const char *service, const char *client,
                          struct deadline deadline, struct row *row_r)
{
    const char *const values[] = {username, selector, service, client};
    enum answer answer = ANSWER_REPEAT;

    sodium_memzero(row_r, sizeof *row_r);
    /* A lost connection and a forgotten prepared statement may meet; a third time is an
     * outage. */
    for (int i = 0; i < 3 && answer == ANSWER_REPEAT; i++)
        answer = try_lookup(store, values, deadline, row_r);
    if (answer == ANSWER_USABLE)
        return OUTCOME_OK;
    if (answer == ANSWER_REPEAT)
        report(store, &store->asking, LOG_LEVEL_ERROR, &lookup_statement,
               store->repeat_reason, "");
    row_wipe(row_r);
    return OUTCOME_UNAVAILABLE;
}

void row_wipe(struct row *row)
{
    sodium_memzero(row, sizeof *row);
}

/* ---- recording ---- */

/*
 * A record gets a moment only; that it was too short, or that nothing listened, is no
 * reason to turn logins away, which may take longer.
 */
static bool connect_for_record(struct store *store, const struct statement *statement,
                               struct deadline deadline)
{
    char reason[REASON_MAX] = "no time left", sqlstate[SQLSTATE_SIZE] = "";
    bool connected;

    if (deadline_now_ms() < store->retry_at)
        return false;
    store->hurried = true;
    connected = connect_any(store, deadline, reason, sqlstate);
    store->hurried = false;
    if (connected) {
        note_connected(store);
        return true;
    }
    store->record_after = back_off(&store->record_backoff_ms);
    report(store, &store->recording, LOG_LEVEL_WARNING, statement, reason, "");
    return false;
}

static void send_record(struct store *store, const struct statement *statement,
                        const char *const *values, struct deadline deadline)
{
    if (store->owner == getpid() &&
        !drain(store, sooner(deadline, deadline_in(RECORD_WAIT_MS))))
        return; /* the one before is still being written */
    if (!store_records(store))
        return;
    tidy(store, sooner(deadline, deadline_in(RECORD_CONNECT_MS)));
    if (store->conn == NULL &&
        !connect_for_record(store, statement,
                            sooner(deadline, deadline_in(RECORD_CONNECT_MS))))
        return;
    if (!send_statement(store, statement, values) || PQflush(store->conn) < 0) {
        disconnect(store);
        return;
    }
    store->pending = statement;
}

static const char *print_id(int64_t id, char text[24])
{
    if (id == 0)
        return NULL;
    snprintf(text, 24, "%" PRId64, id);
    return text;
}

void store_record_use(struct store *store, int64_t code_id, const char *service,
                      const char *client, struct deadline deadline)
{
    char id[24];
    const char *const values[] = {print_id(code_id, id), service, client};

    send_record(store, &use_statement, values, deadline);
}

void store_record_refusal(struct store *store, enum verdict verdict, const char *username,
                          int64_t code_id, const char *service, const char *client,
                          struct deadline deadline)
{
    char id[24];
    const char *const values[] = {verdict_name(verdict), username, print_id(code_id, id),
                                  service, client};

    send_record(store, &refusal_statement, values, deadline);
}

void store_record_main_password(struct store *store, const char *username,
                                const char *service, const char *client,
                                struct deadline deadline)
{
    const char *const values[] = {username, service, client};

    send_record(store, &main_password_statement, values, deadline);
}

void store_upgrade_hash(struct store *store, int64_t code_id, const char *old_hash,
                        const char *new_hash, struct deadline deadline)
{
    char id[24];
    const char *const values[] = {print_id(code_id, id), old_hash, new_hash};

    send_record(store, &upgrade_statement, values, deadline);
}

bool store_records(const struct store *store)
{
    return deadline_now_ms() >= store->record_after;
}

void store_drain(struct store *store, struct deadline deadline)
{
    if (store->owner == getpid())
        (void)drain(store, deadline);
}

/* ---- settings ---- */

/*
 * libpq has no call that reads service file, environment and passfile without connecting
 * at once.  An option that is checked last of those we need, with an impossible value,
 * makes it stop in between: PQconninfo and PQpass then tell what it has found.
 */
static PGconn *probe(PQconninfoOption *settings, const struct host *host,
                     const char *marked)
{
    static const char *const of_host[] = {"host", "hostaddr", "port", NULL};
    struct parameters parameters = {.count = 0};
    PGconn *conn;

    for (const PQconninfoOption *option = settings; option->keyword != NULL; option++)
        if (host == NULL || !is_one_of(option->keyword, of_host))
            set_parameter(&parameters, option->keyword, option->val);
    if (host != NULL) {
        set_parameter(&parameters, "host", host->name);
        set_parameter(&parameters, "hostaddr", host->address);
        set_parameter(&parameters, "port", host->port);
    }
    set_parameter(&parameters, marked, PROBE_MARK);
    conn = PQconnectStartParams(parameters.keywords, parameters.values, 0);
    sodium_memzero(&parameters, sizeof parameters);
    return conn;
}

/* All settings with their defaults; NULL and a message where libpq refuses them. */
static PQconninfoOption *complete_settings(PQconninfoOption *given, const char *marked,
                                           char *error, size_t error_size)
{
    PGconn *conn = probe(given, NULL, marked);
    PQconninfoOption *settings = NULL;

    if (conn == NULL)
        snprintf(error, error_size, "no memory");
    else if (strstr(PQerrorMessage(conn), PROBE_MARK) == NULL)
        flatten(PQerrorMessage(conn), error, error_size);
    else if ((settings = PQconninfo(conn)) == NULL)
        snprintf(error, error_size, "no memory");
    PQfinish(conn);
    return settings;
}

/* Put back what the probe's mark stood in for. */
static bool restore_marked(PQconninfoOption *settings, PQconninfoOption *given,
                           const char *marked, char *error, size_t error_size)
{
    PQconninfoOption *other =
        complete_settings(given, "channel_binding", error, error_size);
    PQconninfoOption *target = find_setting(settings, marked), *source;
    char *kept;

    if (other == NULL)
        return false;
    source = find_setting(other, marked);
    if (target != NULL && source != NULL) {
        kept = target->val;
        target->val = source->val;
        source->val = kept;
    }
    free_settings(other);
    return true;
}

/*
 * Defaults that depend on who we are and where: left to libpq at connect time, because a
 * mail server reads its settings as root and connects as somebody else.
 */
static void forget_personal_defaults(PQconninfoOption *settings, PQconninfoOption *given)
{
    struct passwd entry, *found = NULL;
    char buffer[1024];
    const char *user = setting(settings, "user"), *dbname = setting(settings, "dbname");

    if (setting(given, "passfile") == NULL && getenv("PGPASSFILE") == NULL &&
        setting(given, "service") == NULL)
        unset(settings, "passfile");
    if (setting(given, "user") != NULL || user == NULL ||
        getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 ||
        found == NULL || strcmp(user, found->pw_name) != 0)
        return;
    if (setting(given, "dbname") == NULL && dbname != NULL && strcmp(dbname, user) == 0)
        unset(settings, "dbname");
    unset(settings, "user");
}

static bool read_settings(struct store *store, const char *conninfo, char *error,
                          size_t error_size)
{
    static const char marked[] = "ssl_max_protocol_version";
    char *message = NULL;
    PQconninfoOption *given = PQconninfoParse(conninfo, &message);
    bool good;

    PQfreemem(message); /* may quote a piece of a password */
    if (given == NULL) {
        snprintf(error, error_size,
                 "not a libpq connection string: write keyword=value pairs, values with "
                 "spaces or quotes in single quotes");
        return false;
    }
    store->settings = complete_settings(given, marked, error, error_size);
    good = store->settings != NULL &&
           restore_marked(store->settings, given, marked, error, error_size);
    if (good)
        forget_personal_defaults(store->settings, given);
    free_settings(given);
    return good;
}

/* The `index`th element of a comma-separated list; a list of one stands for all. */
static char *list_element(const char *list, size_t index)
{
    if (list == NULL)
        return NULL;
    if (strchr(list, ',') == NULL)
        index = 0;
    for (; index > 0; index--) {
        list = strchr(list, ',');
        if (list == NULL)
            return NULL;
        list++;
    }
    return strcspn(list, ",") == 0 ? NULL : strndup(list, strcspn(list, ","));
}

static size_t list_length(const char *list)
{
    size_t length = 1;

    for (; list != NULL && (list = strchr(list, ',')) != NULL; list++)
        length++;
    return length;
}

static void shuffle_hosts(struct store *store)
{
    for (size_t i = store->host_count; i > 1; i--) {
        size_t other = randombytes_uniform((uint32_t)i);
        struct host kept = store->hosts[i - 1];

        store->hosts[i - 1] = store->hosts[other];
        store->hosts[other] = kept;
    }
}

/* libpq has checked already that the lists' lengths agree. */
static bool read_hosts(struct store *store)
{
    const char *names = setting(store->settings, "host");
    const char *addresses = setting(store->settings, "hostaddr");
    const char *ports = setting(store->settings, "port");
    const char *balance = setting(store->settings, "load_balance_hosts");
    size_t count = list_length(addresses != NULL ? addresses : names);

    store->hosts = calloc(count, sizeof *store->hosts);
    if (store->hosts == NULL)
        return false;
    store->host_count = count;
    for (size_t i = 0; i < count; i++) {
        struct host *host = &store->hosts[i];
        PGconn *conn;

        host->name = list_element(names, i);
        host->address = list_element(addresses, i);
        host->port = list_element(ports, i);
        if (setting(store->settings, "passfile") == NULL ||
            setting(store->settings, "password") != NULL)
            continue;
        conn = probe(store->settings, host, "sslmode");
        host->password = conn != NULL ? copy_string(PQpass(conn)) : NULL;
        PQfinish(conn);
    }
    if (balance != NULL && strcmp(balance, "random") == 0)
        shuffle_hosts(store);
    return true;
}

/*
 * synchronous_commit: uses, refusals and upgraded hashes are the only writes; a crash of
 * the server may lose the last second of them, but no login waits for a disk or for a
 * synchronous standby.
 */
static bool make_options(struct store *store, long idle_timeout_s, long timeout_ms)
{
    const char *given = setting(store->settings, "options");
    int length;

    length = asprintf(&store->options,
                      "%s%s-c search_path= -c synchronous_commit=off"
                      " -c statement_timeout=%ld -c idle_session_timeout=%ld",
                      given != NULL ? given : "", given != NULL ? " " : "",
                      timeout_ms + STATEMENT_GRACE_MS, idle_timeout_s * 1000);
    if (length < 0)
        store->options = NULL;
    return length >= 0;
}

struct store *store_new(const char *conninfo, long idle_timeout_s, long timeout_ms,
                        const struct log *log, char *error, size_t error_size)
{
    struct store *store = calloc(1, sizeof *store);
    const char *limit;

    snprintf(error, error_size, "no memory");
    if (store == NULL || sodium_init() < 0)
        goto failed;
    store->log = log;
    if (!read_settings(store, conninfo, error, error_size))
        goto failed;
    if (!read_hosts(store) || !make_options(store, idle_timeout_s, timeout_ms))
        goto failed;
    store->target = copy_string(setting(store->settings, "target_session_attrs"));
    limit = setting(store->settings, "connect_timeout");
    store->connect_limit_ms = limit != NULL ? strtol(limit, NULL, 10) * 1000 : 0;
    return store;
failed:
    store_free(&store);
    return NULL;
}

void store_free(struct store **pointer)
{
    struct store *store = *pointer;

    *pointer = NULL;
    if (store == NULL)
        return;
    store_drain(store, deadline_in(FREE_WAIT_MS));
    disconnect(store);
    for (size_t i = 0; i < store->host_count; i++) {
        free(store->hosts[i].name);
        free(store->hosts[i].address);
        free(store->hosts[i].port);
        free_secret(store->hosts[i].password);
    }
    free(store->hosts);
    free(store->target);
    free_secret(store->options);
    if (store->settings != NULL)
        free_settings(store->settings);
    free(store);
}
