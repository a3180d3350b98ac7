-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:policy on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT id, name, description, codes_allowed, services, code_length, max_codes, max_lifetime,
    lapse_after, unused_after, mfa_required,
       reason_required, main_password_refused_from, imap_host, imap_port, smtp_host, smtp_port,
       argon2_memory_kib, argon2_passes, argon2_lanes, refusal_retention
FROM apppass.realm WHERE false;
SELECT 1 / count(*) FROM apppass.realm WHERE name = 'default';
SELECT id, position, realm_id, service, network, action, description FROM apppass.access_rule
    WHERE false;
SELECT role_name, realm_id, role_oid FROM apppass.realm_operator WHERE false;
SELECT 1 / (NOT has_table_privilege('apppass_verifier', 'apppass.realm',
    'SELECT'))::integer;
SELECT 1 / (NOT has_table_privilege('apppass_helpdesk', 'apppass.realm',
    'UPDATE'))::integer;
SELECT 1 / has_table_privilege('apppass_admin', 'apppass.realm', 'UPDATE')::integer;
SELECT 1 / (apppass.realm_of('nobody@nowhere.invalid') = (SELECT id FROM apppass.realm
    WHERE name = 'default'))::integer;
SELECT 1 / (apppass.is_host('mail.example.org') AND NOT apppass.is_host('mail example'))::integer;

ROLLBACK;
