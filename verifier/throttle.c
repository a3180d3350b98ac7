/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "throttle.h"

/*
 * Token buckets in the form of the generic cell rate algorithm (ITU-T I.371): a bucket is
 * the time at which it will be full again.
 */
struct throttle {
    pthread_mutex_t lock;
    unsigned char key[crypto_shorthash_KEYBYTES];
    int64_t full_at[2][THROTTLE_BUCKETS];
    int64_t all_full_at[2];
};

struct throttle *throttle_new(void)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);

    if (throttle == NULL)
        return NULL;
    if (sodium_init() < 0 || pthread_mutex_init(&throttle->lock, NULL) != 0) {
        free(throttle);
        return NULL;
    }
    crypto_shorthash_keygen(throttle->key);
    return throttle;
}

void throttle_free(struct throttle **throttle)
{
    if (*throttle != NULL)
        pthread_mutex_destroy(&(*throttle)->lock);
    free(*throttle);
    *throttle = NULL;
}

/* When the bucket would be full again after one more token. */
static int64_t after_one(int64_t full_at, int64_t interval_ms, int64_t now_ms)
{
    return (full_at > now_ms ? full_at : now_ms) + interval_ms;
}

bool throttle_allow(struct throttle *throttle, bool known, const void *origin,
                    size_t length, int64_t now_ms)
{
    unsigned char digest[crypto_shorthash_BYTES];
    int64_t *one, *all, next, next_all;
    bool allowed;

    crypto_shorthash(digest, origin, length, throttle->key);
    one = &throttle->full_at[known][digest[0] % THROTTLE_BUCKETS];
    all = &throttle->all_full_at[known];
    pthread_mutex_lock(&throttle->lock);
    next = after_one(*one, THROTTLE_INTERVAL_MS, now_ms);
    next_all = after_one(*all, THROTTLE_GLOBAL_INTERVAL_MS, now_ms);
    allowed = next - now_ms <= THROTTLE_BURST * THROTTLE_INTERVAL_MS &&
              next_all - now_ms <= THROTTLE_GLOBAL_BURST * THROTTLE_GLOBAL_INTERVAL_MS;
    if (allowed) {
        *one = next;
        *all = next_all;
    }
    pthread_mutex_unlock(&throttle->lock);
    return allowed;
}
