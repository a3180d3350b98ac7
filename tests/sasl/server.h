/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_TESTS_SASL_SERVER_H
#define APPPASS_TESTS_SASL_SERVER_H

/* A SASL server program in miniature: libsasl2's own API, the built module, a log. */

#include <stdbool.h>
#include <stddef.h>

#include <sasl/sasl.h>

#include "attributes.h"

struct option {
    const char *name, *value;
};

/* The ways a client may send the same credentials. */
enum door {
    DOOR_PLAIN,
    DOOR_PLAIN_PROMPTED,
    DOOR_LOGIN,
    DOOR_LOGIN_PROMPTED,
    DOOR_COUNT
};

extern const char *const door_names[DOOR_COUNT];

struct typed {
    const char *authzid; /* NULL: none; DOOR_LOGIN has none */
    const char *username;
    size_t username_length; /* 0: strlen */
    const char *password;
    size_t password_length; /* 0: strlen */
};

struct answer {
    int result;        /* of the last step */
    char user[256];    /* SASL_USERNAME; "" where the library tells none */
    char authid[256];  /* SASL_AUTHUSER, likewise */
    char detail[1024]; /* what the host would log or show */
};

/* What the host's policy says to an authzid other than the authcid. */
#define NO_PROXY_POLICY 100 /* no callback: libsasl2's own */
extern int server_proxy_policy;

/* How the host canonicalises a name, before libsasl2 does; NULL: not at all. */
extern int (*server_canonicalise)(const char *name, char *canonical, size_t size);

/* The host's realm, which libsasl2 adds to a bare name; NULL: none. */
extern const char *server_realm;

/* Start the library: modules from `path` ("a:b" in that order), options as configured. */
void server_start(const char *path, const struct option *options);
void server_stop(void);

/* One connection of a client at 192.0.2.1; fails the test where the library can't. */
sasl_conn_t *server_connect(const char *service);

/* One login on a connection of its own. */
struct answer server_login(enum door door, const struct typed *typed);
struct answer server_login_as(enum door door, const char *username, const char *password);

/* One message of any shape to a mechanism; safe in threads, never fails the test. */
int server_send(const char *service, const char *mechanism, const char *message,
                size_t length);

/* The mechanisms as the host would advertise them; static. */
const char *server_mechanisms(void);

/* Everything logged since server_start or log_clear; lines start with the level. */
const char *log_text(void);
bool log_holds(const char *text) MUST_CHECK;
size_t log_lines(const char *text) MUST_CHECK;
void log_clear(void);
void log_keep(bool keep); /* false: count only, for long runs */

/* Fails the test where anything typed as a password since server_start was logged. */
void assert_log_without_passwords(void);

#endif
