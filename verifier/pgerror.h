/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PGERROR_H
#define APPPASS_PGERROR_H

/* What PostgreSQL and libpq say when something fails: SQLSTATEs, and words for one log
 * line.  Pure functions. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define PGERROR_SQLSTATE_SIZE 6   /* five characters and a NUL */
#define PGERROR_REASON_MAX    512 /* bytes of one line, NUL included */

/*
 * pgerror_line - a message as one line, safe to log
 *
 * libpq's have several lines and end in a newline.  The server's source line, which
 * verbose messages carry, is left out.
 */
void pgerror_line(const char *message, char *line, size_t size);

/*
 * pgerror_sqlstate - the SQLSTATE of a failed connect, "" where there is none
 *
 * libpq has no accessor for it, only the verbose form of the message, "FATAL:  57P03: the
 * database ...", whose words depend on the locale.
 */
void pgerror_sqlstate(const char *message, char sqlstate_r[PGERROR_SQLSTATE_SIZE]);

/* Does the text start like one of the list, which ends in NULL?  NULL: no. */
bool pgerror_is(const char *sqlstate, const char *const *list) MUST_CHECK;

/* ": what the administrator should look at", or "".  Static. */
const char *pgerror_advice(const char *sqlstate) MUST_CHECK;

#endif
