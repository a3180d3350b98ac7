/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include "array.h"
#include "deadline.h"
#include "doctor/wire.h"

#define PATIENCE_MS 10000
#define REPLY_MAX   8192

/* Two zero bytes, the account and the code. */
#define MESSAGE_MAX (2 + WIRE_ACCOUNT_MAX + WIRE_CODE_MAX)

/* A name that leaves no trace in the database (RFC 2606), and a code whose check symbol is
 * right, so that the database is asked. */
const struct wire_login wire_nobody = {.account = "check@example.invalid",
                                       .code = "0000-0000-0000-0000-0000"};

/* ---- the protocols ---- */

struct protocol {
    const char *capabilities; /* asks for them; NULL: they come unasked */
    const char *starttls;     /* NULL: there is none, and no greeting */
    const char *tls_offer;
    const char *offer;   /* stands before the mechanisms */
    const char *login;   /* stands before the message of PLAIN */
    const char *ending;  /* stands behind it */
    const char *agreed;  /* how an answer begins that does as asked */
    const char *refused; /* and one that refuses a password */
};

static const struct protocol smtp = {
    .capabilities = "EHLO localhost",
    .starttls = "STARTTLS",
    .tls_offer = "STARTTLS",
    .offer = "AUTH",
    .login = "AUTH PLAIN ",
    .ending = "",
    .agreed = "2",
    .refused = "535",
};
static const struct protocol imap = {
    .capabilities = "a CAPABILITY",
    .starttls = "a STARTTLS",
    .tls_offer = "STARTTLS",
    .offer = "AUTH=",
    .login = "a AUTHENTICATE PLAIN ",
    .ending = "",
    .agreed = "a OK",
    .refused = "a NO",
};
static const struct protocol pop = {
    .capabilities = "CAPA",
    .starttls = "STLS",
    .tls_offer = "STLS",
    .offer = "SASL",
    .login = "AUTH PLAIN ",
    .ending = "",
    .agreed = "+OK",
    .refused = "-ERR",
};
static const struct protocol sieve = {
    .starttls = "STARTTLS",
    .tls_offer = "STARTTLS",
    .offer = "\"SASL\"",
    .login = "AUTHENTICATE \"PLAIN\" \"",
    .ending = "\"",
    .agreed = "OK",
    .refused = "NO",
};
/* CalDAV and CardDAV with Basic (RFC 7617): each request is a login, and nothing comes before. */
static const struct protocol http = {
    .agreed = "HTTP/1.1 2",
    .refused = "HTTP/1.1 401",
};

static const struct scheme {
    const char *name;
    const char *port;
    const struct protocol *protocol;
    bool tls_first;
} schemes[] = {
    {"smtp", "587", &smtp, false},    {"smtps", "465", &smtp, true},
    {"imap", "143", &imap, false},    {"imaps", "993", &imap, true},
    {"pop3", "110", &pop, false},     {"pop3s", "995", &pop, true},
    {"sieve", "4190", &sieve, false}, {"http", "80", &http, false},
    {"https", "443", &http, true},
};

static const struct scheme *find_scheme(const char *name)
{
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (strcasecmp(schemes[i].name, name) == 0)
            return &schemes[i];
    return NULL;
}

const char *wire_scheme(const char *name, const char **port_r)
{
    const struct scheme *scheme = find_scheme(name);

    if (scheme == NULL)
        return NULL;
    *port_r = scheme->port;
    return scheme->name;
}

bool wire_port_parse(const char *url, struct wire_port *port_r)
{
    const char *colon = strstr(url, "://"), *host, *end, *number = "";
    char name[16];
    size_t length;

    if (colon == NULL || (size_t)(colon - url) >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)(colon - url), url);
    port_r->scheme = wire_scheme(name, &number);
    host = colon + 3;
    if (*host == '[') {
        host++;
        length = strcspn(host, "]");
        end = host + length + (host[length] == ']');
    } else {
        length = strcspn(host, ":/");
        end = host + length;
    }
    if (port_r->scheme == NULL || length == 0 || (host[-1] == '[' && end[-1] != ']') ||
        length >= sizeof port_r->host || (*end != ':' && *end != '\0'))
        return false;
    if (*end == ':')
        number = end + 1;
    if (*number == '\0' || strlen(number) >= sizeof port_r->port)
        return false;
    snprintf(port_r->host, sizeof port_r->host, "%.*s", (int)length, host);
    snprintf(port_r->port, sizeof port_r->port, "%s", number);
    return true;
}

