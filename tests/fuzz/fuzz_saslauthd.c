/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "protocol.h"

static const size_t limits[REQUEST_STRINGS] = {REQUEST_LOGIN_MAX, SECRET_MAX,
                                               REQUEST_SERVICE_MAX, REQUEST_REALM_MAX,
                                               REQUEST_CLIENT_MAX};

static const char *string_of(const struct request *request, unsigned string)
{
    const char *const strings[REQUEST_STRINGS] = {request->login, request->password,
                                                  request->service, request->realm,
                                                  request->client};

    return strings[string];
}

/* What the request must be, read from the whole of it. */
static void check_whole(const struct request *request, const uint8_t *data, size_t size)
{
    size_t at = 0;
    unsigned string = 0;
    bool refused = false, rest = false;

    for (; string < REQUEST_STRINGS && size - at >= 2; string++) {
        size_t length = (size_t)data[at] << 8 | data[at + 1];

        if (size - at - 2 < length)
            break;
        if (length > limits[string]) {
            refused = true;
            FUZZ_CHECK(request->lengths[string] == 0);
        } else {
            FUZZ_CHECK(request->lengths[string] == length);
            FUZZ_CHECK(memcmp(string_of(request, string), data + at + 2, length) == 0);
            FUZZ_CHECK(string_of(request, string)[length] == '\0');
            if (string == REQUEST_SERVICE || string == REQUEST_CLIENT)
                refused = refused || memchr(data + at + 2, '\0', length) != NULL;
        }
        at += 2 + length;
    }
    rest = at < size;
    FUZZ_CHECK(request->refused == refused);
    FUZZ_CHECK(request->string == string);
    if (string == REQUEST_STRINGS)
        FUZZ_CHECK(request_state(request) == REQUEST_FIVE);
    else if (string == REQUEST_CLIENT && !rest)
        FUZZ_CHECK(request_state(request) == REQUEST_FOUR);
    else
        FUZZ_CHECK(request_state(request) == REQUEST_PARTIAL);
}

static void check_user(const struct request *request)
{
    char user[REQUEST_USER_MAX + 1];
    size_t length = request_user(request, user);
    size_t login = request->lengths[REQUEST_LOGIN];
    size_t realm = request->lengths[REQUEST_REALM];

    FUZZ_CHECK(length == login + (realm > 0 ? 1 + realm : 0));
    FUZZ_CHECK(memcmp(user, request->login, login) == 0);
    FUZZ_CHECK(realm == 0 || (user[login] == '@' &&
                              memcmp(user + login + 1, request->realm, realm) == 0));
    FUZZ_CHECK(user[length] == '\0');
}

/* The first byte says in what pieces the rest arrives. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct request whole, pieces, nothing;
    size_t piece;

    if (size == 0)
        return 0;
    piece = (size_t)data[0] + 1;
    data++;
    size--;
    request_feed(&whole, (const char *)data, size);
    check_whole(&whole, data, size);
    check_user(&whole);
    for (size_t at = 0; at < size; at += piece)
        request_feed(&pieces, (const char *)data + at,
                     size - at < piece ? size - at : piece);
    FUZZ_CHECK(memcmp(&whole, &pieces, sizeof whole) == 0);
    request_wipe(&whole);
    request_wipe(&pieces);
    FUZZ_CHECK(memcmp(&whole, &nothing, sizeof whole) == 0);
    return 0;
}
