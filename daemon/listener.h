/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LISTENER_H
#define APPPASS_LISTENER_H

/* The main thread's loop: clients, signals, the service manager. */

#include <stdbool.h>

#include "attributes.h"
#include "log.h"
#include "session.h"
#include "sockets.h"

struct listener {
    struct sockets *sockets;
    struct pool *pool;
    const struct log *log;
    const char *config_path; /* read again at SIGHUP */
    int signal_fd;           /* signalfd(2) for SIGHUP, SIGINT, SIGTERM */
    int wake_fd;             /* the pool's */
};

/*
 * listener_run - serve until SIGTERM or SIGINT, then until the last request has ended
 *
 * Reads all clients without waiting for any, so that one that stalls costs a place in
 * the pool and nothing else; closes without a reply whatever has passed its deadline.
 * A second signal ends at once.  False where it could not go on (logged).
 */
bool listener_run(struct listener *listener) MUST_CHECK;

#endif
