-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:guard from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP TRIGGER code_policy ON apppass.code;
DROP TRIGGER code_no_truncate ON apppass.code;
DROP TRIGGER code_guard ON apppass.code;
DROP TRIGGER device_policy ON apppass.device;
DROP TRIGGER account_policy ON apppass.account;
DROP TRIGGER account_turn ON apppass.account;
DROP TRIGGER realm_operator_policy ON apppass.realm_operator;
DROP TRIGGER access_rule_policy ON apppass.access_rule;
DROP TRIGGER realm_adopt ON apppass.realm;
DROP TRIGGER realm_policy ON apppass.realm;
DROP FUNCTION apppass.code_policy();
DROP FUNCTION apppass.code_guard();
DROP FUNCTION apppass.require_lifetime(apppass.realm, timestamptz, timestamptz);
DROP FUNCTION apppass.require_issuable(bigint, bigint);
DROP FUNCTION apppass.device_policy();
DROP FUNCTION apppass.account_policy();
DROP FUNCTION apppass.realm_operator_policy();
DROP FUNCTION apppass.access_rule_policy();
DROP FUNCTION apppass.realm_adopt();
DROP FUNCTION apppass.realm_policy();
DROP FUNCTION apppass.account_turn();
DROP FUNCTION apppass.take_turn(bigint);
DROP FUNCTION apppass.holder_of(xid, regclass);
DROP FUNCTION apppass.lock_rows(text, bigint[]);
DROP FUNCTION apppass.require_reason(text);

COMMIT;
