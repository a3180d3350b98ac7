/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <argon2.h>
#include <crypt.h>
#include <sodium.h>

#include "hash.h"

#define SALT_MADE crypto_pwhash_SALTBYTES
#define TAG_MADE  32

static const char reason_no_keys[] = "the hash is keyed and no key file is configured";
static const char reason_key[] = "the hash is keyed with a key that is not in the file";
static const char reason_memory[] = "not enough memory to compute the hash";
static const char reason_crypt[] =
    "crypt(3) could not compute the hash, perhaps for lack of memory";

static _Atomic uint64_t computed;

uint64_t hash_computed(void)
{
    return atomic_load(&computed);
}

/* NULL where no key is needed or it was found in *key_r (NULL: unkeyed). */
static const char *find_key(const struct phc *parsed, const struct keyfile *keys,
                            const unsigned char **key_r)
{
    *key_r = NULL;
    if (parsed->keyid_length == 0)
        return NULL;
    if (keys == NULL)
        return reason_no_keys;
    *key_r = keyfile_find(keys, parsed->keyid, parsed->keyid_length);
    return *key_r != NULL ? NULL : reason_key;
}

bool hash_acceptable(const char *hash, const struct keyfile *keys, const char **reason_r)
{
    struct phc parsed;
    const unsigned char *key;

    *reason_r = phc_parse(hash, &parsed);
    if (*reason_r == NULL)
        *reason_r = find_key(&parsed, keys, &key);
    return *reason_r == NULL;
}

bool hash_is_keyed(const char *hash)
{
    struct phc parsed;

    return phc_parse(hash, &parsed) == NULL && parsed.keyid_length > 0;
}

static const unsigned char *newest_key(const struct keyfile *keys)
{
    const char *id = keys == NULL ? NULL : keyfile_newest(keys);

    return id == NULL ? NULL : keyfile_find(keys, id, strlen(id));
}

/* Is the key of a hash (NULL: it has none) older than the one in use? */
static bool is_outdated(const struct keyfile *keys, const unsigned char *key)
{
    const unsigned char *newest = newest_key(keys);

    return newest != NULL && key != newest && !keyfile_is_next(keys, key);
}

bool hash_needs_upgrade(const char *hash, const struct hash_policy *policy,
                        const struct keyfile *keys)
{
    struct phc parsed;
    const unsigned char *key;

    if (phc_parse(hash, &parsed) != NULL || find_key(&parsed, keys, &key) != NULL)
        return false;
    return parsed.kind != PHC_ARGON2ID || parsed.memory_kib < policy->memory_kib ||
           parsed.passes < policy->passes || parsed.lanes < policy->lanes ||
           parsed.salt_length < SALT_MADE || parsed.tag_length < TAG_MADE ||
           is_outdated(keys, key) || (key != NULL && parsed.data_length == 0);
}

static uint32_t larger(uint32_t one, uint32_t other)
{
    return one > other ? one : other;
}

struct hash_policy hash_upgrade_policy(const char *hash, const struct hash_policy *policy)
{
    struct phc parsed;
    struct hash_policy raised = *policy;

    if (phc_parse(hash, &parsed) != NULL || parsed.kind == PHC_CRYPT)
        return *policy;
    raised.memory_kib = larger(raised.memory_kib, parsed.memory_kib);
    raised.passes = larger(raised.passes, parsed.passes);
    raised.lanes = larger(raised.lanes, parsed.lanes);
    return phc_within_limits(raised.memory_kib, raised.passes, raised.lanes) ? raised
                                                                             : *policy;
}

void hash_data_of(int64_t account_id, const char *selector, char data_r[HASH_DATA_SIZE])
{
    snprintf(data_r, HASH_DATA_SIZE, "%" PRId64 ":%s", account_id, selector);
}

enum hash_binding hash_bound_to(const char *hash, const char *data)
{
    struct phc parsed;

    /* Asked at every login: most are told without taking them apart. */
    if (strstr(hash, ",data=") == NULL || phc_parse(hash, &parsed) != NULL ||
        parsed.data_length == 0)
        return HASH_BINDING_NONE;
    return parsed.data_length == strlen(data) &&
                   memcmp(parsed.data, data, parsed.data_length) == 0
               ? HASH_BINDING_SAME
               : HASH_BINDING_OTHER;
}

/* ---- computing ---- */

/*
 * libargon2 takes pointers to what it could wipe; without flags it only reads, so taking
 * the const away is safe.
 */
