-- SPDX-License-Identifier: BSD-2-Clause
-- A few accounts of every state, for the databases that later schemas upgrade (tests/sql/freeze).
-- Run by a superuser on a schema without accounts.
SET client_min_messages = warning;
\o /dev/null
\ir ../setup.sql

INSERT INTO apppass.realm (name, description, handover_url, notify_owners, main_password_refused_from)
VALUES ('example.org', 'The first tenant', 'https://mail.example.org/handover', true, '2026-01-01Z'),
    ('strict.example', NULL, NULL, false, NULL);
UPDATE apppass.realm SET lapse_after = '30 days', mfa_required = true, services = '{imap,smtp}'
WHERE name = 'strict.example';
INSERT INTO apppass.access_rule (action, network, description)
VALUES ('deny', '203.0.113.0/24', 'Where the flood came from');
INSERT INTO apppass.realm_operator (role_name, realm_id)
SELECT 'hilda', id FROM apppass.realm WHERE name = 'example.org';

SELECT apppass.notify_gather();
SELECT apppass.add_account(name || '@example.org')
FROM unnest('{alice,bob,carol,david,erin,frank}'::text[]) AS name;
SELECT apppass.add_account('mona@strict.example', mfa_enrolled => true),
    apppass.add_account('max@strict.example');
SELECT apppass.set_notify('alice@example.org', 'alice@private.example', 'de');

-- The code k7xp-2m9q-wt0v-1c3h-d81p opens; the others' hashes fit nothing.
SELECT apppass.store_code('alice@example.org', 'Phone', 'k7xp',
                          public.crypt('k7xp2m9qwt0v1c3hd81p', public.gen_salt('bf', 6)));
SELECT apppass.store_code('alice@example.org', 'Scanner', '1111', pg_temp.digest(),
                          services => '{smtp}', networks => '{192.0.2.0/24,2001:db8::/48}');
SELECT apppass.store_code('alice@example.org', 'Lost', '2222', pg_temp.digest());
SELECT apppass.revoke_code('alice@example.org', '2222', 'lost on the train', 'T-17', 'hilda');
SELECT apppass.store_code('alice@example.org', 'Tablet', '3333', pg_temp.digest());
SELECT apppass.reset_device('alice@example.org', 'Tablet', '4444', pg_temp.digest(),
                            grace => '100 years', reason => 'a new tablet');
SELECT code_id AS old FROM apppass.store_code('bob@example.org', 'Guest', '1111', pg_temp.digest(),
                                              expires_at => now() + interval '1 day') \gset
BEGIN;
SELECT pg_temp.age_code(:old, '1 year');
SET LOCAL session_replication_role = replica;
UPDATE apppass.code SET expires_at = expires_at - interval '1 year' WHERE id = :old;
COMMIT;
SELECT apppass.store_code(name || '@example.org', 'Laptop', '5555', pg_temp.digest())
FROM unnest('{carol,david,erin,frank}'::text[]) AS name;
SELECT apppass.set_account_enabled('carol@example.org', false, 'on leave');
SELECT apppass.rename_account('david@example.org', 'dave@example.org', 'his wish');
SELECT apppass.set_account_enabled('frank@example.org', false, 'leaves', at => '2126-01-01Z');
SELECT code_id AS unused FROM apppass.store_code('mona@strict.example', 'Phone', '6666',
                                                 pg_temp.digest()) \gset
BEGIN;
SELECT pg_temp.age_code(:unused, '40 days');
COMMIT;
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO apppass.code (device_id, account_id, realm_id, selector, hash, created_by)
SELECT d.id, d.account_id, a.realm_id, '7777', pg_temp.digest(), 'before MFA was required'
FROM apppass.account AS a, LATERAL (SELECT a.id AS account_id, 9001 AS id) AS d
WHERE a.username = 'max@strict.example';
INSERT INTO apppass.device (id, account_id, label) OVERRIDING SYSTEM VALUE
SELECT 9001, id, 'Old phone' FROM apppass.account WHERE username = 'max@strict.example';
COMMIT;

SELECT apppass.record_use(code_id, 'imap', '192.0.2.7') FROM apppass.code_overview
WHERE account = 'alice@example.org';
SELECT apppass.record_use(code_id, 'smtp', NULL) FROM apppass.code_overview
WHERE account = 'alice@example.org' AND selector = 'k7xp';
SELECT apppass.record_use(code_id, 'imap', '198.51.100.9'),
    apppass.record_refusal('wrong_code', account::text, code_id, 'imap', '198.51.100.10')
FROM apppass.code_overview WHERE account = 'erin@example.org';
SELECT apppass.record_refusal('revoked', account::text, code_id, 'imap', '2001:db8::1')
FROM apppass.code_overview WHERE selector = '2222';
SELECT apppass.record_refusal('unknown_user', 'nobody@example.org', NULL, 'smtp', NULL);
SELECT apppass.record_main_password('bob@example.org', 'imap', '192.0.2.8');
SELECT apppass.upgrade_hash(code_id, pg_temp.digest(), pg_temp.digest('bmV3bmV3bmV3bmV3bmV3bmV3'))
FROM apppass.code_overview WHERE selector = '1111' AND account = 'alice@example.org';
SELECT apppass.set_account_enabled('erin@example.org', false, 'left');
SELECT apppass.erase_account('erin@example.org', 'request 77');

SELECT apppass.offer_code('bob@example.org', 'Printer', sha256('one'), valid => '30 days'),
    apppass.offer_code('bob@example.org', 'Watch', sha256('two'), sha256('two1234'));
SELECT apppass.self_collect(sha256('two'), sha256('two1234'), '192.0.2.9', '8888', pg_temp.digest());

-- Told, and waiting to be mailed; sealed, and what came after.
SELECT apppass.notify_gather();
SELECT apppass.audit_seal();
SELECT apppass.set_account_enabled('carol@example.org', true, 'back'),
    apppass.set_account_enabled('carol@example.org', false, 'away again');
