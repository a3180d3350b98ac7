/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "sockets.h"

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

/* The next word of *paths in *path; 0 at the end. */
static size_t next_path(const char **paths, const char **path)
{
    size_t length;

    *path = *paths + strspn(*paths, " ");
    length = strcspn(*path, " ");
    *paths = *path + length;
    return length;
}

/* One instance for each path: the lock ends with the process, however it ends.  The file
 * stays, because removing it would let two others lock two different files. */
static int lock_path(const struct sockaddr_un *address, char *error, size_t error_size)
{
    char name[sizeof(address->sun_path) + sizeof(".lock")];
    int fd;

    snprintf(name, sizeof(name), "%s.lock", address->sun_path);
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        snprintf(error, error_size, "could not open %s: %s", name, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        snprintf(error, error_size,
                 errno == EWOULDBLOCK ? "%s: another apppassd serves this socket"
                                      : "%s: could not lock",
                 name);
        close(fd);
        return -1;
    }
    return fd;
}

/* Make way for bind(2): true where nothing is there any more. */
static bool clear_path(const struct sockaddr_un *address, char *error, size_t error_size)
{
    const char *path = address->sun_path;
    struct stat status;
    int fd, result, reason;

    if (lstat(path, &status) < 0) {
        if (errno == ENOENT)
            return true;
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISSOCK(status.st_mode)) {
        snprintf(error, error_size, "%s: exists and is not a socket; remove it", path);
        return false;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    result = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    reason = errno;
    if (fd >= 0)
        close(fd);
    if (result == 0 || reason != ECONNREFUSED) {
        snprintf(error, error_size, "%s: another program serves this socket%s%s", path,
                 result == 0 ? "" : ": ", result == 0 ? "" : strerror(reason));
        return false;
    }
    if (unlink(path) < 0) {
        snprintf(error, error_size, "could not remove %s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

/*
 * Bind, give it to those who may connect, listen: in this order, so that nobody else ever
 * could.  Its mode comes from the umask: chmod(2) would follow whatever the owner of the
 * folder put there in between.
 */
static int bind_path(const struct sockaddr_un *address,
                     const struct sockets_access *access, char *error, size_t error_size)
{
    const char *path = address->sun_path;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0777 & ~access->mode);
    int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    umask(mask);
    if (result < 0 || lchown(path, access->owner, access->group) < 0 ||
        listen(fd, BACKLOG) < 0) {
        snprintf(error, error_size, "could not listen on %s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static bool open_path(const char *path, size_t length,
                      const struct sockets_access *access, struct sockets *sockets,
                      char *error, size_t error_size)
{
    size_t i = sockets->count;
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (i >= SOCKETS_MAX || length >= sizeof(address.sun_path)) {
        snprintf(error, error_size, "too many sockets, or too long a path");
        return false;
    }
    memcpy(address.sun_path, path, length);
    sockets->fds[i] = -1;
    sockets->paths[i] = NULL;
    sockets->locks[i] = lock_path(&address, error, error_size);
    if (sockets->locks[i] < 0)
        return false;
    sockets->count++;
    if (!clear_path(&address, error, error_size))
        return false;
    sockets->fds[i] = bind_path(&address, access, error, error_size);
    if (sockets->fds[i] < 0)
        return false;
    sockets->paths[i] = strdup(address.sun_path);
    if (sockets->paths[i] == NULL)
        snprintf(error, error_size, "out of memory");
    return sockets->paths[i] != NULL;
}

static bool take_passed(int count, struct sockets *sockets, char *error,
                        size_t error_size)
{
    if (count > SOCKETS_MAX) {
        snprintf(error, error_size, "systemd passed %d sockets; at most %d", count,
                 SOCKETS_MAX);
        return false;
    }
    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
        if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0 ||
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
            snprintf(error, error_size,
                     "systemd passed something else than a listening unix stream socket");
            return false;
        }
        sockets->fds[sockets->count] = fd;
        sockets->locks[sockets->count] = -1;
        sockets->paths[sockets->count] = NULL;
        sockets->count++;
    }
    return true;
}

bool sockets_open(const char *paths, const struct sockets_access *access,
                  struct sockets *sockets_r, char *error, size_t error_size)
{
    int passed = sd_listen_fds(1);
    const char *path;
    size_t length;

    memset(sockets_r, 0, sizeof(*sockets_r));
    if (passed < 0) {
        snprintf(error, error_size, "could not take the sockets of systemd: %s",
                 strerror(-passed));
        return false;
    }
    if (passed > 0)
        return take_passed(passed, sockets_r, error, error_size);
    while ((length = next_path(&paths, &path)) > 0)
        if (!open_path(path, length, access, sockets_r, error, error_size))
            return false;
    return true;
}

void sockets_close(struct sockets *sockets)
{
    for (size_t i = 0; i < sockets->count; i++) {
        /* Removed first: who connects in between finds nobody, and doesn't wait. */
        if (sockets->paths[i] != NULL)
            unlink(sockets->paths[i]);
        free(sockets->paths[i]);
        if (sockets->fds[i] >= 0)
            close(sockets->fds[i]);
        if (sockets->locks[i] >= 0)
            close(sockets->locks[i]);
    }
    sockets->count = 0;
}
