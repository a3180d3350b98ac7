/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "array.h"
#include "code.h"

#define VECTORS SRCDIR "/tests/vectors/"

static const char *const shape_names[] = {
    [CODE_SHAPE_NONE] = "none",
    [CODE_SHAPE_MISTYPED] = "mistyped",
    [CODE_SHAPE_VALID] = "valid",
};

static FILE *open_vectors(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file == NULL)
        fail_msg("could not open %s", path);
    return file;
}

/* The next line that is no comment, split at its tabs; false at the end of the file. */
static bool next_vector(FILE *file, char line[512], char *fields[], size_t wanted)
{
    while (fgets(line, 512, file) != NULL) {
        char *rest = line;

        if (line[0] == '#')
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < wanted; i++) {
            fields[i] = strsep(&rest, "\t");
            if (fields[i] == NULL)
                fail_msg("a field is missing: %s", line);
        }
        return true;
    }
    return false;
}

/* Resolve \uXXXX to UTF-8, in place; returns the length, for a NUL may be among it. */
static size_t unescape(char *text)
{
    unsigned char *to = (unsigned char *)text;

    for (const char *from = text; *from != '\0';) {
        char digits[5] = "";
        unsigned long point;

        if (from[0] != '\\' || from[1] != 'u') {
            *to++ = (unsigned char)*from++;
            continue;
        }
        memcpy(digits, from + 2, 4);
        point = strtoul(digits, NULL, 16);
        from += 6;
        if (point < 0x80) {
            *to++ = (unsigned char)point;
        } else if (point < 0x800) {
            *to++ = (unsigned char)(0xc0 | point >> 6);
            *to++ = (unsigned char)(0x80 | (point & 0x3f));
        } else {
            *to++ = (unsigned char)(0xe0 | point >> 12);
            *to++ = (unsigned char)(0x80 | (point >> 6 & 0x3f));
            *to++ = (unsigned char)(0x80 | (point & 0x3f));
        }
    }
    return (size_t)(to - (unsigned char *)text);
}

static void shared_vectors_of_typed_text(void **state)
{
    FILE *file = open_vectors(VECTORS "codes.txt");
    char line[512], shown[512], *fields[3];
    size_t seen = 0;

    (void)state;
    while (next_vector(file, line, fields, 3)) {
        struct code code;
        size_t length;
        enum code_shape shape;

        snprintf(shown, sizeof shown, "%s", fields[0]);
        length = unescape(fields[0]);
        shape = code_parse(fields[0], length, &code);
        if (strcmp(shape_names[shape], fields[1]) != 0)
            fail_msg("%s: %s, expected %s", shown, shape_names[shape], fields[1]);
        if (strcmp(shape == CODE_SHAPE_VALID ? code.symbols : "-", fields[2]) != 0)
            fail_msg("%s: canonical form %s", shown, code.symbols);
        seen++;
    }
    fclose(file);
    assert_true(seen > 50);
}

static void shared_vectors_of_check_symbols(void **state)
{
    FILE *file = open_vectors(VECTORS "check_symbols.txt");
    char line[512], *fields[2];
    size_t seen = 0;

    (void)state;
    while (next_vector(file, line, fields, 2)) {
        if (code_check_symbol(fields[0], strlen(fields[0])) != fields[1][0])
            fail_msg("%s: expected %s", fields[0], fields[1]);
        seen++;
    }
    fclose(file);
    assert_true(seen > 30);
    assert_int_equal(code_check_symbol("0u", 2), '\0');
    assert_int_equal(code_check_symbol("A", 1), '\0');
    assert_int_equal(code_check_symbol("\0", 1), '\0');
}

