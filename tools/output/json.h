/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_JSON_H
#define APPPASS_JSON_H

/*
 * A small JSON writer (RFC 8259).
 *
 * Names are given for members of objects and NULL for elements of arrays.  Control
 * characters, and those that reorder text on a terminal, are written as escapes.
 */

#include <stdbool.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 8

struct json {
    FILE *file;
    int depth;
    bool more[JSON_DEPTH_MAX];   /* something was written at this depth: a comma is due */
    bool broken[JSON_DEPTH_MAX]; /* on several lines */
};

void json_start(struct json *json, FILE *file);
void json_open(struct json *json, const char *name, char bracket);       /* '{' or '[' */
void json_close(struct json *json, char bracket);                        /* '}' or ']' */
void json_string(struct json *json, const char *name, const char *text); /* NULL: null */
void json_boolean(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);
/* Text that is a JSON value already: a number of the database, say. */
void json_raw(struct json *json, const char *name, const char *text);
/* End of the document: a newline. */
void json_end(struct json *json);

#endif
