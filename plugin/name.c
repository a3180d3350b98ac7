/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "input.h"
#include "name.h"

bool name_text(const char *typed, size_t length, char text_r[STORE_NAME_MAX])
{
    while (length > 0 && typed[length - 1] == ' ')
        length--;
    while (length > 0 && *typed == ' ') {
        typed++;
        length--;
    }
    return input_name(typed, length, NULL, text_r, STORE_NAME_MAX);
}

/* The domain of what was typed, whichever way a host may divide it; NULL: bare. */
static const char *domain_of(const char *text)
{
    const char *at = strrchr(text, '@');

    if (at == NULL)
        at = strrchr(text, '%');
    return at != NULL ? at + 1 : NULL;
}

static bool host_added_domain(const char *text, const char *canonical)
{
    size_t length = strlen(text);

    return strchr(text, '@') == NULL && strncmp(canonical, text, length) == 0 &&
           canonical[length] == '@';
}

bool name_account(const char *text, const char *canonical, const char *realm,
                  char account_r[STORE_NAME_MAX])
{
    const char *local = canonical, *domain = NULL;
    int written;

    if (strchr(canonical, '@') == NULL)
        domain = strcasecmp(canonical, text) != 0 ? domain_of(text) : NULL;
    else if (realm != NULL && host_added_domain(text, canonical))
        local = text;
    if (domain == NULL && strchr(local, '@') == NULL)
        domain = realm;
    written = snprintf(account_r, STORE_NAME_MAX, "%s%s%s", local,
                       domain != NULL ? "@" : "", domain != NULL ? domain : "");
    if (written > 0 && written < STORE_NAME_MAX)
        return true;
    account_r[0] = '\0';
    return false;
}

enum name_match name_match(const char *canonical, const char *account, const char *realm)
{
    size_t length = strlen(canonical);

    if (strcasecmp(canonical, account) == 0)
        return NAME_SAME;
    if (strchr(canonical, '@') != NULL || strncasecmp(canonical, account, length) != 0 ||
        account[length] != '@')
        return NAME_OTHER;
    if (realm == NULL)
        return NAME_WITHOUT_DOMAIN;
    return strcasecmp(account + length + 1, realm) == 0 ? NAME_SAME : NAME_OTHER;
}
