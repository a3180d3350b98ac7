/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SOCKETS_H
#define APPPASS_SOCKETS_H

/* The listening sockets: passed by systemd, or bound here. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "attributes.h"

#define SOCKETS_MAX 8

struct sockets {
    size_t count;
    int fds[SOCKETS_MAX];
    int locks[SOCKETS_MAX];   /* -1 where systemd passed the socket */
    char *paths[SOCKETS_MAX]; /* NULL where systemd passed it */
};

/* Who may connect. */
struct sockets_access {
    uid_t owner; /* (uid_t)-1, (gid_t)-1: leave */
    gid_t group;
    mode_t mode;
};

/*
 * sockets_open - the sockets of systemd where it passed any, else one per path in `paths`
 *
 * A socket that nobody listens on any more is replaced; one that answers, or whose lock
 * ("PATH.lock") another process holds, is refused.  All are non-blocking.  False and a
 * message otherwise; *sockets_r is then safe to sockets_close.
 */
bool sockets_open(const char *paths, const struct sockets_access *access,
                  struct sockets *sockets_r, char *error, size_t error_size) MUST_CHECK;

/* Stop listening; remove what was bound here. */
void sockets_close(struct sockets *sockets);

#endif
