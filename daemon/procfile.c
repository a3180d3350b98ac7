/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "input.h"
#include "procfile.h"

enum field { SERVICE, CLIENT, USER, MAILBOX, COMMAND, FIELDS };

struct slice {
    const char *bytes;
    size_t length;
};

/* Five fields, or four from before the first command; no byte that ends text. */
static bool cut(const char *bytes, size_t length, struct slice fields[FIELDS])
{
    const char *end = bytes + length, *tab;
    size_t count = 0;

    while (count < FIELDS - 1 && (tab = memchr(bytes, '\t', (size_t)(end - bytes)))) {
        fields[count++] = (struct slice){bytes, (size_t)(tab - bytes)};
        bytes = tab + 1;
    }
    fields[count++] = (struct slice){bytes, (size_t)(end - bytes)};
    return count >= MAILBOX &&
           memchr(fields[count - 1].bytes, '\t', fields[count - 1].length) == NULL;
}

static bool take(struct slice from, char *text, size_t size)
{
    if (from.length >= size)
        return false;
    memcpy(text, from.bytes, from.length);
    text[from.length] = '\0';
    return true;
}

/* Names that a resolver gave; Cyrus IMAP puts one in front of the address. */
static bool host_name(const char *bytes, size_t length)
{
    static const char good[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    for (size_t i = 0; i < length; i++)
        if (strchr(good, bytes[i]) == NULL)
            return false;
    return true;
}

/* "host [192.0.2.1]", "[2001:db8::1]", "[unix socket]". */
static bool take_client(struct slice from, struct procfile *record)
{
    static const char unix_socket[] = "[unix socket]";
    struct client client;
    char address[sizeof(record->client)];
    size_t host = 0;

    if (from.length == sizeof(unix_socket) - 1 &&
        memcmp(from.bytes, unix_socket, from.length) == 0)
        return true;
    if (from.length < 2 || from.bytes[from.length - 1] != ']')
        return false;
    while (host < from.length && from.bytes[host] != '[')
        host++;
    if (host == from.length ||
        (host > 0 &&
         (host < 2 || from.bytes[host - 1] != ' ' || !host_name(from.bytes, host - 1))) ||
        !take((struct slice){from.bytes + host + 1, from.length - host - 2}, address,
              sizeof(address)) ||
        strpbrk(address, "[];") != NULL || !input_client(address, &client))
        return false;
    memcpy(record->client, client.text, sizeof(client.text));
    return true;
}

bool procfile_parse(const char *bytes, size_t length, struct procfile *record_r)
{
    struct slice fields[FIELDS];
    struct procfile record = {.client = ""};

    memset(record_r, 0, sizeof(*record_r));
    if (length > 0 && bytes[length - 1] == '\n')
        length--;
    if (length == 0 || length > PROCFILE_MAX || memchr(bytes, '\0', length) != NULL ||
        memchr(bytes, '\n', length) != NULL || !cut(bytes, length, fields) ||
        fields[SERVICE].length == 0 ||
        !take(fields[SERVICE], record.service, sizeof(record.service)) ||
        !take(fields[USER], record.user, sizeof(record.user)) ||
        !take_client(fields[CLIENT], &record))
        return false;
    *record_r = record;
    return true;
}

uint64_t procfile_start(pid_t pid)
{
    char path[64], text[1024], *at;
    unsigned long long ticks = 0;
    ssize_t length = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, text, sizeof(text) - 1);
        close(fd);
    }
    if (length <= 0)
        return 0;
    text[length] = '\0';
    /* The command's name, the second field, may hold anything, in parentheses. */
    at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at != NULL)
        ticks = strtoull(at + 1, NULL, 10);
    return ticks;
}

/* Nanoseconds. */
static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The clock of files runs behind, by a timer's tick or a few on a busy machine; a process
 * id does not come round in that time. */
#define FILE_CLOCK_LAG_NS 100000000

/* Was the file written since the process started? */
static bool written_since(const struct stat *status, uint64_t start)
{
    int64_t tick = 1000000000 / sysconf(_SC_CLK_TCK);
    int64_t zero = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
    int64_t written =
        (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;

    return start != 0 && written + FILE_CLOCK_LAG_NS >= zero + (int64_t)start * tick;
}

static bool read_whole(int fd, char bytes[PROCFILE_MAX + 1], size_t *length_r)
{
    ssize_t count;

    *length_r = 0;
    while (*length_r <= PROCFILE_MAX &&
           (count = read(fd, bytes + *length_r, PROCFILE_MAX + 1 - *length_r)) != 0) {
        if (count < 0)
            return false;
        *length_r += (size_t)count;
    }
    return *length_r <= PROCFILE_MAX;
}

enum procfile_state procfile_read(const char *folder, pid_t pid, uid_t owner,
                                  struct procfile *record_r)
{
    char path[PATH_MAX], bytes[PROCFILE_MAX + 1];
    struct stat status;
    size_t length;
    bool good;
    int fd;

    memset(record_r, 0, sizeof(*record_r));
    if (pid <= 0 ||
        (size_t)snprintf(path, sizeof(path), "%s/%ld", folder, (long)pid) >= sizeof(path))
        return PROCFILE_UNUSABLE;
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? PROCFILE_FORBIDDEN : PROCFILE_UNUSABLE;
    good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
           status.st_uid == owner && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
           written_since(&status, procfile_start(pid)) &&
           read_whole(fd, bytes, &length) && procfile_parse(bytes, length, record_r);
    close(fd);
    return good ? PROCFILE_GOOD : PROCFILE_UNUSABLE;
}
