/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "presence.h"

/* What is to go with this process, and whose it is: a fork's parent still serves. */
static char said[PATH_MAX];
static pid_t said_by;

static bool write_line(const char *path, const char *service, const char *client,
                       const char *user)
{
    /* What a default access control list of the folder grants passes this mode; where
     * there is none, the umask of Cyrus IMAP cuts it down. */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    bool good;

    if (fd < 0)
        return false;
    good = dprintf(fd, "%s\t[%s]\t%s\t\t\n", service, client, user) > 0;
    if (close(fd) == 0 && good)
        return true;
    unlink(path);
    return false;
}

bool presence_say(const char *folder, const char *service, const char *client,
                  const char *user)
{
    static const char unix_socket[] = "unix socket";
    char path[PATH_MAX], fresh[PATH_MAX];
    struct client address;
    bool remote = input_client(client, &address);

    if ((size_t)snprintf(path, sizeof path, "%s/%ld", folder, (long)getpid()) >=
            sizeof path ||
        (size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    unlink(fresh); /* of an earlier process with this number */
    if (!write_line(fresh, service, remote ? address.text : unix_socket, user))
        return false;
    if (rename(fresh, path) < 0) {
        unlink(fresh);
        return false;
    }
    memcpy(said, path, sizeof said);
    said_by = getpid();
    return true;
}

/* timsieved exits without a word to the library. */
__attribute__((destructor)) static void leave(void)
{
    if (said_by != 0 && said_by == getpid())
        unlink(said);
}
