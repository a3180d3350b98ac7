-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:quiet on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (count(*) = 0)::integer
FROM pg_proc AS p
WHERE p.pronamespace = 'apppass'::regnamespace AND p.prosecdef
  AND NOT coalesce('debug_print_plan=off' = ANY (p.proconfig), false);

ROLLBACK;
