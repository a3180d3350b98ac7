-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:self on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (has_function_privilege('apppass_self', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_helpdesk', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_verifier', f, 'EXECUTE'))::integer
FROM unnest(ARRAY[
    'apppass.self_policy(text, timestamptz, text, text[], inet)',
    'apppass.self_codes(text, timestamptz, text, text[], inet)',
    'apppass.self_uses(text, timestamptz, text, text[], inet)',
    'apppass.self_issue(text, timestamptz, text, text[], inet, text, text, text, text[],'
        ' timestamptz, bigint)',
    'apppass.self_reset(text, timestamptz, text, text[], inet, text, text, text, bigint)',
    'apppass.self_revoke(text, timestamptz, text, text[], inet, text)',
    'apppass.self_revoke_all(text, timestamptz, text, text[], inet)',
    'apppass.self_alarm(text, timestamptz, text, text[], inet, text)']) AS f;
SELECT 1 / (NOT has_function_privilege('apppass_self',
    'apppass.self_account(text, timestamptz, text, text[], inet, text, bigint)',
    'EXECUTE'))::integer;

ROLLBACK;
