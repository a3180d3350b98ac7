/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "login.h"
#include "store.h"

/* The user name is the one of the message before, or cut but still too long. */
static void check_credentials(const struct credentials *parts, const char *name,
                              size_t length)
{
    FUZZ_CHECK(parts->authzid_length == 0);
    if (length < STORE_NAME_MAX)
        FUZZ_CHECK(parts->authcid_length == length);
    else
        FUZZ_CHECK(parts->authcid_length >= STORE_NAME_MAX);
    FUZZ_CHECK(parts->authcid_length <= length);
    if (parts->authcid_length > 0)
        FUZZ_CHECK(memcmp(parts->authcid, name, parts->authcid_length) == 0);
}

/* The input is the client's messages, each ended by a line feed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size, *name = NULL;
    struct login login = {0};
    struct credentials parts;
    size_t name_length = 0;
    bool complete = false;

    while (at < end) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((feed != NULL ? feed : end) - at);

        switch (login_step(&login, length > 0 ? at : NULL, length, &parts)) {
        case LOGIN_ASK_USERNAME:
            FUZZ_CHECK(at == (const char *)data && length == 0);
            break;
        case LOGIN_ASK_PASSWORD:
            FUZZ_CHECK(!complete && name == NULL);
            name = at;
            name_length = length;
            break;
        case LOGIN_COMPLETE:
            FUZZ_CHECK(!complete && name != NULL);
            check_credentials(&parts, name, name_length);
            FUZZ_CHECK(parts.password_length == length);
            complete = true;
            break;
        case LOGIN_OVER:
            FUZZ_CHECK(complete && parts.password == NULL);
            break;
        }
        at = feed != NULL ? feed + 1 : end;
    }
    login_wipe(&login);
    FUZZ_CHECK(login_step(&login, NULL, 0, &parts) == LOGIN_OVER);
    return 0;
}
