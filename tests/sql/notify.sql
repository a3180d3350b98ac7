-- SPDX-License-Identifier: BSD-2-Clause
-- What owners are told, how often, and what the notifier's login may do.  The trail shows nothing of
-- one's own transaction: what follows it is tried with the tool, in tests/mail/test_notify.py.
BEGIN;
\ir setup.sql
SELECT plan(38);

CREATE ROLE nora LOGIN IN ROLE apppass_notify;
CREATE ROLE hanna LOGIN IN ROLE apppass_helpdesk;
INSERT INTO apppass.realm (name) VALUES ('example.org'), ('quiet.example');
SELECT apppass.add_account('alice@example.org') AS alice, apppass.add_account('bob@quiet.example') AS bob \gset
UPDATE apppass.realm SET notify_owners = true, notify_per_day = 2 WHERE name = 'example.org';

-- heard(): the events of this transaction's audit rows and what became of them
CREATE FUNCTION pg_temp.listen() RETURNS void LANGUAGE sql AS $$
    SELECT apppass.notice_events(ARRAY(SELECT id FROM apppass.audit)) $$;
CREATE FUNCTION pg_temp.events() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', n.event, d.label, c.selector, n.by_whom, n.service, n.network), ', ' ORDER BY n.id)
    FROM apppass.notice AS n LEFT JOIN apppass.code AS c ON c.id = n.code_id
    LEFT JOIN apppass.device AS d ON d.id = c.device_id WHERE NOT n.mailed $$;

-- ---- what happened ----
SELECT code_id AS phone FROM apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest()) \gset
SELECT apppass.store_code('bob@quiet.example', 'Phone', '1111', pg_temp.digest());
SELECT pg_temp.listen(), pg_temp.listen();
SELECT is(pg_temp.events(), 'issued Phone 1111 administration', 'a new code is told once, and not where the realm is quiet');
SELECT apppass.reset_device('alice@example.org', 'Phone', '2222', pg_temp.digest(), reason => 'new phone');
SELECT code_id AS printer FROM apppass.store_code('alice@example.org', 'Printer', '3333', pg_temp.digest()) \gset
SELECT apppass.revoke_code('alice@example.org', '3333', 'gone');
SELECT apppass.set_notify('alice@example.org', 'alice@private.example', 'de');
SELECT pg_temp.listen();
SELECT is(pg_temp.events(), 'issued Phone 1111 administration, reset Phone 2222 administration, '
    'issued Printer 3333 administration, revoked Printer 3333 administration, address administration',
    'a replaced code is one event, a revoked one and a new second address are others');
SELECT apppass.notice_mails();
SELECT is(array_agg(address ORDER BY address), '{alice@example.org,alice@private.example}',
    'one mail to each address') FROM apppass.notice_mail;
SELECT is(count(DISTINCT notices)::integer, 1, 'with the same content') FROM apppass.notice_mail;
SELECT is(count(DISTINCT key)::integer, 2, 'and Message-IDs of their own') FROM apppass.notice_mail;
SELECT is(pg_temp.events(), NULL, 'nothing is left over');
DELETE FROM apppass.notice_mail;
SELECT apppass.set_notify('alice@example.org', 'alice@elsewhere.example');
SELECT pg_temp.listen(), apppass.notice_mails();
SELECT is(array_agg(address ORDER BY address), '{alice@elsewhere.example,alice@example.org,alice@private.example}',
    'who is the second address no longer is told so') FROM apppass.notice_mail;
SELECT is(notify_language, 'de', 'what is not named stays') FROM apppass.account WHERE username = 'alice@example.org';
SELECT throws_ok($$ SELECT apppass.set_notify('alice@example.org', E'a@b.example\nBcc: c@d.example') $$, '22023', NULL,
    'a second address has no line ends');
SELECT throws_ok($$ SELECT apppass.set_notify('alice@example.org', 'alice') $$, '22023', NULL, 'and a domain');
SELECT throws_ok($$ UPDATE apppass.realm SET notify_language = '../../etc' $$, '23514', NULL, 'a language names no file elsewhere');
SELECT apppass.set_notify('alice@example.org', '');
SELECT is(notify_address, NULL, 'it is taken away') FROM apppass.account WHERE username = 'alice@example.org';
DELETE FROM apppass.notice_mail;
DELETE FROM apppass.notice;

