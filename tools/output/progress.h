/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROGRESS_H
#define APPPASS_PROGRESS_H

/* A progress bar on standard error, where that is a terminal. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    size_t total;
    bool shown;      /* there is something on the line */
    bool wanted;     /* a terminal */
    int64_t last_ms; /* of the last update */
    int64_t start_ms;
};

void progress_start(struct progress *progress, size_t total);
/* At most ten times a second; 0 to total. */
void progress_show(struct progress *progress, size_t done);
/* This in its place, for what takes long at the end and can't be measured. */
void progress_say(struct progress *progress, const char *text);
/* Take it off the line, before a message or at the end. */
void progress_clear(struct progress *progress);

#endif
