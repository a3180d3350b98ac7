/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_FORM_H
#define APPPASS_FORM_H

/* Forms as browsers send them: application/x-www-form-urlencoded.  Pure functions. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define FORM_BYTES_MAX  16384
#define FORM_FIELDS_MAX 64

struct form {
    size_t count;
    struct form_field {
        const char *name;
        const char *value;
    } fields[FORM_FIELDS_MAX];
};

/*
 * form_parse - decode `length` bytes in place
 *
 * `text` has room for one byte more, and lives as long as the form.  False, and an empty
 * form, for a bad escape, a NUL, what is not UTF-8, or too many fields.
 */
bool form_parse(char *text, size_t length, struct form *form_r) MUST_CHECK;

/* The only value of that name.  NULL: not there, or there twice. */
const char *form_value(const struct form *form, const char *name) MUST_CHECK;

#endif
