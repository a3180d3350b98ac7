/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "base/message.h"
#include "base/program.h"
#include "doctor/doctor.h"
#include "doctor/wire.h"

#define WARNING_DAYS 14
#define PATH_LENGTH  1024

/* ---- all of them at once ---- */

/* Whose ports they are. */
struct server {
    const char *check; /* of its line where it does not run */
    const char *name;
    const char *start;
};
static const struct server postfix = {"postfix", "Postfix",
                                      "start it (systemctl start postfix); see its log"};
static const struct server cyrus = {
    "cyrus", "Cyrus IMAP", "start it (systemctl start cyrus-imapd); see its log"};

struct visit {
    const struct server *server; /* NULL: somebody named the port */
    struct wire_port port;
    struct wire_login login;
    struct wire_finding finding;
    pthread_t thread;
    bool apart; /* in that thread */
};

struct visits {
    struct visit *list;
    size_t count;
};

static void add_login(struct visits *visits, const struct server *server,
                      const struct wire_port *port, const struct wire_login *login)
{
    visits->list = message_needed(
        reallocarray(visits->list, visits->count + 1, sizeof *visits->list));
    visits->list[visits->count++] =
        (struct visit){.server = server, .port = *port, .login = *login};
}

static void add_port(struct doctor *doctor, struct visits *visits,
                     const struct server *server, const struct wire_port *port)
{
    struct wire_login login = *doctor->login;

    add_login(visits, server, port, &login);
    login.typed = login.let_in && wire_can_type(port);
    if (login.typed)
        add_login(visits, server, port, &login);
}

static void *ask(void *context)
{
    struct visit *visit = context;

    wire_ask(&visit->port, &visit->login, &visit->finding);
    return NULL;
}

/* Side by side: a server may let each who is refused wait, and one that hangs all. */
static void ask_all(struct visits *visits)
{
    for (size_t i = 0; i < visits->count; i++) {
        struct visit *visit = &visits->list[i];

        visit->apart = pthread_create(&visit->thread, NULL, ask, visit) == 0;
        if (!visit->apart)
            ask(visit);
    }
    for (size_t i = 0; i < visits->count; i++)
        if (visits->list[i].apart)
            pthread_join(visits->list[i].thread, NULL);
}

/* ---- what they found ---- */

static void report_port(struct doctor *doctor, const struct visit *visit)
{
    const struct wire_port *port = &visit->port;
    const struct wire_login *login = &visit->login;
    const struct wire_finding *finding = &visit->finding;
    char certificate[64] = "without TLS";

    if (!finding->clear)
        snprintf(certificate, sizeof certificate, "certificate good for %d days",
                 finding->days);
    if (finding->trouble[0] != '\0')
        doctor_fault(doctor, port->scheme, finding->fix, "%s port %s %s", port->host,
                     port->port, finding->trouble);
    else if (finding->doubt[0] != '\0')
        doctor_warning(doctor, port->scheme, "a certificate for that name",
                       "%s port %s: mail programs may not trust %s", port->host,
                       port->port, finding->doubt);
    else if (finding->closed)
        doctor_ok(doctor, port->scheme, "%s port %s takes no password without TLS",
                  port->host, port->port);
    else if (!finding->clear && finding->days < WARNING_DAYS)
        doctor_warning(doctor, port->scheme, "renew it, and reload the server",
                       "%s port %s: its certificate is good for %d days", port->host,
                       port->port, finding->days);
    else
        doctor_ok(doctor, port->scheme, "%s port %s %s%s%s in %d ms, %s", port->host,
                  port->port, login->let_in ? "lets in " : "refuses a code of no account",
                  login->let_in ? login->account : "",
                  login->typed ? " by the other login" : "", finding->milliseconds,
                  certificate);
}

/* Where nobody answers at any port of a server it is one fault. */
static void report_server(struct doctor *doctor, const struct visits *visits,
                          const struct server *server)
{
    const struct visit *silent = NULL;
    bool runs = false;

    for (size_t i = 0; i < visits->count; i++)
        if (visits->list[i].server == server) {
            silent = &visits->list[i];
            runs = runs || !silent->finding.nobody;
        }
    if (silent == NULL)
        return;
    if (server != NULL && !runs) {
        doctor_fault(doctor, server->check, server->start,
                     "%s does not run: nobody answers at any of its ports, such as %s "
                     "port %s",
                     server->name, silent->port.host, silent->port.port);
        return;
    }
    for (size_t i = 0; i < visits->count; i++)
        if (visits->list[i].server == server)
            report_port(doctor, &visits->list[i]);
}

/* ---- which there are ---- */

/* Where a server is asked that listens at all addresses. */
static const char *loopback(bool only_ipv6)
{
    return only_ipv6 ? "::1" : "127.0.0.1";
}

/* "imap", "143", "127.0.0.1:143", "[::1]:imap"; where it says no address, `host`. */
static bool read_address(const char *text, size_t length, const char *host,
                         struct wire_port *port)
{
    const char *colon = memrchr(text, ':', length), *service = text;

    if (length == 0 || text[0] == '/')
        return false;
    snprintf(port->host, sizeof port->host, "%s", host);
    if (colon != NULL) {
        bool bracket = text[0] == '[';

        service = colon + 1;
        if (text[0] != '*' && colon != text)
            snprintf(port->host, sizeof port->host, "%.*s",
                     (int)(colon - text) - 2 * bracket, text + bracket);
    }
    snprintf(port->port, sizeof port->port, "%.*s", (int)(text + length - service),
             service);
    return port->port[0] != '\0';
}

/* ---- Postfix ---- */

