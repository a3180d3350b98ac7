/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MESSAGE_H
#define APPPASS_MESSAGE_H

/*
 * Messages to the operator, on standard error.
 *
 * Control characters are made harmless, and a long text is cut.  An error is one line
 * "apppass: could not X: reason"; a hint says what to do and is indented below it.
 */

#include "attributes.h"

void message_error(const char *format, ...) PRINTF(1, 2);
void message_hint(const char *format, ...) PRINTF(1, 2);
/* Something worth knowing that is no error, e.g. what was done. */
void message_note(const char *format, ...) PRINTF(1, 2);

/* The memory; the end of the program where it is NULL.  For what must not be left out for
 * want of memory: no list of networks means all of them. */
void *message_needed(void *memory) MUST_CHECK;
void NORETURN message_exhausted(void);

#endif
