-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:audit from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP TRIGGER audit_insert_delete ON apppass.realm;
DROP TRIGGER audit_update ON apppass.realm;
DROP TRIGGER audit_insert_delete ON apppass.access_rule;
DROP TRIGGER audit_update ON apppass.access_rule;
DROP TRIGGER audit_insert_delete ON apppass.realm_operator;
DROP TRIGGER audit_update ON apppass.realm_operator;
DROP TRIGGER audit_insert_delete ON apppass.account;
DROP TRIGGER audit_update ON apppass.account;
DROP TRIGGER audit_insert_delete ON apppass.device;
DROP TRIGGER audit_update ON apppass.device;
DROP TRIGGER audit_insert ON apppass.code;
DROP TRIGGER audit_update ON apppass.code;
DROP FUNCTION apppass.audit_change();
DROP FUNCTION apppass.audit_write(text, integer, bigint, text, text, bigint, text, jsonb, jsonb,
    text);
DROP FUNCTION apppass.notify(jsonb);
DROP FUNCTION apppass.hash_kind(text);
DROP FUNCTION apppass.actor();
DROP FUNCTION apppass.operator();
DROP FUNCTION apppass.restore_context(text[]);
DROP FUNCTION apppass.set_context(text, text, text);
DROP FUNCTION apppass.context(text);
DROP FUNCTION apppass.audit_verify(bigint, text);
DROP FUNCTION apppass.audit_head();
DROP FUNCTION apppass.audit_seal();
DROP FUNCTION apppass.audit_follow(jsonb);
DROP FUNCTION apppass.audit_since(jsonb);
DROP FUNCTION apppass.history();
DROP FUNCTION apppass.audit_digest(bytea, bigint, apppass.audit);
DROP FUNCTION apppass.audit_erased(apppass.audit);
DROP FUNCTION apppass.audit_words(apppass.audit);
DROP TABLE apppass.audit_head;
DROP TABLE apppass.audit_chain;
DROP TABLE apppass.audit;
DROP FUNCTION apppass.audit_append_only();
DROP FUNCTION apppass.is_erased(bigint);
DROP FUNCTION apppass.cluster();

COMMIT;
