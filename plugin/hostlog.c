/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "hostlog.h"

void hostlog_init(struct hostlog *hostlog, const sasl_utils_t *utils)
{
    hostlog->utils = utils;
    hostlog->has_connection = pthread_key_create(&hostlog->connection, NULL) == 0;
}

void hostlog_destroy(struct hostlog *hostlog)
{
    if (hostlog->has_connection)
        pthread_key_delete(hostlog->connection);
    hostlog->has_connection = false;
}

static sasl_conn_t *connection(const struct hostlog *hostlog)
{
    return hostlog->has_connection ? pthread_getspecific(hostlog->connection) : NULL;
}

/*
 * What the hosts do with each level: Postfix prints ERR, WARN and FAIL as warnings and
 * the rest only when verbose; libsasl2's own sink, which Cyrus IMAP uses, drops what
 * exceeds log_level (1 by default).
 */
static int sasl_level(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return SASL_LOG_ERR;
    case LOG_LEVEL_WARNING:
        return SASL_LOG_WARN;
    case LOG_LEVEL_REFUSAL:
        return SASL_LOG_FAIL;
    case LOG_LEVEL_NOTICE:
        return SASL_LOG_NOTE;
    case LOG_LEVEL_DEBUG:
        break;
    }
    return SASL_LOG_DEBUG;
}

static void emit(const struct hostlog *hostlog, enum log_level level, const char *line)
{
    hostlog->utils->log(connection(hostlog), sasl_level(level), "apppass: %s", line);
}

void hostlog_write(void *context, enum log_level level, const char *line)
{
    struct hostlog *hostlog = context;

    emit(hostlog, level, line);
    if (connection(hostlog) != NULL)
        return;
    hostlog->level = level;
    snprintf(hostlog->line, sizeof hostlog->line, "%s", line);
    atomic_store(&hostlog->waiting, true);
}

void hostlog_begin(struct hostlog *hostlog, sasl_conn_t *conn)
{
    if (hostlog->has_connection)
        (void)!pthread_setspecific(hostlog->connection, conn);
    if (atomic_load(&hostlog->waiting) && atomic_exchange(&hostlog->waiting, false))
        emit(hostlog, hostlog->level, hostlog->line);
}

void hostlog_end(struct hostlog *hostlog)
{
    if (hostlog->has_connection)
        (void)!pthread_setspecific(hostlog->connection, NULL);
}
