/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "authenticate.h"
#include "name.h"
#include "presence.h"
#include "secret.h"

/* One login by a mechanism, and what a fallback needs to ask the host. */
struct exchange {
    struct plugin *plugin;
    sasl_server_params_t *params;
    sasl_out_params_t *oparams;
    const struct credentials *credentials;
    bool for_itself;            /* no authzid, or the authcid once more */
    bool domain_added;          /* what was typed had none */
    char asked[STORE_NAME_MAX]; /* the account the host means; "": no name at all */
};

/* Postfix logs the user name of a failed login where the library tells one, and people
 * type passwords into the wrong field. */
int authenticate_refuse(const sasl_server_params_t *params, int result,
                        sasl_out_params_t *oparams)
{
    oparams->user = oparams->authid = NULL;
    oparams->ulen = oparams->alen = 0;
    params->utils->seterror(params->utils->conn, SASL_NOLOG, "authentication failed");
    return result;
}

static const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

void authenticate_log_malformed(const struct plugin *plugin,
                                const sasl_server_params_t *params, const char *what)
{
    log_message(&plugin->log, LOG_LEVEL_REFUSAL, "malformed: %s service=%s client=%s",
                what, or_dash(params->service), or_dash(params->ipremoteport));
}

static void log_for(const struct exchange *exchange, enum log_level level,
                    const char *what, const char *user)
{
    const sasl_server_params_t *params = exchange->params;

    log_message(&exchange->plugin->log, level, "%s: user=%s service=%s client=%s", what,
                user, or_dash(params->service), or_dash(params->ipremoteport));
}

/*
 * timsieved does not say whom it serves.  From before the database is asked, so that
 * whoever looks when a code ends finds the process, if only without its user.
 */
