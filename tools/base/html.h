/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_HTML_H
#define APPPASS_HTML_H

/* Text that people typed, on a page. */

#include <stdio.h>

/* Write `text` so that it is text, between tags and inside quotes alike. */
void html_text(FILE *page, const char *text);

#endif
