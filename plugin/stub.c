/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* What libsasl2 loads into every program that uses it: see module.h. */

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"
#include "offer.h"

/* The one exported symbol; the rest of the stub is hidden. */
__attribute__((visibility("default"))) sasl_server_plug_init_t sasl_server_plug_init;

/* libsasl2 starts and ends its plugins in one thread. */
static struct {
    void *handle; /* NULL: not loaded */
    void (*mech_free)(void *glob_context, const sasl_utils_t *utils);
    unsigned mechanisms_in_use;
} module;

/* ---- where the module can't be used: each login fails temporarily ---- */

static char problem[PATH_MAX + 512];
static atomic_bool told; /* in the log of the program, which needs a connection */

static void tell(const sasl_utils_t *utils, sasl_conn_t *conn)
{
    utils->log(conn, SASL_LOG_ERR,
               "apppass: every login will fail temporarily until this is corrected: %s",
               problem);
}

static int unavailable_new(void *glob_context, sasl_server_params_t *params,
                           const char *challenge, unsigned challenge_length,
                           void **conn_context)
{
    (void)glob_context;
    (void)challenge;
    (void)challenge_length;
    if (!atomic_exchange(&told, true))
        tell(params->utils, params->utils->conn);
    *conn_context = NULL;
    return SASL_OK;
}

static int unavailable_step(void *conn_context, sasl_server_params_t *params,
                            const char *clientin, unsigned clientin_length,
                            const char **serverout, unsigned *serverout_length,
                            sasl_out_params_t *oparams)
{
    (void)conn_context;
    (void)clientin;
    (void)clientin_length;
    *serverout = NULL;
    *serverout_length = 0;
    return offer_unavailable(params, oparams);
}

static void unavailable_dispose(void *conn_context, const sasl_utils_t *utils)
{
    (void)conn_context;
    (void)utils;
}

static sasl_server_plug_t unavailable[MECHANISM_COUNT] = {
    [MECHANISM_PLAIN] = {OFFER_PLAIN, .mech_new = unavailable_new,
                         .mech_step = unavailable_step,
                         .mech_dispose = unavailable_dispose},
    [MECHANISM_LOGIN] = {OFFER_LOGIN, .mech_new = unavailable_new,
                         .mech_step = unavailable_step,
                         .mech_dispose = unavailable_dispose},
};

/* ---- the module ---- */

/* Beside the file that this is, whatever the prefix; nothing in the environment counts.
 */
static bool find_module(char path[PATH_MAX])
{
    Dl_info info;
    char file[PATH_MAX];
    int length;

    if (dladdr(unavailable, &info) == 0 || realpath(info.dli_fname, file) == NULL)
        return false;
    length = snprintf(path, PATH_MAX, "%s/%s", dirname(file), MODULE_FILE);
    return length > 0 && length < PATH_MAX;
}

static const struct module *load_module(void)
{
    char path[PATH_MAX];
    const struct module *found;

    if (!find_module(path)) {
        snprintf(problem, sizeof problem, "could not find the folder of libapppass.so");
        return NULL;
    }
    module.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    found = module.handle != NULL ? dlsym(module.handle, MODULE_SYMBOL) : NULL;
    if (found == NULL) {
        const char *reason = dlerror();

        snprintf(problem, sizeof problem, "could not load %s: %s", path,
                 reason != NULL ? reason : "no such symbol");
    } else if (strncmp(found->version, PACKAGE_VERSION, sizeof found->version) != 0) {
        snprintf(problem, sizeof problem,
                 "%s is of version %.*s and libapppass.so of version %s: install both "
                 "from one",
                 path, (int)sizeof found->version, found->version, PACKAGE_VERSION);
        found = NULL;
    }
    return found;
}

static void unload_module(void)
{
    if (module.handle != NULL)
        dlclose(module.handle);
    module.handle = NULL;
}

/* The module goes with its last mechanism: the library unloads the stub alone. */
static void release(void *glob_context, const sasl_utils_t *utils)
{
    module.mech_free(glob_context, utils);
    if (--module.mechanisms_in_use == 0)
        unload_module();
}

static bool start_module(const sasl_utils_t *utils, int max_version, int *out_version,
                         sasl_server_plug_t **pluglist, int *plugcount)
{
    const struct module *found = load_module();

    if (found != NULL &&
        found->init(utils, max_version, out_version, pluglist, plugcount) == SASL_OK) {
        module.mech_free = (*pluglist)[0].mech_free;
        module.mechanisms_in_use = (unsigned)*plugcount;
        for (int i = 0; i < *plugcount; i++)
            (*pluglist)[i].mech_free = release;
        return true;
    }
    if (found != NULL)
        snprintf(problem, sizeof problem, "out of memory");
    unload_module();
    return false;
}

/*
 * Where apppass_conninfo is absent nothing is offered: SASL_OK with an empty list is the
 * one answer that libsasl2 passes over without a log line.  Where it is present the
 * mechanisms are always offered, so that what is wrong never lets the stock PLAIN decide.
 */
int sasl_server_plug_init(const sasl_utils_t *utils, int max_version, int *out_version,
                          sasl_server_plug_t **pluglist, int *plugcount)
{
    const char *conninfo = NULL;

    if (max_version < SASL_SERVER_PLUG_VERSION)
        return SASL_BADVERS;
    *out_version = SASL_SERVER_PLUG_VERSION;
    *pluglist = NULL;
    *plugcount = 0;
    if (utils->getopt(utils->getopt_context, NULL, "apppass_conninfo", &conninfo, NULL) !=
            SASL_OK ||
        conninfo == NULL)
        return SASL_OK;
    if (!start_module(utils, max_version, out_version, pluglist, plugcount)) {
        tell(utils, NULL);
        atomic_store(&told, false);
        *pluglist = unavailable;
        *plugcount = MECHANISM_COUNT;
    }
    return SASL_OK;
}
