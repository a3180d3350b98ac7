/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_TOKEN_H
#define APPPASS_TOKEN_H

/* Tokens of forms: nobody makes one for another person, purpose or state.  No store. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "attributes.h"

#define TOKEN_KEY_BYTES 32
#define TOKEN_MAX       96
#define TOKEN_SECONDS   900 /* how long a form may stay open */

struct token_for {
    const char *user;
    const char *purpose;
    const char *state; /* what the change must find as it was, so that it is made once */
};

/* The key: 64 hexadecimal digits in a file that only its owner may read.  False and a
 * reason otherwise. */
bool token_key_read(const char *path, unsigned char key_r[TOKEN_KEY_BYTES],
                    const char **reason_r) MUST_CHECK;
void token_make(const unsigned char key[TOKEN_KEY_BYTES], const struct token_for *what,
                time_t now, char token_r[TOKEN_MAX]);
bool token_good(const unsigned char key[TOKEN_KEY_BYTES], const struct token_for *what,
                time_t now, const char *token) MUST_CHECK;

#endif
