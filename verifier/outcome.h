/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_OUTCOME_H
#define APPPASS_OUTCOME_H

/* The result vocabulary of a login attempt: what the client is told (outcome) and why
 * (verdict). */

#include <stdbool.h>

#include "attributes.h"

/*
 * What a door answers.  Refusal is 0 so that a forgotten initialisation refuses.
 * OUTCOME_UNAVAILABLE: nobody knows whether the credential is good; never to be reported
 * as a wrong password.
 */
enum outcome { OUTCOME_DENIED = 0, OUTCOME_OK, OUTCOME_UNAVAILABLE };

/*
 * Why.  Same members, same spelling (verdict_name) as the rows of apppass.verdict; a
 * lint compares them.  VERDICT_NONE is "no verdict reached" (outage) and has no SQL
 * twin.
 */
enum verdict {
    VERDICT_NONE = 0,
    VERDICT_ACCEPTED,
    VERDICT_NOT_A_CODE,
    VERDICT_MISTYPED,
    VERDICT_UNKNOWN_USER,
    VERDICT_UNKNOWN_CODE,
    VERDICT_WRONG_CODE,
    VERDICT_WRONG_ACCOUNT,
    VERDICT_REVOKED,
    VERDICT_EXPIRED,
    VERDICT_LAPSED,
    VERDICT_SERVICE_DENIED,
    VERDICT_NETWORK_DENIED,
    VERDICT_ACCOUNT_DISABLED,
    VERDICT_MFA_MISSING,
    VERDICT_REALM_DENIED,
    VERDICT_MAIN_PASSWORD,
    VERDICT_MAIN_PASSWORD_REFUSED,
    VERDICT_COUNT
};

/* The SQL name, e.g. "wrong_code"; "none" for VERDICT_NONE and out-of-range values.
 * Static. */
const char *verdict_name(enum verdict verdict);

/* The verdict of that name; VERDICT_NONE where there is none (a newer schema, say). */
enum verdict verdict_parse(const char *name) MUST_CHECK;

/* One plain sentence for the helpdesk: what happened.  Static, never NULL. */
const char *verdict_meaning(enum verdict verdict);

/* One plain sentence for the helpdesk: what to do now.  Static, never NULL. */
const char *verdict_remedy(enum verdict verdict);

#endif
