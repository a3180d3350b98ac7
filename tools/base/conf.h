/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CONF_H
#define APPPASS_CONF_H

/* "name: value" files, as Cyrus SASL, Cyrus IMAP, apppassd and the tool have them. */

#include <stdbool.h>
#include <stddef.h>

#include "attributes.h"

struct conf;

/*
 * conf_read - the lines of `path` whose names start with `prefix`, which is taken off
 *
 * NULL and errno where it can't be read.  Free with conf_free, which wipes: values may
 * hold passwords.
 */
struct conf *conf_read(const char *path, const char *prefix) MUST_CHECK;
void conf_free(struct conf **conf);

/* The last value of a name, letter case ignored; NULL where there is none.  Borrowed. */
const char *conf_value(const struct conf *conf, const char *name);

/* A name that stands there twice, letter case ignored; NULL: none does.  Names such as
   @include may.  Borrowed. */
const char *conf_repeated(const struct conf *conf);

/* The name of entry `index`, NULL after the last. */
const char *conf_name(const struct conf *conf, size_t index);

/* What was taken off the names. */
const char *conf_prefix(const struct conf *conf);

#endif
