/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server.h"

const char *const door_names[DOOR_COUNT] = {
    [DOOR_PLAIN] = "PLAIN with initial response",
    [DOOR_PLAIN_PROMPTED] = "PLAIN",
    [DOOR_LOGIN] = "LOGIN with initial response",
    [DOOR_LOGIN_PROMPTED] = "LOGIN",
};

#define CLIENT        "192.0.2.1;49948"
#define PASSWORDS_MAX 256
#define PASSWORD_MIN  6 /* shorter ones occur in ordinary text */

int server_proxy_policy = NO_PROXY_POLICY;
int (*server_canonicalise)(const char *name, char *canonical, size_t size);
const char *server_realm;

static const struct option *options;
static const char *module_path;
static bool started;

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char *log_buffer;
static size_t log_length, log_room;
static bool log_kept = true;

static char *passwords[PASSWORDS_MAX];
static size_t password_count;

static int get_option(void *context, const char *plugin, const char *name,
                      const char **result, unsigned *length)
{
    (void)context;
    (void)plugin;
    for (const struct option *option = options; option->name != NULL; option++) {
        if (strcmp(option->name, name) != 0)
            continue;
        *result = option->value;
        if (length != NULL)
            *length = (unsigned)strlen(option->value);
        return SASL_OK;
    }
    return SASL_FAIL;
}

static int get_path(void *context, const char **path)
{
    (void)context;
    *path = module_path;
    return SASL_OK;
}

static int take_line(void *context, int level, const char *line)
{
    size_t needed = strlen(line) + 8;

    (void)context;
    if (!log_kept)
        return SASL_OK;
    pthread_mutex_lock(&log_lock);
    if (log_length + needed > log_room) {
        log_room = (log_room + needed) * 2;
        log_buffer = realloc(log_buffer, log_room);
        if (log_buffer == NULL)
            abort();
    }
    log_length += (size_t)sprintf(log_buffer + log_length, "%d %s\n", level, line);
    pthread_mutex_unlock(&log_lock);
    return SASL_OK;
}

static int judge_proxy(sasl_conn_t *conn, void *context, const char *requested,
                       unsigned requested_length, const char *authid,
                       unsigned authid_length, const char *realm, unsigned realm_length,
                       struct propctx *properties)
{
    (void)conn;
    (void)context;
    (void)requested;
    (void)requested_length;
    (void)authid;
    (void)authid_length;
    (void)realm;
    (void)realm_length;
    (void)properties;
    return server_proxy_policy;
}

static int canonicalise(sasl_conn_t *conn, void *context, const char *name,
                        unsigned length, unsigned flags, const char *realm,
                        char *canonical, unsigned size, unsigned *length_r)
{
    char text[1024];
    int result = SASL_OK;

    (void)conn;
    (void)context;
    (void)flags;
    (void)realm;
    snprintf(text, sizeof text, "%.*s", (int)length, name);
    if (server_canonicalise == NULL)
        snprintf(canonical, size, "%s", text);
    else
        result = server_canonicalise(text, canonical, size);
    *length_r = (unsigned)strlen(canonical);
    return result;
}

typedef int callback(void);
#define CALLBACK(function) ((callback *)(void (*)(void))(function))

