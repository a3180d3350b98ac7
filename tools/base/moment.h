/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_MOMENT_H
#define APPPASS_MOMENT_H

/* Points in time and spans, as operators write and read them. */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "attributes.h"

#define MOMENT_TEXT_MAX 64 /* bytes that hold any text made here, NUL included */

/*
 * moment_parse - "180d", "12h", "6mo", "1y", "2027-01-31", "2027-01-31 18:00" or RFC 3339
 *
 * A span counts from `now`, forward or (`past`) backward; months and years by the
 * calendar. A date alone is its last second, or (`past`) its first, in the local zone.
 * False where `text` is none of these.
 */
bool moment_parse(const char *text, time_t now, bool past, time_t *moment_r) MUST_CHECK;

/* Such a text for a moment after `now`, as RFC 3339.  False: it is none. */
bool moment_to_come(const char *typed, time_t now, char text[MOMENT_TEXT_MAX]) MUST_CHECK;

/* "24h", "2d", "1w": seconds of a span without months and years. */
bool moment_parse_span(const char *text, long *seconds_r) MUST_CHECK;

/* "6mo", "90d": a span of any unit as PostgreSQL reads it. */
bool moment_interval(const char *text, char interval[MOMENT_TEXT_MAX]) MUST_CHECK;

/* What to write instead of `text`: `examples`, or where it ends in a bare "m", the units
 * that this may have meant. */
const char *moment_advice(const char *text, const char *examples);

/* The text of date_part('epoch', ...).  False for infinity. */
bool moment_epoch(const char *text, time_t *moment_r) MUST_CHECK;

/* "3 hours ago", "in 6 months", "just now". */
void moment_relative(time_t moment, time_t now, char text[MOMENT_TEXT_MAX]);

/* "2026-11-23 04:30" in the local zone. */
void moment_local(time_t moment, char text[MOMENT_TEXT_MAX]);

/* "2026-11-23T03:30:00Z", for machines. */
void moment_rfc3339(time_t moment, char text[MOMENT_TEXT_MAX]);

#endif
