-- SPDX-License-Identifier: BSD-2-Clause
-- What the desk asks: arguments are read as the changing functions read them; exactly what was shown
-- is revoked.
BEGIN;
\ir setup.sql
SELECT plan(97);

INSERT INTO apppass.realm (name) VALUES ('mine.org'), ('theirs.org');
SELECT apppass.add_account(u) FROM unnest(ARRAY['alice@mine.org', 'alina@mine.org', 'bob@mine.org', 'carol@theirs.org', 'a_b@mine.org']) AS u;
SELECT apppass.store_code('alice@mine.org', 'Küche', 'k011', pg_temp.digest());
SELECT apppass.store_code('alice@mine.org', 'Phone', '2222', pg_temp.digest(), '{smtp}');
SELECT apppass.store_code('alice@mine.org', 'Phone', '3333', pg_temp.digest());
SELECT apppass.store_code('bob@mine.org', 'Phone', '2222', pg_temp.digest());
SELECT apppass.store_code('carol@theirs.org', 'Phone', '2222', pg_temp.digest());
SELECT apppass.revoke_code('alice@mine.org', '3333', 'lost');

-- ---- codes ----
SELECT is(ARRAY(SELECT selector::text FROM apppass.find_codes(E' ALICE@Mine.org\u00a0')), ARRAY['k011', '2222'],
          'codes of an account, however it is typed, by device');
SELECT is(ARRAY(SELECT selector::text FROM apppass.find_codes('alice@mine.org', device => E' KU\u0308CHE ')), ARRAY['k011'], 'of a device');
SELECT is(ARRAY(SELECT device FROM apppass.find_codes('alice@mine.org', selector => ' KOIL ')), ARRAY['Küche'], 'of a selector as it was read out');
SELECT is((SELECT count(*) FROM apppass.find_codes(selector => '2222')), 3::bigint, 'of every account');
SELECT is(ARRAY(SELECT account::text FROM apppass.find_codes('*@mine.org', selector => '2222')), ARRAY['alice@mine.org', 'bob@mine.org'], 'of a pattern');
SELECT is((SELECT count(*) FROM apppass.find_accounts('a_*')), 1::bigint, '_ stands for itself');
SELECT is(ARRAY(SELECT account::text FROM apppass.find_codes(realm => ' THEIRS.org')), ARRAY['carol@theirs.org'], 'of a realm');
SELECT is(ARRAY(SELECT selector::text FROM apppass.find_codes('alice@mine.org', service => 'IMAPS')), ARRAY['k011'], 'that may be used for a service');
SELECT is((SELECT count(*) FROM apppass.find_codes('alice@mine.org', which => 'all')), 3::bigint, 'old ones too');
SELECT throws_ok($$ SELECT apppass.find_codes(which => 'some') $$, '22023', NULL, 'another choice is an error');
SELECT is((SELECT count(*) FROM apppass.find_codes(' ')), 0::bigint, 'a blank name is nobody''s');

SELECT is(apppass.count_codes(' ALICE@mine.org'), 2::bigint, 'how many of an account may be used');
SELECT is(apppass.count_codes(realm => 'Mine.org '), 3::bigint, 'and of a realm');

-- ---- uses ----
SAVEPOINT uses;
SELECT apppass.record_use(c.code_id, 'imaps', '192.0.2.7'), apppass.record_use(c.code_id, NULL, NULL) FROM apppass.find_codes('*@*.org', which => 'all') AS c;
SELECT is((SELECT count(*) FROM apppass.find_uses('alice@mine.org')), 6::bigint, 'where the codes of an account were used, revoked ones too');
SELECT is(ARRAY(SELECT DISTINCT ROW(u.account, u.service, u.network)::text FROM apppass.find_uses('*', realm => 'THEIRS.org') AS u ORDER BY 1),
          ARRAY['(carol@theirs.org,,)', '(carol@theirs.org,imap,192.0.2.0/24)'], 'what is unknown is null');
