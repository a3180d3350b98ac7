/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sodium.h>

#include "array.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "base/moment.h"
#include "base/prompt.h"
#include "base/quote.h"
#include "deadline.h"
#include "pgerror.h"
#include "session/database.h"

/* Where the operator sets no connect_timeout. */
#define CONNECT_TIMEOUT_MS (10 * 1000)
#define HURRY_TIMEOUT_MS   2000

/* How long a cancelled statement may take to answer; and a commit, which chains the audit
 * rows of a whole batch. */
#define CANCEL_TIMEOUT_MS 5000
/* Between two tries to connect again. */
#define RETRY_MIN_MS      500
#define RETRY_MAX_MS      (30 * 1000)
#define COMMIT_TIMEOUT_MS (600 * 1000)

#define ROWS_COLUMNS_MAX 24

struct database {
    PGconn *connection;
    const char *role_needed;
    const char *account; /* that hints name; NULL: none */
    enum status status;
    PGresult *failed; /* result of the last failure, NULL where there was none */
    char sqlstate[PGERROR_SQLSTATE_SIZE];
    char where[256];
    PGnotify *notification;
    bool shielded;  /* a commit is under way: Ctrl-C has to wait */
    bool timed_out; /* while connecting */
    bool hurried;   /* somebody waits for a Tab: connect soon or not at all */
    bool trying;    /* nothing is kept */
};

struct rows {
    PGresult *result;
};

/* ---- waiting ---- */

/*
 * Wait for the connection.  1: ready, 0: time is over, -1: interrupted or no descriptor.
 */
static int wait_socket(struct database *database, short events, struct deadline deadline,
                       bool forever)
{
    struct pollfd wait[2] = {
        {.fd = PQsocket(database->connection), .events = events},
        {.fd = database->shielded ? -1 : interrupt_descriptor(), .events = POLLIN},
    };

    if (wait[0].fd < 0)
        return -1;
    for (;;) {
        int ready = poll(wait, 2, forever ? -1 : deadline_left_ms(deadline));

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return 0;
        if (ready < 0 || (wait[1].revents & POLLIN))
            return -1;
        return 1;
    }
}

static const struct deadline no_deadline;

/* ---- what went wrong, in words ---- */

/* What helps against what the server says of itself, without a hint. */
static void hint_sqlstate(const char *sqlstate)
{
    static const struct {
        const char *const list[3];
        const char *remedy;
    } remedies_of[] = {
        {{"55P03"},
         "somebody has changed the same and not yet committed: try again in a moment"},
        {{"40001", "40P01"}, "somebody changed the same at that moment: try again"},
        {{"57014"},
         "an administrator ended it, or the setting statement_timeout of this login or "
         "database: ask for less, or have it raised"},
        {{"53300"},
         "all connections that may be are taken: try again in a moment, or end one of "
         "those that pg_stat_activity shows"},
        {{"57P03"}, "it is starting or stopping: try again in a moment"},
    };

    for (size_t i = 0; i < COUNT(remedies_of); i++)
        if (pgerror_is(sqlstate, remedies_of[i].list)) {
            message_hint("%s", remedies_of[i].remedy);
            return;
        }
}

static enum status complain_connect(struct database *database)
{
    const char *message = PQerrorMessage(database->connection);
    char text[PGERROR_REASON_MAX], sqlstate[PGERROR_SQLSTATE_SIZE], *code;

    pgerror_line(message, text, sizeof text);
    pgerror_sqlstate(message, sqlstate);
    code = sqlstate[0] != '\0' ? strstr(text, sqlstate) : NULL;
    if (code != NULL)
        memmove(code, code + strlen("28P01: "), strlen(code + strlen("28P01: ")) + 1);
    message_error("could not reach the database: %s",
                  text[0] == '\0' || database->timed_out ? "no answer in time" : text);
    if (strncmp(sqlstate, "28", 2) == 0) {
        message_hint(
            "log in as a PostgreSQL role that may (-d \"user=NAME ...\" or PGUSER)");
        return STATUS_FORBIDDEN;
    }
    if (strcmp(sqlstate, "3D000") == 0)
        message_hint("name the database with -d NAME or PGDATABASE");
    else if (sqlstate[0] == '\0')
        message_hint(
            "check that PostgreSQL runs, and host and port (-d, or PGHOST and PGPORT)");
    else
        hint_sqlstate(sqlstate);
    return STATUS_UNAVAILABLE;
}

