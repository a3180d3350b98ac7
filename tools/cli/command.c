/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "base/conf.h"
#include "base/interrupt.h"
#include "base/message.h"
#include "base/moment.h"
#include "base/network.h"
#include "base/prompt.h"
#include "base/suggest.h"
#include "cli/command.h"
#include "text.h"

/* ---- the table, asked ---- */

static size_t word_count(const char *name)
{
    size_t count = 1;

    for (; *name != '\0'; name++)
        count += *name == ' ';
    return count;
}

/* Do the first words of `arguments` spell the command's name? */
static bool names(const struct command *command, const char *const *arguments,
                  size_t count)
{
    const char *name = command->name;

    for (size_t i = 0; i < word_count(command->name); i++) {
        size_t length = strcspn(name, " ");

        if (i >= count || strlen(arguments[i]) != length ||
            strncmp(arguments[i], name, length) != 0)
            return false;
        name += length + (name[length] == ' ');
    }
    return true;
}

const struct command *command_find(const char *const *words, size_t count)
{
    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++)
        if (names(command, words, count))
            return command;
    return NULL;
}

static enum need option_need(const struct command *command, enum option_id id,
                             bool *takes_r)
{
    *takes_r = option_specs[id].global;
    for (const struct command_option *option = command->options; option->id != OPTION_END;
         option++)
        if (option->id == id) {
            *takes_r = true;
            return option->need;
        }
    return NEED_NOT;
}

/* Least and most positional arguments of "ACCOUNT [CODE] NAME...". */
static void argument_range(const char *arguments, size_t *least_r, size_t *most_r)
{
    *least_r = *most_r = 0;
    while (*arguments != '\0') {
        size_t length = strcspn(arguments, " ");

        *least_r += arguments[0] != '[';
        *most_r += 1;
        if (memmem(arguments, length, "...", 3) != NULL)
            *most_r = (size_t)-1 / 2;
        arguments += length + (arguments[length] == ' ');
    }
}

const char *command_role_name(enum role role)
{
    switch (role) {
    case ROLE_HELPDESK:
        return "apppass_helpdesk";
    case ROLE_AUDITOR:
        return "apppass_auditor";
    case ROLE_ADMIN:
        return "apppass_admin";
    case ROLE_NOTIFY:
        return "apppass_notify";
    case ROLE_NONE:
        break;
    }
    return "(none)";
}

/* ---- help ---- */

#define HELP_WIDTH 79

static int help_width(void)
{
    int width = output_width();

    return width < HELP_WIDTH ? width : HELP_WIDTH;
}

/* Where the text beside a word begins: nearer to the left on a narrow terminal. */
static int help_indent(int wanted)
{
    return help_width() >= 2 * wanted - 4 ? wanted : 6;
}

/* "  --code SELECTOR   the code that ..." */
static void print_entry(int wanted, const char *left, const char *text)
{
    int indent = help_indent(wanted);

    printf("  %-*s", indent - 2, left);
    if ((int)strlen(left) + 3 > indent)
        printf("\n%*s", indent, "");
    output_words(stdout, help_width(), indent, text);
}

/* Paragraphs, broken anew; a line that is indented stays as it is. */
static void print_text(const char *text)
{
    char paragraph[1024] = "";

    while (*text != '\0') {
        const char *line = text;
        size_t length = strcspn(text, "\n");
        bool apart = length == 0 || text[0] == ' ';

        if (!apart)
            snprintf(paragraph + strlen(paragraph), sizeof paragraph - strlen(paragraph),
                     "%s%.*s", paragraph[0] != '\0' ? " " : "", (int)length, text);
        text += length + (text[length] == '\n');
        if (apart || *text == '\0') {
            if (paragraph[0] != '\0')
                output_words(stdout, help_width(), 0, paragraph);
            paragraph[0] = '\0';
        }
        if (apart)
            printf("%.*s\n", (int)length, line);
    }
}

#define OPTION_INDENT 26

