/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "input.h"
#include "session.h"

/* Whom a request stands for, as numbers that nobody outside can foresee; 0: unknown. */
struct origin {
    uint64_t user, network;
};

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a request waits, the configuration changed, or the end */
    struct session *sessions;
    struct origin *origins; /* of the same index, from submission to the end */
    unsigned char origin_key[crypto_shorthash_KEYBYTES];
    size_t size;
    size_t used;
    struct session_list idle;
    struct session_list waiting;
    struct session_list postponed;
    struct session_list busy; /* with a worker */
    size_t computing, computing_max;
    struct configuration *configuration;
    struct pool_counts counts;
    int wake_fd;
    bool stopped;
    bool ended;
};

void session_describe(const struct session *session, char who[SESSION_WHO_MAX])
{
    const struct request *request = &session->request;
    char user[REQUEST_USER_MAX + 1], service[INPUT_SERVICE_MAX];
    size_t length = request_user(request, user);
    bool loggable = input_name_loggable(user, length, request->password,
                                        request->lengths[REQUEST_PASSWORD]);
    struct client client;

    (void)!input_service(request->service, service);
    (void)!input_client(request->client, &client);
    snprintf(who, SESSION_WHO_MAX, "user=%.*s service=%s client=%s",
             loggable ? REQUEST_LOGIN_MAX : 1, loggable ? user : "?",
             *service != '\0' ? service : "-", *client.text != '\0' ? client.text : "-");
    sodium_memzero(user, sizeof(user));
}

struct pool *pool_new(size_t size, size_t computing, struct configuration *configuration,
                      int wake_fd)
{
    struct pool *pool = calloc(1, sizeof(*pool));
    void *memory;

    if (pool == NULL)
        return NULL;
    pool->origins = calloc(size, sizeof(struct origin));
    memory = mmap(NULL, size * sizeof(struct session), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pool->origins == NULL || memory == MAP_FAILED) {
        if (memory != MAP_FAILED)
            munmap(memory, size * sizeof(struct session));
        free(pool->origins);
        free(pool);
        return NULL;
    }
    crypto_shorthash_keygen(pool->origin_key);
    /* Passwords stand here while they are checked: not for core files. */
    (void)madvise(memory, size * sizeof(struct session), MADV_DONTDUMP);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    TAILQ_INIT(&pool->idle);
    TAILQ_INIT(&pool->waiting);
    TAILQ_INIT(&pool->postponed);
    TAILQ_INIT(&pool->busy);
    pool->sessions = memory;
    pool->size = size;
    pool->computing_max = computing > 0 ? computing : 1;
    pool->wake_fd = wake_fd;
    pool->configuration = configuration_hold(configuration);
    for (size_t i = 0; i < size; i++)
        TAILQ_INSERT_TAIL(&pool->idle, &pool->sessions[i], link);
    return pool;
}

void pool_free(struct pool **pool)
{
    struct pool *old = *pool;

    *pool = NULL;
    if (old == NULL)
        return;
    configuration_release(&old->configuration);
    pthread_cond_destroy(&old->work);
    pthread_mutex_destroy(&old->mutex);
    munmap(old->sessions, old->size * sizeof(struct session));
    free(old->origins);
    free(old);
}

struct session *pool_admit(struct pool *pool, int fd, struct deadline deadline)
{
    struct session *session;

    pthread_mutex_lock(&pool->mutex);
    session = TAILQ_FIRST(&pool->idle);
    if (session != NULL) {
        TAILQ_REMOVE(&pool->idle, session, link);
        pool->used++;
    }
    pthread_mutex_unlock(&pool->mutex);
    if (session != NULL) {
        session->fd = fd;
        session->deadline = deadline;
    }
    return session;
}

size_t pool_size(const struct pool *pool)
{
    return pool->size;
}

bool pool_has_room(struct pool *pool)
{
    return pool_used(pool) < pool->size;
}

size_t pool_used(struct pool *pool)
{
    size_t used;

    pthread_mutex_lock(&pool->mutex);
    used = pool->used;
    pthread_mutex_unlock(&pool->mutex);
    return used;
}

