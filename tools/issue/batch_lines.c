/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/moment.h"
#include "base/network.h"
#include "issue/batch_lines.h"
#include "issue/terms.h"

const struct batch_field batch_lines_fields[BATCH_COLUMNS] = {
    [BATCH_ACCOUNT] = {"account", "username", true},
    [BATCH_DEVICE] = {"device", "label", true},
    [BATCH_SERVICES] = {"services", "service", false},
    [BATCH_NETWORKS] = {"networks", "network", false},
    [BATCH_EXPIRES] = {"expires", "expires_at", false},
    [BATCH_REASON] = {"reason", NULL, false},
    [BATCH_TICKET] = {"ticket", NULL, false},
};

/* Words separated by blanks or commas become the body of a PostgreSQL array: "a,b". */
static void normalise_list(char *text)
{
    char *out = text;

    while (*text != '\0') {
        text += strspn(text, " ,;");
        while (*text != '\0' && strchr(" ,;", *text) == NULL)
            *out++ = *text++;
        text += strspn(text, " ,;");
        if (*text != '\0')
            *out++ = ',';
    }
    *out = '\0';
}

static bool networks_valid(const char *list)
{
    char word[128];

    for (size_t length; *list != '\0'; list += length + (list[length] == ',')) {
        length = strcspn(list, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, list);
        if (!network_valid(word))
            return false;
    }
    return true;
}

void batch_lines_read(struct batch *batch, struct batch_line *line)
{
    char expires[MOMENT_TEXT_MAX];

    if (line->fields[BATCH_SERVICES] != NULL)
        normalise_list(line->fields[BATCH_SERVICES]);
    if (line->fields[BATCH_NETWORKS] != NULL)
        normalise_list(line->fields[BATCH_NETWORKS]);
    if (line->fields[BATCH_NETWORKS] != NULL &&
        !networks_valid(line->fields[BATCH_NETWORKS])) {
        batch_bad_line(batch, line, "not networks", line->fields[BATCH_NETWORKS]);
    } else if (line->fields[BATCH_EXPIRES] != NULL) {
        if (!moment_to_come(line->fields[BATCH_EXPIRES], batch->invocation->output.now,
                            expires)) {
            batch_bad_line(batch, line, "not a time in the future",
                           line->fields[BATCH_EXPIRES]);
            return;
        }
        free(line->fields[BATCH_EXPIRES]);
        line->fields[BATCH_EXPIRES] = strdup(expires);
    }
}
