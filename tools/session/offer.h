/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_OFFER_H
#define APPPASS_OFFER_H

/* What opens a code that is handed over by a link: the desk makes it, the page reads it, and
 * the database keeps sums alone. */

#include <stdbool.h>

#include <sodium.h>

#define OFFER_SECRET_BYTES 16 /* 128 bits */
#define OFFER_SECRET_MAX   (2 * OFFER_SECRET_BYTES + 1)
#define OFFER_SUM_MAX      (2 + 2 * crypto_hash_sha256_BYTES + 1)

#define OFFER_LINK_MAX   1024 /* of a realm's url of 210 characters */
#define OFFER_PIN_DIGITS 6

/* What opens an offer.  Holds secrets: wipe it. */
struct offer_key {
    char secret[OFFER_SECRET_MAX];
    char pin[OFFER_PIN_DIGITS + 1]; /* "": none */
    char sum[OFFER_SUM_MAX], pin_sum[OFFER_SUM_MAX];
};

void offer_make_key(bool pin, struct offer_key *key);

/* What its person opens; `url` is what the realm's links start with. */
void offer_link(const char *url, const struct offer_key *key,
                char link_r[OFFER_LINK_MAX]);

/* The SHA-256 sum of a link's secret with the PIN ("" for the link's own sum) behind it, as
 * PostgreSQL reads a bytea. */
void offer_sum(const char *secret, const char *pin, char sum_r[OFFER_SUM_MAX]);

#endif
