/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cli/command.h"

enum { REPEATS = 1, GLOBAL = 2, CONFIGURED = 4 };

#define SPEC(id, name, letter, argument, flags, help)                                    \
    [OPTION_##id] = {name,                                                               \
                     letter,                                                             \
                     argument,                                                           \
                     ((flags)&REPEATS) != 0,                                             \
                     ((flags)&GLOBAL) != 0,                                              \
                     help,                                                               \
                     ((flags)&CONFIGURED) != 0},

const struct option_spec option_specs[OPTION_COUNT] = {OPTIONS(SPEC)};

/* In the order of the overview: the telephone first.  A name here is a command_NAME
 * in its own file. */
#define COMMANDS(X)                                                                      \
    X(issue)                                                                             \
    X(list)                                                                              \
    X(links)                                                                             \
    X(show)                                                                              \
    X(diagnose)                                                                          \
    X(check)                                                                             \
    X(reset)                                                                             \
    X(revoke)                                                                            \
    X(expire)                                                                            \
    X(account_add)                                                                       \
    X(account_list)                                                                      \
    X(account_show)                                                                      \
    X(account_disable)                                                                   \
    X(account_enable)                                                                    \
    X(account_mfa)                                                                       \
    X(account_notify)                                                                    \
    X(account_rename)                                                                    \
    X(account_erase)                                                                     \
    X(account_import)                                                                    \
    X(unused)                                                                            \
    X(uses)                                                                              \
    X(audit_head)                                                                        \
    X(audit_verify)                                                                      \
    X(audit)                                                                             \
    X(watch)                                                                             \
    X(notify)                                                                            \
    X(metrics)                                                                           \
    X(maintain)                                                                          \
    X(realm_show)                                                                        \
    X(realm_set)                                                                         \
    X(realm_add)                                                                         \
    X(access_list)                                                                       \
    X(access_add)                                                                        \
    X(access_remove)                                                                     \
    X(setup)                                                                             \
    X(doctor)                                                                            \
    X(key_new)                                                                           \
    X(key_use)                                                                           \
    X(help)                                                                              \
    X(complete)

#define DECLARE(name) extern const struct command command_##name;
#define POINT(name)   &command_##name,

COMMANDS(DECLARE)

const struct command *const commands[] = {COMMANDS(POINT) NULL};
