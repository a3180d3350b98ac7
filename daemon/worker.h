/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_WORKER_H
#define APPPASS_WORKER_H

/* The threads that decide, each with a verifier of its own. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "log.h"
#include "session.h"

struct workers;

/* Start `count` threads on `pool`, which must outlive them.  NULL where one could not be
 * started. */
struct workers *workers_start(size_t count, struct pool *pool,
                              const struct log *log) MUST_CHECK;

/* Wait for them to end, after pool_end. */
void workers_join(struct workers **workers);

#endif
