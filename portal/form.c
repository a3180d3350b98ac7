/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "form.h"
#include "text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode one name or value onto itself and end it.  False: not text. */
static bool decode(char *text, size_t length)
{
    size_t out = 0;

    for (size_t in = 0; in < length; in++) {
        char c = text[in];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = in + 2 < length ? hex_digit(text[in + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[in + 2]) : -1;

            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            in += 2;
        }
        text[out++] = c;
    }
    text[out] = '\0';
    return text_valid(text, out);
}

bool form_parse(char *text, size_t length, struct form *form_r)
{
    size_t at = 0;

    memset(form_r, 0, sizeof *form_r);
    while (at < length) {
        char *pair = text + at;
        const char *end = memchr(pair, '&', length - at);
        size_t size = end != NULL ? (size_t)(end - pair) : length - at;
        char *equals = memchr(pair, '=', size);
        size_t name = equals != NULL ? (size_t)(equals - pair) : size;

        at += size + 1;
        if (size == 0)
            continue;
        if (equals == NULL || form_r->count == FORM_FIELDS_MAX ||
            !decode(pair + name + 1, size - name - 1) || !decode(pair, name)) {
            memset(form_r, 0, sizeof *form_r);
            return false;
        }
        form_r->fields[form_r->count].name = pair;
        form_r->fields[form_r->count++].value = pair + name + 1;
    }
    return true;
}

const char *form_value(const struct form *form, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) != 0)
            continue;
        if (value != NULL)
            return NULL;
        value = form->fields[i].value;
    }
    return value;
}
