/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "session.h"

#define PLACES 3

/* A pool, and the other ends of its clients' sockets. */
struct fixture {
    struct configuration *configuration;
    struct pool *pool;
    int wake_fd;
    int client;
};

static struct configuration *empty_configuration(void)
{
    struct configuration *configuration = calloc(1, sizeof(*configuration));

    assert_non_null(configuration);
    atomic_init(&configuration->references, 1);
    return configuration;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    fixture->configuration = empty_configuration();
    fixture->wake_fd = eventfd(0, EFD_NONBLOCK);
    fixture->pool = pool_new(PLACES, 1, fixture->configuration, fixture->wake_fd);
    *state = fixture;
    return fixture->pool == NULL;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    pool_free(&fixture->pool);
    configuration_release(&fixture->configuration);
    close(fixture->wake_fd);
    free(fixture);
    return 0;
}

static struct session *admit(struct fixture *fixture, int64_t left_ms)
{
    struct session *session;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fixture->client = ends[1];
    session = pool_admit(fixture->pool, ends[0], deadline_in(left_ms));
    if (session == NULL) {
        close(ends[0]);
        close(ends[1]);
    }
    return session;
}

/* What the client gets: "OK", "NO" or "" for none. */
static void expect_reply(int client, const char *expected)
{
    char reply[16] = "";
    ssize_t length = read(client, reply, sizeof(reply));

    assert_int_equal(length, *expected == '\0' ? 0 : 4);
    if (length > 0)
        assert_memory_equal(reply + 2, expected, 2);
    close(client);
}

static bool woken(const struct fixture *fixture)
{
    uint64_t count;

    return read(fixture->wake_fd, &count, sizeof(count)) == sizeof(count);
}

/* Places go round: found when a session stayed in two lists at once. */
static void every_place_is_used_again_and_again(void **state)
{
    static const struct {
        enum outcome outcome;
        const char *reply;
    } ends[] = {{OUTCOME_OK, "OK"}, {OUTCOME_DENIED, "NO"}, {OUTCOME_UNAVAILABLE, ""}};
    struct fixture *fixture = *state;
    struct pool_counts counts;

    for (int round = 0; round < 30; round++) {
        struct session *sessions[PLACES];
        int clients[PLACES];

        for (int i = 0; i < PLACES; i++) {
            sessions[i] = admit(fixture, 60000);
            assert_non_null(sessions[i]);
            clients[i] = fixture->client;
            pool_submit(fixture->pool, sessions[i]);
        }
        assert_null(admit(fixture, 60000));
        assert_false(pool_has_room(fixture->pool));
        for (int i = 0; i < PLACES; i++) {
            struct session *session = pool_take(fixture->pool, fixture->configuration);

            assert_ptr_equal(session, sessions[i]);
            pool_finish(fixture->pool, session, ends[(i + round) % 3].outcome);
            expect_reply(clients[i], ends[(i + round) % 3].reply);
        }
        assert_int_equal(pool_used(fixture->pool), 0);
        assert_false(pool_stuck(fixture->pool, 0));
    }
    counts = pool_counts(fixture->pool);
    assert_int_equal(counts.accepted, 30);
    assert_int_equal(counts.refused, 30);
    assert_int_equal(counts.unavailable, 30);
}

static void a_full_pool_wakes_when_it_has_room(void **state)
{
    struct fixture *fixture = *state;
    struct session *sessions[PLACES];

    for (int i = 0; i < PLACES; i++) {
        sessions[i] = admit(fixture, 60000);
        close(fixture->client);
    }
    assert_false(woken(fixture));
    pool_finish(fixture->pool, sessions[0], OUTCOME_UNAVAILABLE);
    assert_true(woken(fixture));
    pool_finish(fixture->pool, sessions[1], OUTCOME_UNAVAILABLE);
    assert_false(woken(fixture));
    pool_stop(fixture->pool);
    pool_finish(fixture->pool, sessions[2], OUTCOME_UNAVAILABLE);
    assert_true(woken(fixture));
}