/* Schema, table, function, column or type missing: not the schema this tool speaks to. */
static const char *const missing[] = {"3F000", "42P01", "42883", "42703", "42704", NULL};

static enum status classify(const char *sqlstate, bool connected)
{
    static const char *const unavailable[] = {"08", "57P01", "57P02", "57P03", "57P05",
                                              "53", "25006", "58",    NULL};

    if (strcmp(sqlstate, "42501") == 0)
        return STATUS_FORBIDDEN;
    if (strcmp(sqlstate, "57014") == 0 && interrupt_pending())
        return STATUS_INTERRUPTED;
    if (!connected || pgerror_is(sqlstate, unavailable) || pgerror_is(sqlstate, missing))
        return STATUS_UNAVAILABLE;
    return STATUS_REFUSED;
}

const char *database_message(const struct database *database)
{
    const char *primary =
        database->failed != NULL
            ? PQresultErrorField(database->failed, PG_DIAG_MESSAGE_PRIMARY)
            : NULL;

    return primary != NULL ? primary : PQerrorMessage(database->connection);
}

static bool ask_yes(struct database *database, const char *sql);

static void complain_schema(struct database *database)
{
    char primary[512];

    /* The arguments of a function that is not there would fill the screen. */
    snprintf(primary, sizeof primary, "%.*s",
             (int)strcspn(database_message(database), "("), database_message(database));
    if (!ask_yes(database, "SELECT to_regnamespace('apppass') IS NOT NULL AS yes")) {
        message_error("the database (%s) has no schema apppass", database->where);
        message_hint(
            "deploy it with \"sqitch deploy\", or name another database with -d");
        return;
    }
    message_error("the schema apppass of the database (%s) is older than this tool, "
                  "version %s: %s",
                  database->where, PACKAGE_VERSION, primary);
    message_hint("bring it up to date with \"sqitch deploy\"");
}

void database_name_account(struct database *database, const char *account)
{
    database->account = account;
}

/* The database's hints speak SQL.  What the helpdesk types instead, by the word that
 * names the cause of an error. */
static const struct {
    const char *cause;
    const char *tool;
} remedies[] = {
    {"access_rule_not_found", "apppass access list shows the rules"},
    {"account_enabled",
     "disable it first, which ends its sessions: apppass account disable ACCOUNT --reason ..."},
    {"account_disabled", "enable it: apppass account enable ACCOUNT --reason ..."},
    {"account_not_found", "check the spelling, or add it: apppass account add ACCOUNT"},
    {"account_name_taken",
     "choose another name, or revoke the codes of that account and issue them anew"},
    {"account_username_unique", "issue a code: apppass issue ACCOUNT --device LABEL"},
    {"code_not_found", "it may be revoked already: apppass list ACCOUNT --all"},
    {"device_never_had_code", "issue a code: apppass issue ACCOUNT --device LABEL"},
    {"device_not_found", "apppass list ACCOUNT --all shows them"},
    {"device_without_code", "they may be revoked already: apppass list ACCOUNT --all"},
    {"max_codes_reached",
     "revoke one that is no longer used: apppass list ACCOUNT shows them"},
    {"mfa_missing",
     "let the person enrol, then: apppass account mfa ACCOUNT on --reason ..."},
    {"realm_denied",
     "an administrator can change it: apppass realm set REALM codes_allowed=yes"},
    {"realm_not_found",
     "leave --realm out to take the name's domain, or: apppass realm add REALM"},
    {"reason_missing", "say why, with --reason TEXT"},
    {"service_not_allowed", "issue a code for another service, with --service"},
};

static const char *remedy(const char *cause)
{
    for (size_t i = 0; i < COUNT(remedies); i++)
        if (strcmp(cause, remedies[i].cause) == 0)
            return remedies[i].tool;
    return NULL;
}

static void say_hint(const struct database *database, const char *hint)
{
    static const char word[] = "ACCOUNT";
    const char *tool = remedy(database_constraint(database));
    const char *place = tool != NULL ? strstr(tool, word) : NULL;
    char *account =
        place != NULL && database->account != NULL ? quote_word(database->account) : NULL;

    if (account != NULL)
        message_hint("%.*s%s%s", (int)(place - tool), tool, account,
                     place + strlen(word));
    else
        message_hint("%s", tool != NULL ? tool : hint);
    free(account);
}

