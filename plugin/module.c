/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "mechanism.h"
#include "module.h"
#include "plugin.h"

extern const struct module apppass_module;

static int init(const sasl_utils_t *utils, int max_version, int *out_version,
                sasl_server_plug_t **pluglist, int *plugcount)
{
    struct plugin *plugin = plugin_new(utils);

    (void)max_version; /* the stub's business, like out_version */
    (void)out_version;
    if (plugin == NULL)
        return SASL_NOMEM;
    mechanisms_offer(plugin);
    *pluglist = plugin->mechanisms;
    *plugcount = MECHANISM_COUNT;
    return SASL_OK;
}

/* The rest of the module is hidden. */
__attribute__((visibility("default"))) const struct module apppass_module = {
    .version = PACKAGE_VERSION,
    .init = init,
};
