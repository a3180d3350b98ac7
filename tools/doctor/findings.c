/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/findings.h"
#include "output/output.h"

static void PRINTF(5, 0)
    add_line(struct doctor *doctor, const char *state, const char *check, const char *fix,
             const char *format, va_list args)
{
    char detail[FINDING_MAX];

    vsnprintf(detail, sizeof detail, format, args);
    ROWS_ADD(doctor->lines, check, state, detail, fix);
}

void doctor_ok(struct doctor *doctor, const char *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, "ok", check, NULL, format, args);
    va_end(args);
}

void doctor_note(struct doctor *doctor, const char *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, "note", check, NULL, format, args);
    va_end(args);
}

void doctor_fault(struct doctor *doctor, const char *check, const char *fix,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, "fault", check, fix, format, args);
    doctor->faulty = true;
    va_end(args);
}

void doctor_warning(struct doctor *doctor, const char *check, const char *fix,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, "warning", check, fix, format, args);
    doctor->doubtful = true;
    va_end(args);
}

bool doctor_find(const char *folders, const char *file, char path[DOCTOR_PATH_MAX])
{
    while (*folders != '\0') {
        size_t length = strcspn(folders, ":");

        snprintf(path, DOCTOR_PATH_MAX, "%.*s/%s", (int)length, folders, file);
        if (access(path, F_OK) == 0)
            return true;
        folders += length + (folders[length] == ':');
    }
    return false;
}