static void print_option(enum option_id id, enum need need)
{
    const struct option_spec *spec = &option_specs[id];
    char left[64], help[256];
    char letter[8] = "";

    if (spec->letter != '\0')
        snprintf(letter, sizeof letter, "-%c, ", spec->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, spec->name,
             spec->argument != NULL ? " " : "",
             spec->argument != NULL ? spec->argument : "");
    snprintf(help, sizeof help, "%s%s", spec->help,
             need == NEED_ALWAYS ? " (needed)" : "");
    print_entry(OPTION_INDENT, left, help);
}

/* "apppass revoke ACCOUNT (--code SELECTOR | --all) --reason TEXT [OPTION...]" */
static void compose_synopsis(const struct command *command, char *text, size_t size)
{
    const char *separator = " (";
    bool more = false;
    FILE *file = fmemopen(text, size, "w");

    text[0] = '\0';
    if (file == NULL)
        return;
    fprintf(file, "apppass %s%s%s", command->name, command->arguments[0] ? " " : "",
            command->arguments);
    for (const struct command_option *option = command->options; option->id != OPTION_END;
         option++) {
        const struct option_spec *spec = &option_specs[option->id];

        if (option->need == NEED_NOT) {
            more = true;
            continue;
        }
        fprintf(file, "%s--%s%s%s", option->need == NEED_ONE ? separator : " ",
                spec->name, spec->argument ? " " : "",
                spec->argument ? spec->argument : "");
        if (option->need == NEED_ONE) {
            separator = " | ";
            if (option[1].need != NEED_ONE)
                putc(')', file);
        }
    }
    fputs(more ? " [OPTION...]" : "", file);
    fclose(file);
}

void command_print_synopsis(FILE *file, int indent, const char *before,
                            const struct command *command)
{
    char text[512];

    compose_synopsis(command, text, sizeof text);
    fprintf(file, "%*s%s", indent, "", before);
    output_words(file, help_width(), indent + (int)strlen(before), text);
}

void command_print_help(const struct command *command)
{
    bool heading = false;
    char summary[128];

    command_print_synopsis(stdout, 0, "Usage: ", command);
    putchar('\n');
    snprintf(summary, sizeof summary, "%c%s.", command->summary[0] - 'a' + 'A',
             command->summary + 1);
    print_text(summary);
    if (command->details != NULL)
        print_text(command->details);
    if (command->example != NULL)
        printf("\nExample:\n  %s\n", command->example);
    for (const struct command_option *option = command->options; option->id != OPTION_END;
         option++) {
        if (!heading)
            printf("\nOptions:\n");
        heading = true;
        print_option(option->id, option->need);
    }
    putchar('\n');
    print_text("Also --json, --csv, --dbname and the other options that apppass --help "
               "lists.");
    if (command->role != ROLE_NONE)
        printf("Needs the role %s.\n", command_role_name(command->role));
}

#define COMMAND_INDENT 31

void command_print_overview(void)
{
    print_text(
        "Usage: apppass [-d CONNINFO] [--json] COMMAND ...\n\n"
        "App passwords (codes) for mail programs: each belongs to one account and one\n"
        "device, is shown once, and can be revoked alone.\n\n"
        "  a new device     apppass issue alice@example.org --device Phone\n"
        "  a lost phone     apppass revoke alice@example.org --device Phone --reason "
        "lost\n"
        "  it doesn't work  apppass diagnose alice@example.org\n");
    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++) {
        char left[64];

        if (command->hidden)
            continue;
        if (command->heading != NULL)
            printf("\n%s:\n", command->heading);
        snprintf(left, sizeof left, "%s %s", command->name, command->arguments);
        print_entry(COMMAND_INDENT, left, command->summary);
    }
    printf("\nOptions of every command:\n");
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        if (option_specs[id].global)
            print_option(id, NEED_NOT);
    putchar('\n');
    print_text("The database is found as psql finds it: -d, or PGHOST, PGDATABASE, "
               "PGSERVICE.");
    print_text("More about one command: apppass help COMMAND");
}

/* ---- usage errors ---- */

