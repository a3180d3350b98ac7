/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "array.h"
#include "base/moment.h"
#include "issue/terms.h"

enum status issue_read_expiry(const struct invocation *invocation, char *text_r)
{
    return command_moment(invocation, OPTION_EXPIRES, "180d, 6mo, 1y or 2027-03-31",
                          text_r);
}

enum status issue_read_valid(const struct invocation *invocation,
                             char seconds_r[ISSUE_VALID_MAX])
{
    const char *valid = command_option(invocation, OPTION_VALID);
    long span = 24L * 3600;

    if (valid != NULL && !moment_parse_span(valid, &span))
        return command_usage_error(invocation, "\"%s\" is not a span; write %s", valid,
                                   moment_advice(valid, "24h, 2d or 1w"));
    snprintf(seconds_r, ISSUE_VALID_MAX, "%ld", span);
    return STATUS_DONE;
}

enum status issue_for_links(const struct invocation *invocation)
{
    static const enum option_id options[] = {OPTION_PIN, OPTION_VALID, OPTION_LETTERS};

    for (size_t i = 0; i < COUNT(options); i++)
        if (command_has(invocation, options[i]))
            return command_usage_error(invocation, "--%s goes with --handover",
                                       option_specs[options[i]].name);
    return STATUS_DONE;
}
