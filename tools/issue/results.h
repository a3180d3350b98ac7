/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_RESULTS_H
#define APPPASS_RESULTS_H

/* The CSV file of what a batch made: for its owner's eyes alone, and never of more than is
 * stored. */

#include <stdbool.h>

#include "cli/batch.h"
#include "output/output.h"

struct results_kind {
    const char *what;             /* "codes" */
    const struct column *columns; /* text all; at most BATCH_FIELDS */
    /* Is the row stored?  STATUS_REFUSED: no; not told. */
    enum status (*stored)(struct batch *batch, char *const *values);
};

/*
 * Create a file that only its owner can read; never over another one, but *resumed_r: with
 * --resume, one of an earlier run.  -1: told.
 */
int results_create(const struct batch *batch, const char *path, const char *what,
                   bool *resumed_r) MUST_CHECK;

/* Create --output, or cut off what an interrupted run wrote and did not store.  A dry run has
 * none. */
enum status results_open(struct batch *batch, const struct results_kind *kind) MUST_CHECK;

/* Append a row, NULL an empty field.  False: errno says why. */
bool results_write(struct batch *batch, const struct results_kind *kind,
                   const char *const *values) MUST_CHECK;

/* Nothing of what was not committed stays in the file, and no file without a row. */
void results_close(struct batch *batch);

/*
 * Every row of the file, in its order, as it was written; `end` is where the next begins.
 * What can't be read ends it.
 */
enum status results_read(const struct batch *batch, const struct results_kind *kind,
                         enum status (*take)(void *context, char *const *values,
                                             off_t end),
                         void *context) MUST_CHECK;

#endif
