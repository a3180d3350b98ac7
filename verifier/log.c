/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

/*
 * The length of the well-formed UTF-8 sequence at `s` (RFC 3629, section 4), 0 where
 * there is none.  Stops at the NUL because no continuation byte is 0.
 */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        return (s[1] & 0xc0) == 0x80 ? 2 : 0;
    if (s[0] >= 0xe0 && s[0] <= 0xef) {
        unsigned char low = s[0] == 0xe0 ? 0xa0 : 0x80;
        unsigned char high = s[0] == 0xed ? 0x9f : 0xbf;

        return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 ? 3 : 0;
    }
    if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        unsigned char low = s[0] == 0xf0 ? 0x90 : 0x80;
        unsigned char high = s[0] == 0xf4 ? 0x8f : 0xbf;

        return s[1] >= low && s[1] <= high && (s[2] & 0xc0) == 0x80 &&
                       (s[3] & 0xc0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

/* C0, DEL, C1, and the characters that reorder or hide text on a terminal. */
static bool unprintable(const unsigned char *s, size_t length)
{
    uint32_t point;

    if (length == 1)
        return s[0] < 0x20 || s[0] == 0x7f;
    if (length == 2) {
        point = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
        return point < 0xa0 || point == 0xad;
    }
    if (length == 3) {
        point =
            (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
        return (point >= 0x200b && point <= 0x200f) ||
               (point >= 0x2028 && point <= 0x202e) ||
               (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
    }
    return false;
}

void log_sanitise(char *text)
{
    unsigned char *from = (unsigned char *)text, *to = (unsigned char *)text;

    while (*from != '\0') {
        size_t length = utf8_length(from);

        if (length == 0 || unprintable(from, length)) {
            *to++ = '?';
            from += length == 0 ? 1 : length;
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
