-- SPDX-License-Identifier: BSD-2-Clause
-- The rules: names, services, networks, when a code ends; and that they cost no call.
BEGIN;
\ir setup.sql
SELECT plan(73);

-- ---- names ----
SELECT is(apppass.account_name(typed), name, 'account_name: ' || what) FROM (VALUES
    ('capitals', 'Alice@EXAMPLE.org', 'alice@example.org'),
    ('blanks around it', E' alice@example.org\u00a0', 'alice@example.org'),
    ('invisible characters around it', E'\u200balice@example.org\ufeff', 'alice@example.org'),
    ('composed', E'mu\u0308ller@example.org', 'müller@example.org'),
    ('letters beyond ASCII stay', 'MÜLLER@example.org', 'mÜller@example.org'),
    ('nothing but blanks', E' \u3000', NULL)) AS v (what, typed, name);

SELECT ok(apppass.is_username(name), 'a user name: ' || name) FROM unnest(ARRAY[
    'alice', 'alice@example.org', 'müller@example.org', 'a+b@example.org', 'cn=alice,dc=org',
    'alice@xn--mller-kva.de', 'alice@localhost', '電話@example.org', 'a@b@example.org']) AS name;
SELECT throws_ok(format('SELECT apppass.add_account(%L)', name), '22023', NULL,
                 'not added by function: ' || what)
FROM (VALUES
    ('zero width space', E'al\u200bice@example.org'), ('byte order mark', E'al\ufeffice'),
    ('soft hyphen', E'al\u00adice'), ('variation selector', E'alice\ufe0f@example.org'),
    ('tag characters', E'alice\U000e0041@example.org'), ('blank inside', 'al ice@example.org'),
    ('no domain', 'x@'), ('no local part', '@y'), ('trailing dot', 'x@y.'),
    ('leading dot', 'x@.y'), ('two dots', 'x@a..b'), ('per cent', 'alice%example.org'),
    ('per cent in an address', 'a%b@example.org'), ('IDN in letters', 'alice@müller.de')
) AS v (what, name);
SELECT throws_ok(format('INSERT INTO apppass.account (username) VALUES (%L)', name), '23514', NULL,
                 'not added by SQL: ' || name)
FROM unnest(ARRAY[E'al\u200bice', 'x@', '@y', 'x@y.', 'alice%example.org', 'x@müller.de']) AS name;
SELECT lives_ok($$ SELECT apppass.add_account(E'mu\u0308ller@example.org') $$, 'NFD is added');
SELECT throws_ok($$ SELECT apppass.add_account('müller@example.org') $$, '23505', NULL,
                 'and is the same account as NFC');
SELECT is(pg_temp.verdict(E'mu\u0308ller@example.org', '0000'), 'unknown_code', 'found in either form');
SELECT is(apppass.selector_name(' KOIL '), 'k011', 'a selector as people read it out');

-- ---- services ----
SELECT is(apppass.service_name(given), 'smtp', given || ' is smtp')
FROM unnest(ARRAY['smtp', 'SMTP', 'smtps', 'submission', 'submissions']) AS given;
SELECT throws_ok($$ SELECT apppass.store_code('müller@example.org', 'x', '1111', pg_temp.digest(), '{imaap}') $$,
                 '22023', 'service "imaap" is not known', 'a code for an unknown service');
SELECT throws_ok($$ UPDATE apppass.realm SET services = '{smpt}' $$, '22023',
                 'service "smpt" is not known', 'a realm with one');
SELECT throws_ok($$ INSERT INTO apppass.access_rule (action, service) VALUES ('deny', 'imaap') $$,
                 '22023', NULL, 'an access rule for one');
SELECT throws_ok($$ UPDATE apppass.realm SET services = '{a+b}' $$, '22023',
                 'service name "a+b" is not valid', 'a name that the verifier would not take');
INSERT INTO apppass.service (name, description) VALUES ('gopher', 'Tunnels');
SELECT lives_ok($$ SELECT apppass.store_code('müller@example.org', 'x', '1111', pg_temp.digest(), '{gopher}') $$,
                'a site adds a service of its own');
SELECT throws_ok($$ INSERT INTO apppass.service (name, description) VALUES ('imaps', 'x') $$, '23514',
                 NULL, 'under its canonical name');

