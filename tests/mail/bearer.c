/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A server mechanism named XOAUTH2 for the tests, in the form of Google's: who it lets in
 * shows nothing but that it was asked.  Its one token is "token of USER".
 */

#include <stdio.h>
#include <string.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

static int bearer_new(void *glob_context, sasl_server_params_t *params,
                      const char *challenge, unsigned challenge_length,
                      void **conn_context)
{
    (void)glob_context;
    (void)params;
    (void)challenge;
    (void)challenge_length;
    *conn_context = NULL;
    return SASL_OK;
}

/* "user=USER^Aauth=Bearer TOKEN^A^A" */
static int bearer_step(void *conn_context, sasl_server_params_t *params,
                       const char *clientin, unsigned clientin_length,
                       const char **serverout, unsigned *serverout_length,
                       sasl_out_params_t *oparams)
{
    char text[512], expected[512], user[256];
    size_t length;

    (void)conn_context;
    *serverout = NULL;
    *serverout_length = 0;
    if (clientin_length >= sizeof text || clientin_length < 5)
        return SASL_BADPROT;
    memcpy(text, clientin, clientin_length);
    text[clientin_length] = '\0';
    length = strcspn(text, "\1") - 5;
    if (memcmp(text, "user=", 5) != 0 || length == 0 || length >= sizeof user)
        return SASL_BADPROT;
    memcpy(user, text + 5, length);
    user[length] = '\0';
    snprintf(expected, sizeof expected, "user=%s\1auth=Bearer token of %s\1\1", user,
             user);
    if (strcmp(text, expected) != 0)
        return SASL_BADAUTH;
    oparams->doneflag = 1;
    return params->canon_user(
        params->utils->conn, user, 0,
        SASL_CU_AUTHID | SASL_CU_AUTHZID | SASL_CU_EXTERNALLY_VERIFIED, oparams);
}

static sasl_server_plug_t mechanism = {
    .mech_name = "XOAUTH2",
    .security_flags = SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS,
    .features = SASL_FEAT_WANT_CLIENT_FIRST,
    .mech_new = bearer_new,
    .mech_step = bearer_step,
};

int sasl_server_plug_init(const sasl_utils_t *utils, int max_version, int *out_version,
                          sasl_server_plug_t **pluglist, int *plugcount);

__attribute__((visibility("default"))) int
sasl_server_plug_init(const sasl_utils_t *utils, int max_version, int *out_version,
                      sasl_server_plug_t **pluglist, int *plugcount)
{
    (void)utils;
    (void)max_version;
    *out_version = SASL_SERVER_PLUG_VERSION;
    *pluglist = &mechanism;
    *plugcount = 1;
    return SASL_OK;
}
