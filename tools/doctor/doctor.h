/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_DOCTOR_H
#define APPPASS_DOCTOR_H

/* The checks of an installation. */

#include <stdbool.h>
#include <stddef.h>

#include "base/conf.h"
#include "doctor/findings.h"

/* doctor_database.c: reachable, schema, roles and grants, upkeep */
void doctor_database(struct doctor *doctor);

/* doctor_plugin.c: found, loads, comes before the stock mechanisms */
void doctor_plugin(struct doctor *doctor);

/* doctor_mail.c: the SASL configuration of Postfix and Cyrus IMAP */
void doctor_postfix(struct doctor *doctor);
void doctor_cyrus(struct doctor *doctor);

/* doctor_proc.c: may apppassd read where Cyrus IMAP's clients are, and does
 * apppass-logoutd run that may end their sessions?  `conf` is all of imapd.conf, `path`
 * its name. */
void doctor_proc(struct doctor *doctor, const char *path, const struct conf *conf);

/*
 * doctor_wire.c: what mail programs see.  Logs in at the ports that the invocation names, or
 * at those where Postfix's and Cyrus IMAP's configuration lets people log in here; at all at
 * once, so that it ends within ten seconds.  How many were tried.
 */
size_t doctor_wire(struct doctor *doctor);

/* doctor_mail.c: a setting of the main.cf in that folder, as postconf says it. */
bool postconf(const char *folder, const char *name, char *value, size_t size);

/* doctor_verifier.c */

/* How a mail server runs: what to become before asking the database. */
struct doctor_place {
    const char *user;   /* NULL: as now */
    const char *jail;   /* chroot; NULL: none */
    const char *domain; /* of the check's lines: "postfix" */
};

/* The apppass_ options of a file: names, values, the files they name, the connection. */
void doctor_options(struct doctor *doctor, const struct doctor_place *place,
                    const char *path, const struct conf *conf);

/* Ask the database as a mail server does. */
void doctor_connection(struct doctor *doctor, const struct doctor_place *place,
                       const char *conninfo);

/* Does a saslauthd answer at this socket? */
void doctor_daemon(struct doctor *doctor, const char *socket_path);

#endif
