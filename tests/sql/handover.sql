-- SPDX-License-Identifier: BSD-2-Clause
-- Codes that no operator sees: offered by a link, collected once.
BEGIN;
\ir setup.sql
SELECT plan(53);

CREATE ROLE pia LOGIN IN ROLE apppass_self;
CREATE ROLE hilda LOGIN IN ROLE apppass_helpdesk;
INSERT INTO apppass.realm (name) VALUES ('example.org'), ('other.example');
SELECT apppass.add_account('alice@example.org'), apppass.add_account('olga@other.example');
INSERT INTO apppass.realm_operator (role_name, realm_id)
SELECT 'hilda', id FROM apppass.realm WHERE name = 'example.org';

-- The sum of a link's secret part, and of that with a PIN.
CREATE FUNCTION pg_temp.sum(text) RETURNS bytea LANGUAGE sql AS $$
    SELECT sha256(convert_to($1, 'UTF8')) $$;
CREATE FUNCTION pg_temp.offer(secret text, rest text DEFAULT '',
                              who text DEFAULT 'alice@example.org',
                              device text DEFAULT 'Printer') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT device FROM apppass.offer_code(%L, %L, %L%s)', who, device,
                  pg_temp.sum(secret), rest) $$;
CREATE FUNCTION pg_temp.collect(secret text, selector text, pin text DEFAULT NULL) RETURNS text
    LANGUAGE sql AS $$
    SELECT format('SELECT selector FROM apppass.self_collect(%L, %L, ''198.51.100.7'', %L, %L)',
                  pg_temp.sum(secret), pg_temp.sum(secret || pin), selector, pg_temp.digest()) $$;

SET SESSION AUTHORIZATION hilda;
SELECT throws_ok(pg_temp.offer('one'), 'AP001', NULL, 'no link where there is no page for it');
RESET SESSION AUTHORIZATION;
SELECT throws_ok($$ UPDATE apppass.realm SET handover_url = 'http://x.example/h' $$, '23514', NULL,
    'nor one without TLS');
UPDATE apppass.realm SET handover_url = 'https://mail.' || name || '/handover'
WHERE name LIKE '%.%';

SET SESSION AUTHORIZATION hilda;
SELECT throws_ok(pg_temp.offer('one', who => 'olga@other.example'), '42501', NULL,
    'not for another tenant''s account');
SELECT throws_ok(pg_temp.offer('one', who => 'nobody@example.org'), '42501', NULL, 'nor for nobody');
SELECT throws_ok(pg_temp.offer('one', device => ''), '22023', NULL, 'nor for no device');
SELECT throws_ok(pg_temp.offer('one', $$, services => '{nosuch}'$$), '22023', NULL,
    'nor for a service that is none');
SELECT throws_ok(pg_temp.offer('one', $$, valid => '1 year'$$), '22023', NULL, 'nor for a year');
SELECT throws_ok(format($$ SELECT apppass.offer_code('alice@example.org', 'Printer', sha256('one'), valid => %L) $$, valid), '22023',
    'a link is valid for a minute to 30 days', 'not valid for ' || valid)
    FROM unnest(ARRAY['59 s', '31 days', '-1 day', '400000 years']) AS valid;
SELECT throws_ok($$ SELECT apppass.offer_code('alice@example.org', 'Printer', 'one') $$, '22023',
    NULL, 'nor with the secret itself');
SELECT is((SELECT count(*) FROM apppass.code_overview), 0::bigint,
    'what was rehearsed is not there');
SELECT results_eq(pg_temp.offer('one', $$, services => '{IMAPS}'$$), $$ VALUES ('Printer') $$,
    'a code is offered');
SELECT results_eq($$ SELECT state, pin, services, selector FROM apppass.handover_overview $$,
    $$ VALUES ('pending', false, '{imap}'::text[], NULL::text) $$, 'the desk sees it, and no code');
