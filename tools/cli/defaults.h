/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_DEFAULTS_H
#define APPPASS_DEFAULTS_H

/* What a person or a site need not type each time, from files. */

#include "attributes.h"
#include "cli/command.h"

/*
 * defaults_load - read ~/.config/apppass.conf, and what it leaves open /etc/apppass.conf
 *
 * Fills invocation->configured.  A connection of the environment (PGHOST, PGDATABASE,
 * PGSERVICE) goes before that of a file.  A file that is not there says nothing.
 * STATUS_REFUSED, told: one can't be read, or names an option that it may not.
 */
enum status defaults_load(struct invocation *invocation) MUST_CHECK;

#endif
