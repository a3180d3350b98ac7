/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <sodium.h>

#include "secret.h"

bool secret_set(struct secret *secret, const char *bytes, size_t length)
{
    secret->length = 0;
    secret->bytes[0] = '\0';
    if (length > SECRET_MAX)
        return false;
    if (length > 0)
        memcpy(secret->bytes, bytes, length);
    secret->bytes[length] = '\0';
    secret->length = length;
    return true;
}

void secret_wipe(struct secret *secret)
{
    if (secret != NULL)
        sodium_memzero(secret, sizeof *secret);
}
