/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_OFFER_H
#define APPPASS_OFFER_H

/* How mechanisms are offered to libsasl2, by the stub and by the module that it loads. */

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "attributes.h"

enum { MECHANISM_PLAIN, MECHANISM_LOGIN, MECHANISM_COUNT };

/*
 * The features are those of the stock mechanisms.  The hash strength hides nothing from a
 * client; it ranks a mechanism before another one of the same name (libsasl2 compares it
 * last), whatever order the modules were loaded in.
 */
#define OFFER_SECURITY                                                                   \
    (SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS | SASL_SET_HASH_STRENGTH_BITS(256))
#define OFFER_PLAIN                                                                      \
    .mech_name = "PLAIN", .security_flags = OFFER_SECURITY,                              \
    .features = SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY
#define OFFER_LOGIN .mech_name = "LOGIN", .security_flags = OFFER_SECURITY

/*
 * offer_unavailable - end a login with SASL_UNAVAIL, and a text that tells nothing
 *
 * Exim asks for the user name before it looks at the result, and calls a login without
 * one refused for good: it gets a name that nobody typed.
 */
int offer_unavailable(const sasl_server_params_t *params,
                      sasl_out_params_t *oparams) MUST_CHECK;

#endif
