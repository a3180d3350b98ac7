/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>

#include "pool.h"

struct verifier *pool_take(struct verifier_pool *pool)
{
    for (size_t i = 0; i < POOL_SLOTS; i++) {
        struct verifier *verifier = atomic_exchange(&pool->slots[i], NULL);

        if (verifier != NULL)
            return verifier;
    }
    return NULL;
}

void pool_give(struct verifier_pool *pool, struct verifier **verifier)
{
    for (size_t i = 0; i < POOL_SLOTS; i++) {
        struct verifier *empty = NULL;

        if (atomic_compare_exchange_strong(&pool->slots[i], &empty, *verifier)) {
            *verifier = NULL;
            return;
        }
    }
    verifier_free(verifier);
}

void pool_drain(struct verifier_pool *pool)
{
    struct verifier *verifier;

    while ((verifier = pool_take(pool)) != NULL)
        verifier_free(&verifier);
}
