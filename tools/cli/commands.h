/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_COMMANDS_H
#define APPPASS_COMMANDS_H

/* The functions behind the command table, by file. */

#include "cli/command.h"

/* access.c */
enum status run_access_list(struct invocation *invocation);
enum status run_access_add(struct invocation *invocation);
enum status run_access_remove(struct invocation *invocation);

/* account.c */
enum status run_account_add(struct invocation *invocation);
enum status run_account_list(struct invocation *invocation);
enum status run_account_show(struct invocation *invocation);
enum status run_account_disable(struct invocation *invocation);
enum status run_account_enable(struct invocation *invocation);
enum status run_account_mfa(struct invocation *invocation);

/* account_import.c */
enum status run_account_import(struct invocation *invocation);

/* check.c */
enum status run_check(struct invocation *invocation);

/* complete.c */
enum status run_complete(struct invocation *invocation);

/* diagnose.c */
enum status run_diagnose(struct invocation *invocation);

/* doctor.c */
enum status run_doctor(struct invocation *invocation);

/* help.c */
enum status run_help(struct invocation *invocation);

/* issue.c */
enum status run_issue(struct invocation *invocation);
enum status run_reset(struct invocation *invocation);

/* key.c */
enum status run_key_new(struct invocation *invocation);

/* listing.c */
enum status run_list(struct invocation *invocation);
enum status run_show(struct invocation *invocation);

/* realm.c */
enum status run_realm_show(struct invocation *invocation);
enum status run_realm_set(struct invocation *invocation);
enum status run_realm_add(struct invocation *invocation);

/* report.c */
enum status run_unused(struct invocation *invocation);
enum status run_audit(struct invocation *invocation);
enum status run_audit_head(struct invocation *invocation);
enum status run_audit_verify(struct invocation *invocation);
enum status run_maintain(struct invocation *invocation);
enum status run_metrics(struct invocation *invocation);

/* revoke.c */
enum status run_revoke(struct invocation *invocation);

/* watch.c */
enum status run_watch(struct invocation *invocation);

#endif
