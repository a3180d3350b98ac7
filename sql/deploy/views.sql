-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:views to pg
-- requires: record
-- requires: mint

BEGIN;

SET LOCAL ROLE apppass_owner;

-- security_barrier: a limited operator's own functions in a WHERE clause must not be shown other realms' rows.
-- Conditions with =, starts_with and IS NULL still reach the indexes; LIKE does not, it is asked last.
-- What is computed for each row is an aggregate in a LEFT JOIN: where its columns are not asked for, the planner leaves it out.

CREATE VIEW apppass.code_overview WITH (security_barrier) AS
SELECT a.username AS account, r.name AS realm, d.label AS device, c.selector,
    CASE
        WHEN c.revoked_at IS NOT NULL THEN 'revoked'
        WHEN c.expires_at <= pg_catalog.now() OR c.created_at + r.max_lifetime <= pg_catalog.now() THEN 'expired'
        WHEN u.first_at IS NULL AND c.created_at + r.lapse_after <= pg_catalog.now() THEN 'lapsed'
        WHEN GREATEST(c.created_at, u.last_at) + r.unused_after <= pg_catalog.now() THEN 'lapsed'
        WHEN NOT a.enabled OR NOT r.codes_allowed OR (r.mfa_required AND NOT a.mfa_enrolled) THEN 'suspended'
        ELSE 'live'
    END AS state,
    c.services, c.networks, c.created_at, c.created_by, LEAST(c.expires_at, c.created_at + r.max_lifetime) AS expires_at,
    c.revoked_at, c.revoked_by, c.revoke_reason, u.first_at AS first_used_at, u.last_at AS last_used_at,
    NULLIF(u.last_service, '-') AS last_service, NULLIF(u.last_network, '0.0.0.0/0') AS last_network, c.id AS code_id,
    c.replaces AS replaces_code_id
FROM apppass.code AS c
JOIN apppass.device AS d ON d.id = c.device_id
JOIN apppass.account AS a ON a.id = c.account_id
JOIN apppass.realm AS r ON r.id = c.realm_id
LEFT JOIN LATERAL (
    SELECT pg_catalog.min(x.first_at) AS first_at, pg_catalog.max(x.last_at) AS last_at,
        (pg_catalog.array_agg(x.service ORDER BY x.last_at DESC))[1] AS last_service,
        (pg_catalog.array_agg(x.network ORDER BY x.last_at DESC))[1] AS last_network
    FROM apppass.code_use AS x WHERE x.code_id = c.id
) AS u ON true
WHERE c.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.code_overview IS 'Every code that one may see, with its state and use. Never a hash.';
COMMENT ON COLUMN apppass.code_overview.account IS 'User name.';
COMMENT ON COLUMN apppass.code_overview.realm IS 'Realm whose policy applies.';
COMMENT ON COLUMN apppass.code_overview.device IS 'Device label.';
COMMENT ON COLUMN apppass.code_overview.selector IS 'First four symbols of the code.';
COMMENT ON COLUMN apppass.code_overview.state IS 'live, revoked, expired, lapsed (not used in time), or suspended (the account is disabled or lacks MFA, or the realm allows no codes).';
COMMENT ON COLUMN apppass.code_overview.services IS 'Services it is limited to; NULL: all that the realm allows.';
COMMENT ON COLUMN apppass.code_overview.networks IS 'Networks it is limited to; NULL: any.';
COMMENT ON COLUMN apppass.code_overview.created_at IS 'When issued.';
COMMENT ON COLUMN apppass.code_overview.created_by IS 'Who issued it.';
COMMENT ON COLUMN apppass.code_overview.expires_at IS 'When it expires, the realm''s longest lifetime included; NULL: never.';
COMMENT ON COLUMN apppass.code_overview.revoked_at IS 'When revoked.';
COMMENT ON COLUMN apppass.code_overview.revoked_by IS 'Who revoked it.';
COMMENT ON COLUMN apppass.code_overview.revoke_reason IS 'Why.';
COMMENT ON COLUMN apppass.code_overview.first_used_at IS 'First login; NULL: never used.';
COMMENT ON COLUMN apppass.code_overview.last_used_at IS 'Last login, up to 5 minutes old.';
COMMENT ON COLUMN apppass.code_overview.last_service IS 'Service of the last login.';
COMMENT ON COLUMN apppass.code_overview.last_network IS 'Network (/24, /48) of the last login; NULL: unknown.';
COMMENT ON COLUMN apppass.code_overview.code_id IS 'Key, as in the mail server''s log.';
COMMENT ON COLUMN apppass.code_overview.replaces_code_id IS 'Key of the code that this one took over from (reset).';

