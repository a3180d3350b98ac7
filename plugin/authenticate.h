/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_AUTHENTICATE_H
#define APPPASS_AUTHENTICATE_H

/* From what a mechanism received to what the SASL library gets to know. */

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "attributes.h"
#include "credentials.h"
#include "plugin.h"

/*
 * authenticate - decide one login and fill *oparams
 *
 * SASL_OK: the account's canonical name is the authenticated identity, and the authzid
 * (or the same name) the one to act as; the library asks the host's proxy policy next.
 * SASL_BADAUTH: refused, whatever the reason: NOUSER, EXPIRED or DISABLED would tell the
 * client; SASL_NOAUTHZ where the host's policy says that.  SASL_UNAVAIL: nobody knows;
 * the client should keep its password and try again.  What was decided is in the log.
 */
int authenticate(struct plugin *plugin, sasl_server_params_t *params,
                 const struct credentials *credentials,
                 sasl_out_params_t *oparams) MUST_CHECK;

/* The one log line of what is not worth a query; between hostlog_begin and hostlog_end.
 */
void authenticate_log_malformed(const struct plugin *plugin,
                                const sasl_server_params_t *params, const char *what);

/*
 * authenticate_refuse - end a login with `result`, and a text that tells nothing
 *
 * The reason stands in the log line.
 */
int authenticate_refuse(const sasl_server_params_t *params, int result,
                        sasl_out_params_t *oparams) MUST_CHECK;

#endif
