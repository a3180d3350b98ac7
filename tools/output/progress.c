/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "deadline.h"
#include "output/progress.h"

#define BAR_WIDTH   40
#define INTERVAL_MS 100

void progress_start(struct progress *progress, size_t total)
{
    *progress = (struct progress){.total = total};
    progress->wanted = isatty(STDERR_FILENO) == 1 && total > 0;
    progress->start_ms = deadline_now_ms();
}

void progress_show(struct progress *progress, size_t done)
{
    int64_t now = deadline_now_ms();
    size_t filled;
    long left;

    if (!progress->wanted || now - progress->last_ms < INTERVAL_MS)
        return;
    progress->last_ms = now;
    progress->shown = true;
    filled = done >= progress->total ? BAR_WIDTH : BAR_WIDTH * done / progress->total;
    left = done == 0 ? 0
                     : (long)((double)(now - progress->start_ms) / 1000 *
                              (double)(progress->total - done) / (double)done);
    fprintf(stderr, "\r[%.*s%*s] %3zu %%  %ld:%02ld left\033[K", (int)filled,
            "########################################", (int)(BAR_WIDTH - filled), "",
            100 * done / progress->total, left / 60, left % 60);
    fflush(stderr);
}

void progress_say(struct progress *progress, const char *text)
{
    if (!progress->wanted)
        return;
    progress->shown = true;
    fprintf(stderr, "\r%s\033[K", text);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (!progress->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->shown = false;
}
