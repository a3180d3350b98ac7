/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_TESTS_SASL_DATABASE_H
#define APPPASS_TESTS_SASL_DATABASE_H

/* The suite's private PostgreSQL, as its administrator sees it. */

#include <stddef.h>

#include "code.h"
#include "hash.h"

/* Connection strings for the plugin, from the environment. */
const char *database_conninfo(void);     /* over the socket */
const char *database_tcp_conninfo(void); /* over TCP, with a password */

/* The first column of the first row, "" for NULL or no row; fails the test on an error.
 * Parameters are text and end with NULL.  Free it. */
char *database_value(const char *sql, ...) __attribute__((sentinel));
void database_do(const char *sql, ...) __attribute__((sentinel));
long database_count(const char *sql);

struct issued {
    char code[CODE_DISPLAY_MAX]; /* as shown */
    char selector[CODE_SELECTOR_LENGTH + 1];
};

/* A new code as the tool makes one; services as "{imap,smtp}" or NULL for the realm's. */
struct issued database_issue(const char *account, const char *device,
                             const char *services);
struct issued database_issue_with(const char *account, const char *device,
                                  const char *services, const struct hash_policy *policy);

/* The same selector and shape, another secret, check symbol right. */
struct issued code_with_other_secret(const struct issued *issued);
/* Another selector. */
struct issued code_never_issued(const struct issued *issued);

/* Sessions of the plugin's role. */
long database_sessions(void);
void database_end_sessions(void); /* does not wait for it */

/* Every login waits in its lookup, until they are released; in how many sessions. */
void database_hold_logins(void);
long database_held_logins(void);
void database_release_logins(void);

/* Stop and start the server; returns when it has happened. */
void database_stop(void);
void database_start(void);

#endif
