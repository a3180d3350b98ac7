/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/*
 * What a module costs a process that has none of its libraries yet.
 *
 *   load MODULE                    prints the microseconds that loading it took
 *   load LIBRARY MODULES CONNINFO  prints the private memory, in KiB, that LIBRARY costs,
 *                                  and what a SASL server with MODULES costs beyond
 */

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sasl/sasl.h>

static void die(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(1);
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void load(const char *module)
{
    if (dlopen(module, RTLD_NOW | RTLD_LOCAL) == NULL)
        die("could not load", dlerror());
}

static long private_kib(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[256];
    long kib, total = 0;

    if (file == NULL)
        die("could not read", "/proc/self/smaps_rollup");
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Private_Dirty: %ld kB", &kib) == 1)
            total += kib;
    fclose(file);
    return total;
}

static const char *module_path, *conninfo;

static int get_option(void *context, const char *plugin, const char *name,
                      const char **result, unsigned *length)
{
    (void)context;
    (void)plugin;
    if (strcmp(name, "apppass_conninfo") != 0)
        return SASL_FAIL;
    *result = conninfo;
    if (length != NULL)
        *length = (unsigned)strlen(conninfo);
    return SASL_OK;
}

static int get_path(void *context, const char **path)
{
    (void)context;
    *path = module_path;
    return SASL_OK;
}

typedef int callback(void);
#define CALLBACK(function) ((callback *)(void (*)(void))(function))

static const sasl_callback_t callbacks[] = {
    {SASL_CB_GETOPT, CALLBACK(get_option), NULL},
    {SASL_CB_GETPATH, CALLBACK(get_path), NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

static void start_server(const char *path)
{
    module_path = path;
    if (sasl_server_init(callbacks, "apppass-bench") != SASL_OK)
        die("could not start a SASL server", path);
}

int main(int argc, char **argv)
{
    double begin = now_us();
    long before, library;

    if (argc == 2) {
        load(argv[1]);
        printf("%.1f\n", now_us() - begin);
        return 0;
    }
    if (argc != 4)
        return 2;
    conninfo = argv[3];
    start_server("/nonexistent");
    sasl_done();
    before = private_kib();
    load(argv[1]);
    library = private_kib();
    start_server(argv[2]);
    printf("%ld\t%ld\n", library - before, private_kib() - library);
    return 0;
}
