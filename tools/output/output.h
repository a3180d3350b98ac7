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
    COLUMN_JSON, /* text that is JSON already */
    COLUMN_CODE  /* letters, digits and hyphens, of which no copy is made */
};

#define COLUMN_WRAP   1 /* long text: may take several lines */
#define COLUMN_DETAIL 2 /* not in tables; in records, JSON and CSV */
#define COLUMN_STATE  4 /* coloured by what it says */
#define COLUMN_SHORT  8 /* a time: only relative */

struct column {
    const char *name;    /* of the SQL column, the JSON member, the CSV heading; NULL ends
                          * the columns */
    const char *heading; /* for people */
    enum column_type type;
    int flags;
    const char *absent; /* for people, where SQL says NULL; NULL: "-" */
};

/* The rows as a table, a JSON array or CSV.  `none` is said where there is no row. */
enum status output_table(const struct output *output, const struct column *columns,
                         const struct rows *rows, const char *none);

/* One row as lines "Heading  value", a JSON object or CSV. */
enum status output_record(const struct output *output, const struct column *columns,
                          const struct rows *rows, size_t row);

/* A result of several parts. */
struct part {
    const char *name;             /* of a list of rows; NULL: one record */
    const struct column *columns; /* NULL ends the parts */
    const struct rows *rows;      /* NULL: `values` */
    const char *const *values;    /* of a record, in the order of its columns */
};

/*
 * The parts as one JSON object, the records' columns and the lists as its members; or as
 * CSV: the rows of all lists under the columns of the last, or without a list the records
 * side by side.  False: neither is wanted, for people the caller finds words.
 */
bool output_parts(const struct output *output, FILE *file, const struct part *parts);

/* The same as CSV; without the heading. */
void output_csv_records(FILE *file, const struct part *parts);
/* The columns' names, and a row. */
void output_csv_heading(FILE *file, const struct column *columns);
void output_csv_row(FILE *file, const struct column *columns, const struct rows *rows,
                    size_t row);
/* What a field of CSV was made of, in place. */
void output_csv_plain(char *text);

/* One "Heading  value" line as output_record writes them; text is made harmless. */
void output_line(const struct output *output, const char *heading, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));

/* Text made harmless, `indent` blanks before each line; on a terminal broken between
 * words where it is too long. */
void output_paragraph(const struct output *output, int indent, const char *text);
/* The same, but the first line is not indented. */
void output_hanging(const struct output *output, int indent, const char *text);

/* Words after `indent` columns of a line, broken where it gets wider than `width`. */
void output_words(FILE *file, int width, int indent, const char *text);

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
