/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>
#include <sodium.h>

#include "conninfo.h"
#include "pgerror.h"

#define STATEMENT_GRACE_MS 500
#define PROBE_MARK         "apppass-reads-only-the-settings"

struct conninfo {
    PQconninfoOption *settings;
    char *options; /* startup options: the user's and ours */
    struct conninfo_host *hosts;
    size_t host_count;
};

static void set_parameter(struct conninfo_parameters *parameters, const char *keyword,
                          const char *value)
{
    if (value == NULL || *value == '\0' || parameters->count == CONNINFO_PARAMETERS_MAX)
        return;
    parameters->keywords[parameters->count] = keyword;
    parameters->values[parameters->count++] = value;
}

/* False where there is no memory; an empty text is none, NULL. */
static bool copy_string(const char *text, size_t length, char **copy_r)
{
    *copy_r = NULL;
    if (text == NULL || length == 0)
        return true;
    *copy_r = strndup(text, length);
    return *copy_r != NULL;
}

static void free_secret(char *text)
{
    if (text != NULL)
        sodium_memzero(text, strlen(text));
    free(text);
}

static void free_settings(PQconninfoOption *settings)
{
    for (PQconninfoOption *option = settings; option != NULL && option->keyword != NULL;
         option++)
        if (option->val != NULL)
            sodium_memzero(option->val, strlen(option->val));
    PQconninfoFree(settings);
}

static PQconninfoOption *find_setting(PQconninfoOption *settings, const char *keyword)
{
    for (; settings->keyword != NULL; settings++)
        if (strcmp(settings->keyword, keyword) == 0)
            return settings;
    return NULL;
}

static const char *setting(PQconninfoOption *settings, const char *keyword)
{
    PQconninfoOption *option = find_setting(settings, keyword);

    return option != NULL && option->val != NULL && *option->val != '\0' ? option->val
                                                                         : NULL;
}

static void unset(PQconninfoOption *settings, const char *keyword)
{
    PQconninfoOption *option = find_setting(settings, keyword);

    if (option != NULL && option->val != NULL)
        *option->val = '\0';
}

/* ---- reading ---- */

/*
 * libpq has no call that reads service file, environment and passfile without connecting
 * at once.  An option that is checked last of those we need, with an impossible value,
 * makes it stop in between: PQconninfo and PQpass then tell what it has found.
 */
static PGconn *probe(PQconninfoOption *settings, const struct conninfo_host *host,
                     const char *marked)
{
    static const char *const of_host[] = {"host", "hostaddr", "port", NULL};
    struct conninfo_parameters parameters = {.count = 0};
    PGconn *conn;

    for (const PQconninfoOption *option = settings; option->keyword != NULL; option++)
        if (host == NULL || !pgerror_is(option->keyword, of_host))
            set_parameter(&parameters, option->keyword, option->val);
    if (host != NULL) {
        set_parameter(&parameters, "host", host->name);
        set_parameter(&parameters, "hostaddr", host->address);
        set_parameter(&parameters, "port", host->port);
    }
    set_parameter(&parameters, marked, PROBE_MARK);
    conn = PQconnectStartParams(parameters.keywords, parameters.values, 0);
    sodium_memzero(&parameters, sizeof parameters);
    return conn;
}

/* All settings with their defaults; NULL and a message where libpq refuses them. */
static PQconninfoOption *complete_settings(PQconninfoOption *given, const char *marked,
                                           char *error, size_t error_size)
{
    PGconn *conn = probe(given, NULL, marked);
    PQconninfoOption *settings = NULL;

    if (conn == NULL)
        snprintf(error, error_size, "no memory");
    else if (strstr(PQerrorMessage(conn), PROBE_MARK) == NULL)
        pgerror_line(PQerrorMessage(conn), error, error_size);
    else if ((settings = PQconninfo(conn)) == NULL)
        snprintf(error, error_size, "no memory");
    PQfinish(conn);
    return settings;
}

/* Put back what the probe's mark stood in for. */
static bool restore_marked(PQconninfoOption *settings, PQconninfoOption *given,
                           const char *marked, char *error, size_t error_size)
{
    PQconninfoOption *other =
        complete_settings(given, "channel_binding", error, error_size);
    PQconninfoOption *target = find_setting(settings, marked), *source;
    char *kept;

    if (other == NULL)
        return false;
    source = find_setting(other, marked);
    if (target != NULL && source != NULL) {
        kept = target->val;
        target->val = source->val;
        source->val = kept;
    }
    free_settings(other);
    return true;
}

