/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "log.h"
#include "plain.h"

/* The part up to the next NUL: its length in *length_r, the byte after the NUL returned;
 * NULL where no NUL is left. */
static const char *next_part(const char *part, const char *end, size_t *length_r)
{
    const char *nul = part < end ? memchr(part, '\0', (size_t)(end - part)) : NULL;

    if (nul == NULL)
        return NULL;
    *length_r = (size_t)(nul - part);
    return nul + 1;
}

bool plain_parse(const char *message, size_t length, struct credentials *credentials_r)
{
    struct credentials parts = {0};
    size_t beyond;

    memset(credentials_r, 0, sizeof *credentials_r);
    if (length == 0)
        return false;
    parts.authzid = message;
    parts.authcid = next_part(parts.authzid, message + length, &parts.authzid_length);
    if (parts.authcid == NULL)
        return false;
    parts.password = next_part(parts.authcid, message + length, &parts.authcid_length);
    if (parts.password == NULL)
        return false;
    if (next_part(parts.password, message + length, &beyond) != NULL)
        return false;
    parts.password_length = (size_t)(message + length - parts.password);
    *credentials_r = parts;
    return true;
}

bool plain_authzid_valid(const char *authzid, size_t length)
{
    char text[AUTHZID_MAX + 1], sanitised[AUTHZID_MAX + 1];

    if (length == 0 || length > AUTHZID_MAX || memchr(authzid, '\0', length) != NULL)
        return false;
    memcpy(text, authzid, length);
    text[length] = '\0';
    /* libsasl2 strips blanks, and calls a name that was all blanks a temporary failure */
    if (strspn(text, " ") == length)
        return false;
    memcpy(sanitised, text, length + 1);
    log_sanitise(sanitised);
    return strcmp(text, sanitised) == 0;
}
