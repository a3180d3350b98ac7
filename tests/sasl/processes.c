/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* Outages, forks, threads, jails, unloading. */

#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "suite.h"

#define THREADS       8
#define LOGINS_APIECE 25

static int start(void **state)
{
    (void)state;
    start_plugin();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    assert_log_without_passwords();
    server_stop();
    return 0;
}

static int login(void)
{
    return server_login_as(DOOR_PLAIN, "alice@example.org", world.laptop.code).result;
}

static bool logs_in(void)
{
    return login() == SASL_OK;
}

static bool no_sessions(void)
{
    return database_sessions() == 0;
}

static void an_outage_is_temporary_and_heals_by_itself(void **state)
{
    (void)state;
    assert_int_equal(login(), SASL_OK);
    database_stop();
    for (int i = 0; i < 3; i++) {
        struct answer answer =
            server_login_as(DOOR_LOGIN, "alice@example.org", world.revoked.code);

        assert_int_equal(login(), SASL_UNAVAIL);
        assert_int_equal(answer.result, SASL_UNAVAIL);
        /* Exim takes a login without a name for refused. */
        assert_string_equal(answer.user, "?");
        assert_string_equal(answer.authid, "?");
    }
    /* what needs no database is still refused, not postponed */
    assert_int_equal(server_login_as(DOOR_PLAIN, "alice@example.org", "no code").result,
                     SASL_BADAUTH);
    database_start();
    assert_true(await(logs_in, 40));
    assert_false(log_holds("2 apppass: refused: verdict=wrong_code"));
}

static void a_restart_between_logins_is_not_seen(void **state)
{
    (void)state;
    assert_int_equal(login(), SASL_OK);
    database_stop();
    database_start();
    assert_int_equal(login(), SASL_OK);
}

static void a_closed_session_is_replaced_unseen(void **state)
{
    (void)state;
    assert_int_equal(login(), SASL_OK);
    database_do("SELECT pg_catalog.pg_terminate_backend(pid) FROM "
                "pg_catalog.pg_stat_activity WHERE usename = 'apppass_mail'",
                NULL);
    assert_true(await(no_sessions, 10));
    assert_int_equal(login(), SASL_OK);
}

static void idle_sessions_are_given_back(void **state)
{
    const struct option options[] = {{"apppass_conninfo", database_conninfo()},
                                     {"apppass_idle_timeout", "1"},
                                     {NULL, NULL}};

    (void)state;
    server_stop();
    server_start(world.path, options);
    assert_int_equal(login(), SASL_OK);
    assert_true(await(no_sessions, 10));
    assert_int_equal(login(), SASL_OK);
}

/* The exit status of a child that ran `body`; 0 is success. */
static int in_child(int (*body)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int child_logs_in_and_ends(void)
{
    alarm(120); /* better than waiting for one that waits for a lock */
    if (login() != SASL_OK || login() != SASL_OK)
        return 1;
    sasl_done();
    return 0;
}

static const char the_backend[] = "SELECT pid FROM pg_catalog.pg_stat_activity "
                                  "WHERE usename = 'apppass_mail'";

static bool one_session(void)
{
    return database_sessions() == 1;
}

static void a_fork_shares_no_connection(void **state)
{
    long before;

    (void)state;
    assert_int_equal(login(), SASL_OK);
    assert_int_equal(database_sessions(), 1);
    before = database_count(the_backend);
    for (int i = 0; i < 3; i++)
        assert_int_equal(in_child(child_logs_in_and_ends), 0);
    assert_int_equal(login(), SASL_OK);
    assert_int_equal(database_sessions(), 1);
    assert_int_equal(database_count(the_backend), before);
}

struct worker {
    pthread_t thread;
    unsigned number, wrong_answers;
};

/* Right and wrong codes by turns: an answer that went to another thread would show. */
static void *work(void *context)
{
    struct worker *worker = context;
    const char *accounts[] = {"alice@example.org", "bob@example.org"};
    const char *codes[] = {world.laptop.code, world.bob.code};

    for (unsigned i = 0; i < LOGINS_APIECE; i++) {
        unsigned who = (worker->number + i) % 2, whose = (i / 2) % 2;
        char message[256];
        int length = snprintf(message, sizeof message, "%c%s%c%s", 0, accounts[who], 0,
                              codes[whose]);
        int result = server_send("imap", "PLAIN", message, (size_t)length);

        if (result != (who == whose ? SASL_OK : SASL_BADAUTH))
            worker->wrong_answers++;
    }
    return NULL;
}

static void threads_share_no_connection(void **state)
{
    struct worker workers[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(workers[i].wrong_answers, 0);
    assert_in_range(database_sessions(), 1, THREADS);
    if (log_holds("unavailable"))
        fail_msg("%s", log_text());
}

static bool all_held(void)
{
    return database_held_logins() == THREADS;
}

static void *log_in(void *context)
{
    struct worker *worker = context;
    char message[128];
    int length = snprintf(message, sizeof message, "%calice@example.org%c%s", 0, 0,
                          world.laptop.code);

    worker->wrong_answers =
        server_send("imap", "PLAIN", message, (size_t)length) != SASL_OK;
    return NULL;
}

/* Half-way through their logins, each has a session of its own. */
static void threads_wait_in_sessions_of_their_own(void **state)
{
    struct worker workers[THREADS];
    bool held;

    (void)state;
    assert_int_equal(login(), SASL_OK); /* one of them will have this session */
    database_hold_logins();
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, log_in, &workers[i]),
                         0);
    held = await(all_held, 20);
    database_release_logins();
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].wrong_answers, 0);
    }
    assert_true(held);
}

