/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_DESCRIBE_H
#define APPPASS_DESCRIBE_H

/* The command table as JSON, for programs: "apppass help --json". */

#include "cli/command.h"

/* All commands, or (`only` not NULL) that one, and all options, on standard output. */
void describe_commands(const struct command *only);

#endif
