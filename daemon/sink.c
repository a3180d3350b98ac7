/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "sink.h"

/* Set before there are threads, only read afterwards. */
static struct {
    bool syslog;
    bool journal;
    bool debug;
} sink;

static int syslog_level(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return LOG_ERR;
    case LOG_LEVEL_WARNING:
        return LOG_WARNING;
    case LOG_LEVEL_REFUSAL:
        return LOG_NOTICE;
    case LOG_LEVEL_NOTICE:
        return LOG_INFO;
    default:
        return LOG_DEBUG;
    }
}

static void sink_write(void *context, enum log_level level, const char *line)
{
    char text[LOG_LINE_MAX + 32];
    int length;

    (void)context;
    if (level == LOG_LEVEL_DEBUG && !sink.debug)
        return;
    if (sink.syslog) {
        syslog(syslog_level(level), "apppass: %s", line);
        return;
    }
    if (sink.journal)
        length =
            snprintf(text, sizeof(text), "<%d>apppass: %s\n", syslog_level(level), line);
    else
        length = snprintf(text, sizeof(text), "apppass: %s\n", line);
    if (length > 0 && (size_t)length < sizeof(text)) {
        /* Nobody is left to tell where standard error can't be written. */
        ssize_t written = write(STDERR_FILENO, text, (size_t)length);

        (void)written;
    }
}

static const struct log sink_instance = {.write = sink_write};

const struct log *sink_log(void)
{
    return &sink_instance;
}

/* Is standard error the stream that systemd named in the environment? */
static bool journal_listens(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char name[64];

    if (stream == NULL || fstat(STDERR_FILENO, &status) < 0)
        return false;
    snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino);
    return strcmp(stream, name) == 0;
}

void sink_open(bool to_syslog, int facility, bool debug)
{
    sink.debug = debug;
    sink.journal = journal_listens();
    sink.syslog = to_syslog;
    if (to_syslog)
        openlog("apppassd", LOG_PID | LOG_NDELAY, facility);
}