static void bytes_that_are_no_text(void **state)
{
    static const struct {
        const char *name;
        const char *inserted;
        size_t length;
    } cases[] = {
        {"NUL", "\0", 1},
        {"lone continuation byte", "\x80", 1},
        {"cut-off sequence", "\xe2\x80", 2},
        {"overlong space, two bytes", "\xc0\xa0", 2},
        {"overlong space, three bytes", "\xe0\x80\xa0", 3},
        {"overlong letter", "\xe0\x81\xa1", 3},
        {"overlong no-break space", "\xe0\x82\xa0", 3},
        {"Latin-1 no-break space", "\xa0", 1},
        {"surrogate", "\xed\xa0\x80", 3},
        {"emoji", "\xf0\x9f\x93\xb1", 4},
        {"0xff", "\xff", 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[64] = "k7xp2m9qwt";
        struct code code;
        size_t length = 10;

        memcpy(text + length, cases[i].inserted, cases[i].length);
        length += cases[i].length;
        memcpy(text + length, "0v1c3hd81p", 10);
        length += 10;
        if (code_parse(text, length, &code) != CODE_SHAPE_NONE || code.symbols[0] != '\0')
            fail_msg("%s", cases[i].name);
        /* At the very end nothing behind it may be looked at. */
        memcpy(text, "k7xp2m9qwt0v1c3hd81p", 20);
        memcpy(text + 20, cases[i].inserted, cases[i].length);
        if (code_parse(text, 20 + cases[i].length, &code) != CODE_SHAPE_NONE)
            fail_msg("%s at the end", cases[i].name);
    }
}

static void long_input_is_no_code(void **state)
{
    static char text[70000];
    struct code code;

    (void)state;
    memset(text, '0', sizeof text);
    assert_int_equal(code_parse(text, sizeof text, &code), CODE_SHAPE_NONE);
    memset(text, ' ', sizeof text);
    assert_int_equal(code_parse(text, sizeof text, &code), CODE_SHAPE_NONE);
    memcpy(text + 50000, "k7xp2m9qwt0v1c3hd81p", 20);
    assert_int_equal(code_parse(text, sizeof text, &code), CODE_SHAPE_VALID);
    assert_int_equal(code_parse(NULL, 0, &code), CODE_SHAPE_NONE);
}

static void made_codes_parse_back(void **state)
{
    static const char alphabet[] = CODE_ALPHABET;
    size_t seen[32] = {0};

    (void)state;
    for (size_t length = 0; length < 40; length++) {
        struct code code;
        bool right = length == 16 || length == 20 || length == 24 || length == 28;

        assert_int_equal(code_length_valid(length), right);
        assert_int_equal(code_make(length, &code), right);
        assert_int_equal(strlen(code.symbols), right ? length : 0);
    }
    for (int i = 0; i < 2000; i++) {
        struct code made, parsed;
        char display[CODE_DISPLAY_MAX];

        assert_true(code_make(16 + 4 * (size_t)(i % 4), &made));
        code_format(&made, display);
        assert_int_equal(strlen(display), made.length + made.length / 4 - 1);
        assert_int_equal(code_parse(display, strlen(display), &parsed), CODE_SHAPE_VALID);
        assert_string_equal(parsed.symbols, made.symbols);
        assert_memory_equal(parsed.selector, made.symbols, 4);
        assert_string_equal(parsed.selector, made.selector);
        for (size_t j = 0; j < made.length; j++)
            seen[strchr(alphabet, made.symbols[j]) - alphabet]++;
    }
    /* 44,000 symbols, 1,375 of each expected: 5 sigma is 180. */
    for (size_t i = 0; i < 32; i++)
        assert_in_range(seen[i], 1375 - 200, 1375 + 200);
}

static void changed_code_is_mistyped(const char *symbols, size_t length, const char *name)
{
    struct code code;

    if (code_parse(symbols, length, &code) != CODE_SHAPE_MISTYPED)
        fail_msg("%s passed: %.*s", name, (int)length, symbols);
    assert_int_equal(code.length, 0);
    assert_int_equal(code.symbols[0], '\0');
}

static void every_wrong_symbol_and_every_swap_is_caught(void **state)
{
    static const char alphabet[] = CODE_ALPHABET;

    (void)state;
    for (int round = 0; round < 80; round++) {
        struct code code;

        assert_true(code_make(16 + 4 * (size_t)(round % 4), &code));
        for (size_t at = 0; at < code.length; at++) {
            struct code wrong = code;

            for (size_t value = 0; value < 32; value++) {
                wrong.symbols[at] = alphabet[value];
                if (alphabet[value] != code.symbols[at])
                    changed_code_is_mistyped(wrong.symbols, wrong.length, "wrong symbol");
            }
            wrong = code;
            for (size_t other = at + 1; other < code.length; other++) {
                if (code.symbols[at] == code.symbols[other])
                    continue;
                wrong.symbols[at] = code.symbols[other];
                wrong.symbols[other] = code.symbols[at];
                changed_code_is_mistyped(wrong.symbols, wrong.length, "swap");
                wrong.symbols[other] = code.symbols[other];
            }
        }
    }
}

static void one_symbol_missing_or_doubled_is_mistyped(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct code code;
        char text[CODE_LENGTH_MAX + 2];

        assert_true(code_make(16 + 4 * (size_t)(round % 4), &code));
        code.symbols[0] = '7'; /* digits are what tells these from words */
        code.symbols[1] = '7';
        for (size_t at = 0; at < code.length; at++) {
            memcpy(text, code.symbols, at);
            memcpy(text + at, code.symbols + at + 1, code.length - at - 1);
            changed_code_is_mistyped(text, code.length - 1, "missing symbol");
            memcpy(text, code.symbols, at + 1);
            memcpy(text + at + 1, code.symbols + at, code.length - at);
            changed_code_is_mistyped(text, code.length + 1, "doubled symbol");
        }
    }
}

static void short_passwords_are_never_codes(void **state)
{
    static const char symbols[] = CODE_ALPHABET;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[15];
        struct code code;

        for (size_t i = 0; i < 14; i++)
            text[i] = symbols[randombytes_uniform(32)];
        if (code_parse(text, 1 + (size_t)round % 14, &code) != CODE_SHAPE_NONE)
            fail_msg("%d symbols taken for a code", 1 + round % 14);
    }
}

static void wiping_leaves_nothing(void **state)
{
    struct code code;

    (void)state;
    assert_true(code_make(CODE_LENGTH_DEFAULT, &code));
    code_wipe(&code);
    for (size_t i = 0; i < sizeof code; i++)
        assert_int_equal(((const unsigned char *)&code)[i], 0);
    code_wipe(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_vectors_of_typed_text),
        cmocka_unit_test(shared_vectors_of_check_symbols),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(long_input_is_no_code),
        cmocka_unit_test(made_codes_parse_back),
        cmocka_unit_test(every_wrong_symbol_and_every_swap_is_caught),
        cmocka_unit_test(one_symbol_missing_or_doubled_is_mistyped),
        cmocka_unit_test(short_passwords_are_never_codes),
        cmocka_unit_test(wiping_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
