-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:quiet from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN
        SELECT p.oid FROM pg_proc AS p
        WHERE p.pronamespace = 'apppass'::regnamespace AND p.prosecdef
    LOOP
        EXECUTE format('ALTER FUNCTION %s RESET debug_print_plan', f);
    END LOOP;
END
$$;

COMMIT;
