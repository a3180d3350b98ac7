/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/interrupt.h"
#include "base/message.h"
#include "cli/command.h"
#include "cli/defaults.h"
#include "descriptors.h"

static enum status run(struct invocation *invocation)
{
    const struct command *command = invocation->command;
    enum status status;

    if (command_has(invocation, OPTION_VERSION)) {
        printf("apppass %s\n", PACKAGE_VERSION);
        return STATUS_DONE;
    }
    if (command_has(invocation, OPTION_HELP)) {
        if (command != NULL)
            command_print_help(command);
        else
            command_print_overview();
        return STATUS_DONE;
    }
    if (command_has(invocation, OPTION_JSON))
        invocation->output.format = FORMAT_JSON;
    else if (command_has(invocation, OPTION_CSV))
        invocation->output.format = FORMAT_CSV;
    status = defaults_load(invocation);
    if (status != STATUS_DONE)
        return status;
    if (command->role != ROLE_NONE) {
        status = database_open(command_option(invocation, OPTION_DBNAME),
                               command_role_name(command->role), &invocation->database);
        if (status == STATUS_DONE)
            status = database_check_schema(invocation->database);
        if (status == STATUS_UNAVAILABLE && command->any_schema &&
            invocation->database != NULL) {
            message_note("\"%s\" is tried all the same", command->name);
            database_rollback(invocation->database);
            status = STATUS_DONE;
        }
        if (status != STATUS_DONE)
            return status;
        if (command_has(invocation, OPTION_DRY_RUN))
            database_keep_nothing(invocation->database);
        if (strncmp(command->arguments, "ACCOUNT", 7) == 0 ||
            strncmp(command->arguments, "[ACCOUNT]", 9) == 0)
            database_name_account(invocation->database, command_argument(invocation, 0));
    }
    return command->run(invocation);
}

int main(int argc, char **argv)
{
    struct invocation invocation = {0};
    enum status status, finished;

    if (!descriptors_fill())
        return STATUS_REFUSED;
    if (sodium_init() < 0 || !interrupt_catch()) {
        message_error("could not start: no random numbers or no pipe");
        return STATUS_REFUSED;
    }
    output_start(&invocation.output);
    status = command_parse(&invocation, argc, argv);
    if (status == STATUS_DONE)
        status = run(&invocation);
    command_release(&invocation);
    finished = output_finish();
    if (status == STATUS_INTERRUPTED)
        interrupt_die();
    return status != STATUS_DONE ? status : finished;
}