/*
 * Defaults that depend on who we are and where: left to libpq at connect time, because a
 * mail server reads its settings as root and connects as somebody else.
 */
static void forget_personal_defaults(PQconninfoOption *settings, PQconninfoOption *given)
{
    struct passwd entry, *found = NULL;
    char buffer[1024];
    const char *user = setting(settings, "user"), *dbname = setting(settings, "dbname");

    if (setting(given, "passfile") == NULL && getenv("PGPASSFILE") == NULL &&
        setting(given, "service") == NULL)
        unset(settings, "passfile");
    if (setting(given, "user") != NULL || user == NULL ||
        getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) != 0 ||
        found == NULL || strcmp(user, found->pw_name) != 0)
        return;
    if (setting(given, "dbname") == NULL && dbname != NULL && strcmp(dbname, user) == 0)
        unset(settings, "dbname");
    unset(settings, "user");
}

static bool read_settings(struct conninfo *conninfo, const char *text, char *error,
                          size_t error_size)
{
    static const char marked[] = "ssl_max_protocol_version";
    char *message = NULL;
    PQconninfoOption *given = PQconninfoParse(text, &message);
    bool good;

    PQfreemem(message); /* may quote a piece of a password */
    if (given == NULL) {
        snprintf(error, error_size,
                 "not a libpq connection string: write keyword=value pairs, values with "
                 "spaces or quotes in single quotes");
        return false;
    }
    conninfo->settings = complete_settings(given, marked, error, error_size);
    good = conninfo->settings != NULL &&
           restore_marked(conninfo->settings, given, marked, error, error_size);
    if (good)
        forget_personal_defaults(conninfo->settings, given);
    free_settings(given);
    return good;
}

/* The `index`th element of a comma-separated list, a list of one standing for all; NULL
 * where it is empty.  False where there is no memory. */
static bool list_element(const char *list, size_t index, char **element_r)
{
    *element_r = NULL;
    if (list == NULL)
        return true;
    if (strchr(list, ',') == NULL)
        index = 0;
    for (; index > 0; index--) {
        list = strchr(list, ',');
        if (list == NULL)
            return true;
        list++;
    }
    return copy_string(list, strcspn(list, ","), element_r);
}

static size_t list_length(const char *list)
{
    size_t length = 1;

    for (; list != NULL && (list = strchr(list, ',')) != NULL; list++)
        length++;
    return length;
}

static void shuffle_hosts(struct conninfo *conninfo)
{
    for (size_t i = conninfo->host_count; i > 1; i--) {
        size_t other = randombytes_uniform((uint32_t)i);
        struct conninfo_host kept = conninfo->hosts[i - 1];

        conninfo->hosts[i - 1] = conninfo->hosts[other];
        conninfo->hosts[other] = kept;
    }
}

/* The password that an explicit passfile holds for this host, while it can be read. */
static bool read_password(const struct conninfo *conninfo, struct conninfo_host *host)
{
    PGconn *conn;
    const char *password;
    bool good;

    if (setting(conninfo->settings, "passfile") == NULL ||
        setting(conninfo->settings, "password") != NULL)
        return true;
    conn = probe(conninfo->settings, host, "sslmode");
    password = PQpass(conn);
    good = conn != NULL && copy_string(password, password != NULL ? strlen(password) : 0,
                                       &host->password);
    PQfinish(conn);
    return good;
}

/* libpq has checked already that the lists' lengths agree. */
static bool read_hosts(struct conninfo *conninfo)
{
    const char *names = setting(conninfo->settings, "host");
    const char *addresses = setting(conninfo->settings, "hostaddr");
    const char *ports = setting(conninfo->settings, "port");
    const char *balance = setting(conninfo->settings, "load_balance_hosts");
    size_t count = list_length(addresses != NULL ? addresses : names);

    conninfo->hosts = calloc(count, sizeof *conninfo->hosts);
    if (conninfo->hosts == NULL)
        return false;
    conninfo->host_count = count;
    for (size_t i = 0; i < count; i++) {
        struct conninfo_host *host = &conninfo->hosts[i];

        if (!list_element(names, i, &host->name) ||
            !list_element(addresses, i, &host->address) ||
            !list_element(ports, i, &host->port) || !read_password(conninfo, host))
            return false;
    }
    if (balance != NULL && strcmp(balance, "random") == 0)
        shuffle_hosts(conninfo);
    return true;
}

