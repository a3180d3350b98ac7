/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LIKE_H
#define APPPASS_LIKE_H

/* An account as typed, * standing for any text. */

/* The SQL LIKE pattern, in lower case; NULL for NULL.  malloc'd. */
char *like_pattern(const char *typed);

/*
 * What comes before the first *, in lower case; NULL for NULL.  malloc'd.  The views keep
 * LIKE for last, so ask starts_with() as well: that reaches the index.
 */
char *like_start(const char *typed);

#endif
