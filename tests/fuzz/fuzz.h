/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_FUZZ_H
#define APPPASS_FUZZ_H

/* What a fuzz target includes; see replay.c for how to write, build and run one. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The target.  Visible because libFuzzer calls it by name. */
__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data,
                                                                  size_t size);

/* Must hold for every input; unlike assert it stays with NDEBUG. */
#define FUZZ_CHECK(condition)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#endif
