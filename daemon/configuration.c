/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "configuration.h"

/* Can a verifier be made of it? */
static bool try_verifier(const struct verifier_shared *shared, char *error,
                         size_t error_size)
{
    struct verifier *verifier = verifier_new(shared, error, error_size);

    if (verifier == NULL)
        return false;
    verifier_free(&verifier);
    return true;
}

static bool open_files(struct configuration *configuration, bool use_memo,
                       const struct log *log, char *error, size_t error_size)
{
    const struct settings *settings = &configuration->options.verifier;

    if (settings->key_path != NULL) {
        char reason[256];

        configuration->keys = hash_keys_load(settings->key_path, reason, sizeof(reason));
        if (configuration->keys == NULL) {
            snprintf(error, error_size, "apppass_key: %s", reason);
            return false;
        }
    }
    /* Without the memo it works as well, only slower: memo_open has said so. */
    if (settings->memo_path != NULL && use_memo)
        configuration->memo = memo_open(settings->memo_path, log);
    configuration->throttle = throttle_new();
    configuration->shared = (struct verifier_shared){.settings = settings,
                                                     .keys = configuration->keys,
                                                     .memo = configuration->memo,
                                                     .log = log,
                                                     .throttle = configuration->throttle};
    return try_verifier(&configuration->shared, error, error_size);
}

struct configuration *configuration_new(struct options *options, const char *path,
                                        bool use_memo, const struct log *log, char *error,
                                        size_t error_size)
{
    struct configuration *configuration = calloc(1, sizeof(*configuration));
    char reason[512];

    if (configuration == NULL) {
        snprintf(error, error_size, "out of memory");
        options_free(options);
        return NULL;
    }
    configuration->options = *options;
    memset(options, 0, sizeof(*options));
    atomic_init(&configuration->references, 1);
    if (!open_files(configuration, use_memo, log, reason, sizeof(reason))) {
        unsigned line = options_line(&configuration->options, reason);

        if (line > 0)
            snprintf(error, error_size, "%s:%u: %s", path, line, reason);
        else
            snprintf(error, error_size, "%s: %s", path, reason);
        configuration_release(&configuration);
    }
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
    throttle_free(&last->throttle);
    memo_close(&last->memo);
    hash_keys_free(&last->keys);
    options_free(&last->options);
    free(last);
}
