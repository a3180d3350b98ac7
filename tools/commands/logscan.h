/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LOGSCAN_H
#define APPPASS_LOGSCAN_H

/*
 * Attempts that ended without a decision, from a mail server's log.
 *
 * The database cannot know of them: it was what could not be reached.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define LOGSCAN_TEXT_MAX 256

struct logscan {
    size_t count;                   /* of the account's attempts */
    char stamp[LOGSCAN_TEXT_MAX];   /* of the last, as the log has it */
    char service[LOGSCAN_TEXT_MAX]; /* "-": unknown */
    char client[LOGSCAN_TEXT_MAX];  /* "-": unknown */
};

/* Count a line of a syslog file that says "apppass: unavailable: user=ACCOUNT service=S client=C";
 * false for others. */
bool logscan_line(struct logscan *scan, const char *line, const char *account);

/* The end of the file, at most 64 MiB.  False: told. */
bool logscan_file(struct logscan *scan, const char *path, const char *account) MUST_CHECK;

#endif
