-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:manage on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (has_function_privilege('apppass_helpdesk', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_verifier', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_auditor', f, 'EXECUTE'))::integer
FROM unnest(ARRAY[
    'apppass.set_account_enabled(text, boolean, text, text, text, timestamptz)',
    'apppass.issue_policy(text)',
    'apppass.store_code(text, text, text, text, text[], cidr[], timestamptz, text, text, text)',
    'apppass.revoke_code(text, text, text, text, text)']) AS f;
SELECT 1 / (has_function_privilege('apppass_admin', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_helpdesk', f, 'EXECUTE'))::integer
FROM unnest(ARRAY[
    'apppass.add_account(text, text, boolean, text, text)',
    'apppass.rename_account(text, text, text, text, text)',
    'apppass.set_mfa(text, boolean, text, text, text)']) AS f;

ROLLBACK;
