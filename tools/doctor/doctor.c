/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "doctor/doctor.h"

#define TEXT_MAX  512
#define LINES_MAX 128

struct line {
    enum doctor_state state;
    const char *check;
    char detail[TEXT_MAX];
    char fix[TEXT_MAX]; /* "": none */
};

struct doctor {
    struct invocation *invocation;
    struct line lines[LINES_MAX];
    size_t count;
};

struct invocation *doctor_invocation(struct doctor *doctor)
{
    return doctor->invocation;
}

static void PRINTF(5, 0)
    add_line(struct doctor *doctor, enum doctor_state state, const char *check,
             const char *fix, const char *format, va_list args)
{
    struct line *line = &doctor->lines[doctor->count];

    if (doctor->count + 1 < LINES_MAX)
        doctor->count++;
    line->state = state;
    line->check = check;
    vsnprintf(line->detail, TEXT_MAX, format, args);
    snprintf(line->fix, TEXT_MAX, "%s", fix);
}

void doctor_ok(struct doctor *doctor, const char *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, DOCTOR_OK, check, "", format, args);
    va_end(args);
}

void doctor_note(struct doctor *doctor, const char *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, DOCTOR_NOTE, check, "", format, args);
    va_end(args);
}

void doctor_fault(struct doctor *doctor, const char *check, const char *fix,
                  const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_line(doctor, DOCTOR_FAULT, check, fix, format, args);
    va_end(args);
}

static const char *const states[] = {"ok", "note", "fault"};

static void print_json(const struct doctor *doctor)
{
    struct json json;

    json_start(&json, stdout);
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < doctor->count; i++) {
        const struct line *line = &doctor->lines[i];

        json_open(&json, NULL, '{');
        json_string(&json, "check", line->check);
        json_string(&json, "state", states[line->state]);
        json_string(&json, "detail", line->detail);
        json_string(&json, "fix", line->fix[0] != '\0' ? line->fix : NULL);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_end(&json);
}

static void print_csv(const struct doctor *doctor)
{
    OUTPUT_CSV("check", "state", "detail", "fix");
    for (size_t i = 0; i < doctor->count; i++)
        OUTPUT_CSV(doctor->lines[i].check, states[doctor->lines[i].state],
                   doctor->lines[i].detail, doctor->lines[i].fix);
}

static void print_people(const struct doctor *doctor)
{
    static const char *const shown[] = {"ok", "note", "FAULT"};
    const struct output *output = &doctor->invocation->output;

    for (size_t i = 0; i < doctor->count; i++) {
        const struct line *line = &doctor->lines[i];
        char text[2 * TEXT_MAX];

        snprintf(text, sizeof text, "%-5s  %-10s  %s", shown[line->state], line->check,
                 line->detail);
        printf("%s", line->state == DOCTOR_FAULT ? output_bold(output, true) : "");
        output_hanging(output, 19, text);
        printf("%s", line->state == DOCTOR_FAULT ? output_bold(output, false) : "");
        if (line->fix[0] != '\0') {
            snprintf(text, sizeof text, "to do: %s", line->fix);
            output_paragraph(output, 19, text);
        }
    }
}

enum status run_doctor(struct invocation *invocation)
{
    struct doctor *doctor = calloc(1, sizeof *doctor);
    enum status status = STATUS_DONE;

    if (doctor == NULL)
        return STATUS_REFUSED;
    doctor->invocation = invocation;
    doctor_database(doctor);
    doctor_plugin(doctor);
    doctor_postfix(doctor);
    doctor_cyrus(doctor);
    if (invocation->output.format == FORMAT_JSON)
        print_json(doctor);
    else if (invocation->output.format == FORMAT_CSV)
        print_csv(doctor);
    else
        print_people(doctor);
    for (size_t i = 0; i < doctor->count; i++)
        if (doctor->lines[i].state == DOCTOR_FAULT)
            status = STATUS_REFUSED;
    free(doctor);
    return status;
}
