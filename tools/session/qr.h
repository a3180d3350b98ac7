/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_QR_H
#define APPPASS_QR_H

/* A QR code: of half blocks, two modules per character, or as SVG. */

#include <stdbool.h>
#include <stdio.h>

#include "attributes.h"

/* `colour`: set black on white explicitly, so that it can be scanned whatever the
 * terminal's colours are; without, light text on a dark ground is taken for granted. */
bool qr_print(FILE *file, const char *text, bool colour) MUST_CHECK;

/* The same as inline SVG for a page; `label` is a text of ours, for those who can't see.
 */
bool qr_svg(FILE *file, const char *text, const char *label) MUST_CHECK;

#endif
