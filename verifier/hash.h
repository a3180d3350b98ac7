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

/*
 * Hard limits on parameters read from the database: a hostile row must not eat the
 * server.  All are checked before any work, and each is what takes about a second.
 * Memory times passes is bounded because that product is the time: 1 GiB once.  crypt(3):
 * bcrypt cost 14, a million rounds of sha-crypt, 256 MiB for yescrypt.
 */
#define HASH_MEMORY_MAX_KIB     (1024 * 1024)
#define HASH_PASSES_MAX         16
#define HASH_LANES_MAX          16
#define HASH_WORK_MAX_KIB       (1024 * 1024) /* memory * passes */
#define HASH_BCRYPT_COST_MAX    14
#define HASH_SHA_ROUNDS_MAX     1000000
#define HASH_YESCRYPT_BYTES_MAX (256 * 1024 * 1024)

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
 * database.  NULL where a function takes one means "no keys".  Read-only once loaded, so
 * threads may share them.
 */
struct hash_keys;

#define HASH_KEY_BYTES  32
#define HASH_KEYID_MAX  8 /* characters; the PHC format's limit */
#define HASH_KEYS_COUNT 64

/*
 * hash_keys_load - read a key file
 *
 * One key per line: "<keyid> <64 hex digits>", '#' comments; a keyid is 1 to 8 of
 * A-Z a-z 0-9 . _ -; the last line is the newest and the one new hashes use.  The file
 * must be a regular file (no symbolic link; folders on the way may be links), owned by
 * root or the effective user, group may read, no other right for group and others.  NULL
 * and a message in `error` where it can't be used.  Free with hash_keys_free, which
 * wipes.
 */
struct hash_keys *hash_keys_load(const char *path, char *error,
                                 size_t error_size) MUST_CHECK;
void hash_keys_free(struct hash_keys **keys);

/* The id of the key that new hashes use; lives as long as the keys. */
const char *hash_keys_newest(const struct hash_keys *keys);

/*
 * What a keyed hash is bound to, Argon2's associated data X (RFC 9106, 3.1): it stands in
 * the hash string and goes into the tag, so that a row copied to another account is told
 * from one made for it.
 */
#define HASH_DATA_MAX  32 /* bytes; the PHC format's limit */
#define HASH_DATA_SIZE (HASH_DATA_MAX + 1)

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
 * With keys: keyed with the newest, whose id stands base64-encoded in "keyid=" behind p,
 * and bound to `data` (at most HASH_DATA_MAX bytes, in "data=" behind that; NULL: to
 * nothing).  Without keys data are not used: anybody could bind anew.
 * OUTCOME_OK: hash_r holds it.  OUTCOME_UNAVAILABLE: no memory, or a policy or data out
 * of range (the limits above).  Never OUTCOME_DENIED.
 */
enum outcome hash_make(const char *bytes, size_t length, const struct hash_policy *policy,
                       const struct hash_keys *keys, const char *data,
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
                         const struct hash_keys *keys, const char **reason_r) MUST_CHECK;

/* Could hash_verify compute this one?  Parses, computes nothing.  *reason_r as above. */
bool hash_acceptable(const char *hash, const struct hash_keys *keys,
                     const char **reason_r) MUST_CHECK;

/*
 * hash_needs_upgrade - should this hash be replaced after its next success?
 *
 * True for anything weaker than, or of another kind than, what hash_make would make now
 * with these keys and data: not Argon2id, less memory, passes or lanes than the policy, a
 * short salt or tag, no key or not the newest, keyed but bound to nothing.  False for
 * what hash_acceptable refuses.
 */
bool hash_needs_upgrade(const char *hash, const struct hash_policy *policy,
                        const struct hash_keys *keys) MUST_CHECK;

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
