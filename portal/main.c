/* SPDX-License-Identifier: BSD-2-Clause */

/* apppass-portal: one request to the page on which owners help themselves, by CGI. */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "base/message.h"
#include "descriptors.h"
#include "portal.h"
#include "session/mint.h"
#include "text.h"

#define PAGE_MAX       (1024 * 1024)
#define PAGE_SECONDS   30 /* until the page is there */
#define USER_MAX       256
#define AMR_MAX        16
#define VARIABLE_MAX   64
#define MOMENT_MAX     40
#define REST_READS_MAX 1024

static char body[PAGE_MAX], input[FORM_BYTES_MAX + 1];

/* ---- what the web server says ---- */

/* An option is the variable of its name in capitals. */
static const char *from_environment(void *context, const char *name)
{
    char variable[VARIABLE_MAX];
    size_t i;

    (void)context;
    for (i = 0; name[i] != '\0' && i + 1 < sizeof variable; i++)
        variable[i] = (char)toupper((unsigned char)name[i]);
    variable[i] = '\0';
    return getenv(variable);
}

static bool configure(struct portal *portal)
{
    char error[512];
    const char *reason = NULL;
    struct portal_settings *settings = &portal->settings;

    if (!settings_load(portal_settings, settings, from_environment, NULL, error,
                       sizeof error)) {
        message_error("%s", error);
        return false;
    }
    if (settings->conninfo == NULL || settings->origin == NULL ||
        settings->token_key == NULL) {
        message_error("apppass_portal_conninfo, apppass_portal_origin and "
                      "apppass_portal_token_key must be set");
        return false;
    }
    if (!token_key_read(settings->token_key, portal->token_key, &reason)) {
        message_error("could not use %s: %s", settings->token_key, reason);
        return false;
    }
    return mint_load_keys(settings->key_path, &portal->keys) == STATUS_DONE;
}

/* "pwd,otp" or "pwd otp" as an array. */
static char *read_amr(const char *told)
{
    static char copy[512];
    const char *values[AMR_MAX];
    char *rest = copy, *value;
    size_t count = 0;

    if (told == NULL || strlen(told) >= sizeof copy || !text_valid(told, strlen(told)))
        return NULL;
    memcpy(copy, told, strlen(told) + 1);
    while ((value = strsep(&rest, ", ")) != NULL && count < AMR_MAX)
        if (*value != '\0')
            values[count++] = value;
    return database_array(count, values);
}

/*
 * Does the web server say that at most once?  Of two values of a name getenv() takes the
 * first, and others the last: one may be the client's.
 */
static bool said_once(const char *name)
{
    size_t length = strlen(name), count = 0;

    for (char **variable = environ; *variable != NULL; variable++)
        count += strncmp(*variable, name, length) == 0 && (*variable)[length] == '=';
    return count <= 1;
}

/*
 * The moment in seconds since 1970, written as that, or as SAML does and Shibboleth passes it on,
 * in UTC (xsd:dateTime with "Z").  NULL: it is neither.
 */
