/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "doctor/doctor.h"

/* An access control list as the kernel keeps it: linux/posix_acl_xattr.h, little endian.
 */
#define ACL_USER      0x02
#define ACL_MASK      0x10
#define ACL_ENTRY     8
#define ACL_HEADER    4
#define ACL_ENTRY_MAX 256
#define ACL_READ      4
#define ACL_EXECUTE   1

static unsigned number(const unsigned char *bytes, size_t length)
{
    unsigned value = 0;

    while (length > 0)
        value = value << 8 | bytes[--length];
    return value;
}

struct list {
    unsigned char text[ACL_HEADER + ACL_ENTRY_MAX * ACL_ENTRY];
    ssize_t length;
};

static struct list read_list(const char *path, const char *name)
{
    struct list list;

    list.length = getxattr(path, name, list.text, sizeof list.text);
    return list;
}

/* What the entry grants, if it is one for a single user. */
static unsigned granted(const struct list *list, ssize_t at, unsigned mask, uid_t *user_r)
{
    *user_r = (uid_t)number(list->text + at + 4, 4);
    return number(list->text + at, 2) == ACL_USER ? number(list->text + at + 2, 2) & mask
                                                  : 0;
}

/* Of an access control list with named users: what they have at most. */
static unsigned mask_of(const struct list *list)
{
    for (ssize_t at = ACL_HEADER; at + ACL_ENTRY <= list->length; at += ACL_ENTRY)
        if (number(list->text + at, 2) == ACL_MASK)
            return number(list->text + at + 2, 2);
    return ~0U;
}

static bool allows(const struct list *list, uid_t wanted, unsigned rights)
{
    unsigned mask = mask_of(list);
    uid_t user;

    for (ssize_t at = ACL_HEADER; at + ACL_ENTRY <= list->length; at += ACL_ENTRY)
        if ((granted(list, at, mask, &user) & rights) == rights && user == wanted)
            return true;
    return false;
}

/* Whoever may read what Cyrus IMAP will write there: how many, and their names. */
static size_t readers(const char *folder, char *names, size_t size)
{
    struct list list = read_list(folder, "system.posix_acl_access");
    struct list fresh = read_list(folder, "system.posix_acl_default");
    unsigned mask = mask_of(&fresh);
    size_t count = 0, length = 0;

    for (ssize_t at = ACL_HEADER; at + ACL_ENTRY <= fresh.length; at += ACL_ENTRY) {
        uid_t user;
        const struct passwd *entry;

        if ((granted(&fresh, at, mask, &user) & ACL_READ) == 0 ||
            !allows(&list, user, ACL_EXECUTE))
            continue;
        entry = getpwuid(user);
        if (length < size)
            length += (size_t)snprintf(names + length, size - length, "%s%s",
                                       count > 0 ? ", " : "",
                                       entry != NULL ? entry->pw_name : "?");
        count++;
    }
    return count;
}

static const char fix[] =
    "install contrib/systemd/apppass-tmpfiles.conf, see apppassd(8)";

/* May it list the folder, and read each file that will be there? */
static bool reads_all(const char *folder, uid_t user)
{
    struct list list = read_list(folder, "system.posix_acl_access");
    struct list fresh = read_list(folder, "system.posix_acl_default");

    return allows(&list, user, ACL_READ | ACL_EXECUTE) && allows(&fresh, user, ACL_READ);
}

/* ---- apppass-logoutd ---- */

#define LOGOUTD        "apppass-logoutd"
#define LOGOUTD_FOLDER "/run/cyrus/proc" /* without -p */

struct process {
    char name[16];
    uid_t user; /* effective, as of signals */
    uint64_t capabilities;
};

static bool read_process(const char *pid, struct process *process_r)
{
    char path[64], line[256];
    FILE *file;

    memset(process_r, 0, sizeof *process_r);
    snprintf(path, sizeof path, "/proc/%.16s/status", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        char *rest = line + strcspn(line, "\t");

        if (strncmp(line, "Name:\t", 6) == 0)
            snprintf(process_r->name, sizeof process_r->name, "%.*s",
                     (int)strcspn(rest + 1, "\n"), rest + 1);
        else if (strncmp(line, "Uid:\t", 5) == 0 && strtoul(rest, &rest, 10) <= UINT_MAX)
            process_r->user = (uid_t)strtoul(rest, NULL, 10);
        else if (strncmp(line, "CapEff:\t", 8) == 0)
            process_r->capabilities = strtoull(rest, NULL, 16);
    }
    fclose(file);
    return true;
}