/*
 * synchronous_commit: uses, refusals and upgraded hashes are the only writes; a crash of
 * the server may lose the last second of them, but no login waits for a disk or for a
 * synchronous standby.
 */
static bool make_options(struct conninfo *conninfo, long idle_timeout_s, long timeout_ms)
{
    const char *given = setting(conninfo->settings, "options");
    int length;

    length = asprintf(&conninfo->options,
                      "%s%s-c search_path= -c synchronous_commit=off"
                      " -c statement_timeout=%ld -c idle_session_timeout=%ld",
                      given != NULL ? given : "", given != NULL ? " " : "",
                      timeout_ms + STATEMENT_GRACE_MS, idle_timeout_s * 1000);
    if (length < 0)
        conninfo->options = NULL;
    return length >= 0;
}

struct conninfo *conninfo_new(const char *text, long idle_timeout_s, long timeout_ms,
                              char *error, size_t error_size)
{
    struct conninfo *conninfo = calloc(1, sizeof *conninfo);

    snprintf(error, error_size, "no memory");
    if (conninfo == NULL || sodium_init() < 0 ||
        !read_settings(conninfo, text, error, error_size))
        goto failed;
    snprintf(error, error_size, "no memory");
    if (!read_hosts(conninfo) || !make_options(conninfo, idle_timeout_s, timeout_ms))
        goto failed;
    return conninfo;
failed:
    conninfo_free(&conninfo);
    return NULL;
}

void conninfo_free(struct conninfo **pointer)
{
    struct conninfo *conninfo = *pointer;

    *pointer = NULL;
    if (conninfo == NULL)
        return;
    for (size_t i = 0; i < conninfo->host_count; i++) {
        free(conninfo->hosts[i].name);
        free(conninfo->hosts[i].address);
        free(conninfo->hosts[i].port);
        free_secret(conninfo->hosts[i].password);
    }
    free(conninfo->hosts);
    free_secret(conninfo->options);
    if (conninfo->settings != NULL)
        free_settings(conninfo->settings);
    free(conninfo);
}

/* ---- using ---- */

struct conninfo_host *conninfo_hosts(struct conninfo *conninfo, size_t *count_r)
{
    *count_r = conninfo->host_count;
    return conninfo->hosts;
}

const char *conninfo_target(const struct conninfo *conninfo)
{
    return setting(conninfo->settings, "target_session_attrs");
}

long conninfo_connect_limit_ms(const struct conninfo *conninfo)
{
    const char *limit = setting(conninfo->settings, "connect_timeout");

    return limit != NULL ? strtol(limit, NULL, 10) * 1000 : 0;
}

void conninfo_fill(const struct conninfo *conninfo, const struct conninfo_host *host,
                   const char *target, struct conninfo_parameters *parameters)
{
    static const char *const ours[] = {
        "client_encoding",      "host", "hostaddr", "port", "options", "service",
        "target_session_attrs", NULL};
    const char *passfile = setting(conninfo->settings, "passfile");

    memset(parameters, 0, sizeof *parameters);
    set_parameter(parameters, "application_name", "apppass");
    if (host->password != NULL && (passfile == NULL || access(passfile, R_OK) != 0))
        set_parameter(parameters, "password", host->password);
    for (const PQconninfoOption *option = conninfo->settings; option->keyword != NULL;
         option++) {
        bool skip = false;

        for (const char *const *name = ours; *name != NULL; name++)
            skip = skip || strcmp(option->keyword, *name) == 0;
        if (!skip)
            set_parameter(parameters, option->keyword, option->val);
    }
    set_parameter(parameters, "client_encoding", "UTF8");
    set_parameter(parameters, "host", host->name);
    set_parameter(parameters, "hostaddr", host->address);
    set_parameter(parameters, "port", host->port);
    set_parameter(parameters, "target_session_attrs", target);
    if (!host->plain)
        set_parameter(parameters, "options", conninfo->options);
}
