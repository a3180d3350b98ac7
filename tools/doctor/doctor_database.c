/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "doctor/doctor.h"

#define CHECK "database"

/* The oldest PostgreSQL with idle_session_timeout, which the verifier sets. */
#define SERVER_VERSION_MIN 140000

/* ---- schema ---- */

static const char installed_query[] =
    "SELECT version, standby, this_month, next_month, unsealed,"
    " array_to_string(verifiers, ', ') AS verifiers,"
    " array_to_string(member_of, ', ') AS member_of, session_user AS me,"
    " apppass.schema_serves() AS serves"
    " FROM apppass.installed()";

static bool schema_is_there(struct database *database)
{
    struct rows *rows = database_try(
        database, "SELECT to_regnamespace('apppass') IS NOT NULL AS there", 0, NULL);
    bool there = rows != NULL && rows_boolean(rows, 0, "there");

    rows_free(&rows);
    return there;
}

/* What the schema says of itself; NULL: told. */
static struct rows *ask_schema(struct doctor *doctor, struct database *database)
{
    struct rows *rows;

    if (!schema_is_there(database)) {
        doctor_fault(doctor, "schema", "sqitch deploy, or name another database with -d",
                     "the database has no schema apppass");
        return NULL;
    }
    rows = database_try(database, installed_query, 0, NULL);
    if (rows != NULL)
        return rows;
    if (strcmp(database_sqlstate(database), "42501") == 0)
        doctor_fault(doctor, "schema", "connect as a member of apppass_helpdesk",
                     "could not be looked at: %s", database_message(database));
    else
        doctor_fault(doctor, "schema", "sqitch deploy",
                     "older than this tool, or deployed in part: %s",
                     database_message(database));
    return NULL;
}

static void check_version(struct doctor *doctor, const struct rows *rows)
{
    long version = rows_integer(rows, 0, "version");
    long serves = rows_integer(rows, 0, "serves");
    int fits = schema_fits(version, serves);

    if (fits > 0)
        doctor_fault(
            doctor, "schema", "install the newer version of apppass here, too",
            "newer than this tool: number %ld, which serves tools from number %ld "
            "on, not %d",
            version, serves, SCHEMA_VERSION);
    else if (fits < 0)
        doctor_fault(doctor, "schema", "sqitch deploy",
                     "older than this tool: number %ld, not %d", version, SCHEMA_OLDEST);
    else if (version == SCHEMA_VERSION)
        doctor_ok(doctor, "schema", "as this version of the tool expects it");
    else
        doctor_note(doctor, "schema",
                    "number %ld, %s than this tool (%d), and they work together", version,
                    version > SCHEMA_VERSION ? "newer" : "older", SCHEMA_VERSION);
}

static void check_upkeep(struct doctor *doctor, const struct rows *rows)
{
    if (rows_boolean(rows, 0, "standby"))
        doctor_note(doctor, "upkeep",
                    "this is a standby: logins work, changes need the primary");
    if (!rows_boolean(rows, 0, "this_month") || !rows_boolean(rows, 0, "next_month"))
        doctor_fault(doctor, "upkeep", "run \"apppass maintain\" once a day",
                     "no partition for the refusals of this or the next month");
    else
        doctor_ok(doctor, "upkeep", "partitions for this month and the next");
    if (rows_integer(rows, 0, "unsealed") > 0)
        doctor_fault(doctor, "upkeep", "apppass audit verify",
                     "%ld audit rows are not part of the hash chain",
                     rows_integer(rows, 0, "unsealed"));
}

/* ---- roles, rights and settings ---- */

