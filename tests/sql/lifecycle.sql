-- SPDX-License-Identifier: BSD-2-Clause
-- Accounts, codes, reset, revocation, upkeep: what the functions do and refuse.
BEGIN;
\ir setup.sql
SELECT plan(129);

-- accounts
SELECT isnt(apppass.add_account(' Alice@Example.org ', operator => 'helga'), NULL, 'an account is added');
SELECT pg_temp.same($$ SELECT account, created_by FROM apppass.account_overview $$, $$ VALUES ('alice@example.org', 'postgres/helga') $$, 'with who did it');
SELECT throws_ok($$ SELECT apppass.add_account('ALICE@example.org') $$, '23505', NULL, 'once');
SELECT throws_ok($$ SELECT apppass.add_account('a b@example.org') $$, '22023', NULL, 'no spaces');
SELECT throws_ok($$ SELECT apppass.add_account(E'a\nb@example.org') $$, '22023', NULL, 'no control characters');
SELECT throws_ok($$ SELECT apppass.add_account('') $$, '22023', NULL, 'no empty name');
SELECT throws_ok($$ SELECT apppass.add_account(NULL) $$, '22023', NULL, 'no NULL');
SELECT throws_ok($$ SELECT apppass.add_account(repeat('x', 256)) $$, '22023', NULL, 'at most 255 bytes');
SELECT lives_ok($$ SELECT apppass.add_account(repeat('x', 255)) $$, 'which do');
SELECT throws_ok($$ SELECT apppass.add_account('x', 'nowhere') $$, 'P0002', NULL, 'a realm must exist');
SELECT lives_ok($$ SELECT apppass.add_account('müller@example.org', 'default', true) $$, 'Unicode names, chosen realm, MFA');
SELECT ok((SELECT mfa_enrolled FROM apppass.account_overview WHERE account = 'müller@example.org'), 'MFA noted');

-- storing
SELECT pg_temp.same($$ SELECT account_name, device, selector, services, networks, expires_at
                     FROM apppass.store_code('ALICE@example.org', ' Küche ', '1111', pg_temp.digest(), ARRAY['SMTP', 'imaps', 'imap'], '{10.0.0.0/8}') $$,
    $$ VALUES ('alice@example.org', 'Küche', '1111', ARRAY['imap', 'smtp'], '{10.0.0.0/8}'::cidr[], NULL::timestamptz) $$, 'a code is stored, tidied');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest()) $$, '23505',
    'duplicate key value violates unique constraint "code_selector_unique"', 'a selector once in an account');
SELECT lives_ok($$ SELECT apppass.store_code('müller@example.org', 'Phone', '1111', pg_temp.digest()) $$, 'again in another');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'Phone', 'oooo', pg_temp.digest()) $$, '22023', NULL, 'not a selector');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'Phone', '2222', 'secret') $$, '22023', NULL, 'not a hash');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'Phone', '2222', NULL) $$, '22023', NULL, 'no hash');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', E'a\u202eb', '2222', pg_temp.digest()) $$, '22023', NULL, 'a label that turns the text round');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', E'a\tb', '2222', pg_temp.digest()) $$, '22023', NULL, 'a label with control characters');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', E'a\uffff', '2222', pg_temp.digest()) $$, '22023', NULL, 'a label that XML forbids');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', repeat('x', 101), '2222', pg_temp.digest()) $$, '22023', NULL, 'a label too long');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', '  ', '2222', pg_temp.digest()) $$, '22023', 'device label is blank', 'a blank label');
SELECT is_empty($$ SELECT to_hex(n) FROM unnest('{9,10,13,32,127,133,160,173,847,1564,4447,4448,5760,6158,8192,8195,8202,8203,8205,8207,8232,8239,8287,8288,10240,12288,12644,65279,65440}'::integer[]) AS n
    WHERE apppass.is_label(chr(n)) IS NOT FALSE OR apppass.is_label('a' || chr(n)) IS NOT FALSE OR apppass.is_label(chr(n) || 'a') IS NOT FALSE
       OR apppass.trim_blank(repeat(chr(n), 3)) IS NOT NULL OR apppass.trim_blank(chr(n) || ' a b' || chr(n)) <> 'a b' $$, 'no blank of any script is a label, or its end');
