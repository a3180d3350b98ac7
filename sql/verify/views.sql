-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:views on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT account, realm, device, selector, state, services, networks, created_at, created_by,
    expires_at, revoked_at, revoked_by,
       revoke_reason, first_used_at, last_used_at, last_service, last_network, code_id,
       replaces_code_id FROM apppass.code_overview WHERE false;
SELECT account, realm, device, created_at, codes, live_codes, last_used_at, last_service,
    last_network FROM apppass.device_overview WHERE false;
SELECT account, realm, enabled, mfa_enrolled, devices, live_codes, codes, last_used_at,
    main_password_refused_from, created_at,
       created_by, account_id FROM apppass.account_overview WHERE false;
SELECT at, verdict, account, realm, device, selector, service, client, code_id, revoked_at,
    revoke_reason FROM apppass.refusal_log WHERE false;
SELECT account, realm, device, selector, verdict, since, last_at, attempts, last_client,
    last_service, revoked_at, revoke_reason, code_id,
       summary FROM apppass.knocking_code WHERE false;
SELECT at, action, account, device, selector, reason, ticket, actor, operator, client, application,
    realm, before, after, code_id, id,
       position, chain, account_id FROM apppass.audit_log WHERE false;
SELECT account, realm, device, selector, created_at, created_by, last_used_at, idle, never_used,
    lapses_at, code_id FROM apppass.unused_code WHERE false;
SELECT account, realm, service, network, first_at, last_at, refused_from
    FROM apppass.main_password_use WHERE false;
SELECT last_at, account, realm, device, selector, service, network, first_at, state, code_id
    FROM apppass.use_overview WHERE false;
SELECT realm, codes_allowed, refusal_retention, accounts FROM apppass.realm_overview WHERE false;
SELECT position, action, realm, service, network, description FROM apppass.access_overview
    WHERE false;
SELECT account, realm, device, state, pin, wrong_pins, services, networks, expires_at, offered_at,
    offered_by, ends_at, collected_at, selector FROM apppass.handover_overview WHERE false;
SELECT 1 / (has_table_privilege('apppass_helpdesk', c.oid,
    'SELECT') <> (c.relname LIKE 'all!_%' ESCAPE '!' OR c.relname = 'code_standing')
            AND has_table_privilege('apppass_helpdesk', c.oid,
                'SELECT') = has_table_privilege('apppass_auditor', c.oid, 'SELECT')
            AND NOT has_table_privilege('apppass_verifier', c.oid, 'SELECT'))::integer
FROM pg_class AS c WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind = 'v';

ROLLBACK;
