/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CREDENTIALS_H
#define APPPASS_CREDENTIALS_H

/* What a client typed, as its mechanism delivered it. */

#include <stddef.h>

/*
 * Each part is borrowed, may hold any bytes and need not be NUL-terminated: nothing has
 * been validated but the framing.  A length of 0 is "empty" or, for the authzid, "none".
 */
struct credentials {
    const char *authzid; /* whom to act as */
    size_t authzid_length;
    const char *authcid; /* whose password */
    size_t authcid_length;
    const char *password; /* secret */
    size_t password_length;
};

#endif
