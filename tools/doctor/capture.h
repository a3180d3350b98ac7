/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CAPTURE_H
#define APPPASS_CAPTURE_H

/* Another program's output. */

#include <stddef.h>

#include "attributes.h"

/*
 * capture - run words[0] (found in PATH and /usr/sbin) without a shell
 *
 * words and settings ("NAME=value", added to the environment; may be NULL) end in NULL.
 * What it printed, malloc'd; NULL where it could not be run or did not exit with 0.
 */
char *capture(const char *const *words, const char *const *settings) MUST_CHECK;

#endif
