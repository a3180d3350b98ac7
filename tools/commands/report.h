/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_REPORT_H
#define APPPASS_REPORT_H

/* Options that several reports share. */

#include "cli/command.h"

#define REPORT_SINCE_MAX 32

/* --since as seconds since 1970, "" where not given.  STATUS_USAGE: told. */
enum status report_since(const struct invocation *invocation,
                         char text[REPORT_SINCE_MAX]) MUST_CHECK;

/* --limit, or `fallback`.  STATUS_USAGE: told. */
enum status report_limit(const struct invocation *invocation, const char *fallback,
                         const char **text_r) MUST_CHECK;

#endif
