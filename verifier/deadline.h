/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_DEADLINE_H
#define APPPASS_DEADLINE_H

/* A point in time (CLOCK_MONOTONIC) that several waits share. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct deadline {
    int64_t at_ms; /* milliseconds on CLOCK_MONOTONIC */
};

/* Milliseconds on CLOCK_MONOTONIC. */
static inline int64_t deadline_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The deadline `milliseconds` from now; 0 or less has passed already. */
static inline struct deadline deadline_in(int64_t milliseconds)
{
    return (struct deadline){.at_ms = deadline_now_ms() + milliseconds};
}

/* Milliseconds left, 0 when it has passed; fits poll(2)'s timeout. */
static inline int deadline_left_ms(struct deadline deadline)
{
    int64_t left = deadline.at_ms - deadline_now_ms();

    if (left <= 0)
        return 0;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

static inline struct deadline deadline_sooner(struct deadline one, struct deadline other)
{
    return one.at_ms < other.at_ms ? one : other;
}

static inline bool deadline_passed(struct deadline deadline)
{
    return deadline_left_ms(deadline) == 0;
}

#endif
