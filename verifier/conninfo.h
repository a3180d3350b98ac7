/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CONNINFO_H
#define APPPASS_CONNINFO_H

/* libpq's settings, read once and kept, so that they work from inside a later chroot. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

struct conninfo;

/* One entry of the host list. */
struct conninfo_host {
    char *name;     /* NULL: libpq's default, or address only */
    char *address;  /* NULL: look the name up */
    char *port;     /* NULL: libpq's default */
    char *password; /* from an explicit passfile, read before a chroot; NULL: none */
    /* The link's notes: */
    bool plain; /* a pooler that takes no startup options */
    bool tried; /* in this round */
    int64_t slow_until;
};

#define CONNINFO_PARAMETERS_MAX 128 /* libpq 15 knows 42 keywords */

/* What PQconnectStartParams takes; borrowed from conninfo and host. */
struct conninfo_parameters {
    const char *keywords[CONNINFO_PARAMETERS_MAX + 1];
    const char *values[CONNINFO_PARAMETERS_MAX + 1];
    size_t count;
};

/*
 * conninfo_new - read a connection string as PQconninfoParse takes it
 *
 * The service file, the PG* variables and an explicitly named passfile are read now.
 * idle_timeout_s goes to the server as idle_session_timeout, timeout_ms plus a little as
 * statement_timeout.  NULL and a message (never quoting the text) where it can't be used.
 */
struct conninfo *conninfo_new(const char *text, long idle_timeout_s, long timeout_ms,
                              char *error, size_t error_size) MUST_CHECK;
void conninfo_free(struct conninfo **conninfo);

/* The hosts, in the order to try them; they live as long as the conninfo. */
struct conninfo_host *conninfo_hosts(struct conninfo *conninfo, size_t *count_r);

/* target_session_attrs; NULL: any. */
const char *conninfo_target(const struct conninfo *conninfo);

/* connect_timeout in milliseconds; 0: none. */
long conninfo_connect_limit_ms(const struct conninfo *conninfo);

/* Everything to connect to one host with; target replaces target_session_attrs. */
void conninfo_fill(const struct conninfo *conninfo, const struct conninfo_host *host,
                   const char *target, struct conninfo_parameters *parameters_r);

#endif
