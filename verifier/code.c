/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "array.h"
#include "code.h"
#include "text.h"

/* What one typed character means; values 0..31 are symbols. */
enum { FOREIGN = 32, LETTER_U, SEPARATOR, EDGE };

static const char alphabet[] = CODE_ALPHABET;

bool code_length_valid(size_t length)
{
    return length >= CODE_LENGTH_MIN && length <= CODE_LENGTH_MAX && length % 4 == 0;
}

/* Multiply by alpha modulo x^5+x^2+1 (0x25), without a branch on the secret value. */
static unsigned times_alpha(unsigned value)
{
    return ((value << 1) ^ (0x25U & (0U - (value >> 4 & 1U)))) & 0x1fU;
}

/* Index in the alphabet of a lower-case character that is in it; FOREIGN otherwise. */
static unsigned symbol_value(char symbol)
{
    const char *found = symbol == '\0' ? NULL : strchr(alphabet, symbol);

    return found == NULL ? FOREIGN : (unsigned)(found - alphabet);
}

char code_check_symbol(const char *symbols, size_t length)
{
    unsigned acc = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned value = symbol_value(symbols[i]);

        if (value == FOREIGN)
            return '\0';
        acc = times_alpha(acc) ^ value;
    }
    return alphabet[times_alpha(acc)];
}

bool code_make(size_t length, struct code *code_r)
{
    unsigned char random[CODE_LENGTH_MAX];

    memset(code_r, 0, sizeof *code_r);
    if (!code_length_valid(length) || sodium_init() < 0)
        return false;
    randombytes_buf(random, sizeof random);
    for (size_t i = 0; i + 1 < length; i++)
        code_r->symbols[i] = alphabet[random[i] & 0x1f]; /* 32 divides 256: no bias */
    code_r->symbols[length - 1] = code_check_symbol(code_r->symbols, length - 1);
    code_r->length = length;
    memcpy(code_r->selector, code_r->symbols, CODE_SELECTOR_LENGTH);
    sodium_memzero(random, sizeof random);
    return true;
}

