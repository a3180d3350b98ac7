/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MINT_H
#define APPPASS_MINT_H

/* Making a code and its hash as policy wants them. */

#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "base/status.h"
#include "code.h"
#include "hash.h"
#include "session/database.h"

/* A million selectors per account: many collisions in a row mean that something is wrong.
 */
#define MINT_TRIES 20

/* How the next code of an account is made. */
struct mint_policy {
    struct hash_policy hash;
    size_t code_length;
    int64_t account_id;
};

/* Read the key file; NULL where `path` is NULL.  STATUS_REFUSED: told. */
enum status mint_load_keys(const char *path, struct keyfile **keys_r) MUST_CHECK;

/* Columns account_id, code_length, memory_kib, passes and lanes. */
void mint_read_policy(struct mint_policy *policy_r, const struct rows *rows, size_t row);

/* Make and hash.  A keyed hash is bound to account and selector.  Told where it can't be
 * done; wipe both in every case.  Thread-safe but for the telling. */
enum status mint_code(const struct mint_policy *policy, const struct keyfile *keys,
                      struct code *code, char hash[HASH_STRING_MAX]) MUST_CHECK;

#endif
