/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "outcome.h"

static const struct {
    const char *name;
    const char *meaning;
    const char *remedy;
} verdicts[VERDICT_COUNT] = {
    [VERDICT_NONE] =
        {"none", "no decision was reached: the database could not be asked",
         "check the database and the server's log; the user need change nothing"},
    [VERDICT_ACCEPTED] = {"accepted", "the login was accepted", "nothing to do"},
    [VERDICT_NOT_A_CODE] =
        {"not_a_code",
         "what was typed is not an app password, probably the main password",
         "enter the app password of this device, or issue one"},
    [VERDICT_MISTYPED] = {"mistyped", "an app password was typed with a mistake",
                          "type it again with care, or copy and paste it"},
    [VERDICT_UNKNOWN_USER] = {"unknown_user", "there is no account of that name",
                              "check the user name in the mail program"},
    [VERDICT_UNKNOWN_CODE] = {"unknown_code",
                              "a well-formed app password that was never issued",
                              "check which code was entered, or issue a new one"},
    [VERDICT_WRONG_CODE] =
        {"wrong_code", "it starts like a code of this account, but the rest is different",
         "enter the code again, or reset the device to get a new one"},
    [VERDICT_WRONG_ACCOUNT] =
        {"wrong_account", "it starts like a code of another account, not of this one",
         "check that user name and code belong together"},
    [VERDICT_REVOKED] = {"revoked", "this code was revoked",
                         "if its owner still has the device, reset it to get a new code"},
    [VERDICT_EXPIRED] = {"expired", "this code has expired",
                         "reset the device to get a new code"},
    [VERDICT_LAPSED] = {"lapsed", "this code was left unused for too long",
                        "reset the device to get a new code"},
    [VERDICT_SERVICE_DENIED] = {"service_denied",
                                "this code may not be used for this service",
                                "issue a code that allows the service"},
    [VERDICT_NETWORK_DENIED] =
        {"network_denied", "this code may not be used from this network",
         "check the code's networks and the tenant's access rules"},
    [VERDICT_ACCOUNT_DISABLED] = {"account_disabled", "the account is disabled",
                                  "enable the account if the person is to have access"},
    [VERDICT_MFA_MISSING] = {"mfa_missing",
                             "the tenant requires MFA, and the account has not enrolled",
                             "have the person enrol in MFA, then try again"},
    [VERDICT_REALM_DENIED] = {"realm_denied",
                              "app passwords are switched off for this tenant",
                              "ask the administrator of the tenant"},
    [VERDICT_MAIN_PASSWORD] = {"main_password", "the main password was used",
                               "issue an app password for this device"},
    [VERDICT_MAIN_PASSWORD_REFUSED] = {"main_password_refused",
                                       "the tenant no longer accepts main passwords here",
                                       "issue an app password for this device"},
};

const char *verdict_name(enum verdict verdict)
{
    return verdicts[verdict >= VERDICT_COUNT ? VERDICT_NONE : verdict].name;
}

enum verdict verdict_parse(const char *name)
{
    for (enum verdict verdict = VERDICT_ACCEPTED; verdict < VERDICT_COUNT; verdict++)
        if (strcmp(verdicts[verdict].name, name) == 0)
            return verdict;
    return VERDICT_NONE;
}

const char *verdict_meaning(enum verdict verdict)
{
    return verdicts[verdict >= VERDICT_COUNT ? VERDICT_NONE : verdict].meaning;
}

const char *verdict_remedy(enum verdict verdict)
{
    return verdicts[verdict >= VERDICT_COUNT ? VERDICT_NONE : verdict].remedy;
}
