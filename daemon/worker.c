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
    struct session *session;   /* what it works at */
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

/* A client that hung up needs no answer; it costs no query and no hash. */
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

/* ---- what the verifier asks while it decides; the context is the worker ---- */

static enum outcome main_password(void *context, const char *username)
{
    const struct worker *worker = context;
    const char *path = worker->configuration->options.daemon.fallback_socket;
    const char *reason = "";
    enum outcome outcome = fallback_ask(path, username, &worker->session->request,
                                        worker->session->deadline, &reason);

    if (outcome == OUTCOME_UNAVAILABLE)
        log_message(worker->log, LOG_LEVEL_ERROR, "could not ask %s: %s", path, reason);
    return outcome;
}

static bool may_compute(void *context)
{
    const struct worker *worker = context;

    return pool_may_compute(worker->pool, worker->session);
}

static enum outcome worker_decide(struct worker *worker, struct decision *decision_r)
{
    const struct session *session = worker->session;
    const struct request *request = &session->request;
    char user[REQUEST_USER_MAX + 1];
    struct attempt attempt = {
        .username = user,
        .password = request->password,
        .password_length = request->lengths[REQUEST_PASSWORD],
        .service = *request->service != '\0' ? request->service : NULL,
        .client = *request->client != '\0' ? request->client : NULL,
        .may_compute = may_compute,
        .context = worker,
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
    outcome = attempt_decide(worker->verifier, &attempt, session->deadline, decision_r);
    /* People type passwords into the user field. */
    sodium_memzero(user, sizeof(user));
    return outcome;
}

/* One request, to its end or until it must wait once more. */
static void worker_serve(struct worker *worker, struct session *session)
{
    enum outcome outcome = OUTCOME_UNAVAILABLE;
    struct decision decision = {0};

    worker->session = session;
    if (client_gone(session))
        log_message(worker->log, LOG_LEVEL_DEBUG, "a client did not wait");
    else
        outcome = worker_decide(worker, &decision);
    if (!decision.postponed)
        session_answer(session, outcome);
    attempt_finish(&decision);
    if (decision.postponed)
        pool_postpone(worker->pool, session);
    else
        pool_finish(worker->pool, session, outcome);
    worker->session = NULL;
}

static void *worker_main(void *argument)
{
    const struct workers *workers = argument;
    struct worker worker = {.pool = workers->pool, .log = workers->log};

    while (!pool_ended(worker.pool)) {
        struct session *session;

        worker_refresh(&worker);
        while ((session = pool_take(worker.pool, worker.configuration)) != NULL)
            worker_serve(&worker, session);
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
