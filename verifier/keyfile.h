/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_KEYFILE_H
#define APPPASS_KEYFILE_H

/* The file with the keys of keyed hashes. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

/*
 * Keys for Argon2's secret input K (RFC 9106, 3.1), from a file that never enters the
 * database.  NULL where a function takes one means "no keys".  Read-only once loaded, so
 * threads may share them.
 */
struct keyfile;

#define KEYFILE_KEY_BYTES 32
#define KEYFILE_KEYS_MAX  64
#define KEYFILE_BYTES_MAX (64 * 1024) /* of the whole file */

/*
 * keyfile_load - read a key file
 *
 * One key per line: "<keyid> <64 hex digits>", '#' comments; a keyid is 1 to 8 of
 * A-Z a-z 0-9 . _ -; the last line is the newest and the one new hashes use.  A third
 * word, "next": known, but not used for new hashes until every server knows it.  The file
 * must be a regular file (no symbolic link; folders on the way may be links), owned by
 * root or the effective user, group may read, no other right for group and others.  NULL
 * and a message in `error` where it can't be used.  Free with keyfile_free, which
 * wipes.
 */
struct keyfile *keyfile_load(const char *path, char *error, size_t error_size) MUST_CHECK;
void keyfile_free(struct keyfile **keys);

/* The id of the key that new hashes use; lives as long as the keys.  NULL: they use none,
 * as all keys of the file are to come. */
const char *keyfile_newest(const struct keyfile *keys);

/* The key of this id, KEYFILE_KEY_BYTES; NULL: not in the file.  Lives as long as the
 * keys. */
const unsigned char *keyfile_find(const struct keyfile *keys, const void *id,
                                  size_t id_length) MUST_CHECK;

/* Is this, from keyfile_find, a key to come?  Another server may use it already. */
bool keyfile_is_next(const struct keyfile *keys, const unsigned char *key) MUST_CHECK;

/* The word that makes a key one to come. */
#define KEYFILE_NEXT "next"

#endif
