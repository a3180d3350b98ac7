/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sodium.h>

#include "gate.h"

#define PORTION 4096 /* bytes; a socket pair that is empty takes many times as much */

/* RFC 7677 asks for 4,096 at least.  A round takes one to two microseconds; ten leave
 * room for a machine that is slow or busy. */
#define SCRAM_ROUNDS_ALWAYS 4096
#define SCRAM_ROUNDS_PER_MS 100

#define REQUEST_TYPE          'R'
#define REQUEST_SASL_CONTINUE 11

static bool refuse(struct gate *gate, const char *why)
{
    gate->refusal = why;
    return false;
}

/* ---- the protocol in clear ---- */

/*
 * "r=NONCE,s=SALT,i=ROUNDS" (RFC 5802, 5.1).  Whatever libpq might take for the number of
 * rounds is looked at.
 */
static bool rounds_bearable(struct gate *gate, struct deadline deadline)
{
    const char *at = (const char *)gate->message.body + 4;
    const char *end = (const char *)gate->message.body + gate->message.body_used;
    long most = (long)deadline_left_ms(deadline) * SCRAM_ROUNDS_PER_MS;

    if (most < SCRAM_ROUNDS_ALWAYS)
        most = SCRAM_ROUNDS_ALWAYS;
    for (; at + 3 <= end; at++) {
        size_t digits;

        if (memcmp(at, ",i=", 3) != 0)
            continue;
        /* body is NUL-terminated behind its end */
        digits = strspn(at + 3, "0123456789");
        if (digits == 0 || digits > 9 || strtol(at + 3, NULL, 10) > most)
            return refuse(gate, "asked for more SCRAM rounds than there is time for");
    }
    return true;
}

static bool judge_request(struct gate *gate, struct deadline deadline)
{
    const unsigned char *body = gate->message.body;

    if (++gate->message.requests > GATE_REQUESTS_MAX)
        return refuse(gate, "asked for a password again and again");
    if (gate->message.body_used < 4)
        return true; /* libpq refuses it */
    if (body[0] == 0 && body[1] == 0 && body[2] == 0 && body[3] == REQUEST_SASL_CONTINUE)
        return rounds_bearable(gate, deadline);
    return true;
}

/* One more byte of a message; false where that is no message libpq should see. */
static bool inspect_byte(struct gate *gate, unsigned char byte, struct deadline deadline)
{
    if (gate->message.header_used < sizeof gate->message.header) {
        const unsigned char *header = gate->message.header;
        size_t length;

        gate->message.header[gate->message.header_used++] = byte;
        if (gate->message.header_used < sizeof gate->message.header)
            return true;
        length = (size_t)header[1] << 24 | (size_t)header[2] << 16 |
                 (size_t)header[3] << 8 | header[4];
        if (length < 4 || length > GATE_BYTES_MAX ||
            (header[0] == REQUEST_TYPE && length - 4 > GATE_REQUEST_BYTES))
            return refuse(gate, "sent a message of impossible length");
        gate->message.left = length - 4;
        gate->message.body_used = 0;
    } else {
        gate->message.left--;
        if (gate->message.header[0] == REQUEST_TYPE)
            gate->message.body[gate->message.body_used++] = byte;
    }
    if (gate->message.left > 0)
        return true;
    gate->message.header_used = 0;
    gate->message.body[gate->message.body_used] = '\0';
    return gate->message.header[0] != REQUEST_TYPE || judge_request(gate, deadline);
}

bool gate_inspect(struct gate *gate, const unsigned char *bytes, size_t length,
                  struct deadline deadline)
{
    for (size_t i = 0; i < length; i++)
        if (!inspect_byte(gate, bytes[i], deadline))
            return false;
    return true;
}

/* ---- bytes ---- */

bool gate_open(struct gate *gate, int fd)
{
    int pair[2];

    memset(gate, 0, sizeof *gate);
    gate->outer = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (gate->outer < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) {
        close(gate->outer);
        return false;
    }
    gate->inner = pair[1];
    gate->open = dup3(pair[0], fd, O_CLOEXEC) >= 0;
    close(pair[0]);
    if (!gate->open) {
        close(gate->outer);
        close(gate->inner);
    }
    return gate->open;
}

bool gate_close(struct gate *gate, int fd)
{
    bool good = true;

    if (!gate->open)
        return true;
    if (fd >= 0)
        good = dup3(gate->outer, fd, O_CLOEXEC) >= 0;
    close(gate->outer);
    close(gate->inner);
    sodium_memzero(gate->message.body, sizeof gate->message.body);
    gate->open = false;
    return good;
}

bool gate_empty(const struct gate *gate, int fd)
{
    int left = 0;

    return !gate->open || (ioctl(fd, FIONREAD, &left) == 0 && left == 0);
}

