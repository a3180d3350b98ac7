/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/suggest.h"
#include "code.h"
#include "doctor/doctor.h"
#include "hash.h"
#include "settings.h"
#include "store.h"

#define TIMEOUT_MS 5000
#define TEXT_MAX   384

/* A user name that cannot be an account: RFC 2606 keeps the domain from anybody. */
#define NOBODY "apppass-doctor@example.invalid"

/* ---- the connection, from where the mail server stands ---- */

/* The last thing that the verifier complained of. */
static void keep_line(void *context, enum log_level level, const char *line)
{
    if (level == LOG_LEVEL_ERROR || level == LOG_LEVEL_WARNING)
        snprintf(context, TEXT_MAX, "%s", line);
}

static bool become(const struct doctor_place *place, const struct passwd *user)
{
    if (place->jail != NULL && (chroot(place->jail) < 0 || chdir("/") < 0))
        return false;
    return user == NULL || (setgid(user->pw_gid) == 0 && setuid(user->pw_uid) == 0);
}

/* In a child, as the mail server: connect outside its jail's door as it would.  Writes
 * one line to `output`, "ok" or what went wrong. */
static void ask_as(const struct doctor_place *place, const char *conninfo, int output)
{
    char text[TEXT_MAX] = "";
    const struct log log = {.write = keep_line, .context = text};
    const struct passwd *user = place->user != NULL ? getpwnam(place->user) : NULL;
    struct store *store;
    struct row row = {0};
    ssize_t written;

    if (user != NULL && initgroups(user->pw_name, user->pw_gid) < 0)
        user = NULL;
    /* libpq looks there for certificates, and takes what it may not look at for a fault. */
    if (user != NULL)
        setenv("HOME", user->pw_dir, 1);
    store = store_new(conninfo, 0, TIMEOUT_MS, &log, text, sizeof text);
    if (store == NULL)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s",
                 text[0] != '\0' ? "" : "bad connection string");
    else if (!become(place, user))
        snprintf(text, sizeof text, "could not become %s: %s", place->user,
                 strerror(errno));
    else if (store_lookup(store, NOBODY, NULL, "imap", NULL, deadline_in(TIMEOUT_MS),
                          &row) == OUTCOME_OK)
        snprintf(text, sizeof text, "ok");
    else if (text[0] == '\0')
        snprintf(text, sizeof text, "no answer");
    written = write(output, text, strlen(text));
    (void)written;
}

