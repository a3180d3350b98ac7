/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROCFILE_H
#define APPPASS_PROCFILE_H

/*
 * The file that Cyrus IMAP keeps for each of its processes that serves a client, named by
 * its process id in the folder `proc_path` of imapd.conf(5): service, client, user,
 * mailbox, command, with tabs between them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attributes.h"

#define PROCFILE_MAX         4096 /* bytes of a file; an honest one is far shorter */
#define PROCFILE_SERVICE_MAX 64
#define PROCFILE_USER_MAX    512

struct procfile {
    char service[PROCFILE_SERVICE_MAX]; /* as cyrus.conf(5) names it */
    char client[64];                    /* its address; "" where there is none */
    char user[PROCFILE_USER_MAX];       /* "" before the login */
};

/*
 * procfile_parse - one line, with or without its end
 *
 * False, and a zeroed record, for anything that Cyrus IMAP would not write.  A client
 * without an address, as on a unix socket, is good.  Pure.
 */
bool procfile_parse(const char *bytes, size_t length,
                    struct procfile *record_r) MUST_CHECK;

enum procfile_state {
    PROCFILE_UNUSABLE = 0, /* none, or nothing to rely on */
    PROCFILE_FORBIDDEN,    /* there may be one, but we may not read it */
    PROCFILE_GOOD
};

/* When a process started, in kernel ticks since the machine did; 0 where it is gone. */
uint64_t procfile_start(pid_t pid) MUST_CHECK;

/*
 * procfile_read - what the running process `pid` of user `owner` says it does
 *
 * Good is a regular file in `folder` that this user owns and nobody else may write, that
 * has been written since the process started, and that is well-formed.  Any doubt, a
 * link, a file of an earlier process with the same number, one too long, is unusable, and
 * *record_r is zeroed.
 */
enum procfile_state procfile_read(const char *folder, pid_t pid, uid_t owner,
                                  struct procfile *record_r) MUST_CHECK;

#endif
