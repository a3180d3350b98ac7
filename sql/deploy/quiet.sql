-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:quiet to pg
-- requires: logout
-- requires: erase

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- Any login may set debug_print_plan and have plans sent to it: those of the statements inside a
-- function tell what its variables hold, and what the planner knows of everybody's rows.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN
        SELECT p.oid FROM pg_proc AS p
        WHERE p.pronamespace = 'apppass'::regnamespace AND p.prosecdef
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET debug_print_plan = off', f);
    END LOOP;
END
$$;

COMMIT;
