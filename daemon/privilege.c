/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "privilege.h"

bool privilege_user(const char *name, uid_t *user_r, gid_t *group_r, char *error,
                    size_t error_size)
{
    const struct passwd *entry;

    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL) {
        snprintf(error, error_size, "no user \"%s\"%s%s", name, errno != 0 ? ": " : "",
                 errno != 0 ? strerror(errno) : "");
        return false;
    }
    *user_r = entry->pw_uid;
    *group_r = entry->pw_gid;
    return true;
}

bool privilege_group(const char *name, gid_t *group_r, char *error, size_t error_size)
{
    const struct group *entry;

    errno = 0;
    entry = getgrnam(name);
    if (entry == NULL) {
        snprintf(error, error_size, "no group \"%s\"%s%s", name, errno != 0 ? ": " : "",
                 errno != 0 ? strerror(errno) : "");
        return false;
    }
    *group_r = entry->gr_gid;
    return true;
}

bool privilege_plan(const char *user, const char *group, struct privilege *privilege_r,
                    char *error, size_t error_size)
{
    *privilege_r = (struct privilege){.user = geteuid(), .group = getegid()};
    if (user == NULL && geteuid() == 0) {
        snprintf(error, error_size,
                 "apppassd_user: not set, and apppassd does not run as root by accident; "
                 "write the account to run as (or root)");
        return false;
    }
    if (user != NULL &&
        !privilege_user(user, &privilege_r->user, &privilege_r->group, error, error_size))
        return false;
    if (group != NULL && !privilege_group(group, &privilege_r->group, error, error_size))
        return false;
    privilege_r->change =
        privilege_r->user != geteuid() || privilege_r->group != getegid();
    if (privilege_r->change && geteuid() != 0) {
        snprintf(error, error_size,
                 "apppassd_user, apppassd_group: only root can become somebody else; "
                 "start apppassd as root or as that user");
        return false;
    }
    return true;
}

bool privilege_drop(const struct privilege *privilege, const char *user, char *error,
                    size_t error_size)
{
    if (!privilege->change)
        return true;
    if (initgroups(user, privilege->group) < 0 ||
        setresgid(privilege->group, privilege->group, privilege->group) < 0 ||
        setresuid(privilege->user, privilege->user, privilege->user) < 0) {
        snprintf(error, error_size, "could not become user \"%s\": %s", user,
                 strerror(errno));
        return false;
    }
    if (privilege->user != 0 && (setuid(0) == 0 || geteuid() != privilege->user)) {
        snprintf(error, error_size, "could not give up root for good");
        return false;
    }
    return true;
}
