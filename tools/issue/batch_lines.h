/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_BATCH_LINES_H
#define APPPASS_BATCH_LINES_H

/* What a batch of codes and one of links share: the columns of the file, and how they are
 * read. */

#include "cli/batch.h"

enum batch_column {
    BATCH_ACCOUNT,
    BATCH_DEVICE,
    BATCH_SERVICES,
    BATCH_NETWORKS,
    BATCH_EXPIRES,
    BATCH_REASON,
    BATCH_TICKET,
    BATCH_COLUMNS
};

extern const struct batch_field batch_lines_fields[BATCH_COLUMNS];

/* Services, networks and the time as SQL takes them; a line where they are none is bad. */
void batch_lines_read(struct batch *batch, struct batch_line *line);

#endif
