/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_LETTERS_H
#define APPPASS_LETTERS_H

/* Letters to print, a page for each link of a batch, as one HTML file. */

#include "cli/batch.h"

struct letters {
    const char *path;
    int file; /* -1: none wanted, or not open */
};

#define LETTERS_NONE                                                                     \
    {                                                                                    \
        .file = -1                                                                       \
    }

/* Create the file of --letters, so that nothing is made where there can't be one. */
enum status letters_open(struct letters *letters, const struct batch *batch) MUST_CHECK;

/* Once the batch's own file is closed: write the letters from it, or remove the file where
 * there is no row, and close it. */
enum status letters_write(struct letters *letters, const struct batch *batch) MUST_CHECK;

#endif
