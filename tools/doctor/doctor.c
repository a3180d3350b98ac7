/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "doctor/doctor.h"

#define TEXT_MAX 512

struct doctor {
    struct invocation *invocation;
    struct rows *lines;
    bool faulty;
};

static const struct column columns[] = {
    {"check", NULL, COLUMN_TEXT, 0, NULL},
    {"state", NULL, COLUMN_TEXT, 0, NULL},
    {"detail", NULL, COLUMN_TEXT, 0, NULL},
    {"fix", NULL, COLUMN_TEXT, 0, NULL},
    {0},
};

struct invocation *doctor_invocation(struct doctor *doctor)
{
    return doctor->invocation;
}

static void PRINTF(5, 0)
    add_line(struct doctor *doctor, const char *state, const char *check, const char *fix,
             const char *format, va_list args)
{
    char detail[TEXT_MAX];

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

static void print_people(const struct output *output, const struct rows *lines)
{
    char text[2 * TEXT_MAX];

    for (size_t row = 0; row < rows_count(lines); row++) {
        const char *fix = rows_text(lines, row, "fix");

        snprintf(text, sizeof text, "%-5s  %-10s  %s",
                 fix != NULL ? "FAULT" : rows_text(lines, row, "state"),
                 rows_text(lines, row, "check"), rows_text(lines, row, "detail"));
        printf("%s", fix != NULL ? output_bold(output, true) : "");
        output_hanging(output, 19, text);
        if (fix == NULL)
            continue;
        printf("%s", output_bold(output, false));
        snprintf(text, sizeof text, "to do: %s", fix);
        output_paragraph(output, 19, text);
    }
}

static enum status run_doctor(struct invocation *invocation)
{
    struct doctor doctor = {.invocation = invocation,
                            .lines = ROWS_NEW("check", "state", "detail", "fix")};
    const char *old = getenv("PATH");
    char path[4096];

    /* postconf and saslpluginviewer lie where people need not look. */
    snprintf(path, sizeof path, "%s:/usr/sbin:/sbin",
             old != NULL ? old : "/usr/bin:/bin");
    setenv("PATH", path, 1);

    doctor_database(&doctor);
    doctor_plugin(&doctor);
    doctor_postfix(&doctor);
    doctor_cyrus(&doctor);
    if (invocation->output.format == FORMAT_PEOPLE)
        print_people(&invocation->output, doctor.lines);
    else
        (void)output_table(&invocation->output, columns, doctor.lines, "");
    rows_free(&doctor.lines);
    return doctor.faulty ? STATUS_REFUSED : STATUS_DONE;
}

const struct command command_doctor = {
    .name = "doctor",
    .heading = "Installation",
    .arguments = "",
    .role = ROLE_NONE,
    .run = run_doctor,
    .summary = "check the installation, one line a check",
    .details =
        "Database, schema, roles and grants, the plugin, the SASL configuration of\n"
        "Postfix and Cyrus IMAP, apppassd. Each fault comes with what puts it right.",
    .example = "apppass doctor --postfix /etc/postfix --cyrus /etc/imapd.conf",
    .options = {{OPTION_POSTFIX, 0}, {OPTION_CYRUS, 0}},
};
