/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <sodium.h>

#include "array.h"
#include "options.h"
#include "sockets.h"

static const char *const log_choices[] = {"stderr", "syslog", NULL};
static const char *const client_choices[] = {"auto", "required", NULL};
static const char *const facility_choices[] = {"auth", "authpriv", "daemon", "mail",
                                               NULL};
static const int facilities[] = {LOG_AUTH, LOG_AUTHPRIV, LOG_DAEMON, LOG_MAIL};

static const char *check_mode(const char *text)
{
    size_t digits = strspn(text, "01234567");

    if (text[digits] != '\0' || digits > 4 || (digits == 4 && *text != '0'))
        return "write an octal mode such as 0660";
    return NULL;
}

#define PATH_LIMIT (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

static const char *check_path(const char *text)
{
    return strlen(text) > PATH_LIMIT ? "write a path of at most 107 bytes" : NULL;
}

/* As many as there are places, each short enough for a socket's address. */
static const char *check_paths(const char *text)
{
    size_t count = 0, length;

    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        length = strcspn(text, " ");
        if (*text != '/' || length > PATH_LIMIT)
            return "write absolute paths of at most 107 bytes, with spaces between them";
        text += length;
        count++;
    }
    return count == 0 || count > SOCKETS_MAX ? "write 1 to 8 paths" : NULL;
}

#define MEMBER(name) offsetof(struct daemon_settings, name)

const struct setting daemon_settings[] = {
    {.name = "apppassd_client_address",
     .type = SETTING_CHOICE,
     .fallback = "auto",
     .choices = client_choices,
     .offset = MEMBER(client_address),
     .help = "Whether every client of the socket sends the address of its own client: "
             "auto takes requests with and without, required waits for it."},
    {.name = "apppassd_cyrus_proc",
     .type = SETTING_PATH,
     .fallback = "/run/cyrus/proc",
     .offset = MEMBER(cyrus_proc),
     .help = "Folder proc_path of imapd.conf(5), where the clients' addresses are found "
             "that libsasl2 does not send."},
    {.name = "apppassd_fallback_socket",
     .type = SETTING_PATH,
     .offset = MEMBER(fallback_socket),
     .check = check_path,
     .help = "Socket of another saslauthd, asked for main passwords where "
             "apppass_fallback allows them."},
    {.name = "apppassd_group",
     .type = SETTING_STRING,
     .offset = MEMBER(group),
     .help = "Group to run as; default the primary group of apppassd_user."},
    {.name = "apppassd_log",
     .type = SETTING_CHOICE,
     .fallback = "stderr",
     .choices = log_choices,
     .offset = MEMBER(log),
     .help = "Where log lines go."},
    {.name = "apppassd_log_facility",
     .type = SETTING_CHOICE,
     .fallback = "mail",
     .choices = facility_choices,
     .offset = MEMBER(log_facility),
     .help = "Facility of the log lines sent to syslog."},
    {.name = "apppassd_queue",
     .type = SETTING_INTEGER,
     .fallback = "1000",
     .min = 1,
     .max = 60000,
     .offset = MEMBER(queue),
     .help = "Requests held at once, arriving or waiting; further ones wait in the "
             "socket's backlog."},
    {.name = "apppassd_socket",
     .type = SETTING_STRING,
     .fallback = "/run/apppassd/mux",
     .offset = MEMBER(socket),
     .check = check_paths,
     .help = "Paths of the sockets, separated by spaces; not used where systemd passes "
             "sockets."},
    {.name = "apppassd_socket_group",
     .type = SETTING_STRING,
     .offset = MEMBER(socket_group),
     .help = "Group of the sockets: whose members may ask."},
    {.name = "apppassd_socket_mode",
     .type = SETTING_STRING,
     .fallback = "0660",
     .offset = MEMBER(socket_mode),
     .check = check_mode,
     .help = "Permissions of the sockets, octal."},
    {.name = "apppassd_socket_owner",
     .type = SETTING_STRING,
     .offset = MEMBER(socket_owner),
     .help = "Owner of the sockets; default apppassd_user."},
    {.name = "apppassd_user",
     .type = SETTING_STRING,
     .offset = MEMBER(user),
     .help = "Account to run as when started by root; without it root is refused."},
    {.name = "apppassd_workers",
     .type = SETTING_INTEGER,
     .fallback = "0",
     .min = 0,
     .max = 256,
     .offset = MEMBER(workers),
     .help = "Threads that decide, each with its own database connection; 0 is one per "
             "processor and one more."},
    {.name = NULL},
};

int options_facility(int value)
{
    return facilities[value];
}

/* One line of the file. */
struct option_entry {
    struct option_entry *next;
    char *name;
    char *value;
    unsigned line;
};

