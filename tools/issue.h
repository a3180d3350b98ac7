/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_ISSUE_H
#define APPPASS_ISSUE_H

/* Making a code and its hash as policy wants them. */

#include "code.h"
#include "command.h"
#include "hash.h"

/* A million selectors per account: many collisions in a row mean that something is wrong.
 */
#define ISSUE_TRIES 20

/* How the next code of an account is made. */
struct issue_policy {
    struct hash_policy hash;
    size_t code_length;
    int64_t account_id;
};

/* Read the key file of --key into *keys_r; NULL where the option is not given. */
enum status issue_load_keys(const struct invocation *invocation,
                            struct hash_keys **keys_r) MUST_CHECK;

/* Make and hash.  A keyed hash is bound to account and selector.  Told where it can't be
 * done; wipe both in every case.  Thread-safe but for the telling. */
enum status issue_make(const struct issue_policy *policy, const struct hash_keys *keys,
                       struct code *code, char hash[HASH_STRING_MAX]) MUST_CHECK;

/* --expires: *text_r (32 bytes) becomes seconds since 1970.  STATUS_USAGE, told by the
 * caller: no time, or past. */
enum status issue_parse_expiry(const char *typed, time_t now, char *text_r) MUST_CHECK;

/* "apppass issue --batch FILE" */
enum status issue_batch(struct invocation *invocation, const char *path);

#endif
