/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_STATUS_H
#define APPPASS_STATUS_H

/* How a command ends; the values are the exit codes of apppass(1). */

enum status {
    STATUS_DONE = 0,
    STATUS_REFUSED = 1, /* refused, not found, or did not work */
    STATUS_USAGE = 2,   /* the command line is wrong */
    STATUS_UNAVAILABLE =
        69,                /* no database, or not one with the schema (EX_UNAVAILABLE) */
    STATUS_FORBIDDEN = 77, /* the operator may not (EX_NOPERM) */
    /* Of "doctor --probe", as monitoring systems read them. */
    STATUS_WARNING = 1,
    STATUS_CRITICAL = 2,
    STATUS_UNKNOWN = 3,
    STATUS_INTERRUPTED = 130 /* Ctrl-C or SIGTERM; main() dies by the signal instead */
};

#endif
