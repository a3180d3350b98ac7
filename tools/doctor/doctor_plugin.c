/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array.h"
#include "base/program.h"
#include "doctor/doctor.h"

#define CHECK  "plugin"
#define MODULE "libapppass.so"

static bool check_file(struct doctor *doctor, const char *path, const char *symbol)
{
    struct stat found;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    bool good = false;

    if (module == NULL) {
        doctor_fault(doctor, CHECK,
                     "install the libraries it names, or build apppass here",
                     "%s does not load: %s", path, dlerror());
        return false;
    }
    if (dlsym(module, symbol) == NULL)
        doctor_fault(doctor, CHECK, "install it anew", "%s is not a SASL plugin", path);
    else if (stat(path, &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        doctor_fault(doctor, CHECK, "chmod go-w",
                     "%s can be changed by others than its owner", path);
    else
        good = true;
    dlclose(module);
    return good;
}

/* libsasl2 loads one file, and that one the rest, from beside where it really lies. */
static void check_files(struct doctor *doctor, const char *path)
{
    char *stub = realpath(path, NULL), module[DOCTOR_PATH_MAX];

    if (check_file(doctor, path, "sasl_server_plug_init") && stub != NULL) {
        snprintf(module, sizeof module, "%.*s/apppass/libapppass-module.so",
                 (int)(strrchr(stub, '/') - stub), stub);
        if (check_file(doctor, module, "apppass_module"))
            doctor_ok(doctor, CHECK, "%s loads", path);
    }
    free(stub);
}

/*
 * libsasl2's own tool lists the plugins in the order that they are chosen in.  Ours
 * registers only where its option is set, so the tool gets a configuration of its own.
 */
static char *list_plugins(void)
{
    static const char *const words[] = {"saslpluginviewer", "-s", NULL};
    char folder[] = "/tmp/apppass-doctor.XXXXXX", file[sizeof folder + 32];
    char *text = NULL;
    FILE *conf;

    if (mkdtemp(folder) == NULL)
        return NULL;
    snprintf(file, sizeof file, "%s/pluginviewer.conf", folder);
    conf = fopen(file, "wxe");
    if (conf != NULL) {
        fputs("apppass_conninfo: host=/nonexistent\n", conf);
        if (fclose(conf) == 0 && setenv("SASL_CONF_PATH", folder, 1) == 0)
            text = program_output(words);
        unlink(file);
    }
    rmdir(folder);
    return text;
}

/* The plugin that answers a mechanism first; false where there is none. */
static bool first_plugin(const char *text, const char *mechanism, char *name, size_t size)
{
    char wanted[64];

    snprintf(wanted, sizeof wanted, "SASL mechanism: %s,", mechanism);
    while ((text = strstr(text, "Plugin \"")) != NULL) {
        const char *next = strstr(text + 1, "Plugin \"");
        const char *found = strstr(text, wanted);

        text += strlen("Plugin \"");
        if (found != NULL && (next == NULL || found < next)) {
            snprintf(name, size, "%.*s", (int)strcspn(text, "\""), text);
            return true;
        }
    }
    return false;
}

static void check_order(struct doctor *doctor)
{
    static const char *const mechanisms[] = {"PLAIN", "LOGIN"};
    char *text = list_plugins();
    bool first = true;

    if (text == NULL) {
        doctor_note(doctor, CHECK,
                    "whether it comes before the stock mechanisms was not looked "
                    "at: saslpluginviewer is not installed (Debian: sasl2-bin)");
        return;
    }
    for (size_t i = 0; i < COUNT(mechanisms); i++) {
        char name[64] = "nobody";

        if (first_plugin(text, mechanisms[i], name, sizeof name) &&
            strcmp(name, "apppass") == 0)
            continue;
        doctor_fault(doctor, CHECK, "remove that plugin, or install the newest apppass",
                     "%s is answered by %s, not by apppass", mechanisms[i], name);
        first = false;
    }
    if (first)
        doctor_ok(doctor, CHECK, "PLAIN and LOGIN are answered by apppass first");
    free(text);
}

void doctor_plugin(struct doctor *doctor)
{
    /* Where libsasl2 looks. */
    const char *folders = getenv("SASL_PATH");
    char path[DOCTOR_PATH_MAX];

    if (folders == NULL || folders[0] == '\0')
        folders = SASL_PLUGINDIR;
    if (!doctor_find(folders, MODULE, path)) {
        doctor_fault(doctor, CHECK,
                     "make install, with --with-sasl-plugindir=DIRECTORY where "
                     "libsasl2 looks elsewhere",
                     "there is no %s in %s", MODULE, folders);
        return;
    }
    check_files(doctor, path);
    check_order(doctor);
}
