/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "logout_state.h"

bool logout_state_read(const char *path, char mark[LOGOUT_STATE_MAX], char *error,
                       size_t error_size)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    ssize_t length;

    mark[0] = '\0';
    if (fd < 0 && errno == ENOENT)
        return true;
    length = fd < 0 ? -1 : read(fd, mark, LOGOUT_STATE_MAX - 1);
    if (length < 0)
        snprintf(error, error_size, "could not read %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (length >= 0)
        mark[length] = '\0';
    return length >= 0;
}

static bool write_whole(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);

        if (count < 0)
            return false;
        bytes += count;
        length -= (size_t)count;
    }
    return fsync(fd) == 0;
}

/* A rename is on disk when its folder is. */
static bool sync_folder(const char *path)
{
    char copy[PATH_MAX];
    bool good;
    int fd;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

bool logout_state_write(const char *path, const char *mark)
{
    char fresh[PATH_MAX];
    bool good;
    int fd;

    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh)) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    good = write_whole(fd, mark, strlen(mark));
    good = close(fd) == 0 && good;
    return good && rename(fresh, path) == 0 && sync_folder(path);
}