enum status command_usage_error(const struct invocation *invocation, const char *format,
                                ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    message_error("%s%s%s", invocation->command != NULL ? invocation->command->name : "",
                  invocation->command != NULL ? ": " : "", text);
    if (invocation->command != NULL) {
        command_print_synopsis(stderr, 2, "usage: ", invocation->command);
        message_hint("more: apppass help %s", invocation->command->name);
    } else {
        message_hint("apppass --help lists the commands");
    }
    return STATUS_USAGE;
}

/* Offer commands: those like what was typed, or (`group`) all that begin with its first
 * word. */
static size_t offer_commands(const struct invocation *invocation, const char *both,
                             bool group)
{
    const char *typed = invocation->arguments[0];
    size_t length = strlen(typed), offered = 0;

    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++) {
        bool wanted = word_count(command->name) > 1 ? suggest_near(both, command->name)
                                                    : suggest_near(typed, command->name);

        if (group)
            wanted = strncmp(command->name, typed, length) == 0 &&
                     command->name[length] == ' ';
        if (!wanted || command->hidden)
            continue;
        if (offered++ == 0 && (!group || invocation->argument_count == 1))
            message_error(group ? "\"%s\" needs a second word"
                                : "there is no command \"%s\"; did you mean",
                          both);
        else if (offered == 1)
            message_error("there is no command \"%s\"", both);
        command_print_synopsis(stderr, 4, "", command);
    }
    return offered;
}

static enum status unknown_command(const struct invocation *invocation)
{
    char both[256];

    snprintf(both, sizeof both, "%s%s%s", invocation->arguments[0],
             invocation->argument_count > 1 ? " " : "",
             invocation->argument_count > 1 ? invocation->arguments[1] : "");
    if ((invocation->argument_count > 1 && offer_commands(invocation, both, false) > 0) ||
        offer_commands(invocation, both, true) > 0 ||
        offer_commands(invocation, both, false) > 0)
        return STATUS_USAGE;
    message_error("there is no command \"%s\"", invocation->arguments[0]);
    message_hint("apppass --help lists them");
    return STATUS_USAGE;
}

static enum status unknown_option(const struct invocation *invocation, const char *typed,
                                  size_t length)
{
    char name[128];

    snprintf(name, sizeof name, "%.*s", (int)length, typed);
    message_error("there is no option %s", name);
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        if (name[1] == '-' && suggest_near(name + 2, option_specs[id].name))
            message_hint("did you mean --%s?", option_specs[id].name);
    message_hint("apppass help%s%s lists the options",
                 invocation->argument_count > 0 ? " " : "",
                 invocation->argument_count > 0 ? invocation->arguments[0] : "");
    return STATUS_USAGE;
}

/* ---- parsing ---- */

static enum option_id find_long(const char *name, size_t length)
{
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        if (strncmp(option_specs[id].name, name, length) == 0 &&
            option_specs[id].name[length] == '\0')
            return id;
    return OPTION_END;
}

static enum option_id find_short(char letter)
{
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        if (option_specs[id].letter == letter && letter != '\0')
            return id;
    return OPTION_END;
}

enum option_id command_find_option(const char *word, const char **value_r)
{
    size_t length;

    *value_r = NULL;
    if (word[0] != '-')
        return OPTION_END;
    if (word[1] != '-') {
        if (word[1] != '\0' && word[2] != '\0')
            *value_r = word + 2;
        return find_short(word[1]);
    }
    length = strcspn(word + 2, "=");
    if (word[2 + length] == '=')
        *value_r = word + 2 + length + 1;
    return find_long(word + 2, length);
}

static bool add_value(struct invocation *invocation, enum option_id id, const char *value)
{
    size_t count = invocation->options[id].count;
    const char **values =
        reallocarray(invocation->options[id].values, count + 1, sizeof *values);

    if (values == NULL)
        return false;
    values[count] = value;
    invocation->options[id].values = values;
    invocation->options[id].count = count + 1;
    return true;
}

