-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:schema to pg
-- requires: roles

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
BEGIN
    IF (SELECT pg_encoding_to_char(encoding) FROM pg_database
        WHERE datname = current_database()) <> 'UTF8' THEN
        RAISE EXCEPTION 'database % is not encoded in UTF8', current_database()
            USING HINT = 'Device labels hold any Unicode text: CREATE DATABASE ... ENCODING '
                         '''UTF8'' TEMPLATE template0.';
    END IF;
END
$$;

SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA public;
RESET client_min_messages;

CREATE SCHEMA apppass AUTHORIZATION apppass_owner;
COMMENT ON SCHEMA apppass IS
'App passwords for SASL servers: accounts, devices, codes, policy, use, refusals and audit. See '
'apppass-schema(7).';

-- The form with IN SCHEMA would take nothing away from PUBLIC.
ALTER DEFAULT PRIVILEGES FOR ROLE apppass_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE apppass_owner REVOKE ALL ON TYPES FROM PUBLIC;

GRANT USAGE ON SCHEMA apppass TO apppass_verifier, apppass_helpdesk, apppass_auditor, apppass_admin,
    apppass_logout, apppass_self, apppass_notify;

-- pgcrypto lives in the schema where somebody put it.  Functions with a parsed body name its
-- functions by identity, so that neither a search path nor a later ALTER EXTENSION ... SET SCHEMA
-- changes what they call.
DO $$
DECLARE
    home text := (SELECT n.nspname FROM pg_extension AS e
        JOIN pg_namespace AS n ON n.oid = e.extnamespace
                  WHERE e.extname = 'pgcrypto');
BEGIN
    EXECUTE format($f$
        CREATE FUNCTION apppass.random_bytes(length integer) RETURNS bytea
            LANGUAGE sql VOLATILE STRICT
        BEGIN ATOMIC SELECT %I.gen_random_bytes($1); END $f$, home);
    EXECUTE format($f$
        CREATE FUNCTION apppass.bcrypt(secret text) RETURNS text LANGUAGE sql VOLATILE STRICT
        BEGIN ATOMIC SELECT %I.crypt($1, %I.gen_salt('bf'::text, 10)); END $f$, home, home);
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % may not use pgcrypto, which is in schema %', current_user, home
            USING ERRCODE = '42501', DETAIL = SQLERRM,
                  HINT = format('Let the schema''s owner run: GRANT USAGE ON SCHEMA %I '
                                'TO %I', home, current_user);
END
$$;
REVOKE ALL ON FUNCTION apppass.random_bytes(integer), apppass.bcrypt(text) FROM PUBLIC;
ALTER FUNCTION apppass.random_bytes(integer) OWNER TO apppass_owner;
ALTER FUNCTION apppass.bcrypt(text) OWNER TO apppass_owner;
COMMENT ON FUNCTION apppass.random_bytes(integer) IS
'That many cryptographically random bytes (pgcrypto). For the owner''s functions only.';
COMMENT ON FUNCTION apppass.bcrypt(text) IS
'A bcrypt hash, $2a$ cost 10 (pgcrypto). For the owner''s functions only.';

SET LOCAL ROLE apppass_owner;

-- A verdict is a row and not the value of an enum: a change that adds one can be reverted.
CREATE TABLE apppass.verdict (
    name text COLLATE "C" NOT NULL,
    description text NOT NULL,
    CONSTRAINT verdict_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE apppass.verdict IS 'What may be decided about a login attempt.';
COMMENT ON COLUMN apppass.verdict.name IS 'As lookup, the log and refusal_log say it.';
COMMENT ON COLUMN apppass.verdict.description IS 'What it means, for people.';
INSERT INTO apppass.verdict (name, description) VALUES
    ('accepted', 'The code may be used here: the secret decides'),
    ('not_a_code', 'What was typed has not the form of a code'),
    ('mistyped', 'The check symbol is wrong'),
    ('unknown_user', 'There is no such account'),
    ('unknown_code', 'The account has no code of that selector'),
    ('wrong_code', 'The selector is one of the account''s, the secret is not'),
    ('wrong_account', 'Another account of the realm has a code of that selector'),
    ('revoked', 'The code was revoked'),
    ('expired', 'The code expired'),
    ('lapsed', 'The code was not used for as long as the realm says'),
    ('service_denied', 'Realm, code or an access rule leaves the service out'),
    ('network_denied', 'Code or an access rule leaves the network out'),
    ('account_disabled', 'The account is disabled'),
    ('mfa_missing', 'The realm asks for MFA, and the account is not enrolled'),
    ('realm_denied', 'The realm allows no codes, or an access rule denies'),
    ('main_password', 'No code was typed: the main password may be tried'),
    ('main_password_refused', 'No code was typed, and the main password is refused');
GRANT SELECT ON apppass.verdict TO apppass_helpdesk, apppass_auditor;

-- A later change that tools have to know of replaces the first by one with the next number; one
-- that takes away what older tools ask for replaces the second.
CREATE FUNCTION apppass.schema_version() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;
COMMENT ON FUNCTION apppass.schema_version() IS
'The number of this schema. A tool refuses one that is older than it needs.';
CREATE FUNCTION apppass.schema_serves() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;
COMMENT ON FUNCTION apppass.schema_serves() IS
'The oldest tools that this schema serves: those made for the schema of that number. Older ones '
'refuse it.';

GRANT EXECUTE ON FUNCTION apppass.schema_version(), apppass.schema_serves() TO apppass_helpdesk,
    apppass_auditor, apppass_admin, apppass_notify;

COMMIT;
