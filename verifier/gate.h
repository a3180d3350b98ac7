/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_GATE_H
#define APPPASS_GATE_H

/*
 * What a server sends, counted and looked at before libpq reads it.
 *
 * libpq reads as long as there is something to read, computes as many rounds of SCRAM as
 * the server asks for, and waits without end for a peer that takes nothing: each inside
 * one call, where no deadline reaches.  So while it connects, and for an answer that does
 * not come in one piece, its descriptor is one end of a socket pair.  The other end is
 * ours: bytes pass one portion at a time, and only so many.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "deadline.h"

#define GATE_BYTES_MAX     (256 * 1024) /* through one gate: a chain of certificates */
#define GATE_REQUESTS_MAX  32           /* authentication messages; four is usual */
#define GATE_REQUEST_BYTES 2048         /* of one of these, as libpq has it */

/* How the bytes to come are cut into portions. */
enum gate_cut {
    GATE_CUT_ANY,      /* whatever is there */
    GATE_CUT_BYTE,     /* one byte: the answer to a request for encryption */
    GATE_CUT_RECORD,   /* one TLS record */
    GATE_CUT_MESSAGES, /* whatever is there, and it is the protocol in clear */
};

enum gate_result {
    GATE_PASSED = 0, /* libpq has something to read, or the end of file */
    GATE_LATE,
    GATE_REFUSED, /* gate->refusal says why */
};

/* Used within one call of the link's; a zeroed one is closed. */
struct gate {
    bool open;
    bool ended;          /* the server has hung up */
    int outer;           /* leads to the server */
    int inner;           /* leads to libpq */
    const char *refusal; /* static; NULL: none */
    size_t passed;
    unsigned char first; /* the byte that GATE_CUT_BYTE passed last */
    struct {
        unsigned char header[5];
        size_t header_used;
        size_t left; /* of the payload */
    } record;
    size_t shown; /* bytes of the TLS record that have been looked at and not read */
    struct {
        unsigned char header[5];
        size_t header_used;
        size_t left; /* of the body */
        size_t body_used;
        unsigned char body[GATE_REQUEST_BYTES + 1];
        unsigned requests;
    } message;
};

/* Take the place of `fd` at libpq's end.  False: no descriptors. */
bool gate_open(struct gate *gate, int fd) MUST_CHECK;

/* Pass on what libpq has written.  False where it has closed its end (the gate is then
 * closed too), or the server takes nothing before the deadline. */
bool gate_send(struct gate *gate, struct deadline deadline) MUST_CHECK;

/*
 * gate_admit - let the next portion through, once it is there
 *
 * `tls` is libpq's SSL object where the connection is encrypted by it, otherwise NULL:
 * the messages inside a record are looked at as those in clear are.
 */
enum gate_result gate_admit(struct gate *gate, enum gate_cut cut, void *tls,
                            struct deadline deadline) MUST_CHECK;

/* Look at bytes that passed unseen and turned out to be the protocol in clear. */
bool gate_inspect(struct gate *gate, const unsigned char *bytes, size_t length,
                  struct deadline deadline) MUST_CHECK;

/* Has libpq read all that passed? */
bool gate_empty(const struct gate *gate, int fd) MUST_CHECK;

/* Give the server's socket back to `fd` (-1: libpq has closed it).  False: lost. */
bool gate_close(struct gate *gate, int fd);

#endif
