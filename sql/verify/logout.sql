-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:logout on pg

BEGIN;

SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / has_function_privilege('apppass_logout',
    'apppass.ended_since(jsonb, text)', 'EXECUTE')::integer;
SELECT 1 / (NOT due AND ended IS NULL)::integer FROM apppass.ended_since(NULL, '');
SELECT 1 / (NOT again.due)::integer
FROM apppass.ended_since(NULL, NULL) AS first, apppass.ended_since(first.mark, NULL) AS again;

ROLLBACK;
