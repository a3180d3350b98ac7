-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:roles from pg
--
-- A role that another database of the cluster still uses stays.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    unwanted text;
BEGIN
    FOREACH unwanted IN ARRAY ARRAY['apppass_notify', 'apppass_self', 'apppass_logout',
                                    'apppass_admin', 'apppass_auditor', 'apppass_helpdesk',
                                    'apppass_verifier', 'apppass_owner'] LOOP
        BEGIN
            EXECUTE format('DROP ROLE IF EXISTS %I', unwanted);
        EXCEPTION
            WHEN dependent_objects_still_exist OR insufficient_privilege THEN
                RAISE NOTICE 'role % stays: %', unwanted, SQLERRM;
        END;
    END LOOP;
END
$$;

COMMIT;