CREATE VIEW apppass.device_overview WITH (security_barrier) AS
SELECT a.username AS account, r.name AS realm, d.label AS device, d.created_at, n.codes, n.live_codes, u.last_at AS last_used_at,
    NULLIF(u.service, '-') AS last_service, NULLIF(u.network, '0.0.0.0/0') AS last_network
FROM apppass.device AS d
JOIN apppass.account AS a ON a.id = d.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id
LEFT JOIN LATERAL (
    SELECT count(*) AS codes, count(*) FILTER (
        WHERE c.revoked_at IS NULL AND LEAST(c.expires_at, c.created_at + r.max_lifetime, 'infinity') > pg_catalog.now()) AS live_codes
    FROM apppass.code AS c WHERE c.device_id = d.id
) AS n ON true
LEFT JOIN LATERAL (
    SELECT pg_catalog.max(x.last_at) AS last_at, (pg_catalog.array_agg(x.service ORDER BY x.last_at DESC))[1] AS service,
        (pg_catalog.array_agg(x.network ORDER BY x.last_at DESC))[1] AS network
    FROM apppass.code_use AS x JOIN apppass.code AS c ON c.id = x.code_id WHERE c.device_id = d.id
) AS u ON true
WHERE a.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.device_overview IS 'Devices with the number of their codes and their last use.';
COMMENT ON COLUMN apppass.device_overview.account IS 'User name.';
COMMENT ON COLUMN apppass.device_overview.realm IS 'Realm.';
COMMENT ON COLUMN apppass.device_overview.device IS 'Device label.';
COMMENT ON COLUMN apppass.device_overview.created_at IS 'When first named.';
COMMENT ON COLUMN apppass.device_overview.codes IS 'Codes it ever had.';
COMMENT ON COLUMN apppass.device_overview.live_codes IS 'Codes neither revoked nor expired.';
COMMENT ON COLUMN apppass.device_overview.last_used_at IS 'Last login with any of them; NULL: never.';
COMMENT ON COLUMN apppass.device_overview.last_service IS 'Service of that login.';
COMMENT ON COLUMN apppass.device_overview.last_network IS 'Network of that login; NULL: unknown.';

CREATE VIEW apppass.account_overview WITH (security_barrier) AS
SELECT a.username AS account, r.name AS realm, a.enabled, a.mfa_enrolled,
    (SELECT count(*) FROM apppass.device AS d WHERE d.account_id = a.id) AS devices, n.live_codes, n.codes,
    (SELECT pg_catalog.max(x.last_at) FROM apppass.code_use AS x JOIN apppass.code AS c ON c.id = x.code_id WHERE c.account_id = a.id) AS last_used_at,
    coalesce(a.main_password_refused_from, r.main_password_refused_from) AS main_password_refused_from, a.created_at, a.created_by,
    a.id AS account_id
FROM apppass.account AS a
JOIN apppass.realm AS r ON r.id = a.realm_id
LEFT JOIN LATERAL (
    SELECT count(*) AS codes, count(*) FILTER (
        WHERE c.revoked_at IS NULL AND LEAST(c.expires_at, c.created_at + r.max_lifetime, 'infinity') > pg_catalog.now()) AS live_codes
    FROM apppass.code AS c WHERE c.account_id = a.id
) AS n ON true
WHERE a.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.account_overview IS 'Accounts with the number of their devices and codes.';
COMMENT ON COLUMN apppass.account_overview.account IS 'User name.';
COMMENT ON COLUMN apppass.account_overview.realm IS 'Realm.';
COMMENT ON COLUMN apppass.account_overview.enabled IS 'False: its codes are refused.';
COMMENT ON COLUMN apppass.account_overview.mfa_enrolled IS 'Has a second factor.';
COMMENT ON COLUMN apppass.account_overview.devices IS 'Devices it ever named.';
COMMENT ON COLUMN apppass.account_overview.live_codes IS 'Codes neither revoked nor expired.';
COMMENT ON COLUMN apppass.account_overview.codes IS 'Codes it ever had.';
COMMENT ON COLUMN apppass.account_overview.last_used_at IS 'Last login with a code; NULL: never.';
COMMENT ON COLUMN apppass.account_overview.main_password_refused_from IS 'From when its main password is refused; NULL: not.';
COMMENT ON COLUMN apppass.account_overview.created_at IS 'When added.';
COMMENT ON COLUMN apppass.account_overview.created_by IS 'Who added it.';
COMMENT ON COLUMN apppass.account_overview.account_id IS 'Key.';

