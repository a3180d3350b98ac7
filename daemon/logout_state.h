/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LOGOUT_STATE_H
#define APPPASS_LOGOUT_STATE_H

/* How far the audit trail has been followed, in a file that outlives the process. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define LOGOUT_STATE_MAX 65536 /* bytes of a mark, NUL included */

/*
 * logout_state_read - the mark as it was saved; "" where there is no file yet
 *
 * False and a message where there is one that can't be read.
 */
bool logout_state_read(const char *path, char mark[LOGOUT_STATE_MAX], char *error,
                       size_t error_size) MUST_CHECK;

/* Replace it, whole or not at all, whenever the machine stops; false and errno. */
bool logout_state_write(const char *path, const char *mark) MUST_CHECK;

#endif
