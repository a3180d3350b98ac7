/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "like.h"

char *like_pattern(const char *typed)
{
    char *pattern, *out;

    if (typed == NULL)
        return NULL;
    pattern = malloc(2 * strlen(typed) + 1);
    if (pattern == NULL)
        return NULL;
    out = pattern;
    for (; *typed != '\0'; typed++) {
        if (*typed == '%' || *typed == '_' || *typed == '\\')
            *out++ = '\\';
        if (*typed == '*')
            *out++ = '%';
        else if (*typed >= 'A' && *typed <= 'Z')
            *out++ = (char)(*typed - 'A' + 'a');
        else
            *out++ = *typed;
    }
    *out = '\0';
    return pattern;
}