static const char *read_moment(const char *told)
{
    static char seconds[24];
    struct tm utc = {0};
    const char *rest;

    if (told == NULL || *told == '\0' || strlen(told) > MOMENT_MAX)
        return NULL;
    if (told[strspn(told, "0123456789")] == '\0')
        return strlen(told) <= 12 ? told : NULL;
    rest = strptime(told, "%Y-%m-%dT%H:%M:%S", &utc);
    if (rest != NULL && *rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (rest == NULL || strcmp(rest, "Z") != 0)
        return NULL;
    snprintf(seconds, sizeof seconds, "%lld", (long long)timegm(&utc));
    return seconds[0] != '-' ? seconds : NULL;
}

static bool read_identity(struct portal *portal)
{
    static char user[USER_MAX];
    struct identity *identity = &portal->identity;
    const char *named = getenv("REMOTE_USER");
    const char *moment = read_moment(getenv(portal->settings.auth_time_variable));
    const char *acr = getenv(portal->settings.acr_variable);

    if (!said_once("REMOTE_USER") || !said_once(portal->settings.auth_time_variable) ||
        !said_once(portal->settings.acr_variable) ||
        !said_once(portal->settings.amr_variable))
        return false;
    if (named == NULL || !input_name(named, strlen(named), NULL, user, sizeof user))
        return false;
    if (moment == NULL)
        return false;
    if (acr != NULL && (strlen(acr) > 255 || !text_valid(acr, strlen(acr))))
        return false;
    identity->user = user;
    identity->auth_time = moment;
    identity->acr = acr != NULL && acr[0] != '\0' ? acr : NULL;
    identity->amr = read_amr(getenv(portal->settings.amr_variable));
    (void)!input_client(getenv("REMOTE_ADDR"), &identity->client);
    return true;
}

/*
 * Did one of our own forms send this?  With "no-referrer" browsers send the Origin "null"
 * from our own page too; Sec-Fetch-Site then tells.
 */
static bool own_origin(const struct portal *portal)
{
    const char *origin = getenv("HTTP_ORIGIN");
    const char *site = getenv("HTTP_SEC_FETCH_SITE");

    if (site != NULL && strcmp(site, "same-origin") != 0)
        return false;
    if (origin != NULL && strcmp(origin, "null") != 0)
        return strcmp(origin, portal->settings.origin) == 0;
    return site != NULL;
}

/* ---- the form ---- */

static bool read_body(size_t length)
{
    size_t have = 0;
    ssize_t count = 1;

    while (have < length && count > 0) {
        count = read(STDIN_FILENO, input + have, length - have);
        if (count < 0 && errno == EINTR)
            count = 1;
        else if (count > 0)
            have += (size_t)count;
    }
    return have == length;
}

/* What a refused request still sends: with the web server at the other end of a socket, the
 * answer would be lost together with what nobody read. */
static void read_rest(void)
{
    static char rest[65536];
    ssize_t count = 1;

    for (int i = 0; i < REST_READS_MAX && count > 0; i++)
        count = read(STDIN_FILENO, rest, sizeof rest);
    sodium_memzero(rest, sizeof rest);
}

/* False: answered. */
static bool read_form(struct portal *portal)
{
    static const char kind[] = "application/x-www-form-urlencoded";
    const char *type = getenv("CONTENT_TYPE"), *size = getenv("CONTENT_LENGTH");
    char *end = NULL;
    unsigned long length = size != NULL ? strtoul(size, &end, 10) : 0;

    if (!own_origin(portal))
        page_message(portal, 403, TEXT_BAD_ORIGIN);
    else if (size == NULL || *size < '0' || *size > '9' || *end != '\0')
        page_message(portal, 411, TEXT_BAD_FORM);
    else if (length > FORM_BYTES_MAX)
        page_message(portal, 413, TEXT_TOO_LARGE);
    else if (type == NULL || strncasecmp(type, kind, sizeof kind - 1) != 0 ||
             (type[sizeof kind - 1] != '\0' && type[sizeof kind - 1] != ';'))
        page_message(portal, 415, TEXT_BAD_FORM);
    else if (!read_body(length) || !form_parse(input, length, &portal->form))
        page_message(portal, 400, TEXT_BAD_FORM);
    else
        return true;
    return false;
}

/* ---- the answer ---- */

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;margin:0}"
    "main{max-width:42rem;margin:auto;padding:1rem}"
    "h1{font-size:1.5rem}h2{font-size:1.2rem}h3{font-size:1rem;margin:0}"
    ".codes{list-style:none;padding:0}"
    ".code{border-top:1px solid #888;padding:.75rem 0}"
    ".code p,.code ul{margin:.25rem 0}"
    ".inline{display:inline-block}"
    ".secret{font-size:1.5rem;overflow-wrap:anywhere}"
    ".secret code{user-select:all}"
    ".qr{max-width:100%;height:auto}"
    "button,input{font:inherit;padding:.4rem .8rem;max-width:100%;box-sizing:border-box}"
    "button{margin:0 .5rem .5rem 0}"
    "fieldset label{display:block;padding:.25rem 0}"
    "fieldset{border:1px solid #888}"
    "dt{font-weight:bold}dd{margin:0 0 .5rem;overflow-wrap:anywhere}"
    ".unseen{position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip-path:inset(50%)}\n";

static bool open_database(struct portal *portal)
{
    if (database_open(portal->settings.conninfo, "apppass_self", &portal->database) !=
        STATUS_DONE) {
        page_message(portal, 503, TEXT_OUTAGE);
        return false;
    }
    portal->terms =
        TRY_QUERY(portal->database,
                  "SELECT account_name, account_id, enabled, fresh, strong, makes_left,"
                  " array_to_string(services, ' ') AS services, code_length, memory_kib,"
                  " passes, lanes, imap_host, imap_port, smtp_host, smtp_port, dav_host,"
                  " dav_port, turn FROM apppass.self_policy(" WHO ")",
                  WHO_VALUES(portal));
    if (portal->terms == NULL) {
        act_refused(portal);
        return false;
    }
    snprintf(portal->state, sizeof portal->state, "%ld",
             rows_integer(portal->terms, 0, "turn"));
    return true;
}