static uint64_t number_of(const struct pool *pool, const void *bytes, size_t length)
{
    uint64_t number = 0;

    _Static_assert(sizeof number == crypto_shorthash_BYTES, "a digest is a number");
    if (length > 0)
        crypto_shorthash((unsigned char *)&number, bytes, length, pool->origin_key);
    return number;
}

static struct origin origin_of(const struct pool *pool, const struct request *request)
{
    char user[REQUEST_USER_MAX + 1];
    size_t length = request_user(request, user);
    struct client client;
    struct origin origin;

    for (size_t i = 0; i < length; i++)
        if (user[i] >= 'A' && user[i] <= 'Z')
            user[i] = (char)(user[i] - 'A' + 'a');
    (void)!input_client(request->client, &client);
    origin.user = number_of(pool, user, length);
    origin.network = number_of(pool, client.network, client.network_length);
    sodium_memzero(user, sizeof(user));
    return origin;
}

/* With the mutex held. */
static size_t count_ahead(const struct pool *pool, const struct origin *origin)
{
    size_t user = 0, network = 0;

    for (size_t i = 0; i < pool->size; i++) {
        user += origin->user != 0 && pool->origins[i].user == origin->user;
        network += origin->network != 0 && pool->origins[i].network == origin->network;
    }
    return user > network ? user : network;
}