SELECT is((SELECT count(*) FROM apppass.find_uses('*', networks => '{192.0.2.99,2001:db8::/32}')), 5::bigint, 'an address stands for its network; the unknown one is in none');
SELECT is((SELECT count(*) FROM apppass.find_uses('*', networks => '{0.0.0.0/0}')), 5::bigint, 'not even in all of them');
SELECT is((SELECT count(*) FROM apppass.find_uses('*', service => 'IMAP ', device => 'phone')), 4::bigint, 'service and device, however they are typed');
SELECT is((SELECT count(*) FROM apppass.find_uses('*', since => now() + interval '1 second')), 0::bigint, 'since then');
SELECT is((SELECT count(*) FROM apppass.find_uses('*', most => 2)), 2::bigint, 'so many at most');
ROLLBACK TO uses;

-- ---- realms, rules, completion ----
SELECT is(ARRAY(SELECT realm::text FROM apppass.find_realms(' MINE.org')), ARRAY['mine.org'], 'a realm, however it is typed');
SELECT is(ARRAY(SELECT realm::text FROM apppass.find_realms()), ARRAY['default', 'mine.org', 'theirs.org'], 'all of them');
SAVEPOINT rules;
SELECT apppass.add_access('deny', 'mine.org'), apppass.add_access('deny', 'theirs.org'), apppass.add_access('allow');
SELECT is(ARRAY(SELECT realm::text FROM apppass.find_access('MINE.org')), ARRAY['mine.org', NULL], 'the rules that a realm is subject to');
SELECT is(ARRAY(SELECT word FROM apppass.completions('rule', '2')), ARRAY['20'], 'a rule by its position');
ROLLBACK TO rules;
SELECT is(ARRAY(SELECT word FROM apppass.completions('account', 'AL')), ARRAY['alice@mine.org', 'alina@mine.org'], 'accounts that start so');
SELECT is(ARRAY(SELECT word FROM apppass.completions('account', 'a_')), ARRAY['a_b@mine.org'], '_ stands for itself here too');
SELECT is(ARRAY(SELECT word FROM apppass.completions('device', E'KU\u0308', 'Alice@mine.org')), ARRAY['Küche'], 'devices of an account');
SELECT is(ARRAY(SELECT word || ' ' || note FROM apppass.completions('code', 'KO', 'alice@mine.org')), ARRAY['k011 Küche of alice@mine.org'], 'codes of an account');
SELECT is(ARRAY(SELECT word FROM apppass.completions('realm', 'M')), ARRAY['mine.org'], 'realms');
SELECT throws_ok($$ SELECT apppass.completions('password', '') $$, '22023', NULL, 'nothing else');

-- ---- revoking what was shown ----
CREATE TEMP TABLE shown AS SELECT array_agg(code_id) AS ids FROM apppass.find_codes('alice@mine.org');
SELECT throws_ok($$ SELECT apppass.revoke_codes((SELECT ids FROM shown), ' ') $$, 'AP002', NULL, 'revoking needs a reason');
SAVEPOINT meanwhile;
SELECT apppass.revoke_code('alice@mine.org', '2222', 'by somebody else');
SELECT throws_ok($$ SELECT apppass.revoke_codes((SELECT ids FROM shown), 'left') $$, 'AP005', '1 of the 2 codes are no longer there to be revoked', 'a set that changed is not revoked');
SELECT is((SELECT count(*) FROM apppass.find_codes('alice@mine.org')), 1::bigint, 'not even in part');
ROLLBACK TO meanwhile;
SELECT throws_ok($$ SELECT apppass.revoke_codes('{-1}', 'left') $$, 'AP005', NULL, 'what there is not is not revoked');
SELECT is(apppass.revoke_codes((SELECT ids || ids FROM shown), 'left', 'T-1', 'anna'), 2, 'the set is revoked, whatever is named twice');
SELECT is(ARRAY(SELECT DISTINCT ARRAY[revoke_reason, revoked_by] FROM apppass.code_overview WHERE account = 'alice@mine.org' AND revoke_reason <> 'lost'),
          ARRAY[ARRAY['left', 'postgres/anna']], 'with reason and operator');
