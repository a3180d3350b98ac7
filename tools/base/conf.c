/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "base/conf.h"

struct conf_entry {
    char *name;
    char *value;
};

/* More lines of one prefix than any configuration has; the rest is not looked at. */
#define ENTRIES_MAX 1024

struct conf {
    const char *prefix;
    size_t count;
    struct conf_entry entries[ENTRIES_MAX];
};

static void add_entry(struct conf *conf, const char *name, const char *value)
{
    struct conf_entry entry;

    if (conf->count == ENTRIES_MAX)
        return;
    entry.name = strdup(name);
    entry.value = strdup(value);
    if (entry.name != NULL && entry.value != NULL) {
        conf->entries[conf->count++] = entry;
        return;
    }
    free(entry.name);
    free(entry.value);
}

static void take_line(struct conf *conf, char *line, const char *prefix)
{
    char *name = line + strspn(line, " \t"), *colon = strchr(line, ':'), *end;

    if (name[0] == '#' || colon == NULL || strncasecmp(name, prefix, strlen(prefix)) != 0)
        return;
    *colon = '\0';
    for (end = colon; end > name && isspace((unsigned char)end[-1]); end--)
        end[-1] = '\0';
    colon++;
    colon += strspn(colon, " \t");
    for (end = colon + strlen(colon); end > colon && isspace((unsigned char)end[-1]);
         end--)
        end[-1] = '\0';
    add_entry(conf, name + strlen(prefix), colon);
}

struct conf *conf_read(const char *path, const char *prefix)
{
    FILE *file = fopen(path, "re");
    struct conf *conf = file != NULL ? calloc(1, sizeof *conf) : NULL;
    char *line = NULL;
    size_t size = 0;

    if (conf != NULL)
        conf->prefix = prefix;
    while (conf != NULL && getline(&line, &size, file) >= 0)
        take_line(conf, line, prefix);
    if (line != NULL)
        sodium_memzero(line, size);
    free(line);
    if (file != NULL)
        fclose(file);
    return conf;
}

void conf_free(struct conf **conf)
{
    if (*conf == NULL)
        return;
    for (size_t i = 0; i < (*conf)->count; i++) {
        struct conf_entry *entry = &(*conf)->entries[i];

        sodium_memzero(entry->value, strlen(entry->value));
        free(entry->name);
        free(entry->value);
    }
    free(*conf);
    *conf = NULL;
}

const char *conf_value(const struct conf *conf, const char *name)
{
    for (size_t i = conf->count; i > 0; i--)
        if (strcasecmp(conf->entries[i - 1].name, name) == 0)
            return conf->entries[i - 1].value;
    return NULL;
}

const char *conf_repeated(const struct conf *conf)
{
    for (size_t i = 1; i < conf->count; i++)
        for (size_t j = 0; j < i; j++)
            if (conf->entries[i].name[0] != '@' &&
                strcasecmp(conf->entries[i].name, conf->entries[j].name) == 0)
                return conf->entries[i].name;
    return NULL;
}

const char *conf_name(const struct conf *conf, size_t index)
{
    return index < conf->count ? conf->entries[index].name : NULL;
}

const char *conf_prefix(const struct conf *conf)
{
    return conf->prefix;
}
