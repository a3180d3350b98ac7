-- SPDX-License-Identifier: BSD-2-Clause
-- Many accounts with ten codes each, as a superuser: psql -v codes=N -v hash=PHC.
-- Row by row through the guards this would take hours; what a lookup reads is the same.
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

-- What is checked for each row, and each index, once at the end; as the schema has them.
CREATE TEMPORARY TABLE put_off AS
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS add
FROM pg_constraint
WHERE conname IN ('account_username_form', 'code_selector_unique', 'code_hash_form', 'code_selector_form')
    AND connamespace = 'apppass'::regnamespace
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indexrelid IN ('apppass.code_device_id'::regclass, 'apppass.code_realm_selector'::regclass);
SELECT drop FROM put_off \gexec

CREATE FUNCTION pg_temp.symbol(n bigint) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN substr('0123456789abcdefghjkmnpqrstvwxyz', (n & 31)::integer + 1, 1);

INSERT INTO apppass.account (id, username, realm_id) OVERRIDING SYSTEM VALUE
SELECT 1000000000 + a, 'user' || a || '@example.org', (SELECT id FROM apppass.realm ORDER BY id LIMIT 1)
FROM generate_series(1, :codes / 10) AS a;

INSERT INTO apppass.device (id, account_id, label) OVERRIDING SYSTEM VALUE
SELECT 1000000000 + a, 1000000000 + a, 'phone' FROM generate_series(1, :codes / 10) AS a;

-- An odd factor spreads the selectors of an account without repeating one.  Issued in the last two years, some revoked since.
INSERT INTO apppass.code (id, device_id, account_id, realm_id, selector, hash, created_at, revoked_at, revoked_by, revoke_reason)
OVERRIDING SYSTEM VALUE
SELECT 1000000000 + n, 1000000000 + n / 10 + 1, 1000000000 + n / 10 + 1,
    (SELECT id FROM apppass.realm ORDER BY id LIMIT 1),
    pg_temp.symbol(v >> 15) || pg_temp.symbol(v >> 10) || pg_temp.symbol(v >> 5) || pg_temp.symbol(v), :'hash',
    now() - n % 700 * interval '1 day', CASE WHEN n % 20 = 0 THEN now() END, CASE WHEN n % 20 = 0 THEN 'bench' END,
    CASE WHEN n % 20 = 0 THEN 'lost' END
FROM (SELECT n, n * 104729 AS v FROM generate_series(0::bigint, :codes - 1) AS n) AS s;

SELECT add FROM put_off \gexec
ANALYZE apppass.account, apppass.device, apppass.code;
