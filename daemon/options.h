/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_OPTIONS_H
#define APPPASS_OPTIONS_H

/* The daemon's own options, and the configuration file that holds them with the
 * verifier's. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "attributes.h"
#include "settings.h"

#define OPTIONS_FILE SYSCONFDIR "/apppassd.conf"

enum options_log { OPTIONS_LOG_STDERR, OPTIONS_LOG_SYSLOG };
enum options_client { OPTIONS_CLIENT_AUTO, OPTIONS_CLIENT_REQUIRED };

struct daemon_settings {
    char *cyrus_proc;      /* folder of Cyrus IMAP's files, one for each process */
    char *fallback_socket; /* of another saslauthd; NULL: no main passwords */
    char *socket;          /* one or more paths, separated by white space */
    char *socket_owner;
    char *socket_group;
    char *socket_mode; /* octal */
    char *user;
    char *group;
    long workers; /* 0: one per processor */
    long queue;
    int client_address; /* enum options_client */
    int log;            /* enum options_log */
    int log_facility;   /* index into options_facilities */
};

/* The daemon's table; a name of NULL ends it. */
extern const struct setting daemon_settings[];

/* The syslog(3) facility of a log_facility value. */
int options_facility(int value);

#define OPTIONS_VERIFIER_MAX                                                             \
    32 /* entries of verifier_settings that lines are kept for                           \
        */

/* Everything one configuration file says. */
struct options {
    struct settings verifier;
    struct daemon_settings daemon;
    mode_t socket_mode;                            /* of daemon.socket_mode */
    unsigned verifier_lines[OPTIONS_VERIFIER_MAX]; /* 0: not in the file */
};

/*
 * options_read - read "name: value" lines as in imapd.conf(5), check every value
 *
 * '#' starts a comment line.  Unknown and repeated names are errors, as is a file that
 * others may write, or that holds a database password and that everybody may read.
 * False and "FILE:LINE: reason" in `error`; nothing is to be freed then.  *options_r is
 * freed with options_free.
 */
bool options_read(const char *path, struct options *options_r, char *error,
                  size_t error_size) MUST_CHECK;
void options_free(struct options *options);

/*
 * options_line - the line of the option that `reason` starts with
 *
 * For what turns out to be wrong after the file was read: reasons start with the
 * verifier's option and a colon.  0 where that is not so, or the file does not set it.
 */
unsigned options_line(const struct options *options, const char *reason) MUST_CHECK;

#endif
