-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:maintain on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT code_id, account, device, selector, why FROM apppass.due_codes(0);
SELECT part, name FROM apppass.due_partitions();
SELECT 1 / (NOT has_function_privilege('apppass_verifier',
    'apppass.maintain(boolean, integer, text)', 'EXECUTE'))::integer;
SELECT 1 / (NOT has_function_privilege('apppass_helpdesk',
    'apppass.maintain_trail(boolean, integer)', 'EXECUTE'))::integer;
SELECT 1 / (to_regprocedure(format('apppass.maintain_%s(boolean, integer)', job))
    IS NOT NULL)::integer
FROM unnest(apppass.maintain_jobs()) AS job
WHERE job <> 'erased'; -- comes with the change erase

ROLLBACK;
