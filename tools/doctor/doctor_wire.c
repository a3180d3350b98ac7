/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/program.h"
#include "doctor/doctor.h"
#include "doctor/wire.h"

#define WARNING_DAYS 14
#define PATH_LENGTH  1024

static void try_login(struct doctor *doctor, const struct wire_port *port,
                      const struct wire_login *login)
{
    struct wire_finding finding;

    wire_ask(port, login, &finding);
    if (finding.trouble[0] != '\0')
        doctor_fault(doctor, port->scheme, finding.fix, "%s port %s %s", port->host,
                     port->port, finding.trouble);
    else if (finding.doubt[0] != '\0')
        doctor_warning(doctor, port->scheme, "a certificate for that name",
                       "%s port %s: mail programs may not trust %s", port->host,
                       port->port, finding.doubt);
    else if (finding.days < WARNING_DAYS)
        doctor_warning(doctor, port->scheme, "renew it, and reload the server",
                       "%s port %s: its certificate is good for %d days", port->host,
                       port->port, finding.days);
    else
        doctor_ok(doctor, port->scheme,
                  "%s port %s %s%s%s in %d ms, certificate good for %d days", port->host,
                  port->port, login->let_in ? "lets in " : "refuses a code of no account",
                  login->let_in ? login->account : "",
                  login->typed ? " by the other login" : "", finding.milliseconds,
                  finding.days);
}

static void try_port(struct doctor *doctor, const struct wire_port *port)
{
    struct wire_login login = *doctor->login;

    try_login(doctor, port, &login);
    login.typed = login.let_in && wire_can_type(port);
    if (login.typed)
        try_login(doctor, port, &login);
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

static size_t try_postfix(struct doctor *doctor)
{
    const char *given = command_option(doctor->invocation, OPTION_POSTFIX);
    const char *folder = given != NULL ? given : "/etc/postfix";
    const char *const words[] = {"postconf", "-c", folder, "-M", NULL};
    char value[256], *text = program_output(words), *rest = text;
    const char *host = "127.0.0.1";
    bool enabled, wrapped;
    size_t tried = 0;

    if (text == NULL)
        return 0;
    enabled = postconf(folder, "smtpd_sasl_auth_enable", value, sizeof value) &&
              strcmp(value, "yes") == 0;
    wrapped = postconf(folder, "smtpd_tls_wrappermode", value, sizeof value) &&
              strcmp(value, "yes") == 0;
    if (postconf(folder, "inet_interfaces", value, sizeof value) &&
        strcmp(value, "all") != 0 && strcmp(value, "loopback-only") != 0 &&
        strpbrk(value, " ,$") == NULL && value[0] != '\0')
        host = value;
    for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
        struct wire_port port = {
            .scheme = is_set(line, "smtpd_tls_wrappermode", wrapped) ? "smtps" : "smtp"};
        size_t length = strcspn(line, " \t");
        const char *type = line + length + strspn(line + length, " \t");

        if (strncmp(type, "inet", 4) != 0 || strstr(line, " smtpd") == NULL ||
            !is_set(line, "smtpd_sasl_auth_enable", enabled) ||
            !read_address(line, length, host, &port))
            continue;
        try_port(doctor, &port);
        tried++;
    }
    free(text);
    return tried;
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
    };
    size_t command_length, length;
    const char *command = value_of(line, "cmd=", &command_length);
    const char *address = value_of(line, "listen=", &length);
    const char *wrap;

    if (line[strspn(line, " \t")] == '#' || command == NULL || address == NULL)
        return false;
    port->scheme = NULL;
    wrap = strstr(command, " -s");
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        size_t name = strlen(programs[i].program);

        if (command_length >= name && strncmp(command, programs[i].program, name) == 0 &&
            strchr(" \"", command[name]) != NULL)
            port->scheme = wrap != NULL && wrap < command + command_length
                               ? programs[i].wrapped
                               : programs[i].scheme;
    }
    return port->scheme != NULL && read_address(address, length, "127.0.0.1", port);
}

/* cyrus.conf lies beside imapd.conf. */
static size_t try_cyrus(struct doctor *doctor)
{
    const char *given = command_option(doctor->invocation, OPTION_CYRUS);
    const char *imapd_conf = given != NULL ? given : "/etc/imapd.conf";
    const char *slash = strrchr(imapd_conf, '/');
    char path[PATH_LENGTH], line[PATH_LENGTH];
    struct wire_port port;
    size_t tried = 0;
    FILE *file;

    snprintf(path, sizeof path, "%.*scyrus.conf",
             slash != NULL ? (int)(slash - imapd_conf) + 1 : 0, imapd_conf);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (read_service(line, &port)) {
            try_port(doctor, &port);
            tried++;
        }
    fclose(file);
    return tried;
}

size_t doctor_wire(struct doctor *doctor)
{
    const struct invocation *invocation = doctor->invocation;
    struct wire_port port;

    for (size_t i = 0; i < invocation->argument_count; i++)
        if (wire_port_parse(invocation->arguments[i], &port))
            try_port(doctor, &port);
        else
            doctor_fault(doctor, "wire",
                         "imap://HOST, imaps, pop3, pop3s, smtp, smtps or sieve, "
                         "and :PORT where it is another",
                         "not a mail server's port: %s", invocation->arguments[i]);
    return invocation->argument_count > 0 ? invocation->argument_count
                                          : try_postfix(doctor) + try_cyrus(doctor);
}
