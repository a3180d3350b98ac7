/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_INPUT_H
#define APPPASS_INPUT_H

/* What a door handed in: checked, and put into the form that database and log take.
 * Pure functions. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

/*
 * input_name - check a user name and append "@realm" to a bare one
 *
 * Good names are 1..size-1 bytes of well-formed UTF-8 without control characters, the
 * realm included.  False: name_r is "".  realm NULL: nothing is appended.
 */
bool input_name(const char *bytes, size_t length, const char *realm, char *name_r,
                size_t size) MUST_CHECK;

/*
 * input_name_secret - is what stands in the place of the user name a secret?
 *
 * A code, with a digit in it as nearly all have, or the password once more: the database
 * has no such account, and its log should not learn of it.
 */
bool input_name_secret(const char *bytes, size_t length, const char *password,
                       size_t password_length) MUST_CHECK;

/*
 * input_name_loggable - may this name, which the database does not know, be logged?
 *
 * People type passwords into the wrong field.  True only where it looks like a mail
 * address (a@b.c, no white space or quotes), no part of it is code-shaped, and neither of
 * name and password holds the other.
 */
bool input_name_loggable(const char *bytes, size_t length, const char *password,
                         size_t password_length) MUST_CHECK;

/* Longest service name, NUL included. */
#define INPUT_SERVICE_MAX 33

/* A service name of letters, digits, '.', '_' and '-'; false (and "") for anything else,
 * NULL included. */
bool input_service(const char *service, char service_r[INPUT_SERVICE_MAX]) MUST_CHECK;

struct client {
    char text[INET6_ADDRSTRLEN]; /* as PostgreSQL's inet reads it; "" where unknown */
    unsigned char network[8];    /* /24 or /64: what refusals are counted by */
    size_t network_length;       /* 3, 8, or 0 where unknown */
};

/*
 * input_client - read a client address
 *
 * "192.0.2.1", "192.0.2.1;4711" (SASL's ipremoteport), IPv6 with or without brackets or
 * zone; an IPv4-mapped address becomes IPv4.  False, and a zeroed client, where it is
 * NULL or anything else.
 */
bool input_client(const char *text, struct client *client_r) MUST_CHECK;

#endif
