-- SPDX-License-Identifier: BSD-2-Clause
-- No error shows a hash, no change goes past the trail, no hash gets weaker.
BEGIN;
\ir setup.sql
SELECT plan(58);

SELECT apppass.add_account('alice@example.org');
SELECT apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest());
SELECT (apppass.issue_code('alice@example.org', 'Tablet')).selector AS minted \gset
SELECT code_id AS code FROM apppass.code_overview WHERE selector = '1111' \gset
CREATE FUNCTION pg_temp.hash_of(code bigint) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT coalesce((SELECT hash FROM apppass.hash_upgrade WHERE code_id = $1), hash) FROM apppass.code WHERE id = $1';

-- silent(STATEMENT): fails, and says nothing of a hash in any part of the error
CREATE FUNCTION pg_temp.silent(statement text, state text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE $1;
    RETURN tap.fail('succeeds: ' || $1);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN tap.is(SQLSTATE || CASE WHEN concat_ws(' ', message, detail, hint) ~ '\$2a\$|\$argon2' THEN ' with a hash' ELSE '' END, $2,
                  'tells no hash: ' || left(btrim($1), 60));
END $$;
SELECT pg_temp.silent(format($$ SELECT apppass.revoke_code('alice@example.org', %L, E'\u2003 \u3000') $$, :'minted'), 'AP002');
SELECT pg_temp.silent($$ SELECT apppass.revoke_device('alice@example.org', 'Phone', E'\u2003') $$, 'AP002');
SELECT pg_temp.silent($$ SELECT apppass.revoke_account('alice@example.org', E'\u2003') $$, 'AP002');
SELECT pg_temp.silent($$ SELECT apppass.reset_code('alice@example.org', 'Phone', reason => E'\u2003') $$, 'AP002');
SELECT pg_temp.silent($$ SELECT apppass.reset_device('alice@example.org', 'Phone', '2222', pg_temp.digest(), reason => E'\u2003') $$, 'AP002');
SELECT pg_temp.silent($$ SELECT apppass.reset_device('alice@example.org', 'Phone', 'oooo', pg_temp.digest(), reason => 'x') $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.reset_device('alice@example.org', 'Phone', '1111', pg_temp.digest(), reason => 'x') $$, '23505');
SELECT pg_temp.silent($$ SELECT apppass.reset_device('alice@example.org', 'Phone', NULL, pg_temp.digest(), reason => 'x') $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest()) $$, '23505');
SELECT pg_temp.silent($$ SELECT apppass.store_code('alice@example.org', 'Phone', '11', pg_temp.digest()) $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.store_code('alice@example.org', 'Phone', '2222', pg_temp.digest(), networks => '{NULL}') $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.store_code('alice@example.org', 'Phone', '2222', pg_temp.digest(), services => '{NULL}') $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.store_code('alice@example.org', 'Phone', '2222', pg_temp.digest() || repeat('x', 400)) $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.set_account_enabled('alice@example.org', NULL, 'x') $$, '22023');
SELECT pg_temp.silent($$ SELECT apppass.set_mfa('alice@example.org', NULL, 'x') $$, '22023');
SELECT pg_temp.silent(format($$ SELECT apppass.upgrade_hash(%s, pg_temp.hash_of(%s), %L) $$, :code, :code, '$argon2id$v=19$x'), '22023');
SELECT pg_temp.silent(format($$ SELECT apppass.upgrade_hash(%s, pg_temp.hash_of(%s), %L) $$, :code, :code, pg_temp.digest() || E'\n'), '22023');
SELECT pg_temp.silent(format($$ UPDATE apppass.code SET revoked_at = now(), revoke_reason = E'\u2003' WHERE id = %s $$, :code), 'AP002');

-- a realm that changes by the way
CREATE ROLE anna LOGIN IN ROLE apppass_admin;
INSERT INTO apppass.realm (name) VALUES ('else.org'), ('third.org');
SELECT max(id) AS last FROM apppass.audit \gset
SET SESSION AUTHORIZATION anna;
SELECT throws_ok(format($$ UPDATE apppass.code SET realm_id = (SELECT id FROM apppass.realm WHERE name = 'else.org') WHERE id = %s $$, :code), 'AP003', NULL,
    'the realm of a code is that of its account');
DO $$
BEGIN
    WITH m AS (UPDATE apppass.account SET realm_id = (SELECT id FROM apppass.realm WHERE name = 'else.org') WHERE username = 'alice@example.org' RETURNING id, realm_id)
    UPDATE apppass.code AS c SET realm_id = m.realm_id, revoked_at = now(), revoke_reason = 'silent'
    FROM m WHERE m.id = c.account_id AND c.selector = '1111';
