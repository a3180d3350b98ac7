-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:maintain on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT code_id, account, device, selector, why FROM apppass.due_codes(0);
SELECT 1 / (NOT pg_catalog.has_function_privilege('apppass_verifier', 'apppass.maintain(boolean, integer)', 'EXECUTE'))::integer;

ROLLBACK;
