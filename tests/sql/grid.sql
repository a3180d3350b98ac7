-- SPDX-License-Identifier: BSD-2-Clause
-- The grid of codes that agreement.sql asks about, and tests/tool/test_agreement.py; read with \ir
-- after setup.sql, in a transaction.

-- ---- the grid ----
CREATE TEMP TABLE policy AS
SELECT row_number() OVER () AS n, p.* FROM (
    SELECT codes_allowed, mfa_required, lifetime, lapse, unused, CASE WHEN lifetime IS NULL THEN ARRAY['imap'] END AS services
    FROM (VALUES (true, false), (true, true), (false, false)) AS a (codes_allowed, mfa_required),
        (VALUES (NULL::interval), ('30 days'), ('1 month')) AS l (lifetime),
        (VALUES (NULL::interval, NULL::interval), ('7 days', NULL), (NULL, '20 days'), ('1 month', '30 days')) AS u (lapse, unused)) AS p;
CREATE TEMP TABLE person AS
SELECT row_number() OVER () AS n, p.* FROM (VALUES (true, NULL::interval, true), (true, '5 days', false), (false, NULL, true),
    (true, '-1 minute', true)) AS p (enabled, ends, mfa);
CREATE TEMP TABLE life AS
SELECT row_number() OVER () AS n, l.* FROM (
    SELECT age, used, expires, revoked, networks
    FROM (VALUES ('1 hour'::interval), ('10 days'), ('29 days 23 hours'), ('30 days 12 hours'), ('40 days')) AS a (age),
        (VALUES (NULL::interval), ('2 hours'), ('21 days')) AS u (used),
        (VALUES (NULL::interval), ('-1 minute'), ('5 days')) AS e (expires),
        (VALUES (false, NULL::cidr[]), (false, '{10.0.0.0/8}'), (true, NULL)) AS r (revoked, networks)
    WHERE used IS NULL OR used < age) AS l;
CREATE TEMP TABLE cell AS
SELECT row_number() OVER () AS n, p.n AS policy, h.n AS person, l.n AS life
FROM policy AS p, person AS h, life AS l;

SET LOCAL session_replication_role = replica;
INSERT INTO apppass.realm (name, codes_allowed, mfa_required, max_lifetime, lapse_after, unused_after, services, max_codes)
SELECT 'p' || n || '.org', codes_allowed, mfa_required, lifetime, lapse, unused, services, 10000 FROM policy;
INSERT INTO apppass.account (username, realm_id, enabled, disabled_from, mfa_enrolled)
SELECT 'h' || h.n || '@p' || p.n || '.org', r.id, h.enabled, now() + h.ends, h.mfa
FROM person AS h, policy AS p JOIN apppass.realm AS r ON r.name = 'p' || p.n || '.org';
INSERT INTO apppass.device (account_id, label)
SELECT a.id, 'Device ' || l.n FROM apppass.account AS a, life AS l;
INSERT INTO apppass.code (device_id, account_id, realm_id, selector, hash, networks, created_at, expires_at, revoked_at, revoked_by, revoke_reason)
SELECT d.id, a.id, a.realm_id, pg_temp.symbols(l.n), pg_temp.digest(), l.networks, now() - l.age, now() + l.expires,
    CASE WHEN l.revoked THEN now() END, CASE WHEN l.revoked THEN 'grid' END, CASE WHEN l.revoked THEN 'grid' END
FROM apppass.device AS d JOIN apppass.account AS a ON a.id = d.account_id JOIN life AS l ON d.label = 'Device ' || l.n;
INSERT INTO apppass.code_use (code_id, service, network, first_at, last_at)
SELECT c.id, 'imap', '10.0.0.0/24', now() - l.used, now() - l.used
FROM apppass.code AS c JOIN apppass.device AS d ON d.id = c.device_id JOIN life AS l ON d.label = 'Device ' || l.n WHERE l.used IS NOT NULL;
SET LOCAL session_replication_role = origin;
ANALYZE apppass.code, apppass.device, apppass.account, apppass.realm, apppass.code_use;

-- ---- the rules, in other words than the schema's ----
-- By the calendar of UTC, from the columns of the grid alone.
SET LOCAL TimeZone = 'UTC';
CREATE TEMP TABLE expected AS
SELECT c.n, 'h' || c.person || '@p' || c.policy || '.org' AS account, 'Device ' || c.life AS device, pg_temp.symbols(c.life) AS selector,
    CASE
        WHEN l.revoked THEN 'revoked'
        WHEN l.expires < interval '0' THEN 'expired'
        WHEN p.lifetime IS NOT NULL AND now() - l.age + p.lifetime <= now() THEN 'expired'
        WHEN l.used IS NULL AND now() - l.age + p.lapse <= now() THEN 'lapsed'
        WHEN now() - coalesce(l.used, l.age) + p.unused <= now() THEN 'lapsed'
    END AS ended,
    CASE WHEN NOT h.enabled OR h.ends < interval '0' THEN 'account_disabled' WHEN NOT p.codes_allowed THEN 'realm_denied'
         WHEN p.mfa_required AND NOT h.mfa THEN 'mfa_missing' END AS barred,
    p.services AS realm_services, l.networks, l.revoked
FROM cell AS c JOIN policy AS p ON p.n = c.policy JOIN person AS h ON h.n = c.person JOIN life AS l ON l.n = c.life;
CREATE INDEX ON expected (account, device);
ANALYZE expected;
