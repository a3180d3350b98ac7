-- SPDX-License-Identifier: BSD-2-Clause
-- Owners help themselves: what the page's login may do for them, and what it may not, taken over or
-- not.
BEGIN;
\ir setup.sql
SELECT plan(51);

CREATE ROLE pia LOGIN IN ROLE apppass_self;
CREATE ROLE hilda LOGIN IN ROLE apppass_helpdesk;
INSERT INTO apppass.realm (name) VALUES ('example.org'), ('other.example');
SELECT apppass.add_account('alice@example.org'), apppass.add_account('bob@example.org'),
    apppass.add_account('olga@other.example');
UPDATE apppass.realm SET self_allowed = true, self_makes_per_day = 3,
    self_services = '{imap,SMTP}', self_mfa_values = '{" mfa","phr "}' WHERE name = 'example.org';
SELECT throws_ok($$ UPDATE apppass.realm SET self_mfa_values = string_to_array('mfa,', ',') $$, '23514', NULL, 'silence is no second factor');
SELECT throws_ok($$ UPDATE apppass.realm SET self_mfa_values = '{}' $$, '23514', NULL, 'nor is nothing');
SELECT is(self_mfa_values, '{mfa,phr}', 'and blanks are no part of one') FROM apppass.realm WHERE name = 'example.org';
SELECT is(self_services, '{imap,smtp}', 'offered services have their one name')
FROM apppass.realm WHERE name = 'example.org';

-- refused(CODE, FUNCTION, ARGUMENTS, SAYS): with an identity that is fresh and strong unless told
CREATE FUNCTION pg_temp.call(f text, rest text DEFAULT '', who text DEFAULT 'alice@example.org',
                             age interval DEFAULT '1 minute', acr text DEFAULT 'mfa',
                             amr text[] DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT * FROM apppass.%s(%L, %L, %L, %L, ''198.51.100.7''%s)', f, who,
                  clock_timestamp() - age, acr, amr, rest) $$;
CREATE FUNCTION pg_temp.make(device text, selector text, rest text DEFAULT '') RETURNS text
    LANGUAGE sql AS $$ SELECT format(', %L, %L, %L', device, selector, pg_temp.digest()) || rest $$;

SET SESSION AUTHORIZATION pia;
SELECT throws_ok(pg_temp.call('self_codes', who => 'olga@other.example'), 'AP001', NULL,
    'nothing is to be had where the realm does not let owners help themselves');
SELECT throws_ok(pg_temp.call('self_codes', who => 'nobody@example.org'), 'P0002', NULL, 'nor for a stranger');
SELECT throws_ok(pg_temp.call('self_codes', age => NULL), 'AP006', NULL, 'nor without an identity');
SELECT lives_ok(pg_temp.call('self_codes', age => '9 hours'), 'an old identity is enough to look');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '1111'), age => '11 minutes'), 'AP006',
    'the identity was verified too long ago', 'not to make');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '1111'), age => '-1 hour'), 'AP006',
    'the identity was verified too long ago', 'nor is one of the future');
SELECT throws_ok(pg_temp.call('self_revoke', $$, '1111'$$, age => '11 minutes'), 'AP006', NULL, 'not to revoke');
SELECT throws_ok(pg_temp.call('self_revoke_all', age => '11 minutes'), 'AP006', NULL, 'nor all');
SELECT throws_ok(pg_temp.call('self_alarm', age => '11 minutes'), 'AP006', NULL, 'nor to cry');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '1111'), acr => '1', amr => '{pwd}'), 'AP006',
    'the identity was verified without a second factor that counts', 'a password alone makes nothing');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '1111'), acr => NULL), 'AP006', NULL, 'nor does silence');
RESET SESSION AUTHORIZATION;
SELECT ok(NOT apppass.self_strong(r, '', NULL), 'nor an empty word, whatever the realm says')
FROM jsonb_populate_record(NULL::apppass.realm, '{"self_mfa_values": ["", "mfa"]}') AS r;
SELECT is((SELECT count(*) FROM apppass.code), 0::bigint, 'nothing was made');
SELECT is(mfa_enrolled, false, 'nor noted') FROM apppass.account WHERE username = 'alice@example.org';

SET SESSION AUTHORIZATION pia;
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '1111', ', turn => -1')), 'AP001',
    'a code was made for account "alice@example.org" since this was asked for', 'a form that was overtaken makes nothing');
SELECT turn AS turn FROM apppass.self_policy('alice@example.org', now(), NULL, NULL, NULL) \gset
SELECT lives_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '1111', ', turn => ' || :turn), acr => '1', amr => '{pwd,phr}'),
    'with a second factor a code is made');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '2222', ', turn => ' || :turn)), 'AP001', NULL, 'once');
SELECT throws_ok(pg_temp.call('self_reset', pg_temp.make('Phone', '2222', ', turn => ' || :turn)), 'AP001', NULL, 'nor does it replace');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Phone', '2222', $$, '{imap,pop}'$$)), 'AP001', NULL,
    'not for a service that is not offered');
