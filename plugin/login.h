/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LOGIN_H
#define APPPASS_LOGIN_H

/*
 * The exchange of the LOGIN mechanism (draft-murchison-sasl-login): user name, then
 * password, each after a prompt; the user name may come as initial response.  Pure: no
 * SASL, no allocation.
 */

#include <stddef.h>

#include "attributes.h"
#include "credentials.h"
#include "secret.h"

/* What the stock mechanism asks: some clients look for these very words. */
#define LOGIN_USERNAME_PROMPT "Username:"
#define LOGIN_PASSWORD_PROMPT "Password:"

enum login_progress {
    LOGIN_OVER = 0, /* the exchange has ended already */
    LOGIN_ASK_USERNAME,
    LOGIN_ASK_PASSWORD,
    LOGIN_COMPLETE /* the credentials are there */
};

enum login_state {
    LOGIN_STATE_START = 0,
    LOGIN_STATE_USERNAME, /* the next message is the user name */
    LOGIN_STATE_PASSWORD,
    LOGIN_STATE_END
};

/* One exchange; starts zeroed, ends with login_wipe. */
struct login {
    enum login_state state;
    struct secret username; /* people type passwords into the wrong field */
};

/*
 * login_step - one message of the client
 *
 * `message` is `length` bytes of any content (NULL where length is 0).  On LOGIN_COMPLETE
 * the parts of *credentials_r point into `login` and `message`; an over-long user name is
 * cut, but never to a length that the verifier accepts.  Zeroed otherwise.
 */
enum login_progress login_step(struct login *login, const char *message, size_t length,
                               struct credentials *credentials_r) MUST_CHECK;

void login_wipe(struct login *login);

#endif
