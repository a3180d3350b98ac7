/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define CHECK "database"

/* The oldest PostgreSQL with idle_session_timeout, which the verifier sets. */
#define SERVER_VERSION_MIN 140000

/* ---- schema ---- */

/* What this tool and the verifier call, as to_regclass and to_regprocedure name it. */
static const char objects_query[] =
    "SELECT string_agg(o.name, ', ' ORDER BY o.name) AS missing FROM ("
    " SELECT name FROM unnest(ARRAY['code_overview', 'device_overview', "
    "'account_overview',"
    "  'refusal_log', 'audit_log', 'unused_code', 'main_password_use', 'realm',"
    "  'access_rule']) AS name WHERE to_regclass('apppass.' || name) IS NULL"
    " UNION ALL SELECT name FROM unnest(ARRAY['lookup', 'record_use', 'record_refusal',"
    "  'record_main_password', 'upgrade_hash', 'add_account', 'set_account_enabled', "
    "'set_mfa',"
    "  'issue_policy', 'store_code', 'reset_device', 'revoke_code', 'revoke_device',"
    "  'revoke_account', 'maintain', 'explain_access', 'audit_verify',"
    "  'schema_version']) AS name"
    "  WHERE NOT EXISTS (SELECT FROM pg_proc AS p JOIN pg_namespace AS n"
    "   ON n.oid = p.pronamespace WHERE n.nspname = 'apppass' AND p.proname = name)"
    ") AS o";

/* The names in sqitch's registry that this build's plan lacks, and the other way round.
 */
static const char changes_query[] =
    "SELECT (SELECT string_agg(c.change, ', ' ORDER BY c.committed_at) FROM "
    "sqitch.changes AS c"
    "  WHERE c.project = 'apppass' AND c.change <> ALL (string_to_array(rtrim($1), ' "
    "'))) AS "
    "newer,"
    " (SELECT string_agg(p.name, ', ') FROM unnest(string_to_array(rtrim($1), ' ')) AS p "
    "(name)"
    "  WHERE NOT EXISTS (SELECT FROM sqitch.changes AS c WHERE c.project = 'apppass'"
    "  AND c.change = p.name)) AS older";

/* False: told. */
static bool check_version(struct doctor *doctor, struct database *database)
{
    struct rows *rows =
        database_try(database, "SELECT apppass.schema_version() AS version", 0, NULL);
    long version = rows != NULL ? rows_integer(rows, 0, "version") : SCHEMA_VERSION;

    rows_free(&rows);
    if (version > SCHEMA_VERSION)
        doctor_fault(doctor, "schema", "install the newer version of apppass here, too",
                     "newer than this tool: number %ld, not %d", version, SCHEMA_VERSION);
    else if (version < SCHEMA_VERSION)
        doctor_fault(doctor, "schema", "sqitch deploy",
                     "older than this tool: number %ld, not %d", version, SCHEMA_VERSION);
    return version == SCHEMA_VERSION;
}

static void check_changes(struct doctor *doctor, struct database *database)
{
    struct rows *rows = TRY_QUERY(database, changes_query, SCHEMA_CHANGES);
    const char *newer, *older;

    if (rows == NULL) {
        doctor_note(
            doctor, "schema",
            "everything needed is there; what exactly is deployed can be read by its "
            "owner only (\"sqitch status\")");
        return;
    }
    newer = rows_text(rows, 0, "newer");
    older = rows_text(rows, 0, "older");
    if (older != NULL)
        doctor_fault(doctor, "schema", "sqitch deploy",
                     "older than this tool: without %s", older);
    else if (newer != NULL)
        doctor_fault(doctor, "schema", "install the newer version of apppass here, too",
                     "newer than this tool: with %s", newer);
    else
        doctor_ok(doctor, "schema", "as this version of the tool expects it");
    rows_free(&rows);
}

