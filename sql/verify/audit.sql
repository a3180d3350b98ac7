-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:audit on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT id, xid, cluster, at, actor, operator, client, application, action, realm_id, account_id,
    account, device,
       code_id, selector, reason, ticket, before, after, salt, erased_digest
FROM apppass.audit WHERE false;
SELECT position, audit_id, hash FROM apppass.audit_chain WHERE false;
SELECT 1 / (count(*) = 1)::integer FROM apppass.audit_head;
SELECT 1 / (count(*) = 4)::integer FROM pg_trigger
WHERE tgrelid IN ('apppass.audit'::regclass, 'apppass.audit_chain'::regclass) AND NOT tgisinternal
    AND tgenabled = 'O';
SELECT 1 / (count(*) = 12)::integer FROM pg_trigger
    WHERE tgfoid = 'apppass.audit_change'::regproc AND tgenabled = 'O';
SELECT 1 / has_function_privilege('apppass_auditor',
    'apppass.audit_verify(bigint, text)', 'EXECUTE')::integer;
SELECT 1 / (NOT has_function_privilege(r, 'apppass.audit_seal()', 'EXECUTE'))::integer
FROM unnest(ARRAY['apppass_verifier', 'apppass_helpdesk', 'apppass_auditor']) AS r;
SELECT 1 / (continuity = 'begun')::integer FROM apppass.audit_since(NULL);
SELECT 1 / (NOT has_table_privilege('apppass_admin', 'apppass.audit',
    'INSERT, UPDATE, DELETE, TRUNCATE'))::integer;

ROLLBACK;
