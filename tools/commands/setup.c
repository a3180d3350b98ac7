/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "base/message.h"
#include "cli/command.h"

/* The work is an administrator's, and a shell script does it: tools/setup. */
#define SCRIPT PKGDATADIR "/setup"

#define WORDS_MAX 8

static enum status run_setup(struct invocation *invocation)
{
    static const struct {
        enum option_id id;
        const char *word;
    } switches[] = {
        {OPTION_DRY_RUN, "--dry-run"}, {OPTION_UNDO, "--undo"}, {OPTION_YES, "--yes"}};
    const char *words[WORDS_MAX] = {SCRIPT};
    union {
        const char *const *from;
        char *const *to;
    } arguments = {.from = words};
    size_t count = 1;

    for (size_t i = 0; i < COUNT(switches); i++)
        if (command_has(invocation, switches[i].id))
            words[count++] = switches[i].word;
    /* One that a file names is where people look up codes, not where a site is made. */
    if (command_has(invocation, OPTION_DBNAME)) {
        words[count++] = "-d";
        words[count++] = command_option(invocation, OPTION_DBNAME);
    }
    execv(SCRIPT, arguments.to);
    message_error("could not run %s: %s", SCRIPT, strerror(errno));
    return STATUS_REFUSED;
}

const struct command command_setup = {
    .name = "setup",
    .heading = "Installation",
    .arguments = "",
    .role = ROLE_NONE,
    .run = run_setup,
    .no_csv = true,
    .summary = "configure PostgreSQL, Postfix and Cyrus IMAP of this host",
    .details =
        "As root. Makes the database and its logins, or with -d uses one elsewhere; edits\n"
        "the servers' files, of which it keeps what was there; then checks all with doctor\n"
        "and logs in with a code at every port. What is done already is left alone.",
    .example = "apppass setup --dry-run",
    .options = {{OPTION_DRY_RUN, 0}, {OPTION_UNDO, 0}},
};
