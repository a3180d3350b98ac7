/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "array.h"
#include "settings.h"

static const char *const fallback_choices[] = {
    [SETTINGS_FALLBACK_NONE] = "none",
    [SETTINGS_FALLBACK_CHECKPASS] = "checkpass",
    NULL,
};

/* It is put behind an "@", so a stray one here would make names that match nobody. */
static const char *check_realm(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '@' || *c == ' ')
            return "write the domain alone, such as example.org";
    return NULL;
}

#define MEMBER(name) .offset = offsetof(struct settings, name)

const struct setting verifier_settings[] = {
    {.name = "apppass_conninfo",
     .type = SETTING_STRING,
     MEMBER(conninfo),
     .help = "The libpq connection string of the database; its presence turns app "
             "passwords on."},
    {.name = "apppass_timeout",
     .type = SETTING_INTEGER,
     .fallback = "5000",
     .min = 100,
     .max = 60000,
     MEMBER(timeout_ms),
     .unit = "ms",
     .help = "The longest time one login attempt may take, connecting included."},
    {.name = "apppass_idle_timeout",
     .type = SETTING_INTEGER,
     .fallback = "60",
     .min = 0,
     .max = 86400,
     MEMBER(idle_timeout_s),
     .unit = "s",
     .help = "The database closes a connection unused for so long; 0 keeps it open."},
    {.name = "apppass_realm",
     .type = SETTING_STRING,
     MEMBER(realm),
     .check = check_realm,
     .help = "The domain added to a user name that has none."},
    {.name = "apppass_memo",
     .type = SETTING_PATH,
     MEMBER(memo_path),
     .help = "The file in which the processes of one service remember verified codes; "
             "made where it is missing."},
    {.name = "apppass_key",
     .type = SETTING_PATH,
     MEMBER(key_path),
     .help = "The file of keys for keyed hashes."},
    {.name = "apppass_require_key",
     .type = SETTING_BOOLEAN,
     .fallback = "no",
     MEMBER(require_key),
     .needs = "apppass_key",
     .help = "Whether a hash without a key is refused."},
    {.name = "apppass_fallback",
     .type = SETTING_CHOICE,
     .fallback = "none",
     .choices = fallback_choices,
     MEMBER(fallback),
     .help = "Whether a main password is tried where the database allows it for the "
             "account."},
    {.name = "apppass_record_conninfo",
     .type = SETTING_STRING,
     MEMBER(record_conninfo),
     .needs = "apppass_conninfo",
     .help = "The connection string of the primary, to record on where the first one "
             "names a standby."},
    {.name = "apppass_cyrus_proc",
     .type = SETTING_PATH,
     MEMBER(cyrus_proc),
     .help = "The proc_path of imapd.conf, where the plugin says whom timsieved serves."},
    {.name = NULL},
};

static bool is_string(const struct setting *setting)
{
    return setting->type == SETTING_STRING || setting->type == SETTING_PATH;
}

static char **string_member(const struct setting *setting, void *target)
{
    return (char **)(void *)((char *)target + setting->offset);
}

/* Each of these stores a valid text, or returns false with what to write in `hint`. */

static bool load_string(const struct setting *setting, void *target, const char *text,
                        char *hint, size_t hint_size)
{
    char **member = string_member(setting, target);

    if (text[0] == '\0') {
        snprintf(hint, hint_size, "is empty, write a value or leave the option out");
        return false;
    }
    if (strlen(text) >= SETTING_TEXT_MAX) {
        snprintf(hint, hint_size, "is too long, write less than %d bytes",
                 SETTING_TEXT_MAX);
        return false;
    }
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            snprintf(hint, hint_size,
                     "holds a control character, write it on one line without tabs");
            return false;
        }
    if (setting->type == SETTING_PATH && text[0] != '/') {
        snprintf(hint, hint_size,
                 "is not an absolute path: write one that starts with /");
        return false;
    }
    *member = strdup(text);
    if (*member == NULL)
        snprintf(hint, hint_size, "could not be stored: %s", strerror(errno));
    return *member != NULL;
}

