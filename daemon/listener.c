/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>
#include <systemd/sd-daemon.h>

#include "listener.h"
#include "peer.h"

#define ACCEPT_BATCH    64    /* clients accepted before others are read again */
#define ACCEPT_PAUSE_MS 100   /* after accept(2) failed for want of descriptors */
#define COMPLAIN_MS     10000 /* between two messages of the same kind */
#define WATCHDOG_MS     30000 /* between two looks at the workers */
#define STUCK_MS        30000 /* a worker busy so long after its deadline won't return */
/* A mail server sends its request with the first write; where there is no place for
 * others, one that has not done so by now has lost its own. */
#define SLOW_MS 1000

/* Something that happens many times, logged once in a while. */
struct complaint {
    unsigned long count;
    int64_t told_ms;
};

struct loop {
    const struct listener *listener;
    struct session_list reading;
    long timeout_ms; /* of a request */
    bool client_required;
    char cyrus_proc[PATH_MAX];
    struct pollfd *polled;
    struct session **polled_session; /* of the same index */
    struct deadline accept_again;
    struct deadline watchdog;
    int watchdog_ms;
    bool stopping;
    bool aborted;
    struct complaint stalled, pushed_out, cut_off, waited, uncomputed, no_descriptor,
        stuck, unreadable;
};

static void complain(struct loop *loop, struct complaint *complaint, const char *what)
{
    int64_t now = deadline_now_ms();

    complaint->count++;
    if (complaint->told_ms != 0 && now - complaint->told_ms < COMPLAIN_MS)
        return;
    log_message(loop->listener->log, LOG_LEVEL_WARNING, "%s (%lu so far)", what,
                complaint->count);
    complaint->told_ms = now;
}

/* ---- clients ---- */

static void drop(struct loop *loop, struct session *session)
{
    TAILQ_REMOVE(&loop->reading, session, link);
    pool_finish(loop->listener->pool, session, OUTCOME_UNAVAILABLE);
}

/* libsasl2 up to 2.1.28 doesn't say where the client is; Cyrus IMAP's file does. */
static void find_client(struct loop *loop, struct session *session)
{
    struct request *request = &session->request;

    if (request->lengths[REQUEST_CLIENT] > 0 ||
        peer_client(session->fd, loop->cyrus_proc, request->client,
                    sizeof(request->client)) != PROCFILE_FORBIDDEN)
        return;
    complain(
        loop, &loop->unreadable,
        "could not read Cyrus IMAP's file of a client: codes limited to networks are "
        "refused; apppassd(8) says what its folder needs");
}

static void submit(struct loop *loop, struct session *session)
{
    find_client(loop, session);
    TAILQ_REMOVE(&loop->reading, session, link);
    pool_submit(loop->listener->pool, session);
}

/* Is the request whole, given that the socket is empty (or the client done writing)? */
static bool whole(const struct loop *loop, const struct session *session)
{
    enum request_state state = request_state(&session->request);

    return state == REQUEST_FIVE || (state == REQUEST_FOUR && !loop->client_required);
}

/* Read what is there; the session is then submitted, dropped, or waits for more. */
static void session_read(struct loop *loop, struct session *session)
{
    char bytes[4096];
    ssize_t count;

    do {
        count = recv(session->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (count > 0)
            request_feed(&session->request, bytes, (size_t)count);
    } while ((count > 0 && request_state(&session->request) != REQUEST_FIVE) ||
             (count < 0 && errno == EINTR));
    sodium_memzero(bytes, sizeof(bytes));
    if (whole(loop, session)) {
        submit(loop, session);
    } else if (count == 0 || errno != EAGAIN) {
        /* One that never sent a byte was looking whether we are there. */
        if (session->request.string > 0 || session->request.length_read > 0)
            complain(loop, &loop->cut_off,
                     "a client hung up before its request was whole");
        drop(loop, session);
    }
}

/* When the client that has been sending its request for longest may be pushed out. */
static struct deadline patience(const struct loop *loop)
{
    const struct session *oldest = TAILQ_FIRST(&loop->reading);

    if (oldest == NULL)
        return deadline_in(INT32_MAX);
    return (struct deadline){oldest->deadline.at_ms - loop->timeout_ms + SLOW_MS};
}

static bool may_accept(const struct loop *loop)
{
    return pool_has_room(loop->listener->pool) || deadline_passed(patience(loop));
}

/* A place for the client that is about to be accepted. */
static void make_room(struct loop *loop)
{
    if (pool_has_room(loop->listener->pool))
        return;
    complain(loop, &loop->pushed_out,
             "a client that sent no whole request gave its place to another");
    drop(loop, TAILQ_FIRST(&loop->reading));
}

static void accept_clients(struct loop *loop, int fd)
{
    struct pool *pool = loop->listener->pool;

    for (int i = 0; i < ACCEPT_BATCH && may_accept(loop); i++) {
        int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct session *session;

        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
                errno == ENOBUFS) {
                complain(loop, &loop->no_descriptor,
                         "could not accept a client: too many "
                         "open files, or no memory");
                loop->accept_again = deadline_in(ACCEPT_PAUSE_MS);
            }
            return;
        }
        make_room(loop);
        session = pool_admit(pool, client, deadline_in(loop->timeout_ms));
        if (session == NULL) {
            close(client);
            return;
        }
        TAILQ_INSERT_TAIL(&loop->reading, session, link);
        session_read(loop, session);
    }
}

