/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_HASH_H
#define APPPASS_HASH_H

/* Password hashes as PHC strings and crypt(3) strings: make, verify, needs-upgrade. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "keyfile.h"
#include "outcome.h"
#include "phc.h"

/* Room for a hash string. */
#define HASH_STRING_MAX PHC_STRING_MAX

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
 * What a keyed hash is bound to, Argon2's associated data X (RFC 9106, 3.1): it stands in
 * the hash string and goes into the tag, so that a row copied to another account is told
 * from one made for it.
 */
#define HASH_DATA_SIZE (PHC_DATA_MAX + 1)

/* "<account_id>:<selector>", the data of a code's hash. */
void hash_data_of(int64_t account_id, const char *selector, char data_r[HASH_DATA_SIZE]);

enum hash_binding {
    HASH_BINDING_NONE = 0, /* not keyed, or keyed without data, or no hash at all */
    HASH_BINDING_SAME,     /* keyed, with these data */
    HASH_BINDING_OTHER,    /* keyed, with other data: made for another row */
};

/* Compares with the data that the string names; hash_verify shows whether it says so
 * rightly. */
enum hash_binding hash_bound_to(const char *hash, const char *data) MUST_CHECK;

/*
 * hash_make - a new Argon2id PHC string over `length` bytes
 *
 * With keys of which one is in use: keyed with the newest of those, whose id stands
 * base64-encoded in "keyid=" behind p, and bound to `data` (at most PHC_DATA_MAX bytes, in
 * "data=" behind that; NULL: to nothing).  Without keys data are not used: anybody could bind anew.
 * OUTCOME_OK: hash_r holds it.  OUTCOME_UNAVAILABLE: no memory, or a policy or data out
 * of range (the limits of phc.h).  Never OUTCOME_DENIED.
 */
enum outcome hash_make(const char *bytes, size_t length, const struct hash_policy *policy,
                       const struct keyfile *keys, const char *data,
                       char hash_r[HASH_STRING_MAX]) MUST_CHECK;

/*
 * hash_verify - does `bytes` match `hash`?
 *
 * OUTCOME_DENIED: no.  OUTCOME_UNAVAILABLE: could not be computed (no memory, parameters
 * beyond the limits, unknown format, unknown key id); *reason_r then points to a static
 * text, otherwise it is NULL.  Argon2i/Argon2id (v=19) keyed (with the data that the
 * string names) or not, and the crypt(3) formats $2a$ $2b$ $2y$ $5$ $6$ $y$.
 *
 * The answer depends on hash, bytes and keys alone: whether the data are those of the row
 * is for the caller to ask (hash_bound_to), before this and before the memo.
 */
enum outcome hash_verify(const char *hash, const char *bytes, size_t length,
                         const struct keyfile *keys, const char **reason_r) MUST_CHECK;

/* Could hash_verify compute this one?  Parses, computes nothing.  *reason_r as above. */
bool hash_acceptable(const char *hash, const struct keyfile *keys,
                     const char **reason_r) MUST_CHECK;

/*
 * hash_needs_upgrade - should this hash be replaced after its next success?
 *
 * True for anything weaker than, or of another kind than, what hash_make would make now
 * with these keys and data: not Argon2id, less memory, passes or lanes than the policy, a
 * short salt or tag, no key or an older one than is in use, keyed but bound to nothing.  A
 * key to come is a newer one: servers that learn of it one by one don't take a hash back
 * from each other.  False for what hash_acceptable refuses.
 */
bool hash_needs_upgrade(const char *hash, const struct hash_policy *policy,
                        const struct keyfile *keys) MUST_CHECK;

/*
 * hash_upgrade_policy - what the hash that replaces this one is made with
 *
 * The larger of both in each parameter, so that an upgrade takes nothing away; the policy
 * where that is beyond the limits together, or the hash is not Argon2.
 */
struct hash_policy hash_upgrade_policy(const char *hash,
                                       const struct hash_policy *policy) MUST_CHECK;

/* Is this an Argon2 hash with a key id (apppass_require_key)? */
bool hash_is_keyed(const char *hash) MUST_CHECK;

/* How many hashes this process has computed (verify and make): for tests and benches. */
uint64_t hash_computed(void);

/* The bare function, all parameters given: for known-answer tests. */
struct hash_argon2 {
    bool id; /* Argon2id; false: Argon2i */
    uint32_t memory_kib, passes, lanes;
    const unsigned char *salt;
    size_t salt_length;
    const unsigned char *secret; /* NULL: none */
    size_t secret_length;
    const unsigned char *data; /* associated data X; NULL: none */
    size_t data_length;
};

/* OUTCOME_OK, or OUTCOME_UNAVAILABLE (no memory, parameters the libraries refuse). */
enum outcome hash_argon2(const struct hash_argon2 *parameters, const char *bytes,
                         size_t length, unsigned char *tag_r,
                         size_t tag_length) MUST_CHECK;

#endif
