/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "array.h"
#include "fuzz.h"
#include "settings.h"

/* The input's lines are the values of the options, in the order of the table; an option
 * whose line is missing or "-" is not set. */
struct lines {
    char *text;
    char *value[32];
};

static void split(struct lines *lines)
{
    char *rest = lines->text;

    for (size_t i = 0; i < COUNT(lines->value); i++) {
        lines->value[i] = strsep(&rest, "\n");
        if (lines->value[i] != NULL && strcmp(lines->value[i], "-") == 0)
            lines->value[i] = NULL;
    }
}

static const char *from_lines(void *context, const char *name)
{
    struct lines *lines = context;

    for (size_t i = 0; verifier_settings[i].name != NULL; i++)
        if (strcmp(verifier_settings[i].name, name) == 0)
            return lines->value[i];
    abort();
}

static void check_loaded(const struct settings *settings, struct lines *lines)
{
    const char *conninfo = from_lines(lines, "apppass_conninfo");

    FUZZ_CHECK(settings->timeout_ms >= 100 && settings->timeout_ms <= 60000);
    FUZZ_CHECK(settings->idle_timeout_s >= 0 && settings->idle_timeout_s <= 86400);
    FUZZ_CHECK(settings->fallback == SETTINGS_FALLBACK_NONE ||
               settings->fallback == SETTINGS_FALLBACK_CHECKPASS);
    FUZZ_CHECK(!settings->require_key || settings->key_path != NULL);
    FUZZ_CHECK(settings->memo_path == NULL || settings->memo_path[0] == '/');
    FUZZ_CHECK((settings->conninfo == NULL) == (conninfo == NULL));
    FUZZ_CHECK(conninfo == NULL || strcmp(settings->conninfo, conninfo) == 0);
}

static void check_refused(const char *error)
{
    FUZZ_CHECK(strncmp(error, "apppass_", 8) == 0);
    FUZZ_CHECK(strstr(error, ": ") != NULL);
    for (const char *c = error; *c != '\0'; c++)
        FUZZ_CHECK(*c >= ' ' && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings = {0};
    struct lines lines = {.text = malloc(size + 1)};
    char error[256] = "";

    if (lines.text == NULL)
        return 0;
    memcpy(lines.text, data, size);
    lines.text[size] = '\0';
    split(&lines);
    if (settings_load(verifier_settings, &settings, from_lines, &lines, error,
                      sizeof error))
        check_loaded(&settings, &lines);
    else
        check_refused(error);
    settings_free(verifier_settings, &settings);
    FUZZ_CHECK(settings.conninfo == NULL && settings.key_path == NULL);
    free(lines.text);
    return 0;
}
