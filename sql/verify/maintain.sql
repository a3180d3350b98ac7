-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:maintain on pg

BEGIN;

SELECT action, account, device, selector, detail FROM apppass.maintain(dry_run => true) LIMIT 1;
SELECT 1 / (NOT pg_catalog.has_function_privilege('apppass_verifier', 'apppass.maintain(boolean)', 'EXECUTE'))::integer;

ROLLBACK;