SELECT throws_ok(format('SELECT apppass.self_offer(%L)', pg_temp.sum('one')), '42501', NULL,
    'the desk opens no link');

SET SESSION AUTHORIZATION pia;
SELECT throws_ok(pg_temp.collect('two', '1111'), 'P0002', NULL, 'nobody guesses one');
SELECT throws_ok('SELECT * FROM apppass.handover_overview', '42501', NULL, 'the page lists none');
SELECT throws_ok(pg_temp.offer('two'), '42501', NULL, 'and offers none');
SELECT results_eq(
    format('SELECT account_name, device, pin FROM apppass.self_offer(%L)', pg_temp.sum('one')),
    $$ VALUES ('alice@example.org', 'Printer', false) $$, 'the link says what it is for');
SELECT results_eq(pg_temp.collect('one', '1111'), $$ VALUES ('1111') $$, 'and makes the code');
SELECT throws_ok(pg_temp.collect('one', '2222'), 'P0002', NULL, 'once');
RESET SESSION AUTHORIZATION;
SELECT is(format('%s %s', state, selector), 'collected 1111', 'the desk sees that')
FROM apppass.handover_overview;
SELECT results_eq($$ SELECT created_by, services FROM apppass.code $$,
    $$ VALUES ('pia/the link', '{imap}'::text[]) $$, 'it is for what was offered');
SELECT results_eq($$ SELECT action, actor, after ->> 'address' FROM apppass.audit_log
    WHERE action LIKE 'handover%' ORDER BY id $$,
    $$ VALUES ('handover_offered', 'hilda', NULL), ('handover_collected', 'pia', '198.51.100.7') $$,
    'the trail has both');

-- with a PIN
SET SESSION AUTHORIZATION hilda;
SELECT lives_ok(pg_temp.offer('three', format(', pin_hash => %L', pg_temp.sum('three123456'))),
    'a PIN');
SET SESSION AUTHORIZATION pia;
SELECT results_eq(pg_temp.collect('three', '3333', '000000'), $$ VALUES (NULL::text) $$,
    'a wrong PIN');
SELECT results_eq(pg_temp.collect('three', '3333'), $$ VALUES (NULL::text) $$,
    'none is a wrong one too');
SELECT results_eq(pg_temp.collect('three', '3333', '123456'), $$ VALUES ('3333') $$,
    'the right one');

-- what takes codes away takes the link away
SET SESSION AUTHORIZATION hilda;
SELECT lives_ok(pg_temp.offer('four'), 'one more');
SELECT is(apppass.withdraw_offer('alice@example.org', 'PRINTER', 'wrong person'), 1,
    'is withdrawn');
SELECT lives_ok(pg_temp.offer('five'), 'and one more');
SELECT lives_ok($$ SELECT apppass.revoke_account('alice@example.org', 'lost') $$,
    'ends with all codes');
SET SESSION AUTHORIZATION pia;
SELECT throws_ok(pg_temp.collect('five', '5555'), 'P0002', NULL, 'and makes none');

-- so does revoking the device, also where a link is all it has
SET SESSION AUTHORIZATION hilda;
SELECT lives_ok(pg_temp.offer('ten', device => 'New one'), 'a link for a device that has nothing');
SELECT throws_ok($$ SELECT apppass.revoke_device('alice@example.org', 'Other', 'lost') $$, 'P0002',
    NULL, 'another device is none');
SELECT is(apppass.revoke_device('alice@example.org', 'NEW ONE', 'lost'), 0, 'is revoked');
SELECT is(apppass.withdrawn_now('alice@example.org'), 3::bigint, 'which the transaction knows');
SET SESSION AUTHORIZATION pia;
SELECT throws_ok(pg_temp.collect('ten', 'aaaa'), 'P0002', NULL, 'and its link opens no more');