static uint8_t *readable(const void *bytes)
{
    return (uint8_t *)(uintptr_t)bytes;
}

/*
 * libargon2's memory.  glibc gives blocks of 32 MiB and more back at every free, so each
 * computation would start with a page fault for every 4 KiB; huge pages make it one for
 * every 2 MiB, and 28 % of the time at 64 MiB.  Keeping the block instead would cost
 * every idle process that much.  libargon2 wipes it before it gives it back.
 */
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

static int allocate_blocks(uint8_t **memory_r, size_t bytes)
{
    size_t spare = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : 0, before = 0;
    uint8_t *memory = mmap(NULL, bytes + spare, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return -1;
    /* A huge page starts at a multiple of its size: cut the rest off on both sides. */
    if (spare > 0) {
        before = (HUGE_PAGE - (uintptr_t)memory % HUGE_PAGE) % HUGE_PAGE;
        if (before > 0)
            munmap(memory, before);
        memory += before;
        if (spare > before)
            munmap(memory + bytes, spare - before);
        madvise(memory, bytes, MADV_HUGEPAGE); /* where the kernel has none: as before */
    }
    *memory_r = memory;
    return 0;
}

static void free_blocks(uint8_t *memory, size_t bytes)
{
    munmap(memory, bytes);
}

static enum outcome argon2_by_libargon2(const struct hash_argon2 *parameters,
                                        const char *bytes, size_t length,
                                        unsigned char *tag_r, size_t tag_length)
{
    argon2_context context = {
        .out = tag_r,
        .outlen = (uint32_t)tag_length,
        .pwd = readable(bytes),
        .pwdlen = (uint32_t)length,
        .salt = readable(parameters->salt),
        .saltlen = (uint32_t)parameters->salt_length,
        .secret = readable(parameters->secret),
        .secretlen = (uint32_t)parameters->secret_length,
        .ad = readable(parameters->data),
        .adlen = (uint32_t)parameters->data_length,
        .t_cost = parameters->passes,
        .m_cost = parameters->memory_kib,
        .lanes = parameters->lanes,
        /* One: a plugin starts no threads in somebody else's process. */
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = allocate_blocks,
        .free_cbk = free_blocks,
        .flags = ARGON2_DEFAULT_FLAGS,
    };

    return argon2_ctx(&context, parameters->id ? Argon2_id : Argon2_i) == ARGON2_OK
               ? OUTCOME_OK
               : OUTCOME_UNAVAILABLE;
}

/* libsodium is the faster one, but has one lane, salts of 16 bytes and no key. */
static bool libsodium_can(const struct hash_argon2 *parameters, size_t tag_length)
{
    return parameters->id && parameters->lanes == 1 && parameters->secret_length == 0 &&
           parameters->data_length == 0 &&
           parameters->salt_length == crypto_pwhash_SALTBYTES &&
           tag_length >= crypto_pwhash_BYTES_MIN &&
           parameters->memory_kib >= crypto_pwhash_MEMLIMIT_MIN / 1024;
}

enum outcome hash_argon2(const struct hash_argon2 *parameters, const char *bytes,
                         size_t length, unsigned char *tag_r, size_t tag_length)
{
    if (length > UINT32_MAX || sodium_init() < 0)
        return OUTCOME_UNAVAILABLE;
    atomic_fetch_add(&computed, 1);
    if (!libsodium_can(parameters, tag_length))
        return argon2_by_libargon2(parameters, bytes, length, tag_r, tag_length);
    return crypto_pwhash(tag_r, tag_length, bytes, length, parameters->salt,
                         parameters->passes, (size_t)parameters->memory_kib * 1024,
                         crypto_pwhash_ALG_ARGON2ID13) == 0
               ? OUTCOME_OK
               : OUTCOME_UNAVAILABLE;
}

/* The tag of `bytes`, with everything else as in `phc`. */
static enum outcome compute_argon2(const struct phc *phc, const unsigned char *key,
                                   const char *bytes, size_t length,
                                   unsigned char tag_r[PHC_TAG_MAX])
{
    const struct hash_argon2 parameters = {
        .id = phc->kind == PHC_ARGON2ID,
        .memory_kib = phc->memory_kib,
        .passes = phc->passes,
        .lanes = phc->lanes,
        .salt = phc->salt,
        .salt_length = phc->salt_length,
        .secret = key,
        .secret_length = key == NULL ? 0 : KEYFILE_KEY_BYTES,
        .data = phc->data,
        .data_length = phc->data_length,
    };

    return hash_argon2(&parameters, bytes, length, tag_r, phc->tag_length);
}

static enum outcome verify_argon2(const struct phc *phc, const unsigned char *key,
                                  const char *bytes, size_t length, const char **reason_r)
{
    unsigned char tag[PHC_TAG_MAX];
    enum outcome outcome = OUTCOME_DENIED;

    if (compute_argon2(phc, key, bytes, length, tag) != OUTCOME_OK) {
        *reason_r = reason_memory;
        outcome = OUTCOME_UNAVAILABLE;
    } else if (sodium_memcmp(tag, phc->tag, phc->tag_length) == 0) {
        outcome = OUTCOME_OK;
    }
    sodium_memzero(tag, sizeof tag);
    return outcome;
}

static enum outcome verify_crypt(const char *hash, const char *bytes, size_t length,
                                 const char **reason_r)
{
    char phrase[CRYPT_MAX_PASSPHRASE_SIZE];
    struct crypt_data *data;
    enum outcome outcome = OUTCOME_DENIED;
    const char *made;

    /* crypt(3) reads to the first NUL, so bytes behind one would not count. */
    if (length >= sizeof phrase || (length > 0 && memchr(bytes, '\0', length) != NULL))
        return OUTCOME_DENIED;
    data = calloc(1, sizeof *data); /* 32 KiB: too much for a thread's stack */
    if (data == NULL) {
        *reason_r = reason_memory;
        return OUTCOME_UNAVAILABLE;
    }
    if (length > 0)
        memcpy(phrase, bytes, length);
    phrase[length] = '\0';
    atomic_fetch_add(&computed, 1);
    made = crypt_rn(phrase, hash, data, sizeof *data);
    if (made == NULL) {
        *reason_r = reason_crypt; /* errno does not tell: EINVAL either way */
        outcome = OUTCOME_UNAVAILABLE;
    } else if (strlen(made) == strlen(hash) &&
               sodium_memcmp(made, hash, strlen(hash)) == 0) {
        outcome = OUTCOME_OK;
    }
    sodium_memzero(phrase, sizeof phrase);
    sodium_memzero(data, sizeof *data);
    free(data);
    return outcome;
}

enum outcome hash_verify(const char *hash, const char *bytes, size_t length,
                         const struct keyfile *keys, const char **reason_r)
{
    struct phc parsed;
    const unsigned char *key = NULL;

    *reason_r = phc_parse(hash, &parsed);
    if (*reason_r == NULL)
        *reason_r = find_key(&parsed, keys, &key);
    if (*reason_r != NULL)
        return OUTCOME_UNAVAILABLE;
    if (parsed.kind == PHC_CRYPT)
        return verify_crypt(hash, bytes, length, reason_r);
    return verify_argon2(&parsed, key, bytes, length, reason_r);
}

enum outcome hash_make(const char *bytes, size_t length, const struct hash_policy *policy,
                       const struct keyfile *keys, const char *data,
                       char hash_r[HASH_STRING_MAX])
{
    const unsigned char *key = newest_key(keys);
    const char *keyid = key == NULL ? "" : keyfile_newest(keys);
    struct phc made = {.kind = PHC_ARGON2ID,
                       .memory_kib = policy->memory_kib,
                       .passes = policy->passes,
                       .lanes = policy->lanes,
                       .keyid_length = strlen(keyid),
                       .data_length = key == NULL || data == NULL ? 0 : strlen(data),
                       .salt_length = SALT_MADE,
                       .tag_length = TAG_MADE};
    enum outcome outcome = OUTCOME_UNAVAILABLE;

    hash_r[0] = '\0';
    if (!phc_within_limits(policy->memory_kib, policy->passes, policy->lanes) ||
        made.data_length > sizeof made.data || sodium_init() < 0)
        return OUTCOME_UNAVAILABLE;
    memcpy(made.keyid, keyid, made.keyid_length);
    if (made.data_length > 0)
        memcpy(made.data, data, made.data_length);
    randombytes_buf(made.salt, made.salt_length);
    if (compute_argon2(&made, key, bytes, length, made.tag) == OUTCOME_OK &&
        phc_format(&made, hash_r))
        outcome = OUTCOME_OK;
    sodium_memzero(&made, sizeof made);
    return outcome;
}
