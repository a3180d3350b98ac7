/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_BATCH_LINKS_H
#define APPPASS_BATCH_LINKS_H

/* A batch that makes links, with which codes are handed over. */

#include "cli/batch.h"
#include "issue/results.h"

extern const struct batch_kind batch_of_links;
extern const struct results_kind results_of_links;

/* The columns of results_of_links. */
enum link_column {
    LINK_ACCOUNT,
    LINK_DEVICE,
    LINK_LINK,
    LINK_PIN,
    LINK_SERVICES,
    LINK_NETWORKS,
    LINK_EXPIRES,
    LINK_ENDS,
    LINK_LANGUAGE
};

#endif
