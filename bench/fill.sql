-- SPDX-License-Identifier: BSD-2-Clause
-- Many accounts with ten codes each, as a superuser: psql -v codes=N -v hash=PHC.
-- Row by row through the guards this would take hours; what a lookup reads is the same.
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

-- What is checked for each row, and each index, once at the end.
ALTER TABLE apppass.account DROP CONSTRAINT account_username_form;
ALTER TABLE apppass.code
    DROP CONSTRAINT code_selector_unique, DROP CONSTRAINT code_hash_form, DROP CONSTRAINT code_selector_form;
DROP INDEX apppass.code_device_id, apppass.code_realm_selector;

CREATE FUNCTION pg_temp.symbol(n bigint) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN substr('0123456789abcdefghjkmnpqrstvwxyz', (n & 31)::integer + 1, 1);

INSERT INTO apppass.account (id, username, realm_id) OVERRIDING SYSTEM VALUE
SELECT 1000000000 + a, 'user' || a || '@example.org', (SELECT id FROM apppass.realm ORDER BY id LIMIT 1)
FROM generate_series(1, :codes / 10) AS a;

INSERT INTO apppass.device (id, account_id, label) OVERRIDING SYSTEM VALUE
SELECT 1000000000 + a, 1000000000 + a, 'phone' FROM generate_series(1, :codes / 10) AS a;

-- An odd factor spreads the selectors of an account without repeating one.
INSERT INTO apppass.code (id, device_id, account_id, realm_id, selector, hash) OVERRIDING SYSTEM VALUE
SELECT 1000000000 + n, 1000000000 + n / 10 + 1, 1000000000 + n / 10 + 1,
    (SELECT id FROM apppass.realm ORDER BY id LIMIT 1),
    pg_temp.symbol(v >> 15) || pg_temp.symbol(v >> 10) || pg_temp.symbol(v >> 5) || pg_temp.symbol(v), :'hash'
FROM (SELECT n, n * 104729 AS v FROM generate_series(0::bigint, :codes - 1) AS n) AS s;

ALTER TABLE apppass.code ADD CONSTRAINT code_selector_unique UNIQUE (account_id, selector);
CREATE INDEX code_device_id ON apppass.code (device_id);
CREATE INDEX code_realm_selector ON apppass.code (realm_id, selector);
ANALYZE apppass.account, apppass.device, apppass.code;
