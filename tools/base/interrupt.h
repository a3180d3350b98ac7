/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_INTERRUPT_H
#define APPPASS_INTERRUPT_H

/*
 * Ctrl-C, SIGTERM and SIGHUP as something to wait for, so that no signal ends the program
 * between a commit and the showing of what was committed.
 */

#include <stdbool.h>

/* Catch the signals from now on.  False where no pipe could be made. */
bool interrupt_catch(void);

/* Has one arrived? */
bool interrupt_pending(void);

/* A descriptor that is readable once one has arrived, for poll(2). */
int interrupt_descriptor(void);

/* Wait so long, or until one arrives; has one? */
bool interrupt_wait(int milliseconds);

/* Die by the signal that arrived, as a shell expects.  Returns where none did. */
void interrupt_die(void);

#endif