SELECT ok(apppass.is_label(x), 'a label: ' || x) FROM unnest(ARRAY['👩‍💻 laptop', 'Küche 2', '電話', 'a b', '☎️', '-']) AS u, LATERAL (SELECT replace(replace(u, '\u200d', U&'\200d'), '\u00a0', U&'\00a0')) AS l (x);
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', U&'\3000\2003\00a0', '2222', pg_temp.digest()) $$, '22023', 'device label is blank', 'a label of ideographic blanks');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@example.org', U&'\200b') $$, '22023', 'device label is blank', 'a label of nothing that shows');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', NULL, '2222', pg_temp.digest()) $$, '22023', NULL, 'no label');
SELECT throws_ok($$ SELECT apppass.store_code('nobody', 'Phone', '2222', pg_temp.digest()) $$, 'P0002', 'account "nobody" not found', 'no such account');
SELECT lives_ok($$ SELECT apppass.store_code('alice@example.org', E'KU\u0308CHE', '2222', pg_temp.digest()) $$, 'a label in other letters');
SELECT pg_temp.same($$ SELECT device, codes FROM apppass.device_overview WHERE account = 'alice@example.org' $$, $$ VALUES ('Küche', 2::bigint) $$, 'is the same device');

-- lookups
SELECT is(pg_temp.verdict('alice@example.org', '9999'), 'unknown_code', 'no such code');
SELECT apppass.store_code('müller@example.org', 'Phone', '9999', pg_temp.digest());
SELECT is(pg_temp.verdict('alice@example.org', '9999'), 'wrong_account', 'somebody else''s code');
SELECT is(pg_temp.verdict('nobody@example.org', '9999'), 'unknown_user', 'no such account');
SELECT is(pg_temp.verdict(NULL, '9999'), 'unknown_user', 'no name');
SELECT is(pg_temp.verdict('alice@example.org', '2222', 'smtp'), 'accepted', 'accepted');
SELECT is(pg_temp.verdict('ALICE@EXAMPLE.ORG', '2222'), 'accepted', 'in capitals');
SELECT is_empty($$ SELECT 1 FROM (VALUES ('9999'), ('1111')) AS s (selector), apppass.lookup('alice@example.org', s.selector, 'pop', NULL) AS l WHERE l.hash IS NOT NULL $$,
    'a refusal carries no hash');
SELECT pg_temp.same($$ SELECT verdict::text, account_name, code_id IS NOT NULL FROM apppass.lookup('alice@example.org', '1111', 'pop', '10.1.1.1') $$,
    $$ VALUES ('service_denied', 'alice@example.org', true) $$, 'but names the code');
SELECT is((SELECT account_id FROM apppass.lookup('alice@example.org', '1111', 'imap', '192.0.2.1')),
    (SELECT account_id FROM apppass.account_overview WHERE account = 'alice@example.org'), 'lookup names the account by its key');
SELECT is((SELECT account_id FROM apppass.lookup('alice@example.org', NULL, 'imap', NULL)),
    (SELECT account_id FROM apppass.account_overview WHERE account = 'alice@example.org'), 'without a selector too');
SELECT is((SELECT account_id FROM apppass.lookup('nobody@example.org', '1111', 'imap', NULL)), NULL, 'and has no key for an unknown name');
SELECT is((SELECT account_id FROM apppass.issue_policy('alice@example.org')),
    (SELECT account_id FROM apppass.account_overview WHERE account = 'alice@example.org'), 'issue_policy tells the key of the account');