/* Close what has passed its deadline; the next deadline that will. */
static struct deadline expire(struct loop *loop)
{
    struct deadline next = deadline_in(INT32_MAX);
    struct session *session, *following;
    char who[SESSION_WHO_MAX];

    for (session = TAILQ_FIRST(&loop->reading); session != NULL; session = following) {
        following = TAILQ_NEXT(session, link);
        if (deadline_passed(session->deadline)) {
            complain(loop, &loop->stalled,
                     "a client sent no whole request within apppass_timeout");
            drop(loop, session);
        } else if (session->deadline.at_ms < next.at_ms) {
            next = session->deadline;
        }
    }
    for (;;) {
        struct deadline waiting = next;

        session = pool_expire(loop->listener->pool, &waiting);
        if (session == NULL)
            return waiting.at_ms < next.at_ms ? waiting : next;
        session_describe(session, who);
        log_message(loop->listener->log, LOG_LEVEL_ERROR, "unavailable: %s", who);
        if (session->postponed)
            complain(loop, &loop->uncomputed,
                     "a request waited apppass_timeout for its hash to be computed: more "
                     "codes were new here than the processors could check");
        else
            complain(
                loop, &loop->waited,
                "a request waited apppass_timeout for a worker; the database is slow "
                "or apppassd_workers too low");
        pool_finish(loop->listener->pool, session, OUTCOME_UNAVAILABLE);
    }
}

/* ---- signals and the service manager ---- */

static void follow_options(struct loop *loop)
{
    struct configuration *configuration = pool_configuration(loop->listener->pool);

    loop->timeout_ms = configuration->options.verifier.timeout_ms;
    loop->client_required =
        configuration->options.daemon.client_address == OPTIONS_CLIENT_REQUIRED;
    snprintf(loop->cyrus_proc, sizeof(loop->cyrus_proc), "%s",
             configuration->options.daemon.cyrus_proc);
    configuration_release(&configuration);
}

/* What was fixed when the process started. */
static void name_fixed(const struct loop *loop, const struct daemon_settings *now,
                       const struct daemon_settings *then)
{
    const struct setting *setting;

    for (setting = daemon_settings; setting->name != NULL; setting++) {
        const char *a = (const char *)now + setting->offset;
        const char *b = (const char *)then + setting->offset;
        bool same = true;

        if (setting->offset == offsetof(struct daemon_settings, client_address) ||
            setting->offset == offsetof(struct daemon_settings, cyrus_proc) ||
            setting->offset == offsetof(struct daemon_settings, fallback_socket))
            continue;
        if (setting->type == SETTING_STRING) {
            const char *x = *(char *const *)(const void *)a;
            const char *y = *(char *const *)(const void *)b;

            same = x == y || (x != NULL && y != NULL && strcmp(x, y) == 0);
        } else if (setting->type == SETTING_INTEGER) {
            same = memcmp(a, b, sizeof(long)) == 0;
        } else {
            same = memcmp(a, b, sizeof(int)) == 0;
        }
        if (!same)
            log_message(loop->listener->log, LOG_LEVEL_WARNING,
                        "%s has changed; it takes effect at the next start",
                        setting->name);
    }
}

/* Read the file again; whatever is wrong with it, the old configuration stays. */
static void reload(struct loop *loop)
{
    const struct listener *listener = loop->listener;
    struct configuration *old = pool_configuration(listener->pool), *fresh = NULL;
    struct options options;
    char error[512];

    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
               (long long)deadline_now_ms() * 1000);
    if (options_read(listener->config_path, &options, error, sizeof(error)))
        fresh = configuration_new(&options, listener->config_path, true, listener->log,
                                  error, sizeof(error));
    if (fresh == NULL) {
        log_message(listener->log, LOG_LEVEL_ERROR,
                    "could not reload, going on with the old configuration: %s", error);
        sd_notify(0, "READY=1\nSTATUS=Serving; the last reload failed, see the log");
    } else {
        name_fixed(loop, &fresh->options.daemon, &old->options.daemon);
        pool_reconfigure(listener->pool, fresh);
        follow_options(loop);
        log_message(listener->log, LOG_LEVEL_NOTICE, "reloaded %s",
                    listener->config_path);
        sd_notify(0, "READY=1\nSTATUS=Serving");
    }
    configuration_release(&old);
}

static void stop(struct loop *loop)
{
    const struct listener *listener = loop->listener;

    if (loop->stopping) {
        loop->aborted = true;
        return;
    }
    loop->stopping = true;
    sd_notify(0, "STOPPING=1\nSTATUS=Finishing the requests that have arrived");
    sockets_close(listener->sockets);
    pool_stop(listener->pool);
    log_message(listener->log, LOG_LEVEL_NOTICE, "stopping: %zu requests to finish",
                pool_used(listener->pool));
}

