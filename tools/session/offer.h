/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_OFFER_H
#define APPPASS_OFFER_H

/* What opens a code that is handed over by a link: the desk makes it, the page reads it, and
 * the database keeps sums alone. */

#include <sodium.h>

#define OFFER_SECRET_BYTES 16 /* 128 bits */
#define OFFER_SECRET_MAX   (2 * OFFER_SECRET_BYTES + 1)
#define OFFER_SUM_MAX      (2 + 2 * crypto_hash_sha256_BYTES + 1)

/* The SHA-256 sum of a link's secret with the PIN ("" for the link's own sum) behind it, as
 * PostgreSQL reads a bytea. */
void offer_sum(const char *secret, const char *pin, char sum_r[OFFER_SUM_MAX]);

#endif
