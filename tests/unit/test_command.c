/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/command.h"
#include "output/json.h"

/* Every command and option that can be typed is complete in the table. */
static void table_is_whole(void **state)
{
    (void)state;
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++) {
        assert_non_null(option_specs[id].name);
        assert_non_null(option_specs[id].help);
        assert_true(strlen(option_specs[id].name) > 1);
        for (int other = id + 1; other < OPTION_COUNT; other++) {
            assert_string_not_equal(option_specs[id].name, option_specs[other].name);
            if (option_specs[id].letter != '\0')
                assert_int_not_equal(option_specs[id].letter, option_specs[other].letter);
        }
    }
    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++) {
        assert_non_null(command->run);
        assert_non_null(command->summary);
        assert_true(strlen(command->summary) < 60);
        assert_int_equal(command->options[COMMAND_OPTIONS_MAX - 1].id, OPTION_END);
        for (const struct command_option *option = command->options;
             option->id != OPTION_END; option++)
            assert_false(option_specs[option->id].global);
    }
}

static enum status parse(struct invocation *invocation, const char *const *words)
{
    static char copies[16][128];
    char *argv[17] = {NULL};
    int argc = 0;

    for (; words[argc] != NULL; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    *invocation = (struct invocation){0};
    return command_parse(invocation, argc, argv);
}

#define PARSE(invocation, ...)                                                           \
    parse((invocation), (const char *const[]){"apppass", __VA_ARGS__, NULL})

static void options_stand_anywhere(void **state)
{
    struct invocation invocation;

    (void)state;
    assert_int_equal(PARSE(&invocation, "--json", "account", "-d", "x", "show", "alice"),
                     STATUS_DONE);
    assert_string_equal(invocation.command->name, "account show");
    assert_string_equal(command_argument(&invocation, 0), "alice");
    assert_null(command_argument(&invocation, 1));
    assert_string_equal(command_option(&invocation, OPTION_DBNAME), "x");
    assert_true(command_has(&invocation, OPTION_JSON));
    command_release(&invocation);
}

static void values_in_every_form(void **state)
{
    struct invocation invocation;
    char *array;

    (void)state;
    assert_int_equal(PARSE(&invocation, "issue", "-dx=y", "--device=a=b", "a\"b@c",
                           "--service", "imap, smtp", "--service=pop", "-n"),
                     STATUS_DONE);
    assert_string_equal(command_option(&invocation, OPTION_DBNAME), "x=y");
    assert_string_equal(command_option(&invocation, OPTION_DEVICE), "a=b");
    array = command_array(&invocation, OPTION_SERVICE);
    assert_string_equal(array, "{\"imap\",\"smtp\",\"pop\"}");
    free(array);
    assert_null(command_array(&invocation, OPTION_NETWORK));
    command_release(&invocation);
}

static void options_end(void **state)
{
    struct invocation invocation;

    (void)state;
    assert_int_equal(PARSE(&invocation, "account", "show", "--", "--json"), STATUS_DONE);
    assert_string_equal(command_argument(&invocation, 0), "--json");
    assert_false(command_has(&invocation, OPTION_JSON));
    command_release(&invocation);
}

static void arrays_are_quoted(void **state)
{
    const char *const texts[] = {"a\"b", "c\\d", "{e,f}", "", NULL, "NULL"};
    char *array = database_array(6, texts);

    (void)state;
    assert_string_equal(array, "{\"a\\\"b\",\"c\\\\d\",\"{e,f}\",\"\",NULL,\"NULL\"}");
    free(array);
    assert_null(database_array(0, texts));
}

static void json_escapes_what_terminals_obey(void **state)
{
    char buffer[256] = "";
    FILE *file = fmemopen(buffer, sizeof buffer, "w");
    struct json json;

    (void)state;
    json_start(&json, file);
    json_open(&json, NULL, '{');
    json_string(&json, "a", "\x1b]0;x\x07\"\\ü");
    json_string(&json, "b",
                "\xc2\x9b"
                "31m\xe2\x80\xae");
    json_close(&json, '}');
    fclose(file);
    assert_string_equal(buffer, "{\n  \"a\": \"\\u001b]0;x\\u0007\\\"\\\\ü\",\n"
                                "  \"b\": \"\\u009b31m\\u202e\"\n}");
}

/* NULL would be SQL NULL: every network, every service. */
static void a_list_is_not_lost_for_want_of_memory(void **state)
{
    const struct rlimit little = {1 << 20, 1 << 20};
    size_t size = (size_t)64 << 20;
    char *network = malloc(size);
    int ended = -1;
    pid_t child;

    (void)state;
    assert_non_null(network);
    memset(network, '1', size - 1);
    network[size - 1] = '\0';
    child = fork();
    if (child == 0) {
        const char *const networks[] = {network};
        bool lost =
            setrlimit(RLIMIT_AS, &little) < 0 || database_array(1, networks) == NULL;

        _exit(lost ? 99 : 98);
    }
    free(network);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), STATUS_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_whole),
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(values_in_every_form),
        cmocka_unit_test(options_end),
        cmocka_unit_test(arrays_are_quoted),
        cmocka_unit_test(a_list_is_not_lost_for_want_of_memory),
        cmocka_unit_test(json_escapes_what_terminals_obey),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
