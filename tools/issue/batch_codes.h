/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_BATCH_CODES_H
#define APPPASS_BATCH_CODES_H

/* A batch that makes codes. */

#include "cli/batch.h"
#include "issue/results.h"

extern const struct batch_kind batch_of_codes;
extern const struct results_kind results_of_codes;

#endif
