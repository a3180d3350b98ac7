/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "throttle.h"

#define WRONG_KEPT 512

/*
 * Token buckets in the form of the generic cell rate algorithm (ITU-T I.371): a bucket is
 * the time at which it will be full again.  Without a lock, because a fork would copy it
 * as it stands, held by a thread that the child does not have.
 */
struct throttle {
    unsigned char key[crypto_shorthash_KEYBYTES];
    _Atomic int64_t full_at[2][THROTTLE_BUCKETS];
    _Atomic int64_t all_full_at[2];
    _Atomic int64_t guesses[2][THROTTLE_BUCKETS]; /* at a code; from a network */
    /* Halves of digests.  One that is read while it is written matches nothing. */
    _Atomic uint64_t wrong[WRONG_KEPT][2];
};

_Static_assert(sizeof(((struct throttle *)NULL)->key) >= crypto_generichash_KEYBYTES_MIN,
               "the key suits BLAKE2b");

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

/* ---- guesses ---- */

/* A token of a bucket that other processes use too.  They may meet, and one token be
 * taken twice; a time that can't be is from before the machine started. */
static bool take_shared(struct memo *memo, size_t cell, int64_t interval_ms,
                        int64_t burst, int64_t now_ms)
{
    int64_t full = memo_cell(memo, cell), next;

    if (full > now_ms + burst * interval_ms)
        full = now_ms;
    next = (full > now_ms ? full : now_ms) + interval_ms;
    if (next - now_ms > burst * interval_ms)
        return false;
    memo_cell_set(memo, cell, next);
    return true;
}

/* What one bucket counts: a code, or a code from one network. */
struct bucket {
    int64_t code_id;
    unsigned char network[8];
    unsigned char network_length;
};

/* From the network of the guess, or from all. */
static struct bucket bucket_of(const struct guess *guess, bool one_network)
{
    struct bucket bucket;

    memset(&bucket, 0, sizeof bucket); /* its padding is hashed too */
    bucket.code_id = guess->code_id;
    if (one_network && guess->network_length > 0 &&
        guess->network_length <= sizeof bucket.network) {
        bucket.network_length = (unsigned char)guess->network_length;
        memcpy(bucket.network, guess->network, guess->network_length);
    }
    return bucket;
}

static _Atomic int64_t *own_bucket(struct throttle *throttle, const struct bucket *bucket)
{
    unsigned char digest[crypto_shorthash_BYTES];

    crypto_shorthash(digest, (const unsigned char *)bucket, sizeof *bucket,
                     throttle->key);
    return &throttle->guesses[bucket->network_length > 0][digest[0] % THROTTLE_BUCKETS];
}

/* Codes have the even cells, networks the odd ones: their intervals differ. */
static size_t shared_bucket(const struct memo *memo, const struct bucket *bucket)
{
    size_t cell = memo_cell_of(memo, bucket, sizeof *bucket);

    return cell - cell % 2 + (bucket->network_length > 0);
}

static bool take_guess(struct throttle *throttle, struct memo *memo,
                       const struct bucket *bucket, int64_t interval_ms, int64_t burst,
                       int64_t now_ms)
{
    if (memo != NULL)
        return take_shared(memo, shared_bucket(memo, bucket), interval_ms, burst, now_ms);
    return take(own_bucket(throttle, bucket), interval_ms, burst, now_ms);
}

static void give_guess(struct throttle *throttle, struct memo *memo,
                       const struct bucket *bucket, int64_t interval_ms)
{
    if (memo != NULL) {
        size_t cell = shared_bucket(memo, bucket);

        memo_cell_set(memo, cell, memo_cell(memo, cell) - interval_ms);
    } else {
        atomic_fetch_sub(own_bucket(throttle, bucket), interval_ms);
    }
}

bool throttle_guess(struct throttle *throttle, struct memo *memo,
                    const struct guess *guess, int64_t now_ms)
{
    struct bucket network = bucket_of(guess, true), all = bucket_of(guess, false);

    if (guess->network_length > 0 &&
        !take_guess(throttle, memo, &network, THROTTLE_GUESS_ORIGIN_INTERVAL_MS,
                    THROTTLE_GUESS_ORIGIN_BURST, now_ms))
        return false;
    if (take_guess(throttle, memo, &all, THROTTLE_GUESS_INTERVAL_MS, THROTTLE_GUESS_BURST,
                   now_ms))
        return true;
    if (guess->network_length > 0)
        give_guess(throttle, memo, &network, THROTTLE_GUESS_ORIGIN_INTERVAL_MS);
    return false;
}

void throttle_unguess(struct throttle *throttle, struct memo *memo,
                      const struct guess *guess)
{
    struct bucket network = bucket_of(guess, true), all = bucket_of(guess, false);

    if (guess->network_length > 0)
        give_guess(throttle, memo, &network, THROTTLE_GUESS_ORIGIN_INTERVAL_MS);
    give_guess(throttle, memo, &all, THROTTLE_GUESS_INTERVAL_MS);
}

/* ---- wrong codes ---- */

static void digest_pair(const struct throttle *throttle, const char *hash,
                        const char *code, size_t length, uint64_t digest_r[2])
{
    crypto_generichash_state state;
    uint64_t hash_length = strlen(hash);

    crypto_generichash_init(&state, throttle->key, sizeof throttle->key,
                            2 * sizeof digest_r[0]);
    /* Its length in front keeps (hash, code) apart from any other cut of the bytes. */
    crypto_generichash_update(&state, (const unsigned char *)&hash_length,
                              sizeof hash_length);
    crypto_generichash_update(&state, (const unsigned char *)hash, hash_length);
    crypto_generichash_update(&state, (const unsigned char *)code, length);
    crypto_generichash_final(&state, (unsigned char *)digest_r, 2 * sizeof digest_r[0]);
    sodium_memzero(&state, sizeof state); /* holds the code */
}

bool throttle_known_wrong(struct throttle *throttle, const char *hash, const char *code,
                          size_t length)
{
    uint64_t digest[2];
    size_t place;

    digest_pair(throttle, hash, code, length, digest);
    place = digest[0] % WRONG_KEPT;
    return (digest[0] | digest[1]) != 0 &&
           atomic_load(&throttle->wrong[place][0]) == digest[0] &&
           atomic_load(&throttle->wrong[place][1]) == digest[1];
}

void throttle_note_wrong(struct throttle *throttle, const char *hash, const char *code,
                         size_t length)
{
    uint64_t digest[2];
    size_t place;

    digest_pair(throttle, hash, code, length, digest);
    place = digest[0] % WRONG_KEPT;
    atomic_store(&throttle->wrong[place][0], digest[0]);
    atomic_store(&throttle->wrong[place][1], digest[1]);
}