static bool check_schema(struct doctor *doctor, struct database *database)
{
    struct rows *rows = database_try(
        database, "SELECT to_regnamespace('apppass') IS NOT NULL AS there", 0, NULL);
    bool there = rows != NULL && rows_boolean(rows, 0, "there");
    const char *missing;

    rows_free(&rows);
    if (!there) {
        doctor_fault(doctor, "schema", "sqitch deploy, or name another database with -d",
                     "the database has no schema apppass");
        return false;
    }
    rows = database_try(database, objects_query, 0, NULL);
    missing = rows != NULL ? rows_text(rows, 0, "missing") : NULL;
    if (rows == NULL)
        doctor_fault(doctor, "schema", "connect as a member of apppass_helpdesk",
                     "could not be looked at: %s", database_message(database));
    else if (missing != NULL)
        doctor_fault(doctor, "schema", "sqitch deploy",
                     "older than this tool: without %s", missing);
    else if (check_version(doctor, database))
        check_changes(doctor, database);
    rows_free(&rows);
    return true;
}

/* ---- roles and grants ---- */

static const char roles_query[] =
    "SELECT (SELECT string_agg(w.name, ', ' ORDER BY w.name) FROM "
    "unnest(ARRAY['apppass_owner',"
    "  'apppass_verifier', 'apppass_logout', 'apppass_self', 'apppass_helpdesk', "
    "'apppass_auditor', 'apppass_admin']) AS w "
    "(name)"
    "  WHERE to_regrole(w.name) IS NULL) AS missing,"
    " (SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles"
    "  WHERE rolname LIKE 'apppass\\_%' AND rolname = ANY (ARRAY['apppass_owner',"
    "  'apppass_verifier', 'apppass_logout', 'apppass_self', 'apppass_helpdesk', "
    "'apppass_auditor', 'apppass_admin'])"
    "  AND rolcanlogin) AS login,"
    " (SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles AS r WHERE "
    "rolcanlogin"
    "  AND NOT rolsuper AND pg_has_role(oid, to_regrole('apppass_verifier')::oid, "
    "'USAGE'))"
    "  AS verifiers,"
    " (SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles AS r WHERE "
    "rolcanlogin"
    "  AND NOT rolsuper AND pg_has_role(oid, to_regrole('apppass_verifier')::oid, "
    "'USAGE')"
    "  AND (pg_has_role(oid, to_regrole('apppass_helpdesk')::oid, 'USAGE')"
    "  OR pg_has_role(oid, to_regrole('apppass_owner')::oid, 'USAGE'))) AS wide,"
    " (SELECT string_agg(w.name, ', ') FROM unnest(ARRAY['admin', 'auditor', 'helpdesk',"
    "  'verifier']) AS w (name)"
    "  WHERE pg_has_role(to_regrole('apppass_' || w.name)::oid, 'USAGE')) AS mine,"
    " session_user AS me";

static void check_roles(struct doctor *doctor, struct database *database)
{
    struct rows *rows = database_try(database, roles_query, 0, NULL);
    const char *missing, *login, *verifiers, *wide, *mine;

    if (rows == NULL) {
        doctor_fault(doctor, "roles", "sqitch deploy", "could not be looked at: %s",
                     database_message(database));
        return;
    }
    missing = rows_text(rows, 0, "missing");
    login = rows_text(rows, 0, "login");
    verifiers = rows_text(rows, 0, "verifiers");
    wide = rows_text(rows, 0, "wide");
    mine = rows_text(rows, 0, "mine");
    if (missing != NULL)
        doctor_fault(doctor, "roles", "sqitch deploy", "there is no role %s", missing);
    if (login != NULL)
        doctor_fault(doctor, "roles",
                     "ALTER ROLE ... NOLOGIN; give people roles of their own",
                     "%s may log in: the audit would not say who it was", login);
    if (verifiers == NULL)
        doctor_fault(
            doctor, "roles", "CREATE ROLE apppass_mail LOGIN IN ROLE apppass_verifier",
            "no login role is a member of apppass_verifier: mail servers can't ask");
    else if (wide != NULL)
        doctor_fault(doctor, "roles",
                     "give the mail servers a login that is in "
                     "apppass_verifier alone",
                     "%s may ask as a mail server and manage codes, too", wide);
    else if (missing == NULL && login == NULL)
        doctor_ok(doctor, "roles", "mail servers ask as %s", verifiers);
    doctor_note(doctor, "roles", "you are %s: %s", rows_text(rows, 0, "me"),
                mine != NULL ? mine : "in no role of apppass");
    rows_free(&rows);
}

