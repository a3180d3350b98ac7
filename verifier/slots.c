/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "slots.h"

/*
 * Slot i is the lock on byte i of the memo file (processes; the kernel frees it when its
 * holder dies) together with bit i of `taken` (threads, for such a lock never excludes
 * its own process).  The bits belong to the process rather than to the memo, so they
 * still count where there is none, or two.
 */
static _Atomic uint64_t taken;
static _Atomic pid_t taken_by;

/* After fork the child has its parent's bits, but holds nothing. */
static void disown_after_fork(void)
{
    pid_t self = getpid(), before = atomic_load(&taken_by);

    if (before != self && atomic_compare_exchange_strong(&taken_by, &before, self) &&
        before != 0)
        atomic_store(&taken, 0);
}

static int count_slots(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long slots = processors > 0 ? 2 * processors : SLOTS_MIN;

    if (slots < SLOTS_MIN)
        return SLOTS_MIN;
    return slots > SLOTS_MAX ? SLOTS_MAX : (int)slots;
}

/* glibc opens a file of /sys to count processors, which a chroot does not have. */
int slots_count(void)
{
    static _Atomic int counted;
    int count = atomic_load(&counted);

    if (count == 0) {
        count = count_slots();
        atomic_store(&counted, count);
    }
    return count;
}

static bool take_slot(const struct memo *memo, int slot)
{
    uint64_t bit = (uint64_t)1 << slot;

    if ((atomic_fetch_or(&taken, bit) & bit) != 0)
        return false;
    if (memo_lock(memo, slot))
        return true;
    atomic_fetch_and(&taken, ~bit);
    return false;
}

static int take_any_slot(const struct memo *memo)
{
    int count = slots_count();

    for (int i = 0; i < count; i++) {
        int slot = (int)(((unsigned)getpid() + (unsigned)i) % (unsigned)count);

        if (take_slot(memo, slot))
            return slot;
    }
    return -1;
}

/*
 * Who waits holds a lock behind the slots, on the byte of the millisecond it came in: the
 * kernel keeps the queue, and forgets who dies.  Whoever comes while others wait goes to its
 * end, else a process that computes hash after hash would always be faster than they.  The
 * first HEADS may take what is free.  Threads of one process don't see each other's places.
 */
#define QUEUE ((int64_t)1 << 32)
#define HEADS 8

static int64_t queue_up(const struct memo *memo)
{
    int64_t place = QUEUE + deadline_now_ms();

    while (!memo_lock(memo, place))
        place++;
    return place;
}

/* How many came before `place` and wait; counts no further than `most`. */
static int count_before(const struct memo *memo, int64_t place, int most)
{
    int64_t from = QUEUE, at, earlier;
    int count = 0;

    while (count < most && memo_find_lock(memo, from, place, &at)) {
        while (memo_find_lock(memo, from, at, &earlier)) /* the first of them */
            at = earlier;
        from = at + 1;
        count++;
    }
    return count;
}

/*
 * Waiting for "any of these locks, but no longer than" is not on offer, so it is polling,
 * out of step with the others.
 */
static void wait_a_little(bool first, int left_ms)
{
    long limit_us = first ? 2000 : 20000;
    struct timespec pause;

    if (limit_us > left_ms * 1000L)
        limit_us = left_ms * 1000L;
    clock_gettime(CLOCK_MONOTONIC, &pause);
    /* Half to all of it; the clock's last digits are random enough. */
    pause.tv_nsec = limit_us * 500 + pause.tv_nsec % (limit_us * 500);
    pause.tv_sec = 0;
    nanosleep(&pause, NULL);
}

static int wait_for_slot(const struct memo *memo, struct deadline deadline)
{
    int64_t place = queue_up(memo);
    int slot = -1, left;

    while ((left = deadline_left_ms(deadline)) > 0) {
        bool first = count_before(memo, place, HEADS) < HEADS;

        if (first && (slot = take_any_slot(memo)) >= 0)
            break;
        wait_a_little(first, left);
    }
    memo_unlock(memo, place);
    return slot;
}

int slots_acquire(struct memo *memo, struct deadline deadline)
{
    int64_t waiting;
    int slot = -1;

    disown_after_fork();
    if (!memo_find_lock(memo, QUEUE, INT64_MAX, &waiting))
        slot = take_any_slot(memo);
    return slot >= 0 ? slot : wait_for_slot(memo, deadline);
}

void slots_release(struct memo *memo, int slot)
{
    disown_after_fork();
    if (slot < 0 || slot >= SLOTS_MAX)
        return;
    memo_unlock(memo, slot);
    atomic_fetch_and(&taken, ~((uint64_t)1 << slot));
}
