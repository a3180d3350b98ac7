/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include <sodium.h>

#include "fallback.h"
#include "worker.h"

struct workers {
    struct pool *pool;
    const struct log *log;
    size_t count;
    pthread_t threads[];
};

/* One thread's own: a verifier made from the configuration it holds. */
struct worker {
    struct pool *pool;
    const struct log *log;
    struct configuration *configuration;
    struct verifier *verifier; /* NULL: could not be made, try again */
};

/* Follow the current configuration. */
static void worker_refresh(struct worker *worker)
{
    struct configuration *current = pool_configuration(worker->pool);

    if (worker->configuration != current)
        verifier_free(&worker->verifier);
    configuration_release(&worker->configuration);
    worker->configuration = current;
}

static bool worker_ready(struct worker *worker)
{
    char error[512];

    if (worker->verifier == NULL)
        worker->verifier =
            verifier_new(&worker->configuration->shared, error, sizeof(error));
    if (worker->verifier == NULL)
        log_message(worker->log, LOG_LEVEL_ERROR, "could not set up a worker: %s", error);
    return worker->verifier != NULL;
}

/* A client that hung up wants no answer; it costs no query and no hash. */
static bool client_gone(const struct session *session)
{
    struct pollfd entry = {.fd = session->fd};

    return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR)) != 0;
}

/* Strings beyond every limit can't be a user and a code: refused without asking. */
static enum outcome refuse(const struct worker *worker, const struct session *session)
{
    char who[SESSION_WHO_MAX];

    session_describe(session, who);
    log_message(worker->log, LOG_LEVEL_REFUSAL, "refused: verdict=%s %s code=-",
                verdict_name(VERDICT_NOT_A_CODE), who);
    return OUTCOME_DENIED;
}

/* What main_password needs; on the worker's stack for the time of one attempt. */
struct main_password {
    const struct worker *worker;
    const struct session *session;
};

static enum outcome main_password(void *context, const char *username)
{
    const struct main_password *what = context;
    const struct options *options = &what->worker->configuration->options;
    const char *path = options->daemon.fallback_socket, *reason = "";
    enum outcome outcome = fallback_ask(path, username, &what->session->request,
                                        what->session->deadline, &reason);

    if (outcome == OUTCOME_UNAVAILABLE)
        log_message(what->worker->log, LOG_LEVEL_ERROR, "could not ask %s: %s", path,
                    reason);
    return outcome;
}

static enum outcome worker_decide(struct worker *worker, struct session *session)
{
    const struct request *request = &session->request;
    char user[REQUEST_USER_MAX + 1];
    struct decision decision;
    struct main_password context = {.worker = worker, .session = session};
    struct attempt attempt = {
        .username = user,
        .password = request->password,
        .password_length = request->lengths[REQUEST_PASSWORD],
        .service = *request->service != '\0' ? request->service : NULL,
        .client = *request->client != '\0' ? request->client : NULL,
        .context = &context,
        .finish_later = true,
    };
    enum outcome outcome;

    if (request->refused)
        return refuse(worker, session);
    if (!worker_ready(worker))
        return OUTCOME_UNAVAILABLE;
    attempt.username_length = request_user(request, user);
    if (worker->configuration->options.daemon.fallback_socket != NULL)
        attempt.main_password = main_password;
    outcome = attempt_decide(worker->verifier, &attempt, session->deadline, &decision);
    /* People type passwords into the user field. */
    sodium_memzero(user, sizeof(user));
    return outcome;
}

static void *worker_main(void *argument)
{
    const struct workers *workers = argument;
    struct worker worker = {.pool = workers->pool, .log = workers->log};

    while (!pool_ended(worker.pool)) {
        struct session *session;

        worker_refresh(&worker);
        while ((session = pool_take(worker.pool, worker.configuration)) != NULL) {
            enum outcome outcome = OUTCOME_UNAVAILABLE;

            if (client_gone(session))
                log_message(worker.log, LOG_LEVEL_DEBUG, "a client did not wait");
            else
                outcome = worker_decide(&worker, session);
            session_answer(session, outcome);
            if (worker.verifier != NULL)
                verifier_finish(worker.verifier);
            pool_finish(worker.pool, session, outcome);
        }
    }
    verifier_free(&worker.verifier);
    configuration_release(&worker.configuration);
    return NULL;
}

struct workers *workers_start(size_t count, struct pool *pool, const struct log *log)
{
    struct workers *workers =
        calloc(1, sizeof(*workers) + count * sizeof(workers->threads[0]));

    if (workers == NULL)
        return NULL;
    workers->pool = pool;
    workers->log = log;
    while (workers->count < count && pthread_create(&workers->threads[workers->count],
                                                    NULL, worker_main, workers) == 0)
        workers->count++;
    if (workers->count < count) {
        pool_end(pool);
        workers_join(&workers);
    }
    return workers;
}

void workers_join(struct workers **workers)
{
    struct workers *old = *workers;

    *workers = NULL;
    if (old == NULL)
        return;
    for (size_t i = 0; i < old->count; i++)
        pthread_join(old->threads[i], NULL);
    free(old);
}
