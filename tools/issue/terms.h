/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_TERMS_H
#define APPPASS_TERMS_H

/* Options that codes, links and batches of them have in common. */

#include "cli/command.h"

/* --expires as an absolute time (MOMENT_TEXT_MAX bytes), "" where it was not given.
 * STATUS_USAGE: told. */
enum status issue_read_expiry(const struct invocation *invocation,
                              char *text_r) MUST_CHECK;

/* --valid as seconds, a day where it was not given.  STATUS_USAGE: told. */
#define ISSUE_VALID_MAX 24
enum status issue_read_valid(const struct invocation *invocation,
                             char seconds_r[ISSUE_VALID_MAX]) MUST_CHECK;

/* Options that are for links alone, where none is made.  STATUS_USAGE: told. */
enum status issue_for_links(const struct invocation *invocation) MUST_CHECK;

#endif
