/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "cli/command.h"

#define POSITIONAL_MAX 16

/* What a shell reads in place of words: it knows better what files there are. */
#define FILES       ":files"
#define DIRECTORIES ":directories"

/* The command line so far; borrowed texts. */
struct typed_line {
    const char *current; /* the word to complete, from its start to the cursor */
    const char *positional[POSITIONAL_MAX];
    size_t positional_count;
    size_t given[OPTION_COUNT];
    bool options_end;
    enum option_id awaits;         /* the option that `current` is the value of */
    const char *dbname;            /* NULL: libpq's defaults */
    const struct command *command; /* NULL: not known yet */
    size_t command_words;
};

/* ---- what there is to choose from ---- */

/* By the word that stands for the argument in the table, or by an option's name. */
static const struct {
    const char *argument;
    const char *kind;  /* what the database is asked for */
    const char *words; /* separated by blanks */
} choices[] = {
    {"ACCOUNT", "account", NULL},
    {"ACTION", NULL, "allow deny"},
    {"DIRECTORY", NULL, DIRECTORIES},
    {"FILE", NULL, FILES},
    {"LABEL", "device", NULL},
    {"LANGUAGE", NULL, "en de none"},
    {"NAME=VALUE...", "setting", NULL},
    {"POSITION", "rule", NULL},
    {"REALM", "realm", NULL},
    {"SELECTOR", "code", NULL},
    {"SHELL", NULL, "bash zsh fish"},
    {"STATE", NULL, "on off"},
    {"URL", NULL, "https://"},
    {"URL...", NULL,
     "imap:// imaps:// pop3:// pop3s:// sieve:// smtp:// smtps:// http:// https://"},
    {"--at", NULL, "1d 7d 30d"},
    {"--expires", NULL, "30d 90d 180d 1y"},
    {"--grace", NULL, "1h 24h 2d 1w"},
    {"--valid", NULL, "1h 24h 2d 1w"},
    {"--service", NULL, "imap pop smtp sieve dav"},
    {"--since", NULL, "24h 7d 30d 90d"},
};

/* ---- offering ---- */

static bool starts(const char *word, const char *start)
{
    return strncasecmp(word, start, strlen(start)) == 0;
}

/* A line for the shell.  What a terminal would take as an order is left out: it could not
 * be typed either. */
static void offer(const char *before, const char *word, const char *note)
{
    char *harmless = output_harmless(word);
    char *harmless_note = output_harmless(note);

    if (harmless != NULL && harmless_note != NULL && strcmp(harmless, word) == 0)
        printf("%s%s%s%s\n", before, word, note[0] != '\0' ? "\t" : "", harmless_note);
    free(harmless);
    free(harmless_note);
}

static void offer_words(const char *before, const char *words, const char *start)
{
    char word[32];

    while (*words != '\0') {
        size_t length = strcspn(words, " ");

        snprintf(word, sizeof word, "%.*s", (int)length, words);
        if (word[0] == ':')
            puts(word);
        else if (starts(word, start))
            offer(before, word, "");
        words += length + (words[length] == ' ');
    }
}

/* The account that devices and codes belong to; NULL where none was typed. */
static const char *typed_account(const struct typed_line *line)
{
    const char *argument = line->command != NULL ? line->command->arguments : "";

    for (size_t i = line->command_words; i < line->positional_count && *argument != '\0';
         i++) {
        size_t length = strcspn(argument, " ");

        if (strncmp(argument, "ACCOUNT", 7) == 0 ||
            strncmp(argument, "[ACCOUNT]", 9) == 0)
            return line->positional[i];
        argument += length + (argument[length] == ' ');
    }
    return NULL;
}

static void offer_found(const struct typed_line *line, const char *before,
                        const char *kind, const char *start)
{
    struct database *database = database_open_silently(line->dbname);
    struct rows *rows =
        database != NULL
            ? TRY_QUERY(database,
                        "SELECT word, note FROM apppass.completions($1, $2, $3)", kind,
                        start, typed_account(line))
            : NULL;

    for (size_t row = 0; rows != NULL && row < rows_count(rows); row++)
        offer(before, rows_text(rows, row, "word"), rows_text(rows, row, "note"));
    rows_free(&rows);
    database_close(&database);
}

/* `name`: "ACCOUNT" or "--service". */
static bool offer_choices(const struct typed_line *line, const char *before,
                          const char *name, size_t length, const char *start)
{
    for (size_t i = 0; i < COUNT(choices); i++) {
        if (strlen(choices[i].argument) != length ||
            strncmp(choices[i].argument, name, length) != 0)
            continue;
        if (choices[i].kind != NULL)
            offer_found(line, before, choices[i].kind, start);
        else
            offer_words(before, choices[i].words, start);
        return true;
    }
    return false;
}

static void offer_value(const struct typed_line *line, enum option_id id,
                        const char *before, const char *start)
{
    const char *argument = option_specs[id].argument;
    char name[64];

    snprintf(name, sizeof name, "--%s", option_specs[id].name);
    if (!offer_choices(line, before, name, strlen(name), start) && argument != NULL)
        offer_choices(line, before, argument, strlen(argument), start);
}

static void offer_option(const struct typed_line *line, enum option_id id)
{
    char word[64];

    if (line->given[id] > 0 && !option_specs[id].repeats)
        return;
    snprintf(word, sizeof word, "--%s", option_specs[id].name);
    if (starts(word, line->current))
        offer("", word, option_specs[id].help);
}

/* Is one of the options given of which only one may be? */
static bool has_one(const struct typed_line *line)
{
    for (size_t i = 0; line->command->options[i].id != OPTION_END; i++)
        if (line->command->options[i].need == NEED_ONE &&
            line->given[line->command->options[i].id] > 0)
            return true;
    return false;
}

