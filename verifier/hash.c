/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <argon2.h>
#include <crypt.h>
#include <sodium.h>

#include "hash.h"

/* Lengths of the PHC specification for Argon2; a tag below 128 bits is not accepted. */
#define SALT_MIN  8
#define SALT_MAX  48
#define SALT_MADE crypto_pwhash_SALTBYTES
#define TAG_MIN   16
#define TAG_MAX   64
#define TAG_MADE  32

#define KEY_FILE_MAX (64 * 1024) /* bytes */

enum kind { KIND_UNKNOWN = 0, KIND_ARGON2ID, KIND_ARGON2I, KIND_CRYPT };

/* A hash string taken apart.  Everything is within the limits once it is parsed. */
struct parsed {
    enum kind kind;
    uint32_t memory_kib, passes, lanes;
    unsigned char keyid[HASH_KEYID_MAX];
    size_t keyid_length; /* 0: not keyed */
    unsigned char data[HASH_DATA_MAX];
    size_t data_length; /* 0: none */
    unsigned char salt[SALT_MAX];
    size_t salt_length;
    unsigned char tag[TAG_MAX];
    size_t tag_length;
};

struct hash_keys {
    size_t count;
    struct {
        char id[HASH_KEYID_MAX + 1];
        unsigned char bytes[HASH_KEY_BYTES];
    } key[HASH_KEYS_COUNT];
};

static const char reason_format[] = "the hash is of no format that is understood";
static const char reason_limits[] = "the parameters of the hash are beyond the limits";
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

/* ---- the strings ---- */