static void read_answer(int input, pid_t child, char text[TEXT_MAX])
{
    size_t length = 0;
    ssize_t got;

    while (length + 1 < TEXT_MAX &&
           (got = read(input, text + length, TEXT_MAX - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void doctor_connection(struct doctor *doctor, const struct doctor_place *place,
                       const char *conninfo)
{
    bool root = geteuid() == 0;
    struct doctor_place here = root ? *place : (struct doctor_place){0};
    char text[TEXT_MAX] = "";
    int ends[2];
    pid_t child;

    if (pipe(ends) < 0)
        return;
    child = fork();
    if (child == 0) {
        ask_as(&here, conninfo, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    if (child > 0)
        read_answer(ends[0], child, text);
    close(ends[0]);
    if (strcmp(text, "ok") == 0)
        doctor_ok(doctor, place->domain, "reaches the database%s%s%s%s",
                  here.user != NULL ? ", as the user " : "",
                  here.user != NULL ? here.user : "",
                  here.jail != NULL ? ", from inside " : "",
                  here.jail != NULL ? here.jail : "");
    else if (!root && place->user != NULL)
        doctor_note(doctor, place->domain,
                    "run doctor as root to ask the database as %s; as you: %s",
                    place->user, text[0] != '\0' ? text : "no answer");
    else
        doctor_fault(
            doctor, place->domain,
            here.jail != NULL
                ? "inside a chroot there is no socket, no resolver and no CA file: "
                  "give host=ADDRESS port=PORT, and see pg_hba.conf"
                : "check apppass_conninfo and pg_hba.conf",
            "does not reach the database%s%s: %s",
            here.jail != NULL ? " from inside " : "", here.jail != NULL ? here.jail : "",
            text[0] != '\0' ? text : "no answer");
}

/* ---- options ---- */

static const char *value_of(void *context, const char *name)
{
    return conf_value(context, name);
}

static void check_names(struct doctor *doctor, const char *domain, const char *path,
                        const struct conf *conf)
{
    const char *name;
    char fix[128];

    for (size_t i = 0; (name = conf_name(conf, i)) != NULL; i++) {
        const char *near = NULL;
        bool known = strncasecmp(name, "apppass_", 8) != 0;

        for (const struct setting *setting = verifier_settings; setting->name != NULL;
             setting++) {
            known = known || strcasecmp(setting->name, name) == 0;
            if (near == NULL && suggest_distance(setting->name, name) <= 3)
                near = setting->name;
        }
        snprintf(fix, sizeof fix, "%s%s", near != NULL ? conf_prefix(conf) : "",
                 near != NULL ? near : "see apppass-sasl(5)");
        if (!known)
            doctor_fault(doctor, domain, fix, "%s: %s%s is not an option", path,
                         conf_prefix(conf), name);
    }
}

static void check_private(struct doctor *doctor, const char *domain, const char *what,
                          const char *path, mode_t forbidden)
{
    struct stat found;

    if (stat(path, &found) < 0) {
        if (errno == ENOENT)
            doctor_note(doctor, domain, "%s %s is not there yet", what, path);
        else
            doctor_fault(doctor, domain, "check owner and mode of its folder",
                         "%s %s: %s", what, path, strerror(errno));
        return;
    }
    if (!S_ISREG(found.st_mode))
        doctor_fault(doctor, domain, "remove it", "%s %s is not a regular file", what,
                     path);
    else if ((found.st_mode & forbidden) != 0)
        doctor_fault(doctor, domain, "chmod go-rwx",
                     "%s %s has mode %03o: others may use it", what, path,
                     (unsigned)found.st_mode & 0777);
    else
        doctor_ok(doctor, domain, "%s %s has mode %03o", what, path,
                  (unsigned)found.st_mode & 0777);
}

static void check_key(struct doctor *doctor, const char *domain, const char *path)
{
    char error[256];
    struct keyfile *keys = keyfile_load(path, error, sizeof error);

    if (keys == NULL)
        doctor_fault(doctor, domain, "apppass key new makes one", "%s", error);
    else
        doctor_ok(doctor, domain, "key file %s can be used", path);
    keyfile_free(&keys);
}

static void check_password(struct doctor *doctor, const char *domain, const char *path,
                           const char *conninfo)
{
    struct stat found;
    char value[512];

    if (database_conninfo_value(conninfo, "password", value, sizeof value) &&
        stat(path, &found) == 0 && (found.st_mode & S_IROTH) != 0)
        doctor_fault(doctor, domain, "chmod o-r",
                     "%s holds a database password, and everybody may read it", path);
    explicit_bzero(value, sizeof value);
}

void doctor_options(struct doctor *doctor, const struct doctor_place *place,
                    const char *path, const struct conf *conf)
{
    const char *domain = place->domain;
    struct settings settings = {0};
    /* Only read through value_of. */
    union {
        const struct conf *from;
        void *to;
    } context = {.from = conf};
    char error[TEXT_MAX];

    check_names(doctor, domain, path, conf);
    if (!settings_load(verifier_settings, &settings, value_of, context.to, error,
                       sizeof error)) {
        doctor_fault(doctor, domain,
                     "every login is a temporary failure until it is put right", "%s: %s",
                     path, error);
        return;
    }
    if (settings.conninfo == NULL) {
        doctor_fault(doctor, domain, "set it: the plugin offers nothing without",
                     "%s: %sapppass_conninfo is not set", path, conf_prefix(conf));
    } else {
        check_password(doctor, domain, path, settings.conninfo);
        if (settings.memo_path != NULL)
            check_private(doctor, domain, "memo", settings.memo_path, 077);
        if (settings.key_path != NULL)
            check_key(doctor, domain, settings.key_path);
        doctor_connection(doctor, place, settings.conninfo);
        if (settings.record_conninfo != NULL)
            doctor_connection(doctor, place, settings.record_conninfo);
    }
    settings_free(verifier_settings, &settings);
}

/* ---- a saslauthd ---- */

/* A counted string: its length in two bytes, no NUL. */
static size_t put_string(char *out, const char *text)
{
    size_t length = 0;

    for (; text[length] != '\0'; length++)
        out[2 + length] = text[length];
    out[0] = (char)(length >> 8);
    out[1] = (char)length;
    return length + 2;
}

/* The reply's first two letters, "" for none, or NULL and errno. */
static const char *ask_daemon(int descriptor, char reply[8])
{
    struct pollfd wait = {.fd = descriptor, .events = POLLIN};
    struct code code;
    char request[512];
    size_t length = 0;
    ssize_t got;

    /* Well-formed, so that it is looked up; for nobody, so that it is refused. */
    if (!code_make(CODE_LENGTH_DEFAULT, &code))
        return NULL;
    length += put_string(request + length, "apppass-doctor");
    length += put_string(request + length, code.symbols);
    length += put_string(request + length, "imap");
    length += put_string(request + length, "example.invalid");
    code_wipe(&code);
    if (send(descriptor, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        return NULL;
    memset(reply, 0, 8);
    got = poll(&wait, 1, 2 * TIMEOUT_MS) == 1 ? read(descriptor, reply, 7) : -1;
    if (got < 0)
        return NULL;
    return got > 2 ? reply + 2 : "";
}

void doctor_daemon(struct doctor *doctor, const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const char *answer = NULL;
    char reply[8];

    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    if (descriptor < 0 ||
        connect(descriptor, (const struct sockaddr *)&address, sizeof address) < 0) {
        if (errno == EACCES && geteuid() != 0)
            doctor_note(doctor, "apppassd", "%s is not for you: run doctor as root",
                        socket_path);
        else
            doctor_fault(doctor, "apppassd", "start apppassd, and see apppassd(8)",
                         "nobody answers at %s: %s", socket_path, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        return;
    }
    answer = ask_daemon(descriptor, reply);
    if (answer != NULL && strncmp(answer, "NO", 2) == 0)
        doctor_ok(doctor, "apppassd", "answers at %s", socket_path);
    else if (answer != NULL && strncmp(answer, "OK", 2) == 0)
        doctor_fault(doctor, "apppassd", "stop whatever listens there",
                     "%s lets anybody in", socket_path);
    else if (answer != NULL)
        doctor_fault(doctor, "apppassd",
                     "see the log of apppassd: it can't ask the database",
                     "%s answers \"try again\"", socket_path);
    else
        doctor_fault(doctor, "apppassd", "see the log of apppassd", "no answer at %s",
                     socket_path);
    close(descriptor);
}