/* A standby, or somebody's setting? */
static void hint_read_only(struct database *database)
{
    if (ask_yes(database, "SELECT pg_is_in_recovery() AS yes"))
        message_hint("this server is a standby: connect to the primary "
                     "(target_session_attrs=read-write)");
    else
        message_hint("this login or database is read-only: see the setting "
                     "default_transaction_read_only");
}

void database_complain(struct database *database)
{
    const char *detail, *hint;

    if (database->status == STATUS_INTERRUPTED) {
        message_error("interrupted; nothing was changed");
        return;
    }
    if (database->failed == NULL) {
        message_error("lost the database: %s", database_message(database));
        message_hint("\"apppass list\" and \"apppass audit\" show whether it was done");
        return;
    }
    if (pgerror_is(database->sqlstate, missing)) {
        complain_schema(database);
        return;
    }
    detail = PQresultErrorField(database->failed, PG_DIAG_MESSAGE_DETAIL);
    hint = PQresultErrorField(database->failed, PG_DIAG_MESSAGE_HINT);
    message_error("%s", database_message(database));
    if (detail != NULL)
        message_hint("%s", detail);
    if (hint != NULL)
        say_hint(database, hint);
    else
        hint_sqlstate(database->sqlstate);
    if (database->status == STATUS_FORBIDDEN)
        message_hint("this needs a member of the role %s; you are connected as %s",
                     database->role_needed, PQuser(database->connection));
    else if (strcmp(database->sqlstate, "25006") == 0)
        hint_read_only(database);
}

static void keep_failure(struct database *database, PGresult *result)
{
    const char *sqlstate =
        result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

    PQclear(database->failed);
    database->failed = result;
    snprintf(database->sqlstate, sizeof database->sqlstate, "%s",
             sqlstate != NULL ? sqlstate : "");
    database->status =
        classify(database->sqlstate, PQstatus(database->connection) == CONNECTION_OK);
}

/* ---- connecting ---- */

static void print_notice(void *context, const PGresult *result)
{
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    const char *source = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);

    (void)context;
    /* What a server says to everybody who connects, said again for a parallel worker. */
    if (source != NULL && strcmp(source, "CheckMyDatabase") == 0)
        return;
    if (text != NULL)
        message_note("%s", text);
    if (hint != NULL)
        message_hint("%s", hint);
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static int connect_timeout_ms(PGconn *connection)
{
    PQconninfoOption *options = PQconninfo(connection);
    long seconds = 0;

    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL;
         option++)
        if (strcmp(option->keyword, "connect_timeout") == 0 && option->val != NULL)
            seconds = strtol(option->val, NULL, 10);
    PQconninfoFree(options);
    return seconds > 0 && seconds < 3600 ? (int)seconds * 1000 : CONNECT_TIMEOUT_MS;
}

/* Until the connection that was started is there, or can't be. */
static bool finish_connecting(struct database *database,
                              PostgresPollingStatusType (*step)(PGconn *))
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    struct deadline deadline = deadline_in(
        database->hurried ? HURRY_TIMEOUT_MS : connect_timeout_ms(database->connection));

    while (PQstatus(database->connection) != CONNECTION_BAD &&
           status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;

        int ready = wait_socket(database, events, deadline, false);

        database->timed_out = ready == 0;
        if (ready <= 0)
            return false;
        status = step(database->connection);
    }
    return PQstatus(database->connection) == CONNECTION_OK;
}

static bool connect_once(struct database *database, const char *conninfo,
                         const char *password)
{
    const char *const keywords[] = {"dbname", "fallback_application_name",
                                    "client_encoding", "password", NULL};
    const char *const values[] = {conninfo, "apppass", "UTF8", password, NULL};

    PQfinish(database->connection);
    database->connection = PQconnectStartParams(keywords, values, 1);
    if (database->connection == NULL)
        return false;
    /* What a server says to everybody who connects is for doctor. */
    PQsetNoticeReceiver(database->connection, ignore_notice, NULL);
    PQsetErrorVerbosity(database->connection, PQERRORS_VERBOSE);
    return finish_connecting(database, PQconnectPoll);
}

