/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_WIRE_H
#define APPPASS_WIRE_H

/* One login at a mail server's port, as a mail or calendar program tries it. */

#include <stdbool.h>

#include "attributes.h"

struct wire_port {
    const char *scheme; /* "imap", with STARTTLS, or "imaps": see wire_scheme */
    char host[256];
    char port[32]; /* number or name of a service */
};

/* The scheme of that name as a constant, NULL: there is none; the port it has by default. */
const char *wire_scheme(const char *name, const char **port_r) MUST_CHECK;

/*
 * wire_port_parse - "imaps://mail.example.org:993", the port left out or not
 */
bool wire_port_parse(const char *url, struct wire_port *port_r) MUST_CHECK;

struct wire_finding {
    /* What is wrong; empty: TLS, PLAIN is offered, and the answer is as expected, in time. */
    char trouble[256];
    const char *fix;  /* with a trouble */
    bool nobody;      /* the trouble: there is no server at that port */
    char doubt[256];  /* why a mail program might not trust the certificate; or empty */
    int days;         /* that the certificate is good for */
    bool clear;       /* HTTP without TLS: there is no certificate */
    bool closed;      /* and for that reason it takes no password */
    int milliseconds; /* from the password to the answer */
};

/* Whom to log in as: texts of which a line of each protocol can be made. */
#define WIRE_ACCOUNT_MAX 254
#define WIRE_CODE_MAX    64
struct wire_login {
    const char *account;
    const char *code;
    bool let_in; /* or refused */
    bool typed;  /* by IMAP LOGIN or POP3 USER and PASS, not AUTH PLAIN */
};

/* wire_nobody is check@example.invalid with a well-formed code of no account: to be refused. */
extern const struct wire_login wire_nobody;

/* Does that protocol have logins that are typed? */
bool wire_can_type(const struct wire_port *port) MUST_CHECK;

/*
 * wire_ask - log in
 *
 * Where a refusal is expected, only one that the server is sure of is no trouble.  Ends
 * within ten seconds.
 */
void wire_ask(const struct wire_port *port, const struct wire_login *login,
              struct wire_finding *finding_r);

#endif
