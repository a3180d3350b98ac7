/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "roster.h"

/* glibc has wrappers from 2.36 on. */
static int open_process(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int end_process(int process)
{
    return (int)syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0);
}

/* A process id as Cyrus IMAP names its files; 0 for any other name, "4711.new" too. */
static pid_t name_to_pid(const char *name)
{
    char *end;
    long value;

    if (*name < '1' || *name > '9')
        return 0;
    errno = 0;
    value = strtol(name, &end, 10);
    return *end == '\0' && errno == 0 && value <= INT_MAX ? (pid_t)value : 0;
}

static bool add(struct roster *roster, size_t *room, const struct roster_entry *entry)
{
    if (roster->count == *room) {
        size_t more = *room == 0 ? 64 : *room * 2;
        struct roster_entry *entries =
            realloc(roster->entries, more * sizeof(entries[0]));

        if (entries == NULL)
            return false;
        roster->entries = entries;
        *room = more;
    }
    roster->entries[roster->count++] = *entry;
    return true;
}

bool roster_read(const char *folder, struct roster *roster_r, char *error,
                 size_t error_size)
{
    DIR *directory = opendir(folder);
    struct roster_entry entry = {0};
    const struct dirent *file;
    struct stat status;
    size_t room = 0;
    bool good = true;

    memset(roster_r, 0, sizeof(*roster_r));
    /* Cyrus IMAP owns the folder; what others put there counts for nothing. */
    if (directory == NULL || fstat(dirfd(directory), &status) < 0) {
        snprintf(error, error_size, "could not read %s: %s", folder, strerror(errno));
        if (directory != NULL)
            closedir(directory);
        return false;
    }
    entry.owner = status.st_uid;
    while (good && (file = readdir(directory)) != NULL) {
        enum procfile_state state;

        entry.pid = name_to_pid(file->d_name);
        entry.start = entry.pid > 0 ? procfile_start(entry.pid) : 0;
        if (entry.start == 0)
            continue;
        state = procfile_read(folder, entry.pid, entry.owner, &entry.record);
        if (state == PROCFILE_FORBIDDEN) {
            roster_r->forbidden++;
        } else if (state == PROCFILE_GOOD && !add(roster_r, &room, &entry)) {
            snprintf(error, error_size, "out of memory");
            good = false;
        }
    }
    closedir(directory);
    return good;
}

void roster_free(struct roster *roster)
{
    free(roster->entries);
    memset(roster, 0, sizeof(*roster));
}

/* Is it a program that serves Cyrus IMAP's users, run by the owner of its files? */
static bool is_service(pid_t pid, uid_t owner)
{
    static const char *const programs[] = {"imapd", "pop3d",     "httpd",
                                           "nntpd", "timsieved", NULL};
    char path[64], name[32];
    struct stat status;
    ssize_t length = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && status.st_uid == owner)
        length = read(fd, name, sizeof(name) - 1);
    close(fd);
    if (length <= 0)
        return false;
    name[length - (name[length - 1] == '\n')] = '\0';
    for (size_t i = 0; programs[i] != NULL; i++)
        if (strcmp(name, programs[i]) == 0)
            return true;
    return false;
}

enum roster_end roster_end(const char *folder, const struct roster_entry *entry)
{
    enum roster_end end = ROSTER_GONE;
    struct procfile record;
    int process = open_process(entry->pid);

    if (process < 0)
        return errno == ESRCH ? ROSTER_GONE : ROSTER_FAILED;
    if (procfile_start(entry->pid) == entry->start &&
        is_service(entry->pid, entry->owner) &&
        procfile_read(folder, entry->pid, entry->owner, &record) == PROCFILE_GOOD &&
        strcmp(record.user, entry->record.user) == 0) {
        if (end_process(process) == 0)
            end = ROSTER_ENDED;
        else if (errno != ESRCH)
            end = ROSTER_FAILED;
    }
    close(process);
    return end;
}
