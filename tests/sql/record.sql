-- SPDX-License-Identifier: BSD-2-Clause
-- Use, refusals and their partitions.
BEGIN;
\ir setup.sql
SELECT plan(46);

SELECT apppass.add_account('alice@example.org');
SELECT code_id AS code FROM apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest()) \gset
SELECT apppass.add_account('bob@example.org');
SELECT code_id AS other FROM apppass.store_code('bob@example.org', 'Phone', '2222', pg_temp.digest()) \gset

-- use
SELECT ok((SELECT record_due FROM apppass.lookup('alice@example.org', '1111', 'imaps', '192.0.2.77')), 'the first use is due');
SELECT apppass.record_use(:code, 'imaps', '192.0.2.77');
SELECT ok(NOT (SELECT record_due FROM apppass.lookup('alice@example.org', '1111', 'imap', '192.0.2.78')), 'the next from the same network is not');
SELECT ok((SELECT record_due FROM apppass.lookup('alice@example.org', '1111', 'smtp', '192.0.2.78')), 'another service is');
SELECT ok((SELECT record_due FROM apppass.lookup('alice@example.org', '1111', 'imap', '192.0.3.78')), 'another network is');
SELECT ok((SELECT record_due FROM apppass.lookup('alice@example.org', '1111', 'imap', NULL)), 'an unknown address is');
SELECT apppass.record_use(:code, 'smtp', '2001:db8:1:2::3');
SELECT apppass.record_use(:code, NULL, NULL);
SELECT ok(NOT (SELECT record_due FROM apppass.lookup('alice@example.org', '1111', NULL, NULL)), 'unknown service and address count as one place');
SELECT apppass.record_use(:code, 'imap', '::ffff:192.0.2.5');
SELECT set_eq($$ SELECT service, network FROM apppass.code_use $$,
    $$ VALUES ('imap', '192.0.2.0/24'::cidr), ('smtp', '2001:db8:1::/48'), ('-', '0.0.0.0/0') $$, 'a /24, a /48, unknown');
CREATE TEMP TABLE before AS SELECT ctid AS place, service FROM apppass.code_use;
SELECT apppass.record_use(:code, 'imap', '192.0.2.1');
SELECT is_empty($$ SELECT 1 FROM before AS b JOIN apppass.code_use AS u ON u.service = b.service WHERE u.ctid <> b.place $$, 'within 5 minutes nothing is written');
SELECT pg_temp.age_code(:code, '5 minutes');
SELECT ok((SELECT record_due FROM apppass.lookup('alice@example.org', '1111', 'imap', '192.0.2.78')), 'after 5 minutes it is due again');
SELECT apppass.record_use(:code, 'imap', '192.0.2.1');
SELECT is((SELECT last_at FROM apppass.code_use WHERE service = 'imap'), now(), 'and written');
SELECT pg_temp.same($$ SELECT last_service, last_network, last_used_at = now(), first_used_at < now() FROM apppass.code_overview WHERE selector = '1111' $$,
    $$ VALUES ('imap', '192.0.2.0/24'::cidr, true, true) $$, 'the overview shows it');
SELECT lives_ok($$ SELECT apppass.record_use(-1, 'imap', NULL) $$, 'an unknown code is ignored');
SELECT is(current_setting('lock_timeout'), '500ms', 'locks are not waited for long');
SET LOCAL lock_timeout = 0;

-- main password
SELECT apppass.record_main_password('ALICE@example.org', 'imap', '192.0.2.1');
SELECT apppass.record_main_password('alice@example.org', 'imap', '192.0.2.2');
SELECT apppass.record_main_password('my secret password', 'imap', '192.0.2.2');
SELECT pg_temp.same($$ SELECT account, service, network FROM apppass.main_password_use $$, $$ VALUES ('alice@example.org', 'imap', '192.0.2.0/24'::cidr) $$, 'main password use');

-- refusals
SELECT apppass.record_refusal('wrong_code', 'Alice@example.org', :code, 'imaps', '::ffff:198.51.100.7');
SELECT pg_temp.same($$ SELECT verdict, account, device, selector, service, client FROM apppass.refusal_log $$,
    $$ VALUES ('wrong_code', 'alice@example.org', 'Phone', '1111', 'imap', '198.51.100.7'::inet) $$, 'a refusal');