/* The verifier executes five functions and reads nothing; nobody but the owner sees a
 * hash. */
static const char grants_query[] =
    "SELECT (SELECT string_agg(p.oid::regprocedure::text, ', ') FROM pg_proc AS p"
    "  JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = 'apppass'"
    "  AND p.proname IN ('lookup', 'record_use', 'record_refusal', "
    "'record_main_password',"
    "  'upgrade_hash') AND NOT has_function_privilege('apppass_verifier', p.oid, "
    "'EXECUTE'))"
    "  AS lacks,"
    " (SELECT string_agg(c.relname, ', ' ORDER BY c.relname) FROM pg_class AS c"
    "  JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'apppass'"
    "  AND c.relkind IN ('r', 'p', 'v', 'm')"
    "  AND has_table_privilege('apppass_verifier', c.oid, 'SELECT, INSERT, UPDATE, "
    "DELETE'))"
    "  AS reads,"
    " (SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) FROM pg_roles AS r"
    "  WHERE NOT r.rolsuper AND r.rolname IN ('apppass_verifier', 'apppass_helpdesk',"
    "  'apppass_auditor', 'apppass_admin') AND to_regclass('apppass.code') IS NOT NULL"
    "  AND has_column_privilege(r.oid, to_regclass('apppass.code'), 'hash', 'SELECT')) "
    "AS hash,"
    " (SELECT string_agg(DISTINCT c.relname, ', ') FROM pg_class AS c"
    "  JOIN pg_namespace AS n ON n.oid = c.relnamespace,"
    "  LATERAL aclexplode(c.relacl) AS a WHERE n.nspname = 'apppass' AND a.grantee = 0) "
    "AS public";

static void check_grants(struct doctor *doctor, struct database *database)
{
    struct rows *rows = database_try(database, grants_query, 0, NULL);
    const char *lacks, *reads, *hash, *everybody;

    if (rows == NULL) {
        doctor_note(doctor, "grants", "could not be looked at: %s",
                    database_message(database));
        return;
    }
    lacks = rows_text(rows, 0, "lacks");
    reads = rows_text(rows, 0, "reads");
    hash = rows_text(rows, 0, "hash");
    everybody = rows_text(rows, 0, "public");
    if (lacks != NULL)
        doctor_fault(doctor, "grants",
                     "GRANT EXECUTE ON FUNCTION ... TO apppass_verifier",
                     "apppass_verifier may not execute %s", lacks);
    if (reads != NULL)
        doctor_fault(doctor, "grants", "REVOKE ALL ON ... FROM apppass_verifier",
                     "apppass_verifier has rights on %s; it needs none", reads);
    if (hash != NULL)
        doctor_fault(doctor, "grants", "REVOKE SELECT ON apppass.code FROM ...",
                     "%s can read hashes", hash);
    if (everybody != NULL)
        doctor_fault(doctor, "grants", "REVOKE ALL ON ... FROM PUBLIC",
                     "everybody has rights on %s", everybody);
    if (lacks == NULL && reads == NULL && hash == NULL && everybody == NULL)
        doctor_ok(doctor, "grants",
                  "least rights: the verifier reads no table, nobody a hash");
    rows_free(&rows);
}

/* ---- upkeep ---- */

static const char upkeep_query[] =
    "SELECT to_regclass('apppass.refusal_' || to_char(now() AT TIME ZONE 'UTC', "
    "'YYYY_MM'))"
    "  IS NOT NULL AS this_month,"
    " to_regclass('apppass.refusal_' || to_char((now() AT TIME ZONE 'UTC')"
    "  + interval '1 month', 'YYYY_MM')) IS NOT NULL AS next_month,"
    " pg_is_in_recovery() AS standby,"
    " (SELECT CASE WHEN unsealed_since < now() - interval '1 hour' THEN unsealed ELSE 0 "
    "END"
    "  FROM apppass.audit_head()) AS unsealed";

