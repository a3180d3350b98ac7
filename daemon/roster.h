/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ROSTER_H
#define APPPASS_ROSTER_H

/* Who is logged in: the sessions of Cyrus IMAP on this host, by its files. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attributes.h"
#include "procfile.h"

struct roster_entry {
    pid_t pid;
    uint64_t start; /* of the process: procfile_start */
    uid_t owner;
    struct procfile record; /* its user is "" until it has logged in */
};

struct roster {
    struct roster_entry *entries;
    size_t count;
    size_t forbidden; /* files that we may not read, and whose sessions are missing */
};

/*
 * roster_read - all connections, logged in or about to
 *
 * False and a message where the folder can't be read.  Free with roster_free in either
 * case.
 */
bool roster_read(const char *folder, struct roster *roster_r, char *error,
                 size_t error_size) MUST_CHECK;
void roster_free(struct roster *roster);

enum roster_end { ROSTER_GONE = 0, ROSTER_ENDED, ROSTER_FAILED };

/*
 * roster_end - end a session: SIGTERM to its process
 *
 * Only where that is still the process that the entry was read from, a program of Cyrus
 * IMAP that serves the same user: the kernel's handle of it is taken before its file is
 * read again, so that the number can't have gone to another.  ROSTER_GONE: it has ended,
 * or serves somebody else.  ROSTER_FAILED: errno says why that could not be found out.
 */
enum roster_end roster_end(const char *folder,
                           const struct roster_entry *entry) MUST_CHECK;

#endif