/* Is this the folder of its option -p? */
static bool follows(const char *pid, const char *folder)
{
    char path[64], words[4096];
    const char *given = LOGOUTD_FOLDER, *word;
    size_t length = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%.16s/cmdline", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    length = fread(words, 1, sizeof words - 1, file);
    fclose(file);
    words[length] = '\0';
    for (word = words; word < words + length; word += strlen(word) + 1)
        if (strncmp(word, "-p", 2) == 0)
            given = word[2] != '\0' ? word + 2 : word + 3;
    return strcmp(given, folder) == 0;
}

/* The one that ends the sessions named in the folder. */
static bool find_logoutd(const char *folder, struct process *process_r)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    bool found = false;

    while (directory != NULL && !found && (entry = readdir(directory)) != NULL)
        found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                read_process(entry->d_name, process_r) &&
                strcmp(process_r->name, LOGOUTD) == 0 && follows(entry->d_name, folder);
    if (directory != NULL)
        closedir(directory);
    return found;
}

static void check_logoutd(struct doctor *doctor, const char *folder, uid_t owner)
{
    struct process logoutd;
    const struct passwd *entry;
    const char *name;

    if (!find_logoutd(folder, &logoutd)) {
        doctor_note(doctor, "logoutd",
                    LOGOUTD " does not run here: what has logged in before a code is "
                            "revoked stays logged in, see " LOGOUTD "(8)");
        return;
    }
    entry = getpwuid(logoutd.user);
    name = entry != NULL ? entry->pw_name : "?";
    if (logoutd.user == 0)
        doctor_fault(doctor, "logoutd",
                     "run it by contrib/systemd/apppass-logoutd.service",
                     "runs as root, and needs one capability");
    else if (logoutd.user != owner &&
             (logoutd.capabilities & (UINT64_C(1) << CAP_KILL)) == 0)
        doctor_fault(doctor, "logoutd",
                     "AmbientCapabilities=CAP_KILL, as in "
                     "contrib/systemd/apppass-logoutd.service",
                     "%s may not signal Cyrus IMAP's processes", name);
    else if (logoutd.user != owner && !reads_all(folder, logoutd.user))
        doctor_fault(doctor, "logoutd", fix, "%s may not read what is in %s", name,
                     folder);
    else
        doctor_ok(doctor, "logoutd", "runs as %s, and may end Cyrus IMAP's sessions",
                  name);
}

/* timsieved writes no file of its own. */
static void check_presence(struct doctor *doctor, const char *path, const char *folder,
                           const struct conf *conf)
{
    const char *told = conf_value(conf, "sasl_apppass_cyrus_proc");

    if (told == NULL)
        doctor_note(doctor, "cyrus",
                    "%s: ManageSieve sessions can't be ended "
                    "(sasl_apppass_cyrus_proc: %s would let them)",
                    path, folder);
    else if (strcmp(told, folder) != 0)
        doctor_fault(doctor, "cyrus", "give both the same folder",
                     "%s: sasl_apppass_cyrus_proc is %s, but proc_path %s", path, told,
                     folder);
}

void doctor_proc(struct doctor *doctor, const char *path, const struct conf *conf)
{
    const char *given = conf_value(conf, "proc_path");
    const char *base = conf_value(conf, "configdirectory");
    char folder[PATH_MAX], names[256];
    struct stat status;

    if (given != NULL)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/proc",
                 base != NULL ? base : "/var/lib/cyrus");
    check_presence(doctor, path, folder, conf);
    if (stat(folder, &status) < 0) {
        doctor_fault(doctor, "cyrus", fix, "%s: proc_path %s: %s", path, folder,
                     strerror(errno));
        return;
    }
    if (readers(folder, names, sizeof names) > 0)
        doctor_ok(doctor, "cyrus", "says where its clients are, to %s", names);
    else
        doctor_fault(
            doctor, "cyrus", fix,
            "nobody else may read what Cyrus IMAP writes to %s: codes limited to "
            "networks are refused at IMAP LOGIN, POP3 USER and HTTP Basic",
            folder);
    check_logoutd(doctor, folder, status.st_uid);
}
