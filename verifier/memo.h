/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MEMO_H
#define APPPASS_MEMO_H

/*
 * (hash, code) pairs that verified before, shared between the processes of a service.
 *
 * Remembers a pure function, so it is never stale: whether the code may be used is asked
 * from the database every time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "log.h"

#define MEMO_FILE_SIZE (1024 * 1024) /* bytes, always */

/* Shorter codes are never remembered: a tag is a fast hash, and 55 secret bits are too
 * few for whoever gets hold of both the file and the database.  75 bits are out of reach.
 */
#define MEMO_CODE_LENGTH_MIN 20

struct memo;

/*
 * memo_open - open `path`, creating it 0600 with a fresh random key
 *
 * NULL (logged once) where it can't be used: not a regular file, a link or linked twice,
 * owned by neither root nor the effective user, open to others, wrong size or content, no
 * memory.  The caller works without.  A file that is not a memo is never changed or removed.
 * Keep it open across a chroot and a change of user.  Best kept on a file system in
 * memory
 * (/run), one file a service.
 */
struct memo *memo_open(const char *path, const struct log *log) MUST_CHECK;

/* Close and wipe; sets *memo to NULL.  Its locks are given up. */
void memo_close(struct memo **memo);

/* Did this pair verify before?  memo may be NULL.  Thread-safe, lock-free. */
bool memo_contains(struct memo *memo, const char *hash, const char *code,
                   size_t length) MUST_CHECK;

/*
 * memo_add - remember a pair that verified
 *
 * For machine-made codes only, which is the caller's duty: `code` is canonical and came
 * out of code_parse as valid.  memo may be NULL.  Thread-safe, lock-free.
 */
void memo_add(struct memo *memo, const char *hash, const char *code, size_t length);

/*
 * Cells: numbers that the processes share, for counting.  Two that set one at once lose
 * one of the two; a cell that can't be read is 0.  memo_cell_of chooses one by a keyed
 * hash.
 */
#define MEMO_CELLS 2048
size_t memo_cell_of(const struct memo *memo, const void *bytes, size_t length) MUST_CHECK;
int64_t memo_cell(const struct memo *memo, size_t cell) MUST_CHECK;
void memo_cell_set(struct memo *memo, size_t cell, int64_t value);

/*
 * memo_lock - lock one byte of the file, which need not be that long, against other processes
 *
 * False where another process holds it.  True where locking itself fails, or the memo is
 * NULL.  The kernel gives it up with its holder; closing any descriptor of the file gives
 * up all the process's locks on it: a memo opened and closed beside this one loosens them
 * for a moment.
 */
bool memo_lock(const struct memo *memo, int64_t byte) MUST_CHECK;
void memo_unlock(const struct memo *memo, int64_t byte);

/* Has another process locked a byte from `from` on and before `end`?  One of them in *byte_r,
 * not the first of necessity.  False where that can't be found out, or the memo is NULL. */
bool memo_find_lock(const struct memo *memo, int64_t from, int64_t end,
                    int64_t *byte_r) MUST_CHECK;

#endif
