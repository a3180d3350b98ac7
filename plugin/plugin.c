/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "plugin.h"

static const char *sasl_option(void *context, const char *name)
{
    const sasl_utils_t *utils = context;
    const char *value = NULL;

    if (utils->getopt(utils->getopt_context, NULL, name, &value, NULL) != SASL_OK)
        return NULL;
    return value;
}

/* Settings, key file, memo, and one verifier: whatever is wrong with them shows now, and
 * each file is open before the host changes its root. */
static bool prepare(struct plugin *plugin, const sasl_utils_t *utils, char *error,
                    size_t error_size)
{
    struct verifier *verifier;

    if (!settings_load(verifier_settings, &plugin->settings, sasl_option,
                       (void *)(uintptr_t)utils, error, error_size))
        return false;
    verifier = verifier_open(&plugin->settings, true, &plugin->log, &plugin->shared,
                             error, error_size);
    if (verifier == NULL)
        return false;
    pool_give(&plugin->pool, &verifier);
    return true;
}

struct plugin *plugin_new(const sasl_utils_t *utils)
{
    struct plugin *plugin = utils->malloc(sizeof *plugin);
    char error[LOG_LINE_MAX] = "";

    if (plugin == NULL)
        return NULL;
    memset(plugin, 0, sizeof *plugin);
    hostlog_init(&plugin->hostlog, utils);
    plugin->log = (struct log){.write = hostlog_write, .context = &plugin->hostlog};
    plugin->works = prepare(plugin, utils, error, sizeof error);
    if (!plugin->works)
        log_message(&plugin->log, LOG_LEVEL_ERROR,
                    "every login will fail temporarily until this is corrected: %s",
                    error);
    return plugin;
}

void plugin_free(struct plugin **plugin, const sasl_utils_t *utils)
{
    pool_drain(&(*plugin)->pool);
    verifier_close(&(*plugin)->shared);
    settings_free(verifier_settings, &(*plugin)->settings);
    hostlog_destroy(&(*plugin)->hostlog);
    sodium_memzero(*plugin, sizeof **plugin);
    utils->free(*plugin);
    *plugin = NULL;
}
