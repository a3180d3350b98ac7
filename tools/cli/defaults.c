/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/conf.h"
#include "base/message.h"
#include "cli/defaults.h"

#define FILE_NAME "apppass.conf"

static enum option_id find_option(const char *name)
{
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        if (option_specs[id].configured && strcasecmp(option_specs[id].name, name) == 0)
            return (enum option_id)id;
    return OPTION_END;
}

static enum status take_file(struct invocation *invocation, const char *path,
                             struct conf **file)
{
    const char *name;

    *file = conf_read(path, "");
    if (*file == NULL && errno != ENOENT && errno != ENOTDIR) {
        message_error("could not read %s: %s", path, strerror(errno));
        return STATUS_REFUSED;
    }
    for (size_t i = 0; *file != NULL && (name = conf_name(*file, i)) != NULL; i++) {
        enum option_id id = find_option(name);

        if (id == OPTION_END) {
            message_error("%s: \"%s\" is not an option that a file may set", path, name);
            message_hint("dbname, key and verifier are");
            return STATUS_REFUSED;
        }
        if (invocation->configured[id] == NULL)
            invocation->configured[id] = conf_value(*file, name);
    }
    return STATUS_DONE;
}

enum status defaults_load(struct invocation *invocation)
{
    const char *folder = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    enum status status = STATUS_DONE;
    char path[PATH_MAX] = "";

    if (folder != NULL && folder[0] == '/')
        snprintf(path, sizeof path, "%s/" FILE_NAME, folder);
    else if (home != NULL)
        snprintf(path, sizeof path, "%s/.config/" FILE_NAME, home);
    if (path[0] != '\0')
        status = take_file(invocation, path, &invocation->files[0]);
    if (status == STATUS_DONE)
        status = take_file(invocation, "/etc/" FILE_NAME, &invocation->files[1]);
    if (getenv("PGHOST") != NULL || getenv("PGDATABASE") != NULL ||
        getenv("PGSERVICE") != NULL)
        invocation->configured[OPTION_DBNAME] = NULL;
    return status;
}
