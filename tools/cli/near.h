/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_NEAR_H
#define APPPASS_NEAR_H

/* "Not found", with what was probably meant. */

#include "cli/command.h"

/*
 * near_complain - tell the last failure of the session
 *
 * Where it says that something was not found, offers accounts like `account` or, where
 * that account exists, its devices like `device` and codes like `selector` (either may be
 * NULL).  Ends an open transaction.  Returns the status to end with.
 */
enum status near_complain(struct invocation *invocation, const char *account,
                          const char *device, const char *selector);

/* The account is not in the result of a query that asked for it: tell so.
 * STATUS_REFUSED. */
enum status near_no_account(struct invocation *invocation, const char *account);

/* The same of a realm. */
enum status near_no_realm(struct invocation *invocation, const char *realm);

/* command_table of what belongs to `account` (NULL: to many); where there is none, the
 * account may not be there, which is told instead. */
enum status near_table(struct invocation *invocation, const struct column *columns,
                       struct rows *rows, const char *account,
                       const char *none) MUST_CHECK;

/* Does the account exist, for this operator?  False with *status_r STATUS_DONE: no. */
bool near_account_exists(struct invocation *invocation, const char *account,
                         enum status *status_r);

/* Tell what may have been meant, without an error before it. */
void near_offer_accounts(struct invocation *invocation, const char *account);
void near_offer_codes(struct invocation *invocation, const char *account,
                      const char *selector);

#endif
