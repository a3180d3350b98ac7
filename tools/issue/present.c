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

#include "array.h"
#include "base/message.h"
#include "base/quote.h"
#include "cli/near.h"
#include "issue/present.h"
#include "session/profile.h"
#include "session/qr.h"

/* Everything that is shown of one code fits: labels are at most 100 characters. */
#define SCREEN_MAX 8192

/* What store_code returns. */
#define STORED_COLUMNS                                                                   \
    {"account", "Account", COLUMN_TEXT, 0, NULL},                                        \
        {"device", "Device", COLUMN_TEXT, 0, NULL},                                      \
        {"selector", "Starts with", COLUMN_TEXT, 0, "what is chosen then"},              \
        {"services", "Good for", COLUMN_LIST, 0, "every service the tenant allows"},     \
        {"networks", "From", COLUMN_LIST, 0, "any network"},                             \
    {                                                                                    \
        "expires_at", "Expires", COLUMN_TIME, 0, "never"                                 \
    }

static const struct column issued_columns[] = {STORED_COLUMNS, {0}};
static const struct column reset_columns[] = {
    STORED_COLUMNS,
    {"old_selectors", "Instead of", COLUMN_LIST, 0, "no live code"},
    {"old_ends_at", "which ends", COLUMN_TIME, 0, "-"},
    {0},
};

const struct column *present_columns(const struct rows *rows)
{
    return rows_has(rows, "old_selectors") ? reset_columns : issued_columns;
}

/* Where nothing was replaced, people need not read that nothing ends. */
static const struct column *shown_columns(const struct rows *rows)
{
    const char *old =
        rows_has(rows, "old_selectors") ? rows_text(rows, 0, "old_selectors") : NULL;

    return old != NULL && old[0] != '\0' ? reset_columns : issued_columns;
}

static enum status check_profile_options(const struct invocation *invocation)
{
    static const enum option_id only[] = {OPTION_IMAP_HOST, OPTION_SMTP_HOST,
                                          OPTION_CERTIFICATE, OPTION_CERTIFICATE_KEY,
                                          OPTION_CERTIFICATE_CHAIN};
    static const enum option_id hosts[] = {OPTION_IMAP_HOST, OPTION_SMTP_HOST};
    struct profile_server server;

    if (!command_has(invocation, OPTION_MOBILECONFIG)) {
        for (size_t i = 0; i < COUNT(only); i++)
            if (command_has(invocation, only[i]))
                return command_usage_error(invocation, "--%s goes with --mobileconfig",
                                           option_specs[only[i]].name);
        return STATUS_DONE;
    }
    for (size_t i = 0; i < COUNT(hosts); i++) {
        const char *value = command_option(invocation, hosts[i]);

        if (value != NULL && !profile_server(value, &server))
            return command_usage_error(
                invocation,
                "\"%s\" is not a server: write mail.example.org or "
                "mail.example.org:993",
                value);
    }
    if (command_has(invocation, OPTION_CERTIFICATE) !=
        command_has(invocation, OPTION_CERTIFICATE_KEY))
        return command_usage_error(invocation,
                                   "signing needs --certificate and --certificate-key");
    return STATUS_DONE;
}

static bool to_files(const struct invocation *invocation)
{
    return command_has(invocation, OPTION_OUTPUT) ||
           command_has(invocation, OPTION_MOBILECONFIG);
}

enum status present_possible(const struct invocation *invocation)
{
    if (command_has(invocation, OPTION_QR) &&
        (to_files(invocation) || invocation->output.format != FORMAT_PEOPLE))
        return command_usage_error(invocation,
                                   "--qr draws on the terminal: it goes without "
                                   "--output, --mobileconfig, --json and --csv");
    if (to_files(invocation) || command_has(invocation, OPTION_FORCE) ||
        command_has(invocation, OPTION_DRY_RUN) || invocation->output.terminal)
        return check_profile_options(invocation);
    message_error("standard output is not a terminal: a file or a log would keep it");
    message_hint("--output FILE writes it to a file that only you can read;");
    message_hint("--force prints it anyway");
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

/* ---- files ---- */

static bool create_file(struct present_file *file, const char *path)
{
    file->path = path;
    file->file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);
    if (file->file >= 0 && fchmod(file->file, S_IRUSR | S_IWUSR) == 0)
        return true;
    message_error("could not create %s: %s; nothing was issued", path, strerror(errno));
    if (errno == EEXIST)
        message_hint("an existing file is never overwritten: name another one");
    return false;
}