/* The command's own options, what is needed first; then those of every command. */
static void offer_options(const struct typed_line *line)
{
    const struct command_option *options =
        line->command != NULL ? line->command->options : NULL;

    for (int needed = 1; options != NULL && needed >= 0; needed--)
        for (size_t i = 0; options[i].id != OPTION_END; i++)
            if ((options[i].need != NEED_NOT) == needed &&
                (options[i].need != NEED_ONE || !has_one(line)))
                offer_option(line, options[i].id);
    if (line->current[0] == '\0')
        return;
    for (int id = OPTION_END + 1; id < OPTION_COUNT; id++)
        if (option_specs[id].global)
            offer_option(line, (enum option_id)id);
}

/* ---- commands and their arguments ---- */

/* The word of a command's name after `skip` words that are those of `typed`; NULL where
 * the name goes on otherwise or not at all. */
static const char *next_word(const char *name, const char *const *typed, size_t skip)
{
    for (size_t i = 0; i < skip; i++) {
        size_t length = strlen(typed[i]);

        if (strncmp(name, typed[i], length) != 0 || name[length] != ' ')
            return NULL;
        name += length + 1;
    }
    return name;
}

static void offer_commands(const char *const *typed, size_t count, const char *start)
{
    char last[32] = "";

    for (const struct command *const *at = commands, *command; (command = *at) != NULL;
         at++) {
        const char *rest = next_word(command->name, typed, count);
        size_t length = rest != NULL ? strcspn(rest, " ") : 0;
        char word[32];

        snprintf(word, sizeof word, "%.*s", (int)length, rest != NULL ? rest : "");
        if (command->hidden || length == 0 || strcmp(word, last) == 0 ||
            !starts(word, start))
            continue;
        offer("", word, rest[length] == '\0' ? command->summary : "");
        snprintf(last, sizeof last, "%s", word);
    }
}

static void offer_arguments(const struct typed_line *line)
{
    const char *argument = line->command->arguments;
    size_t length = strcspn(argument, " ");

    for (size_t i = line->command_words; i < line->positional_count; i++) {
        if (memmem(argument, length, "...", 3) != NULL)
            break;
        argument += length + (argument[length] == ' ');
        length = strcspn(argument, " ");
    }
    if (length > 0 && argument[0] == '[') {
        argument++;
        length -= 2;
    }
    if (length == 0)
        offer_options(line);
    else if (strncmp(argument, "COMMAND...", length) == 0)
        offer_commands(line->positional + line->command_words,
                       line->positional_count - line->command_words, line->current);
    else
        offer_choices(line, "", argument, length, line->current);
}

/* ---- reading what was typed ---- */

static void read_option(struct typed_line *line, const char *word, const char *next,
                        bool *took)
{
    const char *value;
    enum option_id id = command_find_option(word, &value);

    *took = false;
    if (id == OPTION_END)
        return;
    line->given[id]++;
    if (option_specs[id].argument == NULL)
        return;
    if (value == NULL) {
        value = next;
        *took = true;
        line->awaits = next == NULL ? id : OPTION_END;
    }
    if (id == OPTION_DBNAME)
        line->dbname = value;
}

static void read_line(const struct invocation *invocation, struct typed_line *line)
{
    size_t count = invocation->argument_count;

    line->current = count > 0 ? invocation->arguments[count - 1] : "";
    for (size_t i = 0; i + 1 < count; i++) {
        const char *word = invocation->arguments[i];
        bool took = false;

        if (!line->options_end && strcmp(word, "--") == 0)
            line->options_end = true;
        else if (!line->options_end && word[0] == '-' && word[1] != '\0')
            read_option(line, word, i + 2 < count ? invocation->arguments[i + 1] : NULL,
                        &took);
        else if (line->positional_count < POSITIONAL_MAX)
            line->positional[line->positional_count++] = word;
        i += took;
    }
    line->command = command_find(line->positional, line->positional_count);
    if (line->command != NULL && line->command->hidden)
        line->command = NULL;
    for (const char *name = line->command != NULL ? line->command->name : "";
         *name != '\0'; name += strcspn(name, " "), name += *name == ' ')
        line->command_words++;
}

/* Silent on failure: it runs while somebody types. */
static enum status run_complete(struct invocation *invocation)
{
    struct typed_line line = {0};
    const char *value = NULL;
    char before[64];

    read_line(invocation, &line);
    if (line.dbname == NULL)
        line.dbname = command_option(invocation, OPTION_DBNAME);
    if (line.awaits != OPTION_END) {
        offer_value(&line, line.awaits, "", line.current);
    } else if (!line.options_end && strncmp(line.current, "--", 2) == 0 &&
               strchr(line.current, '=') != NULL) {
        enum option_id id = command_find_option(line.current, &value);

        snprintf(before, sizeof before, "--%s=", option_specs[id].name);
        if (id != OPTION_END)
            offer_value(&line, id, before, value);
    } else if (!line.options_end && line.current[0] == '-') {
        offer_options(&line);
    } else {
        offer_commands(line.positional, line.positional_count, line.current);
        if (line.command != NULL)
            offer_arguments(&line);
    }
    return STATUS_DONE;
}

const struct command command_complete = {
    .name = "complete",
    .arguments = "[WORD...]",
    .role = ROLE_NONE,
    .run = run_complete,
    .hidden = true,
    .summary = "print what can come next, for the completion scripts",
    .details =
        "The words are those typed so far, after --, the last one up to the cursor. A\n"
        "line is a word and, after a tab, what it means; or \":files\", \":directories\".",
};
