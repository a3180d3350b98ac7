/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_HOSTLOG_H
#define APPPASS_HOSTLOG_H

/*
 * The verifier's messages in the log of the program that hosts the plugin.
 *
 * libsasl2 reaches a program's log only through a connection; without one it writes to
 * syslog's "auth", which few people read beside their mail log.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "log.h"

struct hostlog {
    const sasl_utils_t *utils; /* borrowed */
    /*
     * Each thread's connection.  Not a thread-local variable: in an object that is loaded
     * late, the memory for one is either taken from a reserve that may be used up, or the
     * program ends where there is none.
     */
    pthread_key_t connection;
    bool has_connection; /* false: nothing left for a key; all goes to syslog's "auth" */
    /* The last message while there was no connection, to be repeated on the first one. */
    atomic_bool waiting;
    enum log_level level;
    char line[LOG_LINE_MAX];
};

void hostlog_init(struct hostlog *hostlog, const sasl_utils_t *utils);
void hostlog_destroy(struct hostlog *hostlog);

/* A struct log's sink; context is a struct hostlog. */
void hostlog_write(void *context, enum log_level level, const char *line);

/* This thread works for `conn` until hostlog_end. */
void hostlog_begin(struct hostlog *hostlog, sasl_conn_t *conn);
void hostlog_end(struct hostlog *hostlog);

#endif