-- disabling
SELECT throws_ok($$ SELECT apppass.set_account_enabled('alice@example.org', false, NULL) $$, 'AP002', 'disabling an account needs a reason', 'disabling needs a reason');
SELECT lives_ok($$ SELECT apppass.set_account_enabled('alice@example.org', false, 'left', 'T-1') $$, 'disable');
SELECT is(pg_temp.verdict('alice@example.org', '2222'), 'account_disabled', 'its codes stop');
SELECT is(pg_temp.verdict('alice@example.org', NULL), 'account_disabled', 'its main password stops');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@example.org', 'x') $$, 'AP001', NULL, 'no new codes');
SELECT is((SELECT state FROM apppass.code_overview WHERE account = 'alice@example.org' AND selector = '2222'), 'suspended', 'shown as suspended');
SELECT throws_ok($$ SELECT apppass.set_account_enabled('alice@example.org', true, ' ') $$, 'AP002', NULL, 'enabling needs a reason');
SELECT apppass.set_account_enabled('alice@example.org', true, 'back');
SELECT is(pg_temp.verdict('alice@example.org', '2222'), 'accepted', 'and they work again');

-- revoking
SELECT throws_ok($$ SELECT apppass.revoke_code('alice@example.org', '2222', NULL) $$, 'AP002', 'revoking a code needs a reason', 'revoking needs a reason');
SELECT throws_ok($$ SELECT apppass.revoke_code('alice@example.org', '2222-aaaa-bbbb-cccc-dddd', 'lost') $$, '22023', 'that is not a selector', 'never the whole code, which is not repeated');
SELECT throws_ok($$ SELECT apppass.revoke_code('alice@example.org', '8888', 'lost') $$, 'P0002', NULL, 'no such code');
SELECT is(apppass.revoke_code('alice@example.org', ' 2222', 'lost', 'T-2', 'helga'), 1, 'revoke');
SELECT is(pg_temp.verdict('alice@example.org', '2222'), 'revoked', 'it is revoked');
SELECT pg_temp.same($$ SELECT revoked_by, revoke_reason, state FROM apppass.code_overview WHERE account = 'alice@example.org' AND selector = '2222' $$,
    $$ VALUES ('postgres/helga', 'lost', 'revoked') $$, 'by whom and why');
SELECT throws_ok($$ SELECT apppass.revoke_code('alice@example.org', '2222', 'lost') $$, 'P0002', NULL, 'once');
SELECT throws_ok($$ SELECT apppass.revoke_device('alice@example.org', 'Phone', 'lost') $$, 'P0002', 'account "alice@example.org" has no device "Phone"', 'no such device');
SELECT is(apppass.revoke_device('alice@example.org', 'KÜCHE', 'lost'), 1, 'a device');
SELECT throws_ok($$ SELECT apppass.revoke_device('alice@example.org', 'Küche', 'lost') $$, 'P0002', NULL, 'once');
SELECT is(apppass.revoke_account('müller@example.org', 'password changed'), 2, 'an account');
SELECT is(apppass.revoke_account('müller@example.org', 'password changed'), 0, 'with nothing left');
SELECT throws_ok($$ SELECT apppass.revoke_account('müller@example.org', '') $$, 'AP002', NULL, 'an account needs a reason');

-- reset
SELECT apppass.store_code('alice@example.org', 'Phone', '3333', pg_temp.digest(), '{smtp}', '{10.0.0.0/8}');
SELECT throws_ok($$ SELECT apppass.reset_device('alice@example.org', 'Phone', '4444', pg_temp.digest()) $$, 'AP002', 'resetting a device needs a reason', 'a reset needs a reason');
SELECT throws_ok($$ SELECT apppass.reset_device('alice@example.org', 'Phone', '4444', pg_temp.digest(), '-1 day', 'x') $$, '22023', NULL, 'no negative grace');
SELECT pg_temp.same($$ SELECT selector, services, networks, old_selectors, old_ends_at FROM apppass.reset_device('alice@example.org', 'phone', '4444', pg_temp.digest(), reason => 'lost') $$,
    $$ VALUES ('4444', '{smtp}'::text[], '{10.0.0.0/8}'::cidr[], '{3333}'::text[], now()) $$, 'reset: same services and networks');
