/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_QUOTE_H
#define APPPASS_QUOTE_H

/* Words of commands that the operator is to copy into a shell. */

/* `word` as a shell takes it back: bare where that is safe, else in single quotes.
 * Control characters become '?'.  malloc'd. */
char *quote_word(const char *word);

#endif
