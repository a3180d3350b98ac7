/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_DATABASE_H
#define APPPASS_DATABASE_H

/*
 * The tool's PostgreSQL session: the only user of libpq in tools/.
 *
 * Every value is a bound parameter.  Trouble is told to the operator here, once, in words
 * that say what to do; callers pass the status on.  Ctrl-C cancels a running statement.
 */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "attributes.h"
#include "base/status.h"

struct database;
struct rows;

/*
 * The tool was made for the schema whose apppass.schema_version() is SCHEMA_VERSION, and needs
 * nothing that schemas from SCHEMA_OLDEST on lack.  A newer one says which tools it serves.
 */
#define SCHEMA_OLDEST  1
#define SCHEMA_VERSION 1

/*
 * database_open - connect
 *
 * conninfo as psql's -d takes it; NULL: libpq's defaults and environment.  Asks for a
 * password on a terminal where the server wants one.  role_needed is named in the hint
 * where the operator lacks a right.  On anything but STATUS_DONE *database_r is NULL.
 */
enum status database_open(const char *conninfo, const char *role_needed,
                          struct database **database_r) MUST_CHECK;
/* The same without a word and without a question, in two seconds: for completion.  NULL:
 * no. */
struct database *database_open_silently(const char *conninfo);
/* Does the tool speak to such a schema?  Negative: it is too old, positive: too new. */
int schema_fits(long version, long serves) MUST_CHECK;
/* Is it a schema that this tool speaks to?  Else told what to do. */
enum status database_check_schema(struct database *database) MUST_CHECK;
void database_close(struct database **database);
/* The account that hints name, borrowed; NULL: they say ACCOUNT. */
void database_name_account(struct database *database, const char *account);

/*
 * database_query - one statement, parameters $1 ... from `values` (NULL: SQL NULL)
 *
 * The rows, possibly none; free with rows_free.  NULL: told, and database_status says how
 * to end.
 */
struct rows *database_query(struct database *database, const char *sql, size_t count,
                            const char *const *values) MUST_CHECK;

/* The same, but silent on failure, for callers that have an answer to one kind of it:
 * database_sqlstate tells the kind, database_complain tells the operator. */
struct rows *database_try(struct database *database, const char *sql, size_t count,
                          const char *const *values) MUST_CHECK;
const char *database_sqlstate(const struct database *database);
/* Name of the constraint that refused, "" where none did. */
const char *database_constraint(const struct database *database);
void database_complain(struct database *database);
/* What the server said, one line; borrowed until the next statement. */
const char *database_message(const struct database *database);

#define QUERY(database, sql, ...)                                                        \
    database_query((database), (sql),                                                    \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),          \
                   (const char *const[]){__VA_ARGS__})
#define TRY_QUERY(database, sql, ...)                                                    \
    database_try((database), (sql),                                                      \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),            \
                 (const char *const[]){__VA_ARGS__})

/* How the last failure makes the command end. */
enum status database_status(const struct database *database);

/*
 * From now on nothing that this session does is kept: every statement runs in a
 * transaction, and database_commit rolls it back.  For --dry-run.
 */
void database_keep_nothing(struct database *database);

/*
 * A transaction.  Commit cannot be interrupted: it ends in STATUS_DONE, or it did not
 * happen, or (STATUS_UNAVAILABLE) the connection broke and nobody knows; the operator has
 * been told which.  Rollback is silent; closing the connection does it too.
 */
enum status database_begin(struct database *database) MUST_CHECK;
enum status database_commit(struct database *database) MUST_CHECK;
void database_rollback(struct database *database);

/* While it is on, Ctrl-C has to wait: for what must follow a commit. */
void database_shield(struct database *database, bool on);

/*
 * database_notification - wait for the next NOTIFY payload (LISTEN first)
 *
 * Borrowed until the next call.  NULL: interrupted, or failed, silently as database_try.
 * timeout_ms < 0: forever; when it passes, *timed_out_r is set and the result is NULL.
 */
const char *database_notification(struct database *database, int timeout_ms,
                                  bool *timed_out_r) MUST_CHECK;

/* Did the last failure end the session?  Then database_reconnect connects as before, with
 * the same password, and tries until it works; told.  STATUS_INTERRUPTED: it was ended
 * before. */
bool database_lost(const struct database *database);
enum status database_reconnect(struct database *database) MUST_CHECK;
/* Does somebody else, a pooler, answer for the server?  Sessions are not our own there. */
bool database_pooled(struct database *database);

/* One value of a connection string.  False where it is not set, or the string can't be
 * read. */
bool database_conninfo_value(const char *conninfo, const char *keyword, char *value,
                             size_t size);

/* host and database in words, for doctor. */
const char *database_where(const struct database *database);
int database_server_version(const struct database *database);

/* Rows of this program's own: the columns' names, and the texts of each row. */
struct rows *rows_new(size_t count, const char *const *names);
void rows_add(struct rows *rows, const char *const *values);
#define ROWS_NEW(...)                                                                    \
    rows_new(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                \
             (const char *const[]){__VA_ARGS__})
#define ROWS_ADD(rows, ...) rows_add((rows), (const char *const[]){__VA_ARGS__})

/* Rows.  A column that the statement does not name is a mistake of this program and ends
 * it. */
size_t rows_count(const struct rows *rows);
const char *rows_text(const struct rows *rows, size_t row,
                      const char *column); /* NULL: SQL NULL; borrowed */
bool rows_has(const struct rows *rows, const char *column);
bool rows_boolean(const struct rows *rows, size_t row, const char *column);
long rows_integer(const struct rows *rows, size_t row, const char *column); /* NULL: 0 */
/* Of date_part('epoch', ...).  False for NULL and for infinity. */
bool rows_time(const struct rows *rows, size_t row, const char *column, time_t *time_r);
/* Have both the same values, in the column `key` (NULL: in every column)? */
bool rows_same(const struct rows *a, const struct rows *b, const char *key);
/* Add the first `count` rows of another result with the same columns. */
void rows_append(struct rows *rows, const struct rows *more, size_t count);
void rows_free(struct rows **rows);

/*
 * A PostgreSQL array literal, "{"a","b"}", of `count` texts (NULL: an SQL NULL); NULL
 * for no text at all, so that a missing list is SQL NULL.  malloc'd; ends the program
 * where there is no memory, as NULL would mean "all".
 */
char *database_array(size_t count, const char *const *texts);

#endif
