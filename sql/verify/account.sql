-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:account on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT id, username, realm_id, enabled, mfa_enrolled, main_password_refused_from, created_at,
    created_by FROM apppass.account WHERE false;
SELECT id, account_id, label, created_at FROM apppass.device WHERE false;
SELECT id, device_id, account_id, realm_id, selector, hash, services, networks, created_at,
    created_by, expires_at, expiry_chosen,
       revoked_at, revoked_by, revoke_reason, replaces FROM apppass.code WHERE false;
SELECT id, account_id, device, services, networks, expires_at, link_hash, pin_hash, wrong_pins,
    offered_at, offered_by, ends_at, collected_at, code_id FROM apppass.handover WHERE false;
SELECT code_id, service, network, first_at, last_at FROM apppass.code_use WHERE false;
SELECT account_id, service, network, first_at, last_at FROM apppass.main_password_login WHERE false;
SELECT code_id, ends_at, lapses_at, state, first_at, last_at FROM apppass.code_standing WHERE false;
SELECT 1 / (count(*) = 1)::integer FROM pg_constraint
WHERE conname = 'code_selector_unique' AND conrelid = 'apppass.code'::regclass;
SELECT 1 / (NOT has_column_privilege('apppass_admin', 'apppass.code', 'hash',
    'SELECT'))::integer;
SELECT 1 / has_column_privilege('apppass_admin', 'apppass.code', 'selector',
    'SELECT')::integer;
SELECT 1 / (NOT has_any_column_privilege('apppass_verifier', 'apppass.code',
    'SELECT'))::integer;

ROLLBACK;
