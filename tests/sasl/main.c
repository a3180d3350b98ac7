/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/* The plugin through libsasl2's server API in one process; tests/sasl/run starts it. */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "array.h"
#include "deadline.h"
#include "suite.h"

struct world world;

void start_plugin(void)
{
    /* Eight first logins at once take long under valgrind on a busy machine. */
    static struct option options[] = {
        {"apppass_conninfo", NULL}, {"apppass_timeout", "30000"}, {NULL, NULL}};

    options[0].value = database_conninfo();
    server_start(world.path, options);
}

bool await(bool (*condition)(void), unsigned seconds)
{
    struct deadline deadline = deadline_in((int64_t)seconds * 1000);

    while (!condition()) {
        if (deadline_passed(deadline))
            return false;
        (void)poll(NULL, 0, 20);
    }
    return true;
}

static int make_world(void **state)
{
    (void)state;
    world.modules = getenv("APPPASS_MODULES");
    assert_non_null(world.modules);
    snprintf(world.path, sizeof world.path, "%s/ours", world.modules);
    snprintf(world.stock, sizeof world.stock, "%s/stock", world.modules);
    snprintf(world.together, sizeof world.together, "%s/together", world.modules);
    database_do("SELECT apppass.add_account('alice@example.org')", NULL);
    database_do("SELECT apppass.add_account('bob@example.org')", NULL);
    database_do("SELECT apppass.add_account('carol@example.org')", NULL);
    world.laptop = database_issue("alice@example.org", "laptop", NULL);
    world.phone = database_issue("alice@example.org", "phone", NULL);
    world.printer = database_issue("alice@example.org", "printer", "{smtp}");
    world.revoked = database_issue("alice@example.org", "old phone", NULL);
    world.expired = database_issue("alice@example.org", "conference", NULL);
    world.bob = database_issue("bob@example.org", "laptop", NULL);
    world.carol = database_issue("carol@example.org", "laptop", NULL);
    database_do("SELECT apppass.revoke_code('alice@example.org', $1, 'lost')",
                world.revoked.selector, NULL);
    database_do("WITH why AS (SELECT set_config('apppass.reason', 'it is over', true)) "
                "UPDATE apppass.code SET expires_at = now() - interval '1 minute' "
                "FROM why WHERE selector = $1",
                world.expired.selector, NULL);
    database_do("SELECT apppass.set_account_enabled('carol@example.org', false, 'left')",
                NULL);
    return 0;
}

static void the_world_is_made(void **state)
{
    (void)state;
    assert_int_equal(database_sessions(), 0);
}

/* main [GROUP...]: all groups, or those alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest first[] = {cmocka_unit_test(the_world_is_made)};
    static const struct {
        const char *name;
        int (*run)(void);
    } groups[] = {{"logins", run_logins},
                  {"modules", run_modules},
                  {"processes", run_processes},
                  {"endurance", run_endurance}};
    int failed = 0;

    setvbuf(stdout, NULL, _IONBF, 0);
    if (cmocka_run_group_tests_name("world", first, make_world, NULL) != 0)
        return 1;
    for (size_t i = 0; i < COUNT(groups); i++) {
        bool chosen = argc == 1;

        for (int j = 1; j < argc; j++)
            chosen = chosen || strcmp(argv[j], groups[i].name) == 0;
        if (chosen)
            failed += groups[i].run();
    }
    return failed != 0;
}
