/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cli/commands.h"

/* clang-format off */

const struct option_spec option_specs[OPTION_COUNT] = {
    [OPTION_ALL] = {
        "all", '\0', NULL, false, false,
        "every code; without it, list shows the live ones only"},
    [OPTION_BATCH] = {
        "batch", '\0', "FILE", false, false,
        "issue many codes, from a CSV file"},
    [OPTION_CERTIFICATE] = {
        "certificate", '\0', "FILE", false, false,
        "sign the profile with this certificate (PEM)"},
    [OPTION_CERTIFICATE_CHAIN] = {
        "certificate-chain", '\0', "FILE", false, false,
        "certificates between it and the root (PEM)"},
    [OPTION_CERTIFICATE_KEY] = {
        "certificate-key", '\0', "FILE", false, false,
        "its private key (PEM)"},
    [OPTION_CODE] = {
        "code", '\0', "SELECTOR", false, false,
        "the code that starts with these four symbols"},
    [OPTION_COMPLETION] = {
        "completion", '\0', "SHELL", false, false,
        "print the completion script for bash, zsh or fish"},
    [OPTION_CSV] = {
        "csv", '\0', NULL, false, true,
        "write CSV with a heading line"},
    [OPTION_CYRUS] = {
        "cyrus", '\0', "FILE", false, false,
        "configuration of Cyrus IMAP; /etc/imapd.conf where not given"},
    [OPTION_DBNAME] = {
        "dbname", 'd', "CONNINFO", false, true,
        "database name or connection string, as psql takes it"},
    [OPTION_DESCRIPTION] = {
        "description", '\0', "TEXT", false, false,
        "what the rule is for"},
    [OPTION_DEVICE] = {
        "device", '\0', "LABEL", false, false,
        "the device, as its owner calls it"},
    [OPTION_DRY_RUN] = {
        "dry-run", 'n', NULL, false, false,
        "say what would be done, and do nothing"},
    [OPTION_EXPIRES] = {
        "expires", '\0', "WHEN", false, false,
        "when the code ends: 180d, 6mo, 1y or 2027-03-31"},
    [OPTION_FORCE] = {
        "force", '\0', NULL, false, false,
        "print the code although standard output is not a terminal"},
    [OPTION_FROM] = {
        "from", '\0', "ADDRESS", false, false,
        "the address that the mail program connects from"},
    [OPTION_GRACE] = {
        "grace", '\0', "SPAN", false, false,
        "let the old code work for that long, e.g. 24h"},
    [OPTION_HELP] = {
        "help", 'h', NULL, false, true,
        "show this help, or that of the command"},
    [OPTION_IMAP_HOST] = {
        "imap-host", '\0', "HOST", false, false,
        "IMAP server of the profile, port 993 unless HOST:PORT; the realm's where not given"},
    [OPTION_JSON] = {
        "json", '\0', NULL, false, true,
        "write JSON"},
    [OPTION_KEY] = {
        "key", '\0', "FILE", false, false,
        "key file for keyed hashes, the mail servers' apppass_key"},
    [OPTION_LIMIT] = {
        "limit", '\0', "NUMBER", false, false,
        "at most so many, the latest"},
    [OPTION_LOG] = {
        "log", '\0', "FILE", true, false,
        "also look into this mail server's log; may be repeated"},
    [OPTION_MFA] = {
        "mfa", '\0', NULL, false, false,
        "the person has enrolled in MFA already"},
    [OPTION_MOBILECONFIG] = {
        "mobileconfig", '\0', "FILE", false, false,
        "write a profile for iPhone, iPad or Mac, the code inside"},
    [OPTION_NETWORK] = {
        "network", '\0', "CIDR", true, false,
        "only from this network, e.g. 192.0.2.0/24; may be repeated"},
    [OPTION_OPERATOR] = {
        "operator", '\0', "NAME", false, true,
        "who asked, where several people share a database role"},
    [OPTION_OUTPUT] = {
        "output", 'o', "FILE", false, false,
        "write the code to a new file (mode 0600), not to the terminal"},
    [OPTION_PARTIAL] = {
        "partial", '\0', NULL, false, false,
        "take the good lines, and report the bad ones"},
    [OPTION_POSITION] = {
        "position", '\0', "NUMBER", false, false,
        "place in the order of rules; the end where not given"},
    [OPTION_POSTFIX] = {
        "postfix", '\0', "DIRECTORY", false, false,
        "configuration of Postfix; /etc/postfix where not given"},
    [OPTION_QR] = {
        "qr", '\0', NULL, false, false,
        "show the code as a QR code, too"},
    [OPTION_REALM] = {
        "realm", '\0', "REALM", false, false,
        "the tenant"},
    [OPTION_REASON] = {
        "reason", '\0', "TEXT", false, false,
        "why, for the audit"},
    [OPTION_REQUIRE_KEY] = {
        "require-key", '\0', NULL, false, false,
        "decide as a server with apppass_require_key"},
    [OPTION_RESUME] = {
        "resume", '\0', NULL, false, false,
        "leave out what an earlier run did"},
    [OPTION_SERVICE] = {
        "service", '\0', "NAME", true, false,
        "only for this service: imap, pop, smtp, sieve, dav; may be repeated"},
    [OPTION_SINCE] = {
        "since", '\0', "WHEN", false, false,
        "from then on: 24h, 7d, 6mo or 2026-11-01"},
    [OPTION_SMTP_HOST] = {
        "smtp-host", '\0', "HOST", false, false,
        "submission server of the profile, port 465 unless HOST:PORT; the realm's where not "
        "given"},
    [OPTION_TICKET] = {
        "ticket", '\0', "NUMBER", false, false,
        "the ticket this belongs to, for the audit"},
    [OPTION_VERIFIER] = {
        "verifier", '\0', "CONNINFO", false, false,
        "connect as the mail servers do (their apppass_conninfo)"},
    [OPTION_VERSION] = {
        "version", 'V', NULL, false, true,
        "show the version"},
    [OPTION_YES] = {
        "yes", 'y', NULL, false, true,
        "do not ask, do it"},
};