static bool connect_with_prompt(struct database *database, const char *conninfo)
{
    struct secret password = {0};
    bool connected = connect_once(database, conninfo, NULL);

    if (!connected && !interrupt_pending() && database->connection != NULL &&
        PQconnectionNeedsPassword(database->connection) &&
        prompt_secret("Password of the database role: ", &password))
        connected = connect_once(database, conninfo, password.bytes);
    secret_wipe(&password);
    return connected;
}

static void begin_session(struct database *database)
{
    PQsetErrorVerbosity(database->connection, PQERRORS_DEFAULT);
    PQsetNoticeReceiver(database->connection, print_notice, NULL);
}

enum status database_open(const char *conninfo, const char *role_needed,
                          struct database **database_r)
{
    struct database *database = calloc(1, sizeof *database);
    const char *host;

    *database_r = NULL;
    if (database == NULL)
        return STATUS_REFUSED;
    database->role_needed = role_needed;
    if (!connect_with_prompt(database, conninfo)) {
        enum status status;

        if (interrupt_pending())
            status = STATUS_INTERRUPTED;
        else
            status = complain_connect(database);
        database_close(&database);
        return status;
    }
    begin_session(database);
    host = PQhost(database->connection);
    snprintf(database->where, sizeof database->where, "%s on %s",
             PQdb(database->connection), host != NULL ? host : "this host");
    *database_r = database;
    return STATUS_DONE;
}

struct database *database_open_silently(const char *conninfo)
{
    struct database *database = calloc(1, sizeof *database);

    if (database == NULL)
        return NULL;
    database->hurried = true;
    if (!connect_once(database, conninfo, NULL))
        database_close(&database);
    return database;
}

static enum status reopen(struct database *database)
{
    PQsetNoticeReceiver(database->connection, ignore_notice, NULL);
    if (!PQresetStart(database->connection) || !finish_connecting(database, PQresetPoll))
        return interrupt_pending() ? STATUS_INTERRUPTED : STATUS_UNAVAILABLE;
    begin_session(database);
    return STATUS_DONE;
}

enum status database_reconnect(struct database *database)
{
    enum status status = STATUS_UNAVAILABLE;

    message_note("the connection to %s is lost; trying again", database_where(database));
    for (int pause = RETRY_MIN_MS; status == STATUS_UNAVAILABLE;
         pause = pause * 2 < RETRY_MAX_MS ? pause * 2 : RETRY_MAX_MS)
        status = interrupt_wait(pause) ? STATUS_INTERRUPTED : reopen(database);
    if (status == STATUS_DONE)
        message_note("connected again");
    return status;
}

bool database_lost(const struct database *database)
{
    return PQstatus(database->connection) != CONNECTION_OK ||
           strncmp(database->sqlstate, "57P0", 4) == 0;
}

void database_close(struct database **database)
{
    if (*database == NULL)
        return;
    PQclear((*database)->failed);
    PQfreemem((*database)->notification);
    PQfinish((*database)->connection);
    free(*database);
    *database = NULL;
}

/* ---- statements ---- */

static void cancel(struct database *database)
{
    char error[256];
    PGcancel *request = PQgetCancel(database->connection);

    if (request != NULL)
        PQcancel(request, error, sizeof error);
    PQfreeCancel(request);
}

/* Read until a result is complete.  Ctrl-C asks the server to stop and takes its answer.
 */
static bool await_result(struct database *database)
{
    struct deadline deadline = deadline_in(COMMIT_TIMEOUT_MS);
    bool forever = !database->shielded;

    for (;;) {
        int ready;

        if (!PQconsumeInput(database->connection))
            return false;
        if (!PQisBusy(database->connection))
            return true;
        ready = wait_socket(database, POLLIN, deadline, forever);
        if (ready == 0)
            return false;
        if (ready < 0) {
            if (PQsocket(database->connection) < 0)
                return false;
            cancel(database);
            database->shielded = true;
            forever = false;
            deadline = deadline_in(CANCEL_TIMEOUT_MS);
        }
    }
}

static bool flush(struct database *database)
{
    for (;;) {
        int left = PQflush(database->connection);

        if (left <= 0)
            return left == 0;
        if (wait_socket(database, POLLIN | POLLOUT, no_deadline, true) < 0 ||
            !PQconsumeInput(database->connection))
            return false;
    }
}