/* One option at argv[*index]; *index moves on where the value is the next word. */
static enum status parse_option(struct invocation *invocation, int argc, char **argv,
                                int *index)
{
    const char *word = argv[*index];
    const char *value;
    enum option_id id = command_find_option(word, &value);

    if (id == OPTION_END)
        return unknown_option(invocation, word, word[1] == '-' ? strcspn(word, "=") : 2);
    if (option_specs[id].argument == NULL) {
        if (value != NULL)
            return command_usage_error(invocation, "--%s takes no value",
                                       option_specs[id].name);
        value = "";
    } else if (value == NULL) {
        if (*index + 1 >= argc)
            return command_usage_error(invocation, "--%s needs a value: %s",
                                       option_specs[id].name, option_specs[id].argument);
        value = argv[++*index];
    }
    if (invocation->options[id].count > 0 && !option_specs[id].repeats &&
        option_specs[id].argument != NULL)
        return command_usage_error(invocation, "--%s may be given only once",
                                   option_specs[id].name);
    return add_value(invocation, id, value) ? STATUS_DONE : STATUS_REFUSED;
}

static enum status check_arguments(const struct invocation *invocation)
{
    const struct command *command = invocation->command;
    size_t least, most;

    argument_range(command->arguments, &least, &most);
    if (invocation->argument_count < least) {
        const char *missing = command->arguments;

        for (size_t i = 0; i < invocation->argument_count; i++)
            missing += strcspn(missing, " ") + 1;
        return command_usage_error(invocation, "%.*s is missing",
                                   (int)strcspn(missing, " "), missing);
    }
    if (invocation->argument_count > most)
        return command_usage_error(
            invocation, "\"%s\" is too much; put quotes around text with blanks",
            invocation->arguments[most]);
    return STATUS_DONE;
}

/* None, or more than one, of the options of which exactly one is needed. */
static enum status complain_choice(const struct invocation *invocation, size_t given)
{
    char text[256] = "";
    size_t used = 0;

    for (const struct command_option *option = invocation->command->options;
         option->id != OPTION_END && used < sizeof text; option++) {
        const struct option_spec *spec = &option_specs[option->id];

        if (option->need == NEED_ONE)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s--%s%s%s",
                                     used == 0                    ? ""
                                     : option[1].need == NEED_ONE ? ", "
                                                                  : " or ",
                                     spec->name, spec->argument != NULL ? " " : "",
                                     spec->argument != NULL ? spec->argument : "");
    }
    return command_usage_error(invocation,
                               given == 0 ? "say which: %s" : "give only one: %s", text);
}

/* Where somebody is there to ask.  False: nothing was said. */
static bool ask_reason(struct invocation *invocation)
{
    struct secret answer = {0};

    if (!prompt_possible() || !prompt_line("Reason: ", &answer) || answer.length == 0)
        return false;
    invocation->asked_reason = strdup(answer.bytes);
    secret_wipe(&answer);
    return invocation->asked_reason != NULL &&
           add_value(invocation, OPTION_REASON, invocation->asked_reason);
}

/* As where a script's variable is not set.  It must not be taken for "all". */
static bool lists_nothing(const struct invocation *invocation, enum option_id id)
{
    for (size_t i = 0; i < invocation->options[id].count; i++) {
        const char *value = invocation->options[id].values[i];

        if (value[strspn(value, ", ")] == '\0')
            return true;
    }
    return false;
}