SELECT is(pg_temp.verdict('alice@example.org', '3333', 'smtp', '10.1.1.1'), 'revoked', 'reset: the old one ends');
SELECT is(pg_temp.verdict('alice@example.org', '4444', 'smtp', '10.1.1.1'), 'accepted', 'reset: the new one works');
SELECT is((SELECT old_ends_at FROM apppass.reset_device('alice@example.org', 'phone', '5555', pg_temp.digest(), '1 day', 'new phone')), now() + interval '1 day', 'reset with grace');
SELECT is(pg_temp.verdict('alice@example.org', '4444', 'smtp', '10.1.1.1'), 'accepted', 'reset with grace: the old one still works');
SELECT is((SELECT expires_at FROM apppass.code_overview WHERE selector = '4444'), now() + interval '1 day', 'reset with grace: until then');
SELECT is((SELECT replaces_code_id FROM apppass.code_overview WHERE selector = '5555'), (SELECT code_id FROM apppass.code_overview WHERE selector = '4444'), 'reset: linked');
SELECT throws_ok($$ SELECT apppass.reset_code('alice@example.org', 'Tablet', reason => 'x') $$, 'P0002', NULL, 'reset: no such device');

-- upkeep
SELECT pg_temp.set_realm('default', 'lapse_after = ''7 days'', unused_after = ''60 days''');
SELECT pg_temp.age_code((SELECT code_id FROM apppass.code_overview WHERE selector = '5555'), '8 days');
SELECT apppass.store_code('alice@example.org', 'Laptop', '6666', pg_temp.digest());
SELECT apppass.record_use((SELECT code_id FROM apppass.code_overview WHERE selector = '6666'), 'imap', NULL);
SELECT pg_temp.age_code((SELECT code_id FROM apppass.code_overview WHERE selector = '6666'), '61 days');
SELECT pg_temp.same($$ SELECT selector, never_used, idle > '60 days' FROM apppass.unused_code ORDER BY 1 $$, $$ VALUES ('5555', true, false), ('6666', false, true) $$, 'unused codes are listed');
SELECT set_eq($$ SELECT action, device, selector, detail FROM apppass.maintain(true) WHERE action = 'revoke' $$,
    $$ VALUES ('revoke', 'Phone', '5555', 'not used within 7 days of issue'), ('revoke', 'Laptop', '6666', 'not used for 60 days') $$, 'a dry run says what it would do');
SELECT is((SELECT count(*) FROM apppass.code_overview WHERE selector IN ('5555', '6666') AND revoked_at IS NULL), 2::bigint, 'and does nothing');
SELECT is((SELECT count(*) FROM apppass.maintain() WHERE action = 'revoke'), 2::bigint, 'maintain does it');
SELECT pg_temp.same($$ SELECT revoke_reason FROM apppass.code_overview WHERE selector = '6666' $$, $$ VALUES ('not used for 60 days') $$, 'and says why');
SELECT is_empty($$ SELECT * FROM apppass.maintain() $$, 'a second time there is nothing to do');


-- another name
SELECT throws_ok($$ SELECT apppass.rename_account('bride@example.org', 'wife@example.org', NULL) $$, 'P0002', NULL,
    'nobody there is renamed');
SELECT apppass.add_account('bride@example.org'), apppass.add_account('other@example.org');
SELECT apppass.store_code('bride@example.org', 'Phone', '7777', pg_temp.digest());
SELECT throws_ok($$ SELECT apppass.rename_account('bride@example.org', 'wife@example.org', ' ') $$, 'AP002', NULL,
    'renaming needs a reason');
SELECT throws_ok($$ SELECT apppass.rename_account('bride@example.org', 'OTHER@example.org', 'x') $$, '23505',
    'account "other@example.org" exists already', 'two do not become one');
