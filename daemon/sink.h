/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_SINK_H
#define APPPASS_SINK_H

/* Where the daemon's log lines go: standard error, the journal or syslog. */

#include <stdbool.h>

#include "log.h"

/* The log to hand to everybody; to standard error until sink_open.  Static. */
const struct log *sink_log(void);

/*
 * sink_open - choose the sink, once, before there are threads
 *
 * Lines read "apppass: ...", as the plugin writes them.  On standard error each is one
 * write(2), after "<N>" with its syslog level where the journal listens there.  Debug
 * lines only where `debug`.
 */
void sink_open(bool syslog, int facility, bool debug);

#endif