SELECT is((SELECT count(*) FROM apppass.audit_log WHERE ticket = 'T-1' AND action = 'code_revoked'), 2::bigint, 'and ticket, in the trail');
SELECT is(apppass.revoke_codes('{}', 'nothing'), 0, 'an empty set is none');
SELECT is(ARRAY(SELECT selector::text FROM apppass.revoked_now(' ALICE@mine.org')), ARRAY['k011', '2222', '3333'], 'this transaction revoked them');

-- ---- what a notice is about ----
SELECT pg_temp.same(format($$ SELECT event, account, device, selector FROM apppass.find_event(%L) $$, (SELECT jsonb_build_object('audit_id', max(id)) FROM apppass.audit_log WHERE ticket = 'T-1')),
    $$ SELECT action, account, device, selector FROM apppass.audit_log WHERE ticket = 'T-1' ORDER BY id DESC LIMIT 1 $$, 'an event by its key');
SELECT is((SELECT count(*) FROM apppass.find_event((SELECT jsonb_build_object('audit_id', max(id)) FROM apppass.audit_log WHERE ticket = 'T-1'), 'bob*')), 0::bigint, 'not of other accounts');
SELECT is((SELECT count(*) FROM apppass.find_event('{"event": "first_use", "code_id": 1}')), 0::bigint, 'no use that was not');

-- ---- names ----
SELECT is(ARRAY(SELECT apppass.near_accounts('alcie@mine.org')), ARRAY['alice@mine.org'], 'two letters swapped');
SELECT ok('alice@mine.org' IN (SELECT apppass.near_accounts(' ALICEE@mine.org')), 'one too many');
SELECT ok('alice@mine.org' IN (SELECT apppass.near_accounts(typed)), 'an address as it is pasted: ' || typed)
    FROM unnest(ARRAY['Alice Example <Alice@mine.org>', ' mailto:alice@mine.org']) AS typed;
SELECT apppass.add_account('jürgen@mine.org');
SELECT is(ARRAY(SELECT apppass.near_accounts('JÜRGEN@mine.org')), ARRAY['jürgen@mine.org'], 'a capital that is not ASCII');
SELECT is((SELECT count(*) FROM apppass.near_accounts('zzzz')), 0::bigint, 'nothing near');
UPDATE apppass.account SET username = 'alice.new@mine.org' WHERE username = 'alice@mine.org';
SELECT is(ARRAY(SELECT apppass.renamed_accounts('Alice@mine.org')), ARRAY['alice.new@mine.org'], 'what an account is called now');
SELECT is((SELECT count(*) FROM apppass.find_events('alice.new@mine.org')), (SELECT count(*) FROM apppass.find_events('alice@mine.org')),
          'its trail is one under both names');
SELECT ok((SELECT count(*) FROM apppass.find_events('alice.new@mine.org')) > 6, 'and goes back to the start');
SELECT is((SELECT array_agg(action) FROM apppass.find_events(most => 1)), ARRAY['account_changed'], 'the latest alone');

-- ---- attempts ----
SELECT apppass.record_refusal('wrong_code', 'bob@mine.org', (SELECT code_id FROM apppass.find_codes('bob@mine.org')), 'imap', '192.0.2.1') FROM generate_series(1, 3);
SELECT apppass.record_use((SELECT code_id FROM apppass.find_codes('bob@mine.org')), 'smtp', '198.51.100.1');
SELECT apppass.record_refusal('unknown_user', 'nobody', NULL, 'imap', '203.0.113.9');
SELECT set_eq($$ SELECT verdict, attempts, service, client, device FROM apppass.attempts(' Bob@mine.org', now() - interval '1 hour') $$,
    $$ VALUES ('wrong_code', 3::bigint, 'imap', '192.0.2.1', 'Phone'), ('accepted', 1, 'smtp', '198.51.100.0/24', 'Phone') $$, 'attempts, alike ones together');