-- ---- limits ----
CREATE FUNCTION pg_temp.note(what text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO apppass.notice (once, event, account_id, at)
    SELECT $1, 'yearly', id, now() FROM apppass.account WHERE username = 'alice@example.org'; $$;
INSERT INTO apppass.notice_mail (account_id, address, notices, made_at)
VALUES (:alice, 'alice@example.org', '{}', now() - interval '3 hours'), (:alice, 'alice@example.org', '{}', now() - interval '30 minutes');
SELECT pg_temp.note('a'), pg_temp.note('b'), apppass.notice_mails();
SELECT is(count(*)::integer, 2, 'who had enough mails today waits') FROM apppass.notice_mail;
UPDATE apppass.notice_mail SET made_at = made_at - interval '31 minutes';
SELECT apppass.notice_mails();
SELECT is(array_agg(cardinality(notices) ORDER BY id), '{0,0,2}', 'an hour, and gets one with all') FROM apppass.notice_mail;
DELETE FROM apppass.notice_mail;
DELETE FROM apppass.notice;

-- ---- uses ----
SELECT apppass.record_use(:phone, 'imap', '192.0.2.1'), apppass.record_use(:phone, 'smtp', '192.0.2.2');
SELECT apppass.notice_uses(now() - interval '1 hour'), apppass.notice_uses(now() - interval '1 hour');
SELECT is(pg_temp.events(), 'first_use Phone 1111 imap 192.0.2.0/24', 'the first use is told once');
UPDATE apppass.code_use SET first_at = first_at - interval '10 minutes';
SELECT apppass.record_use(:phone, 'imap', '198.51.100.7'), apppass.record_use(:phone, 'imap', NULL);
SELECT apppass.notice_uses(now() - interval '1 hour');
SELECT is(pg_temp.events(), 'first_use Phone 1111 imap 192.0.2.0/24, new_network Phone 1111 imap 198.51.100.0/24',
    'and a new network, where it is known');
DELETE FROM apppass.notice;
SELECT apppass.notice_uses(now());
SELECT is(pg_temp.events(), NULL, 'nothing of before');

-- ---- the clock ----
SELECT code_id AS scan FROM apppass.store_code('alice@example.org', 'Scanner', '4444', pg_temp.digest(), expires_at => now() + interval '6 days') \gset
SELECT code_id AS day FROM apppass.store_code('alice@example.org', 'Guest', '5555', pg_temp.digest(), expires_at => now() + interval '12 hours') \gset
SELECT apppass.notice_expiring();
SELECT is(pg_temp.events(), NULL, 'who made a code for some days knows');
SELECT pg_temp.age_code(:scan, '30 days'), pg_temp.age_code(:day, '30 days');
SELECT apppass.notice_expiring(), apppass.notice_expiring();
SELECT is(pg_temp.events(), 'expiring Scanner 4444, expiring Guest 5555', 'what is about to expire is told once');
SET LOCAL session_replication_role = replica;
UPDATE apppass.code SET expires_at = now() + interval '20 hours' WHERE id = :scan;
SET LOCAL session_replication_role = origin;
SELECT apppass.notice_expiring();
SELECT is((SELECT count(*) FROM apppass.notice WHERE code_id = :scan), 2::bigint, 'and again on its last day');
SAVEPOINT moved;
SELECT apppass.set_expiry('alice@example.org', now() + interval '3 days', 'a little longer', selector => '4444');
SELECT apppass.notice_expiring();
SELECT is((SELECT count(*) FROM apppass.notice WHERE code_id = :scan), 3::bigint, 'another end is told, too');
ROLLBACK TO moved;
SELECT apppass.reset_device('alice@example.org', 'Guest', '6666', pg_temp.digest(), grace => interval '10 hours', reason => 'new');
DELETE FROM apppass.notice;
UPDATE apppass.realm SET max_lifetime = '35 days' WHERE name = 'example.org';
SELECT apppass.notice_expiring();
SELECT is(pg_temp.events(), 'expiring Scanner 4444', 'not what has been replaced');
SET LOCAL session_replication_role = replica;
UPDATE apppass.code SET expires_at = NULL WHERE id = :scan;
SET LOCAL session_replication_role = origin;
DELETE FROM apppass.notice;
SELECT apppass.notice_expiring();
SELECT is(pg_temp.events(), 'expiring Scanner 4444', 'what ends by the realm''s max_lifetime, too');
DELETE FROM apppass.notice;

SELECT apppass.record_refusal('revoked', 'alice@example.org', :printer, 'imap', '192.0.2.9');
SELECT apppass.notice_knocking(now() - interval '1 hour');
SELECT is(pg_temp.events(), NULL, 'that a device tries the code it has just lost is no news');
SET LOCAL session_replication_role = replica;
UPDATE apppass.code SET revoked_at = now() - interval '2 hours', created_at = now() - interval '3 hours' WHERE id = :printer;
SET LOCAL session_replication_role = origin;
SELECT apppass.notice_knocking(now() - interval '1 hour'), apppass.notice_knocking(now() - interval '1 hour');
SELECT is(pg_temp.events(), 'knocking Printer 3333 imap 192.0.2.0/24', 'that it does so later is');
UPDATE apppass.notice SET at = at - interval '29 days', once = 'then';
SELECT apppass.notice_knocking(now() - interval '1 hour');
SELECT is((SELECT count(*) FROM apppass.notice), 1::bigint, 'once in 30 days');
DELETE FROM apppass.notice;

SELECT apppass.notice_yearly(now() - interval '365 days'), apppass.notice_yearly(now() - interval '364 days');
SELECT is(pg_temp.events(), 'yearly', 'within a year each account gets its list');
SELECT apppass.notice_yearly(now());
SELECT is((SELECT count(*) FROM apppass.notice), 1::bigint, 'on its day');

-- ---- taking ----
SELECT apppass.notice_mails();
SET SESSION AUTHORIZATION nora;
CREATE TEMP TABLE mail AS SELECT * FROM apppass.notify_take();
SELECT is(string_agg(concat_ws(' ', place, event, device, selector), ', ' ORDER BY place),
    '1 yearly, 2 listed Guest 5555, 3 listed Guest 6666, 4 listed Phone 2222, 5 listed Scanner 4444',
    'the yearly list names every live code') FROM mail;
SELECT is_empty('SELECT * FROM apppass.notify_take()', 'who takes a mail is alone with it');
SELECT apppass.notify_done(mail, gen_random_uuid()) FROM mail LIMIT 1;
RESET SESSION AUTHORIZATION;
SELECT is(sent_at, NULL, 'nobody else says what became of it') FROM apppass.notice_mail;
UPDATE apppass.notice_mail SET try_at = now();
SET SESSION AUTHORIZATION nora;
SELECT results_eq('SELECT mail, key, place FROM apppass.notify_take()', 'SELECT mail, key, place FROM mail', 'after 2 minutes it is given out again');
SELECT ok(apppass.notify_failed(mail, key) = now() + interval '1 minute'
      AND apppass.notify_failed(mail, key) = now() + interval '2 minutes', 'what failed is tried again, later each time')
FROM mail LIMIT 1;
SELECT apppass.notify_done(mail, key) FROM mail LIMIT 1;
SELECT throws_ok('SELECT * FROM apppass.notice_mail', '42501', NULL, 'the notifier reads no table');
SELECT throws_ok($$ SELECT apppass.set_notify('alice@example.org', 'nora@evil.example') $$, '42501', NULL, 'nor says who is told');
SET SESSION AUTHORIZATION hanna;
SELECT throws_ok('SELECT * FROM apppass.notify_take()', '42501', NULL, 'the helpdesk takes no mail away');
RESET SESSION AUTHORIZATION;
SELECT ok(sent_at IS NOT NULL, 'a mail that was sent is done') FROM apppass.notice_mail;

SELECT apppass.add_account('carl@example.org') AS carl \gset
INSERT INTO apppass.notice (once, event, account_id, at) VALUES ('c', 'yearly', :carl, now());
SELECT apppass.notice_mails();
DELETE FROM apppass.account WHERE id = :carl;
SELECT is((SELECT count(*) FROM apppass.notice WHERE account_id = :carl)
    + (SELECT count(*) FROM apppass.notice_mail WHERE account_id = :carl), 0::bigint, 'notices go with their account');

SELECT * FROM finish();
ROLLBACK;
