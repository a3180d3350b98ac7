/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_CONFIGURATION_H
#define APPPASS_CONFIGURATION_H

/* One reading of the configuration file with the key and memo files it names, shared by
 * the threads until the last of them has let go of it. */

#include <stdatomic.h>

#include "attempt.h"
#include "attributes.h"
#include "options.h"

struct configuration {
    atomic_uint references;
    struct options options;
    struct verifier_shared shared; /* points into this */
};

/*
 * configuration_new - open what `options` name, and see that a verifier can work with it
 *
 * Takes the contents of *options, read from `path`, over in either case.  NULL and
 * "FILE:LINE: reason" where it can't be used.  `use_memo` false leaves the memo alone (a
 * check by another user must not create it).  Free with configuration_release.
 */
struct configuration *configuration_new(struct options *options, const char *path,
                                        bool use_memo, const struct log *log, char *error,
                                        size_t error_size) MUST_CHECK;

struct configuration *configuration_hold(struct configuration *configuration) MUST_CHECK;
void configuration_release(struct configuration **configuration);

#endif
