/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "plugin.h"

/* The one exported symbol; the rest of the module is hidden. */
__attribute__((visibility("default"))) sasl_server_plug_init_t sasl_server_plug_init;

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

/* NULL only where there is no memory. */
static struct plugin *plugin_new(const sasl_utils_t *utils)
{
    struct plugin *plugin = utils->malloc(sizeof *plugin);
    char error[LOG_LINE_MAX] = "";

    if (plugin == NULL)
        return NULL;
    memset(plugin, 0, sizeof *plugin);
    plugin->hostlog.utils = utils;
    plugin->log = (struct log){.write = hostlog_write, .context = &plugin->hostlog};
    plugin->works = prepare(plugin, utils, error, sizeof error);
    if (!plugin->works)
        log_message(&plugin->log, LOG_LEVEL_ERROR,
                    "every login will fail temporarily until this is corrected: %s",
                    error);
    mechanisms_offer(plugin);
    return plugin;
}

void plugin_free(struct plugin **plugin, const sasl_utils_t *utils)
{
    pool_drain(&(*plugin)->pool);
    verifier_close(&(*plugin)->shared);
    settings_free(verifier_settings, &(*plugin)->settings);
    sodium_memzero(*plugin, sizeof **plugin);
    utils->free(*plugin);
    *plugin = NULL;
}

/*
 * Every SASL server program of the host loads this module.  Where apppass_conninfo is
 * absent it offers nothing: SASL_OK with an empty list is the one answer that libsasl2
 * passes over without a log line.  Where it is present the mechanisms are always offered,
 * so that a wrong option never lets the stock PLAIN decide.
 */
int sasl_server_plug_init(const sasl_utils_t *utils, int max_version, int *out_version,
                          sasl_server_plug_t **pluglist, int *plugcount)
{
    struct plugin *plugin;

    if (max_version < SASL_SERVER_PLUG_VERSION)
        return SASL_BADVERS;
    *out_version = SASL_SERVER_PLUG_VERSION;
    *pluglist = NULL;
    *plugcount = 0;
    if (sasl_option((void *)(uintptr_t)utils, "apppass_conninfo") == NULL)
        return SASL_OK;

    plugin = plugin_new(utils);
    *pluglist = plugin != NULL ? plugin->mechanisms : mechanisms_without_plugin;
    *plugcount = MECHANISM_COUNT;
    return SASL_OK;
}
