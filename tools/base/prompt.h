/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PROMPT_H
#define APPPASS_PROMPT_H

/* Questions to the operator, on the controlling terminal. */

#include <stdbool.h>

#include "attributes.h"
#include "secret.h"

/*
 * prompt_secret - read a line without echo
 *
 * False where there is no terminal, the line is too long, at end of file and on Ctrl-C.
 * The terminal's mode is restored in every case.
 */
bool prompt_secret(const char *question, struct secret *secret_r) MUST_CHECK;

/* A code: asked for on the terminal, or where standard input is none its first line. */
bool prompt_code(struct secret *code_r) MUST_CHECK;

/* Is there somebody to ask? */
bool prompt_possible(void);

/* A line of answer; false at end of file, on Ctrl-C and where it is too long. */
bool prompt_line(const char *question, struct secret *answer_r) MUST_CHECK;

/* "question (y/N) ": true for y and yes only. */
bool prompt_confirm(const char *question) MUST_CHECK;

#endif
