/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LETTER_H
#define APPPASS_LETTER_H

/* A mail in the form of RFC 5322, in UTF-8. */

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "attributes.h"

struct letter {
    const char *name;      /* of the sender, any text */
    const char *sender;    /* letter_address_valid() */
    const char *recipient; /* an account's name or an address, as the schema has them */
    const char *subject;   /* any text without line ends */
    const char *language;
    const char *key; /* what makes the Message-ID: the same for the same mail */
    time_t date;
    const char *text; /* lines */
};

void letter_write(FILE *file, const struct letter *letter);

/* The address as a header and sendmail(1) take it: a local part that needs quotes has
 * them.  malloc'd. */
char *letter_address(const char *address);

/* LOCAL@DOMAIN in ASCII that needs no quotes? */
bool letter_address_valid(const char *address) MUST_CHECK;

#endif