SELECT apppass.add_account(U&'ren\00e9@example.org');
SELECT apppass.record_refusal('mistyped', U&'Rene\0301@example.org', NULL, 'imap', '198.51.100.9');
SELECT is((SELECT count(*) FROM apppass.refusal_log WHERE account = U&'ren\00e9@example.org'), 1::bigint,
    'a name that was typed decomposed is found as a login finds it');
DELETE FROM apppass.refusal WHERE client = '198.51.100.9';
SELECT apppass.record_refusal('unknown_user', 'my secret password', NULL, 'imap', '198.51.100.7');
SELECT is((SELECT count(*) FROM apppass.refusal AS f WHERE f::text LIKE '%secret%'), 0::bigint, 'a name that is no account is not stored');
SELECT apppass.record_refusal('unknown_user', 'Monitor@Example.INVALID', NULL, 'imap', '198.51.100.8');
SELECT is_empty($$ SELECT FROM apppass.refusal WHERE client = '198.51.100.8' $$, 'a monitoring system leaves nothing behind');
SELECT apppass.add_account('quiet@corp.invalid');
SELECT apppass.record_refusal('unknown_code', 'quiet@corp.invalid', NULL, 'imap', '198.51.100.8');
SELECT is((SELECT count(*) FROM apppass.refusal WHERE client = '198.51.100.8'), 1::bigint, 'unless it asks for an account');
SELECT apppass.record_refusal('unknown_code', 'alice@example.org', NULL, 'smtp;touch${IFS}x', '198.51.100.6'), apppass.record_use(:code, 'a b', '198.51.100.6'),
    apppass.record_main_password('alice@example.org', '$(id)', '198.51.100.6');
SELECT pg_temp.same($$ SELECT service FROM apppass.refusal WHERE client = '198.51.100.6' UNION ALL SELECT service FROM apppass.code_use WHERE network = '198.51.100.0/24'
    UNION ALL SELECT service FROM apppass.main_password_login WHERE network = '198.51.100.0/24' $$, $$ VALUES (NULL), ('-'), ('-') $$, 'a service is a word or nothing');
DELETE FROM apppass.refusal WHERE client IN ('198.51.100.6', '198.51.100.8');
SELECT throws_ok(format($$ SELECT apppass.record_refusal(%L, 'alice@example.org', NULL, 'imap', NULL) $$, name), '22023', NULL, 'no refusal: ' || name)
    FROM apppass.verdict WHERE name IN ('accepted', 'main_password') ORDER BY name;
SELECT apppass.record_refusal('wrong_code', 'alice@example.org', :other, 'imap', NULL);
SELECT is((SELECT count(*) FROM apppass.refusal WHERE code_id IS NOT NULL), 1::bigint, 'a code of another account is not believed');
UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'lost' WHERE id = :code;
SELECT apppass.record_refusal('revoked', 'alice@example.org', :code, 'imap', '198.51.100.9');
SELECT pg_temp.same($$ SELECT account, device, selector, verdict, attempts, last_client, revoke_reason FROM apppass.knocking_code $$,
    $$ VALUES ('alice@example.org', 'Phone', '1111', 'revoked', 1::bigint, '198.51.100.9'::inet, 'lost') $$, 'a revoked code still knocking');
SELECT matches((SELECT summary FROM apppass.knocking_code), '^Phone, revoked code 1111, still knocking from 198.51.100.9 since \d{4}-', 'said in one line');

SELECT apppass.add_account('gone@example.org');
SELECT apppass.record_refusal('unknown_code', 'gone@example.org', NULL, 'pop', NULL);
DELETE FROM apppass.account WHERE username = 'gone@example.org';
SELECT pg_temp.same($$ SELECT verdict, account, realm FROM apppass.refusal_log WHERE service = 'pop' $$, $$ VALUES ('unknown_code', NULL, 'default') $$,
    'the refusals of a removed account stay');
SELECT pg_temp.same($$ SELECT verdict, count(*), count(account), count(device) FROM apppass.refusal_log GROUP BY 1 ORDER BY 1 $$,
    $$ VALUES ('revoked', 1, 1, 1), ('unknown_code', 1, 0, 0), ('unknown_user', 1, 0, 0), ('wrong_code', 2, 2, 1) $$, 'each refusal is shown once');
SELECT throws_ok($$ SELECT apppass.record_refusal('mistake', 'alice@example.org', NULL, 'imap', NULL) $$, '22023', NULL, 'a verdict that is no row is refused');

