/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PLUGIN_H
#define APPPASS_PLUGIN_H

/* What the mechanisms of one loaded plugin share. */

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "attempt.h"
#include "attributes.h"
#include "hostlog.h"
#include "offer.h"
#include "pool.h"

/*
 * Lives from sasl_server_plug_init until the library has freed every mechanism: it calls
 * mech_free once for each, with the same glob_context.
 */
struct plugin {
    sasl_server_plug_t mechanisms[MECHANISM_COUNT];
    unsigned mechanisms_in_use;
    bool works; /* false: configured, but wrongly; each login fails temporarily */
    struct hostlog hostlog;
    struct settings settings;
    struct log log;
    struct verifier_shared shared; /* points to settings and log */
    struct verifier_pool pool;
};

/* Settings, keys, memo and a first verifier; NULL only where there is no memory. */
struct plugin *plugin_new(const sasl_utils_t *utils) MUST_CHECK;

/* Free and wipe. */
void plugin_free(struct plugin **plugin, const sasl_utils_t *utils);

#endif
