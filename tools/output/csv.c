/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"
#include "output/csv.h"

#define BUFFER_SIZE (CSV_FIELDS_MAX * (CSV_FIELD_MAX + 1))

/* At the end of a line?  Also steps over it. */
static bool skip_line_end(struct csv *csv)
{
    if (csv->next == csv->end)
        return true;
    if (*csv->next == '\r' && csv->next + 1 < csv->end && csv->next[1] == '\n')
        csv->next++;
    if (*csv->next != '\n')
        return false;
    csv->next++;
    csv->line++;
    return true;
}

/* The first line with text decides; what stands in quotes does not count. */
static void choose_separator(struct csv *csv)
{
    bool quoted = false, semicolon = false, tab = false;
    const char *c = csv->next;

    csv->separator = ',';
    while (c < csv->end &&
           (*c == '\n' || (*c == '\r' && c + 1 < csv->end && c[1] == '\n')))
        c++;
    for (; c < csv->end && (quoted || *c != '\n'); c++) {
        if (*c == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (*c == ',')
            return;
        semicolon = semicolon || *c == ';';
        tab = tab || *c == '\t';
    }
    if (semicolon)
        csv->separator = ';';
    else if (tab)
        csv->separator = '\t';
}

/* "sep=;": a line of its own, by which a spreadsheet is told. */
static bool take_separator_line(struct csv *csv)
{
    const char *c = csv->next;

    if (csv->end - c < 5 || strncasecmp(c, "sep=", 4) != 0 ||
        strchr(",;\t|", c[4]) == NULL)
        return false;
    csv->separator = c[4];
    csv->next += 5;
    if (skip_line_end(csv))
        return true;
    csv->next = c;
    return false;
}

bool csv_start(struct csv *csv, const char *bytes, size_t length)
{
    *csv = (struct csv){.next = bytes, .end = bytes + length, .line = 1};
    csv->buffer = malloc(BUFFER_SIZE);
    if (csv->buffer == NULL)
        return false;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        csv->next += 3;
    if (!take_separator_line(csv))
        choose_separator(csv);
    return true;
}

void csv_release(struct csv *csv)
{
    free(csv->buffer);
    csv->buffer = NULL;
}

static bool fail(struct csv *csv, size_t line, const char *error)
{
    csv->line = line;
    csv->error = error;
    csv->next = csv->end;
    return false;
}

static bool at_line_end(const struct csv *csv)
{
    if (csv->next == csv->end || *csv->next == '\n')
        return true;
    return *csv->next == '\r' && csv->next + 1 < csv->end && csv->next[1] == '\n';
}

/* After the opening quote, up to and over the closing one. */
static bool read_quoted(struct csv *csv, char *out, size_t *length_r)
{
    size_t length = 0, first_line = csv->line;

    for (; csv->next < csv->end; csv->next++) {
        if (*csv->next == '"') {
            if (csv->next + 1 == csv->end || csv->next[1] != '"') {
                csv->next++;
                *length_r = length;
                return true;
            }
            csv->next++;
        }
        if (length == CSV_FIELD_MAX)
            return fail(csv, first_line,
                        "a field is too long, or its quote is not closed");
        csv->line += *csv->next == '\n';
        out[length++] = *csv->next;
    }
    return fail(csv, first_line, "a quote is opened and not closed");
}

static bool read_plain(struct csv *csv, char *out, size_t *length_r)
{
    size_t length = 0;

    for (; !at_line_end(csv) && *csv->next != csv->separator; csv->next++) {
        if (*csv->next == '"')
            return fail(csv, csv->line,
                        "a quote in the middle of a field: put the whole field in quotes "
                        "and double the quotes inside");
        if (length == CSV_FIELD_MAX)
            return fail(csv, csv->line, "a field is too long");
        out[length++] = *csv->next;
    }
    *length_r = length;
    return true;
}

static bool read_field(struct csv *csv, char *out, size_t *length_r)
{
    size_t line = csv->line;

    if (csv->next < csv->end && *csv->next == '"') {
        csv->next++;
        if (!read_quoted(csv, out, length_r))
            return false;
        if (!at_line_end(csv) && *csv->next != csv->separator)
            return fail(csv, csv->line, "text after a closing quote");
    } else if (!read_plain(csv, out, length_r)) {
        return false;
    }
    if (!text_valid(out, *length_r))
        return fail(csv, line, "not UTF-8: save the file as \"CSV UTF-8\"");
    out[*length_r] = '\0';
    return true;
}

enum csv_result csv_next(struct csv *csv, struct csv_record *record_r)
{
    char *out = csv->buffer;

    *record_r = (struct csv_record){0};
    if (csv->error != NULL)
        return CSV_ERROR;
    while (csv->next < csv->end && at_line_end(csv))
        skip_line_end(csv);
    if (csv->next == csv->end)
        return CSV_END;
    record_r->line = csv->line;
    for (;;) {
        size_t length;

        if (record_r->count == CSV_FIELDS_MAX) {
            fail(csv, csv->line, "too many fields");
            return CSV_ERROR;
        }
        if (!read_field(csv, out, &length))
            return CSV_ERROR;
        record_r->fields[record_r->count++] = out;
        out += length + 1;
        if (skip_line_end(csv))
            return CSV_RECORD;
        csv->next++; /* the separator */
    }
}
