/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/message.h"
#include "base/prompt.h"
#include "cli/command.h"
#include "doctor/doctor.h"
#include "doctor/wire.h"

static const struct column columns[] = {
    {"check", NULL, COLUMN_TEXT, 0, NULL},
    {"state", NULL, COLUMN_TEXT, 0, NULL},
    {"detail", NULL, COLUMN_TEXT, 0, NULL},
    {"fix", NULL, COLUMN_TEXT, 0, NULL},
    {0},
};

static void print_people(const struct output *output, const struct rows *lines)
{
    char text[2 * FINDING_MAX];

    for (size_t row = 0; row < rows_count(lines); row++) {
        const char *state = rows_text(lines, row, "state");
        const char *fix = rows_text(lines, row, "fix");

        snprintf(text, sizeof text, "%-5s  %-10s  %s",
                 fix != NULL ? strcmp(state, "fault") == 0 ? "FAULT" : "WARN" : state,
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

/* The lines, after the one that a monitoring system shows. */
static enum status finish_probe(struct doctor *doctor, size_t tried)
{
    static const struct {
        const char *word, *state;
    } words[] = {
        [STATUS_DONE] = {"OK", NULL},
        [STATUS_WARNING] = {"WARNING", "warning"},
        [STATUS_CRITICAL] = {"CRITICAL", "fault"},
        [STATUS_UNKNOWN] = {"UNKNOWN", NULL},
    };
    enum status status = doctor->faulty     ? STATUS_CRITICAL
                         : doctor->doubtful ? STATUS_WARNING
                         : tried == 0       ? STATUS_UNKNOWN
                                            : STATUS_DONE;
    size_t row = 0;

    if (doctor->invocation->output.format != FORMAT_PEOPLE)
        return status;
    while (words[status].state != NULL &&
           strcmp(rows_text(doctor->lines, row, "state"), words[status].state) != 0)
        row++;
    if (words[status].state != NULL) {
        /* It may hold what a server said. */
        char *detail =
            message_needed(output_harmless(rows_text(doctor->lines, row, "detail")));

        printf("APPPASS %s: %s %s\n", words[status].word,
               rows_text(doctor->lines, row, "check"), detail);
        free(detail);
    } else if (tried > 0)
        printf("APPPASS %s: ports that %s: %zu\n", words[status].word,
               doctor->login->let_in ? "let the account in"
                                     : "refuse a code of no account",
               tried);
    else
        printf("APPPASS %s: nobody may log in at a port of this machine\n",
               words[status].word);
    return status;
}

/* Is it a text that stands in a line of each protocol as it is? */
static bool is_word(const char *text, size_t longest)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] <= ' ' || strchr("\"\\\177", text[i]) != NULL)
            return false;
    return length > 0 && length <= longest;
}

static enum status probe(struct doctor *doctor)
{
    const char *account = command_option(doctor->invocation, OPTION_AS);
    struct secret code = {0};
    const struct wire_login login = {account, code.bytes, true, false};
    enum status status = STATUS_UNKNOWN;

    if (account != NULL)
        doctor->login = &login;
    if (account != NULL && (!prompt_code(&code) || !is_word(code.bytes, WIRE_CODE_MAX) ||
                            !is_word(account, WIRE_ACCOUNT_MAX)))
        message_error("--as takes an account, and on standard input its code");
    else
        status = finish_probe(doctor, doctor_wire(doctor));
    doctor->login = &wire_nobody;
    secret_wipe(&code);
    return status;
}

static enum status run_doctor(struct invocation *invocation)
{
    struct doctor doctor = {.invocation = invocation,
                            .login = &wire_nobody,
                            .lines = ROWS_NEW("check", "state", "detail", "fix")};
    enum status status;
    const char *old = getenv("PATH");
    char path[4096];

    /* postconf and saslpluginviewer lie where people need not look. */
    snprintf(path, sizeof path, "%s:/usr/sbin:/sbin",
             old != NULL ? old : "/usr/bin:/bin");
    setenv("PATH", path, 1);

    if (command_has(invocation, OPTION_PROBE)) {
        status = probe(&doctor);
    } else if (invocation->argument_count > 0 || command_has(invocation, OPTION_AS)) {
        message_error("ports and --as are for --probe; try: apppass help doctor");
        status = STATUS_USAGE;
    } else {
        doctor_database(&doctor);
        doctor_plugin(&doctor);
        doctor_postfix(&doctor);
        doctor_cyrus(&doctor);
        if (doctor_wire(&doctor) == 0)
            doctor_note(&doctor, "ports",
                        "nobody may log in at a port of this machine: none was tried");
        status = doctor.faulty ? STATUS_REFUSED : STATUS_DONE;
    }
    if (invocation->output.format == FORMAT_PEOPLE)
        print_people(&invocation->output, doctor.lines);
    else
        (void)output_table(&invocation->output, columns, doctor.lines, "");
    rows_free(&doctor.lines);
    return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "[URL...]",
    .role = ROLE_NONE,
    .run = run_doctor,
    .summary = "check the installation, one line a check",
    .details =
        "Database, schema, roles and grants, the plugin, the SASL configuration of\n"
        "Postfix and Cyrus IMAP, apppassd. Each fault comes with what puts it right.\n"
        "Last it logs in with a code of no account at every port of this machine where\n"
        "people may: each must offer TLS and PLAIN, and refuse. With --probe it does\n"
        "nothing else, or at the ports named (imaps://mail.example.org). With --as it logs in\n"
        "with a code of that account, which standard input has, and each must let it in.",
    .example = "apppass doctor --postfix /etc/postfix --cyrus /etc/imapd.conf",
    .options = {{OPTION_POSTFIX, 0},
                {OPTION_CYRUS, 0},
                {OPTION_PROBE, 0},
                {OPTION_AS, 0}},
};