static void list(struct portal *portal)
{
    struct rows *codes =
        TRY_QUERY(portal->database,
                  "SELECT device, selector, state, array_to_string(services, ' ')"
                  " AS services, to_char(expires_at, 'YYYY-MM-DD') AS expires"
                  " FROM apppass.self_codes(" WHO ")",
                  WHO_VALUES(portal));
    struct rows *uses = NULL;

    if (codes != NULL)
        uses = TRY_QUERY(portal->database,
                         "SELECT selector, service, network,"
                         " date_part('epoch', last_at) AS last_at"
                         " FROM apppass.self_uses(" WHO ")",
                         WHO_VALUES(portal));
    if (uses != NULL)
        page_list(portal, codes, uses);
    else
        act_refused(portal);
    rows_free(&uses);
    rows_free(&codes);
}

static void respond(struct portal *portal)
{
    const char *method = getenv("REQUEST_METHOD"), *path = getenv("PATH_INFO");
    bool post = method != NULL && strcmp(method, "POST") == 0;

    if (method == NULL ||
        (!post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
        page_message(portal, 405, TEXT_BAD_METHOD);
    } else if (path != NULL && strcmp(path, "/style.css") == 0 && !post) {
        portal->type = "text/css; charset=utf-8";
        fputs(style, portal->page);
    } else if (!configure(portal)) {
        page_message(portal, 500, TEXT_OUTAGE);
    } else if (portal->settings.handover) {
        (void)!input_client(getenv("REMOTE_ADDR"), &portal->identity.client);
        if (!post || read_form(portal))
            handover(portal, path != NULL && *path == '/' ? path + 1 : "");
    } else if (path != NULL && *path != '\0' && strcmp(path, "/") != 0) {
        page_message(portal, 404, TEXT_BAD_METHOD);
    } else if (!read_identity(portal)) {
        message_error("the web server does not say who asks, or when the identity was "
                      "verified: REMOTE_USER and %s must be set, once each",
                      portal->settings.auth_time_variable);
        page_message(portal, 403, TEXT_NO_IDENTITY);
    } else if ((!post || read_form(portal)) && open_database(portal)) {
        if (post)
            act(portal);
        else
            list(portal);
    }
}

static void write_all(const char *bytes, size_t length)
{
    ssize_t count;

    for (; length > 0; bytes += count, length -= (size_t)count) {
        count = write(STDOUT_FILENO, bytes, length);
        if (count < 0 && errno == EINTR)
            count = 0;
        else if (count <= 0)
            return;
    }
}

static void answer(const struct portal *portal, size_t length)
{
    const char *method = getenv("REQUEST_METHOD");
    char head[2048];
    int size = snprintf(
        head, sizeof head,
        "Status: %d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'self'; form-action "
        "'self'; "
        "frame-ancestors 'none'; base-uri 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\nCross-Origin-Opener-Policy: same-origin\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n%s\r\n",
        portal->status, portal->type, length,
        strcmp(portal->type, "application/x-apple-aspen-config") == 0
            ? "Content-Disposition: attachment; filename=\"mail.mobileconfig\"\r\n"
            : "");

    if (size <= 0 || (size_t)size >= sizeof head)
        return;
    write_all(head, (size_t)size);
    if (method == NULL || strcmp(method, "HEAD") != 0)
        write_all(body, length);
}

/* The database can be silent without end, and there are only so many processes for pages.
 */
static void give_up(int signal_number)
{
    static const char late[] = "apppass: no answer in time\n";
    static const char sorry[] =
        "Status: 503\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Cache-Control: no-store\r\n\r\n"
        "Not possible at the moment. Try again in some minutes.\n";

    (void)signal_number;
    (void)!write(STDERR_FILENO, late, sizeof late - 1);
    (void)!write(STDOUT_FILENO, sorry, sizeof sorry - 1);
    _exit(1);
}

int main(void)
{
    static struct portal portal = {.status = 200, .type = "text/html; charset=utf-8"};
    long length;

    if (!descriptors_fill() || sodium_init() < 0)
        return 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, give_up);
    alarm(PAGE_SECONDS);
    texts_choose(getenv("HTTP_ACCEPT_LANGUAGE"));
    portal.now = time(NULL);
    portal.page = fmemopen(body, sizeof body, "w");
    if (portal.page == NULL)
        return 1;
    setvbuf(portal.page, NULL, _IONBF, 0);
    respond(&portal);
    length = ftell(portal.page);
    if (ferror(portal.page) || length < 0 || length >= PAGE_MAX) {
        message_error("the page is longer than %d bytes", PAGE_MAX);
        portal.status = 500;
        length = 0;
    }
    fclose(portal.page);
    read_rest();
    alarm(0);
    answer(&portal, (size_t)length);
    rows_free(&portal.terms);
    database_close(&portal.database);
    keyfile_free(&portal.keys);
    settings_free(portal_settings, &portal.settings);
    free(portal.identity.amr);
    sodium_memzero(portal.token_key, sizeof portal.token_key);
    sodium_memzero(body, sizeof body);
    sodium_memzero(input, sizeof input);
    return 0;
}