/* ---- a connection that reads lines ---- */

struct connection {
    const char *host;
    int fd;
    SSL_CTX *context;
    SSL *tls; /* NULL: in clear */
    struct deadline deadline;
    struct wire_finding *finding;
    char line[1024];
    size_t kept;
    char input[1024]; /* what came behind the line */
    char reply[REPLY_MAX];
};

/* Name the trouble, unless an earlier one was named; false, for the caller to return. */
static bool PRINTF(3, 4)
    fail(struct wire_finding *finding, const char *fix, const char *format, ...)
{
    va_list args;

    if (finding->trouble[0] != '\0')
        return false;
    va_start(args, format);
    vsnprintf(finding->trouble, sizeof finding->trouble, format, args);
    va_end(args);
    finding->fix = fix;
    return false;
}

static bool late(struct connection *connection)
{
    return fail(connection->finding, "see its log: it waits for something",
                "does not answer within %d s", PATIENCE_MS / 1000);
}

static bool wait_until(struct connection *connection, short events)
{
    struct pollfd ready = {.fd = connection->fd, .events = events};
    int count;

    do
        count = poll(&ready, 1, deadline_left_ms(connection->deadline));
    while (count < 0 && errno == EINTR);
    return count > 0 || late(connection);
}

/* After an operation of OpenSSL that returned `result`: wait for what it wants. */
static bool tls_again(struct connection *connection, int result)
{
    unsigned long code;

    switch (SSL_get_error(connection->tls, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_until(connection, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return wait_until(connection, POLLOUT);
    default:
        break;
    }
    code = ERR_get_error();
    return fail(connection->finding, "see its log, and its certificate and key",
                "TLS ends: %s",
                code != 0 ? ERR_reason_error_string(code) : "the server hung up");
}

static bool send_line(struct connection *connection, const char *format, ...)
    PRINTF(2, 3);
static bool send_line(struct connection *connection, const char *format, ...)
{
    char line[1024], text[sizeof line + 2];
    va_list args;
    int length, sent;
    bool done;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    length = snprintf(text, sizeof text, "%s\r\n", line);
    if (connection->tls == NULL)
        done = send(connection->fd, text, (size_t)length, MSG_NOSIGNAL) == length ||
               fail(connection->finding, "see its log", "hangs up");
    else
        while (!(done = (sent = SSL_write(connection->tls, text, length)) > 0))
            if (!tls_again(connection, sent))
                break;
    sodium_memzero(line, sizeof line);
    sodium_memzero(text, sizeof text);
    return done;
}

static bool receive(struct connection *connection, char *data, size_t size,
                    size_t *length_r)
{
    for (;;) {
        ssize_t length;

        if (connection->tls != NULL) {
            length = SSL_read(connection->tls, data, (int)size);
            if (length <= 0 && !tls_again(connection, (int)length))
                return false;
        } else {
            if (!wait_until(connection, POLLIN))
                return false;
            length = recv(connection->fd, data, size, 0);
            if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
                return fail(connection->finding, "see its log", "hangs up");
        }
        if (length > 0) {
            *length_r = (size_t)length;
            return true;
        }
    }
}

/* The next line, without its end. */
static bool read_line(struct connection *connection)
{
    for (;;) {
        char *end = memchr(connection->input, '\n', connection->kept);
        size_t length, more = 0;

        if (end != NULL) {
            length = (size_t)(end - connection->input);
            snprintf(connection->line, sizeof connection->line, "%.*s",
                     (int)(length > 0 && end[-1] == '\r' ? length - 1 : length),
                     connection->input);
            connection->kept -= length + 1;
            memmove(connection->input, end + 1, connection->kept);
            return true;
        }
        if (connection->kept == sizeof connection->input)
            return fail(connection->finding, "is it a mail server?",
                        "sends a line without an end");
        if (!receive(connection, connection->input + connection->kept,
                     sizeof connection->input - connection->kept, &more))
            return false;
        connection->kept += more;
    }
}

enum reply { GREETING, CAPABILITIES, ANSWER };

static bool is_last(const struct protocol *protocol, enum reply reply, const char *line)
{
    if (protocol == &smtp)
        return strlen(line) < 4 || line[3] != '-';
    if (protocol == &sieve)
        return strncasecmp(line, "OK", 2) == 0 || strncasecmp(line, "NO", 2) == 0 ||
               strncasecmp(line, "BYE", 3) == 0;
    if (protocol == &pop)
        return reply != CAPABILITIES || strcmp(line, ".") == 0 || line[0] == '-';
    if (protocol == &http)
        return line[0] == '\0';
    return reply == GREETING || strncmp(line, "a ", 2) == 0;
}

/* A whole reply; its last line stays in `line`, of HTTP its first. */
static bool read_reply(struct connection *connection, const struct protocol *protocol,
                       enum reply reply)
{
    size_t used = 0;

    do {
        if (!read_line(connection))
            return false;
        if (used + strlen(connection->line) + 2 > sizeof connection->reply)
            return fail(connection->finding, "is it a mail server?", "talks too much");
        used +=
            (size_t)snprintf(connection->reply + used, sizeof connection->reply - used,
                             "%s\n", connection->line);
    } while (!is_last(protocol, reply, connection->line));
    if (protocol == &http)
        snprintf(connection->line, sizeof connection->line, "%.*s",
                 (int)strcspn(connection->reply, "\n"), connection->reply);
    return true;
}

/* ---- TLS ---- */

static bool is_name(const char *host)
{
    unsigned char address[16];

    return strcasecmp(host, "localhost") != 0 && inet_pton(AF_INET, host, address) != 1 &&
           inet_pton(AF_INET6, host, address) != 1;
}

static void look_at_certificate(struct connection *connection, bool named)
{
    struct wire_finding *finding = connection->finding;
    X509 *certificate = SSL_get_peer_certificate(connection->tls);
    long trust = SSL_get_verify_result(connection->tls);
    int seconds = 0;

    if (certificate == NULL || ASN1_TIME_diff(&finding->days, &seconds, NULL,
                                              X509_get0_notAfter(certificate)) != 1)
        finding->days = 0;
    X509_free(certificate);
    if (finding->days < 0 || (finding->days == 0 && seconds <= 0))
        fail(finding, "renew it, and reload the server", "its certificate has expired");
    else if (named && trust != X509_V_OK)
        snprintf(finding->doubt, sizeof finding->doubt, "its certificate: %s",
                 X509_verify_cert_error_string(trust));
}

/* At an address nothing can be said about the name in the certificate. */
static bool start_tls(struct connection *connection)
{
    const char *host = connection->host;
    bool named = is_name(host);
    int result;

    connection->context = SSL_CTX_new(TLS_client_method());
    if (connection->context == NULL ||
        SSL_CTX_set_default_verify_paths(connection->context) != 1)
        return fail(connection->finding, "see ca-certificates", "no TLS here");
    connection->tls = SSL_new(connection->context);
    if (connection->tls == NULL || SSL_set_fd(connection->tls, connection->fd) != 1)
        return fail(connection->finding, "try again", "no memory");
    if (named && (SSL_set_tlsext_host_name(connection->tls, host) != 1 ||
                  SSL_set1_host(connection->tls, host) != 1))
        return fail(connection->finding, "name another", "not a host's name: %s", host);
    while ((result = SSL_connect(connection->tls)) != 1)
        if (!tls_again(connection, result))
            return false;
    look_at_certificate(connection, named);
    return true;
}

/* ---- the conversation ---- */

/* Connected, or why not. */
static int try_address(struct connection *connection, const struct addrinfo *address)
{
    int why = 0;
    socklen_t size = sizeof why;

    connection->fd =
        socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        return errno;
    if (connect(connection->fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    if (!wait_until(connection, POLLOUT))
        return ETIMEDOUT;
    return getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0 ? why
                                                                              : errno;
}

static bool connect_to(struct connection *connection, const struct wire_port *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(port->host, port->port, &hints, &found), why = 0;

    if (error != 0)
        return fail(connection->finding, "name another host or port", "%s",
                    gai_strerror(error));
    for (struct addrinfo *each = found; each != NULL; each = each->ai_next) {
        why = try_address(connection, each);
        if (why == 0)
            break;
        if (connection->fd >= 0)
            close(connection->fd);
        connection->fd = -1;
    }
    freeaddrinfo(found);
    connection->finding->nobody = why == ECONNREFUSED;
    return why == 0 || fail(connection->finding, "start it; see its log",
                            "nobody answers: %s", strerror(why));
}

/* Is the word among those behind `offer` on its line? */
static bool offers(const char *reply, const char *offer, const char *word)
{
    size_t length = strlen(word);

    for (const char *line = reply; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *end = line + strcspn(line, "\n"), *at = strcasestr(line, offer);

        for (; at != NULL && at < end; at = strcasestr(at + 1, word))
            if (strncasecmp(at, word, length) == 0 &&
                strchr(" \n\"", at[length]) != NULL && strchr(" \"=", at[-1]) != NULL)
                return true;
    }
    return false;
}

static const char tls_fix[] =
    "name a certificate and its key, which the server can read (smtpd_tls_chain_files; "
    "tls_server_cert and tls_server_key; from Cyrus IMAP 3.10 on allowstarttls: yes too)";

static bool secure(struct connection *connection, const struct scheme *scheme)
{
    const struct protocol *protocol = scheme->protocol;

    if (scheme->tls_first && !start_tls(connection))
        return false;
    if (protocol->starttls == NULL)
        return true;
    if (!read_reply(connection, protocol, GREETING))
        return false;
    if (!scheme->tls_first) {
        if (protocol->capabilities != NULL &&
            (!send_line(connection, "%s", protocol->capabilities) ||
             !read_reply(connection, protocol, CAPABILITIES)))
            return false;
        if (strstr(connection->reply, protocol->tls_offer) == NULL)
            return fail(connection->finding, tls_fix,
                        "offers no TLS, so that no password can be sent, or in clear");
        if (!send_line(connection, "%s", protocol->starttls) ||
            !read_reply(connection, protocol, ANSWER))
            return false;
        if (strncasecmp(connection->line, protocol->agreed, strlen(protocol->agreed)) !=
            0)
            return fail(connection->finding, tls_fix, "starts no TLS: %s",
                        connection->line);
        /* Nothing that came before it counts. */
        connection->kept = 0;
        if (!start_tls(connection))
            return false;
        if (protocol->capabilities == NULL)
            return read_reply(connection, protocol, CAPABILITIES);
    }
    return protocol->capabilities == NULL ||
           (send_line(connection, "%s", protocol->capabilities) &&
            read_reply(connection, protocol, CAPABILITIES));
}

/* Sure that this is no password: Cyrus IMAP puts an outage into a refusal's form. */
static bool refuses(const struct protocol *protocol, const char *answer)
{
    static const char *const temporary[] = {"unavailable", "generic failure", "temporar",
                                            "SYS/", "TRYLATER"};

    if (strncasecmp(answer, protocol->refused, strlen(protocol->refused)) != 0)
        return false;
    for (size_t i = 0; i < COUNT(temporary); i++)
        if (strcasestr(answer, temporary[i]) != NULL)
            return false;
    return true;
}

/* Its answer is to be read. */
static bool send_login(struct connection *connection, const struct protocol *protocol,
                       const struct wire_login *login)
{
    char message[MESSAGE_MAX + 1] = "";
    char text[sodium_base64_ENCODED_LEN(MESSAGE_MAX, sodium_base64_VARIANT_ORIGINAL)];
    int length;
    bool sent;

    if (login->typed && protocol == &imap)
        return send_line(connection, "a LOGIN \"%s\" \"%s\"", login->account,
                         login->code);
    if (login->typed)
        return send_line(connection, "USER %s", login->account) &&
               read_reply(connection, protocol, ANSWER) &&
               send_line(connection, "PASS %s", login->code);
    if (protocol == &http)
        length = snprintf(message, sizeof message, "%s:%s", login->account, login->code);
    else
        length = snprintf(message, sizeof message, "%c%s%c%s", '\0', login->account, '\0',
                          login->code);
    sodium_bin2base64(text, sizeof text, (const unsigned char *)message, (size_t)length,
                      sodium_base64_VARIANT_ORIGINAL);
    if (protocol == &http)
        /* What clients of CalDAV and CardDAV ask for first. */
        sent =
            send_line(connection,
                      "PROPFIND /dav/principals/ HTTP/1.1\r\nHost: %s\r\n"
                      "Authorization: Basic %s\r\nDepth: 0\r\nContent-Length: 0\r\n"
                      "Connection: close\r\n",
                      is_name(connection->host) ? connection->host : "localhost", text);
    else
        sent = send_line(connection, "%s%s%s", protocol->login, text, protocol->ending);
    sodium_memzero(message, sizeof message);
    sodium_memzero(text, sizeof text);
    return sent;
}

static void converse(struct connection *connection, const struct wire_port *port,
                     const struct scheme *scheme, const struct wire_login *login)
{
    struct wire_finding *finding = connection->finding;
    const struct protocol *protocol = scheme->protocol;
    int64_t asked;

    if (!connect_to(connection, port) || !secure(connection, scheme))
        return;
    finding->clear = connection->tls == NULL;
    if (protocol->offer != NULL && !offers(connection->reply, protocol->offer, "PLAIN")) {
        fail(finding, "mech_list: PLAIN LOGIN (without commas); is the plugin there?",
             "does not offer PLAIN");
        return;
    }
    asked = deadline_now_ms();
    if (!send_login(connection, protocol, login) ||
        !read_reply(connection, protocol, ANSWER))
        return;
    finding->milliseconds = (int)(deadline_now_ms() - asked);
    /* Told to go elsewhere, or not asked for a password. */
    if (protocol == &http && strncmp(connection->line, "HTTP/1.1 ", 9) == 0 &&
        (connection->line[9] == '3' || connection->line[9] == '4') &&
        strcasestr(connection->reply, "\nWWW-Authenticate: Basic") == NULL) {
        if (finding->clear)
            finding->closed = true;
        else
            fail(finding, "httpmodules: caldav carddav; is it a port of Cyrus IMAP?",
                 "does not offer Basic: %s", connection->line);
        return;
    }
    if (login->let_in &&
        strncasecmp(connection->line, protocol->agreed, strlen(protocol->agreed)) != 0)
        fail(finding, "see its log, apppass diagnose and apppass doctor",
             "does not let %s in: %s", login->account, connection->line);
    else if (!login->let_in && !refuses(protocol, connection->line))
        fail(finding, "see its log, and apppass doctor",
             "does not refuse a code of no account: %s", connection->line);
}

bool wire_can_type(const struct wire_port *port)
{
    const struct scheme *scheme = find_scheme(port->scheme);

    return scheme != NULL && (scheme->protocol == &imap || scheme->protocol == &pop);
}

void wire_ask(const struct wire_port *port, const struct wire_login *login,
              struct wire_finding *finding_r)
{
    struct connection connection = {.host = port->host,
                                    .fd = -1,
                                    .deadline = deadline_in(PATIENCE_MS),
                                    .finding = finding_r};
    const struct scheme *scheme = find_scheme(port->scheme);

    *finding_r = (struct wire_finding){0};
    /* OpenSSL writes to a server that has hung up as to any other. */
    signal(SIGPIPE, SIG_IGN);
    if (scheme != NULL)
        converse(&connection, port, scheme, login);
    else
        fail(finding_r, "name another protocol", "speaks what nobody here does");
    SSL_free(connection.tls);
    SSL_CTX_free(connection.context);
    if (connection.fd >= 0)
        close(connection.fd);
}
