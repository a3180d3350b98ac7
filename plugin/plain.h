/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PLAIN_H
#define APPPASS_PLAIN_H

/* The message of the PLAIN mechanism (RFC 4616).  Pure: no SASL, no allocation. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "credentials.h"

/*
 * plain_parse - split "[authzid] NUL authcid NUL passwd"
 *
 * False, and *credentials_r zeroed, where `message` does not hold exactly two NULs.  The
 * parts point into `message`, which is `length` bytes of any content (NULL where length
 * is 0).
 */
bool plain_parse(const char *message, size_t length,
                 struct credentials *credentials_r) MUST_CHECK;

/*
 * plain_authzid_valid - may this be handed to the host as the identity to act as?
 *
 * At most AUTHZID_MAX bytes of printable UTF-8 that are not all blank.
 */
#define AUTHZID_MAX 255 /* RFC 4616, section 2: "up to 255 octets" */
bool plain_authzid_valid(const char *authzid, size_t length) MUST_CHECK;

#endif
