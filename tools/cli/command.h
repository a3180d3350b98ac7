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
#include "base/moment.h"
#include "base/status.h"
#include "output/output.h"
#include "session/database.h"

/*
 * Every option: its name, letter (0: none) and argument (NULL: a switch; what completion
 * offers goes by it), whether it repeats or every command takes it, and its help.  One
 * meaning per option, whatever the command.
 */
/* clang-format off */
#define OPTIONS(X) \
    X(ADD, "add", 0, NULL, 0, \
      "add the account, where it is not there yet") \
    X(ADDRESS, "address", 0, "ADDRESS", 0, \
      "a second mail address to be told at; none takes it away") \
    X(ALL, "all", 0, NULL, 0, \
      "every code; without it, list shows the live ones only") \
    X(AS, "as", 0, "ACCOUNT", 0, \
      "log in as this account, with the code from standard input") \
    X(AT, "at", 0, "WHEN", 0, \
      "not now but then: 7d, 2027-03-31 or \"2027-03-31 18:00\"") \
    X(BATCH, "batch", 0, "FILE", 0, \
      "issue many codes, from a CSV file") \
    X(BOUNCES, "bounces", 0, "ADDRESS", 0, \
      "where mails that can't be delivered go back to; nowhere where not given") \
    X(CERTIFICATE, "certificate", 0, "FILE", 0, \
      "sign the profile with this certificate (PEM)") \
    X(CERTIFICATE_CHAIN, "certificate-chain", 0, "FILE", 0, \
      "certificates between it and the root (PEM)") \
    X(CERTIFICATE_KEY, "certificate-key", 0, "FILE", 0, \
      "its private key (PEM)") \
    X(CODE, "code", 0, "SELECTOR", 0, \
      "the code that starts with these four symbols") \
    X(COMPLETION, "completion", 0, "SHELL", 0, \
      "print the completion script for bash, zsh or fish") \
    X(CSV, "csv", 0, NULL, GLOBAL, \
      "write CSV with a heading line") \
    X(CYRUS, "cyrus", 0, "FILE", 0, \
      "configuration of Cyrus IMAP; /etc/imapd.conf where not given") \
    X(DBNAME, "dbname", 'd', "CONNINFO", GLOBAL | CONFIGURED, \
      "database name or connection string, as psql takes it") \
    X(DESCRIPTION, "description", 0, "TEXT", 0, \
      "what the rule is for") \
    X(DEVICE, "device", 0, "LABEL", 0, \
      "the device, as its owner calls it") \
    X(DRY_RUN, "dry-run", 'n', NULL, 0, \
      "say what would be done, and do nothing") \
    X(EXEC, "exec", 0, "FILE", 0, \
      "run this program for each mail instead, with JSON on its standard input") \
    X(EXPIRES, "expires", 0, "WHEN", 0, \
      "when the code ends: 180d, 6mo, 1y or 2027-03-31") \
    X(FORCE, "force", 0, NULL, 0, \
      "print the code although standard output is not a terminal") \
    X(FROM, "from", 0, "ADDRESS", 0, \
      "the address that the mail program connects from") \
    X(GRACE, "grace", 0, "SPAN", 0, \
      "let the old code work for that long, e.g. 24h") \
    X(HANDOVER, "handover", 0, NULL, 0, \
      "make a link instead, with which its person makes the code") \
    X(HELP, "help", 'h', NULL, GLOBAL, \
      "show this help, or that of the command") \
    X(IMAP_HOST, "imap-host", 0, "HOST", 0, \
      "IMAP server of the profile, port 993 unless HOST:PORT; the realm's where not given") \
    X(JSON, "json", 0, NULL, GLOBAL, \
      "write JSON") \
    X(KEY, "key", 0, "FILE", CONFIGURED, \
      "key file for keyed hashes, the mail servers' apppass_key") \
    X(LANGUAGE, "language", 0, "LANGUAGE", 0, \
      "such as de or pt-BR; none: the realm's") \
    X(LETTERS, "letters", 0, "FILE", 0, \
      "also write letters to print, a page for each line, as HTML") \
    X(LIMIT, "limit", 0, "NUMBER", 0, \
      "at most so many, the latest") \
    X(LOG, "log", 0, "FILE", REPEATS, \
      "also look into this mail server's log; may be repeated") \
    X(MFA, "mfa", 0, NULL, 0, \
      "the person has enrolled in MFA already") \
    X(MOBILECONFIG, "mobileconfig", 0, "FILE", 0, \
      "write a profile for iPhone, iPad or Mac, the code inside") \
    X(NETWORK, "network", 0, "CIDR", REPEATS, \
      "only from this network, e.g. 192.0.2.0/24; may be repeated") \
    X(NEVER, "never", 0, NULL, 0, \
      "as late as the tenant's policy allows") \
    X(ONCE, "once", 0, NULL, 0, \
      "send what there is, and end") \
    X(OPERATOR, "operator", 0, "NAME", GLOBAL, \
      "who asked, where several people share a database role") \
    X(OUTPUT, "output", 'o', "FILE", 0, \
      "write the code to a new file (mode 0600), not to the terminal") \
    X(PARTIAL, "partial", 0, NULL, 0, \
      "take the good lines, and report the bad ones") \
    X(PIN, "pin", 0, NULL, 0, \
      "the link asks for a PIN too, which is said on the telephone") \
    X(PORTAL_URL, "portal-url", 0, "URL", 0, \
      "the page on which owners help themselves, for the mails") \
    X(POSITION, "position", 0, "NUMBER", 0, \
      "place in the order of rules; the end where not given") \
    X(POSTFIX, "postfix", 0, "DIRECTORY", 0, \
      "configuration of Postfix; /etc/postfix where not given") \
    X(PROBE, "probe", 0, NULL, 0, \
      "only try to log in at the ports, for a monitoring system") \
    X(QR, "qr", 0, NULL, 0, \
      "show the code as a QR code, too") \
    X(REALM, "realm", 0, "REALM", 0, \
      "the tenant") \
    X(REASON, "reason", 0, "TEXT", 0, \
      "why, for the audit") \
    X(REQUIRE_KEY, "require-key", 0, NULL, 0, \
      "decide as a server with apppass_require_key") \
    X(RESUME, "resume", 0, NULL, 0, \
      "leave out what an earlier run did") \
    X(SENDER, "sender", 0, "ADDRESS", 0, \
      "whom the mails come from") \
    X(SENDMAIL, "sendmail", 0, "FILE", 0, \
      "the program that takes mails; /usr/sbin/sendmail where not given") \
    X(SERVICE, "service", 0, "NAME", REPEATS, \
      "for this service: imap, pop, smtp, sieve, dav; may be repeated") \
    X(SINCE, "since", 0, "WHEN", 0, \
      "from then on: 24h, 7d, 6mo or 2026-11-01") \
    X(SMTP_HOST, "smtp-host", 0, "HOST", 0, \
      "submission server of the profile, port 465 unless HOST:PORT; the realm's where not given") \
    X(TEMPLATES, "templates", 0, "DIRECTORY", 0, \
      "the texts of the mails, one file LANGUAGE.txt for each language") \
    X(TICKET, "ticket", 0, "NUMBER", 0, \
      "the ticket this belongs to, for the audit") \
    X(UNDO, "undo", 0, NULL, 0, \
      "put back what it changed") \
    X(VALID, "valid", 0, "SPAN", 0, \
      "how long the link is good, 24h where not given") \
    X(VERIFIER, "verifier", 0, "CONNINFO", CONFIGURED, \
      "connect as the mail servers do (their apppass_conninfo)") \
    X(VERSION, "version", 'V', NULL, GLOBAL, \
      "show the version") \
    X(YES, "yes", 'y', NULL, GLOBAL, \
      "do not ask, do it")
