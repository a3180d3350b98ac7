/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_NETWORK_H
#define APPPASS_NETWORK_H

/* Networks as operators write them. */

#include <stdbool.h>

#include "attributes.h"

/* "192.0.2.0/24", "2001:db8::/48", or an address alone?  Nothing is guessed: 127.1 is
 * neither, and beyond the prefix there are only zeros. */
bool network_valid(const char *text) MUST_CHECK;

#endif
