/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CHANGE_H
#define APPPASS_CHANGE_H

/*
 * A change: tried, shown, confirmed, made.
 *
 * What a question or a dry run shows is what the change itself did, in a transaction that
 * was rolled back.  No transaction is open while a person thinks; after the yes the
 * change is made again and kept where it did the same as what was shown.  Where it did
 * not, it is shown and asked again.
 */

#include "cli/command.h"

struct change {
    /*
     * Make the change in the open transaction: the rows that say what it did, none where
     * there was nothing to do.  NULL: *status_r; told.
     */
    struct rows *(*make)(struct invocation *invocation, enum status *status_r);
    /* Show people what it does, before the question and in a dry run; may be NULL. */
    enum status (*preview)(struct invocation *invocation, const struct rows *rows);
    /* Tell what it did; `kept`: not in a dry run. */
    enum status (*report)(struct invocation *invocation, const struct rows *rows,
                          bool kept);
    const char *question; /* NULL: none */
    const char *key;      /* the column that says whether it is the same; NULL: all */
};

enum status change_run(struct invocation *invocation,
                       const struct change *change) MUST_CHECK;

#endif
