/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "array.h"
#include "token.h"

_Static_assert(TOKEN_KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES, "the key of the HMAC");

bool token_key_read(const char *path, unsigned char key_r[TOKEN_KEY_BYTES],
                    const char **reason_r)
{
    char text[2 * TOKEN_KEY_BYTES + 1] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat found;
    size_t length = 0;
    bool good = false;

    memset(key_r, 0, TOKEN_KEY_BYTES);
    if (file < 0 || fstat(file, &found) < 0)
        *reason_r = strerror(errno);
    else if (!S_ISREG(found.st_mode) || (found.st_mode & (S_IRWXO | S_IWGRP)) != 0 ||
             (found.st_uid != 0 && found.st_uid != geteuid()))
        *reason_r = "must be a file of root's or of this user's, out of others' reach";
    else if (read(file, text, sizeof text - 1) != sizeof text - 1 ||
             sodium_hex2bin(key_r, TOKEN_KEY_BYTES, text, sizeof text - 1, NULL, &length,
                            NULL) != 0 ||
             length != TOKEN_KEY_BYTES)
        *reason_r = "must start with 64 hexadecimal digits";
    else
        good = true;
    if (file >= 0)
        close(file);
    sodium_memzero(text, sizeof text);
    return good;
}

static void sign(const unsigned char key[TOKEN_KEY_BYTES], const struct token_for *what,
                 long long moment, char token_r[TOKEN_MAX])
{
    crypto_auth_hmacsha256_state state;
    unsigned char tag[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof tag + 1], time_text[24];
    const char *const parts[] = {what->user, what->purpose, what->state, time_text};

    snprintf(time_text, sizeof time_text, "%llx", moment);
    crypto_auth_hmacsha256_init(&state, key, TOKEN_KEY_BYTES);
    /* With their NULs, so that no two lists of parts are the same bytes. */
    for (size_t i = 0; i < COUNT(parts); i++)
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i],
                                      strlen(parts[i]) + 1);
    crypto_auth_hmacsha256_final(&state, tag);
    sodium_bin2hex(hex, sizeof hex, tag, sizeof tag);
    snprintf(token_r, TOKEN_MAX, "%s.%s", time_text, hex);
    sodium_memzero(&state, sizeof state);
}

void token_make(const unsigned char key[TOKEN_KEY_BYTES], const struct token_for *what,
                time_t now, char token_r[TOKEN_MAX])
{
    sign(key, what, (long long)now, token_r);
}

bool token_good(const unsigned char key[TOKEN_KEY_BYTES], const struct token_for *what,
                time_t now, const char *token)
{
    char expected[TOKEN_MAX];
    char *end;
    long long moment = strtoll(token, &end, 16);

    if (*end != '.' || moment < 0 || moment > (long long)now ||
        moment < (long long)now - TOKEN_SECONDS)
        return false;
    sign(key, what, moment, expected);
    return strlen(token) == strlen(expected) &&
           sodium_memcmp(token, expected, strlen(expected)) == 0;
}
