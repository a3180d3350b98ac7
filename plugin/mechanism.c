/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "authenticate.h"
#include "login.h"
#include "mechanism.h"
#include "plain.h"
#include "plugin.h"

/* The mechanism's framing was broken, or a name can't be one: not worth a query. */
static int refuse_malformed(struct plugin *plugin, const sasl_server_params_t *params,
                            const char *what, int result, sasl_out_params_t *oparams)
{
    hostlog_begin(&plugin->hostlog, params->utils->conn);
    authenticate_log_malformed(plugin, params, what);
    hostlog_end(&plugin->hostlog);
    return authenticate_refuse(params, result, oparams);
}

/* Is a wrong setting in the way?  Not answered before there is an oparams: see
 * offer_unavailable. */
static bool plugin_works(struct plugin *plugin, const sasl_server_params_t *params)
{
    if (plugin->works)
        return true;
    hostlog_begin(&plugin->hostlog, params->utils->conn);
    hostlog_end(&plugin->hostlog);
    return false;
}

/* PLAIN is one message; all it needs is the plugin itself, borrowed. */
static int plain_new(void *glob_context, sasl_server_params_t *params,
                     const char *challenge, unsigned challenge_length,
                     void **conn_context)
{
    (void)params;
    (void)challenge;
    (void)challenge_length;
    *conn_context = glob_context;
    return SASL_OK;
}

static int plain_step(void *conn_context, sasl_server_params_t *params,
                      const char *clientin, unsigned clientin_length,
                      const char **serverout, unsigned *serverout_length,
                      sasl_out_params_t *oparams)
{
    struct plugin *plugin = conn_context;
    struct credentials credentials;

    *serverout = NULL;
    *serverout_length = 0;
    if (plugin == NULL) /* a step after the exchange has failed */
        return authenticate_refuse(params, SASL_BADPROT, oparams);
    if (!plugin_works(plugin, params))
        return offer_unavailable(params, oparams);
    if (!plain_parse(clientin, clientin_length, &credentials))
        return refuse_malformed(plugin, params, "not a PLAIN message", SASL_BADPROT,
                                oparams);
    if (credentials.authzid_length > 0 &&
        !plain_authzid_valid(credentials.authzid, credentials.authzid_length))
        return refuse_malformed(plugin, params, "authorization identity", SASL_BADAUTH,
                                oparams);
    return authenticate(plugin, params, &credentials, oparams);
}

static void plain_dispose(void *conn_context, const sasl_utils_t *utils)
{
    (void)conn_context;
    (void)utils;
}

struct login_exchange {
    struct plugin *plugin; /* borrowed */
    struct login login;
};

static int login_new(void *glob_context, sasl_server_params_t *params,
                     const char *challenge, unsigned challenge_length,
                     void **conn_context)
{
    struct login_exchange *exchange = params->utils->malloc(sizeof *exchange);

    (void)challenge;
    (void)challenge_length;
    if (exchange == NULL)
        return SASL_NOMEM;
    *exchange = (struct login_exchange){.plugin = glob_context};
    *conn_context = exchange;
    return SASL_OK;
}

static int prompt(const char *text, const char **serverout, unsigned *serverout_length)
{
    *serverout = text;
    *serverout_length = (unsigned)strlen(text);
    return SASL_CONTINUE;
}

static int login_mechanism_step(void *conn_context, sasl_server_params_t *params,
                                const char *clientin, unsigned clientin_length,
                                const char **serverout, unsigned *serverout_length,
                                sasl_out_params_t *oparams)
{
    struct login_exchange *exchange = conn_context;
    struct credentials credentials;

    *serverout = NULL;
    *serverout_length = 0;
    if (exchange == NULL) /* a step after the exchange has failed */
        return authenticate_refuse(params, SASL_BADPROT, oparams);
    if (!plugin_works(exchange->plugin, params))
        return offer_unavailable(params, oparams);
    switch (login_step(&exchange->login, clientin, clientin_length, &credentials)) {
    case LOGIN_ASK_USERNAME:
        return prompt(LOGIN_USERNAME_PROMPT, serverout, serverout_length);
    case LOGIN_ASK_PASSWORD:
        return prompt(LOGIN_PASSWORD_PROMPT, serverout, serverout_length);
    case LOGIN_COMPLETE:
        return authenticate(exchange->plugin, params, &credentials, oparams);
    case LOGIN_OVER:
        break;
    }
    return authenticate_refuse(params, SASL_BADPROT, oparams);
}

static void login_dispose(void *conn_context, const sasl_utils_t *utils)
{
    struct login_exchange *exchange = conn_context;

    if (exchange == NULL)
        return;
    login_wipe(&exchange->login);
    utils->free(exchange);
}

static void mechanism_free(void *glob_context, const sasl_utils_t *utils)
{
    struct plugin *plugin = glob_context;

    if (--plugin->mechanisms_in_use == 0)
        plugin_free(&plugin, utils);
}

static const sasl_server_plug_t mechanisms[MECHANISM_COUNT] = {
    [MECHANISM_PLAIN] = {OFFER_PLAIN, .mech_new = plain_new, .mech_step = plain_step,
                         .mech_dispose = plain_dispose, .mech_free = mechanism_free},
    [MECHANISM_LOGIN] = {OFFER_LOGIN, .mech_new = login_new,
                         .mech_step = login_mechanism_step, .mech_dispose = login_dispose,
                         .mech_free = mechanism_free},
};

void mechanisms_offer(struct plugin *plugin)
{
    memcpy(plugin->mechanisms, mechanisms, sizeof plugin->mechanisms);
    for (size_t i = 0; i < MECHANISM_COUNT; i++)
        plugin->mechanisms[i].glob_context = plugin;
    plugin->mechanisms_in_use = MECHANISM_COUNT;
}