static enum status finish_file(const struct present_file *file, bool written)
{
    if (written && fsync(file->file) == 0)
        return STATUS_DONE;
    message_error("could not write %s: %s; nothing was issued", file->path,
                  strerror(errno));
    return STATUS_REFUSED;
}

static enum status prepare_output(struct present *present, const char *path,
                                  const struct code *code)
{
    char line[CODE_DISPLAY_MAX + 1];
    size_t length;
    bool written;

    if (!create_file(&present->output, path))
        return STATUS_REFUSED;
    code_format(code, line);
    length = strlen(line);
    line[length++] = '\n';
    written = write_all(present->output.file, line, length);
    sodium_memzero(line, sizeof line);
    return finish_file(&present->output, written);
}

struct server_source {
    enum option_id option;
    int option_port; /* where the option names none */
    const char *host, *port, *what;
};

static const struct server_source imap_source = {OPTION_IMAP_HOST, 993, "imap_host",
                                                 "imap_port", "IMAP"};
static const struct server_source smtp_source = {OPTION_SMTP_HOST, 465, "smtp_host",
                                                 "smtp_port", "submission"};

/* The option's, or else the realm's. */
static bool find_server(const struct invocation *invocation,
                        const struct server_source *source, const struct rows *realm,
                        struct profile_server *server)
{
    const char *given = command_option(invocation, source->option);
    const char *known = rows_text(realm, 0, source->host);

    server->port = source->option_port;
    if (given != NULL)
        return profile_server(given, server);
    if (known == NULL) {
        const char *name = rows_text(realm, 0, "name");
        char *quoted = quote_word(name);

        message_error("the realm %s names no %s server; nothing was issued", name,
                      source->what);
        message_hint("an administrator can set it: apppass realm set %s %s=HOST",
                     quoted != NULL ? quoted : "REALM", source->host);
        free(quoted);
        message_hint("or name it this time: --%s HOST",
                     option_specs[source->option].name);
        return false;
    }
    server->port = (int)rows_integer(realm, 0, source->port);
    snprintf(server->host, sizeof server->host, "%s", known);
    return true;
}

enum status present_find_servers(struct present *present, struct invocation *invocation,
                                 const char *account)
{
    struct rows *rows;
    enum status status = STATUS_DONE;

    if (!command_has(invocation, OPTION_MOBILECONFIG))
        return STATUS_DONE;
    rows = QUERY(
        invocation->database,
        "SELECT realm AS name, imap_host, imap_port, smtp_host, smtp_port, dav_host,"
        " dav_port"
        " FROM apppass.find_terms(ARRAY[$1])",
        account);
    if (rows == NULL)
        return database_status(invocation->database);
    if (rows_text(rows, 0, "name") == NULL)
        status = near_no_account(invocation, account);
    else if (!find_server(invocation, &imap_source, rows, &present->imap) ||
             !find_server(invocation, &smtp_source, rows, &present->smtp))
        status = STATUS_REFUSED;
    else if (rows_text(rows, 0, "dav_host") != NULL) {
        snprintf(present->dav.host, sizeof present->dav.host, "%s",
                 rows_text(rows, 0, "dav_host"));
        present->dav.port = (int)rows_integer(rows, 0, "dav_port");
    }
    rows_free(&rows);
    return status;
}

static enum status prepare_profile(struct present *present,
                                   const struct invocation *invocation,
                                   const struct code *code, const struct rows *rows)
{
    const char *certificate = command_option(invocation, OPTION_CERTIFICATE);
    const char *account = rows_text(rows, 0, "account");
    char buffer[PROFILE_MAX], display[CODE_DISPLAY_MAX];
    struct profile profile = {
        .account = account,
        .address = strchr(account, '@') != NULL ? account : NULL,
        .device = rows_text(rows, 0, "device"),
        .selector = rows_text(rows, 0, "selector"),
        .imap = present->imap,
        .smtp = present->smtp,
        .code = display,
    };
    size_t length;
    bool written;

    if (present->dav.host[0] != '\0')
        profile_dav(&profile, present->dav.host, present->dav.port,
                    rows_text(rows, 0, "services"));
    if (!create_file(&present->profile, command_option(invocation, OPTION_MOBILECONFIG)))
        return STATUS_REFUSED;
    code_format(code, display);
    length = profile_compose(&profile, buffer);
    if (certificate == NULL)
        written = length > 0 && write_all(present->profile.file, buffer, length);
    else
        written = length > 0 &&
                  profile_sign(buffer, length, certificate,
                               command_option(invocation, OPTION_CERTIFICATE_KEY),
                               command_option(invocation, OPTION_CERTIFICATE_CHAIN),
                               present->profile.file);
    sodium_memzero(buffer, sizeof buffer);
    sodium_memzero(display, sizeof display);
    if (!written && certificate != NULL) {
        message_error("could not sign the profile; nothing was issued");
        return STATUS_REFUSED;
    }
    return finish_file(&present->profile, written);
}