/* What a line of master.cf says of a setting, and where it does not what main.cf does. */
static bool is_set(const char *line, const char *name, bool otherwise)
{
    const char *at = strstr(line, name);

    if (at == NULL)
        return otherwise;
    at += strlen(name);
    return strncmp(at + strspn(at, " ="), "yes", 3) == 0;
}

static void find_postfix(struct doctor *doctor, struct visits *visits)
{
    const char *given = command_option(doctor->invocation, OPTION_POSTFIX);
    const char *folder = given != NULL ? given : "/etc/postfix";
    const char *const words[] = {"postconf", "-c", folder, "-M", NULL};
    char value[256], *text = program_output(words), *rest = text;
    const char *host;
    bool enabled, wrapped;

    if (text == NULL)
        return;
    enabled = postconf(folder, "smtpd_sasl_auth_enable", value, sizeof value) &&
              strcmp(value, "yes") == 0;
    wrapped = postconf(folder, "smtpd_tls_wrappermode", value, sizeof value) &&
              strcmp(value, "yes") == 0;
    host = loopback(postconf(folder, "inet_protocols", value, sizeof value) &&
                    strcmp(value, "ipv6") == 0);
    if (postconf(folder, "inet_interfaces", value, sizeof value)) {
        value[strcspn(value, " ,")] = '\0';
        if (strcmp(value, "all") != 0 && strcmp(value, "loopback-only") != 0 &&
            value[0] != '$' && value[0] != '\0')
            host = value;
    }
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        struct wire_port port = {
            .scheme = is_set(line, "smtpd_tls_wrappermode", wrapped) ? "smtps" : "smtp"};
        size_t length = strcspn(line, " \t");
        const char *type = line + length + strspn(line + length, " \t");

        if (strncmp(type, "inet", 4) == 0 && strstr(line, " smtpd") != NULL &&
            is_set(line, "smtpd_sasl_auth_enable", enabled) &&
            read_address(line, length, host, &port))
            add_port(doctor, visits, &postfix, &port);
    }
    free(text);
}

/* ---- Cyrus IMAP ---- */

/* The value of `name` on a line of cyrus.conf, in quotes or not. */
static const char *value_of(const char *line, const char *name, size_t *length_r)
{
    const char *at = strstr(line, name);

    if (at == NULL)
        return NULL;
    at += strlen(name);
    if (*at == '"') {
        at++;
        *length_r = strcspn(at, "\"");
    } else {
        *length_r = strcspn(at, " \t\n");
    }
    return at;
}

static bool read_service(const char *line, struct wire_port *port)
{
    static const struct {
        const char *program, *scheme, *wrapped;
    } programs[] = {
        {"imapd", "imap", "imaps"},
        {"pop3d", "pop3", "pop3s"},
        {"timsieved", "sieve", "sieve"},
        {"httpd", "http", "https"},
    };
    size_t command_length, protocol_length, length;
    const char *command = value_of(line, "cmd=", &command_length);
    const char *protocol = value_of(line, "proto=", &protocol_length);
    const char *address = value_of(line, "listen=", &length);
    const char *wrap;

    if (line[strspn(line, " \t")] == '#' || command == NULL || address == NULL)
        return false;
    port->scheme = NULL;
    wrap = strstr(command, " -s");
    for (size_t i = 0; i < COUNT(programs); i++) {
        size_t name = strlen(programs[i].program);

        if (command_length >= name && strncmp(command, programs[i].program, name) == 0 &&
            strchr(" \"", command[name]) != NULL)
            port->scheme = wrap != NULL && wrap < command + command_length
                               ? programs[i].wrapped
                               : programs[i].scheme;
    }
    return port->scheme != NULL &&
           read_address(address, length,
                        loopback(protocol != NULL && protocol_length == strlen("tcp6") &&
                                 strncmp(protocol, "tcp6", protocol_length) == 0),
                        port);
}

/* cyrus.conf lies beside imapd.conf. */
static void find_cyrus(struct doctor *doctor, struct visits *visits)
{
    const char *given = command_option(doctor->invocation, OPTION_CYRUS);
    const char *imapd_conf = given != NULL ? given : "/etc/imapd.conf";
    const char *slash = strrchr(imapd_conf, '/');
    char path[PATH_LENGTH], line[PATH_LENGTH];
    struct wire_port port;
    FILE *file;

    snprintf(path, sizeof path, "%.*scyrus.conf",
             slash != NULL ? (int)(slash - imapd_conf) + 1 : 0, imapd_conf);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL)
        if (read_service(line, &port))
            add_port(doctor, visits, &cyrus, &port);
    fclose(file);
}

size_t doctor_wire(struct doctor *doctor)
{
    const struct invocation *invocation = doctor->invocation;
    struct visits visits = {0};
    struct wire_port port;
    size_t tried = 0;

    for (size_t i = 0; i < invocation->argument_count; i++)
        if (wire_port_parse(invocation->arguments[i], &port))
            add_port(doctor, &visits, NULL, &port);
        else
            doctor_fault(doctor, "wire",
                         "imap://HOST, imaps, pop3, pop3s, smtp, smtps, sieve, http or "
                         "https, and :PORT where it is another",
                         "not a mail server's port: %s", invocation->arguments[i]);
    if (invocation->argument_count == 0) {
        find_postfix(doctor, &visits);
        find_cyrus(doctor, &visits);
    }
    ask_all(&visits);
    report_server(doctor, &visits, NULL);
    report_server(doctor, &visits, &postfix);
    report_server(doctor, &visits, &cyrus);
    for (size_t i = 0; i < visits.count; i++)
        tried += !visits.list[i].login.typed;
    free(visits.list);
    return tried;
}
