/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PHC_H
#define APPPASS_PHC_H

/* Hash strings: the PHC format for Argon2 and crypt(3)'s, taken apart and put together.
 * Pure functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

/* Longest hash string accepted from the database, NUL included. */
#define PHC_STRING_MAX 384

/*
 * Hard limits on parameters read from the database: a hostile row must not eat the
 * server.  All are checked before any work, and each is what takes about a second.
 * Memory times passes is bounded because that product is the time: 1 GiB once.  crypt(3):
 * bcrypt cost 14, a million rounds of sha-crypt, 256 MiB for yescrypt.
 */
#define PHC_MEMORY_MAX_KIB     (1024 * 1024)
#define PHC_PASSES_MAX         16
#define PHC_LANES_MAX          16
#define PHC_WORK_MAX_KIB       (1024 * 1024) /* memory * passes */
#define PHC_BCRYPT_COST_MAX    14
#define PHC_SHA_ROUNDS_MAX     1000000
#define PHC_YESCRYPT_BYTES_MAX (256 * 1024 * 1024)

/* Lengths of the PHC specification for Argon2; a tag below 128 bits is not accepted. */
#define PHC_SALT_MIN  8
#define PHC_SALT_MAX  48
#define PHC_TAG_MIN   16
#define PHC_TAG_MAX   64
#define PHC_KEYID_MAX 8
#define PHC_DATA_MAX  32

enum phc_kind { PHC_UNKNOWN = 0, PHC_ARGON2ID, PHC_ARGON2I, PHC_CRYPT };

/* A hash string taken apart.  Everything is within the limits once it is parsed. */
struct phc {
    enum phc_kind kind;
    uint32_t memory_kib, passes, lanes;
    unsigned char keyid[PHC_KEYID_MAX];
    size_t keyid_length; /* 0: not keyed */
    unsigned char data[PHC_DATA_MAX];
    size_t data_length; /* 0: none */
    unsigned char salt[PHC_SALT_MAX];
    size_t salt_length;
    unsigned char tag[PHC_TAG_MAX];
    size_t tag_length;
};

/* NULL, or (static) why it can't be verified; phc_r->kind is then PHC_UNKNOWN. */
const char *phc_parse(const char *hash, struct phc *phc_r) MUST_CHECK;

bool phc_within_limits(uint32_t memory_kib, uint32_t passes, uint32_t lanes) MUST_CHECK;

/*
 * phc_format - "$argon2id$v=19$m=M,t=T,p=P[,keyid=B64[,data=B64]]$salt$tag"
 *
 * Of what phc_parse would make of it; the kind is PHC_ARGON2ID.  False: too long.
 */
bool phc_format(const struct phc *phc, char hash_r[PHC_STRING_MAX]) MUST_CHECK;

#endif