#define FILE_MAX 65536 /* bytes of a configuration file */

struct file {
    const char *path;
    struct option_entry *entries;
    char *error;
    size_t error_size;
};

PRINTF(3, 4)
static bool complain(const struct file *file, unsigned line, const char *format, ...)
{
    int length =
        line == 0 ? snprintf(file->error, file->error_size, "%s: ", file->path)
                  : snprintf(file->error, file->error_size, "%s:%u: ", file->path, line);
    va_list arguments;

    if (length < 0 || (size_t)length >= file->error_size)
        return false;
    va_start(arguments, format);
    vsnprintf(file->error + length, file->error_size - (size_t)length, format, arguments);
    va_end(arguments);
    return false;
}

static void file_free(struct file *file)
{
    while (file->entries != NULL) {
        struct option_entry *entry = file->entries;

        file->entries = entry->next;
        if (entry->value != NULL)
            sodium_memzero(entry->value, strlen(entry->value));
        free(entry->value);
        free(entry->name);
        free(entry);
    }
}

static struct option_entry *find_entry(const struct file *file, const char *name,
                                       size_t length)
{
    for (struct option_entry *entry = file->entries; entry != NULL; entry = entry->next)
        if (strlen(entry->name) == length && memcmp(entry->name, name, length) == 0)
            return entry;
    return NULL;
}

static bool in_table(const struct setting *table, const char *name)
{
    for (; table->name != NULL; table++)
        if (strcmp(table->name, name) == 0)
            return true;
    return false;
}

