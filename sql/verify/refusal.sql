-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:refusal on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT at, verdict, account_id, realm_id, code_id, service, client FROM apppass.refusal WHERE false;
SELECT 1 / (count(*) > 3)::integer FROM pg_inherits
    WHERE inhparent = 'apppass.refusal'::regclass;
SELECT 1 / (NOT has_table_privilege('apppass_verifier', 'apppass.refusal',
    'SELECT, INSERT'))::integer;
SELECT 1 / count(*) FROM pg_trigger WHERE tgrelid = 'apppass.account'::regclass
    AND tgname = 'refusal_forget';

ROLLBACK;
