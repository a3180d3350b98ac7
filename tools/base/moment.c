/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "base/moment.h"

#define MINUTE 60L
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Seconds; beyond it (infinity, say) a time is taken for "never". */
#define MOMENT_LIMIT 1e12

/* No span is longer than a century: keeps every sum far from overflow. */
#define COUNT_MAX 36525L

static const struct unit {
    const char *name;
    long seconds; /* 0: by the calendar */
    int months;
} units[] = {
    {"min", MINUTE, 0}, {"minute", MINUTE, 0}, {"minutes", MINUTE, 0},
    {"h", HOUR, 0},     {"hour", HOUR, 0},     {"hours", HOUR, 0},
    {"d", DAY, 0},      {"day", DAY, 0},       {"days", DAY, 0},
    {"w", 7 * DAY, 0},  {"week", 7 * DAY, 0},  {"weeks", 7 * DAY, 0},
    {"mo", 0, 1},       {"month", 0, 1},       {"months", 0, 1},
    {"y", 0, 12},       {"year", 0, 12},       {"years", 0, 12},
};

static const struct unit *parse_unit(const char *text, long *count_r)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return NULL;
    errno = 0;
    *count_r = strtol(text, &end, 10);
    if (errno != 0 || *count_r > COUNT_MAX)
        return NULL;
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcasecmp(end, units[i].name) == 0)
            return &units[i];
    return NULL;
}

bool moment_parse_span(const char *text, long *seconds_r)
{
    long count;
    const struct unit *unit = parse_unit(text, &count);

    if (unit == NULL || unit->seconds == 0)
        return false;
    *seconds_r = count * unit->seconds;
    return true;
}

bool moment_interval(const char *text, char interval[MOMENT_TEXT_MAX])
{
    long count;
    const struct unit *unit = parse_unit(text, &count);

    if (unit == NULL)
        return false;
    snprintf(interval, MOMENT_TEXT_MAX, "%ld %s",
             unit->months > 0 ? count * unit->months : count,
             unit->months > 0 ? "months" : unit->name);
    return true;
}

const char *moment_advice(const char *text, const char *examples)
{
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");

    return digits > 0 && strcmp(unit, "m") == 0 ? "min for minutes, mo for months"
                                                : examples;
}

static bool parse_date(const char *text, bool past, time_t *moment_r)
{
    static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S",
                                          "%Y-%m-%dT%H:%M:%S",   "%Y-%m-%d %H:%M",
                                          "%Y-%m-%dT%H:%M",      "%Y-%m-%d"};
    size_t count = COUNT(formats);

    for (size_t i = 0; i < count; i++) {
        struct tm when = {.tm_isdst = -1};
        struct tm check;
        const char *end = strptime(text, formats[i], &when);
        long offset = when.tm_gmtoff;

        if (end == NULL || *end != '\0')
            continue;
        if (i + 1 == count && !past) {
            when.tm_hour = 23;
            when.tm_min = when.tm_sec = 59;
        }
        check = when;
        *moment_r = i == 0 ? timegm(&when) - offset : mktime(&when);
        /* mktime makes 3 March of 31 February. */
        return check.tm_mday == when.tm_mday;
    }
    return false;
}

bool moment_parse(const char *text, time_t now, bool past, time_t *moment_r)
{
    long count;
    const struct unit *unit = parse_unit(text, &count);
    struct tm when;

    if (unit == NULL)
        return parse_date(text, past, moment_r);
    if (past)
        count = -count;
    if (unit->seconds != 0) {
        *moment_r = now + count * unit->seconds;
        return true;
    }
    if (localtime_r(&now, &when) == NULL)
        return false;
    when.tm_mon += (int)count * unit->months;
    when.tm_isdst = -1;
    *moment_r = mktime(&when);
    return true;
}

bool moment_epoch(const char *text, time_t *moment_r)
{
    double seconds = strtod(text, NULL);

    if (!(seconds > -MOMENT_LIMIT && seconds < MOMENT_LIMIT))
        return false;
    *moment_r = (time_t)seconds;
    return true;
}

void moment_relative(time_t moment, time_t now, char text[MOMENT_TEXT_MAX])
{
    static const struct {
        long seconds;
        const char *name;
    } scale[] = {{365 * DAY, "year"},
                 {30 * DAY, "month"},
                 {DAY, "day"},
                 {HOUR, "hour"},
                 {MINUTE, "minute"}};
    long span = (long)(moment > now ? moment - now : now - moment);

    for (size_t i = 0; i < COUNT(scale); i++) {
        /* What was given as 180 days is not to read "in 5 months" a minute later. */
        long slack = moment > now ? scale[i].seconds / 10 : 0;
        long count = (span + slack) / scale[i].seconds;

        /* "in 364 days" reads as "in 12 months"; two units would be too long for a
         * column. */
        if (count == 0 || (i < 2 && span + slack < 2 * scale[i].seconds))
            continue;
        snprintf(text, MOMENT_TEXT_MAX, "%s%ld %s%s%s", moment > now ? "in " : "", count,
                 scale[i].name, count == 1 ? "" : "s", moment > now ? "" : " ago");
        return;
    }
    snprintf(text, MOMENT_TEXT_MAX, "%s", moment > now ? "in a minute" : "just now");
}

void moment_local(time_t moment, char text[MOMENT_TEXT_MAX])
{
    struct tm when;

    if (localtime_r(&moment, &when) == NULL ||
        strftime(text, MOMENT_TEXT_MAX, "%Y-%m-%d %H:%M", &when) == 0)
        snprintf(text, MOMENT_TEXT_MAX, "?");
}

void moment_rfc3339(time_t moment, char text[MOMENT_TEXT_MAX])
{
    struct tm when;

    if (gmtime_r(&moment, &when) == NULL ||
        strftime(text, MOMENT_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &when) == 0)
        snprintf(text, MOMENT_TEXT_MAX, "?");
}

bool moment_to_come(const char *typed, time_t now, char text[MOMENT_TEXT_MAX])
{
    time_t moment;

    if (!moment_parse(typed, now, false, &moment) || moment <= now)
        return false;
    moment_rfc3339(moment, text);
    return true;
}
