/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_FALLBACK_H
#define APPPASS_FALLBACK_H

/* Main passwords, which apppassd can't check itself: asked from another saslauthd. */

#include "attributes.h"
#include "deadline.h"
#include "outcome.h"
#include "protocol.h"

/*
 * fallback_ask - does the saslauthd at `path` accept this login?
 *
 * `user` is the account's name, cut at its last '@' as libsasl2 does; password and
 * service are those of `request`.  OUTCOME_UNAVAILABLE where it could not be asked
 * or did not answer within the deadline; *reason_r is then a static text.
 */
enum outcome fallback_ask(const char *path, const char *user,
                          const struct request *request, struct deadline deadline,
                          const char **reason_r) MUST_CHECK;

#endif
