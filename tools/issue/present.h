/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PRESENT_H
#define APPPASS_PRESENT_H

/*
 * Handing a new code to a person, once: on the terminal, or in a file.
 *
 * In three steps around the commit: nothing is stored that could not be shown, and
 * nothing is shown that was not stored.
 */

#include "cli/command.h"
#include "code.h"
#include "session/profile.h"

struct present_file {
    const char *path; /* NULL: not wanted */
    int file;         /* -1: not made */
};

struct present {
    struct present_file output;  /* of --output: the code alone */
    struct present_file profile; /* of --mobileconfig */
    struct profile_server imap, smtp, dav;
    bool keep; /* the files are complete and belong to the operator */
};

#define PRESENT_NONE                                                                     \
    {                                                                                    \
        .output.file = -1, .profile.file = -1                                            \
    }

/*
 * present_possible - may the code be shown as the command line says?
 *
 * STATUS_USAGE, told: standard output is not a terminal and neither --force nor a file was
 * given.  Run it before anything else.
 */
enum status present_possible(const struct invocation *invocation) MUST_CHECK;

/*
 * present_find_servers - what a profile for `account` names, from options and the realm
 *
 * STATUS_REFUSED, told: neither says.  Does nothing without --mobileconfig.
 */
enum status present_find_servers(struct present *present, struct invocation *invocation,
                                 const char *account) MUST_CHECK;

/* Before the commit: make the files (mode 0600, never over another file) and fill them.
 */
enum status present_prepare(struct present *present, const struct invocation *invocation,
                            const struct code *code, const struct rows *rows) MUST_CHECK;

/*
 * After the commit: show it.  `rows` is what store_code returned (one row).  False where
 * it could not be written: the code is lost, and the caller revokes it.
 */
bool present_show(struct present *present, const struct invocation *invocation,
                  const struct code *code, const struct rows *rows) MUST_CHECK;

/* Close; removes files that nothing was stored for. */
void present_release(struct present *present);

/* Of what store_code or reset_device returned. */
const struct column *present_columns(const struct rows *rows);

#endif
