/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LIKE_H
#define APPPASS_LIKE_H

/* An account as typed, * standing for any text. */

/* The SQL LIKE pattern, in lower case; NULL for NULL.  malloc'd. */
char *like_pattern(const char *typed);

#endif