SELECT is(apppass.rename_account('Bride@example.org', ' Wife@example.org', 'married'), 'wife@example.org', 'renamed');
SELECT is(pg_temp.verdict('wife@example.org', '7777'), 'accepted', 'the code works under the new name');
SELECT is(pg_temp.verdict('bride@example.org', '7777'), 'unknown_user', 'and not under the old');

-- somebody leaves on a day to come
SELECT apppass.add_account('leaver@example.org'), apppass.store_code('leaver@example.org', 'Phone', '1111', pg_temp.digest());
SELECT throws_ok($$ SELECT apppass.set_account_enabled('leaver@example.org', false, 'left', at => now()) $$, '22023', NULL, 'disabled at a moment to come');
SELECT throws_ok($$ SELECT apppass.set_account_enabled('leaver@example.org', true, 'left', at => now() + '1 day') $$, '22023', NULL, 'not enabled then');
SELECT throws_ok($$ SELECT apppass.set_account_enabled('leaver@example.org', false, ' ', at => now() + '1 day') $$, 'AP002', NULL, 'with a reason');
SELECT throws_ok($$ UPDATE apppass.account SET disabled_from = now() + interval '1 day' WHERE username = 'leaver@example.org' $$, 'AP002', NULL, 'by plain SQL too');
SELECT apppass.set_account_enabled('leaver@example.org', false, 'leaves', at => now() + '1 day');
SELECT pg_temp.same($$ SELECT enabled, refused_as, disabled_from = now() + interval '1 day' FROM apppass.account_overview WHERE account = 'leaver@example.org' $$,
    $$ VALUES (true, NULL::text, true) $$, 'until then it is enabled, and says so');
SELECT is(pg_temp.verdict('leaver@example.org', '1111'), 'accepted', 'its codes work');
SELECT pg_temp.same($$ SELECT action, reason, after ? 'disabled_from' FROM apppass.find_events('leaver@example.org', most => 1) $$,
    $$ VALUES ('account_changed', 'leaves', true) $$, 'the trail says it');
SET LOCAL apppass.reason = 'as if the day had come';
UPDATE apppass.account SET disabled_from = now() WHERE username = 'leaver@example.org';
SELECT is(pg_temp.verdict('leaver@example.org', '1111'), 'account_disabled', 'then they don''t');
SELECT is(pg_temp.verdict('leaver@example.org', NULL), 'account_disabled', 'nor the main password');
SELECT pg_temp.same($$ SELECT enabled, refused_as FROM apppass.account_overview WHERE account = 'leaver@example.org' $$, $$ VALUES (false, 'account_disabled') $$,
    'it is disabled');
SELECT throws_ok($$ SELECT apppass.issue_code('leaver@example.org', 'Tablet') $$, 'AP001', NULL, 'and gets no code');
SELECT apppass.set_account_enabled('leaver@example.org', true, 'stays after all');
SELECT is(pg_temp.verdict('leaver@example.org', '1111'), 'accepted', 'until it is enabled');
SELECT is((SELECT disabled_from FROM apppass.account_overview WHERE account = 'leaver@example.org'), NULL, 'for good');
RESET apppass.reason;

-- another end for a code that there is
SELECT pg_temp.set_realm('default', 'max_lifetime = ''90 days''');
SELECT apppass.add_account('mover@example.org'), apppass.store_code('mover@example.org', 'Phone', '1111', pg_temp.digest()),
    apppass.store_code('mover@example.org', 'Tablet', '2222', pg_temp.digest());
CREATE FUNCTION pg_temp.ends() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s%s', selector, date_part('day', expires_at - now()), CASE WHEN expiry_chosen THEN ' chosen' END), ', ' ORDER BY selector)
    FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id WHERE a.username = 'mover@example.org' AND revoked_at IS NULL $$;