/* The last result of what was sent; NULL where the connection broke. */
static PGresult *collect(struct database *database)
{
    bool was_shielded = database->shielded;
    PGresult *last = NULL;

    for (;;) {
        PGresult *result;

        if (!flush(database) || !await_result(database))
            break;
        result = PQgetResult(database->connection);
        if (result == NULL) {
            database->shielded = was_shielded;
            return last;
        }
        PQclear(last);
        last = result;
    }
    database->shielded = was_shielded;
    PQclear(last);
    return NULL;
}

static bool send_query(struct database *database, const char *sql, size_t count,
                       const char *const *values)
{
    return PQsendQueryParams(database->connection, sql, (int)count, NULL, values, NULL,
                             NULL, 0) == 1;
}

static bool succeeded(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_TUPLES_OK ||
           PQresultStatus(result) == PGRES_COMMAND_OK;
}

/*
 * Every transaction is begun here.  Whoever may create functions and operators in a
 * schema of the search path would else choose what our statements call; behind a pooler
 * in transaction mode only a transaction keeps a setting.  Each statement runs once:
 * compiling it would take a second to win a moment.  Nobody waits without end for a
 * colleague's open transaction; and what a login or database has set does not change how
 * intervals and moments are written.
 */
static const char begin_transaction[] =
    "BEGIN; SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL jit = off;"
    " SET LOCAL lock_timeout = '10s'; SET LOCAL intervalstyle = postgres;"
    " SET LOCAL extra_float_digits = 1";

/* BEGIN, COMMIT or ROLLBACK; false: the failure is kept. */
static bool control(struct database *database, const char *sql)
{
    PGresult *result = NULL;

    if (PQsendQuery(database->connection, sql) == 1)
        result = collect(database);
    if (!succeeded(result)) {
        keep_failure(database, result);
        return false;
    }
    PQclear(result);
    return true;
}

/* Nobody can interrupt it; and what was kept of a failure stays. */
static bool commit(struct database *database)
{
    bool was_shielded = database->shielded, done;

    database->shielded = true;
    done = control(database, "COMMIT");
    database->shielded = was_shielded;
    return done;
}

/* One statement, in the transaction that is open. */
static struct rows *run_statement(struct database *database, const char *sql,
                                  size_t count, const char *const *values)
{
    PGresult *result = NULL;
    struct rows *rows;

    if (send_query(database, sql, count, values))
        result = collect(database);
    if (!succeeded(result)) {
        keep_failure(database, result);
        return NULL;
    }
    rows = message_needed(calloc(1, sizeof *rows));
    rows->result = result;
    return rows;
}

struct rows *database_try(struct database *database, const char *sql, size_t count,
                          const char *const *values)
{
    bool alone = PQtransactionStatus(database->connection) == PQTRANS_IDLE;
    struct rows *rows;

    if (!database->shielded && interrupt_pending()) {
        database->status = STATUS_INTERRUPTED;
        return NULL;
    }
    if (alone && !control(database, begin_transaction))
        return NULL;
    rows = run_statement(database, sql, count, values);
    if (!alone || database->trying)
        return rows;
    if (rows == NULL)
        database_rollback(database);
    else if (!commit(database))
        rows_free(&rows);
    return rows;
}

struct rows *database_query(struct database *database, const char *sql, size_t count,
                            const char *const *values)
{
    struct rows *rows = database_try(database, sql, count, values);

    if (rows == NULL)
        database_complain(database);
    return rows;
}

const char *database_sqlstate(const struct database *database)
{
    return database->sqlstate;
}

const char *database_constraint(const struct database *database)
{
    const char *name = database->failed != NULL
                           ? PQresultErrorField(database->failed, PG_DIAG_CONSTRAINT_NAME)
                           : NULL;

    return name != NULL ? name : "";
}

enum status database_status(const struct database *database)
{
    return database->status;
}

/* False also where it can't be found out.  The failure that is being told stays. */
static bool ask_yes(struct database *database, const char *sql)
{
    PGresult *failed = database->failed;
    enum status status = database->status;
    struct rows *rows;
    bool yes;

    database_rollback(database);
    database->failed = NULL;
    rows = database_try(database, sql, 0, NULL);
    yes = rows != NULL && rows_boolean(rows, 0, "yes");
    rows_free(&rows);
    PQclear(database->failed);
    database->failed = failed;
    database->status = status;
    return yes;
}

