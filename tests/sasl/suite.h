/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_TESTS_SASL_SUITE_H
#define APPPASS_TESTS_SASL_SUITE_H

/* The groups of the suite and what they share. */

#include <stdbool.h>

#include "attributes.h"
#include "database.h"
#include "server.h"

/* Made once, before the first group: three accounts and their codes. */
struct world {
    char *modules; /* folder of folders: ours, stock, together */
    char path[256], stock[256], together[256];
    struct issued laptop, phone;    /* alice@example.org's */
    struct issued printer;          /* alice's, smtp only */
    struct issued revoked, expired; /* alice's */
    struct issued bob;              /* bob@example.org's */
    struct issued carol;            /* carol@example.org's, who is disabled */
};

extern struct world world;

/* Our module alone, its database over the socket. */
void start_plugin(void);

/* True as soon as `condition` holds, false after `seconds`. */
bool await(bool (*condition)(void), unsigned seconds) MUST_CHECK;

int run_logins(void);
int run_modules(void);
int run_processes(void);
int run_endurance(void);

#endif
