/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "authenticate.h"
#include "secret.h"

/* One login by a mechanism, and what a fallback needs to ask the host. */
struct exchange {
    sasl_server_params_t *params;
    sasl_out_params_t *oparams;
    const struct credentials *credentials;
};

int authenticate_fail(const sasl_server_params_t *params, int result)
{
    params->utils->seterror(params->utils->conn, SASL_NOLOG, "%s",
                            result == SASL_UNAVAIL ? "try again later"
                                                   : "authentication failed");
    return result;
}

/*
 * What somebody else's password check or canonicalisation said.  Only results that blame
 * the name or the password are a refusal; with all others nobody knows.
 */
static enum outcome host_outcome(int result)
{
    switch (result) {
    case SASL_OK:
        return OUTCOME_OK;
    case SASL_BADAUTH:
    case SASL_BADPROT:
    case SASL_BUFOVER:
    case SASL_DISABLED:
    case SASL_EXPIRED:
    case SASL_NOAUTHZ:
    case SASL_NOUSER:
    case SASL_PWLOCK:
    case SASL_TOOWEAK:
        return OUTCOME_DENIED;
    default:
        return OUTCOME_UNAVAILABLE;
    }
}

static int host_result(int result)
{
    switch (host_outcome(result)) {
    case OUTCOME_OK:
        return SASL_OK;
    case OUTCOME_UNAVAILABLE:
        return SASL_UNAVAIL;
    case OUTCOME_DENIED:
        break;
    }
    return SASL_BADAUTH;
}

/*
 * The name was verified, or will be: without EXTERNALLY_VERIFIED the library refuses a
 * name that no auxprop plugin knows.
 */
static int canonicalise(const struct exchange *exchange, const char *name, size_t length,
                        unsigned which)
{
    return exchange->params->canon_user(
        exchange->params->utils->conn, name, (unsigned)length,
        which | SASL_CU_EXTERNALLY_VERIFIED, exchange->oparams);
}

/* apppass_fallback checkpass: ask the host's own verifiers, as the stock PLAIN would. */
static enum outcome check_main_password(void *context, const char *username)
{
    const struct exchange *exchange = context;
    const sasl_utils_t *utils = exchange->params->utils;
    struct secret password; /* checkpass wants it NUL-terminated */
    enum outcome outcome;

    outcome = host_outcome(canonicalise(exchange, username, strlen(username),
                                        SASL_CU_AUTHID | SASL_CU_AUTHZID));
    if (outcome != OUTCOME_OK)
        return outcome;
    outcome = OUTCOME_DENIED;
    if (secret_set(&password, exchange->credentials->password,
                   exchange->credentials->password_length))
        outcome = host_outcome(utils->checkpass(utils->conn, exchange->oparams->authid,
                                                exchange->oparams->alen, password.bytes,
                                                (unsigned)password.length));
    secret_wipe(&password);
    return outcome;
}

/* Does the client ask to act as itself?  It may name itself as typed or canonically. */
static bool acts_as_itself(const struct credentials *credentials, const char *account)
{
    size_t length = credentials->authzid_length;

    if (length == 0)
        return true;
    if (length == credentials->authcid_length &&
        memcmp(credentials->authzid, credentials->authcid, length) == 0)
        return true;
    return length == strlen(account) &&
           memcmp(credentials->authzid, account, length) == 0;
}

/* Tell the library who has logged in, and as whom; its proxy policy is asked next. */
static int accept(const struct exchange *exchange, const char *account)
{
    const struct credentials *credentials = exchange->credentials;
    sasl_out_params_t *oparams = exchange->oparams;
    int result;

    if (acts_as_itself(credentials, account)) {
        result = canonicalise(exchange, account, strlen(account),
                              SASL_CU_AUTHID | SASL_CU_AUTHZID);
    } else {
        result = canonicalise(exchange, account, strlen(account), SASL_CU_AUTHID);
        if (result == SASL_OK)
            result = canonicalise(exchange, credentials->authzid,
                                  credentials->authzid_length, SASL_CU_AUTHZID);
    }
    result = host_result(result);
    if (result != SASL_OK)
        return authenticate_fail(exchange->params, result);

    oparams->doneflag = 1;
    oparams->mech_ssf = 0;
    oparams->maxoutbuf = 0;
    oparams->encode_context = NULL;
    oparams->encode = NULL;
    oparams->decode_context = NULL;
    oparams->decode = NULL;
    oparams->param_version = 0;
    return SASL_OK;
}

static enum outcome decide(struct plugin *plugin, struct exchange *exchange,
                           struct decision *decision_r)
{
    const struct credentials *credentials = exchange->credentials;
    const struct attempt attempt = {
        .username = credentials->authcid,
        .username_length = credentials->authcid_length,
        .password = credentials->password,
        .password_length = credentials->password_length,
        .service = exchange->params->service,
        .client = exchange->params->ipremoteport,
        .main_password = check_main_password,
        .context = exchange,
    };
    struct deadline deadline = deadline_in(plugin->settings.timeout_ms);
    struct verifier *verifier = pool_take(&plugin->pool);
    char error[LOG_LINE_MAX] = "";
    enum outcome outcome = OUTCOME_UNAVAILABLE;

    hostlog_begin(&plugin->hostlog, exchange->params->utils->conn);
    if (verifier == NULL)
        verifier = verifier_new(&plugin->shared, error, sizeof error);
    if (verifier != NULL) {
        outcome = attempt_decide(verifier, &attempt, deadline, decision_r);
        pool_give(&plugin->pool, &verifier);
    } else {
        log_message(&plugin->log, LOG_LEVEL_ERROR, "could not start a verifier: %s",
                    error);
    }
    hostlog_end();
    return outcome;
}

int authenticate(struct plugin *plugin, sasl_server_params_t *params,
                 const struct credentials *credentials, sasl_out_params_t *oparams)
{
    struct exchange exchange = {
        .params = params,
        .oparams = oparams,
        .credentials = credentials,
    };
    struct decision decision = {.outcome = OUTCOME_DENIED};

    switch (decide(plugin, &exchange, &decision)) {
    case OUTCOME_OK:
        return accept(&exchange, decision.username);
    case OUTCOME_UNAVAILABLE:
        return authenticate_fail(params, SASL_UNAVAIL);
    case OUTCOME_DENIED:
        break;
    }
    return authenticate_fail(params, SASL_BADAUTH);
}