static void waiting_ends_at_the_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct session *late = admit(fixture, 0), *early;
    int late_client = fixture->client;
    struct deadline next = {.at_ms = -1};

    assert_null(pool_expire(fixture->pool, &next));
    assert_int_equal(next.at_ms, -1);
    pool_submit(fixture->pool, late);
    early = admit(fixture, 60000);
    pool_submit(fixture->pool, early);
    assert_ptr_equal(pool_expire(fixture->pool, &next), late);
    pool_finish(fixture->pool, late, OUTCOME_UNAVAILABLE);
    expect_reply(late_client, "");
    assert_null(pool_expire(fixture->pool, &next));
    assert_int_equal(next.at_ms, early->deadline.at_ms);
    assert_ptr_equal(pool_take(fixture->pool, fixture->configuration), early);
    pool_finish(fixture->pool, early, OUTCOME_OK);
    expect_reply(fixture->client, "OK");
}

static void a_worker_that_does_not_return_is_noticed(void **state)
{
    struct fixture *fixture = *state;

    pool_submit(fixture->pool, admit(fixture, 0));
    assert_false(pool_stuck(fixture->pool, -1000));
    struct session *session = pool_take(fixture->pool, fixture->configuration);
    assert_true(pool_stuck(fixture->pool, -1000));
    assert_false(pool_stuck(fixture->pool, 1000));
    /* Nor one that records, when the client has its answer. */
    session_answer(session, OUTCOME_OK);
    expect_reply(fixture->client, "OK");
    assert_true(pool_stuck(fixture->pool, -1000));
    assert_int_equal(pool_used(fixture->pool), 1);
    pool_finish(fixture->pool, session, OUTCOME_OK);
    assert_int_equal(pool_used(fixture->pool), 0);
    assert_false(pool_stuck(fixture->pool, -1000));
}

static void a_change_or_the_end_comes_before_work(void **state)
{
    struct fixture *fixture = *state;
    struct configuration *fresh = empty_configuration(), *now;

    pool_submit(fixture->pool, admit(fixture, 60000));
    close(fixture->client);
    pool_reconfigure(fixture->pool, fresh);
    assert_null(pool_take(fixture->pool, fixture->configuration));
    now = pool_configuration(fixture->pool);
    assert_ptr_equal(now, fresh);
    pool_finish(fixture->pool, pool_take(fixture->pool, now), OUTCOME_OK);
    assert_false(pool_ended(fixture->pool));
    pool_end(fixture->pool);
    assert_null(pool_take(fixture->pool, now));
    assert_true(pool_ended(fixture->pool));
    configuration_release(&now);
}

/* Who must have a hash computed waits for that, and for nobody else's sake. */
static void computing_leaves_a_worker_to_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct pool *pool = fixture->pool;
    struct session *first = admit(fixture, 60000), *second, *known;
    struct deadline next;

    close(fixture->client);
    second = admit(fixture, 50000);
    close(fixture->client);
    known = admit(fixture, 60000);
    close(fixture->client);
    pool_submit(pool, first);
    pool_submit(pool, second);
    pool_submit(pool, known);
    assert_ptr_equal(pool_take(pool, fixture->configuration), first);
    assert_true(pool_may_compute(pool, first));
    assert_true(pool_may_compute(pool, first));
    assert_ptr_equal(pool_take(pool, fixture->configuration), second);
    assert_false(pool_may_compute(pool, second));
    pool_postpone(pool, second);
    assert_ptr_equal(pool_take(pool, fixture->configuration), known);
    /* It hasn't waited for it as the second one has. */
    pool_finish(pool, first, OUTCOME_DENIED);
    assert_false(pool_may_compute(pool, known));
    assert_null(pool_expire(pool, &next));
    assert_int_equal(next.at_ms, second->deadline.at_ms);
    assert_ptr_equal(pool_take(pool, fixture->configuration), second);
    assert_true(pool_may_compute(pool, second));
    pool_finish(pool, second, OUTCOME_OK);
    assert_true(pool_may_compute(pool, known));
    pool_finish(pool, known, OUTCOME_OK);
    assert_int_equal(pool_used(pool), 0);
}

static struct session *submit(struct fixture *fixture, const char *login,
                              const char *client)
{
    struct session *session = admit(fixture, 60000);
    struct request *request = &session->request;

    close(fixture->client);
    request->lengths[REQUEST_LOGIN] = strlen(login);
    snprintf(request->login, sizeof(request->login), "%s", login);
    request->lengths[REQUEST_CLIENT] = strlen(client);
    snprintf(request->client, sizeof(request->client), "%s", client);
    pool_submit(fixture->pool, session);
    return session;
}