-- Inner joins, each on what is there: an outer join that hashes the refusals keeps all those without a key in memory.
-- A subquery of its own: the planner flattens a view that is nothing but UNION ALL, and the barrier with it.
CREATE VIEW apppass.refusal_log WITH (security_barrier) AS
SELECT l.at, l.verdict, l.account, l.realm, l.device, l.selector, l.service, l.client, l.code_id, l.revoked_at, l.revoke_reason
FROM (
    SELECT f.at, f.verdict, a.username AS account, r.name AS realm, d.label AS device, c.selector, f.service, f.client, f.code_id,
        c.revoked_at, c.revoke_reason
    FROM apppass.refusal AS f
    JOIN apppass.account AS a ON a.id = f.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    JOIN apppass.code AS c ON c.id = f.code_id
    JOIN apppass.device AS d ON d.id = c.device_id
    WHERE r.id = ANY (ARRAY(SELECT apppass.managed_realms()))
    UNION ALL
    SELECT f.at, f.verdict, a.username, r.name, NULL, NULL, f.service, f.client, NULL, NULL, NULL
    FROM apppass.refusal AS f
    JOIN apppass.account AS a ON a.id = f.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE f.code_id IS NULL AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()))
    UNION ALL
    SELECT f.at, f.verdict, NULL, r.name, NULL, NULL, f.service, f.client, NULL, NULL, NULL
    FROM apppass.refusal AS f
    LEFT JOIN apppass.realm AS r ON r.id = f.realm_id
    WHERE f.account_id IS NULL
      AND ((r.id IS NULL AND (SELECT apppass.manages_all())) OR r.id = ANY (ARRAY(SELECT apppass.managed_realms())))
) AS l;
COMMENT ON VIEW apppass.refusal_log IS 'Refused attempts. What was typed is nowhere; attempts for names that are no account are shown to those who manage all realms.';
COMMENT ON COLUMN apppass.refusal_log.at IS 'When.';
COMMENT ON COLUMN apppass.refusal_log.verdict IS 'Why.';
COMMENT ON COLUMN apppass.refusal_log.account IS 'User name, where it is an account.';
COMMENT ON COLUMN apppass.refusal_log.realm IS 'Realm.';
COMMENT ON COLUMN apppass.refusal_log.device IS 'Device whose code was tried, where known.';
COMMENT ON COLUMN apppass.refusal_log.selector IS 'Selector of that code.';
COMMENT ON COLUMN apppass.refusal_log.service IS 'Service; NULL: unknown.';
COMMENT ON COLUMN apppass.refusal_log.client IS 'Client address; NULL: unknown.';
COMMENT ON COLUMN apppass.refusal_log.code_id IS 'Key of that code.';
COMMENT ON COLUMN apppass.refusal_log.revoked_at IS 'When that code was revoked.';
COMMENT ON COLUMN apppass.refusal_log.revoke_reason IS 'Why it was revoked.';

CREATE VIEW apppass.knocking_code WITH (security_barrier) AS
SELECT a.username AS account, r.name AS realm, d.label AS device, c.selector, k.verdict, k.since, k.last_at, k.attempts, k.last_client,
    k.last_service, c.revoked_at, c.revoke_reason, c.id AS code_id,
    pg_catalog.format('%s, %s code %s, still knocking%s since %s', d.label, k.verdict, c.selector,
                      ' from ' || pg_catalog.host(k.last_client), pg_catalog.to_char(k.since, 'YYYY-MM-DD HH24:MI')) AS summary
