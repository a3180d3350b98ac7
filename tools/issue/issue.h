/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ISSUE_H
#define APPPASS_ISSUE_H

/* What apppass issue does beside making one code. */

#include "cli/command.h"

/* "apppass issue --batch FILE" */
enum status issue_batch(struct invocation *invocation, const char *path);

/* "apppass issue ACCOUNT --handover": a link instead of a code. */
enum status issue_handover(struct invocation *invocation);

#endif