static void take_signals(struct loop *loop)
{
    struct signalfd_siginfo info;

    while (read(loop->listener->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            reload(loop);
        else
            stop(loop);
    }
}

static void feed_watchdog(struct loop *loop)
{
    struct pool *pool = loop->listener->pool;
    struct pool_counts counts = pool_counts(pool);

    if (!deadline_passed(loop->watchdog))
        return;
    loop->watchdog = deadline_in(loop->watchdog_ms);
    if (pool_stuck(pool, STUCK_MS)) {
        complain(loop, &loop->stuck,
                 "a worker is still busy 30 s after its request has ended");
        return;
    }
    sd_notifyf(0,
               "WATCHDOG=1\nSTATUS=Serving: %lu accepted, %lu refused, %lu unanswered, "
               "%zu at work",
               counts.accepted, counts.refused, counts.unavailable, pool_used(pool));
}

/* ---- the loop ---- */

#define POLL_SIGNAL 0
#define POLL_WAKE   1
#define POLL_SOCKET 2 /* the first of them */

/* Fill loop->polled: how many entries.  Sockets are left out (-1) where nobody may come
 * in. */
static nfds_t fill_polled(struct loop *loop)
{
    const struct listener *listener = loop->listener;
    bool open = deadline_passed(loop->accept_again) && may_accept(loop);
    struct session *session;
    nfds_t count = 0;

    loop->polled[count++] = (struct pollfd){.fd = listener->signal_fd, .events = POLLIN};
    loop->polled[count++] = (struct pollfd){.fd = listener->wake_fd, .events = POLLIN};
    for (size_t i = 0; i < listener->sockets->count; i++)
        loop->polled[count++] = (struct pollfd){
            .fd = open ? listener->sockets->fds[i] : -1, .events = POLLIN};
    TAILQ_FOREACH(session, &loop->reading, link)
    {
        loop->polled_session[count] = session;
        loop->polled[count++] = (struct pollfd){.fd = session->fd, .events = POLLIN};
    }
    return count;
}

static int loop_wait_ms(struct loop *loop, struct deadline next)
{
    int wait_ms = deadline_left_ms(next);
    struct deadline room = patience(loop);

    if (!may_accept(loop) && deadline_left_ms(room) < wait_ms)
        wait_ms = deadline_left_ms(room);
    if (!deadline_passed(loop->accept_again) &&
        deadline_left_ms(loop->accept_again) < wait_ms)
        wait_ms = deadline_left_ms(loop->accept_again);
    if (deadline_left_ms(loop->watchdog) < wait_ms)
        wait_ms = deadline_left_ms(loop->watchdog);
    return wait_ms;
}

/* One turn; false where poll(2) itself failed. */
static bool loop_turn(struct loop *loop)
{
    const struct listener *listener = loop->listener;
    struct deadline next = expire(loop);
    size_t sockets = listener->sockets->count;
    nfds_t count = fill_polled(loop);
    uint64_t ignored;

    if (poll(loop->polled, count, loop_wait_ms(loop, next)) < 0 && errno != EINTR) {
        log_message(listener->log, LOG_LEVEL_ERROR, "could not wait for clients: %s",
                    strerror(errno));
        return false;
    }
    if (loop->polled[POLL_WAKE].revents != 0 &&
        read(listener->wake_fd, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
        return false;
    for (nfds_t i = POLL_SOCKET + sockets; i < count; i++)
        if (loop->polled[i].revents != 0)
            session_read(loop, loop->polled_session[i]);
    for (size_t i = 0; i < sockets; i++)
        if (loop->polled[POLL_SOCKET + i].revents != 0)
            accept_clients(loop, listener->sockets->fds[i]);
    if (loop->polled[POLL_SIGNAL].revents != 0)
        take_signals(loop);
    feed_watchdog(loop);
    return true;
}

static void loop_prepare(struct loop *loop)
{
    uint64_t watchdog_us = 0;

    TAILQ_INIT(&loop->reading);
    follow_options(loop);
    loop->watchdog_ms = WATCHDOG_MS;
    if (sd_watchdog_enabled(0, &watchdog_us) > 0)
        loop->watchdog_ms = (int)(watchdog_us / 2000) + 1;
    loop->watchdog = deadline_in(loop->watchdog_ms);
}

bool listener_run(struct listener *listener)
{
    size_t entries = POLL_SOCKET + SOCKETS_MAX + pool_size(listener->pool);
    struct loop loop = {.listener = listener};
    struct session *session;
    bool good;

    loop.polled = calloc(entries, sizeof(loop.polled[0]));
    loop.polled_session = calloc(entries, sizeof(loop.polled_session[0]));
    good = loop.polled != NULL && loop.polled_session != NULL;
    if (!good)
        log_message(listener->log, LOG_LEVEL_ERROR, "out of memory");
    loop_prepare(&loop);
    while (good && !loop.aborted && !(loop.stopping && pool_used(listener->pool) == 0))
        good = loop_turn(&loop);
    while ((session = TAILQ_FIRST(&loop.reading)) != NULL)
        drop(&loop, session);
    free(loop.polled);
    free(loop.polled_session);
    return good;
}
