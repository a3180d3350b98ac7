/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/suggest.h"

#define WORD_MAX 63

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b)
{
    size_t length_a = strnlen(a, WORD_MAX), length_b = strnlen(b, WORD_MAX);
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= length_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t differs = fold(a[i - 1]) != fold(b[j - 1]);

            row[j] = minimum(minimum(last[j] + 1, row[j - 1] + 1), last[j - 1] + differs);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = minimum(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[length_b];
}

bool suggest_near(const char *typed, const char *candidate)
{
    size_t length = strlen(typed);

    if (length >= 3 && strncasecmp(typed, candidate, length) == 0)
        return true;
    return suggest_distance(typed, candidate) <= (length + 2) / 3;
}