static void check_upkeep(struct doctor *doctor, struct database *database)
{
    struct rows *rows = database_try(database, upkeep_query, 0, NULL);

    if (rows == NULL) {
        doctor_note(doctor, "upkeep", "could not be looked at: %s",
                    database_message(database));
        return;
    }
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
    rows_free(&rows);
}

/* ---- the server ---- */

/* PostgreSQL 15 notes which version of the operating system's rules a database was made
 * with, and warns whoever connects; only indexes of text in such an order are concerned.
 */
static const char collation_query[] =
    "SELECT current_database() AS name, d.datcollversion AS was,"
    " coalesce(pg_database_collation_actual_version(d.oid), 'none') AS actual"
    " FROM pg_database AS d WHERE d.datname = current_database()"
    " AND d.datcollversion IS DISTINCT FROM pg_database_collation_actual_version(d.oid)"
    " AND d.datcollversion IS NOT NULL";

static void check_collation(struct doctor *doctor, struct database *database)
{
    struct rows *rows = database_server_version(database) >= 150000
                            ? database_try(database, collation_query, 0, NULL)
                            : NULL;

    if (rows != NULL && rows_count(rows) > 0)
        doctor_fault(
            doctor, CHECK,
            "REINDEX DATABASE, then ALTER DATABASE ... REFRESH COLLATION VERSION",
            "%s was made with version %s of the collation, and the system has %s: "
            "indexes may be in another order (those of apppass that order by "
            "bytes are not)",
            rows_text(rows, 0, "name"), rows_text(rows, 0, "was"),
            rows_text(rows, 0, "actual"));
    rows_free(&rows);
}

/* The logins of mail servers whose statements PostgreSQL logs, with their parameters:
 * what was typed as a user name, and new hashes. */
static const char logging_query[] =
    "SELECT string_agg(v.rolname, ', ' ORDER BY v.rolname) AS logged FROM ("
    " SELECT r.rolname, coalesce((SELECT split_part(c.line, '=', 2)"
    "   FROM pg_db_role_setting AS s, unnest(s.setconfig) AS c (line)"
    "   WHERE s.setrole = r.oid AND split_part(c.line, '=', 1) = 'log_statement'"
    "   ORDER BY s.setdatabase DESC LIMIT 1), g.statements) AS statements,"
    "  coalesce((SELECT split_part(c.line, '=', 2)"
    "   FROM pg_db_role_setting AS s, unnest(s.setconfig) AS c (line)"
    "   WHERE s.setrole = r.oid"
    "   AND split_part(c.line, '=', 1) = 'log_min_duration_statement'"
    "   ORDER BY s.setdatabase DESC LIMIT 1), g.duration) AS duration"
    " FROM pg_roles AS r, (SELECT current_setting('log_statement') AS statements,"
    "  current_setting('log_min_duration_statement') AS duration) AS g"
    " WHERE r.rolcanlogin AND NOT r.rolsuper"
    "  AND pg_has_role(r.oid, to_regrole('apppass_verifier')::oid, 'USAGE')) AS v"
    " WHERE v.statements = 'all' OR v.duration <> '-1'";

static void check_logging(struct doctor *doctor, struct database *database)
{
    struct rows *rows = database_try(database, logging_query, 0, NULL);
    const char *logged = rows != NULL ? rows_text(rows, 0, "logged") : NULL;

    if (logged != NULL)
        doctor_note(
            doctor, "server log",
            "PostgreSQL logs the statements of %s: whatever is typed as a user "
            "name, a password by mistake, gets into its log. As a superuser: ALTER "
            "ROLE ... SET log_statement = none; ALTER ROLE ... SET "
            "log_min_duration_statement = -1",
            logged);
    else if (rows != NULL)
        doctor_ok(doctor, "server log", "no statement of a mail server is logged");
    rows_free(&rows);
}

void doctor_database(struct doctor *doctor)
{
    struct invocation *invocation = doctor_invocation(doctor);
    struct database *database;
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
    check_collation(doctor, database);
    if (check_schema(doctor, database)) {
        check_logging(doctor, database);
        check_roles(doctor, database);
        check_grants(doctor, database);
        check_upkeep(doctor, database);
    }
    database_close(&database);
}
