/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LOG_H
#define APPPASS_LOG_H

/* Messages of the verifier, written to a sink that the caller supplies. */

#include <stdbool.h>

#include "attributes.h"

enum log_level {
    LOG_LEVEL_ERROR,   /* somebody must act: outage, broken setting */
    LOG_LEVEL_WARNING, /* works, but not as configured */
    LOG_LEVEL_REFUSAL, /* one refused attempt (fail2ban reads these) */
    LOG_LEVEL_NOTICE,  /* accepted attempt, reconnect */
    LOG_LEVEL_DEBUG
};

/*
 * The sink gets one line without newline, at most LOG_LINE_MAX bytes, printable UTF-8
 * only. It may be called from several threads.  `context` is the caller's and must
 * outlive the log.
 */
struct log {
    void (*write)(void *context, enum log_level level, const char *line);
    void *context;
};

#define LOG_LINE_MAX 1024 /* bytes, NUL included */

/*
 * log_message - format one line and hand it to the sink
 *
 * Control characters and invalid UTF-8 in the result are replaced by '?', so that nothing
 * from the network or the database can forge a line or drive a terminal.  A NULL log or
 * sink discards.  Keeps errno.
 */
void log_message(const struct log *log, enum log_level level, const char *format, ...)
    PRINTF(3, 4);

/* Make `text` (NUL-terminated) safe to print as one line: see log_message.  In place. */
void log_sanitise(char *text);

#endif
