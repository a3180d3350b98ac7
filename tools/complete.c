/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static const struct {
    const char *what;
    const char *sql;
} lists[] = {
    {"accounts", "SELECT account AS word FROM apppass.account_overview"
                 " WHERE $1::text IS NULL OR starts_with(account, apppass.fold($1))"
                 " ORDER BY account LIMIT 200"},
    {"devices",
     "SELECT DISTINCT device AS word FROM apppass.device_overview"
     " WHERE $1::text IS NULL OR account = apppass.fold($1) ORDER BY device LIMIT 200"},
    {"codes",
     "SELECT selector AS word FROM apppass.code_overview"
     " WHERE ($1::text IS NULL OR account = apppass.fold($1)) AND revoked_at IS NULL"
     " ORDER BY selector LIMIT 200"},
    {"realms", "SELECT name AS word FROM apppass.realm WHERE $1::text IS NULL OR true"
               " ORDER BY name LIMIT 200"},
    {"services",
     "SELECT word FROM unnest(ARRAY['imap', 'pop', 'smtp', 'sieve', 'dav']) AS"
     " t (word) WHERE $1::text IS NULL OR true"},
};

/* One word a line.  Silent on failure: it runs while somebody types. */
enum status run_complete(struct invocation *invocation)
{
    const char *what = command_argument(invocation, 0);

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct rows *rows;

        if (strcmp(what, lists[i].what) != 0)
            continue;
        rows = TRY_QUERY(invocation->database, lists[i].sql,
                         command_argument(invocation, 1));
        if (rows == NULL)
            return database_status(invocation->database);
        for (size_t row = 0; row < rows_count(rows); row++) {
            char *harmless = output_harmless(rows_text(rows, row, "word"));

            if (harmless != NULL)
                puts(harmless);
            free(harmless);
        }
        rows_free(&rows);
        return STATUS_DONE;
    }
    return command_usage_error(invocation,
                               "WHAT is accounts, devices, codes, realms or services");
}
