/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PEER_H
#define APPPASS_PEER_H

/* Whom a mail server's process that asks is asking for. */

#include "attributes.h"
#include "procfile.h"

/*
 * peer_client - the client of the Cyrus IMAP process at the other end of the unix socket
 *
 * The kernel says which process connected; what that process says of its client stands
 * in Cyrus IMAP's folder `proc_path`.  Not PROCFILE_GOOD: unknown, and client_r is "".
 */
enum procfile_state peer_client(int fd, const char *proc_path, char *client_r,
                                size_t size) MUST_CHECK;

#endif