EXCEPTION WHEN SQLSTATE 'AP003' THEN
    NULL;
END $$;
RESET SESSION AUTHORIZATION;
SELECT is((SELECT count(*) FROM apppass.code_overview WHERE selector = '1111' AND state = 'revoked'),
    (SELECT count(*) FROM apppass.audit_log WHERE id > :last AND action = 'code_revoked' AND selector = '1111'),
    'revoking a code and moving its account in one statement is refused, or audited');
UPDATE apppass.account SET realm_id = (SELECT id FROM apppass.realm WHERE name = 'third.org') WHERE username = 'alice@example.org';
SELECT is((SELECT array_agg(DISTINCT realm::text) FROM apppass.code_overview WHERE account = 'alice@example.org'), ARRAY['third.org'], 'the codes of an account that moves follow');
SELECT is((SELECT action FROM apppass.audit_log ORDER BY id DESC LIMIT 1), 'account_changed', 'which is one event');

-- upgrades
SELECT apppass.add_account('bob@example.org');
SELECT apppass.store_code('bob@example.org', 'Phone', '3333', '$2a$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234');
SELECT code_id AS bob FROM apppass.code_overview WHERE selector = '3333' \gset
CREATE FUNCTION pg_temp.upgrade(code bigint, parameters text, tail text DEFAULT '$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g') RETURNS boolean
    LANGUAGE sql AS $$ SELECT apppass.upgrade_hash($1, pg_temp.hash_of($1), '$argon2id$' || $2 || $3) $$;
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L)', :bob, 'v=16$m=19456,t=2,p=1'), '22023', NULL, 'version 19 only');
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L, %L)', :bob, 'v=19$m=19456,t=2,p=1', '$c2FsdHNhbHRzYWx0c2FsdA'), '22023', NULL, 'not without a digest');
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L, %L)', :bob, 'v=19$m=19456,t=2,p=1', '$c2F*$aGFzaGhhc2hoYXNoaGFzaGhhc2g'), '22023', NULL, 'not with a salt that is no base64');
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L)', :bob, 'v=19$m=19455,t=2,p=1'), '22023', 'the new hash is cheaper than the policy of its realm', 'not with less memory than policy');
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L)', :bob, 'v=19$m=65536,t=1,p=1'), '22023', NULL, 'not with fewer passes');
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L)', :bob, 'v=19$m=1048576,t=5,p=1'), '22023', NULL, 'not beyond what the verifier computes');
SELECT ok(pg_temp.upgrade(:bob, 'v=19$m=19456,t=2,p=1,keyid=MjAyNQ'), 'to a keyed hash of policy''s cost');
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L)', :bob, 'v=19$m=38912,t=3,p=4'), '22023', 'the new hash is not keyed, the old one is', 'never back to one without a key');
SELECT ok(pg_temp.upgrade(:bob, 'v=19$m=38912,t=4,p=4,keyid=MjAyNQ'), 'to a dearer one');
SELECT throws_ok($$ UPDATE apppass.realm SET argon2_memory_kib = 1048576, argon2_passes = 5 $$, '23514', NULL, 'policy stays within what the verifier computes');
SELECT lives_ok($$ UPDATE apppass.realm SET argon2_memory_kib = 262144, argon2_passes = 4 $$, 'the most it does in a second');
UPDATE apppass.realm SET argon2_memory_kib = 19456, argon2_passes = 2;
SELECT throws_ok(format('SELECT pg_temp.upgrade(%s, %L)', :bob, c || ',keyid=MjAyNQ'), '22023', 'the new hash is dearer than the policy of its realm allows', 'not to ' || c)
FROM unnest(ARRAY['v=19$m=38920,t=2,p=1', 'v=19$m=38912,t=5,p=1', 'v=19$m=1048576,t=4,p=1']) AS c;
SELECT throws_ok(format($$ SELECT apppass.store_code('bob@example.org', 'Dear', '7777', %L) $$, h || '$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2g'), '22023', NULL, 'nor is stored ' || h)
FROM unnest(ARRAY['$argon2id$v=19$m=1048576,t=4,p=1', '$argon2id$v=19$m=38920,t=2,p=1', '$argon2i$v=19$m=8,t=20000,p=1', '$argon2id$m=99999999,t=1,p=1', '$2b$14', '$2y$13']) AS h;

