/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The page's forms: whatever is parsed is text, stays inside the buffer, and leaves the
 * page without markup; an error leaves nothing.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "fuzz.h"
#include "base/html.h"
#include "text.h"

static void check_escaped(const char *typed)
{
    char *bytes = NULL;
    size_t length = 0;
    FILE *page = open_memstream(&bytes, &length);

    FUZZ_CHECK(page != NULL);
    html_text(page, typed);
    fclose(page);
    FUZZ_CHECK(strpbrk(bytes, "<>\"'") == NULL);
    for (const char *c = bytes; (c = strchr(c, '&')) != NULL; c++)
        FUZZ_CHECK(c[1] == '#');
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct form form;

    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    if (!form_parse(text, size, &form))
        FUZZ_CHECK(form.count == 0);
    FUZZ_CHECK(form.count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < form.count; i++) {
        const char *name = form.fields[i].name, *value = form.fields[i].value;

        FUZZ_CHECK(name >= text && value > name && value <= text + size);
        FUZZ_CHECK(text_valid(name, strlen(name)) && text_valid(value, strlen(value)));
        check_escaped(value);
    }
    free(text);
    return 0;
}