-- a link opens nothing that has ended, nor after the account was disabled in between
SET SESSION AUTHORIZATION hilda;
SELECT is(ends_at, expires_at, 'no link outlives its code')
FROM apppass.offer_code('alice@example.org', 'Scanner', pg_temp.sum('eleven'), valid => '7 days',
                        expires_at => now() + interval '1 day');
SELECT apppass.set_account_enabled('alice@example.org', false, 'left', at => now() + interval '1 hour');
SELECT is((SELECT count(*) FROM apppass.handover_overview WHERE device = 'Scanner'), 1::bigint,
    'an account that will be disabled keeps its links');
RESET SESSION AUTHORIZATION;
ALTER TABLE apppass.account DISABLE TRIGGER USER;
UPDATE apppass.account SET disabled_from = now() - interval '1 minute' WHERE username = 'alice@example.org';
ALTER TABLE apppass.account ENABLE TRIGGER USER;
SET SESSION AUTHORIZATION hilda;
SELECT apppass.set_account_enabled('alice@example.org', true, 'stays');
SELECT is((SELECT count(*) FROM apppass.handover_overview WHERE device = 'Scanner'), 0::bigint,
    'one that was gets none back');

-- many at once: the error is the answer, and what waits stays
SET SESSION AUTHORIZATION hilda;
CREATE FUNCTION pg_temp.import(who text, device text, secret text, skip boolean DEFAULT false)
    RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', result, sqlstate, token) FROM apppass.import_offer(
        account => who, device => device, link_hash => pg_temp.sum(secret), services => 'imap,smtp',
        skip_live => skip) $$;
SELECT is(pg_temp.import('olga@other.example', 'Printer', 'six'), 'failed 42501 account_not_managed',
    'another tenant''s account');
SELECT is(pg_temp.import('Alice@example.org', 'Fax', 'six'), 'added', 'a link for a row');
SELECT is(pg_temp.import('alice@example.org', ' FAX', 'seven'), 'exists handover_pending',
    'and no other while it waits');
SELECT is(pg_temp.import('alice@example.org', 'Printer', 'eight', true), 'added',
    'a device without a code that works gets one');
SELECT is(pg_temp.import('*@example.org', 'Fax', 'nine'), 'failed 42501 account_not_managed',
    'an account is no pattern');
SELECT is(pg_temp.import(NULL, 'Fax', 'nine'), 'failed 42501 account_not_managed', 'nor all of them');
SET SESSION AUTHORIZATION pia;
SELECT throws_ok($$ SELECT pg_temp.import('alice@example.org', 'Fax', 'nine') $$, '42501', NULL,
    'the page makes none');

-- what nobody opened in time is forgotten, so many at once
RESET SESSION AUTHORIZATION;
DELETE FROM apppass.handover WHERE collected_at IS NULL;
SET SESSION AUTHORIZATION hilda;
\o /dev/null
SELECT apppass.offer_code('alice@example.org', 'Printer ' || n, sha256(convert_to(n::text, 'UTF8')))
FROM generate_series(1, 3) AS n;
\o
RESET SESSION AUTHORIZATION;
UPDATE apppass.handover SET ends_at = now() - interval '6 days 23 hours' WHERE collected_at IS NULL;
SELECT is_empty('SELECT FROM apppass.maintain_links(false, 2)', 'for a week the desk can say that a link has ended');
UPDATE apppass.handover SET ends_at = now() - interval '7 days' WHERE collected_at IS NULL;
SELECT results_eq('SELECT action, detail FROM apppass.maintain_links(false, 2)',
    $$ VALUES ('forget links', '2 not collected'), ('run again', 'there may be more links to forget') $$,
    'old links are forgotten in portions');
SELECT results_eq('SELECT action, detail FROM apppass.maintain_links(false, 2)',
    $$ VALUES ('forget links', '1 not collected') $$, 'until there are none');
SELECT is((SELECT count(*) FROM apppass.handover WHERE collected_at IS NOT NULL), 2::bigint,
    'which codes were collected stays known');

SELECT * FROM finish();
ROLLBACK;
