/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_THROTTLE_H
#define APPPASS_THROTTLE_H

/* How many refusals a process records, and how many wrong codes it computes hashes for: a
 * flood must neither fill the table nor push a legitimate user's refusal out of it, nor
 * keep the processors busy. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "memo.h"

#define THROTTLE_BUCKETS            256
#define THROTTLE_BURST              5     /* records at once, for one origin */
#define THROTTLE_INTERVAL_MS        10000 /* then one in */
#define THROTTLE_GLOBAL_BURST       50    /* records at once, for all origins */
#define THROTTLE_GLOBAL_INTERVAL_MS 200   /* then one in */

/* May be shared by the threads of a process, which may fork at any moment. */
struct throttle;

/* NULL where there is no memory. */
struct throttle *throttle_new(void) MUST_CHECK;
void throttle_free(struct throttle **throttle);

/*
 * throttle_allow - may this refusal be recorded?  Counts it if so.
 *
 * `origin` is what refusals are counted by: the client's network, or the user name where
 * the client is unknown; any bytes.  `known` says that the attempt named an existing
 * code. Such attempts and the others are counted apart, because guessing produces only
 * the others.  Origins share buckets by a keyed hash.  now_ms as deadline_now_ms tells
 * it.
 */
bool throttle_allow(struct throttle *throttle, bool known, const void *origin,
                    size_t length, int64_t now_ms) MUST_CHECK;

/* Wrong codes for which hashes are computed: at once, and then one in so many ms. */
#define THROTTLE_GUESS_ORIGIN_BURST       20 /* of one code from one network */
#define THROTTLE_GUESS_ORIGIN_INTERVAL_MS 5000
#define THROTTLE_GUESS_BURST              40 /* of one code */
#define THROTTLE_GUESS_INTERVAL_MS        1000

/* A try at a code whose hash is known and whose secret is to be checked. */
struct guess {
    int64_t code_id;
    const unsigned char *network; /* of the client, 8 bytes at most */
    size_t network_length;        /* 0: unknown */
};

/*
 * throttle_guess - may the hash be computed for it?  Counts it if so.
 *
 * What is counted is shared with the other processes that have the same memo; without one
 * (NULL) it is the process's own.  Give it back with throttle_unguess where the code
 * turned out not to be wrong.
 */
bool throttle_guess(struct throttle *throttle, struct memo *memo,
                    const struct guess *guess, int64_t now_ms) MUST_CHECK;
void throttle_unguess(struct throttle *throttle, struct memo *memo,
                      const struct guess *guess);

/*
 * Was this code found wrong for this hash before, by this process?  A device that keeps
 * trying an old code costs one hash, and uses up nobody's tries.  What is kept is a keyed
 * digest, in memory, of a few hundred pairs.
 */
bool throttle_known_wrong(struct throttle *throttle, const char *hash, const char *code,
                          size_t length) MUST_CHECK;
void throttle_note_wrong(struct throttle *throttle, const char *hash, const char *code,
                         size_t length);

#endif