FROM apppass.code AS c
JOIN apppass.device AS d ON d.id = c.device_id
JOIN apppass.account AS a ON a.id = c.account_id
JOIN apppass.realm AS r ON r.id = c.realm_id
CROSS JOIN LATERAL (
    SELECT (pg_catalog.array_agg(f.verdict ORDER BY f.at DESC))[1] AS verdict, pg_catalog.min(f.at) AS since,
        pg_catalog.max(f.at) AS last_at, count(*) AS attempts, (pg_catalog.array_agg(f.client ORDER BY f.at DESC))[1] AS last_client,
        (pg_catalog.array_agg(f.service ORDER BY f.at DESC))[1] AS last_service
    FROM apppass.refusal AS f
    WHERE f.code_id = c.id AND f.verdict IN ('revoked', 'expired', 'lapsed')
) AS k
-- For one account its codes are looked up among the refusals; for all, only the codes found there are visited.
WHERE c.id IN (SELECT f.code_id FROM apppass.refusal AS f WHERE f.code_id IS NOT NULL AND f.verdict IN ('revoked', 'expired', 'lapsed'))
  AND c.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.knocking_code IS 'Codes that ended and are still being tried: the old phone in the drawer. No attack, but worth a call.';
COMMENT ON COLUMN apppass.knocking_code.account IS 'User name.';
COMMENT ON COLUMN apppass.knocking_code.realm IS 'Realm.';
COMMENT ON COLUMN apppass.knocking_code.device IS 'Device label.';
COMMENT ON COLUMN apppass.knocking_code.selector IS 'Selector of the code.';
COMMENT ON COLUMN apppass.knocking_code.verdict IS 'revoked, expired or lapsed.';
COMMENT ON COLUMN apppass.knocking_code.since IS 'First refused attempt on record.';
COMMENT ON COLUMN apppass.knocking_code.last_at IS 'Last one.';
COMMENT ON COLUMN apppass.knocking_code.attempts IS 'How many are on record (the verifier limits how many it records).';
COMMENT ON COLUMN apppass.knocking_code.last_client IS 'Address of the last one; NULL: unknown.';
COMMENT ON COLUMN apppass.knocking_code.last_service IS 'Service of the last one; NULL: unknown.';
COMMENT ON COLUMN apppass.knocking_code.revoked_at IS 'When the code was revoked.';
COMMENT ON COLUMN apppass.knocking_code.revoke_reason IS 'Why it was revoked.';
COMMENT ON COLUMN apppass.knocking_code.code_id IS 'Key of the code.';
COMMENT ON COLUMN apppass.knocking_code.summary IS 'One line for people.';

CREATE VIEW apppass.audit_log WITH (security_barrier) AS
SELECT l.at, l.action, l.account, l.device, l.selector, l.reason, l.ticket, l.actor, l.operator, l.client, l.application,
    r.name AS realm, l.before, l.after, l.code_id, l.id, l.position, pg_catalog.encode(l.hash, 'hex') AS chain
FROM apppass.audit AS l
LEFT JOIN apppass.realm AS r ON r.id = l.realm_id
WHERE (SELECT apppass.manages_all()) OR l.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.audit_log IS 'The audit trail. ORDER BY id for the order of events.';
COMMENT ON COLUMN apppass.audit_log.at IS 'When.';
COMMENT ON COLUMN apppass.audit_log.action IS 'What happened.';
COMMENT ON COLUMN apppass.audit_log.account IS 'User name at that time.';
COMMENT ON COLUMN apppass.audit_log.device IS 'Device label at that time.';
COMMENT ON COLUMN apppass.audit_log.selector IS 'Selector of the code.';
COMMENT ON COLUMN apppass.audit_log.reason IS 'Why.';
COMMENT ON COLUMN apppass.audit_log.ticket IS 'Ticket number.';
COMMENT ON COLUMN apppass.audit_log.actor IS 'Database login.';
COMMENT ON COLUMN apppass.audit_log.operator IS 'Who the portal said was acting.';
COMMENT ON COLUMN apppass.audit_log.client IS 'Address of the database client; NULL on a local socket.';
COMMENT ON COLUMN apppass.audit_log.application IS 'Its application name.';
COMMENT ON COLUMN apppass.audit_log.realm IS 'Realm.';
COMMENT ON COLUMN apppass.audit_log.before IS 'Values changed or removed, without hashes.';
COMMENT ON COLUMN apppass.audit_log.after IS 'New values, without hashes.';
COMMENT ON COLUMN apppass.audit_log.code_id IS 'Key of the code.';
COMMENT ON COLUMN apppass.audit_log.id IS 'Key of the row.';
COMMENT ON COLUMN apppass.audit_log.position IS 'Place in the chain; NULL until its transaction commits.';
COMMENT ON COLUMN apppass.audit_log.chain IS 'SHA-256 that ends the chain at this row, hexadecimal.';

