/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/offer.h"

void offer_sum(const char *secret, const char *pin, char sum_r[OFFER_SUM_MAX])
{
    crypto_hash_sha256_state state;
    unsigned char bytes[crypto_hash_sha256_BYTES];

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)secret, strlen(secret));
    crypto_hash_sha256_update(&state, (const unsigned char *)pin, strlen(pin));
    crypto_hash_sha256_final(&state, bytes);
    sum_r[0] = '\\';
    sum_r[1] = 'x';
    sodium_bin2hex(sum_r + 2, OFFER_SUM_MAX - 2, bytes, sizeof bytes);
    sodium_memzero(&state, sizeof state);
    sodium_memzero(bytes, sizeof bytes);
}

void offer_make_key(bool pin, struct offer_key *key)
{
    unsigned char random[OFFER_SECRET_BYTES];

    memset(key, 0, sizeof *key);
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(key->secret, sizeof key->secret, random, sizeof random);
    offer_sum(key->secret, "", key->sum);
    if (pin) {
        snprintf(key->pin, sizeof key->pin, "%06" PRIu32, randombytes_uniform(1000000));
        offer_sum(key->secret, key->pin, key->pin_sum);
    }
    sodium_memzero(random, sizeof random);
}

void offer_link(const char *url, const struct offer_key *key, char link_r[OFFER_LINK_MAX])
{
    snprintf(link_r, OFFER_LINK_MAX, "%s/%s", url, key->secret);
}