static enum status check_options(struct invocation *invocation)
{
    size_t of_one = 0;
    bool wants_one = false;

    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++) {
        bool takes;
        enum need need = option_need(invocation->command, id, &takes);
        size_t count = invocation->options[id].count;

        if (count > 0 && !takes)
            return command_usage_error(invocation, "does not take --%s",
                                       option_specs[id].name);
        if ((id == OPTION_NETWORK || id == OPTION_SERVICE) &&
            lists_nothing(invocation, (enum option_id)id))
            return command_usage_error(invocation,
                                       "--%s names nothing; leave it out to mean all",
                                       option_specs[id].name);
        if (count == 0 && need == NEED_ALWAYS && id == OPTION_REASON &&
            ask_reason(invocation))
            continue;
        if (interrupt_pending())
            return STATUS_INTERRUPTED;
        if (count == 0 && need == NEED_ALWAYS)
            return command_usage_error(invocation, "--%s %s is missing: %s",
                                       option_specs[id].name, option_specs[id].argument,
                                       option_specs[id].help);
        wants_one = wants_one || need == NEED_ONE;
        of_one += need == NEED_ONE && count > 0;
    }
    if (wants_one && of_one != 1)
        return complain_choice(invocation, of_one);
    if (command_bad_network(invocation) != NULL)
        return command_usage_error(invocation,
                                   "\"%s\" is not a network; write 192.0.2.0/24, "
                                   "2001:db8::/48 or an address",
                                   command_bad_network(invocation));
    if (command_has(invocation, OPTION_JSON) && command_has(invocation, OPTION_CSV))
        return command_usage_error(invocation, "give --json or --csv, not both");
    if (command_has(invocation, OPTION_CSV) && invocation->command->no_csv)
        return command_usage_error(invocation,
                                   "is not a table and has no CSV; --json has it");
    return STATUS_DONE;
}

static enum status parse_words(struct invocation *invocation, int argc, char **argv)
{
    bool options_end = false;

    invocation->arguments = calloc((size_t)argc + 1, sizeof *invocation->arguments);
    if (invocation->arguments == NULL)
        return STATUS_REFUSED;
    for (int i = 1; i < argc; i++) {
        enum status status;

        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
            continue;
        }
        if (options_end || argv[i][0] != '-' || argv[i][1] == '\0') {
            invocation->arguments[invocation->argument_count++] = argv[i];
            continue;
        }
        status = parse_option(invocation, argc, argv, &i);
        if (status != STATUS_DONE)
            return status;
    }
    return STATUS_DONE;
}

/* The database takes UTF-8 alone, and says so in words for programmers. */
static enum status check_characters(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!text_valid(argv[i], strlen(argv[i]))) {
            message_error("\"%s\" is not UTF-8", argv[i]);
            message_hint(
                "set the terminal to UTF-8, or write it without special letters");
            return STATUS_USAGE;
        }
    return STATUS_DONE;
}

enum status command_parse(struct invocation *invocation, int argc, char **argv)
{
    enum status status = check_characters(argc, argv);
    size_t words;

    if (status == STATUS_DONE)
        status = parse_words(invocation, argc, argv);
    if (status != STATUS_DONE || command_has(invocation, OPTION_VERSION))
        return status;
    if (invocation->argument_count == 0) {
        if (command_has(invocation, OPTION_HELP))
            return STATUS_DONE;
        return command_usage_error(invocation, "say what to do");
    }
    invocation->command = command_find(invocation->arguments, invocation->argument_count);
    if (invocation->command == NULL)
        return unknown_command(invocation);
    words = word_count(invocation->command->name);
    invocation->argument_count -= words;
    memmove(invocation->arguments, invocation->arguments + words,
            (invocation->argument_count + 1) * sizeof *invocation->arguments);
    if (command_has(invocation, OPTION_HELP))
        return STATUS_DONE;
    status = check_arguments(invocation);
    return status == STATUS_DONE ? check_options(invocation) : status;
}

void command_release(struct invocation *invocation)
{
    free(invocation->arguments);
    free(invocation->asked_reason);
    for (int id = 0; id < OPTION_COUNT; id++)
        free(invocation->options[id].values);
    database_close(&invocation->database);
    for (size_t i = 0; i < COUNT(invocation->files); i++)
        conf_free(&invocation->files[i]);
}

enum status command_confirm(const char *question)
{
    fflush(stdout);
    if (!prompt_possible()) {
        message_error("nobody is there to ask; nothing was done");
        message_hint(
            "--yes goes ahead without asking, --dry-run only says what would be done");
        return STATUS_REFUSED;
    }
    if (prompt_confirm(question))
        return STATUS_DONE;
    if (interrupt_pending())
        return STATUS_INTERRUPTED;
    message_note("nothing was done");
    return STATUS_REFUSED;
}

/* ---- what was given ---- */

