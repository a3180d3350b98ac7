/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_DESCRIPTORS_H
#define APPPASS_DESCRIPTORS_H

/* Standard input, output and error that are open, for the start of a program. */

#include <stdbool.h>

/*
 * descriptors_fill - open /dev/null where descriptor 0, 1 or 2 is closed
 *
 * Else the next file or socket gets that number, and what is printed goes there.  It is
 * opened the other way round, so that printing to a closed output still fails.  False: it
 * could not be opened.
 */
bool descriptors_fill(void);

#endif
