/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROTOCOL_H
#define APPPASS_PROTOCOL_H

/* The saslauthd protocol: bytes in, one request out.  Pure: no sockets, no clock. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"
#include "secret.h"

/*
 * A request is four strings, each after its length in two bytes (big endian): login,
 * password, service, realm.  libsasl2 after 2.1.28 adds a fifth, the client's
 * "address;port".  Longer strings than these are legal (16 bits) but never good: they are
 * read to their end, not kept, and the request is refused.
 */
#define REQUEST_LOGIN_MAX   255
#define REQUEST_SERVICE_MAX 64
#define REQUEST_REALM_MAX   255
#define REQUEST_CLIENT_MAX  96
#define REQUEST_USER_MAX    (REQUEST_LOGIN_MAX + 1 + REQUEST_REALM_MAX)

enum request_string {
    REQUEST_LOGIN,
    REQUEST_PASSWORD,
    REQUEST_SERVICE,
    REQUEST_REALM,
    REQUEST_CLIENT,
    REQUEST_STRINGS
};

enum request_state {
    REQUEST_PARTIAL = 0, /* bytes are missing */
    REQUEST_FOUR,        /* complete, unless the bytes of a fifth string follow */
    REQUEST_FIVE         /* complete; whatever follows is ignored */
};

/* One request while it arrives.  A zeroed one is ready for use; wipe with request_wipe.
 */
struct request {
    unsigned string;      /* the enum request_string that the next byte belongs to */
    unsigned length_read; /* bytes of its length field seen: 0 to 2 */
    size_t announced;     /* its length, once length_read is 2 */
    size_t taken;         /* its bytes seen */
    bool refused;         /* a string too long, or a NUL where a name is expected */
    size_t lengths[REQUEST_STRINGS];
    char login[REQUEST_LOGIN_MAX + 1]; /* NUL-terminated, as are all of these */
    char password[SECRET_MAX + 1];
    char service[REQUEST_SERVICE_MAX + 1];
    char realm[REQUEST_REALM_MAX + 1];
    char client[REQUEST_CLIENT_MAX + 1];
};

/*
 * request_feed - take `length` bytes in the order they arrived, however they are cut
 *
 * libsasl2 sends a request with one write, and a unix socket hands on a write whole: a
 * reader that has emptied the socket and is at REQUEST_FOUR has a client that sends four.
 */
enum request_state request_feed(struct request *request, const char *bytes,
                                size_t length);

/* Where the bytes fed so far have led. */
enum request_state request_state(const struct request *request);

/*
 * request_user - the user name as the mail server had it
 *
 * libsasl2 cuts it at its last '@' into login and realm, or sends the connection's realm
 * with a bare name; both are "login@realm" again, a bare name without realm stays bare.
 * Returns its length; it may hold any bytes, and is NUL-terminated.
 */
size_t request_user(const struct request *request, char user[REQUEST_USER_MAX + 1]);

/* Overwrite, ready for the next request. */
void request_wipe(struct request *request);

/* A reply: its length in two bytes, and "OK" or "NO" without details. */
#define REPLY_LENGTH 4
const char *reply_bytes(bool ok);

#endif