int schema_fits(long version, long serves)
{
    return version < SCHEMA_OLDEST ? -1 : serves > SCHEMA_VERSION;
}

enum status database_check_schema(struct database *database)
{
    struct rows *rows = database_query(
        database,
        "SELECT apppass.schema_version() AS version, apppass.schema_serves() AS serves",
        0, NULL);
    long version, serves;
    int fits;

    if (rows == NULL)
        return database->status;
    version = rows_integer(rows, 0, "version");
    serves = rows_integer(rows, 0, "serves");
    rows_free(&rows);
    fits = schema_fits(version, serves);
    if (fits == 0)
        return STATUS_DONE;
    if (fits > 0)
        message_error(
            "the schema apppass of the database (%s) is newer than this tool: it "
            "is number %ld and serves tools from number %ld on, and apppass %s is "
            "number %d",
            database->where, version, serves, PACKAGE_VERSION, SCHEMA_VERSION);
    else
        message_error(
            "the schema apppass of the database (%s) is older than this tool: it "
            "is number %ld, and apppass %s needs number %d",
            database->where, version, PACKAGE_VERSION, SCHEMA_OLDEST);
    message_hint("%s", fits > 0
                           ? "install the newer version of apppass on this machine, too"
                           : "bring it up to date with \"sqitch deploy\"");
    return STATUS_UNAVAILABLE;
}

void database_keep_nothing(struct database *database)
{
    database->trying = true;
}

enum status database_begin(struct database *database)
{
    if (PQtransactionStatus(database->connection) != PQTRANS_IDLE ||
        control(database, begin_transaction))
        return STATUS_DONE;
    database_complain(database);
    return database->status;
}

enum status database_commit(struct database *database)
{
    if (database->trying) {
        database_rollback(database);
        return STATUS_DONE;
    }
    if (commit(database))
        return STATUS_DONE;
    database_complain(database);
    return database->status;
}

void database_rollback(struct database *database)
{
    bool was_shielded = database->shielded;
    PGresult *result = NULL;

    if (PQtransactionStatus(database->connection) == PQTRANS_IDLE)
        return;
    database->shielded = true;
    if (PQsendQuery(database->connection, "ROLLBACK") == 1)
        result = collect(database);
    database->shielded = was_shielded;
    PQclear(result);
}

void database_shield(struct database *database, bool on)
{
    database->shielded = on;
}

/* ---- notifications ---- */

const char *database_notification(struct database *database, int timeout_ms,
                                  bool *timed_out_r)
{
    struct deadline deadline = deadline_in(timeout_ms);

    *timed_out_r = false;
    PQfreemem(database->notification);
    database->notification = NULL;
    for (;;) {
        int ready;

        database->notification = PQnotifies(database->connection);
        if (database->notification != NULL)
            return database->notification->extra;
        ready = wait_socket(database, POLLIN, deadline, timeout_ms < 0);
        if (ready == 0)
            *timed_out_r = true;
        if (interrupt_pending())
            database->status = STATUS_INTERRUPTED;
        if (ready <= 0)
            return NULL;
        if (!PQconsumeInput(database->connection)) {
            keep_failure(database, NULL);
            return NULL;
        }
    }
}

bool database_pooled(struct database *database)
{
    struct rows *rows = database_try(database, "SELECT pg_backend_pid() AS pid", 0, NULL);
    bool pooled = rows != NULL &&
                  rows_integer(rows, 0, "pid") != PQbackendPID(database->connection);

    rows_free(&rows);
    return pooled;
}

bool database_conninfo_value(const char *conninfo, const char *keyword, char *value,
                             size_t size)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    bool found = false;

    value[0] = '\0';
    for (PQconninfoOption *option = options;
         option != NULL && option->keyword != NULL && !found; option++) {
        found = strcmp(option->keyword, keyword) == 0 && option->val != NULL;
        if (found)
            snprintf(value, size, "%s", option->val);
    }
    PQconninfoFree(options);
    return found;
}

const char *database_where(const struct database *database)
{
    return database->where;
}

int database_server_version(const struct database *database)
{
    return PQserverVersion(database->connection);
}

/* ---- rows ---- */

/* libpq copies what it takes as changeable. */
union text {
    const char *from;
    char *to;
};

