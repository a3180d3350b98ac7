/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <sodium.h>

#include "protocol.h"

/* Where the bytes of a string are kept, and how many fit. */
struct place {
    char *bytes;
    size_t size;
    bool name; /* goes to C strings: a NUL inside would cut it */
};

static struct place string_place(struct request *request, unsigned string)
{
    switch (string) {
    case REQUEST_LOGIN:
        return (struct place){request->login, REQUEST_LOGIN_MAX, false};
    case REQUEST_PASSWORD:
        return (struct place){request->password, SECRET_MAX, false};
    case REQUEST_SERVICE:
        return (struct place){request->service, REQUEST_SERVICE_MAX, true};
    case REQUEST_REALM:
        return (struct place){request->realm, REQUEST_REALM_MAX, false};
    default:
        return (struct place){request->client, REQUEST_CLIENT_MAX, true};
    }
}

/* The current string is whole: check it and go on to the next. */
static void string_end(struct request *request)
{
    struct place place = string_place(request, request->string);

    if (request->announced > place.size)
        request->refused = true;
    else if (place.name && memchr(place.bytes, '\0', request->announced) != NULL)
        request->refused = true;
    request->lengths[request->string] =
        request->announced > place.size ? 0 : request->announced;
    request->string++;
    request->length_read = 0;
    request->announced = 0;
    request->taken = 0;
}

/* Take one byte of a length field. */
static void length_byte(struct request *request, unsigned char byte)
{
    request->announced = request->announced << 8 | byte;
    request->length_read++;
    if (request->length_read == 2 && request->announced == 0)
        string_end(request);
}

/* Take at most `length` bytes of a string; how many were its own. */
static size_t string_bytes(struct request *request, const char *bytes, size_t length)
{
    struct place place = string_place(request, request->string);
    size_t missing = request->announced - request->taken;
    size_t own = length < missing ? length : missing;

    if (request->announced <= place.size)
        memcpy(place.bytes + request->taken, bytes, own);
    request->taken += own;
    if (own == missing)
        string_end(request);
    return own;
}

enum request_state request_feed(struct request *request, const char *bytes, size_t length)
{
    while (length > 0 && request->string < REQUEST_STRINGS) {
        size_t own = 1;

        if (request->length_read < 2)
            length_byte(request, (unsigned char)*bytes);
        else
            own = string_bytes(request, bytes, length);
        bytes += own;
        length -= own;
    }
    return request_state(request);
}

enum request_state request_state(const struct request *request)
{
    if (request->string == REQUEST_STRINGS)
        return REQUEST_FIVE;
    if (request->string == REQUEST_CLIENT && request->length_read == 0)
        return REQUEST_FOUR;
    return REQUEST_PARTIAL;
}

size_t request_user(const struct request *request, char user[REQUEST_USER_MAX + 1])
{
    size_t length = request->lengths[REQUEST_LOGIN];
    size_t realm = request->lengths[REQUEST_REALM];

    memcpy(user, request->login, length);
    if (realm > 0) {
        user[length++] = '@';
        memcpy(user + length, request->realm, realm);
        length += realm;
    }
    user[length] = '\0';
    return length;
}

void request_wipe(struct request *request)
{
    sodium_memzero(request, sizeof(*request));
}

const char *reply_bytes(bool ok)
{
    return ok ? "\0\2OK" : "\0\2NO";
}
