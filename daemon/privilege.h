/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PRIVILEGE_H
#define APPPASS_PRIVILEGE_H

/* Accounts by name, and becoming one of them for good. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "attributes.h"

/* Whom to run as. */
struct privilege {
    uid_t user;
    gid_t group;
    bool change; /* false: stay what we are */
};

/* Numbers of a user (and its primary group) or group; false and a message where there is
 * none. */
bool privilege_user(const char *name, uid_t *user_r, gid_t *group_r, char *error,
                    size_t error_size) MUST_CHECK;
bool privilege_group(const char *name, gid_t *group_r, char *error,
                     size_t error_size) MUST_CHECK;

/*
 * privilege_plan - whom to run as, from the options (either may be NULL)
 *
 * False and a message: started by root without a user to become, or not by root and
 * asked to become somebody else.
 */
bool privilege_plan(const char *user, const char *group, struct privilege *privilege_r,
                    char *error, size_t error_size) MUST_CHECK;

/* Run as it says, with the groups of `user`, for good; false and a message where that
 * failed. */
bool privilege_drop(const struct privilege *privilege, const char *user, char *error,
                    size_t error_size) MUST_CHECK;

#endif
