/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "phc.h"

static const char reason_format[] = "the hash is of no format that is understood";
static const char reason_limits[] = "the parameters of the hash are beyond the limits";

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

bool phc_within_limits(uint32_t memory_kib, uint32_t passes, uint32_t lanes)
{
    /* RFC 9106, 3.1: at least 8 KiB a lane. */
    return passes >= 1 && passes <= PHC_PASSES_MAX && lanes >= 1 &&
           lanes <= PHC_LANES_MAX && memory_kib >= 8 * lanes &&
           memory_kib <= PHC_MEMORY_MAX_KIB &&
           (uint64_t)memory_kib * passes <= PHC_WORK_MAX_KIB;
}

/*
 * [,keyid=B64[,data=B64]] of the PHC specification.  Data without a key protect nothing
 * and are made by nobody.
 */
static bool parse_argon2_key(const char **at, struct phc *phc)
{
    if (!take_text(at, ",keyid="))
        return true;
    if (!take_base64(at, ",$", phc->keyid, sizeof phc->keyid, &phc->keyid_length) ||
        phc->keyid_length == 0)
        return false;
    return !take_text(at, ",data=") ||
           (take_base64(at, ",$", phc->data, sizeof phc->data, &phc->data_length) &&
            phc->data_length > 0);
}

/* Behind "$argon2id" or "$argon2i": $v=19$m=M,t=T,p=P[,keyid=B64[,data=B64]]$salt$tag */
static const char *parse_argon2(const char *at, struct phc *phc)
{
    if (!take_text(&at, "$v=19$m=") || !take_number(&at, &phc->memory_kib) ||
        !take_text(&at, ",t=") || !take_number(&at, &phc->passes) ||
        !take_text(&at, ",p=") || !take_number(&at, &phc->lanes))
        return reason_format;
    if (!parse_argon2_key(&at, phc) || !take_text(&at, "$") ||
        !take_base64(&at, "$", phc->salt, sizeof phc->salt, &phc->salt_length) ||
        !take_text(&at, "$") ||
        !take_base64(&at, "$", phc->tag, sizeof phc->tag, &phc->tag_length) ||
        *at != '\0')
        return reason_format;
    if (phc->salt_length < PHC_SALT_MIN || phc->tag_length < PHC_TAG_MIN ||
        !phc_within_limits(phc->memory_kib, phc->passes, phc->lanes))
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
    return cost < 4 || cost > PHC_BCRYPT_COST_MAX ? reason_limits : NULL;
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
    return rounds < 1000 || rounds > PHC_SHA_ROUNDS_MAX ? reason_limits : NULL;
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
        ((uint64_t)128 * blocks << log2_n) > PHC_YESCRYPT_BYTES_MAX)
        return reason_limits;
    return NULL;
}

static const char *parse_kind(const char *hash, struct phc *phc)
{
    const char *at = hash;

    if (strnlen(hash, PHC_STRING_MAX) == PHC_STRING_MAX)
        return reason_format;
    phc->kind = PHC_CRYPT;
    if (take_text(&at, "$2a$") || take_text(&at, "$2b$") || take_text(&at, "$2y$"))
        return parse_bcrypt(at);
    if (take_text(&at, "$5$"))
        return parse_sha(at, 43);
    if (take_text(&at, "$6$"))
        return parse_sha(at, 86);
    if (take_text(&at, "$y$"))
        return parse_yescrypt(at);
    phc->kind = PHC_ARGON2ID;
    if (take_text(&at, "$argon2id"))
        return parse_argon2(at, phc);
    phc->kind = PHC_ARGON2I;
    if (take_text(&at, "$argon2i"))
        return parse_argon2(at, phc);
    return reason_format;
}

const char *phc_parse(const char *hash, struct phc *phc)
{
    const char *reason;

    memset(phc, 0, sizeof *phc);
    reason = parse_kind(hash, phc);
    if (reason != NULL)
        phc->kind = PHC_UNKNOWN;
    return reason;
}

/* `name` and the bytes in base64; nothing where there are none. */
static void format_base64(const char *name, const unsigned char *bytes, size_t length,
                          char *text_r, size_t size)
{
    size_t used = strlen(name);

    text_r[0] = '\0';
    if (length == 0)
        return;
    memcpy(text_r, name, used);
    sodium_bin2base64(text_r + used, size - used, bytes, length,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

#define BASE64_SIZE(name, bytes) (sizeof(name) + sodium_base64_ENCODED_LEN(bytes, 3))

bool phc_format(const struct phc *phc, char hash_r[PHC_STRING_MAX])
{
    static const char keyid_name[] = ",keyid=", data_name[] = ",data=";
    char keyid[BASE64_SIZE(keyid_name, PHC_KEYID_MAX)];
    char data[BASE64_SIZE(data_name, PHC_DATA_MAX)];
    char salt[BASE64_SIZE("", PHC_SALT_MAX)], tag[BASE64_SIZE("", PHC_TAG_MAX)];
    int length;

    format_base64(keyid_name, phc->keyid, phc->keyid_length, keyid, sizeof keyid);
    format_base64(data_name, phc->data, phc->data_length, data, sizeof data);
    format_base64("", phc->salt, phc->salt_length, salt, sizeof salt);
    format_base64("", phc->tag, phc->tag_length, tag, sizeof tag);
    length =
        snprintf(hash_r, PHC_STRING_MAX, "$argon2id$v=19$m=%lu,t=%lu,p=%lu%s%s$%s$%s",
                 (unsigned long)phc->memory_kib, (unsigned long)phc->passes,
                 (unsigned long)phc->lanes, keyid, data, salt, tag);
    return length > 0 && length < PHC_STRING_MAX;
}