/* clang-format on */

#define OPTION_ID(id, name, letter, argument, flags, help) OPTION_##id,
enum option_id { OPTION_END = 0, OPTIONS(OPTION_ID) OPTION_COUNT };

struct option_spec {
    const char *name;     /* without the hyphens */
    char letter;          /* of the short form, or '\0' */
    const char *argument; /* "LABEL"; NULL: a switch */
    bool repeats;
    bool global; /* every command takes it */
    const char *help;
    bool configured; /* a file may say it: defaults.h */
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

enum role { ROLE_NONE, ROLE_HELPDESK, ROLE_AUDITOR, ROLE_ADMIN, ROLE_NOTIFY };

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
    bool any_schema;       /* is tried on one that the tool does not speak to, too */
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
    char *asked_reason;                   /* the answer, where --reason was asked for */
    const char *configured[OPTION_COUNT]; /* by a file, where not given */
    struct conf *files[2];
    struct output output;
    const void *context;       /* of a command's own parts */
    size_t limit;              /* of the rows asked for; 0: none */
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

/* The option's only (or last) value, or what a file says; NULL where neither does. */
const char *command_option(const struct invocation *invocation, enum option_id id);
/* What every change hands to SQL as its parameters reason, ticket and operator. */
#define COMMAND_CHANGE(invocation)                                                       \
    command_option((invocation), OPTION_REASON),                                         \
        command_option((invocation), OPTION_TICKET),                                     \
        command_option((invocation), OPTION_OPERATOR)

/* Was it given on the command line? */
bool command_has(const struct invocation *invocation, enum option_id id);
/* A positional argument, NULL where it was not given. */
const char *command_argument(const struct invocation *invocation, size_t index);
/* All values of a repeated option, split at commas, as a PostgreSQL array; NULL where
 * none.  malloc'd. */
char *command_array(const struct invocation *invocation, enum option_id id);

/* The first value of --network that is no network; NULL: none.  Borrowed until the next
 * call. */
const char *command_bad_network(const struct invocation *invocation);

/* --since as seconds since 1970, "" where not given.  STATUS_USAGE: told. */
#define COMMAND_SINCE_MAX 32
enum status command_since(const struct invocation *invocation,
                          char text[COMMAND_SINCE_MAX]) MUST_CHECK;
/* The moment to come that an option gives, as RFC 3339, "" where not given.  STATUS_USAGE:
 * told. */
enum status command_moment(const struct invocation *invocation, enum option_id id,
                           const char *examples, char text[MOMENT_TEXT_MAX]) MUST_CHECK;
/* --limit, or `fallback`, or, where that is NULL, what people can read, and for programs NULL:
 * all.  command_table tells where it was reached.  STATUS_USAGE: told. */
enum status command_limit(struct invocation *invocation, const char *fallback,
                          const char **text_r) MUST_CHECK;

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
