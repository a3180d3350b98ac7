/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef APPPASS_COMMAND_H
#define APPPASS_COMMAND_H

/*
 * The command table: names, arguments, options, help.
 *
 * Parsing, usage errors, "apppass help", the completion scripts and the check of the
 * manual page all read it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "attributes.h"
#include "base/status.h"
#include "output/output.h"
#include "session/database.h"

enum option_id {
    OPTION_END = 0,
    OPTION_ALL,
    OPTION_BATCH,
    OPTION_CERTIFICATE,
    OPTION_CERTIFICATE_CHAIN,
    OPTION_CERTIFICATE_KEY,
    OPTION_CODE,
    OPTION_COMPLETION,
    OPTION_CSV,
    OPTION_CYRUS,
    OPTION_DBNAME,
    OPTION_DESCRIPTION,
    OPTION_DEVICE,
    OPTION_DRY_RUN,
    OPTION_EXPIRES,
    OPTION_FORCE,
    OPTION_FROM,
    OPTION_GRACE,
    OPTION_HANDOVER,
    OPTION_HELP,
    OPTION_IMAP_HOST,
    OPTION_JSON,
    OPTION_KEY,
    OPTION_LIMIT,
    OPTION_LOG,
    OPTION_MFA,
    OPTION_MOBILECONFIG,
    OPTION_NETWORK,
    OPTION_OPERATOR,
    OPTION_OUTPUT,
    OPTION_PARTIAL,
    OPTION_PIN,
    OPTION_POSITION,
    OPTION_POSTFIX,
    OPTION_QR,
    OPTION_REALM,
    OPTION_REASON,
    OPTION_REQUIRE_KEY,
    OPTION_RESUME,
    OPTION_SERVICE,
    OPTION_SINCE,
    OPTION_SMTP_HOST,
    OPTION_TICKET,
    OPTION_VALID,
    OPTION_VERIFIER,
    OPTION_VERSION,
    OPTION_YES,
    OPTION_COUNT
};

/* One meaning per option, whatever the command. */
struct option_spec {
    const char *name;     /* without the hyphens */
    char letter;          /* of the short form, or '\0' */
    const char *argument; /* "LABEL"; NULL: a switch.  Says what completion offers. */
    bool repeats;
    bool global; /* every command takes it */
    const char *help;
};
extern const struct option_spec option_specs[OPTION_COUNT];

enum need {
    NEED_NOT = 0,
    NEED_ALWAYS,
    NEED_ONE /* exactly one of the options so marked */
};

struct command_option {
    enum option_id id; /* OPTION_END ends the list */
    enum need need;
};

enum role { ROLE_NONE, ROLE_HELPDESK, ROLE_AUDITOR, ROLE_ADMIN };

#define COMMAND_OPTIONS_MAX 28

struct invocation;

struct command {
    const char *name;      /* one word or two */
    const char *arguments; /* "ACCOUNT", "[ACCOUNT]", "NAME..."; "" for none */
    enum role role;        /* the least that may run it */
    const char *summary;   /* one line */
    const char *details;   /* for "apppass help COMMAND"; NULL: nothing more to say */
    const char *example;   /* NULL: none */
    bool hidden;           /* not for people */
    bool no_csv;           /* what it says is no table */
    const char *heading;   /* a group of commands begins here; NULL: it goes on */
    struct command_option options[COMMAND_OPTIONS_MAX];
    enum status (*run)(struct invocation *invocation);
};
extern const struct command *const commands[]; /* NULL ends them */

/* How a new code is handed over: the same for everything that makes one. */
#define HANDING_OVER                                                                     \
    {OPTION_QR, 0}, {OPTION_OUTPUT, 0}, {OPTION_FORCE, 0}, {OPTION_MOBILECONFIG, 0},     \
        {OPTION_IMAP_HOST, 0}, {OPTION_SMTP_HOST, 0}, {OPTION_CERTIFICATE, 0},           \
        {OPTION_CERTIFICATE_KEY, 0}, {OPTION_CERTIFICATE_CHAIN, 0},                      \
    {                                                                                    \
        OPTION_KEY, 0                                                                    \
    }

/* Why something is done. */
#define REASON_NEEDED                                                                    \
    {OPTION_REASON, NEED_ALWAYS},                                                        \
    {                                                                                    \
        OPTION_TICKET, 0                                                                 \
    }
#define REASON_WELCOME                                                                   \
    {OPTION_REASON, 0},                                                                  \
    {                                                                                    \
        OPTION_TICKET, 0                                                                 \
    }

/* One command line. */
struct invocation {
    const struct command *command;
    const char **arguments; /* positional */
    size_t argument_count;
    struct {
        const char **values; /* a switch has one, "" */
        size_t count;
    } options[OPTION_COUNT];
    char *asked_reason; /* the answer, where --reason was asked for */
    struct output output;
    struct database *database; /* open where the command's role is not ROLE_NONE */
};

/*
 * command_parse - fill `invocation` (zeroed by the caller) from a command line
 *
 * Options may stand anywhere; "--" ends them.  On STATUS_USAGE the operator has been
 * told. `invocation->command` stays NULL where no command was given (--help, --version).
 * Release with command_release in every case; strings belong to argv.
 */
enum status command_parse(struct invocation *invocation, int argc,
                          char **argv) MUST_CHECK;
void command_release(struct invocation *invocation);

/* The option's only (or last) value; NULL where it was not given. */
const char *command_option(const struct invocation *invocation, enum option_id id);
bool command_has(const struct invocation *invocation, enum option_id id);
/* A positional argument, NULL where it was not given. */
const char *command_argument(const struct invocation *invocation, size_t index);
/* All values of a repeated option, split at commas, as a PostgreSQL array; NULL where
 * none.  malloc'd. */
char *command_array(const struct invocation *invocation, enum option_id id);

/* The first value of --network that is no network; NULL: none.  Borrowed until the next
 * call. */
const char *command_bad_network(const struct invocation *invocation);

/* The command whose name the first of these words spell; NULL: none. */
const struct command *command_find(const char *const *words, size_t count);
/* "--grace=24h", "--grace", "-n": the option, OPTION_END where there is none such;
 * *value_r: the value in the same word, or NULL. */
enum option_id command_find_option(const char *word, const char **value_r);

/* The rows of a query as output_table does, and free them; NULL: the status of the
 * failure. */
enum status command_table(struct invocation *invocation, const struct column *columns,
                          struct rows *rows, const char *none) MUST_CHECK;

/* The name of the PostgreSQL role, "apppass_helpdesk". */
const char *command_role_name(enum role role);

/*
 * command_confirm - ask before something that can't be taken back
 *
 * STATUS_DONE: yes.  STATUS_REFUSED: no, or nobody to ask; told.
 */
enum status command_confirm(const char *question) MUST_CHECK;

/* Tell that the command line is wrong, and how to find the right one; STATUS_USAGE. */
enum status command_usage_error(const struct invocation *invocation, const char *format,
                                ...) PRINTF(2, 3);

/* How to call it; `before` stands to the left, behind `indent` blanks. */
void command_print_synopsis(FILE *file, int indent, const char *before,
                            const struct command *command);

/* The whole help, or that of one command, on standard output. */
void command_print_overview(void);
void command_print_help(const struct command *command);

#endif
