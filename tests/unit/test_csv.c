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

#include "array.h"
#include "output/csv.h"

/* Records as "line:field|field;", then "E" at the end or "!line" for an error. */
static void render(const char *bytes, size_t length, char *out, size_t size)
{
    struct csv csv;
    struct csv_record record;
    enum csv_result result;
    /* An exact copy: a read beyond its end is seen by the sanitizers and valgrind. */
    char *exact = malloc(length > 0 ? length : 1);
    size_t used = 0;

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    assert_true(csv_start(&csv, exact, length));
    while ((result = csv_next(&csv, &record)) == CSV_RECORD) {
        used += (size_t)snprintf(out + used, size - used, "%zu:", record.line);
        for (size_t i = 0; i < record.count; i++)
            used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? "|" : "",
                                     record.fields[i]);
        used += (size_t)snprintf(out + used, size - used, ";");
    }
    if (result == CSV_END)
        snprintf(out + used, size - used, "E");
    else
        snprintf(out + used, size - used, "!%zu", csv.line);
    /* An error stays an error. */
    assert_int_equal(csv_next(&csv, &record), result);
    csv_release(&csv);
    free(exact);
}

static void files(void **state)
{
    static const struct {
        const char *name, *bytes, *becomes;
    } cases[] = {
        {"empty", "", "E"},
        {"only a byte order mark", "\xef\xbb\xbf", "E"},
        {"plain", "a,b\n1,2\n", "1:a|b;2:1|2;E"},
        {"no line end at the end", "a,b\n1,2", "1:a|b;2:1|2;E"},
        {"carriage returns", "a,b\r\n1,2\r\n", "1:a|b;2:1|2;E"},
        {"byte order mark",
         "\xef\xbb\xbf"
         "a,b\n",
         "1:a|b;E"},
        {"empty fields", "a,b\n,\n", "1:a|b;2:|;E"},
        {"separator line", "sep=;\r\na,b;c\r\n", "2:a,b|c;E"},
        {"separator line after a byte order mark", "\xef\xbb\xbfSEP=\t\na\tb\n",
         "2:a|b;E"},
        {"no separator line", "sep=;x\n", "1:sep=|x;E"},
        {"empty lines", "a,b\n\n\r\n1,2\n", "1:a|b;4:1|2;E"},
        {"quoted comma", "a,b\n\"1,1\",2\n", "1:a|b;2:1,1|2;E"},
        {"doubled quote", "a\n\"say \"\"hi\"\"\"\n", "1:a;2:say \"hi\";E"},
        {"quoted line end", "a,b\n\"x\ny\",2\n3,4\n", "1:a|b;2:x\ny|2;4:3|4;E"},
        {"empty quoted", "a,b\n\"\",2\n", "1:a|b;2:|2;E"},
        {"semicolons", "a;b\n1;2,5\n", "1:a|b;2:1|2,5;E"},
        {"tabs", "a\tb\n1\t2\n", "1:a|b;2:1|2;E"},
        {"semicolons after an empty line", "\n\na;b\n", "3:a|b;E"},
        {"semicolon in quotes is text", "\"a;b\"\n\"c\",d\n", "1:a;b;2:c|d;E"},
        {"non-ASCII", "a\nJürgens Händi\n", "1:a;2:Jürgens Händi;E"},
        {"lone carriage return stays", "a\nx\ry\n", "1:a;2:x\ry;E"},
        {"quote not closed", "a\n1\n\"x\n", "1:a;2:1;!3"},
        {"quote at the very end", "a\n\"", "1:a;!2"},
        {"text after a quote", "a\n\"x\"y\n", "1:a;!2"},
        {"quote inside a field", "a\nx\"y\n", "1:a;!2"},
        {"Latin-1", "a\nJ\xfcrgen\n", "1:a;!2"},
        {"overlong UTF-8", "a\n\xc0\xaf\n", "1:a;!2"},
        {"surrogate", "a\n\xed\xa0\x80\n", "1:a;!2"},
        {"cut UTF-8", "a\n\xe2\x82", "1:a;!2"},
    };
    char out[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        render(cases[i].bytes, strlen(cases[i].bytes), out, sizeof out);
        if (strcmp(out, cases[i].becomes) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, out, cases[i].becomes);
    }
}

static void nul_is_no_text(void **state)
{
    char out[64];

    (void)state;
    render("a\nx\0y\n", 6, out, sizeof out);
    assert_string_equal(out, "1:a;!2");
}

static void limits(void **state)
{
    size_t size = CSV_FIELD_MAX + 16;
    char *bytes = malloc(size), *out = malloc(2 * size);

    (void)state;
    assert_non_null(bytes);
    assert_non_null(out);
    memset(bytes, 'x', size);
    bytes[CSV_FIELD_MAX] = '\n';
    render(bytes, CSV_FIELD_MAX + 1, out, 2 * size);
    assert_int_equal(out[strlen(out) - 1], 'E');
    memset(bytes, 'x', size);
    render(bytes, CSV_FIELD_MAX + 1, out, 2 * size);
    assert_string_equal(out, "!1");
    memset(bytes, ',', size);
    render(bytes, CSV_FIELDS_MAX - 1, out, 2 * size);
    assert_int_equal(out[strlen(out) - 1], 'E');
    render(bytes, CSV_FIELDS_MAX, out, 2 * size);
    assert_string_equal(out, "!1");
    free(bytes);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(nul_is_no_text),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