static void say_presence(const struct exchange *exchange, const char *user)
{
    const struct plugin *plugin = exchange->plugin;
    const sasl_server_params_t *params = exchange->params;
    const char *folder = plugin->settings.cyrus_proc;

    if (folder == NULL || params->service == NULL ||
        strcmp(params->service, "sieve") != 0)
        return;
    if (!presence_say(folder, params->service, params->ipremoteport, user))
        log_message(
            &plugin->log, LOG_LEVEL_WARNING,
            "could not say in %s whom timsieved serves, apppass-logoutd won't end "
            "its session: %s",
            folder, strerror(errno));
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
    struct secret password; /* checkpass needs it NUL-terminated */
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

/*
 * The name as the host sees it, before anybody is asked about it: the plugin and what is
 * behind sasl_checkpass then know an account by the same spellings.  The host gets the
 * name first as typed, for it may take more than the name from there (a folder after a
 * "+").
 */
static enum outcome ask_host(struct exchange *exchange)
{
    const struct credentials *credentials = exchange->credentials;
    const char *realm = exchange->plugin->settings.realm;
    char text[STORE_NAME_MAX];
    enum outcome outcome;

    if (!name_text(credentials->authcid, credentials->authcid_length, text))
        return OUTCOME_OK; /* the verifier refuses it, and says so */
    outcome = host_outcome(
        canonicalise(exchange, text, strlen(text),
                     SASL_CU_AUTHID | (exchange->for_itself ? SASL_CU_AUTHZID : 0u)));
    if (outcome == OUTCOME_DENIED)
        authenticate_log_malformed(exchange->plugin, exchange->params,
                                   "not a user name to the host");
    if (outcome == OUTCOME_UNAVAILABLE)
        log_for(exchange, LOG_LEVEL_ERROR, "unavailable", "?");
    if (outcome != OUTCOME_OK)
        return outcome;
    (void)!name_account(text, exchange->oparams->authid, realm, exchange->asked);
    exchange->domain_added = strchr(text, '@') == NULL;
    return OUTCOME_OK;
}

/* Does the host take the domain off every name, and not just its own? */
static bool host_takes_any_domain(const struct exchange *exchange, const char *local)
{
    char foreign[STORE_NAME_MAX + sizeof "@apppass.invalid"];

    snprintf(foreign, sizeof foreign, "%s@apppass.invalid", local);
    return canonicalise(exchange, foreign, strlen(foreign), SASL_CU_AUTHID) != SASL_OK ||
           strchr(exchange->oparams->authid, '@') == NULL;
}

/*
 * Give the host the account's own name, as both identities, and see that it is still
 * that account which comes out: two accounts must not meet in one mailbox.
 */
static int name_host(const struct exchange *exchange, const char *account)
{
    const sasl_out_params_t *oparams = exchange->oparams;
    char local[STORE_NAME_MAX];
    int result = canonicalise(exchange, account, strlen(account),
                              SASL_CU_AUTHID | SASL_CU_AUTHZID);

    if (result != SASL_OK)
        return result;
    switch (name_match(oparams->authid, account, exchange->plugin->settings.realm)) {
    case NAME_SAME:
        return SASL_OK;
    case NAME_WITHOUT_DOMAIN:
        snprintf(local, sizeof local, "%s", oparams->authid);
        if (host_takes_any_domain(exchange, local))
            break;
        return canonicalise(exchange, account, strlen(account),
                            SASL_CU_AUTHID | SASL_CU_AUTHZID);
    case NAME_OTHER:
        break;
    }
    return SASL_BADAUTH;
}

/* May the account act as what is in oparams->user?  The library asks again by itself, but
 * tells nobody what the answer was. */
static int ask_policy(const struct exchange *exchange)
{
    const sasl_server_params_t *params = exchange->params;
    const sasl_out_params_t *oparams = exchange->oparams;
    sasl_authorize_t *policy = NULL;
    void *context = NULL;

    if (params->utils->getcallback(params->utils->conn, SASL_CB_PROXY_POLICY,
                                   (sasl_callback_ft *)&policy, &context) != SASL_OK)
        return SASL_NOAUTHZ;
    return policy(params->utils->conn, context, oparams->user, oparams->ulen,
                  oparams->authid, oparams->alen, params->user_realm,
                  params->user_realm != NULL ? (unsigned)strlen(params->user_realm) : 0,
                  params->propctx);
}

/* Whom to act as, where the client said so: perhaps itself in another spelling. */
static int name_authzid(const struct exchange *exchange, const char *account)
{
    const struct credentials *credentials = exchange->credentials;
    char text[STORE_NAME_MAX], named[STORE_NAME_MAX];
    int result;

    if (!name_text(credentials->authzid, credentials->authzid_length, text))
        return SASL_BADAUTH;
    result = canonicalise(exchange, text, strlen(text), SASL_CU_AUTHZID);
    if (result != SASL_OK)
        return result;
    if (name_account(text, exchange->oparams->user, exchange->plugin->settings.realm,
                     named) &&
        strcasecmp(named, account) == 0)
        return name_host(exchange, account);
    return ask_policy(exchange);
}

/* Tell the library who has logged in, and as whom; its proxy policy is asked next. */
static int accept(const struct exchange *exchange, const char *account)
{
    sasl_out_params_t *oparams = exchange->oparams;
    const char *refusal = "the host does not let in the account under its name";
    int result = SASL_OK;

    /* What was typed has come out as the account's own name: all is said. */
    if (!exchange->for_itself || strcmp(oparams->authid, account) != 0)
        result = name_host(exchange, account);
    if (result == SASL_OK && !exchange->for_itself) {
        refusal = "the host does not let the account act as another";
        result = name_authzid(exchange, account);
    }
    if (result != SASL_OK) {
        log_for(exchange, LOG_LEVEL_REFUSAL, refusal, account);
        if (host_outcome(result) == OUTCOME_UNAVAILABLE)
            return offer_unavailable(exchange->params, oparams);
        return authenticate_refuse(
            exchange->params, result == SASL_NOAUTHZ ? result : SASL_BADAUTH, oparams);
    }

    say_presence(exchange, account);
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

static enum outcome decide(struct exchange *exchange, struct decision *decision_r)
{
    struct plugin *plugin = exchange->plugin;
    const struct credentials *credentials = exchange->credentials;
    bool named = exchange->asked[0] != '\0';
    const struct attempt attempt = {
        .username = named ? exchange->asked : credentials->authcid,
        .username_length = named ? strlen(exchange->asked) : credentials->authcid_length,
        .domain_added = exchange->domain_added,
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

    if (verifier == NULL)
        verifier = verifier_new(&plugin->shared, error, sizeof error);
    if (verifier != NULL) {
        outcome = attempt_decide(verifier, &attempt, deadline, decision_r);
        pool_give(&plugin->pool, &verifier);
    } else {
        log_message(&plugin->log, LOG_LEVEL_ERROR, "could not start a verifier: %s",
                    error);
    }
    return outcome;
}

static bool same_bytes(const char *one, size_t one_length, const char *other,
                       size_t other_length)
{
    return one_length == other_length && memcmp(one, other, one_length) == 0;
}

static int log_in(struct exchange *exchange)
{
    struct decision decision = {.outcome = OUTCOME_DENIED};
    enum outcome outcome = ask_host(exchange);

    if (outcome == OUTCOME_OK) {
        say_presence(exchange, "");
        outcome = decide(exchange, &decision);
    }
    switch (outcome) {
    case OUTCOME_OK:
        return accept(exchange, decision.username);
    case OUTCOME_UNAVAILABLE:
        return offer_unavailable(exchange->params, exchange->oparams);
    case OUTCOME_DENIED:
        break;
    }
    return authenticate_refuse(exchange->params, SASL_BADAUTH, exchange->oparams);
}

int authenticate(struct plugin *plugin, sasl_server_params_t *params,
                 const struct credentials *credentials, sasl_out_params_t *oparams)
{
    struct exchange exchange = {
        .plugin = plugin,
        .params = params,
        .oparams = oparams,
        .credentials = credentials,
        .for_itself = credentials->authzid_length == 0 ||
                      same_bytes(credentials->authzid, credentials->authzid_length,
                                 credentials->authcid, credentials->authcid_length),
    };
    int result;

    hostlog_begin(&plugin->hostlog, params->utils->conn);
    result = log_in(&exchange);
    hostlog_end(&plugin->hostlog);
    return result;
}
