/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "message.h"
#include "present.h"

/* Everything that is shown of one code fits: labels are at most 100 characters. */
#define SCREEN_MAX 8192

const struct column present_columns[] = {
    {"account", "Account", COLUMN_TEXT, 0, NULL},
    {"device", "Device", COLUMN_TEXT, 0, NULL},
    {"selector", "Starts with", COLUMN_TEXT, 0, NULL},
    {"services", "Good for", COLUMN_LIST, 0, "every service the tenant allows"},
    {"networks", "From", COLUMN_LIST, 0, "any network"},
    {"expires_at", "Expires", COLUMN_TIME, 0, "never"},
};
const size_t present_column_count = sizeof present_columns / sizeof present_columns[0];

enum status present_possible(const struct invocation *invocation)
{
    if (command_has(invocation, OPTION_OUTPUT) || command_has(invocation, OPTION_FORCE) ||
        command_has(invocation, OPTION_DRY_RUN) || invocation->output.terminal)
        return STATUS_DONE;
    message_error(
        "standard output is no terminal: the code would end in a file or a log");
    message_hint("--output FILE writes it to a file that only you can read; "
                 "--force prints it anyway");
    return STATUS_USAGE;
}

static bool write_all(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

enum status present_prepare(struct present *present, const struct invocation *invocation,
                            const struct code *code)
{
    char line[CODE_DISPLAY_MAX + 1];
    size_t length;
    bool written;

    *present = (struct present){.file = -1};
    present->path = command_option(invocation, OPTION_OUTPUT);
    if (present->path == NULL)
        return STATUS_DONE;
    present->file =
        open(present->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
             S_IRUSR | S_IWUSR);
    if (present->file < 0) {
        message_error("could not create %s: %s; nothing was issued", present->path,
                      strerror(errno));
        if (errno == EEXIST)
            message_hint("an existing file is never overwritten: name another one");
        return STATUS_REFUSED;
    }
    code_format(code, line);
    length = strlen(line);
    line[length++] = '\n';
    written = fchmod(present->file, S_IRUSR | S_IWUSR) == 0 &&
              write_all(present->file, line, length) && fsync(present->file) == 0;
    sodium_memzero(line, sizeof line);
    if (written)
        return STATUS_DONE;
    message_error("could not write %s: %s; nothing was issued", present->path,
                  strerror(errno));
    return STATUS_REFUSED;
}

void present_release(struct present *present)
{
    if (present->file < 0)
        return;
    close(present->file);
    present->file = -1;
    if (!present->keep)
        unlink(present->path);
}

/* ---- the screen, composed in a buffer that is wiped ---- */

static void compose_people(FILE *screen, const struct invocation *invocation,
                           const char *display, const struct rows *rows)
{
    const struct output *output = &invocation->output;
    char *account = output_harmless(rows_text(rows, 0, "account"));
    char *device = output_harmless(rows_text(rows, 0, "device"));

    fprintf(screen, "Code of %s for %s:\n\n        %s%s%s\n\n", account, device,
            output_bold(output, true), display, output_bold(output, false));
    free(account);
    free(device);
}

static void compose_json(FILE *screen, const struct invocation *invocation,
                         const char *display, const struct rows *rows)
{
    struct json json;

    json_start(&json, screen);
    json_open(&json, NULL, '{');
    output_json_members(&json, present_columns, present_column_count, rows, 0);
    json_string(&json, "code", display);
    json_string(&json, "output", command_option(invocation, OPTION_OUTPUT));
    json_close(&json, '}');
    json_end(&json);
}

/* The code goes out in one write from a buffer of ours: stdio would keep a copy. */
static bool show_code(const struct invocation *invocation, const char *display,
                      const struct rows *rows)
{
    char buffer[SCREEN_MAX];
    FILE *screen = fmemopen(buffer, sizeof buffer, "w");
    bool shown;
    long length;

    if (screen == NULL)
        return false;
    setvbuf(screen, NULL, _IONBF, 0);
    if (invocation->output.format == FORMAT_JSON)
        compose_json(screen, invocation, display, rows);
    else
        compose_people(screen, invocation, display, rows);
    length = ftell(screen);
    shown = length > 0 && !ferror(screen);
    fclose(screen);
    shown =
        shown && fflush(stdout) == 0 && write_all(STDOUT_FILENO, buffer, (size_t)length);
    sodium_memzero(buffer, sizeof buffer);
    return shown;
}

bool present_show(struct present *present, const struct invocation *invocation,
                  const struct code *code, const struct rows *rows)
{
    char display[CODE_DISPLAY_MAX];
    bool to_file = present->file >= 0;
    bool shown = true;

    present->keep = true;
    code_format(code, display);
    if (!to_file || invocation->output.format == FORMAT_JSON)
        shown = show_code(invocation, to_file ? NULL : display, rows);
    sodium_memzero(display, sizeof display);
    if (!shown || invocation->output.format == FORMAT_JSON)
        return shown;
    output_record(&invocation->output, present_columns, present_column_count, rows, 0);
    if (invocation->output.format != FORMAT_PEOPLE)
        return fflush(stdout) == 0;
    if (to_file)
        output_line("Code", "in %s, readable only by you", present->path);
    else
        printf("\nIt is shown this once. Capitals, blanks and hyphens make no difference "
               "when it is typed.\n");
    return fflush(stdout) == 0;
}
