/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pgerror.h"

static bool ends_in_source_line(const char *line, size_t length)
{
    while (length > 0 && line[length - 1] >= '0' && line[length - 1] <= '9')
        length--;
    return length > 3 && memcmp(line + length - 3, ".c:", 3) == 0;
}

void pgerror_line(const char *message, char *line, size_t size)
{
    size_t used = 0;

    line[0] = '\0';
    while (*message != '\0') {
        size_t length;

        message += strspn(message, " \t"); /* hints are indented */
        length = strcspn(message, "\n");

        if (length > 0 && !ends_in_source_line(message, length)) {
            int written = snprintf(line + used, size - used, "%s%.*s",
                                   used > 0 ? "; " : "", (int)length, message);

            if (written < 0 || (size_t)written >= size - used)
                break;
            used += (size_t)written;
        }
        message += length;
        message += *message == '\n';
    }
    log_sanitise(line);
}

void pgerror_sqlstate(const char *message, char sqlstate_r[PGERROR_SQLSTATE_SIZE])
{
    static const char symbols[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    sqlstate_r[0] = '\0';
    for (const char *at = message; (at = strstr(at, ":  ")) != NULL; at++) {
        if (strspn(at + 3, symbols) != PGERROR_SQLSTATE_SIZE - 1 ||
            at[PGERROR_SQLSTATE_SIZE + 2] != ':')
            continue;
        memcpy(sqlstate_r, at + 3, PGERROR_SQLSTATE_SIZE - 1);
        sqlstate_r[PGERROR_SQLSTATE_SIZE - 1] = '\0';
    }
}

bool pgerror_is(const char *sqlstate, const char *const *list)
{
    for (; sqlstate != NULL && *list != NULL; list++)
        if (strncmp(sqlstate, *list, strlen(*list)) == 0)
            return true;
    return false;
}

const char *pgerror_advice(const char *sqlstate)
{
    static const char *const denied[] = {"42501", NULL};
    static const char *const missing[] = {"42883", "3F000", "42P01",
                                          "42703", "42704", NULL};
    static const char *const read_only[] = {"25006", NULL};

    if (pgerror_is(sqlstate, denied))
        return ": has this role been granted apppass_verifier?";
    if (pgerror_is(sqlstate, missing))
        return ": is the schema apppass deployed in this database, and up to date?";
    if (pgerror_is(sqlstate, read_only))
        return ": set apppass_record_conninfo to a server that takes writes";
    return "";
}
