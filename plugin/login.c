/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "login.h"
#include "store.h"

/* One byte more than the longest name the verifier takes is enough to be refused by it.
 */
_Static_assert(STORE_NAME_MAX <= SECRET_MAX, "an over-long user name fits the buffer");

static void keep_username(struct login *login, const char *message, size_t length)
{
    size_t kept = length < STORE_NAME_MAX ? length : STORE_NAME_MAX;

    if (!secret_set(&login->username, message, kept))
        login->username.length = 0;
}

enum login_progress login_step(struct login *login, const char *message, size_t length,
                               struct credentials *credentials_r)
{
    memset(credentials_r, 0, sizeof *credentials_r);
    switch (login->state) {
    case LOGIN_STATE_START:
        if (length == 0) {
            login->state = LOGIN_STATE_USERNAME;
            return LOGIN_ASK_USERNAME;
        }
        /* the initial response is the user name */
        __attribute__((fallthrough));
    case LOGIN_STATE_USERNAME:
        keep_username(login, message, length);
        login->state = LOGIN_STATE_PASSWORD;
        return LOGIN_ASK_PASSWORD;
    case LOGIN_STATE_PASSWORD:
        credentials_r->authcid = login->username.bytes;
        credentials_r->authcid_length = login->username.length;
        credentials_r->password = message;
        credentials_r->password_length = length;
        login->state = LOGIN_STATE_END;
        return LOGIN_COMPLETE;
    case LOGIN_STATE_END:
        break;
    }
    return LOGIN_OVER;
}

void login_wipe(struct login *login)
{
    secret_wipe(&login->username);
    login->state = LOGIN_STATE_END;
}
