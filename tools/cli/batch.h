/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_BATCH_H
#define APPPASS_BATCH_H

/*
 * Many rows from a CSV file into the database, all or none (or, with --partial, as they
 * come).
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/command.h"
#include "code.h"
#include "hash.h"
#include "output/csv.h"
#include "output/progress.h"
#include "session/mint.h"
#include "session/offer.h"

/* Rows per statement: large enough to hide the round trip, small enough for a lively bar.
 */
#define BATCH_CHUNK  500
#define BATCH_FIELDS 9
/* How often a line is stored that came to a selector which the account has already. */
#define BATCH_TRIES MINT_TRIES

/* A column that a batch file may have. */
struct batch_field {
    const char *name;
    const char *other; /* a name it also goes by; NULL: none */
    bool needed;
};

enum line_state { LINE_WANTED = 0, LINE_DONE, LINE_BAD, LINE_SKIPPED };

/* One row of the file. */
struct batch_line {
    size_t number;
    char *fields[BATCH_FIELDS]; /* NULL: absent or empty; owned */
    enum line_state state;
    struct mint_policy policy;
    struct code code;
    char hash[HASH_STRING_MAX];
    struct offer_key offer;
};

struct batch {
    struct invocation *invocation;
    const char *path;
    char *bytes; /* of the file */
    size_t length;
    struct csv csv;
    const struct batch_field *fields;
    size_t field_count;
    int position[BATCH_FIELDS]; /* in the file, of each field; -1: absent */
    size_t width;               /* fields of the heading */
    struct batch_line lines[BATCH_CHUNK];
    size_t count;
    struct progress progress;
    size_t done, bad, skipped;
    bool partial, resume, dry_run;
    /* Where new codes or links go; -1: none. */
    int output;
    const char *output_path;
    off_t output_length; /* up to the last commit */
    struct keyfile *keys;
};

/* What a kind of batch does. */
struct batch_kind {
    /* Look at the lines before they are stored: mark those that are bad or skipped. */
    enum status (*prepare)(struct batch *batch);
    /*
     * Store the wanted lines in one statement that answers row by row, in their order, as
     * apppass.import_result has it.  NULL where it failed as a whole.
     */
    struct rows *(*store)(struct batch *batch);
    /* A line was stored; may be NULL.  False: could not write it down. */
    bool (*stored)(struct batch *batch, const struct batch_line *line,
                   const struct rows *rows, size_t row);
    const char *noun; /* "account" */
    const char *verb; /* "added" */
};

/* Read the file and its heading.  Release with batch_free in every case. */
enum status batch_new(struct invocation *invocation, const char *path,
                      const struct batch_field *fields, size_t count,
                      struct batch **batch_r) MUST_CHECK;
void batch_free(struct batch **batch);

/* Store everything and tell the result. */
enum status batch_run(struct batch *batch, const struct batch_kind *kind) MUST_CHECK;

/* For the kinds: */
bool batch_wanted(const struct batch_line *line);
size_t batch_wanted_count(const struct batch *batch);
/* The line is wrong: counted, and told unless there were too many. */
void batch_bad_line(struct batch *batch, struct batch_line *line, const char *reason,
                    const char *detail);
/* One field of the wanted lines as a PostgreSQL array; malloc'd. */
char *batch_array(const struct batch *batch, size_t field);
/* No longer wanted: an earlier run did it. */
void batch_skip_line(struct batch *batch, struct batch_line *line);

#endif
