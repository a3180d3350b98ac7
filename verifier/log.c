/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "text.h"

void log_sanitise(char *text)
{
    char *from = text, *to = text;

    while (*from != '\0') {
        size_t length;
        uint32_t point;

        /* Nearly all that is logged, at every login: printable ASCII. */
        if (*from >= ' ' && *from <= '~') {
            *to++ = *from++;
            continue;
        }
        point = text_point(from, strnlen(from, TEXT_BYTES_MAX), &length);
        if (point == TEXT_INVALID || text_unprintable(point)) {
            *to++ = '?';
            from += length;
            continue;
        }
        memmove(to, from, length);
        to += length;
        from += length;
    }
    *to = '\0';
}

void log_message(const struct log *log, enum log_level level, const char *format, ...)
{
    char line[LOG_LINE_MAX];
    int saved_errno = errno;
    va_list args;

    if (log == NULL || log->write == NULL)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    log_sanitise(line);
    log->write(log->context, level, line);
    errno = saved_errno;
}
