-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:audit on pg

BEGIN;

SELECT id, at, actor, operator, client, application, action, realm_id, account_id, account, device, code_id, selector, reason, ticket,
       before, after, position, previous_hash, hash FROM apppass.audit WHERE false;
SELECT 1 / (count(*) = 1)::integer FROM apppass.audit_head;
SELECT 1 / (count(*) = 3)::integer FROM pg_catalog.pg_trigger WHERE tgrelid = 'apppass.audit'::regclass AND NOT tgisinternal AND tgenabled = 'O';
SELECT 1 / (count(*) = 12)::integer FROM pg_catalog.pg_trigger WHERE tgfoid = 'apppass.audit_change'::regproc AND tgenabled = 'O';
SELECT 1 / pg_catalog.has_function_privilege('apppass_auditor', 'apppass.audit_verify()', 'EXECUTE')::integer;
SELECT 1 / (NOT pg_catalog.has_table_privilege('apppass_admin', 'apppass.audit', 'INSERT, UPDATE, DELETE, TRUNCATE'))::integer;

ROLLBACK;
