/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_NAME_H
#define APPPASS_NAME_H

/*
 * User names as the host program sees them.
 *
 * What a client typed, what the host's canonicalisation makes of it, and the account in
 * the database are three spellings of one name: libsasl2 strips blanks and adds the
 * host's realm; Cyrus IMAP turns '%' into '@', and takes its default domain off.  Pure:
 * no SASL, no allocation.  Domains are compared without regard to ASCII case.
 */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"
#include "store.h"

/*
 * name_text - what was typed, without the blanks around it
 *
 * False, and text_r "", where no host takes it as a name: input_name's rules, and more
 * than blanks.
 */
bool name_text(const char *typed, size_t length, char text_r[STORE_NAME_MAX]) MUST_CHECK;

/*
 * name_account - the account that a host means
 *
 * `canonical` is what the host made of `text`.  A domain that the host took off is put
 * back.  A domain that the host added to a bare name counts where `realm` (apppass_realm)
 * is NULL; otherwise `realm` does, as it does for a name that stayed bare.  False, and
 * account_r "", where the result is too long.
 */
bool name_account(const char *text, const char *canonical, const char *realm,
                  char account_r[STORE_NAME_MAX]) MUST_CHECK;

enum name_match {
    NAME_OTHER = 0, /* somebody else's name */
    NAME_SAME,
    NAME_WITHOUT_DOMAIN /* the same if the host takes off one certain domain only */
};

/* name_match - is `canonical`, the host's form of `account`, still this account's? */
enum name_match name_match(const char *canonical, const char *account,
                           const char *realm) MUST_CHECK;

#endif
