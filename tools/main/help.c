/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "array.h"
#include "base/message.h"
#include "cli/command.h"
#include "main/completion.h"
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

/* The command table, for programs: all commands, or that one, and all options. */
static void describe_commands(const struct command *only)
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

/* The completion script of a shell. */
static enum status print_script(const struct invocation *invocation, const char *shell)
{
    static const struct {
        const char *shell, *text;
    } scripts[] = {
        {"bash", completion_bash},
        {"zsh", completion_zsh},
        {"fish", completion_fish},
    };

    for (size_t i = 0; i < COUNT(scripts); i++)
        if (strcmp(scripts[i].shell, shell) == 0) {
            fputs(scripts[i].text, stdout);
            return STATUS_DONE;
        }
    return command_usage_error(invocation, "SHELL is bash, zsh or fish, not \"%s\"",
                               shell);
}

/* The commands of two words that begin with this one. */
static enum status help_group(const char *word)
{
    size_t length = strlen(word), shown = 0;

    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++)
        if (strncmp(command->name, word, length) == 0 && command->name[length] == ' ') {
            command_print_synopsis(stdout, 2, "", command);
            shown++;
        }
    if (shown > 0)
        return STATUS_DONE;
    message_error("there is no command \"%s\"", word);
    message_hint("apppass --help lists them");
    return STATUS_USAGE;
}

static enum status run_help(struct invocation *invocation)
{
    const char *shell = command_option(invocation, OPTION_COMPLETION);
    const struct command *command;

    if (shell != NULL)
        return print_script(invocation, shell);
    command = command_find(invocation->arguments, invocation->argument_count);
    if (command == NULL && invocation->argument_count > 0)
        return help_group(invocation->arguments[0]);
    if (invocation->output.format == FORMAT_JSON)
        describe_commands(command);
    else if (command != NULL)
        command_print_help(command);
    else
        command_print_overview();
    return STATUS_DONE;
}

const struct command command_help = {
    .name = "help",
    .no_csv = true,
    .arguments = "[COMMAND...]",
    .role = ROLE_NONE,
    .run = run_help,
    .summary = "explain a command",
    .details =
        "To complete commands, options, accounts and labels with the Tab key, where the\n"
        "installation does not have it already, in ~/.bashrc:\n\n"
        "  source <(apppass help --completion bash)",
    .options = {{OPTION_COMPLETION, 0}},
};
