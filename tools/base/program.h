/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROGRAM_H
#define APPPASS_PROGRAM_H

/* Other programs, run without a shell; found in PATH. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "attributes.h"

/* What the program printed, malloc'd; NULL where it could not be run or did not exit with 0.
 * `words` end in NULL.  It has no standard input, and its complaints go nowhere. */
char *program_output(const char *const *words) MUST_CHECK;

/*
 * program_filter - pass `length` bytes, at most a pipe's 64 KiB, through it into `file`
 *
 * False where it could not be run (told) or did not exit with 0 (its own words are on
 * standard error).
 */
bool program_filter(const char *const *words, const char *bytes, size_t length,
                    int file) MUST_CHECK;

#define PROGRAM_TROUBLE_MAX 256

/*
 * program_feed - let it read a file
 *
 * It is in a process group of its own, so that Ctrl-C lets it finish, and what it prints goes
 * to standard error.  After so many milliseconds it is killed.  False where it could not be
 * run or did not exit with 0: why, in `trouble`.
 */
bool program_feed(const char *const *words, FILE *input, int milliseconds,
                  char trouble[PROGRAM_TROUBLE_MAX]) MUST_CHECK;

#endif
