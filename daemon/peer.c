/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <sys/socket.h>

#include "peer.h"

enum procfile_state peer_client(int fd, const char *proc_path, char *client_r,
                                size_t size)
{
    struct ucred peer = {.pid = 0};
    socklen_t length = sizeof(peer);
    struct procfile record;
    enum procfile_state state;

    client_r[0] = '\0';
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return PROCFILE_UNUSABLE;
    state = procfile_read(proc_path, peer.pid, peer.uid, &record);
    if (state == PROCFILE_GOOD)
        snprintf(client_r, size, "%s", record.client);
    return state;
}