/* How a new code is handed over: the same for everything that makes one. */
#define HANDING_OVER                                                                     \
    {OPTION_QR, 0}, {OPTION_OUTPUT, 0}, {OPTION_FORCE, 0}, {OPTION_MOBILECONFIG, 0},     \
    {OPTION_IMAP_HOST, 0}, {OPTION_SMTP_HOST, 0}, {OPTION_CERTIFICATE, 0},               \
    {OPTION_CERTIFICATE_KEY, 0}, {OPTION_CERTIFICATE_CHAIN, 0}, {OPTION_KEY, 0}

/* Why something is done. */
#define REASON_NEEDED {OPTION_REASON, NEED_ALWAYS}, {OPTION_TICKET, 0}
#define REASON_WELCOME {OPTION_REASON, 0}, {OPTION_TICKET, 0}

/* In the order of the overview: the telephone first. */
const struct command commands[] = {
    {.name = "issue", .heading = "On the telephone", .arguments = "[ACCOUNT]", .role = ROLE_HELPDESK, .run = run_issue,
     .summary = "make a code for a device and show it once",
     .details =
         "The code is made and hashed here: the database never sees it. It is shown on\n"
         "the terminal once and cannot be shown again. With --batch the first line of the\n"
         "file names its columns: account, device and, if wanted, services, networks,\n"
         "expires, reason and ticket; the new codes go to --output.",
     .example = "apppass issue alice@example.org --device \"Phone\" --expires 1y",
     .options = {{OPTION_DEVICE, NEED_ONE}, {OPTION_BATCH, NEED_ONE},
                 {OPTION_SERVICE, 0}, {OPTION_NETWORK, 0}, {OPTION_EXPIRES, 0},
                 REASON_WELCOME, HANDING_OVER, {OPTION_PARTIAL, 0}, {OPTION_RESUME, 0},
                 {OPTION_DRY_RUN, 0}}},
    {.name = "list", .arguments = "[ACCOUNT]", .role = ROLE_HELPDESK, .run = run_list,
     .summary = "list the codes of an account, or all",
     .details = "Without --all only live codes. ACCOUNT may hold * for any text.",
     .example = "apppass list alice@example.org --all",
     .options = {{OPTION_ALL, 0}, {OPTION_REALM, 0}, {OPTION_DEVICE, 0},
                 {OPTION_SERVICE, 0}}},
    {.name = "show", .arguments = "SELECTOR [ACCOUNT]", .role = ROLE_HELPDESK,
     .run = run_show,
     .summary = "show everything about one code",
     .details =
         "SELECTOR is the first group of the code. Two accounts may have codes that start\n"
         "alike; name the account to see only its own.",
     .example = "apppass show k7xp"},
    {.name = "diagnose", .arguments = "ACCOUNT", .role = ROLE_HELPDESK,
     .run = run_diagnose,
     .summary = "say why it does not work, and what to do",
     .details =
         "Looks at the latest attempts, at the codes and at the policy, and says in plain\n"
         "words what happened and what helps.",
     .example = "apppass diagnose alice@example.org",
     .options = {{OPTION_SINCE, 0}, {OPTION_LIMIT, 0}, {OPTION_LOG, 0}}},
    {.name = "check", .arguments = "ACCOUNT", .role = ROLE_HELPDESK, .run = run_check,
     .summary = "try a code as a mail server would, step by step",
     .details =
         "Reads the code from the terminal without showing it, or from standard input,\n"
         "and runs the verifier itself. Nothing is recorded. It needs a database role\n"
         "that may ask as the mail servers do: --verifier.",
     .example = "apppass check alice@example.org --service imap --from 192.0.2.7",
     .options = {{OPTION_SERVICE, NEED_ALWAYS}, {OPTION_FROM, 0}, {OPTION_VERIFIER, 0},
                 {OPTION_KEY, 0}, {OPTION_REQUIRE_KEY, 0}}},
    {.name = "reset", .arguments = "ACCOUNT", .role = ROLE_HELPDESK, .run = run_reset,
     .summary = "give a device a new code in place of the old one",
     .details =
         "The new code has the services and networks of the old one. The old one ends at\n"
         "once, or after --grace.",
     .example = "apppass reset alice@example.org --device Phone --reason \"new phone\"",
     .options = {{OPTION_DEVICE, NEED_ALWAYS}, {OPTION_GRACE, 0}, REASON_NEEDED,
                 HANDING_OVER, {OPTION_DRY_RUN, 0}}},
    {.name = "revoke", .arguments = "ACCOUNT", .role = ROLE_HELPDESK, .run = run_revoke,
     .summary = "end a code, a device, or all of an account",
     .details = "Takes effect at the next login, and cannot be undone.",
     .example = "apppass revoke alice@example.org --device Phone --reason \"lost\"",
     .options = {{OPTION_CODE, NEED_ONE}, {OPTION_DEVICE, NEED_ONE},
                 {OPTION_ALL, NEED_ONE}, REASON_NEEDED, {OPTION_DRY_RUN, 0}}},

    {.name = "account add", .heading = "Accounts", .arguments = "ACCOUNT", .role = ROLE_ADMIN,
     .run = run_account_add,
     .summary = "add an account",
     .details =
         "The account's name is what is typed as user name in the mail program. Without\n"
         "--realm the tenant is the part after the @.",
     .example = "apppass account add alice@example.org",
     .options = {{OPTION_REALM, 0}, {OPTION_MFA, 0}, {OPTION_REASON, 0}}},
    {.name = "account list", .arguments = "[ACCOUNT]", .role = ROLE_HELPDESK,
     .run = run_account_list,
     .summary = "list accounts",
     .details = "ACCOUNT may hold * for any text.",
     .example = "apppass account list '*@example.org'",
     .options = {{OPTION_REALM, 0}}},
    {.name = "account show", .arguments = "ACCOUNT", .role = ROLE_HELPDESK,
     .run = run_account_show,
     .summary = "show one account"},
    {.name = "account disable", .arguments = "ACCOUNT", .role = ROLE_HELPDESK,
     .run = run_account_disable,
     .summary = "refuse every code of an account from now on",
     .details =
         "The codes stay as they are; \"account enable\" lets them in again. For somebody\n"
         "who leaves for good, also: apppass revoke ACCOUNT --all --reason ...",
     .example = "apppass account disable alice@example.org --reason \"left\"",
     .options = {REASON_NEEDED, {OPTION_DRY_RUN, 0}}},
    {.name = "account enable", .arguments = "ACCOUNT", .role = ROLE_HELPDESK,
     .run = run_account_enable,
     .summary = "accept the codes of an account again",
     .options = {REASON_NEEDED}},
    {.name = "account mfa", .arguments = "ACCOUNT STATE", .role = ROLE_ADMIN,
     .run = run_account_mfa,
     .summary = "note whether the person has enrolled in MFA",
     .details = "STATE is on or off.",
     .options = {REASON_NEEDED}},
    {.name = "account import", .arguments = "FILE", .role = ROLE_ADMIN,
     .run = run_account_import,
     .summary = "add many accounts from a CSV file",
     .details =
         "The first line names the columns: account and, if wanted, realm, mfa (yes or no)\n"
         "and reason. All lines are added or none; --partial takes the good ones. FILE -\n"
         "is standard input.",
     .example = "apppass account import people.csv --dry-run",
     .options = {{OPTION_REASON, 0}, {OPTION_PARTIAL, 0}, {OPTION_RESUME, 0},
                 {OPTION_DRY_RUN, 0}}},

    {.name = "unused", .heading = "Looking back", .arguments = "[ACCOUNT]", .role = ROLE_HELPDESK, .run = run_unused,
     .summary = "list live codes that nobody uses",
     .details =
         "Codes that were not used for 90 days, or since --since. LAPSES is when the\n"
         "tenant's policy will end them.",
     .example = "apppass unused --since 30d",
     .options = {{OPTION_REALM, 0}, {OPTION_SINCE, 0}}},
    {.name = "audit head", .arguments = "", .role = ROLE_HELPDESK, .run = run_audit_head,
     .summary = "show the last seal of the audit trail, to be noted elsewhere",
     .details =
         "Let cron mail it to somebody: what is cut off from the trail later is found by\n"
         "\"audit verify\" with what was noted."},
    {.name = "audit verify", .arguments = "[POSITION] [HASH]", .role = ROLE_AUDITOR,
     .run = run_audit_verify,
     .summary = "prove that the audit trail is unchanged",
     .details =
         "With a seal that was noted (\"audit head\") also that the trail still contains it.\n"
         "Waiting is how many events have no seal yet: nothing protects those.",
     .example = "apppass audit verify 1042 8f1d..."},
    {.name = "audit", .arguments = "[ACCOUNT]", .role = ROLE_HELPDESK, .run = run_audit,
     .summary = "show who did what, when and why",
     .details = "The latest 50 events; --limit shows more.",
     .example = "apppass audit alice@example.org --since 30d",
     .options = {{OPTION_SINCE, 0}, {OPTION_LIMIT, 0}, {OPTION_REALM, 0}}},
    {.name = "watch", .arguments = "[ACCOUNT]", .role = ROLE_HELPDESK, .run = run_watch,
     .summary = "follow events as they happen, until Ctrl-C",
     .details = "With --json one object per line, with --csv one row."},
    {.name = "metrics", .arguments = "", .role = ROLE_HELPDESK, .run = run_metrics,
     .summary = "print counters for Prometheus"},
    {.name = "maintain", .arguments = "", .role = ROLE_HELPDESK, .run = run_maintain,
     .summary = "daily work: lapsed codes, retention, partitions, seals",
     .details =
         "Run it once a day, from cron or a timer, as an administrator: the helpdesk's run\n"
         "lets codes lapse and does no more. \"run again\" says what could not be done now.",
     .options = {{OPTION_DRY_RUN, 0}}},

    {.name = "realm show", .heading = "Policy", .arguments = "[REALM]", .role = ROLE_HELPDESK,
     .run = run_realm_show,
     .summary = "show the policy of a tenant, or list the tenants",
     .details =
         "A tenant (realm) is a mail domain; the one named default covers every domain\n"
         "without its own."},
    {.name = "realm set", .arguments = "REALM NAME=VALUE...", .role = ROLE_ADMIN,
     .run = run_realm_set,
     .summary = "change the policy of a tenant",
     .details =
         "The names are those that \"realm show REALM\" prints. A value of none takes a\n"
         "limit away.",
     .example = "apppass realm set example.org max_lifetime=1y mfa_required=yes",
     .options = {REASON_WELCOME, {OPTION_DRY_RUN, 0}}},
    {.name = "realm add", .arguments = "REALM [NAME=VALUE...]", .role = ROLE_ADMIN,
     .run = run_realm_add,
     .summary = "add a tenant with a policy of its own",
     .details = "Accounts of that domain, which default covered until then, move to it.",
     .options = {REASON_WELCOME, {OPTION_DRY_RUN, 0}}},
    {.name = "access list", .arguments = "", .role = ROLE_HELPDESK,
     .run = run_access_list,
     .summary = "list the access rules",
     .details =
         "Of the rules that match tenant, service and network of an attempt, the one with\n"
         "the lowest position decides. Where none matches, the attempt is allowed.",
     .options = {{OPTION_REALM, 0}}},
    {.name = "access add", .arguments = "ACTION", .role = ROLE_ADMIN,
     .run = run_access_add,
     .summary = "add an access rule",
     .details = "ACTION is allow or deny. What is not given matches everything.",
     .example = "apppass access add deny --realm example.org --service pop",
     .options = {{OPTION_REALM, 0}, {OPTION_SERVICE, 0}, {OPTION_NETWORK, 0},
                 {OPTION_POSITION, 0}, {OPTION_DESCRIPTION, 0}, REASON_WELCOME,
                 {OPTION_DRY_RUN, 0}}},
    {.name = "access remove", .arguments = "POSITION", .role = ROLE_ADMIN,
     .run = run_access_remove,
     .summary = "remove an access rule",
     .options = {REASON_WELCOME, {OPTION_DRY_RUN, 0}}},

    {.name = "doctor", .heading = "Installation", .arguments = "", .role = ROLE_NONE, .run = run_doctor,
     .summary = "check the installation, one line a check",
     .details =
         "Database, schema, roles and grants, the plugin, the SASL configuration of\n"
         "Postfix and Cyrus IMAP, apppassd. Each fault comes with what puts it right.",
     .example = "apppass doctor --postfix /etc/postfix --cyrus /etc/imapd.conf",
     .options = {{OPTION_POSTFIX, 0}, {OPTION_CYRUS, 0}}},
    {.name = "key new", .arguments = "FILE", .role = ROLE_NONE, .run = run_key_new,
     .summary = "make a key file for keyed hashes, or extend it",
     .details =
         "With a key that only the mail servers and this tool know, who can read or write\n"
         "the database can neither guess nor forge a code. The newest key makes new\n"
         "hashes; older ones must stay in the file."},
    {.name = "help", .no_csv = true, .arguments = "[COMMAND...]", .role = ROLE_NONE, .run = run_help,
     .summary = "explain a command",
     .details =
         "To complete commands, options, accounts and labels with the Tab key, where the\n"
         "installation does not have it already, in ~/.bashrc:\n\n"
         "  source <(apppass help --completion bash)",
     .options = {{OPTION_COMPLETION, 0}}},
    {.name = "complete", .arguments = "[WORD...]", .role = ROLE_NONE,
     .run = run_complete, .hidden = true,
     .summary = "print what can come next, for the completion scripts",
     .details =
         "The words are those typed so far, after --, the last one up to the cursor. A\n"
         "line is a word and, after a tab, what it means; or \":files\", \":directories\"."},
    {.name = NULL},
};
