/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/message.h"
#include "base/moment.h"
#include "cli/near.h"
#include "issue/issue.h"
#include "issue/present.h"
#include "session/offer.h"
#include "session/qr.h"

#define PIN_DIGITS 6

/* What opens the offer; all that the database is told are sums. */
struct offer_key {
    char secret[OFFER_SECRET_MAX];
    char pin[PIN_DIGITS + 1]; /* "": none */
    char sum[OFFER_SUM_MAX], pin_sum[OFFER_SUM_MAX];
};

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

static void make_key(bool pin, struct offer_key *key)
{
    unsigned char random[OFFER_SECRET_BYTES];

    memset(key, 0, sizeof *key);
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(key->secret, sizeof key->secret, random, sizeof random);
    offer_sum(key->secret, "", key->sum);
    if (pin) {
        snprintf(key->pin, sizeof key->pin, "%06" PRIu32, randombytes_uniform(1000000));
        offer_sum(key->secret, key->pin, key->pin_sum);
    }
    sodium_memzero(random, sizeof random);
}

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
        " expires_at => to_timestamp($8::double precision), reason => $9, ticket => $10,"
        " operator => $11)",
        command_argument(invocation, 0), command_option(invocation, OPTION_DEVICE),
        key->sum, key->pin[0] != '\0' ? key->pin_sum : NULL, valid, services, networks,
        expires, command_option(invocation, OPTION_REASON),
        command_option(invocation, OPTION_TICKET),
        command_option(invocation, OPTION_OPERATOR));

    free(services);
    free(networks);
    return rows;
}

static enum status show(const struct invocation *invocation, const struct rows *stored,
                        const struct offer_key *key)
{
    const struct output *output = &invocation->output;
    const char *pin = key->pin[0] != '\0' ? key->pin : NULL;
    char link[512];
    const char *values[] = {link, pin};
    const struct part parts[] = {{.columns = columns, .rows = stored},
                                 {.columns = key_columns, .values = values},
                                 {0}};
    enum status status = STATUS_DONE;

    snprintf(link, sizeof link, "%s/%s", rows_text(stored, 0, "url"), key->secret);
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
                                           OPTION_DRY_RUN};

    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
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

    make_key(command_has(invocation, OPTION_PIN), &key);
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
    const char *valid = command_option(invocation, OPTION_VALID);
    char seconds[32], expires[MOMENT_TEXT_MAX];
    long span = 24L * 3600;
    enum status status = check_options(invocation);

    if (status != STATUS_DONE)
        return status;
    if (valid != NULL && !moment_parse_span(valid, &span))
        return command_usage_error(invocation, "\"%s\" is not a span; write %s", valid,
                                   moment_advice(valid, "24h, 2d or 1w"));
    status = issue_read_expiry(invocation, expires);
    if (status != STATUS_DONE)
        return status;
    snprintf(seconds, sizeof seconds, "%ld", span);
    return offer_and_show(invocation, seconds, expires[0] != '\0' ? expires : NULL);
}
