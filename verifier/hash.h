/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_HASH_H
#define APPPASS_HASH_H

/* Password hashes as PHC strings and crypt(3) strings: make, verify, needs-upgrade. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "outcome.h"

/* Longest hash string accepted from the database, NUL included. */
#define HASH_STRING_MAX 384

/* Hard limits on parameters read from the database: a hostile row must not eat the
 * server. */
#define HASH_MEMORY_MAX_KIB (1024 * 1024)
#define HASH_PASSES_MAX     16
#define HASH_LANES_MAX      16
/* crypt(3): bcrypt cost, sha-crypt rounds, yescrypt are limited likewise; see hash.c. */

/* What new hashes are made with. */
struct hash_policy {
    uint32_t memory_kib; /* Argon2 m; at least 8 * lanes */
    uint32_t passes;     /* Argon2 t */
    uint32_t lanes;      /* Argon2 p */
};

#define HASH_POLICY_DEFAULT                                                              \
    {                                                                                    \
        .memory_kib = 19456, .passes = 2, .lanes = 1                                     \
    }

/*
 * Keys for Argon2's secret input K (RFC 9106, 3.1), from a file that never enters the
 * database. NULL where a function takes one means "no keys".
 */
struct hash_keys;

/*
 * hash_keys_load - read a key file
 *
 * One key per line: "<keyid> <64 hex digits>", '#' comments; the last line is the newest
 * and the one new hashes use.  The file must be a regular file, owned by root or the
 * caller, not readable or writable by others (group may read).  NULL and a message in
 * `error` where it can't be used.  Free with hash_keys_free, which wipes.
 */
struct hash_keys *hash_keys_load(const char *path, char *error,
                                 size_t error_size) MUST_CHECK;
void hash_keys_free(struct hash_keys **keys);

/*
 * hash_make - a new Argon2id PHC string over `length` bytes
 *
 * OUTCOME_OK: hash_r holds it.  OUTCOME_UNAVAILABLE: no memory, or a policy out of range.
 */
enum outcome hash_make(const char *bytes, size_t length, const struct hash_policy *policy,
                       const struct hash_keys *keys,
                       char hash_r[HASH_STRING_MAX]) MUST_CHECK;

/*
 * hash_verify - does `bytes` match `hash`?
 *
 * OUTCOME_DENIED: no.  OUTCOME_UNAVAILABLE: could not be computed (no memory, parameters
 * beyond the limits, unknown format, unknown key id); *reason_r then points to a static
 * text. Argon2i/Argon2id (v=19) keyed or not, and the crypt(3) formats $2a$ $2b$ $2y$ $5$
 * $6$ $y$.
 */
enum outcome hash_verify(const char *hash, const char *bytes, size_t length,
                         const struct hash_keys *keys, const char **reason_r) MUST_CHECK;

/* Should this hash be replaced after its next success?  True for anything weaker than, or
 * of another kind than, what hash_make would make now with these keys. */
bool hash_needs_upgrade(const char *hash, const struct hash_policy *policy,
                        const struct hash_keys *keys) MUST_CHECK;

/* Is this an Argon2 hash with a key id (apppass_require_key)? */
bool hash_is_keyed(const char *hash) MUST_CHECK;

/* How many hashes this process has computed (verify and make): for tests and benches. */
uint64_t hash_computed(void);

#endif