-- partitions
SELECT is((SELECT DISTINCT tableoid::regclass::text FROM apppass.refusal), 'apppass.' || (SELECT name FROM apppass.refusal_partition(now())), 'refusals go to the month''s partition');
SELECT is((SELECT count(*) FROM pg_inherits WHERE inhparent = 'apppass.refusal'::regclass), 4::bigint, 'three months and the default');
SELECT is_empty($$ SELECT * FROM apppass.maintain() $$, 'nothing to maintain');

-- as if maintain() had not run for long
DO $$ DECLARE part text; BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'apppass.refusal'::regclass AND inhrelid <> 'apppass.refusal_default'::regclass LOOP
        EXECUTE 'DROP TABLE ' || part;
    END LOOP;
END $$;
SELECT lives_ok($$ SELECT apppass.record_refusal('wrong_code', 'alice@example.org', NULL, 'imap', NULL) $$, 'without partitions recording works');
SELECT is((SELECT count(*) FROM apppass.refusal_default), 1::bigint, 'into the default one');
SELECT is((SELECT count(*) FROM apppass.maintain(true) WHERE action = 'make partition'), 3::bigint, 'a dry run names what is missing');
SELECT is((SELECT count(*) FROM apppass.maintain() WHERE action = 'make partition'), 3::bigint, 'maintain makes it');
SELECT is((SELECT count(*) FROM apppass.refusal_default), 0::bigint, 'and moves what was recorded');
SELECT is((SELECT count(*) FROM apppass.refusal), 1::bigint, 'without loss');

SELECT apppass.make_refusal_partition(now() - interval '5 months');
INSERT INTO apppass.refusal (at, verdict) SELECT now() - d * interval '1 day', 'unknown_user' FROM generate_series(1, 150) AS d;
INSERT INTO apppass.realm (name, refusal_retention) VALUES ('short.org', '1 day');
INSERT INTO apppass.refusal (at, verdict, realm_id) SELECT now() - interval '2 days', 'wrong_code', id FROM apppass.realm WHERE name = 'short.org';
CREATE TEMP TABLE plan AS SELECT action, detail FROM apppass.maintain(true);
SELECT set_eq($$ SELECT action, detail FROM apppass.maintain() $$, $$ SELECT * FROM plan $$, 'maintain does what the dry run said');
SELECT is((SELECT count(*) FROM plan WHERE action = 'drop partition'), 1::bigint, 'an old partition is dropped');
SELECT is((SELECT count(*) FROM apppass.refusal WHERE at < now() - interval '90 days'), 0::bigint, 'nothing older than the retention is left');
SELECT is((SELECT count(*) FROM plan WHERE detail = '1 of realm short.org'), 1::bigint, 'a realm may keep less');

-- a taken-over mail server invents services and networks
SELECT apppass.add_account('flooded@example.org');
SELECT (apppass.store_code('flooded@example.org', 'Phone', '1212', pg_temp.digest())).code_id AS flooded \gset
SELECT apppass.record_use(:flooded, 'imap', '203.0.113.1');
SELECT count(apppass.record_use(:flooded, 's' || n, '10.0.0.0'::inet + n * 256)), count(apppass.record_main_password('flooded@example.org', 's' || n, '10.0.0.0'::inet + n * 256))
FROM generate_series(1, 1000) AS n;
SELECT cmp_ok((SELECT count(*) FROM apppass.code_use WHERE code_id = :flooded), '<=', 202::bigint, 'the uses of a code are bounded');
SELECT cmp_ok((SELECT count(*) FROM apppass.main_password_login AS m JOIN apppass.account AS a ON a.id = m.account_id WHERE a.username = 'flooded@example.org'), '<=', 202::bigint, 'and those of a main password');
SELECT is_empty($$ SELECT service FROM apppass.code_use WHERE service NOT IN (SELECT name FROM apppass.service) AND service <> '-' $$, 'of known services');
SELECT apppass.record_use(:flooded, 'smtp', '198.51.100.3');
SELECT is((SELECT network FROM apppass.code_use WHERE code_id = :flooded AND service = 'smtp'), '0.0.0.0/0'::cidr, 'then a use counts as from an unknown network');
SELECT is((SELECT network FROM apppass.code_use WHERE code_id = :flooded AND service = 'imap'), '203.0.113.0/24'::cidr, 'what was true before stays');

SELECT * FROM finish();
ROLLBACK;
