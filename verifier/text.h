/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_TEXT_H
#define APPPASS_TEXT_H

/* UTF-8 (RFC 3629), one code point after the other.  Pure functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attributes.h"

#define TEXT_INVALID   UINT32_MAX
#define TEXT_BYTES_MAX 4 /* of one code point */

/*
 * text_point - the code point at `bytes`, of which `left` (at least one) are there
 *
 * *length_r: its length in bytes.  TEXT_INVALID, and a length of 1, where no well-formed
 * sequence begins.  Reads no further than the sequence goes on being well-formed, so that
 * a NUL ends it.
 */
uint32_t text_point(const void *bytes, size_t left, size_t *length_r) MUST_CHECK;

/* Well-formed UTF-8 without NUL? */
bool text_valid(const char *bytes, size_t length) MUST_CHECK;

/* C0, DEL or C1? */
bool text_control(uint32_t point) MUST_CHECK;

/* A control, or what reorders or hides text on a terminal?  Not the joiners, of which Persian
 * words and pictures of several people are made. */
bool text_unprintable(uint32_t point) MUST_CHECK;

#endif
