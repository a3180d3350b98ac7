/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_POOL_H
#define APPPASS_POOL_H

/* Verifiers waiting for work, so that threads never share one and one thread keeps its
 * database connection. */

#include <stdatomic.h>

#include "attempt.h"
#include "attributes.h"

/* As many connections stay open between attempts; more exist only while at work. */
#define POOL_SLOTS 16

/* Lock-free; starts zeroed. */
struct verifier_pool {
    _Atomic(struct verifier *) slots[POOL_SLOTS];
};

/* A verifier that nobody else uses, owned by the caller; NULL where none is waiting. */
struct verifier *pool_take(struct verifier_pool *pool) MUST_CHECK;

/* Hand over *verifier, which becomes NULL; a surplus one is freed. */
void pool_give(struct verifier_pool *pool, struct verifier **verifier);

/* Free all that are waiting. */
void pool_drain(struct verifier_pool *pool);

#endif