struct rows *rows_new(size_t count, const char *const *names)
{
    struct rows *rows = message_needed(calloc(1, sizeof *rows));
    PGresAttDesc columns[ROWS_COLUMNS_MAX] = {{0}};

    for (size_t i = 0; i < count && i < ROWS_COLUMNS_MAX; i++)
        columns[i].name = (union text){.from = names[i]}.to;
    rows->result = message_needed(PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK));
    if (!PQsetResultAttrs(rows->result, (int)count, columns))
        message_exhausted();
    return rows;
}

void rows_add(struct rows *rows, const char *const *values)
{
    int row = PQntuples(rows->result);

    for (int i = 0; i < PQnfields(rows->result); i++) {
        union text text = {.from = values[i]};
        int length = values[i] != NULL ? (int)strlen(values[i]) : -1;

        if (!PQsetvalue(rows->result, row, i, text.to, length))
            message_exhausted();
    }
}

size_t rows_count(const struct rows *rows)
{
    return (size_t)PQntuples(rows->result);
}

static int column_number(const struct rows *rows, const char *column)
{
    int number = PQfnumber(rows->result, column);

    if (number < 0) {
        message_error("internal error: the statement returns no column \"%s\"", column);
        abort();
    }
    return number;
}

bool rows_has(const struct rows *rows, const char *column)
{
    return PQfnumber(rows->result, column) >= 0;
}

const char *rows_text(const struct rows *rows, size_t row, const char *column)
{
    int number = column_number(rows, column);

    if (PQgetisnull(rows->result, (int)row, number))
        return NULL;
    return PQgetvalue(rows->result, (int)row, number);
}

bool rows_boolean(const struct rows *rows, size_t row, const char *column)
{
    const char *text = rows_text(rows, row, column);

    return text != NULL && text[0] == 't';
}

long rows_integer(const struct rows *rows, size_t row, const char *column)
{
    const char *text = rows_text(rows, row, column);

    return text != NULL ? strtol(text, NULL, 10) : 0;
}

bool rows_time(const struct rows *rows, size_t row, const char *column, time_t *time_r)
{
    const char *text = rows_text(rows, row, column);

    return text != NULL && moment_epoch(text, time_r);
}

static bool same_value(const struct rows *a, const struct rows *b, int row, int column)
{
    return PQgetisnull(a->result, row, column) == PQgetisnull(b->result, row, column) &&
           strcmp(PQgetvalue(a->result, row, column),
                  PQgetvalue(b->result, row, column)) == 0;
}

bool rows_same(const struct rows *a, const struct rows *b, const char *key)
{
    int first = key != NULL ? column_number(a, key) : 0;
    int after = key != NULL ? first + 1 : PQnfields(a->result);

    if (rows_count(a) != rows_count(b) || PQnfields(a->result) != PQnfields(b->result))
        return false;
    for (int row = 0; row < PQntuples(a->result); row++)
        for (int column = first; column < after; column++)
            if (!same_value(a, b, row, column))
                return false;
    return true;
}

void rows_append(struct rows *rows, const struct rows *more, size_t count)
{
    const char *values[ROWS_COLUMNS_MAX] = {0};

    for (int row = 0; row < (int)count; row++) {
        for (int i = 0; i < PQnfields(more->result); i++)
            values[i] = PQgetisnull(more->result, row, i)
                            ? NULL
                            : PQgetvalue(more->result, row, i);
        rows_add(rows, values);
    }
}

void rows_free(struct rows **rows)
{
    if (*rows == NULL)
        return;
    PQclear((*rows)->result);
    free(*rows);
    *rows = NULL;
}

char *database_array(size_t count, const char *const *texts)
{
    size_t size = 3;
    char *literal, *out;

    if (count == 0)
        return NULL;
    for (size_t i = 0; i < count; i++)
        size += texts[i] != NULL ? 2 * strlen(texts[i]) + 3 : sizeof "NULL,";
    literal = out = message_needed(malloc(size));
    *out++ = '{';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *out++ = ',';
        if (texts[i] == NULL) {
            memcpy(out, "NULL", 4);
            out += 4;
            continue;
        }
        *out++ = '"';
        for (const char *c = texts[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                *out++ = '\\';
            *out++ = *c;
        }
        *out++ = '"';
    }
    *out++ = '}';
    *out = '\0';
    return literal;
}
