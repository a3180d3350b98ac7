/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Prints the option tables for tests/lint/run, a line an option, fields between tabs:
 * name, default, least, most, choices (or "-"), help.
 */

#include "config.h"

#include <stdio.h>

#include "options.h"
#include "settings.h"

static void print_table(const struct setting *table)
{
    for (const struct setting *row = table; row->name != NULL; row++) {
        bool integer = row->type == SETTING_INTEGER;

        printf("%s\t%s\t", row->name, row->fallback == NULL ? "-" : row->fallback);
        if (integer)
            printf("%ld\t%ld\t", row->min, row->max);
        else
            printf("-\t-\t");
        if (row->choices == NULL)
            printf("-");
        for (size_t i = 0; row->choices != NULL && row->choices[i] != NULL; i++)
            printf("%s%s", i == 0 ? "" : " ", row->choices[i]);
        printf("\t%s\n", row->help);
    }
}

int main(void)
{
    print_table(verifier_settings);
    print_table(daemon_settings);
    return 0;
}