CREATE FUNCTION pg_temp.ending(at interval, device text DEFAULT NULL, selector text DEFAULT NULL, only_earlier boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(s.selector, ' ') FROM apppass.set_expiry(' Mover@example.org', now() + $1, 'moved', device => $2, selector => $3, only_earlier => $4) AS s $$;
SELECT is(pg_temp.ends(), '1111 90, 2222 90', 'policy says when codes end');
SELECT is(pg_temp.ending('10 days', 'PHONE'), '1111', 'one is to end sooner');
SELECT is(pg_temp.ending('10 days', 'PHONE'), NULL, 'said twice, nothing changes');
SELECT is(pg_temp.ends(), '1111 10 chosen, 2222 90', 'somebody chose that');
SELECT is(pg_temp.ending('20 days', selector => '1111'), '1111', 'later again');
SELECT is(pg_temp.ending('15 days', only_earlier => true), '1111 2222', 'all, and none later');
SELECT is(pg_temp.ending('16 days', only_earlier => true), NULL, 'than it would have ended');
SELECT is(pg_temp.ends(), '1111 15 chosen, 2222 15 chosen', 'all end then');
SELECT throws_ok($$ SELECT pg_temp.ending('91 days', 'Phone') $$, 'AP001', NULL, 'policy has the last word');
SELECT is(pg_temp.ending(NULL, 'Phone'), '1111', 'as late as policy allows');
SELECT is(pg_temp.ends(), '1111 90, 2222 15 chosen', 'is not chosen any more');
SELECT is(pg_temp.ending(NULL, 'Phone'), NULL, 'which needs no saying twice');
SELECT pg_temp.set_realm('default', 'max_lifetime = ''60 days''');
SELECT throws_ok($$ SELECT pg_temp.ending('70 days', 'Phone') $$, 'AP001', NULL, 'nor is what policy ends sooner now said to end later');
SELECT is(pg_temp.ending('60 days', 'Phone', only_earlier => true), NULL, 'it ends then anyway');
SELECT throws_ok($$ SELECT pg_temp.ending('0', 'Phone') $$, '22023', NULL, 'not in the past');
SELECT throws_ok($$ SELECT apppass.set_expiry('mover@example.org', 'infinity', 'x') $$, '22023', NULL, 'but at a moment');
SELECT throws_ok($$ SELECT pg_temp.ending(NULL, 'Phone', only_earlier => true) $$, '22023', NULL, 'never is not earlier');
SELECT throws_ok($$ SELECT apppass.set_expiry('mover@example.org', now() + '1 day', ' ') $$, 'AP002', NULL, 'with a reason');
SELECT throws_ok($$ SELECT pg_temp.ending('1 day', 'Kitchen') $$, 'P0002', NULL, 'of a device that there is');
SELECT throws_ok($$ SELECT pg_temp.ending('1 day', selector => '3333') $$, 'P0002', NULL, 'and a code');
SELECT pg_temp.same($$ SELECT action, reason, before ->> 'expiry_chosen', after ->> 'expiry_chosen' FROM apppass.find_events('mover@example.org', most => 1) $$,
    $$ VALUES ('code_changed', 'moved', 'true', 'false') $$, 'the trail says it');
SELECT apppass.reset_device('mover@example.org', 'Tablet', '4444', pg_temp.digest(), '1 day', 'new');
SELECT is(pg_temp.ending('30 days', 'Tablet'), '4444', 'the grace of a code that was replaced does not grow');
SELECT is(pg_temp.ending('12 hours', 'Tablet'), '2222 4444', 'but may shrink');
SELECT pg_temp.age_code((SELECT code_id FROM apppass.code_overview WHERE account = 'mover@example.org' AND selector = '4444'), '61 days');
SELECT throws_ok($$ SELECT pg_temp.ending('1 day', selector => '4444') $$, 'P0002', NULL, 'what has ended stays so');
SELECT apppass.revoke_device('mover@example.org', 'Tablet', 'x');
SELECT throws_ok($$ SELECT pg_temp.ending('1 day', 'Tablet') $$, 'P0002', NULL, 'the more what was revoked');

SELECT * FROM finish();
ROLLBACK;