/* The faults that apppass.deployment_faults() finds; without a fix: worth knowing. */
static const struct fault {
    const char *name, *check, *fix;
    const char *before, *after; /* around what the fault is about */
} faults[] = {
    {"role_may_log_in", "roles", "ALTER ROLE ... NOLOGIN; give people roles of their own",
     "", " may log in: the audit would not say who it was"},
    {"verifier_missing", "roles",
     "CREATE ROLE apppass_mail LOGIN IN ROLE apppass_verifier",
     "no login role is a member of apppass_verifier: mail servers can't ask", ""},
    {"verifier_manages", "roles",
     "give the mail servers a login that is in apppass_verifier alone", "",
     " may ask as a mail server and manage codes, too"},
    {"verifier_unlimited", "connections", NULL,
     "one login can take every connection of PostgreSQL: ",
     "; stolen, it could keep everybody else out. As an administrator: ALTER ROLE ... "
     "CONNECTION LIMIT, below max_connections"},
    {"verifier_lacks", "grants", "GRANT EXECUTE ON FUNCTION ... TO apppass_verifier",
     "apppass_verifier may not execute ", ""},
    {"verifier_reads", "grants", "REVOKE ALL ON ... FROM apppass_verifier",
     "apppass_verifier has rights on ", "; it needs none"},
    {"hash_readable", "grants", "REVOKE SELECT ON apppass.code FROM ...", "",
     " can read hashes"},
    {"public_rights", "grants", "REVOKE ALL ON ... FROM PUBLIC",
     "everybody has rights on ", ""},
    {"statements_logged", "server log", NULL, "PostgreSQL logs the statements of ",
     ": whatever is typed as a user name, a password by mistake, gets into its log. As a "
     "superuser: ALTER ROLE ... SET log_statement = none; ALTER ROLE ... SET "
     "log_min_duration_statement = -1"},
    {"collation_changed", CHECK,
     "REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION",
     "the collation is another version than when the database was made, ",
     ": indexes may be in another order (those of apppass that order by bytes are not)"},
};

static const struct fault *find_fault(const struct rows *rows, size_t row)
{
    for (size_t i = 0; i < COUNT(faults); i++)
        if (strcmp(faults[i].name, rows_text(rows, row, "fault")) == 0)
            return &faults[i];
    return NULL;
}

static bool check_is_sound(const struct rows *rows, const char *check)
{
    for (size_t row = 0; row < rows_count(rows); row++) {
        const struct fault *fault = find_fault(rows, row);

        if (fault != NULL && strcmp(fault->check, check) == 0)
            return false;
    }
    return true;
}

static void check_deployment(struct doctor *doctor, struct database *database,
                             const struct rows *installed)
{
    struct rows *rows = database_try(
        database, "SELECT fault, about FROM apppass.deployment_faults()", 0, NULL);

    if (rows == NULL) {
        doctor_note(doctor, "roles", "could not be looked at: %s",
                    database_message(database));
        return;
    }
    for (size_t row = 0; row < rows_count(rows); row++) {
        const struct fault *fault = find_fault(rows, row);
        const char *about = rows_text(rows, row, "about");

        if (about == NULL)
            about = "";
        if (fault == NULL)
            doctor_fault(doctor, "schema",
                         "install the newer version of apppass here, too", "%s: %s",
                         rows_text(rows, row, "fault"), about);
        else if (fault->fix != NULL)
            doctor_fault(doctor, fault->check, fault->fix, "%s%s%s", fault->before, about,
                         fault->after);
        else
            doctor_note(doctor, fault->check, "%s%s%s", fault->before, about,
                        fault->after);
    }
    if (check_is_sound(rows, "server log"))
        doctor_ok(doctor, "server log", "no statement of a mail server is logged");
    if (check_is_sound(rows, "roles"))
        doctor_ok(doctor, "roles", "mail servers ask as %s",
                  rows_text(installed, 0, "verifiers"));
    if (check_is_sound(rows, "grants"))
        doctor_ok(doctor, "grants",
                  "least rights: the verifier reads no table, nobody a hash");
    rows_free(&rows);
}

static void note_roles(struct doctor *doctor, const struct rows *rows)
{
    const char *roles = rows_text(rows, 0, "member_of");

    doctor_note(doctor, "roles", "you are %s: %s", rows_text(rows, 0, "me"),
                roles[0] != '\0' ? roles : "in no role of apppass");
}

void doctor_database(struct doctor *doctor)
{
    struct invocation *invocation = doctor->invocation;
    struct database *database;
    struct rows *installed;
    int version;

    if (database_open(command_option(invocation, OPTION_DBNAME),
                      command_role_name(ROLE_HELPDESK), &database) != STATUS_DONE) {
        doctor_fault(doctor, CHECK, "see the message above", "not reachable");
        return;
    }
    version = database_server_version(database);
    if (version < SERVER_VERSION_MIN)
        doctor_fault(doctor, CHECK, "PostgreSQL 14 or later is needed",
                     "%s: version %d is too old", database_where(database),
                     version / 10000);
    else
        doctor_ok(doctor, CHECK, "%s, PostgreSQL %d", database_where(database),
                  version / 10000);
    installed = ask_schema(doctor, database);
    if (installed != NULL) {
        check_version(doctor, installed);
        check_deployment(doctor, database, installed);
        note_roles(doctor, installed);
        check_upkeep(doctor, installed);
    }
    rows_free(&installed);
    database_close(&database);
}