static bool wait_for(int fd, short events, struct deadline deadline)
{
    struct pollfd descriptor = {.fd = fd, .events = events};
    int ready;

    do
        ready = poll(&descriptor, 1, deadline_left_ms(deadline));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static bool send_all(int fd, const unsigned char *bytes, size_t length,
                     struct deadline deadline)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        } else if (sent < 0 && errno == EAGAIN) {
            if (!wait_for(fd, POLLOUT, deadline))
                return false;
        } else if (sent < 0 && errno != EINTR) {
            return true; /* gone: reading from it says so */
        }
    }
    return true;
}

bool gate_send(struct gate *gate, struct deadline deadline)
{
    unsigned char bytes[PORTION];
    bool good = true;
    ssize_t got;

    if (!gate->open)
        return true;
    while (good && (got = recv(gate->inner, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        good = !deadline_passed(deadline) &&
               send_all(gate->outer, bytes, (size_t)got, deadline);
    sodium_memzero(bytes, sizeof bytes); /* perhaps a password */
    if (good && got == 0) {
        gate_close(gate, -1);
        return false;
    }
    return good;
}

/* How many bytes to ask the server for. */
static size_t portion(const struct gate *gate, enum gate_cut cut)
{
    size_t most = PORTION;

    if (cut == GATE_CUT_BYTE)
        most = 1;
    else if (cut == GATE_CUT_RECORD && gate->record.left > 0)
        most = gate->record.left < PORTION ? gate->record.left : PORTION;
    else if (cut == GATE_CUT_RECORD)
        most = sizeof gate->record.header - gate->record.header_used;
    return most;
}

/* Where in a TLS record the bytes that have just passed leave us. */
static void follow_record(struct gate *gate, const unsigned char *bytes, size_t length)
{
    const unsigned char *header = gate->record.header;

    if (gate->record.left > 0) {
        gate->record.left -= length;
        return;
    }
    memcpy(gate->record.header + gate->record.header_used, bytes, length);
    gate->record.header_used += length;
    if (gate->record.header_used < sizeof gate->record.header)
        return;
    gate->record.header_used = 0;
    gate->record.left = (size_t)header[3] << 8 | header[4];
}

/* Take one portion from the server, and pass it on.  At its end, libpq sees an end. */
static enum gate_result pass_portion(struct gate *gate, enum gate_cut cut,
                                     struct deadline deadline)
{
    unsigned char bytes[PORTION];
    ssize_t got;

    if (!wait_for(gate->outer, POLLIN, deadline))
        return GATE_LATE;
    got = recv(gate->outer, bytes, portion(gate, cut), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return GATE_PASSED;
    if (got <= 0) {
        gate->ended = true;
        shutdown(gate->inner, SHUT_WR);
        return GATE_PASSED;
    }
    gate->passed += (size_t)got;
    if (gate->passed > GATE_BYTES_MAX)
        refuse(gate, "sent more than any PostgreSQL server says");
    else if (cut == GATE_CUT_MESSAGES)
        (void)!gate_inspect(gate, bytes, (size_t)got, deadline);
    else if (cut == GATE_CUT_RECORD ||
             (cut == GATE_CUT_BYTE && bytes[0] == SSL3_RT_HANDSHAKE))
        follow_record(gate, bytes, (size_t)got); /* without asking first: libpq 17 can */
    gate->first = bytes[0];
    if (gate->refusal == NULL &&
        send(gate->inner, bytes, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT) != got)
        refuse(gate, "sent what nobody had asked for");
    return gate->refusal == NULL ? GATE_PASSED : GATE_REFUSED;
}

/* Look into what TLS has decrypted: true where libpq will find bytes there. */
static bool show_plaintext(struct gate *gate, SSL *tls, struct deadline deadline)
{
    unsigned char plain[SSL3_RT_MAX_PLAIN_LENGTH];
    size_t unread = (size_t)SSL_pending(tls);
    int length;

    if (gate->shown > unread)
        gate->shown = unread;
    ERR_clear_error();
    length = SSL_peek(tls, plain, sizeof plain);
    if (length <= 0) {
        bool wants = SSL_get_error(tls, length) == SSL_ERROR_WANT_READ;

        ERR_clear_error();
        return !wants; /* libpq meets the end, or the error, itself */
    }
    if ((size_t)length > gate->shown)
        (void)!gate_inspect(gate, plain + gate->shown, (size_t)length - gate->shown,
                            deadline);
    gate->shown = (size_t)length;
    sodium_memzero(plain, (size_t)length);
    return true;
}

enum gate_result gate_admit(struct gate *gate, enum gate_cut cut, void *tls,
                            struct deadline deadline)
{
    enum gate_result result;

    for (;;) {
        if (deadline_passed(deadline))
            return GATE_LATE;
        if (tls != NULL && show_plaintext(gate, tls, deadline))
            return gate->refusal == NULL ? GATE_PASSED : GATE_REFUSED;
        result = pass_portion(gate, cut, deadline);
        if (result != GATE_PASSED)
            return result;
        /* TLS can do nothing with part of a record; and what it makes of it is shown. */
        if (tls == NULL && (cut != GATE_CUT_RECORD ||
                            (gate->record.left == 0 && gate->record.header_used == 0)))
            return GATE_PASSED;
    }
}
