/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_FINDINGS_H
#define APPPASS_FINDINGS_H

/* What the checks of an installation found. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "cli/command.h"

/* Bytes of a detail; more is cut. */
#define FINDING_MAX 512

struct wire_login;

struct doctor {
    struct invocation *invocation;
    const struct wire_login *login; /* whom doctor_wire logs in as */
    struct rows *lines;             /* check, state, detail, fix */
    bool faulty, doubtful;          /* there was a fault, a warning */
};

/* One line: what was looked at, what was found.  A check without trouble has no fix. */
void doctor_ok(struct doctor *doctor, const char *check, const char *format, ...)
    PRINTF(3, 4);
/* Worth knowing, or could not be looked at. */
void doctor_note(struct doctor *doctor, const char *check, const char *format, ...)
    PRINTF(3, 4);
/* `fix`: what puts it right. */
void doctor_fault(struct doctor *doctor, const char *check, const char *fix,
                  const char *format, ...) PRINTF(4, 5);

/* Works as long as somebody sees to it. */
void doctor_warning(struct doctor *doctor, const char *check, const char *fix,
                    const char *format, ...) PRINTF(4, 5);

/* The file in the first of the folders ("a:b") that has it. */
#define DOCTOR_PATH_MAX 1024
bool doctor_find(const char *folders, const char *file, char path[DOCTOR_PATH_MAX]);

#endif
