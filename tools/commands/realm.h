/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_REALM_H
#define APPPASS_REALM_H

/* What the policy commands share. */

#include "cli/command.h"

/* There is no such realm: tell so, and which may have been meant.  STATUS_REFUSED. */
enum status realm_missing(struct invocation *invocation, const char *realm);

#endif
