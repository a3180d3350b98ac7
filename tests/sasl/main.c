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

/* main [endurance]: all groups, or this one alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest first[] = {cmocka_unit_test(the_world_is_made)};

    setvbuf(stdout, NULL, _IONBF, 0);
    if (cmocka_run_group_tests_name("world", first, make_world, NULL) != 0)
        return 1;
    if (argc == 2 && strcmp(argv[1], "endurance") == 0)
        return run_endurance() != 0;
    return run_logins() + run_modules() + run_processes() + run_endurance() != 0;
}
