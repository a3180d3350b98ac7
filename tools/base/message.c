/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/message.h"
#include "base/status.h"
#include "log.h"

static void PRINTF(2, 0) write_line(const char *prefix, const char *format, va_list args)
{
    char line[LOG_LINE_MAX];

    vsnprintf(line, sizeof line, format, args);
    log_sanitise(line);
    fflush(stdout);
    fprintf(stderr, "%s%s\n", prefix, line);
}

void message_exhausted(void)
{
    message_error("out of memory");
    exit(STATUS_REFUSED);
}

void *message_needed(void *memory)
{
    if (memory == NULL)
        message_exhausted();
    return memory;
}

void message_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("apppass: ", format, args);
    va_end(args);
}

void message_hint(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("  ", format, args);
    va_end(args);
}

void message_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line("", format, args);
    va_end(args);
}
