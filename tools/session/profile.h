/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROFILE_H
#define APPPASS_PROFILE_H

/*
 * An Apple configuration profile that sets up mail on an iPhone, iPad or Mac, and calendars and
 * contacts where there is a server for them, the code inside.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define PROFILE_MAX 16384 /* bytes */

#define PROFILE_HOST_MAX 256

struct profile_server {
    char host[PROFILE_HOST_MAX];
    int port;
};

struct profile {
    const char *account;
    const char *address; /* mail address; NULL: the device asks for it */
    const char *device;
    const char *selector;
    struct profile_server imap, smtp;
    struct profile_server dav; /* CalDAV and CardDAV; host "": none */
    const char *code;
};

/* Set profile->dav, where `host` is not NULL and a code for `services`, names between blanks,
 * opens it; NULL: for all. */
void profile_dav(struct profile *profile, const char *host, int port,
                 const char *services);

/* A server's name or address: ASCII, without a port.  The schema's is_host takes all of
 * these. */
bool profile_host_name(const char *text) MUST_CHECK;

/* "host", "host:port", "[v6]:port" apart; without a port server->port stays as it is.
 * False where it is neither. */
bool profile_server(const char *text, struct profile_server *server) MUST_CHECK;

/* Write the XML into `buffer` (PROFILE_MAX bytes, for the caller to wipe).  0: did not
 * fit. */
size_t profile_compose(const struct profile *profile, char *buffer) MUST_CHECK;

/*
 * profile_sign - pass `length` bytes through openssl(1), CMS-signed, into `file`
 *
 * certificate, key: PEM files; chain: PEM file or NULL.  The profile goes through a pipe,
 * never through the command line.  False: openssl has told.
 */
bool profile_sign(const char *bytes, size_t length, const char *certificate,
                  const char *key, const char *chain, int file) MUST_CHECK;

#endif