SELECT throws_ok($$ SELECT apppass.attempts('nobody', now()) $$, 'P0002', NULL, 'of nobody');
SELECT is((SELECT l.who FROM apppass.last_disabled('bob@mine.org') AS l), NULL, 'nobody disabled it');
SELECT is((SELECT count(*) FROM apppass.expired_codes('bob@mine.org', now() - interval '1 day')), 0::bigint, 'nothing expired');
SAVEPOINT expired;
SELECT pg_temp.set_realm('mine.org', 'max_lifetime = ''90 days''');
SELECT pg_temp.age_code(code_id, '90 days') FROM apppass.find_codes('bob@mine.org');
SELECT is(ARRAY(SELECT selector::text FROM apppass.expired_codes(' Bob@mine.org', now() - interval '1 day')), ARRAY['2222'], 'a code that expired');
SELECT apppass.store_code('bob@mine.org', 'phone', '6666', pg_temp.digest());
SELECT is((SELECT count(*) FROM apppass.expired_codes('bob@mine.org', now() - interval '1 day')), 0::bigint, 'but on no device that has a live one');
ROLLBACK TO expired;
SELECT is((SELECT attempts FROM apppass.strangers(now() - interval '1 hour')), 1::bigint, 'names that are no account');

-- ---- policy ----
SELECT is(apppass.add_realm(' New.ORG ', 'Ours'), 'new.org', 'a realm is added under its canonical name');
SELECT throws_ok($$ SELECT apppass.add_realm('new.org') $$, '23505', NULL, 'once');
SELECT throws_ok($$ SELECT apppass.add_realm('a@b') $$, '22023', NULL, 'not under any name');
SELECT lives_ok(format('SELECT apppass.set_policy(%L, %L, %L)', ' NEW.org', name, value), 'set: ' || name || ' = ' || coalesce(value, 'none'))
FROM (VALUES ('services', 'IMAPS,smtp'), ('max_lifetime', '180 days'), ('mfa_required', 'yes'), ('Max_Codes', ' 7 '), ('max_lifetime', NULL)) AS v (name, value);
SELECT pg_temp.same($$ SELECT services, max_lifetime, mfa_required, max_codes FROM apppass.realm_overview WHERE realm = 'new.org' $$,
    $$ VALUES ('{imap,smtp}'::text[], NULL::interval, true, 7) $$, 'so it is');
SELECT throws_ok(format('SELECT apppass.set_policy(%L, %L, %L)', realm, name, value), state, NULL, 'not set: ' || coalesce(name, 'NULL'))
FROM (VALUES ('none.org', 'max_codes', '7', 'P0002'), ('new.org', 'id', '7', '22023'), ('new.org', 'max_codes', NULL, '22023'),
             ('new.org', 'max_codes', 'many', '22023'), ('new.org', 'max_codes', '0', '22023'), ('new.org', 'max_lifetime', 'soon', '22023')) AS v (realm, name, value, state);
SELECT is(position, 10, 'an access rule is added last') FROM apppass.add_access('DENY', 'new.org', 'pop3', '::ffff:10.0.0.0/104');
SELECT pg_temp.same($$ SELECT action, service, network FROM apppass.remove_access(10) $$, $$ VALUES ('deny', 'pop', '10.0.0.0/8'::cidr) $$, 'canonical, and removed');
SELECT throws_ok($$ SELECT apppass.remove_access(10) $$, 'P0002', NULL, 'once');

-- ---- row by row ----
CREATE TEMP TABLE rows (account text, mfa text);
INSERT INTO rows VALUES ('x1@mine.org', 'yes'), (' BOB@mine.org', NULL), ('x@', NULL), ('x2@mine.org', 'perhaps'), ('x3@mine.org', '');
SELECT is(ARRAY(SELECT ARRAY[i.result, i.token] FROM rows AS r, LATERAL apppass.import_account(r.account, NULL, r.mfa) AS i)::text,
          ARRAY[ARRAY['added', NULL], ARRAY['exists', 'account_username_unique'], ARRAY['failed', 'account_username_form'], ARRAY['failed', ''],
                ARRAY['added', NULL]]::text, 'each row of an import has its answer');
