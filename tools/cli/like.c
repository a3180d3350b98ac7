/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/like.h"

static char folded(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

char *like_start(const char *typed)
{
    char *start = typed != NULL ? strndup(typed, strcspn(typed, "*")) : NULL;

    for (char *letter = start; letter != NULL && *letter != '\0'; letter++)
        *letter = folded(*letter);
    return start;
}

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
        *out++ = *typed == '*' ? '%' : folded(*typed);
    }
    *out = '\0';
    return pattern;
}
