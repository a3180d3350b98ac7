-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:lookup on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (verdict = 'unknown_user' AND account_id IS NULL)::integer
    FROM apppass.lookup(E'\x01', '0000', 'imap', '192.0.2.1');
SELECT 1 / has_function_privilege('apppass_verifier',
    'apppass.lookup(text, text, text, inet)', 'EXECUTE')::integer;
SELECT 1 / (NOT has_function_privilege('apppass_helpdesk',
    'apppass.lookup(text, text, text, inet)', 'EXECUTE'))::integer;

ROLLBACK;
