-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:schema on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (nspowner = 'apppass_owner'::regrole)::integer FROM pg_namespace
    WHERE nspname = 'apppass';
SELECT 1 / (count(*) = 1)::integer FROM pg_namespace WHERE nspname = 'apppass';
SELECT 1 / has_schema_privilege('apppass_verifier', 'apppass', 'USAGE')::integer;
SELECT 1 / (NOT has_schema_privilege('public', 'apppass', 'USAGE'))::integer;
SELECT 1 / (count(*) >= 17)::integer FROM apppass.verdict;
SELECT 1 / (NOT has_table_privilege('apppass_verifier', 'apppass.verdict',
    'SELECT'))::integer;
SELECT 1 / (apppass.schema_serves() BETWEEN 1 AND apppass.schema_version())::integer;
SELECT 1 / (NOT has_function_privilege('apppass_verifier', 'apppass.bcrypt(text)',
    'EXECUTE'))::integer;
SELECT 1 / (NOT has_function_privilege('public', 'apppass.random_bytes(integer)',
    'EXECUTE'))::integer;

ROLLBACK;
