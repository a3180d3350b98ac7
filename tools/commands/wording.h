/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_WORDING_H
#define APPPASS_WORDING_H

/* What owners are told, in words: files of sections, one file for each language. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

enum field {
    FIELD_ACCOUNT,
    FIELD_ADDRESS,
    FIELD_AT,
    FIELD_BY,
    FIELD_COUNT,
    FIELD_DEVICE,
    FIELD_ENDS,
    FIELD_ITEMS,
    FIELD_NETWORK,
    FIELD_PORTAL,
    FIELD_REALM,
    FIELD_SELECTOR,
    FIELD_SERVICE,
    FIELD_SERVICES,
    FIELD_USED,
    FIELD_END
};

struct wording;

/*
 * wording_load - every FOLDER/LANGUAGE.txt
 *
 * NULL: there is none, or one of them lacks a section or names a field that there is not;
 * told.  Free with wording_free.
 */
struct wording *wording_load(const char *folder) MUST_CHECK;
void wording_free(struct wording **list);

/* That of the language, of the language without what follows its hyphen, English, or any. */
const struct wording *wording_choose(const struct wording *list, const char *language);
const char *wording_language(const struct wording *chosen); /* "en"; borrowed */

/*
 * wording_text - a section with the fields filled in, but for its subject
 *
 * A line that has a field without a value (NULL) is left out.  malloc'd; the program ends
 * where there is no memory.  NULL: there is no such section.
 */
char *wording_text(const struct wording *chosen, const char *section,
                   const char *const *values);
/* Its subject alone. */
char *wording_subject(const struct wording *chosen, const char *section,
                      const char *const *values);
/* What [words] has for a name; malloc'd, NULL: nothing. */
char *wording_word(const struct wording *chosen, const char *name);

#endif