static sasl_callback_t global_callbacks[] = {
    {SASL_CB_GETOPT, CALLBACK(get_option), NULL},
    {SASL_CB_LOG, CALLBACK(take_line), NULL},
    {SASL_CB_GETPATH, CALLBACK(get_path), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

void server_start(const char *path, const struct option *with)
{
    if (started) /* by a test that failed half-way */
        server_stop();
    module_path = path;
    options = with;
    server_proxy_policy = NO_PROXY_POLICY;
    server_canonicalise = NULL;
    server_realm = NULL;
    log_clear();
    log_keep(true);
    assert_int_equal(sasl_server_init(global_callbacks, "apppass-test"), SASL_OK);
    started = true;
}

void server_stop(void)
{
    sasl_done();
    started = false;
    for (size_t i = 0; i < password_count; i++)
        free(passwords[i]);
    password_count = 0;
    free(log_buffer);
    log_buffer = NULL;
    log_length = log_room = 0;
}

static sasl_callback_t callbacks[] = {
    {SASL_CB_PROXY_POLICY, CALLBACK(judge_proxy), NULL},
    {SASL_CB_CANON_USER, CALLBACK(canonicalise), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

static sasl_conn_t *connect_quietly(const char *service)
{
    sasl_conn_t *conn = NULL;

    if (sasl_server_new(service, "mail.example.org", server_realm, "192.0.2.25;143",
                        CLIENT, callbacks + (server_proxy_policy == NO_PROXY_POLICY), 0,
                        &conn) != SASL_OK)
        return NULL;
    return conn;
}

sasl_conn_t *server_connect(const char *service)
{
    sasl_conn_t *conn = connect_quietly(service);

    assert_non_null(conn);
    return conn;
}

static void remember_password(const char *password, size_t length)
{
    if (!log_kept || length < PASSWORD_MIN || password_count == PASSWORDS_MAX)
        return;
    passwords[password_count] = strndup(password, length);
    assert_non_null(passwords[password_count]);
    if (strlen(passwords[password_count]) < PASSWORD_MIN)
        free(passwords[password_count]);
    else
        password_count++;
}

void assert_log_without_passwords(void)
{
    for (size_t i = 0; i < password_count; i++)
        if (strstr(log_text(), passwords[i]) != NULL)
            fail_msg("\"%.40s\" was logged:\n%s", passwords[i], log_text());
}

/* What is sent next is a copy of its exact size, so that a sanitizer sees any byte read
 * beyond it. */
static int step(sasl_conn_t *conn, const char *mechanism, const char *data, size_t length,
                const char **out)
{
    char *exact = malloc(length + 1);
    unsigned out_length;
    int result;

    if (exact == NULL)
        return SASL_NOMEM;
    if (length > 0)
        memcpy(exact, data, length);
    exact[length] = '\0'; /* libsasl2 promises this much to mechanisms */
    if (mechanism != NULL)
        result = sasl_server_start(conn, mechanism, data == NULL ? NULL : exact,
                                   (unsigned)length, out, &out_length);
    else
        result = sasl_server_step(conn, exact, (unsigned)length, out, &out_length);
    free(exact);
    return result;
}

static int send_plain(sasl_conn_t *conn, bool prompted, const struct typed *typed,
                      size_t username_length, size_t password_length)
{
    size_t authzid_length = typed->authzid != NULL ? strlen(typed->authzid) : 0;
    size_t length = authzid_length + username_length + password_length + 2;
    char *message = calloc(1, length + 1);
    const char *out;
    int result = SASL_CONTINUE;

    assert_non_null(message);
    if (authzid_length > 0)
        memcpy(message, typed->authzid, authzid_length);
    memcpy(message + authzid_length + 1, typed->username, username_length);
    memcpy(message + authzid_length + username_length + 2, typed->password,
           password_length);
    if (!prompted) {
        result = step(conn, "PLAIN", message, length, &out);
    } else {
        result = step(conn, "PLAIN", NULL, 0, &out);
        if (result == SASL_CONTINUE) {
            assert_string_equal(out, "");
            result = step(conn, NULL, message, length, &out);
        }
    }
    free(message);
    return result;
}

static int send_login(sasl_conn_t *conn, bool prompted, const struct typed *typed,
                      size_t username_length, size_t password_length)
{
    const char *out;
    int result;

    if (!prompted) {
        result = step(conn, "LOGIN", typed->username, username_length, &out);
    } else {
        result = step(conn, "LOGIN", NULL, 0, &out);
        if (result == SASL_CONTINUE) {
            assert_string_equal(out, "Username:");
            result = step(conn, NULL, typed->username, username_length, &out);
        }
    }
    if (result == SASL_CONTINUE) {
        assert_string_equal(out, "Password:");
        result = step(conn, NULL, typed->password, password_length, &out);
    }
    return result;
}

static void take_property(sasl_conn_t *conn, int property, char *text, size_t size)
{
    const void *value = NULL;

    if (sasl_getprop(conn, property, &value) == SASL_OK && value != NULL)
        snprintf(text, size, "%s", (const char *)value);
}

struct answer server_login(enum door door, const struct typed *typed)
{
    sasl_conn_t *conn = server_connect("imap");
    size_t username_length =
        typed->username_length > 0 ? typed->username_length : strlen(typed->username);
    size_t password_length =
        typed->password_length > 0 ? typed->password_length : strlen(typed->password);
    struct answer answer = {0};

    remember_password(typed->password, password_length);
    if (door == DOOR_PLAIN || door == DOOR_PLAIN_PROMPTED)
        answer.result = send_plain(conn, door == DOOR_PLAIN_PROMPTED, typed,
                                   username_length, password_length);
    else
        answer.result = send_login(conn, door == DOOR_LOGIN_PROMPTED, typed,
                                   username_length, password_length);
    snprintf(answer.detail, sizeof answer.detail, "%s", sasl_errdetail(conn));
    take_property(conn, SASL_USERNAME, answer.user, sizeof answer.user);
    take_property(conn, SASL_AUTHUSER, answer.authid, sizeof answer.authid);
    sasl_dispose(&conn);
    return answer;
}

struct answer server_login_as(enum door door, const char *username, const char *password)
{
    const struct typed typed = {.username = username, .password = password};

    return server_login(door, &typed);
}

int server_send(const char *service, const char *mechanism, const char *message,
                size_t length)
{
    sasl_conn_t *conn = connect_quietly(service);
    const char *out;
    int result;

    if (conn == NULL)
        return SASL_FAIL;
    result = step(conn, mechanism, message, length, &out);
    sasl_dispose(&conn);
    return result;
}

const char *server_mechanisms(void)
{
    static char names[512];
    sasl_conn_t *conn = server_connect("imap");
    const char *list = "";
    unsigned length;
    int count;

    (void)sasl_listmech(conn, NULL, "", " ", "", &list, &length, &count);
    snprintf(names, sizeof names, "%s", list);
    sasl_dispose(&conn);
    return names;
}

const char *log_text(void)
{
    return log_length > 0 ? log_buffer : "";
}

bool log_holds(const char *text)
{
    return strstr(log_text(), text) != NULL;
}

size_t log_lines(const char *text)
{
    size_t count = 0;

    for (const char *at = log_text(); (at = strstr(at, text)) != NULL; at += strlen(text))
        count++;
    return count;
}

void log_clear(void)
{
    log_length = 0;
}

void log_keep(bool keep)
{
    log_kept = keep;
}
