/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "log.h"

char *quote_word(const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789@%+=:,./_-";
    char *clean = strdup(word), *quoted, *out;

    if (clean == NULL)
        return NULL;
    log_sanitise(clean);
    if (clean[0] != '\0' && clean[0] != '-' && clean[strspn(clean, safe)] == '\0')
        return clean;
    /* A single quote becomes four characters. */
    quoted = malloc(4 * strlen(clean) + 3);
    if (quoted != NULL) {
        out = quoted;
        *out++ = '\'';
        for (const char *c = clean; *c != '\0'; c++) {
            if (*c == '\'') {
                memcpy(out, "'\\''", 4);
                out += 4;
            } else {
                *out++ = *c;
            }
        }
        *out++ = '\'';
        *out = '\0';
    }
    free(clean);
    return quoted;
}
