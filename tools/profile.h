/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROFILE_H
#define APPPASS_PROFILE_H

/*
 * An Apple configuration profile (com.apple.mail.managed) that sets up IMAP and SMTP on
 * an iPhone, iPad or Mac, the code inside.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define PROFILE_MAX 16384 /* bytes */

struct profile {
    const char *account;
    const char *address; /* mail address */
    const char *device;
    const char *selector;
    const char *imap_host; /* "host" or "host:port"; port 993 where absent */
    const char *smtp_host; /* the same; 465 */
    const char *code;
};

/* "host", "host:port", "[v6]:port" apart.  False where it is neither. */
bool profile_host(const char *text, int default_port, char *host, size_t host_size,
                  int *port_r) MUST_CHECK;

/* Write the XML into `buffer` (PROFILE_MAX bytes, for the caller to wipe).  0: did not
 * fit, or a host is none. */
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
