/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_COMMANDS_H
#define APPPASS_COMMANDS_H

/* The functions behind the command table, by file. */

#include "command.h"

/* account.c */
enum status run_account_add(struct invocation *invocation);
enum status run_account_list(struct invocation *invocation);
enum status run_account_show(struct invocation *invocation);
enum status run_account_disable(struct invocation *invocation);
enum status run_account_enable(struct invocation *invocation);
enum status run_account_mfa(struct invocation *invocation);

/* account_import.c */
enum status run_account_import(struct invocation *invocation);

/* issue.c */
enum status run_issue(struct invocation *invocation);

/* listing.c */
enum status run_list(struct invocation *invocation);
enum status run_show(struct invocation *invocation);

/* revoke.c */
enum status run_revoke(struct invocation *invocation);

#endif
