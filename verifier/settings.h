/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SETTINGS_H
#define APPPASS_SETTINGS_H

/* The option table (name, type, default, range, help) and its loader. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

enum setting_type {
    SETTING_STRING,  /* char *: not empty, no control characters */
    SETTING_PATH,    /* char *: a string that starts with "/" */
    SETTING_INTEGER, /* long: decimal digits, nothing else */
    SETTING_BOOLEAN, /* bool: yes no true false on off 1 0, any case */
    SETTING_CHOICE   /* int: one of the words, any case */
};

struct setting {
    const char *name; /* "apppass_timeout" */
    enum setting_type type;
    const char *fallback;       /* default, as it would be written; NULL: none */
    long min, max;              /* SETTING_INTEGER only */
    const char *const *choices; /* SETTING_CHOICE: NULL-terminated; value = index */
    size_t offset;              /* of the member: char *, long, bool or int */
    const char *unit;           /* "ms", "s" or NULL */
    const char *help;           /* one sentence, for documentation and the lint */
    /* Further test of the text: NULL, or what to write instead.  NULL: none. */
    const char *(*check)(const char *text);
    /* An option that must be set where this one is (a boolean: is yes).  NULL: none. */
    const char *needs;
};

/* Longest text of one option, NUL included. */
#define SETTING_TEXT_MAX 4096

enum settings_fallback { SETTINGS_FALLBACK_NONE, SETTINGS_FALLBACK_CHECKPASS };

/* Options of the verifier.  Strings are owned; settings_free releases and wipes them. */
struct settings {
    char *conninfo; /* NULL: not configured */
    long timeout_ms;
    long idle_timeout_s;
    char *realm;     /* NULL: bare user names stay bare */
    char *memo_path; /* NULL: no memo */
    char *key_path;  /* NULL: no keyed hashes */
    bool require_key;
    int fallback;          /* enum settings_fallback */
    char *record_conninfo; /* NULL: record on the first connection */
    char *cyrus_proc;      /* NULL: the plugin does not say whom it serves */
};

/* The verifier's table, for struct settings; a name of NULL ends it.  Other programs add
 * a table and a structure of their own and load both from the same source. */
extern const struct setting verifier_settings[];

/* Where values come from: returns the text of option `name`, or NULL where it is not set.
 */
typedef const char *settings_source(void *context, const char *name);

/*
 * settings_load - fill `target` (zeroed by the caller) from a table and a source
 *
 * Every value is validated: false and "apppass_x: reason, what to write instead" in
 * `error` at the first bad one; target is then safe to settings_free.  Strings are
 * copied.  The message never repeats the value, which may hold a password.
 */
bool settings_load(const struct setting *table, void *target, settings_source *source,
                   void *context, char *error, size_t error_size) MUST_CHECK;

/* Free and wipe the strings of `target` by the table. */
void settings_free(const struct setting *table, void *target);

#endif