static bool load_integer(const struct setting *setting, void *target, const char *text,
                         char *hint, size_t hint_size)
{
    long *member = (long *)(void *)((char *)target + setting->offset);
    const char *digits = text[0] == '-' ? text + 1 : text;
    bool number = digits[0] != '\0' && digits[strspn(digits, "0123456789")] == '\0';
    long value;

    errno = 0;
    value = number ? strtol(text, NULL, 10) : 0;
    if (!number || errno != 0 || value < setting->min || value > setting->max) {
        snprintf(hint, hint_size, "is %s, write a number from %ld to %ld%s%s%s",
                 number ? "out of range" : "no whole number", setting->min, setting->max,
                 setting->unit == NULL ? "" : " (",
                 setting->unit == NULL ? "" : setting->unit,
                 setting->unit == NULL ? "" : ")");
        return false;
    }
    *member = value;
    return true;
}

static bool load_boolean(const struct setting *setting, void *target, const char *text,
                         char *hint, size_t hint_size)
{
    static const char *const words[] = {"no",  "yes", "false", "true",
                                        "off", "on",  "0",     "1"};
    bool *member = (bool *)(void *)((char *)target + setting->offset);

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasecmp(text, words[i]) == 0) {
            *member = i % 2 == 1;
            return true;
        }
    snprintf(hint, hint_size, "is neither yes nor no, write one of them");
    return false;
}

static bool load_choice(const struct setting *setting, void *target, const char *text,
                        char *hint, size_t hint_size)
{
    int *member = (int *)(void *)((char *)target + setting->offset);
    size_t used;

    for (int i = 0; setting->choices[i] != NULL; i++)
        if (strcasecmp(text, setting->choices[i]) == 0) {
            *member = i;
            return true;
        }
    used = (size_t)snprintf(hint, hint_size, "is not known, write one of:");
    for (size_t i = 0; setting->choices[i] != NULL && used < hint_size; i++)
        used +=
            (size_t)snprintf(hint + used, hint_size - used, " %s", setting->choices[i]);
    return false;
}

static bool load_one(const struct setting *setting, void *target, const char *text,
                     char *hint, size_t hint_size)
{
    const char *advice = setting->check == NULL ? NULL : setting->check(text);

    if (text[0] != '\0' && advice != NULL) {
        snprintf(hint, hint_size, "can't be used, %s", advice);
        return false;
    }
    switch (setting->type) {
    case SETTING_STRING:
    case SETTING_PATH:
        return load_string(setting, target, text, hint, hint_size);
    case SETTING_INTEGER:
        return load_integer(setting, target, text, hint, hint_size);
    case SETTING_BOOLEAN:
        return load_boolean(setting, target, text, hint, hint_size);
    case SETTING_CHOICE:
        return load_choice(setting, target, text, hint, hint_size);
    }
    return false;
}

/* Was something asked for that `needs` may speak about? */
static bool in_use(const struct setting *setting, void *target, const char *text)
{
    if (setting->type == SETTING_BOOLEAN)
        return *(bool *)(void *)((char *)target + setting->offset);
    return text != NULL;
}

bool settings_load(const struct setting *table, void *target, settings_source *source,
                   void *context, char *error, size_t error_size)
{
    char hint[256];

    for (const struct setting *setting = table; setting->name != NULL; setting++) {
        const char *given = source(context, setting->name);
        const char *text = given != NULL ? given : setting->fallback;

        if (text == NULL)
            continue;
        if (!load_one(setting, target, text, hint, sizeof hint)) {
            snprintf(error, error_size, "%s: %s", setting->name, hint);
            return false;
        }
        if (setting->needs != NULL && in_use(setting, target, given) &&
            source(context, setting->needs) == NULL) {
            snprintf(error, error_size, "%s: has no effect alone, set %s too",
                     setting->name, setting->needs);
            return false;
        }
    }
    return true;
}

void settings_free(const struct setting *table, void *target)
{
    for (const struct setting *setting = table; setting->name != NULL; setting++) {
        char **member;

        if (!is_string(setting))
            continue;
        member = string_member(setting, target);
        if (*member != NULL)
            sodium_memzero(*member, strlen(*member));
        free(*member);
        *member = NULL;
    }
}
