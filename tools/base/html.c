/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/html.h"

void html_text(FILE *page, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        switch (c) {
        case '&':
        case '<':
        case '>':
        case '"':
        case '\'':
            fprintf(page, "&#%d;", c);
            break;
        default:
            putc(c < 0x20 || c == 0x7f ? ' ' : c, page);
        }
    }
}