SELECT lives_ok(pg_temp.call('self_issue', pg_temp.make('Laptop', '3333', $$, '{IMAPS}'$$)), 'but for one that is');
SELECT lives_ok(pg_temp.call('self_reset', pg_temp.make('phone', '4444')), 'a device gets a new code');
SELECT throws_ok(pg_temp.call('self_reset', pg_temp.make('Laptop', '5555')), 'AP001', NULL,
    'the day''s codes are counted, new ones and replaced ones');
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Third', '5555')), 'AP001', NULL, 'whatever the device');
SELECT results_eq(
    format('SELECT device, selector, state, services, by_owner FROM apppass.self_codes(%L, now(), NULL, NULL, NULL)',
           'alice@example.org'),
    $$ VALUES ('Laptop', '3333', 'live', '{imap}'::text[], true),
              ('Phone', '4444', 'live', '{imap,smtp}', true), ('Phone', '1111', 'revoked', '{imap,smtp}', true) $$,
    'the owner sees them');
SELECT is(makes_left, 0::bigint, 'and that none is left today')
FROM apppass.self_policy('alice@example.org', now(), NULL, NULL, NULL);
SELECT results_eq($$ SELECT fresh, strong FROM apppass.self_policy('alice@example.org', now() - interval '1 h', 'x', NULL, NULL) $$,
    'VALUES (false, false)', 'and what the identity lacks');
SET apppass.operator = 'mallory';
SELECT throws_ok(pg_temp.call('self_issue', pg_temp.make('Third', '5555')), 'AP001', NULL, 'another operator''s name frees no code');
RESET apppass.operator;
RESET SESSION AUTHORIZATION;

SELECT is(mfa_enrolled, true, 'the second factor was noted') FROM apppass.account WHERE username = 'alice@example.org';
SELECT set_eq($$ SELECT created_by FROM apppass.code $$, ARRAY['pia/the owner'], 'made by the owner, through the page''s login');
SELECT results_eq($$ SELECT actor, operator, after ->> 'amr', after ->> 'address', after ->> 'for' FROM apppass.audit_log
    WHERE action = 'owner_identified' ORDER BY id LIMIT 1 $$,
    $$ VALUES ('pia', 'the owner', 'pwd phr', '198.51.100.7', 'make') $$, 'the trail says on what identity that rests');
SELECT is((SELECT count(*) FROM apppass.audit_log WHERE action IN ('code_issued', 'code_reset')), 3::bigint,
    'every issue has its event');

SELECT apppass.record_use((SELECT id FROM apppass.code WHERE selector = '4444'), 'imap', '192.0.2.9');
SET SESSION AUTHORIZATION pia;
SELECT results_eq($$ SELECT selector, service, network FROM apppass.self_uses('alice@example.org', now(), NULL, NULL, NULL) $$,
    $$ VALUES ('4444', 'imap', '192.0.2.0/24'::cidr) $$, 'the last use, by service and network');
SELECT throws_ok(pg_temp.call('self_revoke', $$, '4444'$$, who => 'bob@example.org'), 'P0002', NULL,
    'nobody revokes another one''s code');
SELECT lives_ok(pg_temp.call('self_revoke', $$, '4444'$$, acr => '1'), 'a person whose second factor is lost still revokes');
SELECT throws_ok(pg_temp.call('self_revoke', $$, '4444'$$), 'P0002', NULL, 'once');
SELECT results_eq(pg_temp.call('self_alarm', $$, '3333'$$), 'VALUES (1)', 'it was not me: what is left ends');
SELECT results_eq(pg_temp.call('self_revoke_all'), 'VALUES (0)', 'and then there is none');

-- taken over
SELECT is_empty($$ SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'apppass'::regnamespace
    AND has_function_privilege('pia', p.oid, 'EXECUTE') AND p.proname NOT LIKE 'self\_%' $$, 'it executes nothing else');
SELECT is_empty($$ SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p', 'v')
    AND (has_table_privilege('pia', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
         OR has_any_column_privilege('pia', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')) $$, 'and reads no table or view');
SELECT throws_ok($$ SELECT apppass.self_account('alice@example.org', now(), NULL, NULL, NULL, 'look') $$, '42501', NULL,
    'not the check alone');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'x', '7777', pg_temp.digest()) $$, '42501', NULL, 'nor what it rests on');
SELECT throws_ok('SET ROLE apppass_helpdesk', '42501', NULL, 'and becomes nobody else');
SELECT throws_ok(pg_temp.call('self_issue', format(', %L, %L, %L', 'x', '7777', 'secret')), NULL, NULL, 'a hash must be one');
RESET SESSION AUTHORIZATION;
SELECT results_eq($$ SELECT selector, reason FROM apppass.audit_log WHERE action = 'owner_alarm' $$,
    $$ VALUES ('3333', 'its owner says: it was not me') $$, 'the helpdesk is told of the alarm');
SELECT set_eq($$ SELECT revoke_reason FROM apppass.code $$,
    ARRAY['replaced by the owner', 'revoked by the owner', 'its owner says: it was not me'], 'each revocation says why');
SET SESSION AUTHORIZATION hilda;
SELECT throws_ok(pg_temp.call('self_codes'), '42501', NULL, 'the helpdesk is not the owner');
RESET SESSION AUTHORIZATION;
INSERT INTO apppass.realm_operator (role_name, realm_id) SELECT 'pia', id FROM apppass.realm WHERE name = 'other.example';
SET SESSION AUTHORIZATION pia;
SELECT throws_ok(pg_temp.call('self_codes'), '42501', NULL, 'a page can be limited to some realms');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