-- policy that shrank
UPDATE apppass.realm SET argon2_memory_kib = 19456, argon2_passes = 2;
INSERT INTO apppass.realm (name) VALUES ('shrunk.org');
SELECT apppass.add_account('s@shrunk.org');
SELECT apppass.store_code('s@shrunk.org', 'Phone', '4444', pg_temp.digest(), '{imap,pop,smtp}', expires_at => now() + interval '90 days');
SELECT apppass.store_code('s@shrunk.org', 'Printer', '5555', pg_temp.digest(), '{smtp}');
UPDATE apppass.realm SET services = '{imap}', max_lifetime = '30 days' WHERE name = 'shrunk.org';
SET LOCAL apppass.reason = 'narrower';
SELECT lives_ok($$ UPDATE apppass.code SET expires_at = now() + interval '60 days' WHERE selector = '4444' $$, 'a shorter expiry, though not as short as policy');
SELECT lives_ok($$ UPDATE apppass.code SET services = '{imap,pop}' WHERE selector = '4444' $$, 'fewer services, though not as few as policy');
SELECT throws_ok($$ UPDATE apppass.code SET expires_at = now() + interval '61 days' WHERE selector = '4444' $$, 'AP001', NULL, 'a later expiry is asked about');
SELECT throws_ok($$ UPDATE apppass.code SET services = '{imap,pop,smtp}' WHERE selector = '4444' $$, 'AP001', NULL, 'and one more service');
SELECT pg_temp.same($$ SELECT services, expires_at FROM apppass.reset_device('s@shrunk.org', 'Phone', '6666', pg_temp.digest(), reason => 'lost') $$,
    $$ VALUES ('{imap}'::text[], now() + interval '30 days') $$, 'a reset takes what policy leaves');
SELECT throws_ok($$ SELECT apppass.reset_device('s@shrunk.org', 'Printer', '7777', pg_temp.digest(), reason => 'lost') $$, 'AP001', NULL, 'which must be something');
SET LOCAL apppass.reason = '';
SELECT throws_ok($$ INSERT INTO apppass.code (device_id, selector, hash, created_at) SELECT id, '8888', pg_temp.digest(), now() + interval '1 day' FROM apppass.device LIMIT 1 $$,
    '22023', 'a code cannot be issued in the future', 'no code of tomorrow');

-- networks
INSERT INTO apppass.code_use SELECT :code, 'imap', set_masklen('10.0.0.0'::inet + n * 256, 24)::cidr, now() - interval '300 days' + n * interval '1 hour', now() - interval '200 days' + n * interval '1 hour'
FROM generate_series(1, 30) AS n;
INSERT INTO apppass.code_use VALUES (:code, 'smtp', '10.0.0.0/24', now() - interval '299 days', now() - interval '299 days');
SELECT pg_temp.same($$ SELECT action, detail FROM apppass.maintain(true) WHERE action = 'forget networks' $$, $$ VALUES ('forget networks', '9 of realm third.org') $$, 'a dry run counts old networks');
SELECT is((SELECT count(*) FROM apppass.code_use WHERE code_id = :code), 31::bigint, 'and keeps them');
SELECT is((SELECT count(*) FROM apppass.maintain() WHERE action = 'forget networks'), 1::bigint, 'maintain forgets them');
SELECT is((SELECT count(*) FROM apppass.code_use WHERE code_id = :code), 22::bigint, 'but the newest 20, the first, and other services');

-- an operator's role under another name
CREATE ROLE desk NOLOGIN;
CREATE ROLE helga LOGIN IN ROLE apppass_helpdesk, desk;
INSERT INTO apppass.realm_operator (role_name, realm_id) SELECT 'desk', id FROM apppass.realm WHERE name = 'shrunk.org';
ALTER ROLE desk RENAME TO bureau;
SET SESSION AUTHORIZATION helga;
SELECT is(ARRAY(SELECT DISTINCT realm::text FROM apppass.account_overview), ARRAY['shrunk.org'], 'a role that is renamed stays limited');
RESET SESSION AUTHORIZATION;
SELECT is_empty($$ SELECT * FROM apppass.maintain() WHERE action = 'role missing' $$, 'and is not missing');
DROP ROLE bureau;
SELECT is((SELECT count(*) FROM apppass.maintain() WHERE action = 'role missing'), 1::bigint, 'one that was dropped is');
CREATE ROLE former_member LOGIN IN ROLE apppass_helpdesk;
SET SESSION AUTHORIZATION former_member;
SELECT is((SELECT count(*) FROM apppass.managed_realms()) + apppass.manages_all()::integer, 0::bigint, 'and whoever was its member sees no realm');
RESET SESSION AUTHORIZATION;
SELECT lives_ok($$ UPDATE apppass.realm_operator SET realm_id = realm_id $$, 'and its row can still be changed');

SELECT * FROM finish();
ROLLBACK;
