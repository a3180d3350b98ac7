/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CODE_H
#define APPPASS_CODE_H

/* The app-password format: make one, recognise what a person pasted, check symbol. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "secret.h"

/*
 * A code is 4 selector + N secret + 1 check symbol of the alphabet below, N+5 being 16,
 * 20, 24 or 28.  The canonical form is lower case without separators; that form is
 * hashed.
 */
#define CODE_ALPHABET        "0123456789abcdefghjkmnpqrstvwxyz"
#define CODE_SELECTOR_LENGTH 4
#define CODE_LENGTH_MIN      16
#define CODE_LENGTH_DEFAULT  20
#define CODE_LENGTH_MAX      28
#define CODE_DISPLAY_MAX     35 /* bytes of the grouped form: 28 symbols, 6 hyphens, NUL */

struct code {
    size_t length;                           /* symbols: 16, 20, 24 or 28 */
    char symbols[CODE_LENGTH_MAX + 1];       /* canonical, NUL-terminated; secret */
    char selector[CODE_SELECTOR_LENGTH + 1]; /* NUL-terminated; not secret */
};

/*
 * What was typed, judged by its shape after normalising.  n is its number of symbols, and
 * "fault" means one slip of the finger: u (not in the alphabet, meant for v) at a valid
 * n, or n one off a valid length (a symbol left out or doubled).
 *
 *   valid n, only symbols of the alphabet, check symbol right   VALID
 *   valid n, only symbols of the alphabet, check symbol wrong   MISTYPED
 *   exactly one fault, and it looks machine-made                MISTYPED
 *   everything else: shorter than 15, longer than 29, other
 *   characters, invalid UTF-8, NUL                              NONE
 *
 * "Looks machine-made": a digit was typed, and the letters are all of one case, the first
 * one aside (telephones capitalise it).  A random code of 16 symbols without a digit is
 * one in 400.  A main password of exactly 16, 20, 24 or 28 letters and digits can't be
 * told from a mistyped code, so where main passwords are accepted, MISTYPED must not rule
 * one out; a shorter one than 15 is always NONE.
 */
enum code_shape {
    CODE_SHAPE_NONE = 0, /* not code-shaped: a main password, say */
    CODE_SHAPE_MISTYPED, /* code-shaped, but the check symbol does not match */
    CODE_SHAPE_VALID
};

/* True for the four lengths above. */
bool code_length_valid(size_t length);

/*
 * code_make - a new random code of `length` symbols
 *
 * False (and a zeroed *code_r) for an invalid length, or where the system has no random
 * source.  Wipe with code_wipe.
 */
bool code_make(size_t length, struct code *code_r) MUST_CHECK;

/*
 * code_parse - recognise what was typed or pasted
 *
 * `text` is `length` bytes, any content.  Folds case, o to 0, i and l to 1.  Drops ASCII
 * and Unicode white space (tab, line ends, no-break, ideographic, ...), zero-width and
 * direction marks, byte order mark, hyphens and dashes (soft, no-break, figure, en, em,
 * full-width, minus sign), and underscores.  Full-width letters and digits are what they
 * look like.  In front of the first symbol and behind the last, quotes, brackets and what
 * ends a sentence are dropped too.  *code_r is filled for CODE_SHAPE_VALID only and
 * zeroed otherwise.  No allocation, no early exit that depends on the secret's content
 * beyond its shape.
 */
enum code_shape code_parse(const char *text, size_t length,
                           struct code *code_r) MUST_CHECK;

/* How many symbols were typed, whatever their shape; 0 where other characters are in
 * between, or there are more than 29. */
size_t code_count(const char *text, size_t length) MUST_CHECK;

/*
 * code_check_symbol - the check symbol over `length` symbols of the alphabet
 *
 * A symbol's value is its index in CODE_ALPHABET.  Horner over GF(32), primitive
 * polynomial x^5+x^2+1: acc = alpha*acc + symbol, from acc = 0; the check symbol c makes
 * alpha*acc + c = 0.  alpha has order 31, so any two positions of a code have different
 * weights: every single wrong symbol and every swap of two different symbols is caught.
 * '\0' where a symbol is not of the alphabet (capitals are not).
 */
char code_check_symbol(const char *symbols, size_t length);

/* The form shown to people: groups of four with hyphens.  `display` holds
 * CODE_DISPLAY_MAX bytes. */
void code_format(const struct code *code, char display[CODE_DISPLAY_MAX]);

/* Overwrite. */
void code_wipe(struct code *code);

#endif