void pool_submit(struct pool *pool, struct session *session)
{
    struct origin origin = origin_of(pool, &session->request);

    pthread_mutex_lock(&pool->mutex);
    session->rank = count_ahead(pool, &origin);
    pool->origins[session - pool->sessions] = origin;
    TAILQ_INSERT_TAIL(&pool->waiting, session, link);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

/* NULL: nobody waits there. */
static struct session *whose_turn(const struct session_list *queue)
{
    struct session *session, *first = TAILQ_FIRST(queue);

    for (session = first; session != NULL && first->rank > 0;
         session = TAILQ_NEXT(session, link))
        if (session->rank < first->rank)
            first = session;
    return first;
}

/* The next request that may be taken, with the right to compute where it needs that. */
static struct session *next_session(struct pool *pool)
{
    struct session *session = NULL;

    if (pool->computing < pool->computing_max)
        session = whose_turn(&pool->postponed);
    if (session != NULL) {
        TAILQ_REMOVE(&pool->postponed, session, link);
        session->computing = true;
        pool->computing++;
    } else if ((session = whose_turn(&pool->waiting)) != NULL) {
        TAILQ_REMOVE(&pool->waiting, session, link);
    }
    return session;
}

struct session *pool_take(struct pool *pool, const struct configuration *configuration)
{
    struct session *session = NULL;

    pthread_mutex_lock(&pool->mutex);
    while (!pool->ended && pool->configuration == configuration &&
           (session = next_session(pool)) == NULL)
        pthread_cond_wait(&pool->work, &pool->mutex);
    if (session != NULL) {
        TAILQ_INSERT_TAIL(&pool->busy, session, link);
        session->busy = true;
    }
    pthread_mutex_unlock(&pool->mutex);
    return session;
}

bool pool_may_compute(struct pool *pool, struct session *session)
{
    pthread_mutex_lock(&pool->mutex);
    /* Those that have waited for it go first. */
    if (!session->computing && pool->computing < pool->computing_max &&
        TAILQ_EMPTY(&pool->postponed)) {
        session->computing = true;
        pool->computing++;
    }
    pthread_mutex_unlock(&pool->mutex);
    return session->computing;
}

/* The worker lets go of it.  With the mutex held. */
static void release(struct pool *pool, struct session *session)
{
    if (session->busy)
        TAILQ_REMOVE(&pool->busy, session, link);
    session->busy = false;
    if (session->computing) {
        pool->computing--;
        if (!TAILQ_EMPTY(&pool->postponed))
            pthread_cond_signal(&pool->work);
    }
    session->computing = false;
}

void pool_postpone(struct pool *pool, struct session *session)
{
    pthread_mutex_lock(&pool->mutex);
    release(pool, session);
    session->postponed = true;
    TAILQ_INSERT_TAIL(&pool->postponed, session, link);
    pthread_cond_signal(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

static void count(struct pool_counts *counts, enum outcome outcome)
{
    if (outcome == OUTCOME_OK)
        counts->accepted++;
    else if (outcome == OUTCOME_DENIED)
        counts->refused++;
    else
        counts->unavailable++;
}

/* Four bytes into an empty socket: never waits, and a client that has gone is no error.
 */
static void reply(const struct session *session, bool ok)
{
    ssize_t sent =
        send(session->fd, reply_bytes(ok), REPLY_LENGTH, MSG_NOSIGNAL | MSG_DONTWAIT);

    (void)sent;
}

void session_answer(struct session *session, enum outcome outcome)
{
    if (outcome != OUTCOME_UNAVAILABLE)
        reply(session, outcome == OUTCOME_OK);
    close(session->fd);
    session->fd = -1;
    request_wipe(&session->request);
}

void pool_finish(struct pool *pool, struct session *session, enum outcome outcome)
{
    static const uint64_t one = 1;
    bool wake;

    if (session->fd >= 0)
        session_answer(session, outcome);
    pthread_mutex_lock(&pool->mutex);
    release(pool, session);
    session->postponed = false;
    pool->origins[session - pool->sessions] = (struct origin){0};
    wake = pool->used == pool->size || pool->stopped;
    pool->used--;
    count(&pool->counts, outcome);
    TAILQ_INSERT_HEAD(&pool->idle, session, link);
    pthread_mutex_unlock(&pool->mutex);
    if (wake && write(pool->wake_fd, &one, sizeof(one)) < 0)
        return; /* the counter is at its limit: the listener is being woken anyway */
}

/* The first of a queue where it is late, off the queue; else *next_r learns of it. */
static struct session *expire_first(struct session_list *queue, struct deadline *next_r,
                                    bool *seen)
{
    struct session *session = TAILQ_FIRST(queue);

    if (session == NULL)
        return NULL;
    if (deadline_passed(session->deadline)) {
        TAILQ_REMOVE(queue, session, link);
        return session;
    }
    if (!*seen || session->deadline.at_ms < next_r->at_ms)
        *next_r = session->deadline;
    *seen = true;
    return NULL;
}

struct session *pool_expire(struct pool *pool, struct deadline *next_r)
{
    struct session *session;
    bool seen = false;

    pthread_mutex_lock(&pool->mutex);
    session = expire_first(&pool->waiting, next_r, &seen);
    if (session == NULL)
        session = expire_first(&pool->postponed, next_r, &seen);
    pthread_mutex_unlock(&pool->mutex);
    return session;
}

bool pool_stuck(struct pool *pool, int grace_ms)
{
    int64_t limit = deadline_now_ms() - grace_ms;
    const struct session *session;
    bool stuck = false;

    pthread_mutex_lock(&pool->mutex);
    TAILQ_FOREACH(session, &pool->busy, link)
    stuck = stuck || session->deadline.at_ms < limit;
    pthread_mutex_unlock(&pool->mutex);
    return stuck;
}

struct configuration *pool_configuration(struct pool *pool)
{
    struct configuration *configuration;

    pthread_mutex_lock(&pool->mutex);
    configuration = configuration_hold(pool->configuration);
    pthread_mutex_unlock(&pool->mutex);
    return configuration;
}

void pool_reconfigure(struct pool *pool, struct configuration *configuration)
{
    struct configuration *old;

    pthread_mutex_lock(&pool->mutex);
    old = pool->configuration;
    pool->configuration = configuration;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    configuration_release(&old);
}

void pool_stop(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->stopped = true;
    pthread_mutex_unlock(&pool->mutex);
}

void pool_end(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->ended = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
}

bool pool_ended(struct pool *pool)
{
    bool ended;

    pthread_mutex_lock(&pool->mutex);
    ended = pool->ended;
    pthread_mutex_unlock(&pool->mutex);
    return ended;
}

struct pool_counts pool_counts(struct pool *pool)
{
    struct pool_counts counts;

    pthread_mutex_lock(&pool->mutex);
    counts = pool->counts;
    pthread_mutex_unlock(&pool->mutex);
    return counts;
}
