/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_REALM_H
#define APPPASS_REALM_H

/* What the policy commands share. */

#include "cli/command.h"

/* The names that "realm set" takes, one by one; NULL after the last. */
const char *realm_setting(size_t index);

/* Tell which realm may have been meant. */
void realm_offer(struct invocation *invocation, const char *realm);

/* Who changes policy by plain SQL, and why, for the audit; within a transaction. */
enum status realm_context(struct invocation *invocation);

#endif
