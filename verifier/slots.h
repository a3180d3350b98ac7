/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SLOTS_H
#define APPPASS_SLOTS_H

/* How many password hashes are computed at once. */

#include "attributes.h"
#include "deadline.h"
#include "memo.h"

#define SLOTS_MIN 4
#define SLOTS_MAX 64

/*
 * Slots bound the memory and processors that password hashes take: two for each
 * processor, at least SLOTS_MIN and at most SLOTS_MAX, counted over all
 * processes that opened the same memo; without a memo (NULL) over the threads of this
 * process alone.  The processors are counted once: before a chroot, where one is to come.
 */
int slots_count(void);

/*
 * slots_acquire - take a slot before hash_verify or hash_make
 *
 * Waits until one is free, in the order in which the processes came, to within a few; -1
 * where the deadline passes first (OUTCOME_UNAVAILABLE for the caller).  Give the result to slots_release, -1 included.  A process that dies
 * gives its slots back.  Thread-safe; after fork the child holds none of its parent's
 * slots.
 */
int slots_acquire(struct memo *memo, struct deadline deadline) MUST_CHECK;
void slots_release(struct memo *memo, int slot);

#endif