/* White space, dashes and invisible characters outside ASCII, as people paste them. */
static bool unicode_separator(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0085, 0x0085}, /* next line */
        {0x00a0, 0x00a0}, /* no-break space */
        {0x00ad, 0x00ad}, /* soft hyphen */
        {0x034f, 0x034f}, /* combining grapheme joiner */
        {0x061c, 0x061c}, /* Arabic letter mark */
        {0x1680, 0x1680}, /* ogham space mark */
        {0x180e, 0x180e}, /* Mongolian vowel separator */
        {0x2000, 0x200f}, /* spaces, zero-width, direction marks */
        {0x2010, 0x2015}, /* hyphen, no-break hyphen, figure, en, em dash, bar */
        {0x2028, 0x202f}, /* line and paragraph separators, direction, narrow space */
        {0x2043, 0x2043}, /* hyphen bullet */
        {0x205f, 0x206f}, /* mathematical space, word joiner, isolates */
        {0x2212, 0x2212}, /* minus sign */
        {0x3000, 0x3000}, /* ideographic space */
        {0xfe58, 0xfe58}, /* small em dash */
        {0xfe63, 0xfe63}, /* small hyphen-minus */
        {0xfeff, 0xfeff}, /* byte order mark */
        {0xff0d, 0xff0d}, /* full-width hyphen */
    };

    for (size_t i = 0; i < COUNT(ranges); i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

/* What people put around a code, or paste along with it. */
static bool edge(uint32_t point)
{
    static const char ascii[] = "\"'`()[]{}<>.,;:";

    if (point < 0x80)
        return point != 0 && strchr(ascii, (int)point) != NULL;
    return point == 0xab || point == 0xbb ||       /* guillemets */
           (point >= 0x2018 && point <= 0x201f) || /* quotation marks */
           point == 0x2039 || point == 0x203a ||   /* single guillemets */
           (point >= 0x3001 && point <= 0x3002) || /* ideographic comma, full stop */
           (point >= 0x300c && point <= 0x300f);   /* corner brackets */
}

/* A full-width letter or digit is the one it looks like (U+FF10 is 0, and so on). */
static uint32_t narrow(uint32_t point)
{
    return point >= 0xff10 && point <= 0xff5a ? point - 0xff10 + '0' : point;
}

/* What the character at `text` means; its ASCII form in *ascii_r, where it has one. */
static unsigned classify(const unsigned char *text, size_t left, size_t *length_r,
                         unsigned char *ascii_r)
{
    uint32_t point = narrow(text_point(text, left, length_r));
    char folded = (char)point;

    *ascii_r = point < 0x80 ? (unsigned char)point : 0;
    if (edge(point))
        return EDGE;
    if (point >= 0x80)
        return unicode_separator(point) ? SEPARATOR : FOREIGN;
    if (point == '-' || point == '_' || point == ' ' || (point >= '\t' && point <= '\r'))
        return SEPARATOR;
    if (point >= 'A' && point <= 'Z')
        folded = (char)(point - 'A' + 'a');
    switch (folded) {
    case 'o':
        return 0;
    case 'i':
    case 'l':
        return 1;
    case 'u':
        return LETTER_U;
    default:
        return symbol_value(folded);
    }
}

/* What was seen in the text, for the judgement described at enum code_shape. */
struct reading {
    unsigned char values[CODE_LENGTH_MAX + 1]; /* one more: a doubled symbol */
    size_t count;                              /* symbols, u included */
    size_t letter_u;
    size_t digits, letters, upper;
    bool first_upper; /* the first letter is a capital */
};

static void note_kind(struct reading *reading, unsigned char byte)
{
    bool upper = byte >= 'A' && byte <= 'Z';

    if (byte >= '0' && byte <= '9')
        reading->digits++;
    else if (reading->letters++ == 0)
        reading->first_upper = upper;
    reading->upper += upper;
}

/* False where it is too long or too foreign for any shape: nothing more to learn. */
static bool read_symbols(const unsigned char *text, size_t length,
                         struct reading *reading)
{
    size_t step;
    bool ended = false;

    for (size_t i = 0; i < length; i += step) {
        unsigned char ascii;
        unsigned value = classify(text + i, length - i, &step, &ascii);

        if (value == SEPARATOR)
            continue;
        if (value == EDGE) {
            ended = reading->count > 0;
            continue;
        }
        if (value == FOREIGN || ended || reading->count == sizeof reading->values)
            return false;
        reading->letter_u += value == LETTER_U;
        note_kind(reading, ascii);
        reading->values[reading->count++] = (unsigned char)value;
    }
    return true;
}

/* All letters of one case, but for a capital in front; and at least one digit. */
static bool machine_made(const struct reading *reading)
{
    size_t capitals = reading->upper - (reading->first_upper ? 1 : 0);
    size_t others = reading->letters - (reading->first_upper ? 1 : 0);

    return reading->digits > 0 && (capitals == 0 || capitals == others);
}

static enum code_shape judge(const struct reading *reading)
{
    size_t n = reading->count;
    unsigned acc = 0;

    if (!code_length_valid(n)) {
        bool near = code_length_valid(n + 1) || (n > 0 && code_length_valid(n - 1));

        return near && reading->letter_u == 0 && machine_made(reading)
                   ? CODE_SHAPE_MISTYPED
                   : CODE_SHAPE_NONE;
    }
    if (reading->letter_u > 0)
        return reading->letter_u == 1 && machine_made(reading) ? CODE_SHAPE_MISTYPED
                                                               : CODE_SHAPE_NONE;
    /* The check symbol is the last Horner step: a good code ends in 0. */
    for (size_t i = 0; i < n; i++)
        acc = times_alpha(acc) ^ reading->values[i];
    return acc == 0 ? CODE_SHAPE_VALID : CODE_SHAPE_MISTYPED;
}

enum code_shape code_parse(const char *text, size_t length, struct code *code_r)
{
    struct reading reading = {.count = 0};
    enum code_shape shape = CODE_SHAPE_NONE;

    memset(code_r, 0, sizeof *code_r);
    if (read_symbols((const unsigned char *)text, length, &reading))
        shape = judge(&reading);
    if (shape == CODE_SHAPE_VALID) {
        for (size_t i = 0; i < reading.count; i++)
            code_r->symbols[i] = alphabet[reading.values[i] & 0x1f];
        code_r->length = reading.count;
        memcpy(code_r->selector, code_r->symbols, CODE_SELECTOR_LENGTH);
    }
    sodium_memzero(&reading, sizeof reading);
    return shape;
}

size_t code_count(const char *text, size_t length)
{
    struct reading reading = {.count = 0};
    size_t count = 0;

    if (read_symbols((const unsigned char *)text, length, &reading))
        count = reading.count;
    sodium_memzero(&reading, sizeof reading);
    return count;
}

void code_format(const struct code *code, char display[CODE_DISPLAY_MAX])
{
    size_t out = 0;

    for (size_t i = 0; i < code->length && i < CODE_LENGTH_MAX; i++) {
        if (i > 0 && i % 4 == 0)
            display[out++] = '-';
        display[out++] = code->symbols[i];
    }
    display[out] = '\0';
}

void code_wipe(struct code *code)
{
    if (code != NULL)
        sodium_memzero(code, sizeof *code);
}
