-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:handover on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (has_function_privilege('apppass_helpdesk', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_self', f, 'EXECUTE'))::integer
FROM unnest(ARRAY[
    'apppass.offer_code(text, text, bytea, bytea, interval, text[], cidr[], timestamptz, text, '
    'text, text)',
    'apppass.import_offer(text, text, bytea, bytea, interval, text, text, text, text, text, text, '
    'boolean)',
    'apppass.withdraw_offer(text, text, text, text, text)']) AS f;
SELECT 1 / (has_function_privilege('apppass_self', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_helpdesk', f, 'EXECUTE'))::integer
FROM unnest(ARRAY[
    'apppass.self_offer(bytea)', 'apppass.self_collect(bytea, bytea, inet, text, text)']) AS f;

ROLLBACK;
