/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cli/command.h"

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
    [OPTION_HANDOVER] = {
        "handover", '\0', NULL, false, false,
        "make a link instead, with which its person makes the code"},
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
    [OPTION_PIN] = {
        "pin", '\0', NULL, false, false,
        "the link asks for a PIN too, which is said on the telephone"},
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
    [OPTION_VALID] = {
        "valid", '\0', "SPAN", false, false,
        "how long the link is good, 24h where not given"},
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

/* clang-format on */

/* In the order of the overview: the telephone first.  A name here is a command_NAME
 * in its own file. */
#define COMMANDS(X)                                                                      \
    X(issue)                                                                             \
    X(list)                                                                              \
    X(show)                                                                              \
    X(diagnose)                                                                          \
    X(check)                                                                             \
    X(reset)                                                                             \
    X(revoke)                                                                            \
    X(account_add)                                                                       \
    X(account_list)                                                                      \
    X(account_show)                                                                      \
    X(account_disable)                                                                   \
    X(account_enable)                                                                    \
    X(account_mfa)                                                                       \
    X(account_import)                                                                    \
    X(unused)                                                                            \
    X(audit_head)                                                                        \
    X(audit_verify)                                                                      \
    X(audit)                                                                             \
    X(watch)                                                                             \
    X(metrics)                                                                           \
    X(maintain)                                                                          \
    X(realm_show)                                                                        \
    X(realm_set)                                                                         \
    X(realm_add)                                                                         \
    X(access_list)                                                                       \
    X(access_add)                                                                        \
    X(access_remove)                                                                     \
    X(doctor)                                                                            \
    X(key_new)                                                                           \
    X(help)                                                                              \
    X(complete)

#define DECLARE(name) extern const struct command command_##name;
#define POINT(name)   &command_##name,

COMMANDS(DECLARE)

const struct command *const commands[] = {COMMANDS(POINT) NULL};
