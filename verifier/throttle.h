/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_THROTTLE_H
#define APPPASS_THROTTLE_H

/* How many refusals a process records: a flood must neither fill the table nor push a
 * legitimate user's refusal out of it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

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

#endif
