/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "portal.h"

/* A client can set every variable that starts with HTTP_, and nothing else. */
static const char *check_variable(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    if (strncmp(name, "HTTP_", 5) == 0)
        return "name a variable that the web server sets, none that a client's header "
               "sets";
    return name[strspn(name, letters)] == '\0' ? NULL
                                               : "write the name of a variable: letters, "
                                                 "digits, _";
}

static const char *check_origin(const char *origin)
{
    return strncmp(origin, "https://", 8) == 0 && strchr(origin + 8, '/') == NULL
               ? NULL
               : "write https:// and the name of the host, without a path";
}

#define MEMBER(name) offsetof(struct portal_settings, name)

const struct setting portal_settings[] = {
    {.name = "apppass_key",
     .type = SETTING_PATH,
     .offset = MEMBER(key_path),
     .help = "Key file for the hashes of new codes, the same as the mail servers'."},
    {.name = "apppass_portal_acr",
     .type = SETTING_STRING,
     .fallback = "OIDC_CLAIM_acr",
     .offset = MEMBER(acr_variable),
     .check = check_variable,
     .help = "Variable that holds how the identity was verified (acr)."},
    {.name = "apppass_portal_amr",
     .type = SETTING_STRING,
     .fallback = "OIDC_CLAIM_amr",
     .offset = MEMBER(amr_variable),
     .check = check_variable,
     .help = "Variable that holds with what it was verified (amr), commas between."},
    {.name = "apppass_portal_auth_time",
     .type = SETTING_STRING,
     .fallback = "OIDC_CLAIM_auth_time",
     .offset = MEMBER(auth_time_variable),
     .check = check_variable,
     .help = "Variable that holds when it was verified, in seconds since 1970."},
    {.name = "apppass_portal_conninfo",
     .type = SETTING_STRING,
     .offset = MEMBER(conninfo),
     .help = "How to reach the database, as a member of apppass_self."},
    {.name = "apppass_portal_handover",
     .type = SETTING_BOOLEAN,
     .fallback = "no",
     .offset = MEMBER(handover),
     .help =
         "Open the links of hand-overs, without single sign-on, and do nothing else."},
    {.name = "apppass_portal_origin",
     .type = SETTING_STRING,
     .offset = MEMBER(origin),
     .check = check_origin,
     .help = "Scheme, host and port of the page, from which its forms must come."},
    {.name = "apppass_portal_step_up",
     .type = SETTING_STRING,
     .fallback = "verify",
     .offset = MEMBER(step_up),
     .help = "Where a person is sent to sign in again."},
    {.name = "apppass_portal_token_key",
     .type = SETTING_PATH,
     .offset = MEMBER(token_key),
     .help = "File with 64 hexadecimal digits, the key of the forms' tokens."},
    {.name = NULL},
};