SELECT is((apppass.import_code('x1@mine.org', 'Phone', '4444', pg_temp.digest(), 'imap,SMTP', '10.0.0.0/8')).services, '{imap,smtp}'::text[], 'a code from text');
SELECT is((apppass.import_code('x1@mine.org', 'Phone', '4444', pg_temp.digest())).token, 'code_selector_unique', 'a selector that is taken says so');
SELECT is((apppass.import_code('x1@mine.org', ' phone', '5555', pg_temp.digest(), skip_live => true)).result, 'exists', 'what has a code is skipped');

SELECT ok((SELECT count(*) FROM apppass.metrics() WHERE name = 'apppass_codes') = 5, 'metrics know every state');
SELECT is((SELECT count(*) FROM apppass.maintain(job => 'counts')), 0::bigint, 'counting changes nothing to tell of');
SELECT is((SELECT sum(value::bigint) FROM apppass.metrics() WHERE name = 'apppass_codes'), (SELECT count(*)::numeric FROM apppass.code_overview),
          'every code is counted');
SELECT is((SELECT array_agg(value ORDER BY labels) FROM apppass.metrics() WHERE name = 'apppass_accounts'),
          (SELECT ARRAY[count(*) FILTER (WHERE NOT enabled)::text, count(*) FILTER (WHERE enabled)::text] FROM apppass.account_overview), 'and every account');
SELECT is((SELECT value FROM apppass.metrics() WHERE name = 'apppass_counts_age_seconds'), '0', 'just now');
UPDATE apppass.tally SET counted_at = counted_at - interval '1 hour', value = value + 1;
SELECT is((SELECT value FROM apppass.metrics() WHERE name = 'apppass_counts_age_seconds'), '3600', 'counts that are old say so');
INSERT INTO apppass.tally (realm_id, name, labels, value, counted_at)
SELECT id, 'apppass_codes_used_recently', 'service="gone"', 1, now() FROM apppass.realm WHERE name = 'default';
SELECT is((SELECT count(*) FROM apppass.maintain(dry_run => true, job => 'counts')), 0::bigint, 'a dry run');
SELECT is((SELECT count(*) FROM apppass.metrics() WHERE labels = 'service="gone"'), 1::bigint, 'counts nothing');
SELECT is((SELECT count(*) FROM apppass.maintain(job => 'counts')), 0::bigint, 'counted again');
SELECT is((SELECT count(*) FROM apppass.metrics() WHERE labels = 'service="gone"'), 0::bigint, 'what is no more leaves');
SELECT is((SELECT sum(value::bigint) FROM apppass.metrics() WHERE name = 'apppass_codes'), (SELECT count(*)::numeric FROM apppass.code_overview),
          'and the rest is right');
SELECT apppass.record_refusal('wrong_code', 'bob@mine.org', NULL, 'sieve', NULL);
INSERT INTO apppass.refusal (at, verdict, service) VALUES (now() - interval '2 hours', 'unknown_user', 'sieve');
SELECT pg_temp.same($$ SELECT labels, value FROM apppass.metrics() WHERE name = 'apppass_refusals' AND labels LIKE '%sieve%' $$,
    $$ VALUES ('verdict="wrong_code",service="sieve"', '1') $$, 'refusals are those of the last hour');
SELECT is((SELECT count(*) FROM apppass.near_accounts('bo@mine.org') AS n WHERE n = 'bob@mine.org'), 1::bigint, 'a name a slip away');
SELECT is((SELECT count(*) FROM apppass.near_accounts(repeat(' ', 1000000) || 'bo@mine.org')), 0::bigint, 'what is longer than a name is not read to its end');
SELECT is((SELECT count(*) FROM apppass.find_codes(which => 'all', most => 1)), 1::bigint, 'the first of many codes');
SELECT is((SELECT count(*) FROM apppass.find_accounts(most => 2)), 2::bigint, 'of many accounts');

SELECT * FROM finish();
ROLLBACK;