/* Cut white space off both ends, in place. */
static char *trim(char *text)
{
    size_t length;

    text += strspn(text, " \t\r\n");
    length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

/* Only what looks like an option is repeated: a line may be half of a conninfo. */
static bool unknown_option(struct file *file, unsigned number, const char *name)
{
    bool plain = strncmp(name, "apppass", 7) == 0 &&
                 name[strspn(name, "abcdefghijklmnopqrstuvwxyz_")] == '\0';

    return complain(file, number,
                    "%s: unknown option; apppassd(8) and apppass-sasl(5) list them",
                    plain ? name : "?");
}

static bool read_line(struct file *file, char *line, unsigned number)
{
    struct option_entry *entry, *earlier;
    char *name = trim(line), *colon;

    if (*name == '\0' || *name == '#')
        return true;
    colon = strchr(name, ':');
    if (colon == NULL)
        return complain(file, number, "not a \"name: value\" line");
    *colon = '\0';
    name = trim(name);
    if (!in_table(verifier_settings, name) && !in_table(daemon_settings, name))
        return unknown_option(file, number, name);
    earlier = find_entry(file, name, strlen(name));
    if (earlier != NULL)
        return complain(file, number, "%s: already set in line %u; remove one", name,
                        earlier->line);
    entry = calloc(1, sizeof(*entry));
    if (entry == NULL)
        return complain(file, number, "out of memory");
    entry->next = file->entries;
    file->entries = entry;
    entry->line = number;
    entry->name = strdup(name);
    entry->value = strdup(trim(colon + 1));
    if (entry->name == NULL || entry->value == NULL)
        return complain(file, number, "out of memory");
    return true;
}

/* Read with read(2): stdio's buffer would stay behind in memory, password and all. */
static bool read_lines(struct file *file, int fd)
{
    char *text = malloc(FILE_MAX + 1), *rest = text, *line;
    size_t length = 0;
    ssize_t count = 0;
    bool good = true;

    if (text == NULL)
        return complain(file, 0, "out of memory");
    while (length <= FILE_MAX &&
           (count = read(fd, text + length, FILE_MAX + 1 - length)) > 0)
        length += (size_t)count;
    if (count < 0)
        good = complain(file, 0, "could not read: %s", strerror(errno));
    else if (length > FILE_MAX)
        good = complain(file, 0, "longer than %d bytes", FILE_MAX);
    else if (memchr(text, '\0', length) != NULL)
        good = complain(file, 0, "holds a NUL byte");
    else
        text[length] = '\0';
    for (unsigned number = 1; good && (line = strsep(&rest, "\n")) != NULL; number++)
        good = read_line(file, line, number);
    sodium_memzero(text, FILE_MAX + 1);
    free(text);
    return good;
}

static const char *entry_value(void *context, const char *name)
{
    const struct option_entry *entry = find_entry(context, name, strlen(name));

    return entry == NULL ? NULL : entry->value;
}

/* Load one table; the loader's "name: reason" becomes "FILE:LINE: name: reason". */
static bool load_table(struct file *file, const struct setting *table, void *target)
{
    char reason[512];
    const struct option_entry *entry;

    if (settings_load(table, target, entry_value, file, reason, sizeof(reason)))
        return true;
    entry = find_entry(file, reason, strcspn(reason, ":"));
    return complain(file, entry == NULL ? 0 : entry->line, "%s", reason);
}

/* A file of switches must be out of others' reach; with a password, out of sight. */
static bool check_secrecy(struct file *file, const struct stat *status)
{
    static const char *const secret[] = {"apppass_conninfo", "apppass_record_conninfo"};

    if (!S_ISREG(status->st_mode))
        return complain(file, 0, "not a regular file");
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return complain(file, 0, "must be owned by root or by the user apppassd runs as");
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return complain(file, 0, "others may write to it; use chmod go-w");
    if ((status->st_mode & S_IROTH) == 0)
        return true;
    for (size_t i = 0; i < COUNT(secret); i++) {
        const struct option_entry *entry = find_entry(file, secret[i], strlen(secret[i]));
        const char *host =
            entry == NULL ? NULL : strstr(entry->value, "://"); /* a connection URI */

        if (entry == NULL)
            continue;
        if (strstr(entry->value, "password") != NULL ||
            (host != NULL && strchr(host + 3, '@') != NULL &&
             memchr(host + 3, ':', strcspn(host + 3, "@")) != NULL))
            return complain(file, entry->line,
                            "%s: holds a password and everybody may read the file; use "
                            "chmod o-r",
                            secret[i]);
    }
    return true;
}

/* Is `path` one of those in `paths`? */
static bool among(const char *path, const char *paths)
{
    size_t length = strlen(path);

    for (const char *at = paths; (at = strstr(at, path)) != NULL; at++)
        if ((at == paths || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* What each table can't know by itself. */
static bool check_whole(struct file *file, struct options *options)
{
    bool fallback = options->verifier.fallback != SETTINGS_FALLBACK_NONE;
    const char *socket = options->daemon.fallback_socket;
    const struct option_entry *entry =
        find_entry(file, "apppass_fallback", strlen("apppass_fallback"));
    unsigned line = entry == NULL ? 0 : entry->line;

    if (options->verifier.conninfo == NULL)
        return complain(file, 0,
                        "apppass_conninfo is missing: how to reach the database");
    if (fallback && socket == NULL)
        return complain(file, line,
                        "apppass_fallback: apppassd knows no main passwords, set "
                        "apppassd_fallback_socket too");
    entry =
        find_entry(file, "apppassd_fallback_socket", strlen("apppassd_fallback_socket"));
    line = entry == NULL ? 0 : entry->line;
    if (socket != NULL && !fallback)
        return complain(file, line,
                        "apppassd_fallback_socket: has no effect alone, set "
                        "apppass_fallback: checkpass too");
    if (socket != NULL && among(socket, options->daemon.socket))
        return complain(file, line,
                        "apppassd_fallback_socket: apppassd can't ask itself");
    options->socket_mode = (mode_t)strtoul(options->daemon.socket_mode, NULL, 8);
    return true;
}

static void keep_lines(const struct file *file, struct options *options)
{
    for (size_t i = 0; i < OPTIONS_VERIFIER_MAX && verifier_settings[i].name != NULL;
         i++) {
        const char *name = verifier_settings[i].name;
        const struct option_entry *entry = find_entry(file, name, strlen(name));

        options->verifier_lines[i] = entry == NULL ? 0 : entry->line;
    }
}

bool options_read(const char *path, struct options *options_r, char *error,
                  size_t error_size)
{
    struct file file = {.path = path, .error = error, .error_size = error_size};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool good;

    memset(options_r, 0, sizeof(*options_r));
    if (fd < 0 || fstat(fd, &status) < 0)
        good = complain(&file, 0, "could not open: %s", strerror(errno));
    else
        good = read_lines(&file, fd) && check_secrecy(&file, &status) &&
               load_table(&file, verifier_settings, &options_r->verifier) &&
               load_table(&file, daemon_settings, &options_r->daemon) &&
               check_whole(&file, options_r);
    if (fd >= 0)
        close(fd);
    keep_lines(&file, options_r);
    file_free(&file);
    if (!good)
        options_free(options_r);
    return good;
}

unsigned options_line(const struct options *options, const char *reason)
{
    size_t length = strcspn(reason, ":");

    for (size_t i = 0; i < OPTIONS_VERIFIER_MAX && verifier_settings[i].name != NULL; i++)
        if (strlen(verifier_settings[i].name) == length &&
            memcmp(verifier_settings[i].name, reason, length) == 0)
            return options->verifier_lines[i];
    return 0;
}

void options_free(struct options *options)
{
    settings_free(verifier_settings, &options->verifier);
    settings_free(daemon_settings, &options->daemon);
}
