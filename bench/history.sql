-- SPDX-License-Identifier: BSD-2-Clause
-- After fill.sql, what years of work leave behind: psql -v codes=N -v events=M.
-- Uses, refusals of half a year, main passwords, a sealed trail of M events, a small realm beside the large one.
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

INSERT INTO apppass.realm (name, refusal_retention) SELECT 'tenant' || t || '.org', '10 days' FROM generate_series(1, 100) AS t;
-- One account of a hundred is the small realm's.
CREATE TEMP TABLE moved AS SELECT 1000000000 + a AS id FROM generate_series(100, :codes / 10, 100) AS a;
UPDATE apppass.account AS a SET realm_id = r.id FROM moved AS m, apppass.realm AS r WHERE r.name = 'tenant1.org' AND a.id = m.id;
UPDATE apppass.code AS c SET realm_id = r.id FROM moved AS m, apppass.realm AS r WHERE r.name = 'tenant1.org' AND c.account_id = m.id;

-- Of ten codes one was never used; every thousandth travels.
INSERT INTO apppass.code_use (code_id, service, network, first_at, last_at)
SELECT 1000000000 + n, service, set_masklen('10.0.0.0'::inet + n % 65536 * 256, 24)::cidr,
    now() - n % 700 * interval '1 day', now() - n % 400 * interval '1 day'
FROM generate_series(0::bigint, :codes - 1) AS n, (VALUES ('imap', 9), ('smtp', 3)) AS s (service, part)
WHERE n % 10 < s.part;
INSERT INTO apppass.code_use (code_id, service, network, first_at, last_at)
SELECT 1000000000 + n, 'imap', set_masklen('172.16.0.0'::inet + place * 256, 24)::cidr,
    now() - (300 - place) * interval '1 day', now() - (299 - place) * interval '1 day'
FROM generate_series(0::bigint, :codes - 1, 1000) AS n, generate_series(1, 40) AS place;

SELECT count(apppass.make_refusal_partition(now() - m * interval '1 month')) AS months FROM generate_series(1, 6) AS m;
INSERT INTO apppass.refusal (at, verdict, account_id, realm_id, code_id, service, client)
SELECT now() - n % 180 * interval '1 day', (ARRAY['wrong_code', 'revoked', 'unknown_code', 'expired', 'unknown_user'])[n % 5 + 1],
    CASE WHEN n % 5 < 4 THEN c.account_id END, c.realm_id, CASE WHEN n % 5 IN (0, 1, 3) THEN c.id END, 'imap', '192.0.2.1'::inet + n % 250
FROM generate_series(0::bigint, :codes / 5 - 1) AS n JOIN apppass.code AS c ON c.id = 1000000000 + n * 5;

INSERT INTO apppass.main_password_login (account_id, service, network, first_at, last_at)
SELECT 1000000000 + a, 'imap', '192.0.2.0/24', now() - interval '1 year', now() - a % 400 * interval '1 day'
FROM generate_series(2, :codes / 10, 2) AS a;

INSERT INTO apppass.audit (cluster, at, actor, action, realm_id, account_id, account, code_id, reason, after)
SELECT here.cluster, now() - (:events - n) * interval '1 minute', 'bench', 'code_revoked', NULL,
    1000000001 + n % :codes / 10, 'user' || 1 + n % :codes / 10 || '@example.org', 1000000000 + n % :codes, 'lost',
    '{"revoked_at": "2026-01-01T00:00:00+00:00", "revoke_reason": "lost"}'
FROM apppass.cluster() AS here (cluster), generate_series(1::bigint, :events) AS n;
SELECT sealed FROM apppass.audit_seal();
VACUUM ANALYZE;
