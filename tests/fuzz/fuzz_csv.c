/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The batch files of the tool: whatever is read as records, written out again quoted, is
 * read as the same records; lines only count up; an error stays an error.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "output/csv.h"

struct text {
    char *bytes;
    size_t length;
};

static void append(struct text *text, char c)
{
    text->bytes[text->length++] = c;
}

/* All fields quoted, commas between: the form without any choice. */
static void write_record(struct text *text, const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        if (i > 0)
            append(text, ',');
        append(text, '"');
        for (const char *c = record->fields[i]; *c != '\0'; c++) {
            if (*c == '"')
                append(text, '"');
            append(text, *c);
        }
        append(text, '"');
    }
    append(text, '\n');
}

static enum csv_result rewrite(const char *bytes, size_t length, struct text *text)
{
    struct csv csv;
    struct csv_record record;
    enum csv_result result;
    size_t line = 0;

    FUZZ_CHECK(csv_start(&csv, bytes, length));
    while ((result = csv_next(&csv, &record)) == CSV_RECORD) {
        FUZZ_CHECK(record.line > line);
        FUZZ_CHECK(record.count >= 1 && record.count <= CSV_FIELDS_MAX);
        line = record.line;
        for (size_t i = 0; i < record.count; i++)
            FUZZ_CHECK(strlen(record.fields[i]) <= CSV_FIELD_MAX);
        write_record(text, &record);
    }
    FUZZ_CHECK((result == CSV_ERROR) == (csv.error != NULL));
    FUZZ_CHECK(csv_next(&csv, &record) == result);
    csv_release(&csv);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Quoting at most doubles a byte; a field adds at most three. */
    struct text once = {malloc(5 * size + 16), 0}, twice = {NULL, 0};

    FUZZ_CHECK(once.bytes != NULL);
    rewrite((const char *)data, size, &once);
    twice.bytes = malloc(5 * once.length + 16);
    FUZZ_CHECK(twice.bytes != NULL);
    /* A single column has no separator to recognise, and none is needed. */
    FUZZ_CHECK(rewrite(once.bytes, once.length, &twice) == CSV_END);
    FUZZ_CHECK(twice.length == once.length &&
               memcmp(twice.bytes, once.bytes, once.length) == 0);
    free(once.bytes);
    free(twice.bytes);
    return 0;
}
