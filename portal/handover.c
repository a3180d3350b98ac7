/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "portal.h"
#include "session/offer.h"

#define SECRET_DIGITS (2 * OFFER_SECRET_BYTES)
#define PIN_MAX       12

struct opened_link {
    char sum[OFFER_SUM_MAX];
    char pin_sum[OFFER_SUM_MAX]; /* "": none was given */
};

/* The digits of what was typed; people write blanks between them. */
static void read_pin(const char *typed, char pin_r[PIN_MAX + 1])
{
    size_t length = 0;

    for (; *typed != '\0' && length < PIN_MAX; typed++)
        if (*typed >= '0' && *typed <= '9')
            pin_r[length++] = *typed;
    pin_r[length] = '\0';
}

static struct rows *collect(struct portal *portal, const void *what,
                            const struct code *code, const char *hash)
{
    const struct opened_link *link = what;

    return TRY_QUERY(
        portal->database,
        "SELECT " STORED " FROM"
        " apppass.self_collect($1::bytea, $2::bytea, $3::inet, $4, $5)",
        link->sum, link->pin_sum[0] != '\0' ? link->pin_sum : NULL,
        portal->identity.client.text[0] != '\0' ? portal->identity.client.text : NULL,
        code->selector, hash);
}

static void open_link(struct portal *portal, const struct opened_link *link)
{
    const char *method = getenv("REQUEST_METHOD");

    if (database_open(portal->settings.conninfo, "apppass_self", &portal->database) !=
        STATUS_DONE) {
        page_message(portal, 503, TEXT_OUTAGE);
        return;
    }
    portal->terms =
        TRY_QUERY(portal->database,
                  "SELECT account_name, account_id, device, pin, code_length,"
                  " memory_kib, passes, lanes, imap_host, imap_port, smtp_host,"
                  " smtp_port, dav_host, dav_port"
                  " FROM apppass.self_offer($1::bytea)",
                  link->sum);
    if (portal->terms == NULL)
        act_refused(portal);
    /* Programs that look through mail open links, and press no button. */
    else if (method != NULL && strcmp(method, "POST") == 0)
        make_code(portal, collect, link);
    else
        page_offer(portal, TEXT_COUNT);
}

void handover(struct portal *portal, const char *secret)
{
    const char *typed = form_value(&portal->form, "pin");
    char pin[PIN_MAX + 1] = "";
    struct opened_link link = {.pin_sum = ""};

    if (strlen(secret) != SECRET_DIGITS ||
        secret[strspn(secret, "0123456789abcdef")] != '\0') {
        page_message(portal, 404, TEXT_NO_LINK);
        return;
    }
    offer_sum(secret, "", link.sum);
    if (typed != NULL) {
        read_pin(typed, pin);
        offer_sum(secret, pin, link.pin_sum);
    }
    open_link(portal, &link);
    sodium_memzero(pin, sizeof pin);
    sodium_memzero(&link, sizeof link);
}