-- ---- networks ----
INSERT INTO apppass.access_rule (position, action, network) VALUES (5, 'deny', '::ffff:127.0.0.0/104');
SELECT is((SELECT network FROM apppass.access_rule WHERE position = 5), '127.0.0.0/8'::cidr,
          'an IPv4 network written as IPv6 is the IPv4 network');
SELECT is(pg_temp.verdict('müller@example.org', '1111', 'gopher', '127.0.0.1'), 'network_denied',
          'and denies');
DELETE FROM apppass.access_rule;
SELECT apppass.store_code('müller@example.org', 'y', '2222', pg_temp.digest(),
                          networks => '{::ffff:10.0.0.0/104,10.0.0.0/8}');
SELECT is((SELECT networks FROM apppass.code_overview WHERE selector = '2222'), '{10.0.0.0/8}'::cidr[],
          'of a code likewise, once');
SELECT is(pg_temp.verdict('müller@example.org', '2222', 'imap', '::ffff:10.1.1.1'), 'accepted',
          'it works from there');

-- ---- the end of a code ----
SET LOCAL TimeZone = 'Europe/Berlin';
CREATE TEMP TABLE berlin AS
    SELECT apppass.later('2026-03-01 00:00:00Z', '90 days') AS at,
           apppass.code_ends('2026-03-01 00:00:00Z', NULL, '1 month') AS ends;
SET LOCAL TimeZone = 'UTC';
SELECT is(at, '2026-05-30 00:00:00Z', 'a day is 24 hours, also where the clock changes') FROM berlin;
SELECT is(ends, '2026-04-01 00:00:00Z', 'a code ends at one moment in every time zone') FROM berlin;

SELECT pg_temp.set_realm('default', 'max_lifetime = ''180 days''');
SELECT apppass.store_code('müller@example.org', 'Given', '3333', pg_temp.digest());
SELECT apppass.store_code('müller@example.org', 'Chosen', '4444', pg_temp.digest(),
                          expires_at => now() + interval '20 days');
SELECT is((SELECT array_agg(expiry_chosen ORDER BY selector) FROM apppass.code WHERE selector IN ('3333', '4444')),
          '{false,true}', 'who gave the expiry is known');
SELECT pg_temp.set_realm('default', 'max_lifetime = ''365 days''');
SET LOCAL TimeZone = 'Europe/Berlin';
SELECT is((SELECT expires_at FROM apppass.reset_device('müller@example.org', 'Given', '5555', pg_temp.digest(), reason => 'lost')),
          apppass.later(now(), '365 days'), 'reset: an expiry that policy gave starts anew, by today''s policy');
SELECT is((SELECT expires_at FROM apppass.reset_device('müller@example.org', 'Chosen', '6666', pg_temp.digest(), reason => 'lost')),
          now() + interval '480 hours', 'reset: one that somebody chose stays');
RESET TimeZone;
SET LOCAL apppass.reason = 'longer';
UPDATE apppass.code SET expires_at = now() + interval '30 days' WHERE selector = '5555';
SELECT ok((SELECT expiry_chosen FROM apppass.code WHERE selector = '5555'), 'a changed expiry is a chosen one');

SELECT pg_temp.set_realm('default', 'max_lifetime = NULL');
SELECT apppass.store_code('müller@example.org', 'Old', '7777', pg_temp.digest());
SELECT pg_temp.age_code((SELECT id FROM apppass.code WHERE selector = '7777'), '40 days');
SELECT pg_temp.set_realm('default', 'max_lifetime = ''30 days''');
SELECT lives_ok($$ SELECT apppass.reset_device('müller@example.org', 'Old', '8888', pg_temp.digest(), '24 hours', 'lost') $$,
                'reset with grace where the realm''s max_lifetime has ended the old code');
SELECT is((SELECT state FROM apppass.code_overview WHERE selector = '7777'), 'expired', 'which stays so');

-- ---- a call per row costs more than the rule ----
SELECT is(prosrc || coalesce(proconfig::text, '') || prosecdef::text || proisstrict::text, 'falsefalse',
          'can be inlined: ' || proname)
FROM pg_proc
WHERE pronamespace = 'apppass'::regnamespace
  AND proname IN ('login_name', 'domain_of', 'service_name', 'service_allowed', 'network_allowed',
                  'code_ends', 'code_lapses', 'code_state', 'account_state', 'rule_matches', 'rule_verdict')
ORDER BY proname;

SELECT * FROM finish();
ROLLBACK;
