/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MEMO_H
#define APPPASS_MEMO_H

/*
 * (hash, code) pairs that verified before, shared between the processes of a service.
 *
 * Remembers a pure function, so it is never stale: whether the code may be used is asked
 * from the database every time.  Also hands out the slots that bound how many password
 * hashes are computed at once.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "deadline.h"
#include "log.h"

struct memo;

/*
 * memo_open - map `path`, creating it 0600 with a fresh random key
 *
 * NULL (logged once) where it can't be used: not a regular file, owned by somebody else,
 * wrong mode, wrong size, no memory.  The caller works without.  Keep it open across a
 * chroot.
 */
struct memo *memo_open(const char *path, const struct log *log) MUST_CHECK;
void memo_close(struct memo **memo);

/* Did this pair verify before?  memo may be NULL.  Thread-safe, lock-free. */
bool memo_contains(struct memo *memo, const char *hash, const char *code,
                   size_t length) MUST_CHECK;

/* Remember a pair that verified. */
void memo_add(struct memo *memo, const char *hash, const char *code, size_t length);

#endif
