/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_OUTPUT_H
#define APPPASS_OUTPUT_H

/* Results on standard output: tables, records, JSON, CSV. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "output/json.h"
#include "session/database.h"

enum format { FORMAT_PEOPLE, FORMAT_JSON, FORMAT_CSV };

struct output {
    enum format format;
    bool terminal; /* standard output is one */
    bool colour;   /* a terminal, and NO_COLOR unset */
    time_t now;
};

/* Also sets the locale's character set, to UTF-8 where the locale has none. */
void output_start(struct output *output);

enum column_type {
    COLUMN_TEXT,
    COLUMN_NUMBER,
    COLUMN_BOOLEAN,
    COLUMN_TIME, /* of date_part('epoch', ...) */
    COLUMN_LIST, /* words separated by blanks */
    COLUMN_JSON  /* text that is JSON already */
};

#define COLUMN_WRAP   1 /* long text: may take several lines */
#define COLUMN_DETAIL 2 /* not in tables; in records, JSON and CSV */
#define COLUMN_STATE  4 /* coloured by what it says */
#define COLUMN_SHORT  8 /* a time: only relative */

struct column {
    const char *name;    /* of the SQL column, the JSON member, the CSV heading */
    const char *heading; /* for people */
    enum column_type type;
    int flags;
    const char *absent; /* for people, where SQL says NULL; NULL: "-" */
};

/* The rows as a table, a JSON array or CSV.  `none` is told where there is no row. */
enum status output_table(const struct output *output, const struct column *columns,
                         size_t count, const struct rows *rows, const char *none);

/* One row as lines "Heading  value", a JSON object or CSV. */
enum status output_record(const struct output *output, const struct column *columns,
                          size_t count, const struct rows *rows, size_t row);

/* The members of a row, into a JSON object that the caller opened. */
void output_json_members(struct json *json, const struct column *columns, size_t count,
                         const struct rows *rows, size_t row);

/* The columns' names, and the cells of a row, as CSV fields without the line end. */
void output_csv_names(FILE *file, const struct column *columns, size_t count);
void output_csv_cells(FILE *file, const struct column *columns, size_t count,
                      const struct rows *rows, size_t row);
/* A field that no spreadsheet takes for a formula; NULL: an empty one. */
void output_csv_text(FILE *file, const char *text);
/* A comma before it. */
void output_csv_more(FILE *file, const char *text);
/* What such a field was made of, in place. */
void output_csv_plain(char *text);

/* Whole lines of CSV; NULL is an empty field. */
void output_csv_line(size_t count, const char *const *fields);
#define OUTPUT_CSV(...)                                                                  \
    output_csv_line(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),         \
                    (const char *const[]){__VA_ARGS__})

/* One "Heading  value" line as output_record writes them; text is made harmless. */
void output_line(const struct output *output, const char *heading, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));

/* Text made harmless, `indent` blanks before each line; on a terminal broken between
 * words where it is too long. */
void output_paragraph(const struct output *output, int indent, const char *text);
/* The same, but the first line is not indented. */
void output_hanging(const struct output *output, int indent, const char *text);

/* "2026-11-23 04:30 (3 hours ago)"; `absent` where there is none.  Borrowed until the
 * next call. */
const char *output_time(const struct output *output, const struct rows *rows, size_t row,
                        const char *column, const char *absent);

/* A harmless copy of `text` for printing; malloc'd. */
char *output_harmless(const char *text);

/* Start and end of bold, "" without colour. */
const char *output_bold(const struct output *output, bool on);

/* Width of the terminal in columns, 80 where unknown. */
int output_width(void);

/* Flush standard output: STATUS_REFUSED and told, where something could not be written.
 */
enum status output_finish(void);

#endif
