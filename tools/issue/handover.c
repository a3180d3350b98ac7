/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "array.h"
#include "base/message.h"
#include "base/moment.h"
#include "cli/near.h"
#include "issue/issue.h"
#include "issue/present.h"
#include "issue/terms.h"
#include "session/offer.h"
#include "session/qr.h"

static const struct column columns[] = {
    {"account", "Account", COLUMN_TEXT, 0, NULL},
    {"device", "Device", COLUMN_TEXT, 0, NULL},
    {"services", "Good for", COLUMN_LIST, 0, "every service the tenant allows"},
    {"networks", "From", COLUMN_LIST, 0, "any network"},
    {"expires_at", "Expires", COLUMN_TIME, 0, "never"},
    {"ends_at", "Link ends", COLUMN_TIME, 0, NULL},
    {.name = NULL},
};

static const struct column key_columns[] = {
    {"link", "Link", COLUMN_TEXT, 0, NULL},
    {"pin", "PIN", COLUMN_TEXT, 0, "none"},
    {.name = NULL},
};

static struct rows *offer(struct invocation *invocation, const struct offer_key *key,
                          const char *valid, const char *expires)
{
    char *services = command_array(invocation, OPTION_SERVICE);
    char *networks = command_array(invocation, OPTION_NETWORK);
    /* The secret part goes through no statement, which a log may keep. */
    struct rows *rows = TRY_QUERY(
        invocation->database,
        "SELECT account_name AS account, device, array_to_string(services, ' ') AS services,"
        " array_to_string(networks, ' ') AS networks,"
        " date_part('epoch', expires_at) AS expires_at, url,"
        " date_part('epoch', ends_at) AS ends_at"
        " FROM apppass.offer_code(username => $1, device => $2, link_hash => $3::bytea,"
        " pin_hash => $4::bytea, valid => make_interval(secs => $5::double precision),"
        " services => $6::text[], networks => $7::cidr[],"
        " expires_at => $8::timestamptz, reason => $9, ticket => $10,"
        " operator => $11)",
        command_argument(invocation, 0), command_option(invocation, OPTION_DEVICE),
        key->sum, key->pin[0] != '\0' ? key->pin_sum : NULL, valid, services, networks,
        expires, COMMAND_CHANGE(invocation));

    free(services);
    free(networks);
    return rows;
}

static enum status show(const struct invocation *invocation, const struct rows *stored,
                        const struct offer_key *key)
{
    const struct output *output = &invocation->output;
    const char *pin = key->pin[0] != '\0' ? key->pin : NULL;
    char link[OFFER_LINK_MAX];
    const char *values[] = {link, pin};
    const struct part parts[] = {{.columns = columns, .rows = stored},
                                 {.columns = key_columns, .values = values},
                                 {0}};
    enum status status = STATUS_DONE;

    offer_link(rows_text(stored, 0, "url"), key, link);
    if (!output_parts(output, stdout, parts)) {
        status = output_record(output, columns, stored, 0);
        output_line(output, "Link", "%s", link);
        output_line(output, "PIN", "%s", pin != NULL ? pin : "none");
        if (command_has(invocation, OPTION_QR) &&
            !qr_print(stdout, link, output->terminal))
            status = STATUS_REFUSED;
    }
    sodium_memzero(link, sizeof link);
    return status;
}

static enum status check_options(const struct invocation *invocation)
{
    static const enum option_id shown[] = {OPTION_OUTPUT, OPTION_MOBILECONFIG, OPTION_KEY,
                                           OPTION_LETTERS, OPTION_DRY_RUN};

    for (size_t i = 0; i < COUNT(shown); i++)
        if (command_has(invocation, shown[i]))
            return command_usage_error(invocation,
                                       "--%s is for a code that is made here, not with "
                                       "--handover",
                                       option_specs[shown[i]].name);
    return present_possible(invocation);
}

static enum status offer_and_show(struct invocation *invocation, const char *valid,
                                  const char *expires)
{
    struct offer_key key;
    struct rows *stored;
    enum status status;

    offer_make_key(command_has(invocation, OPTION_PIN), &key);
    stored = offer(invocation, &key, valid, expires);
    if (stored == NULL)
        status = near_complain(invocation, command_argument(invocation, 0), NULL, NULL);
    else
        status = show(invocation, stored, &key);
    rows_free(&stored);
    sodium_memzero(&key, sizeof key);
    return status;
}

enum status issue_handover(struct invocation *invocation)
{
    char seconds[ISSUE_VALID_MAX], expires[MOMENT_TEXT_MAX];
    enum status status = check_options(invocation);

    if (status == STATUS_DONE)
        status = issue_read_valid(invocation, seconds);
    if (status == STATUS_DONE)
        status = issue_read_expiry(invocation, expires);
    if (status != STATUS_DONE)
        return status;
    return offer_and_show(invocation, seconds, expires[0] != '\0' ? expires : NULL);
}
