/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_BACKOFF_H
#define APPPASS_BACKOFF_H

/* How long to leave something alone that keeps failing: 1 s, growing to 30 s. */

#include <stdbool.h>
#include <stdint.h>

#include <sodium.h>

#include "deadline.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000

/* A zeroed one is ready: nothing has failed. */
struct backoff {
    int step_ms;   /* the last pause; 0: nothing has failed */
    int64_t until; /* on deadline_now_ms()'s clock */
};

/* It failed (again). */
static inline void backoff_grow(struct backoff *backoff)
{
    backoff->step_ms *= 2;
    if (backoff->step_ms < BACKOFF_MIN_MS)
        backoff->step_ms = BACKOFF_MIN_MS;
    if (backoff->step_ms > BACKOFF_MAX_MS)
        backoff->step_ms = BACKOFF_MAX_MS;
    /* Many processes lose the server at once; they need not all come back at once. */
    backoff->until = deadline_now_ms() + backoff->step_ms * 7 / 8 +
                     randombytes_uniform((uint32_t)backoff->step_ms / 4);
}

/* It failed in a way that does not pass by itself: the longest pause at once. */
static inline void backoff_exhaust(struct backoff *backoff)
{
    backoff->step_ms = BACKOFF_MAX_MS;
    backoff_grow(backoff);
}

/* It works again. */
static inline void backoff_clear(struct backoff *backoff)
{
    *backoff = (struct backoff){0};
}

/* Is it too early to try again? */
static inline bool backoff_waits(const struct backoff *backoff)
{
    return deadline_now_ms() < backoff->until;
}

#endif
