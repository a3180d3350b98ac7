/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "output/json.h"
#include "text.h"

void json_start(struct json *json, FILE *file)
{
    *json = (struct json){.file = file};
}

/* `quoted`: the text is to stand in quotes; else it is JSON already. */
static void put_safely(FILE *file, const unsigned char *s, bool quoted)
{
    while (*s != '\0') {
        size_t length;
        uint32_t point = text_point(s, strnlen((const char *)s, TEXT_BYTES_MAX), &length);

        /* Line ends of JSON that is laid out already stay. */
        if (text_unprintable(point) && (quoted || point >= 0x20)) {
            fprintf(file, "\\u%04x", (unsigned)point);
            s += length;
            continue;
        }
        if (quoted && (*s == '"' || *s == '\\'))
            putc('\\', file);
        putc(*s++, file);
    }
}

static void quote(FILE *file, const char *text)
{
    putc('"', file);
    put_safely(file, (const unsigned char *)text, true);
    putc('"', file);
}

/*
 * Comma, line and name before a value.  The members of the outermost value and objects in
 * arrays get a line each; what is deeper stays on theirs.
 */
static void lead(struct json *json, const char *name, bool object)
{
    bool *more = &json->more[json->depth];

    if (json->depth > 0) {
        if (*more)
            putc(',', json->file);
        if (json->depth == 1 || (object && name == NULL)) {
            fprintf(json->file, "\n%*s", 2 * json->depth, "");
            json->broken[json->depth] = true;
        } else if (*more) {
            putc(' ', json->file);
        }
    }
    *more = true;
    if (name != NULL) {
        quote(json->file, name);
        fputs(": ", json->file);
    }
}

void json_open(struct json *json, const char *name, char bracket)
{
    lead(json, name, bracket == '{');
    putc(bracket, json->file);
    if (json->depth + 1 < JSON_DEPTH_MAX)
        json->depth++;
    json->more[json->depth] = json->broken[json->depth] = false;
}

void json_close(struct json *json, char bracket)
{
    bool broken = json->broken[json->depth];

    json->depth--;
    if (broken)
        fprintf(json->file, "\n%*s", 2 * json->depth, "");
    putc(bracket, json->file);
}

void json_string(struct json *json, const char *name, const char *text)
{
    if (text == NULL) {
        json_null(json, name);
        return;
    }
    lead(json, name, false);
    quote(json->file, text);
}

void json_boolean(struct json *json, const char *name, bool value)
{
    json_raw(json, name, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
    json_raw(json, name, "null");
}

void json_raw(struct json *json, const char *name, const char *text)
{
    lead(json, name, false);
    /* Beyond ASCII there are only the strings' own characters. */
    put_safely(json->file, (const unsigned char *)text, false);
}

void json_end(struct json *json)
{
    putc('\n', json->file);
}
