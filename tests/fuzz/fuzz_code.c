/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "code.h"
#include "fuzz.h"

/* A canonical code stays itself, however it is written. */
static void check_valid(const struct code *code)
{
    char text[CODE_DISPLAY_MAX];
    struct code again;

    FUZZ_CHECK(code_length_valid(code->length));
    FUZZ_CHECK(strlen(code->symbols) == code->length);
    FUZZ_CHECK(strspn(code->symbols, CODE_ALPHABET) == code->length);
    FUZZ_CHECK(strlen(code->selector) == CODE_SELECTOR_LENGTH);
    FUZZ_CHECK(memcmp(code->selector, code->symbols, CODE_SELECTOR_LENGTH) == 0);
    FUZZ_CHECK(code_check_symbol(code->symbols, code->length - 1) ==
               code->symbols[code->length - 1]);
    code_format(code, text);
    for (char *c = text; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    FUZZ_CHECK(code_parse(text, strlen(text), &again) == CODE_SHAPE_VALID);
    FUZZ_CHECK(strcmp(again.symbols, code->symbols) == 0);
    /* One wrong symbol is noticed. */
    text[0] = code->symbols[0] == '7' ? '8' : '7';
    FUZZ_CHECK(code_parse(text, strlen(text), &again) == CODE_SHAPE_MISTYPED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct code code, nothing;
    enum code_shape shape = code_parse((const char *)data, size, &code);

    if (shape == CODE_SHAPE_VALID) {
        check_valid(&code);
    } else {
        FUZZ_CHECK(shape == CODE_SHAPE_NONE || shape == CODE_SHAPE_MISTYPED);
        memset(&nothing, 0, sizeof nothing);
        FUZZ_CHECK(memcmp(&code, &nothing, sizeof code) == 0);
    }
    if (size < CODE_LENGTH_MIN - 1)
        FUZZ_CHECK(shape == CODE_SHAPE_NONE);
    code_wipe(&code);
    return 0;
}
