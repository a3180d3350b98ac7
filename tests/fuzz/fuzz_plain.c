/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "plain.h"

/* The parts lie in the message one after the other, with one NUL between them. */
static void check_parts(const struct credentials *parts, const char *message, size_t size)
{
    FUZZ_CHECK(parts->authzid == message);
    FUZZ_CHECK(parts->authcid == parts->authzid + parts->authzid_length + 1);
    FUZZ_CHECK(parts->password == parts->authcid + parts->authcid_length + 1);
    FUZZ_CHECK(parts->password + parts->password_length == message + size);
    FUZZ_CHECK(memchr(parts->authzid, '\0', parts->authzid_length) == NULL);
    FUZZ_CHECK(memchr(parts->authcid, '\0', parts->authcid_length) == NULL);
    FUZZ_CHECK(memchr(parts->password, '\0', parts->password_length) == NULL);
    if (plain_authzid_valid(parts->authzid, parts->authzid_length)) {
        FUZZ_CHECK(parts->authzid_length > 0 && parts->authzid_length <= AUTHZID_MAX);
        for (size_t i = 0; i < parts->authzid_length; i++)
            FUZZ_CHECK((unsigned char)parts->authzid[i] >= 0x20);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *message = (const char *)data;
    struct credentials parts, nothing;
    size_t nuls = 0;

    for (size_t i = 0; i < size; i++)
        nuls += data[i] == 0;
    memset(&nothing, 0, sizeof nothing);
    memset(&parts, 0xa5, sizeof parts);
    FUZZ_CHECK(plain_parse(message, size, &parts) == (nuls == 2));
    if (nuls == 2)
        check_parts(&parts, message, size);
    else
        FUZZ_CHECK(memcmp(&parts, &nothing, sizeof parts) == 0);
    return 0;
}
