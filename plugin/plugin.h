/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_PLUGIN_H
#define APPPASS_PLUGIN_H

/* What the mechanisms of one loaded plugin share, and the two ways to offer them. */

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "attempt.h"
#include "hostlog.h"
#include "pool.h"

enum { MECHANISM_PLAIN, MECHANISM_LOGIN, MECHANISM_COUNT };

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
    struct pool pool;
};

/* Free and wipe. */
void plugin_free(struct plugin **plugin, const sasl_utils_t *utils);

/* Fill plugin->mechanisms. */
void mechanisms_offer(struct plugin *plugin);

/* The same in the same rank for want of a plugin: each login fails temporarily. */
extern sasl_server_plug_t mechanisms_without_plugin[MECHANISM_COUNT];

#endif
