/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <sodium.h>

#include "throttle.h"

/*
 * Token buckets in the form of the generic cell rate algorithm (ITU-T I.371): a bucket is
 * the time at which it will be full again.  Without a lock, because a fork would copy it
 * as it stands, held by a thread that the child does not have.
 */
struct throttle {
    unsigned char key[crypto_shorthash_KEYBYTES];
    _Atomic int64_t full_at[2][THROTTLE_BUCKETS];
    _Atomic int64_t all_full_at[2];
};

struct throttle *throttle_new(void)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);

    if (throttle == NULL)
        return NULL;
    if (sodium_init() < 0) {
        free(throttle);
        return NULL;
    }
    crypto_shorthash_keygen(throttle->key);
    return throttle;
}

void throttle_free(struct throttle **throttle)
{
    free(*throttle);
    *throttle = NULL;
}

/* One token, if there is one. */
static bool take(_Atomic int64_t *full_at, int64_t interval_ms, int64_t burst,
                 int64_t now_ms)
{
    int64_t full = atomic_load(full_at), next;

    do {
        next = (full > now_ms ? full : now_ms) + interval_ms;
        if (next - now_ms > burst * interval_ms)
            return false;
    } while (!atomic_compare_exchange_weak(full_at, &full, next));
    return true;
}

bool throttle_allow(struct throttle *throttle, bool known, const void *origin,
                    size_t length, int64_t now_ms)
{
    unsigned char digest[crypto_shorthash_BYTES];
    _Atomic int64_t *one;

    crypto_shorthash(digest, origin, length, throttle->key);
    one = &throttle->full_at[known][digest[0] % THROTTLE_BUCKETS];
    if (!take(one, THROTTLE_INTERVAL_MS, THROTTLE_BURST, now_ms))
        return false;
    if (take(&throttle->all_full_at[known], THROTTLE_GLOBAL_INTERVAL_MS,
             THROTTLE_GLOBAL_BURST, now_ms))
        return true;
    atomic_fetch_sub(one, THROTTLE_INTERVAL_MS);
    return false;
}
