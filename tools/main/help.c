/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "cli/command.h"
#include "cli/describe.h"
#include "main/completion.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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