/* Children of a program with threads, one of them in mid-login, and that thread. */
static void forks_wait_in_sessions_of_their_own(void **state)
{
    struct worker worker;
    pid_t children[THREADS - 1];
    long before;
    bool held;
    int status;

    (void)state;
    assert_int_equal(login(), SASL_OK);
    before = database_count(the_backend);
    database_hold_logins();
    assert_int_equal(pthread_create(&worker.thread, NULL, log_in, &worker), 0);
    for (unsigned i = 0; i < THREADS - 1; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            status = child_logs_in_and_ends();
            /* Not _exit: valgrind would call lost what the thread held that stayed
             * behind. */
            if (status == 0)
                raise(SIGKILL);
            _exit(status);
        }
    }
    held = await(all_held, 20);
    database_release_logins();
    assert_int_equal(pthread_join(worker.thread, NULL), 0);
    assert_int_equal(worker.wrong_answers, 0);
    for (unsigned i = 0; i < THREADS - 1; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
    }
    assert_true(held);
    assert_true(await(one_session, 10));
    assert_int_equal(database_count(the_backend), before);
    assert_int_equal(login(), SASL_OK);
    assert_int_equal(database_count(the_backend), before);
}

static void sessions_end_with_the_library(void **state)
{
    (void)state;
    assert_int_equal(login(), SASL_OK);
    server_stop();
    assert_true(await(no_sessions, 10));
    start_plugin();
}

/* In a jail as an ordinary user, like Debian's smtpd; what was opened before stays. */
static int child_logs_in_from_a_jail(void)
{
    const struct passwd *nobody = getpwnam("nobody");
    char jail[256];

    snprintf(jail, sizeof jail, "%s/jail", world.modules);
    if (nobody == NULL || (mkdir(jail, 0755) != 0 && access(jail, F_OK) != 0))
        return 2;
    if (chroot(jail) != 0 || chdir("/") != 0)
        return 3;
    if (setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0)
        return 4;
    for (int i = 0; i < 3; i++)
        if (login() != SASL_OK) {
            fputs(log_text(), stderr);
            return 5;
        }
    return 0;
}

static void a_jail_entered_after_init_is_no_obstacle(void **state)
{
    char memo[300];
    const struct option options[] = {{"apppass_conninfo", database_tcp_conninfo()},
                                     {"apppass_memo", memo},
                                     {NULL, NULL}};

    (void)state;
    snprintf(memo, sizeof memo, "%s/memo", world.modules);
    server_stop();
    server_start(world.path, options);
    assert_string_equal(log_text(), "");
    assert_int_equal(in_child(child_logs_in_from_a_jail), 0);
}

static bool mapped(const char *name)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024];
    bool found = false;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL)
        if (strstr(line, name) != NULL)
            found = true;
    fclose(maps);
    return found;
}

static void the_library_can_unload_and_load_it_again(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(mapped("libapppass.so"));
        assert_true(mapped("libapppass-module.so"));
        assert_int_equal(login(), SASL_OK);
        server_stop();
        assert_false(mapped("libapppass"));
        start_plugin();
    }
}

int run_processes(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(an_outage_is_temporary_and_heals_by_itself),
        CASE(a_restart_between_logins_is_not_seen),
        CASE(a_closed_session_is_replaced_unseen),
        CASE(idle_sessions_are_given_back),
        CASE(a_fork_shares_no_connection),
        CASE(threads_share_no_connection),
        CASE(threads_wait_in_sessions_of_their_own),
        CASE(forks_wait_in_sessions_of_their_own),
        CASE(sessions_end_with_the_library),
        CASE(a_jail_entered_after_init_is_no_obstacle),
        CASE(the_library_can_unload_and_load_it_again),
    };

    return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
