-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:roles to pg
--
-- Roles belong to the cluster, not to the database: another database may have made them already.
-- The deploying role needs CREATEROLE and the right to create schemas in this database, nothing
-- more.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['apppass_owner', 'apppass_verifier', 'apppass_helpdesk',
        'apppass_auditor', 'apppass_admin',
                                  'apppass_logout', 'apppass_self', 'apppass_notify'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
END
$$;

-- Membership is granted only where it is missing: in PostgreSQL 16 and later a role that did not
-- create apppass_owner may lack the right to grant it, and may not need to.
DO $$
DECLARE
    pair text[];
BEGIN
    FOREACH pair SLICE 1 IN ARRAY ARRAY[
        ['apppass_helpdesk', 'apppass_admin'],
        ['apppass_auditor', 'apppass_admin']
    ] LOOP
        IF NOT EXISTS (
            SELECT FROM pg_auth_members AS m
            WHERE m.roleid = pair[1]::regrole AND m.member = pair[2]::regrole
        ) THEN
            EXECUTE format('GRANT %I TO %I', pair[1], pair[2]);
        END IF;
    END LOOP;

    -- Whoever deploys creates objects as the owner.  pg_has_role is true for a superuser. In 16
    -- and later the creator holds the ADMIN option alone, so ask for what is used: USAGE and,
    -- there, SET.
    IF NOT pg_has_role(current_user, 'apppass_owner', 'USAGE')
       OR (current_setting('server_version_num')::integer >= 160000
           AND NOT pg_has_role(current_user, 'apppass_owner', 'SET')) THEN
        EXECUTE format('GRANT apppass_owner TO %I', current_user);
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'role % may not grant the apppass roles', current_user
            USING ERRCODE = '42501',
                  DETAIL = SQLERRM,
                  HINT = 'Deploy as a role with CREATEROLE. Where another role made the apppass '
                         'roles, let it run: '
                      || format('GRANT apppass_owner TO %I WITH ADMIN OPTION',
                          current_user);
END
$$;

DO $$
BEGIN
    COMMENT ON ROLE apppass_owner IS 'Owns everything in schema apppass. Nobody logs in as it.';
COMMENT ON ROLE apppass_verifier IS
'What the SASL plugin, apppassd and apppass check log in with: executes lookup and the record '
'functions, reads no table.';
COMMENT ON ROLE apppass_helpdesk IS
'Issues, resets and revokes app passwords, disables and enables accounts and reads the views; '
'adds no account, notes no MFA, sees no hash.';
COMMENT ON ROLE apppass_auditor IS
'Reads the views and verifies the audit chain; changes nothing.';
COMMENT ON ROLE apppass_logout IS
'What apppass-logoutd logs in with: asks which sessions are to end, reads no table.';
COMMENT ON ROLE apppass_admin IS
'Policy and accounts: plain SQL on the tables, everything the helpdesk and the auditor may do.';
COMMENT ON ROLE apppass_self IS
'What the page logs in with on which owners help themselves: executes the self_ functions, reads '
'no table.';
COMMENT ON ROLE apppass_notify IS
'What apppass notify logs in with: asks what owners are to be told, reads no table.';
EXCEPTION
    -- The roles are there already and belong to somebody else: so do their comments.
    WHEN insufficient_privilege THEN
        NULL;
END
$$;

COMMIT;
