-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:mint on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (apppass.check_symbol('1') = '2' AND apppass.check_symbol('z') = 'v'
    AND apppass.check_symbol('o') IS NULL)::integer;
SELECT 1 / apppass.code_valid('c49ngk80y3zh6dzf')::integer;
SELECT 1 / apppass.code_valid(apppass.make_code(-1, 20))::integer;
SELECT 1 / (apppass.group_code('c49ngk80y3zh6dzf') = 'c49n-gk80-y3zh-6dzf')::integer;
SELECT 1 / (has_function_privilege('apppass_helpdesk', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_verifier', f, 'EXECUTE'))::integer
FROM unnest(ARRAY[
    'apppass.issue_code(text, text, text[], cidr[], timestamptz, text, text, text)',
    'apppass.revoke_device(text, text, text, text, text)',
    'apppass.revoke_account(text, text, text, text)',
    'apppass.reset_device(text, text, text, text, interval, text, text, text)',
    'apppass.reset_code(text, text, interval, text, text, text)',
    'apppass.explain_access(text, text, inet)']) AS f;
SELECT 1 / (NOT has_function_privilege('apppass_helpdesk',
    'apppass.make_code(bigint, integer)', 'EXECUTE'))::integer;

ROLLBACK;
