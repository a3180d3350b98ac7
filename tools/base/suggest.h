/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SUGGEST_H
#define APPPASS_SUGGEST_H

/* Near matches for a mistyped word. */

#include <stdbool.h>
#include <stddef.h>

/*
 * Edits between two words: insert, delete, replace, or swap of neighbours (optimal string
 * alignment), letter case ignored.  Longer words than 63 bytes are compared by their
 * first 63.
 */
size_t suggest_distance(const char *a, const char *b);

/* Is `candidate` near enough to `typed` to be offered?  A third of its letters may
 * differ, or `typed` is how it begins. */
bool suggest_near(const char *typed, const char *candidate);

#endif
