/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SECRET_H
#define APPPASS_SECRET_H

/* The one buffer type for secrets: fixed size, NUL-terminated, wiped by secret_wipe. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

/* Longest password the doors accept, in bytes.  Longer ones are refused without a query.
 */
#define SECRET_MAX 1024

struct secret {
    size_t length;              /* bytes in use, without the NUL */
    char bytes[SECRET_MAX + 1]; /* bytes[length] == '\0' */
};

/* Copy; false (and an empty secret) where `length` exceeds SECRET_MAX.  bytes may be NULL
 * if length is 0. */
bool secret_set(struct secret *secret, const char *bytes, size_t length) MUST_CHECK;

/* Overwrite the whole buffer.  Safe on every exit path, NULL included; needs no earlier
 * secret_set. */
void secret_wipe(struct secret *secret);

#endif