/* Step over `text` where it stands at *at. */
static bool take_text(const char **at, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

/* A decimal number without sign or leading zero, at most nine digits: no overflow. */
static bool take_number(const char **at, uint32_t *value_r)
{
    size_t digits = strspn(*at, "0123456789");

    if (digits == 0 || digits > 9 || (digits > 1 && (*at)[0] == '0'))
        return false;
    *value_r = (uint32_t)strtoul(*at, NULL, 10);
    *at += digits;
    return true;
}

/* Base64 without padding up to one of `ends` or the end of the string. */
static bool take_base64(const char **at, const char *ends, unsigned char *bytes_r,
                        size_t size, size_t *length_r)
{
    size_t length = strcspn(*at, ends);

    if (sodium_base642bin(bytes_r, size, *at, length, NULL, length_r, NULL,
                          sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
        return false;
    *at += length;
    return true;
}

static bool argon2_within_limits(uint32_t memory_kib, uint32_t passes, uint32_t lanes)
{
    /* RFC 9106, 3.1: at least 8 KiB a lane. */
    return passes >= 1 && passes <= HASH_PASSES_MAX && lanes >= 1 &&
           lanes <= HASH_LANES_MAX && memory_kib >= 8 * lanes &&
           memory_kib <= HASH_MEMORY_MAX_KIB &&
           (uint64_t)memory_kib * passes <= HASH_WORK_MAX_KIB;
}

/*
 * [,keyid=B64[,data=B64]] of the PHC specification.  Data without a key protect nothing
 * and are made by nobody.
 */
static bool parse_argon2_key(const char **at, struct parsed *parsed)
{
    if (!take_text(at, ",keyid="))
        return true;
    if (!take_base64(at, ",$", parsed->keyid, sizeof parsed->keyid,
                     &parsed->keyid_length) ||
        parsed->keyid_length == 0)
        return false;
    return !take_text(at, ",data=") ||
           (take_base64(at, ",$", parsed->data, sizeof parsed->data,
                        &parsed->data_length) &&
            parsed->data_length > 0);
}

/* Behind "$argon2id" or "$argon2i": $v=19$m=M,t=T,p=P[,keyid=B64[,data=B64]]$salt$tag */
static const char *parse_argon2(const char *at, struct parsed *parsed)
{
    if (!take_text(&at, "$v=19$m=") || !take_number(&at, &parsed->memory_kib) ||
        !take_text(&at, ",t=") || !take_number(&at, &parsed->passes) ||
        !take_text(&at, ",p=") || !take_number(&at, &parsed->lanes))
        return reason_format;
    if (!parse_argon2_key(&at, parsed) || !take_text(&at, "$") ||
        !take_base64(&at, "$", parsed->salt, sizeof parsed->salt, &parsed->salt_length) ||
        !take_text(&at, "$") ||
        !take_base64(&at, "$", parsed->tag, sizeof parsed->tag, &parsed->tag_length) ||
        *at != '\0')
        return reason_format;
    if (parsed->salt_length < SALT_MIN || parsed->tag_length < TAG_MIN ||
        !argon2_within_limits(parsed->memory_kib, parsed->passes, parsed->lanes))
        return reason_limits;
    return NULL;
}

static const char crypt_alphabet[] =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* `min` to `max` characters of crypt's alphabet. */
static bool take_crypt(const char **at, size_t min, size_t max)
{
    size_t length = strspn(*at, crypt_alphabet);

    if (length < min || length > max)
        return false;
    *at += length;
    return true;
}

/* Behind "$2b$": two digits of cost, "$", 22 of salt and 31 of tag. */
static const char *parse_bcrypt(const char *at)
{
    uint32_t cost;

    if (strspn(at, "0123456789") != 2)
        return reason_format;
    cost = (uint32_t)strtoul(at, NULL, 10);
    at += 2;
    if (!take_text(&at, "$") || !take_crypt(&at, 53, 53) || *at != '\0')
        return reason_format;
    return cost < 4 || cost > HASH_BCRYPT_COST_MAX ? reason_limits : NULL;
}

/* Behind "$5$" or "$6$": [rounds=N$]salt$tag; without rounds it is 5,000. */
static const char *parse_sha(const char *at, size_t tag_length)
{
    uint32_t rounds = 5000;

    if (take_text(&at, "rounds=") && (!take_number(&at, &rounds) || !take_text(&at, "$")))
        return reason_format;
    if (!take_crypt(&at, 0, 16) || !take_text(&at, "$") ||
        !take_crypt(&at, tag_length, tag_length) || *at != '\0')
        return reason_format;
    return rounds < 1000 || rounds > HASH_SHA_ROUNDS_MAX ? reason_limits : NULL;
}

/*
 * Behind "$y$": parameters$salt$tag.  The parameters are a variable-length encoding of
 * flavour, log2 N, r and perhaps a mask of further numbers (p, t, g, ROM), all of which
 * multiply the cost.  Only what crypt_gensalt makes is taken: the default flavour "j",
 * then one character each for log2 N and r (encoded less one), and nothing else.  Memory
 * is 128 * N * r bytes, and time grows with it.
 */
static const char *parse_yescrypt(const char *at)
{
    const char *n, *r;
    unsigned log2_n, blocks;

    if (!take_text(&at, "j") || strcspn(at, "$") != 2)
        return reason_format;
    n = strchr(crypt_alphabet, at[0]);
    r = strchr(crypt_alphabet, at[1]);
    at += 2;
    if (n == NULL || r == NULL || !take_text(&at, "$") || !take_crypt(&at, 0, 86) ||
        !take_text(&at, "$") || !take_crypt(&at, 43, 43) || *at != '\0')
        return reason_format;
    log2_n = (unsigned)(n - crypt_alphabet) + 1;
    blocks = (unsigned)(r - crypt_alphabet) + 1;
    /* 48 and above would be the first character of a longer number. */
    if (log2_n > 30 || blocks > 48 ||
        ((uint64_t)128 * blocks << log2_n) > HASH_YESCRYPT_BYTES_MAX)
        return reason_limits;
    return NULL;
}

/* NULL, or why hash_verify can't take it; parsed->kind is then KIND_UNKNOWN. */
static const char *parse_kind(const char *hash, struct parsed *parsed)
{
    const char *at = hash;

    if (strnlen(hash, HASH_STRING_MAX) == HASH_STRING_MAX)
        return reason_format;
    parsed->kind = KIND_CRYPT;
    if (take_text(&at, "$2a$") || take_text(&at, "$2b$") || take_text(&at, "$2y$"))
        return parse_bcrypt(at);
    if (take_text(&at, "$5$"))
        return parse_sha(at, 43);
    if (take_text(&at, "$6$"))
        return parse_sha(at, 86);
    if (take_text(&at, "$y$"))
        return parse_yescrypt(at);
    parsed->kind = KIND_ARGON2ID;
    if (take_text(&at, "$argon2id"))
        return parse_argon2(at, parsed);
    parsed->kind = KIND_ARGON2I;
    if (take_text(&at, "$argon2i"))
        return parse_argon2(at, parsed);
    return reason_format;
}

static const char *parse(const char *hash, struct parsed *parsed)
{
    const char *reason;

    memset(parsed, 0, sizeof *parsed);
    reason = parse_kind(hash, parsed);
    if (reason != NULL)
        parsed->kind = KIND_UNKNOWN;
    return reason;
}

/* NULL where no key is needed or it was found in *key_r (NULL: unkeyed). */
static const char *find_key(const struct parsed *parsed, const struct hash_keys *keys,
                            const unsigned char **key_r)
{
    *key_r = NULL;
    if (parsed->keyid_length == 0)
        return NULL;
    if (keys == NULL)
        return reason_no_keys;
    for (size_t i = 0; i < keys->count; i++)
        if (strlen(keys->key[i].id) == parsed->keyid_length &&
            memcmp(keys->key[i].id, parsed->keyid, parsed->keyid_length) == 0) {
            *key_r = keys->key[i].bytes;
            return NULL;
        }
    return reason_key;
}

bool hash_acceptable(const char *hash, const struct hash_keys *keys,
                     const char **reason_r)
{
    struct parsed parsed;
    const unsigned char *key;

    *reason_r = parse(hash, &parsed);
    if (*reason_r == NULL)
        *reason_r = find_key(&parsed, keys, &key);
    return *reason_r == NULL;
}

bool hash_is_keyed(const char *hash)
{
    struct parsed parsed;

    return parse(hash, &parsed) == NULL && parsed.keyid_length > 0;
}

bool hash_needs_upgrade(const char *hash, const struct hash_policy *policy,
                        const struct hash_keys *keys)
{
    struct parsed parsed;
    const unsigned char *key;

    if (parse(hash, &parsed) != NULL || find_key(&parsed, keys, &key) != NULL)
        return false;
    return parsed.kind != KIND_ARGON2ID || parsed.memory_kib < policy->memory_kib ||
           parsed.passes < policy->passes || parsed.lanes < policy->lanes ||
           parsed.salt_length < SALT_MADE || parsed.tag_length < TAG_MADE ||
           (keys != NULL &&
            (key != keys->key[keys->count - 1].bytes || parsed.data_length == 0));
}

static uint32_t larger(uint32_t one, uint32_t other)
{
    return one > other ? one : other;
}

struct hash_policy hash_upgrade_policy(const char *hash, const struct hash_policy *policy)
{
    struct parsed parsed;
    struct hash_policy raised = *policy;

    if (parse(hash, &parsed) != NULL || parsed.kind == KIND_CRYPT)
        return *policy;
    raised.memory_kib = larger(raised.memory_kib, parsed.memory_kib);
    raised.passes = larger(raised.passes, parsed.passes);
    raised.lanes = larger(raised.lanes, parsed.lanes);
    return argon2_within_limits(raised.memory_kib, raised.passes, raised.lanes) ? raised
                                                                                : *policy;
}

void hash_data_of(int64_t account_id, const char *selector, char data_r[HASH_DATA_SIZE])
{
    snprintf(data_r, HASH_DATA_SIZE, "%" PRId64 ":%s", account_id, selector);
}

enum hash_binding hash_bound_to(const char *hash, const char *data)
{
    struct parsed parsed;

    if (parse(hash, &parsed) != NULL || parsed.data_length == 0)
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

static enum outcome verify_argon2(const struct parsed *parsed, const unsigned char *key,
                                  const char *bytes, size_t length, const char **reason_r)
{
    struct hash_argon2 parameters = {
        .id = parsed->kind == KIND_ARGON2ID,
        .memory_kib = parsed->memory_kib,
        .passes = parsed->passes,
        .lanes = parsed->lanes,
        .salt = parsed->salt,
        .salt_length = parsed->salt_length,
        .secret = key,
        .secret_length = key == NULL ? 0 : HASH_KEY_BYTES,
        .data = parsed->data,
        .data_length = parsed->data_length,
    };
    unsigned char tag[TAG_MAX];
    enum outcome outcome = OUTCOME_DENIED;

    if (hash_argon2(&parameters, bytes, length, tag, parsed->tag_length) != OUTCOME_OK) {
        *reason_r = reason_memory;
        outcome = OUTCOME_UNAVAILABLE;
    } else if (sodium_memcmp(tag, parsed->tag, parsed->tag_length) == 0) {
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
                         const struct hash_keys *keys, const char **reason_r)
{
    struct parsed parsed;
    const unsigned char *key = NULL;

    *reason_r = parse(hash, &parsed);
    if (*reason_r == NULL)
        *reason_r = find_key(&parsed, keys, &key);
    if (*reason_r != NULL)
        return OUTCOME_UNAVAILABLE;
    if (parsed.kind == KIND_CRYPT)
        return verify_crypt(hash, bytes, length, reason_r);
    return verify_argon2(&parsed, key, bytes, length, reason_r);
}

static void format_base64(const void *bytes, size_t length, char *text_r, size_t size)
{
    sodium_bin2base64(text_r, size, bytes, length,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

/* ",keyid=B64[,data=B64]"; at most HASH_KEYID_MAX and HASH_DATA_MAX bytes of each. */
static void format_key(const char *keyid, const char *data, char *text_r, size_t size)
{
    char keyid64[sodium_base64_ENCODED_LEN(HASH_KEYID_MAX, 3)];
    char data64[sodium_base64_ENCODED_LEN(HASH_DATA_MAX, 3)] = "";

    format_base64(keyid, strlen(keyid), keyid64, sizeof keyid64);
    if (data != NULL)
        format_base64(data, strlen(data), data64, sizeof data64);
    snprintf(text_r, size, ",keyid=%s%s%s", keyid64, data != NULL ? ",data=" : "",
             data64);
}

/* "$argon2id$v=19$m=M,t=T,p=P[,keyid=B64[,data=B64]]$salt$tag" */
static bool format_argon2(const struct hash_argon2 *made, const char *keyid,
                          const char *data, const unsigned char tag[TAG_MADE],
                          char hash_r[HASH_STRING_MAX])
{
    char key[sizeof ",keyid=,data=" +
             sodium_base64_ENCODED_LEN(HASH_KEYID_MAX + HASH_DATA_MAX + 2, 3)] = "";
    char salt64[sodium_base64_ENCODED_LEN(SALT_MADE, 3)];
    char tag64[sodium_base64_ENCODED_LEN(TAG_MADE, 3)];
    int length;

    if (keyid != NULL)
        format_key(keyid, data, key, sizeof key);
    format_base64(made->salt, SALT_MADE, salt64, sizeof salt64);
    format_base64(tag, TAG_MADE, tag64, sizeof tag64);
    length = snprintf(hash_r, HASH_STRING_MAX, "$argon2id$v=19$m=%lu,t=%lu,p=%lu%s$%s$%s",
                      (unsigned long)made->memory_kib, (unsigned long)made->passes,
                      (unsigned long)made->lanes, key, salt64, tag64);
    return length > 0 && length < HASH_STRING_MAX;
}

enum outcome hash_make(const char *bytes, size_t length, const struct hash_policy *policy,
                       const struct hash_keys *keys, const char *data,
                       char hash_r[HASH_STRING_MAX])
{
    size_t newest = keys == NULL ? 0 : keys->count - 1;
    size_t data_length = keys == NULL || data == NULL ? 0 : strlen(data);
    unsigned char salt[SALT_MADE], tag[TAG_MADE];
    struct hash_argon2 parameters = {
        .id = true,
        .memory_kib = policy->memory_kib,
        .passes = policy->passes,
        .lanes = policy->lanes,
        .salt = salt,
        .salt_length = sizeof salt,
        .secret = keys == NULL ? NULL : keys->key[newest].bytes,
        .secret_length = keys == NULL ? 0 : HASH_KEY_BYTES,
        .data = (const unsigned char *)data,
        .data_length = data_length,
    };
    enum outcome outcome = OUTCOME_UNAVAILABLE;

    hash_r[0] = '\0';
    if (!argon2_within_limits(policy->memory_kib, policy->passes, policy->lanes) ||
        data_length > HASH_DATA_MAX || sodium_init() < 0)
        return OUTCOME_UNAVAILABLE;
    randombytes_buf(salt, sizeof salt);
    if (hash_argon2(&parameters, bytes, length, tag, sizeof tag) == OUTCOME_OK &&
        format_argon2(&parameters, keys == NULL ? NULL : keys->key[newest].id,
                      data_length == 0 ? NULL : data, tag, hash_r))
        outcome = OUTCOME_OK;
    sodium_memzero(tag, sizeof tag);
    return outcome;
}

/* ---- keys ---- */

/* Read the whole file into `text` (KEY_FILE_MAX + 1 bytes, NUL-terminated); NULL, or why
 * not. */
static const char *read_key_file(const char *path, char *text)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
    const char *reason = NULL;
    size_t used = 0;
    ssize_t got = 1;
    struct stat status;

    if (fd < 0)
        return errno == ELOOP ? "is a symbolic link" : strerror(errno);
    if (fstat(fd, &status) != 0)
        reason = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        reason = "is not a regular file";
    else if (status.st_uid != 0 && status.st_uid != geteuid())
        reason = "is owned neither by root nor by the user who runs this";
    else if ((status.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0)
        reason = "is open to others, set its mode to 0600 or 0640";
    while (reason == NULL && got > 0 && used <= KEY_FILE_MAX) {
        got = read(fd, text + used, KEY_FILE_MAX + 1 - used);
        if (got > 0)
            used += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            reason = strerror(errno);
    }
    close(fd);
    if (reason == NULL && used > KEY_FILE_MAX)
        reason = "is too long for a key file";
    text[used <= KEY_FILE_MAX ? used : KEY_FILE_MAX] = '\0';
    if (reason == NULL && strlen(text) != used)
        reason = "holds a NUL byte";
    return reason;
}

/* One line without its newline; NULL, or what is wrong with it. */
static const char *parse_key_line(const char *line, struct hash_keys *keys)
{
    static const char id_characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *id = line + strspn(line, " \t");
    size_t id_length = strspn(id, id_characters);
    const char *hex = id + id_length + strspn(id + id_length, " \t");
    size_t hex_length = strspn(hex, "0123456789ABCDEFabcdef");
    size_t length;

    if (*id == '\0' || *id == '\r' || *id == '#')
        return NULL;
    if (id_length == 0 || id_length > HASH_KEYID_MAX || hex == id + id_length)
        return "should start with a key id of 1 to 8 letters and digits";
    if (hex_length != 2 * HASH_KEY_BYTES ||
        hex[hex_length + strspn(hex + hex_length, " \t\r")] != '\0')
        return "should hold 64 hexadecimal digits behind the key id";
    if (keys->count == HASH_KEYS_COUNT)
        return "is one key too many";
    for (size_t i = 0; i < keys->count; i++)
        if (strlen(keys->key[i].id) == id_length &&
            memcmp(keys->key[i].id, id, id_length) == 0)
            return "repeats a key id";
    memcpy(keys->key[keys->count].id, id, id_length);
    if (sodium_hex2bin(keys->key[keys->count].bytes, HASH_KEY_BYTES, hex, hex_length,
                       NULL, &length, NULL) != 0)
        return "should hold 64 hexadecimal digits behind the key id";
    keys->count++;
    return NULL;
}

/* Fill `keys` from the text, which is taken apart. */
static bool parse_key_file(const char *path, char *text, struct hash_keys *keys,
                           char *error, size_t error_size)
{
    size_t number = 0;

    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        const char *reason = parse_key_line(line, keys);

        number++;
        if (reason != NULL) {
            snprintf(error, error_size, "key file %s: line %zu %s", path, number, reason);
            return false;
        }
    }
    if (keys->count == 0)
        snprintf(error, error_size, "key file %s: holds no key", path);
    return keys->count > 0;
}

struct hash_keys *hash_keys_load(const char *path, char *error, size_t error_size)
{
    struct hash_keys *keys = NULL;
    char *text = NULL;
    const char *reason;
    bool loaded = false;

    if (sodium_init() < 0) {
        snprintf(error, error_size, "key file %s: could not start libsodium", path);
        return NULL;
    }
    /* Guarded memory: wiped on free, kept out of swap and core dumps where possible. */
    text = sodium_malloc(KEY_FILE_MAX + 1);
    keys = sodium_malloc(sizeof *keys);
    if (text == NULL || keys == NULL) {
        snprintf(error, error_size, "key file %s: not enough memory", path);
        goto done;
    }
    memset(keys, 0, sizeof *keys);
    reason = read_key_file(path, text);
    if (reason != NULL)
        snprintf(error, error_size, "key file %s: %s", path, reason);
    else
        loaded = parse_key_file(path, text, keys, error, error_size);
done:
    sodium_free(text);
    if (!loaded)
        hash_keys_free(&keys);
    return keys;
}

void hash_keys_free(struct hash_keys **keys)
{
    if (keys == NULL)
        return;
    sodium_free(*keys);
    *keys = NULL;
}

const char *hash_keys_newest(const struct hash_keys *keys)
{
    return keys->key[keys->count - 1].id;
}