CREATE VIEW apppass.unused_code WITH (security_barrier) AS
SELECT a.username AS account, r.name AS realm, d.label AS device, c.selector, c.created_at, c.created_by, u.last_at AS last_used_at,
    pg_catalog.now() - GREATEST(c.created_at, u.last_at) AS idle, u.last_at IS NULL AS never_used,
    LEAST(CASE WHEN u.last_at IS NULL THEN c.created_at + r.lapse_after END, GREATEST(c.created_at, u.last_at) + r.unused_after) AS lapses_at,
    c.id AS code_id
FROM apppass.code AS c
JOIN apppass.device AS d ON d.id = c.device_id
JOIN apppass.account AS a ON a.id = c.account_id
JOIN apppass.realm AS r ON r.id = c.realm_id
LEFT JOIN LATERAL (
    SELECT pg_catalog.max(x.last_at) AS last_at FROM apppass.code_use AS x WHERE x.code_id = c.id
) AS u ON true
WHERE c.revoked_at IS NULL AND LEAST(c.expires_at, c.created_at + r.max_lifetime, 'infinity') > pg_catalog.now()
  AND GREATEST(c.created_at, u.last_at) < pg_catalog.now() - interval '1 day'
  AND c.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.unused_code IS 'Codes neither revoked nor expired that nobody used for a day or more: WHERE idle > ''90 days''.';
COMMENT ON COLUMN apppass.unused_code.account IS 'User name.';
COMMENT ON COLUMN apppass.unused_code.realm IS 'Realm.';
COMMENT ON COLUMN apppass.unused_code.device IS 'Device label.';
COMMENT ON COLUMN apppass.unused_code.selector IS 'Selector.';
COMMENT ON COLUMN apppass.unused_code.created_at IS 'When issued.';
COMMENT ON COLUMN apppass.unused_code.created_by IS 'Who issued it.';
COMMENT ON COLUMN apppass.unused_code.last_used_at IS 'Last login; NULL: never.';
COMMENT ON COLUMN apppass.unused_code.idle IS 'Time since the last login, or since issue.';
COMMENT ON COLUMN apppass.unused_code.never_used IS 'True where it has never been used.';
COMMENT ON COLUMN apppass.unused_code.lapses_at IS 'When policy lets it lapse; NULL: never.';
COMMENT ON COLUMN apppass.unused_code.code_id IS 'Key.';

CREATE VIEW apppass.main_password_use WITH (security_barrier) AS
SELECT a.username AS account, r.name AS realm, NULLIF(m.service, '-') AS service, NULLIF(m.network, '0.0.0.0/0') AS network, m.first_at,
    m.last_at, coalesce(a.main_password_refused_from, r.main_password_refused_from) AS refused_from
FROM apppass.main_password_login AS m
JOIN apppass.account AS a ON a.id = m.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id
WHERE a.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()));
COMMENT ON VIEW apppass.main_password_use IS 'Who still logs in with the main password, where and since when: who must be given a code before it is refused.';
COMMENT ON COLUMN apppass.main_password_use.account IS 'User name.';
COMMENT ON COLUMN apppass.main_password_use.realm IS 'Realm.';
COMMENT ON COLUMN apppass.main_password_use.service IS 'Service; NULL: unknown.';
COMMENT ON COLUMN apppass.main_password_use.network IS 'Network (/24, /48); NULL: unknown.';
COMMENT ON COLUMN apppass.main_password_use.first_at IS 'First login.';
COMMENT ON COLUMN apppass.main_password_use.last_at IS 'Last login, up to 5 minutes old.';
COMMENT ON COLUMN apppass.main_password_use.refused_from IS 'From when it is refused; NULL: not.';

GRANT SELECT ON apppass.code_overview, apppass.device_overview, apppass.account_overview, apppass.refusal_log, apppass.knocking_code,
    apppass.audit_log, apppass.unused_code, apppass.main_password_use TO apppass_helpdesk, apppass_auditor, apppass_admin;

COMMIT;
