/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MODULE_H
#define APPPASS_MODULE_H

/*
 * What the stub finds in the module.
 *
 * libsasl2 loads every object of its folder into every program that uses it, and few of
 * those ask for app passwords: the object in that folder is a stub that needs libc alone.
 * The rest is an object in a folder below, which libsasl2 doesn't look into, and is
 * loaded where apppass_conninfo is set.
 */

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#define MODULE_FILE   "apppass/libapppass-module.so" /* beside the stub */
#define MODULE_SYMBOL "apppass_module"

/* The one symbol that the module exports. */
struct module {
    char version[32]; /* PACKAGE_VERSION; whatever else changes, it comes first */
    sasl_server_plug_init_t *init; /* SASL_NOMEM: nothing was made */
};

#endif
