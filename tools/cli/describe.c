/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "cli/describe.h"
#include "output/json.h"

static const char *need_word(enum need need)
{
    switch (need) {
    case NEED_ALWAYS:
        return "needed";
    case NEED_ONE:
        return "one";
    case NEED_NOT:
        break;
    }
    return "optional";
}

static void describe_command(struct json *json, const struct command *command)
{
    json_open(json, NULL, '{');
    json_string(json, "name", command->name);
    json_string(json, "arguments", command->arguments);
    json_string(json, "role",
                command->role != ROLE_NONE ? command_role_name(command->role) : NULL);
    json_string(json, "summary", command->summary);
    json_string(json, "details", command->details);
    json_string(json, "example", command->example);
    json_open(json, "options", '[');
    for (const struct command_option *option = command->options; option->id != OPTION_END;
         option++) {
        json_open(json, NULL, '{');
        json_string(json, "option", option_specs[option->id].name);
        json_string(json, "need", need_word(option->need));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void describe_option(struct json *json, const struct option_spec *spec)
{
    const char letter[2] = {spec->letter, '\0'};

    json_open(json, NULL, '{');
    json_string(json, "option", spec->name);
    json_string(json, "letter", spec->letter != '\0' ? letter : NULL);
    json_string(json, "argument", spec->argument);
    json_boolean(json, "repeats", spec->repeats);
    json_boolean(json, "every_command", spec->global);
    json_string(json, "help", spec->help);
    json_close(json, '}');
}

void describe_commands(const struct command *only)
{
    struct json json;

    json_start(&json, stdout);
    json_open(&json, NULL, '{');
    json_open(&json, "commands", '[');
    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++)
        if (only != NULL ? command == only : !command->hidden)
            describe_command(&json, command);
    json_close(&json, ']');
    json_open(&json, "options", '[');
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        describe_option(&json, &option_specs[id]);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
}