static void expect_order(struct fixture *fixture, struct session *const order[PLACES])
{
    for (int i = 0; i < PLACES; i++) {
        struct session *session = pool_take(fixture->pool, fixture->configuration);

        assert_ptr_equal(session, order[i]);
        pool_finish(fixture->pool, session, OUTCOME_DENIED);
    }
}

/* A crowd at one account, or from one network, is one to all others. */
static void a_crowd_waits_for_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct session *a, *b, *c;

    a = submit(fixture, "victim@example.org", "192.0.2.1");
    b = submit(fixture, "VICTIM@example.org", "198.51.100.1;4711");
    c = submit(fixture, "other@example.org", "203.0.113.1");
    expect_order(fixture, (struct session *const[]){a, c, b});
    a = submit(fixture, "one@example.org", "192.0.2.1;1");
    b = submit(fixture, "two@example.org", "192.0.2.2;2");
    c = submit(fixture, "other@example.org", "203.0.113.1");
    expect_order(fixture, (struct session *const[]){a, c, b});
    /* Nothing of an earlier request counts, nor what is unknown. */
    a = submit(fixture, "one@example.org", "192.0.2.1");
    b = submit(fixture, "two@example.org", "");
    c = submit(fixture, "three@example.org", "");
    expect_order(fixture, (struct session *const[]){a, b, c});
}

static void a_crowd_computes_after_the_others(void **state)
{
    struct fixture *fixture = *state;
    struct pool *pool = fixture->pool;
    struct session *order[PLACES];

    order[0] = submit(fixture, "victim@example.org", "");
    order[2] = submit(fixture, "victim@example.org", "");
    assert_ptr_equal(pool_take(pool, fixture->configuration), order[0]);
    assert_true(pool_may_compute(pool, order[0]));
    assert_ptr_equal(pool_take(pool, fixture->configuration), order[2]);
    assert_false(pool_may_compute(pool, order[2]));
    pool_postpone(pool, order[2]);
    order[1] = submit(fixture, "other@example.org", "");
    assert_ptr_equal(pool_take(pool, fixture->configuration), order[1]);
    assert_false(pool_may_compute(pool, order[1]));
    pool_postpone(pool, order[1]);
    pool_finish(pool, order[0], OUTCOME_DENIED);
    for (int i = 1; i < PLACES; i++) {
        assert_ptr_equal(pool_take(pool, fixture->configuration), order[i]);
        assert_true(pool_may_compute(pool, order[i]));
        pool_finish(pool, order[i], OUTCOME_DENIED);
    }
}

static void waiting_to_compute_ends_at_the_deadline(void **state)
{
    struct fixture *fixture = *state;
    struct session *session = admit(fixture, 0);
    struct deadline next;

    close(fixture->client);
    pool_submit(fixture->pool, session);
    assert_ptr_equal(pool_take(fixture->pool, fixture->configuration), session);
    pool_postpone(fixture->pool, session);
    assert_false(pool_stuck(fixture->pool, -1000));
    assert_ptr_equal(pool_expire(fixture->pool, &next), session);
    assert_true(session->postponed);
    pool_finish(fixture->pool, session, OUTCOME_UNAVAILABLE);
    assert_false(session->postponed);
}

static void nothing_of_a_request_is_left(void **state)
{
    static const struct request empty;
    struct fixture *fixture = *state;
    struct session *session = admit(fixture, 60000);
    char who[SESSION_WHO_MAX];

    request_feed(&session->request, "\0\5alice\0\7hunter2\0\4imap\0\13example.org", 35);
    session_describe(session, who);
    assert_string_equal(who, "user=alice@example.org service=imap client=-");
    close(fixture->client);
    pool_finish(fixture->pool, session, OUTCOME_DENIED);
    assert_memory_equal(&session->request, &empty, sizeof(empty));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_place_is_used_again_and_again),
        CASE(a_full_pool_wakes_when_it_has_room),
        CASE(waiting_ends_at_the_deadline),
        CASE(a_worker_that_does_not_return_is_noticed),
        CASE(a_change_or_the_end_comes_before_work),
        CASE(computing_leaves_a_worker_to_the_others),
        CASE(a_crowd_waits_for_the_others),
        CASE(a_crowd_computes_after_the_others),
        CASE(waiting_to_compute_ends_at_the_deadline),
        CASE(nothing_of_a_request_is_left),
    };

    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
