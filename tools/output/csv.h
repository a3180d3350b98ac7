/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CSV_H
#define APPPASS_CSV_H

/*
 * CSV as spreadsheets write it (RFC 4180), from memory.
 *
 * A byte order mark is skipped; lines end in LF or CRLF; empty lines are skipped; the
 * separator is what a first line "sep=;" says, or else the comma, or the semicolon or tab
 * where the first line has one of those and no comma.  Every field must be UTF-8 without
 * NUL.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

#define CSV_FIELDS_MAX 32
#define CSV_FIELD_MAX  4096 /* bytes */

struct csv {
    const char *next;
    const char *end;
    size_t line; /* number of the line at `next`, from 1 */
    char separator;
    char *buffer; /* of the fields; owned */
    const char *error;
};

/* One record.  Fields are NUL-terminated and live until the next call. */
struct csv_record {
    size_t line; /* on which it starts */
    size_t count;
    const char *fields[CSV_FIELDS_MAX];
};

enum csv_result { CSV_ERROR = 0, CSV_RECORD, CSV_END };

/* Begin.  `bytes` is borrowed until csv_release.  False: no memory. */
bool csv_start(struct csv *csv, const char *bytes, size_t length) MUST_CHECK;
void csv_release(struct csv *csv);

/* The next record.  CSV_ERROR: csv->error says why, csv->line where; the end of reading.
 */
enum csv_result csv_next(struct csv *csv, struct csv_record *record_r) MUST_CHECK;

#endif