enum status present_prepare(struct present *present, const struct invocation *invocation,
                            const struct code *code, const struct rows *rows)
{
    const char *path = command_option(invocation, OPTION_OUTPUT);
    enum status status = STATUS_DONE;

    if (path != NULL)
        status = prepare_output(present, path, code);
    if (status == STATUS_DONE && command_has(invocation, OPTION_MOBILECONFIG))
        status = prepare_profile(present, invocation, code, rows);
    return status;
}

static void release_file(struct present_file *file, bool keep)
{
    if (file->file < 0)
        return;
    close(file->file);
    file->file = -1;
    if (!keep)
        unlink(file->path);
}

void present_release(struct present *present)
{
    release_file(&present->output, present->keep);
    release_file(&present->profile, present->keep);
}

/* ---- the screen, composed in a buffer that is wiped ---- */

static void compose_people(FILE *screen, const struct invocation *invocation,
                           const char *display, const struct rows *rows)
{
    const struct output *output = &invocation->output;
    char *account = output_harmless(rows_text(rows, 0, "account"));
    char *device = output_harmless(rows_text(rows, 0, "device"));

    /* fprintf would leave a copy of the code on the stack. */
    fprintf(screen, "Code of %s for %s:\n\n        %s", account, device,
            output_bold(output, true));
    fputs(display, screen);
    fprintf(screen, "%s\n\n", output_bold(output, false));
    free(account);
    free(device);
}

static const struct column code_columns[] = {
    {"code", NULL, COLUMN_CODE, 0, NULL},
    {"output", NULL, COLUMN_TEXT, 0, NULL},
    {"mobileconfig", NULL, COLUMN_TEXT, 0, NULL},
    {0},
};

/* The code goes out in one write from a buffer of ours: stdio would keep a copy. */
static bool show_code(const struct invocation *invocation, const char *display,
                      const struct rows *rows)
{
    const char *const values[] = {display, command_option(invocation, OPTION_OUTPUT),
                                  command_option(invocation, OPTION_MOBILECONFIG)};
    const struct part parts[] = {{NULL, present_columns(rows), rows, NULL},
                                 {NULL, code_columns, NULL, values},
                                 {0}};
    char buffer[SCREEN_MAX];
    FILE *screen = fmemopen(buffer, sizeof buffer, "w");
    bool shown;
    long length;

    if (screen == NULL)
        return false;
    setvbuf(screen, NULL, _IONBF, 0);
    if (!output_parts(&invocation->output, screen, parts) && display != NULL)
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
    const struct output *output = &invocation->output;
    char display[CODE_DISPLAY_MAX];
    bool hidden = to_files(invocation);
    bool shown = true;

    code_format(code, display);
    if (!hidden || output->format != FORMAT_PEOPLE)
        shown = show_code(invocation, hidden ? NULL : display, rows);
    if (shown && command_has(invocation, OPTION_QR))
        shown = qr_print(stdout, display, output->terminal);
    sodium_memzero(display, sizeof display);
    if (!shown || output->format != FORMAT_PEOPLE)
        return present->keep = shown;
    if (command_has(invocation, OPTION_QR))
        putchar('\n');
    output_record(output, shown_columns(rows), rows, 0);
    if (hidden) {
        if (present->output.path != NULL)
            output_line(output, "Code", "in %s, readable only by you",
                        present->output.path);
        if (present->profile.path != NULL)
            output_line(output, "Profile", "in %s, readable only by you, the code inside",
                        present->profile.path);
    } else {
        printf(
            "\nIt is shown this once. Capitals, blanks and hyphens make no difference\n"
            "when it is typed.\n");
    }
    errno = 0;
    return present->keep = fflush(stdout) == 0 && !ferror(stdout);
}
