/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"

struct configuration *configuration_new(struct options *options, const char *path,
                                        bool use_memo, const struct log *log, char *error,
                                        size_t error_size)
{
    struct configuration *configuration = calloc(1, sizeof(*configuration));
    struct verifier *first;
    char reason[512];

    if (configuration == NULL) {
        snprintf(error, error_size, "out of memory");
        options_free(options);
        return NULL;
    }
    configuration->options = *options;
    memset(options, 0, sizeof(*options));
    atomic_init(&configuration->references, 1);
    first = verifier_open(&configuration->options.verifier, use_memo, log,
                          &configuration->shared, reason, sizeof(reason));
    if (first == NULL) {
        unsigned line = options_line(&configuration->options, reason);

        if (line > 0)
            snprintf(error, error_size, "%s:%u: %s", path, line, reason);
        else
            snprintf(error, error_size, "%s: %s", path, reason);
        configuration_release(&configuration);
    }
    verifier_free(&first);
    return configuration;
}

struct configuration *configuration_hold(struct configuration *configuration)
{
    atomic_fetch_add(&configuration->references, 1);
    return configuration;
}

void configuration_release(struct configuration **configuration)
{
    struct configuration *last = *configuration;

    *configuration = NULL;
    if (last == NULL || atomic_fetch_sub(&last->references, 1) != 1)
        return;
    verifier_close(&last->shared);
    options_free(&last->options);
    free(last);
}
