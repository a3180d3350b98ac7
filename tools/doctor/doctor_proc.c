/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
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

void doctor_proc(struct doctor *doctor, const char *path, const struct conf *conf)
{
    static const char fix[] =
        "install contrib/systemd/apppass-tmpfiles.conf, see apppassd(8)";
    const char *given = conf_value(conf, "proc_path");
    const char *base = conf_value(conf, "configdirectory");
    char folder[PATH_MAX], names[256];
    struct stat status;

    if (given != NULL)
        snprintf(folder, sizeof folder, "%s", given);
    else
        snprintf(folder, sizeof folder, "%s/proc",
                 base != NULL ? base : "/var/lib/cyrus");
    if (stat(folder, &status) < 0)
        doctor_fault(doctor, "cyrus", fix, "%s: proc_path %s: %s", path, folder,
                     strerror(errno));
    else if (readers(folder, names, sizeof names) > 0)
        doctor_ok(doctor, "cyrus", "says where its clients are, to %s", names);
    else
        doctor_fault(
            doctor, "cyrus", fix,
            "nobody else may read what Cyrus IMAP writes to %s: codes limited to "
            "networks are refused at IMAP LOGIN, POP3 USER and HTTP Basic",
            folder);
}
