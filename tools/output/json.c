/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>

#include "output/json.h"

void json_start(struct json *json, FILE *file)
{
    *json = (struct json){.file = file};
}

/*
 * The code point of a two- or three-byte sequence that a terminal might obey (C1, zero
 * width, direction marks, byte order mark); 0 for all else.  The database sends valid
 * UTF-8 only.
 */
static uint32_t unprintable(const unsigned char *s, size_t *length_r)
{
    uint32_t point;

    if ((s[0] & 0xe0) == 0xc0 && s[1] != '\0') {
        point = (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
        *length_r = 2;
        return point < 0xa0 || point == 0xad ? point : 0;
    }
    if ((s[0] & 0xf0) == 0xe0 && s[1] != '\0' && s[2] != '\0') {
        point =
            (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
        *length_r = 3;
        if ((point >= 0x200b && point <= 0x200f) ||
            (point >= 0x2028 && point <= 0x202e) ||
            (point >= 0x2060 && point <= 0x206f) || point == 0xfeff)
            return point;
    }
    return 0;
}

/* `quoted`: the text is to stand in quotes; else it is JSON already. */
static void put_safely(FILE *file, const unsigned char *s, bool quoted)
{
    while (*s != '\0') {
        size_t length = 1;
        uint32_t point =
            *s == 0x7f || (quoted && *s < 0x20) ? *s : unprintable(s, &length);

        if (point != 0) {
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

void json_integer(struct json *json, const char *name, long long number)
{
    lead(json, name, false);
    fprintf(json->file, "%lld", number);
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
