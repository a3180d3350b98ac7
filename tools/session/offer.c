/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

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
