/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/network.h"

static bool zero_beyond(const unsigned char *bytes, size_t bits, size_t prefix)
{
    for (size_t i = prefix; i < bits; i++)
        if (bytes[i / 8] >> (7 - i % 8) & 1)
            return false;
    return true;
}

bool network_valid(const char *text)
{
    unsigned char bytes[16];
    char address[INET6_ADDRSTRLEN];
    const char *prefix = text + strcspn(text, "/");
    size_t bits;
    int length = snprintf(address, sizeof address, "%.*s", (int)(prefix - text), text);

    if (length < 0 || (size_t)length >= sizeof address)
        return false;
    if (inet_pton(AF_INET, address, bytes) == 1)
        bits = 32;
    else if (inet_pton(AF_INET6, address, bytes) == 1)
        bits = 128;
    else
        return false;
    if (*prefix == '\0')
        return true;
    prefix++;
    if (*prefix == '\0' || strlen(prefix) > 3 ||
        prefix[strspn(prefix, "0123456789")] != '\0')
        return false;
    return strtoul(prefix, NULL, 10) <= bits &&
           zero_beyond(bytes, bits, strtoul(prefix, NULL, 10));
}