const char *command_option(const struct invocation *invocation, enum option_id id)
{
    size_t count = invocation->options[id].count;

    return count > 0 ? invocation->options[id].values[count - 1]
                     : invocation->configured[id];
}

bool command_has(const struct invocation *invocation, enum option_id id)
{
    return invocation->options[id].count > 0;
}

const char *command_argument(const struct invocation *invocation, size_t index)
{
    return index < invocation->argument_count ? invocation->arguments[index] : NULL;
}

const char *command_bad_network(const struct invocation *invocation)
{
    static char word[128];

    for (size_t i = 0; i < invocation->options[OPTION_NETWORK].count; i++) {
        const char *value = invocation->options[OPTION_NETWORK].values[i];

        for (size_t length; *(value += strspn(value, ", ")) != '\0'; value += length) {
            length = strcspn(value, ", ");
            snprintf(word, sizeof word, "%.*s", (int)length, value);
            if (!network_valid(word))
                return word;
        }
    }
    return NULL;
}

char *command_array(const struct invocation *invocation, enum option_id id)
{
    const char *texts[256] = {NULL};
    char *copies[256] = {NULL};
    size_t count = 0;
    char *array;

    for (size_t i = 0; i < invocation->options[id].count; i++) {
        const char *value = invocation->options[id].values[i];

        while (count < COUNT(texts)) {
            size_t length;

            value += strspn(value, ", ");
            length = strcspn(value, ", ");
            if (length == 0)
                break;
            copies[count] = message_needed(strndup(value, length));
            texts[count] = copies[count];
            count++;
            value += length;
        }
    }
    array = database_array(count, texts);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    return array;
}

enum status command_since(const struct invocation *invocation,
                          char text[COMMAND_SINCE_MAX])
{
    const char *since = command_option(invocation, OPTION_SINCE);
    time_t moment;

    text[0] = '\0';
    if (since == NULL)
        return STATUS_DONE;
    if (!moment_parse(since, invocation->output.now, true, &moment))
        return command_usage_error(invocation, "\"%s\" is not a time; write %s", since,
                                   moment_advice(since, "24h, 7d, 6mo or 2026-11-01"));
    snprintf(text, COMMAND_SINCE_MAX, "%lld", (long long)moment);
    return STATUS_DONE;
}

enum status command_moment(const struct invocation *invocation, enum option_id id,
                           const char *examples, char text[MOMENT_TEXT_MAX])
{
    const char *typed = command_option(invocation, id);

    text[0] = '\0';
    if (typed != NULL && !moment_to_come(typed, invocation->output.now, text))
        return command_usage_error(invocation,
                                   "\"%s\" is not a time in the future; write %s", typed,
                                   moment_advice(typed, examples));
    return STATUS_DONE;
}

/* More than anybody reads, and little to keep in memory. */
#define ROWS_FOR_PEOPLE "10000"

enum status command_limit(struct invocation *invocation, const char *fallback,
                          const char **text_r)
{
    const char *limit = command_option(invocation, OPTION_LIMIT);

    *text_r = limit != NULL ? limit : fallback;
    if (*text_r == NULL && invocation->output.format != FORMAT_PEOPLE)
        return STATUS_DONE;
    if (*text_r == NULL)
        *text_r = ROWS_FOR_PEOPLE;
    if ((*text_r)[0] == '\0' || strlen(*text_r) > 9 ||
        (*text_r)[strspn(*text_r, "0123456789")] != '\0')
        return command_usage_error(invocation, "\"%s\" is not a number", *text_r);
    invocation->limit = strtoul(*text_r, NULL, 10);
    return STATUS_DONE;
}

enum status command_table(struct invocation *invocation, const struct column *columns,
                          struct rows *rows, const char *none)
{
    enum status status = rows != NULL
                             ? output_table(&invocation->output, columns, rows, none)
                             : database_status(invocation->database);

    if (status == STATUS_DONE && invocation->limit > 0 &&
        rows_count(rows) == invocation->limit)
        message_note("these are the first %zu; --limit NUMBER shows more",
                     invocation->limit);
    rows_free(&rows);
    return status;
}
