-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:desk on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (count(*) = 0)::integer FROM apppass.find_codes(account => E'\x01', which => 'all');
SELECT 1 / (count(*) = 0)::integer FROM apppass.find_accounts(E'\x01');
SELECT 1 / (count(*) = 0)::integer FROM apppass.near_accounts('');
SELECT 1 / (count(*) > 10)::integer FROM apppass.policy_settings();
SELECT 1 / (count(*) > 8)::integer FROM apppass.metrics();
SELECT 1 / (version >= 1)::integer FROM apppass.installed();
SELECT 1 / (count(*) >= 0)::integer FROM apppass.deployment_faults();
SELECT 1 / (count(*) > 0)::integer FROM apppass.find_realms('default');
SELECT 1 / (count(*) > 0)::integer FROM apppass.completions('realm', 'def');
SELECT 1 / ((apppass.import_account(' ')).result = 'failed')::integer;
SELECT 1 / has_function_privilege('apppass_helpdesk',
    'apppass.revoke_codes(bigint[], text, text, text)', 'EXECUTE')::integer;
SELECT 1 / has_function_privilege('apppass_helpdesk',
    'apppass.set_expiry(text, timestamptz, text, text, text, text, text, boolean)',
    'EXECUTE')::integer;
SELECT 1 / (NOT has_function_privilege('apppass_helpdesk',
    'apppass.set_policy(text, text, text, text, text, text)', 'EXECUTE'))::integer;

ROLLBACK;
