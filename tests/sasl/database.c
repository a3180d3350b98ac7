/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "database.h"

#define PARAMETERS_MAX 8

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        fail_msg("%s is not set: start this program through tests/sasl/run", name);
    return value;
}

const char *database_conninfo(void)
{
    return from_environment("APPPASS_CONNINFO");
}

const char *database_tcp_conninfo(void)
{
    return from_environment("APPPASS_VERIFIER_CONNINFO");
}

static char *run(const char *sql, va_list args)
{
    const char *parameters[PARAMETERS_MAX];
    int count = 0;
    char *value;
    PGresult *result;
    PGconn *conn =
        PQconnectdbParams((const char *const[]){"dbname", NULL},
                          (const char *const[]){from_environment("PGDATABASE"), NULL}, 0);

    while ((parameters[count] = va_arg(args, const char *)) != NULL)
        assert_true(++count < PARAMETERS_MAX);
    /* an empty text stands for NULL: a list that ends with NULL can't hold one */
    for (int i = 0; i < count; i++)
        if (parameters[i][0] == '\0')
            parameters[i] = NULL;
    result = PQexecParams(conn, sql, count, NULL, parameters, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK &&
        PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s%s", sql, PQresultErrorMessage(result), PQerrorMessage(conn));
    value = strdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    assert_non_null(value);
    PQclear(result);
    PQfinish(conn);
    return value;
}

char *database_value(const char *sql, ...)
{
    va_list args;
    char *value;

    va_start(args, sql);
    value = run(sql, args);
    va_end(args);
    return value;
}

void database_do(const char *sql, ...)
{
    va_list args;

    va_start(args, sql);
    free(run(sql, args));
    va_end(args);
}

long database_count(const char *sql)
{
    char *value = database_value(sql, NULL);
    long count = strtol(value, NULL, 10);

    free(value);
    return count;
}

long database_sessions(void)
{
    return database_count("SELECT count(*) FROM pg_catalog.pg_stat_activity "
                          "WHERE usename = 'apppass_mail'");
}

/* On a connection that is kept, for a transaction or because a new one takes long. */
static void on_kept_connection(const char *sql)
{
    static PGconn *conn;
    PGresult *result;

    if (PQstatus(conn) != CONNECTION_OK) {
        PQfinish(conn);
        conn = PQconnectdbParams(
            (const char *const[]){"dbname", NULL},
            (const char *const[]){from_environment("PGDATABASE"), NULL}, 0);
    }
    result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK &&
        PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    PQclear(result);
}

void database_end_sessions(void)
{
    on_kept_connection("SELECT pg_catalog.pg_terminate_backend(pid) FROM "
                       "pg_catalog.pg_stat_activity WHERE usename = 'apppass_mail'");
}

void database_hold_logins(void)
{
    on_kept_connection("BEGIN; LOCK TABLE apppass.account IN ACCESS EXCLUSIVE MODE");
}

long database_held_logins(void)
{
    return database_count("SELECT count(*) FROM pg_catalog.pg_stat_activity "
                          "WHERE usename = 'apppass_mail' AND wait_event_type = 'Lock'");
}

void database_release_logins(void)
{
    on_kept_connection("COMMIT");
}

struct issued database_issue(const char *account, const char *device,
                             const char *services)
{
    static const struct hash_policy usual = HASH_POLICY_DEFAULT;

    return database_issue_with(account, device, services, &usual);
}

struct issued database_issue_with(const char *account, const char *device,
                                  const char *services, const struct hash_policy *policy)
{
    struct issued issued;
    struct code code;
    char hash[HASH_STRING_MAX];

    assert_true(code_make(CODE_LENGTH_DEFAULT, &code));
    assert_int_equal(hash_make(code.symbols, code.length, policy, NULL, NULL, hash),
                     OUTCOME_OK);
    database_do("SELECT code_id FROM apppass.store_code($1, $2, $3, $4, $5::text[])",
                account, device, code.selector, hash, services != NULL ? services : "",
                NULL);
    code_format(&code, issued.code);
    memcpy(issued.selector, code.selector, sizeof issued.selector);
    code_wipe(&code);
    return issued;
}

/* The code with the symbol at `position` changed and the check symbol put right. */
static struct issued changed(const struct issued *issued, size_t position)
{
    struct code code;
    struct issued other;
    const char *symbol;

    assert_int_equal(code_parse(issued->code, strlen(issued->code), &code),
                     CODE_SHAPE_VALID);
    symbol = strchr(CODE_ALPHABET, code.symbols[position]);
    assert_non_null(symbol);
    code.symbols[position] = symbol[1] != '\0' ? symbol[1] : CODE_ALPHABET[0];
    code.symbols[code.length - 1] = code_check_symbol(code.symbols, code.length - 1);
    memcpy(code.selector, code.symbols, CODE_SELECTOR_LENGTH);
    code_format(&code, other.code);
    memcpy(other.selector, code.selector, sizeof other.selector);
    return other;
}

struct issued code_with_other_secret(const struct issued *issued)
{
    return changed(issued, CODE_SELECTOR_LENGTH + 3);
}

struct issued code_never_issued(const struct issued *issued)
{
    return changed(issued, 1);
}

/* The driver owns the server: it reads a word and answers with a byte. */
static void ask_driver(const char *word)
{
    int to = atoi(from_environment("APPPASS_DRIVER_TO"));
    int from = atoi(from_environment("APPPASS_DRIVER_FROM"));
    char answer;

    assert_int_equal(write(to, word, strlen(word)), (ssize_t)strlen(word));
    assert_int_equal(read(from, &answer, 1), 1);
}

void database_stop(void)
{
    ask_driver("stop\n");
}

void database_start(void)
{
    ask_driver("start\n");
}
