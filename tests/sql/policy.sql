-- SPDX-License-Identifier: BSD-2-Clause
-- Tenant policy: every rule at issue (a clear error) and at login (a verdict).
BEGIN;
\ir setup.sql
SELECT plan(67);

INSERT INTO apppass.realm (name) VALUES ('Example.ORG');
SELECT is((SELECT name FROM apppass.realm WHERE name = 'example.org'), 'example.org', 'realm names are folded');
SELECT apppass.add_account('alice@example.org');
SELECT apppass.add_account('bob@elsewhere.net');
SELECT apppass.add_account('carol');
SELECT pg_temp.same($$ SELECT account, realm FROM apppass.account_overview ORDER BY 1 $$,
    $$ VALUES ('alice@example.org', 'example.org'), ('bob@elsewhere.net', 'default'), ('carol', 'default') $$,
    'an account belongs to its domain''s realm, else to default');
SELECT lives_ok($$ SELECT apppass.store_code('ALICE@Example.org', 'Phone', '1111', pg_temp.digest()) $$, 'a code is stored');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'accepted', 'and accepted');
SELECT is(pg_temp.verdict('Alice@Example.ORG', '1111'), 'accepted', 'however the name is capitalised');
CREATE TEMP TABLE it AS SELECT code_id AS id FROM apppass.code_overview WHERE selector = '1111';
GRANT SELECT ON it TO PUBLIC;

-- codes_allowed
SELECT pg_temp.set_realm('example.org', 'codes_allowed = false');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'realm_denied', 'codes_allowed: at login');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'x', '2222', pg_temp.digest()) $$, 'AP001',
    'realm "example.org" does not allow app passwords', 'codes_allowed: at issue');
SELECT throws_ok($$ SELECT apppass.issue_policy('alice@example.org') $$, 'AP001', NULL, 'codes_allowed: before a code is made');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@example.org', 'x') $$, 'AP001', NULL, 'codes_allowed: at minting');
SELECT is((SELECT state FROM apppass.code_overview WHERE selector = '1111'), 'suspended', 'codes_allowed: in the overview');

-- services
SELECT pg_temp.set_realm('example.org', 'services = ARRAY[''IMAPS'', ''pop3'']');
SELECT is((SELECT services FROM apppass.realm WHERE name = 'example.org'), ARRAY['imap', 'pop'], 'services are canonical');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'imaps'), 'accepted', 'services: one allowed');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'smtp'), 'service_denied', 'services: at login');
SELECT is(pg_temp.verdict('alice@example.org', '1111', NULL), 'service_denied', 'services: an unknown service is not allowed');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'x', '2222', pg_temp.digest(), ARRAY['imap', 'smtp']) $$, 'AP001',
    'realm "example.org" does not allow codes for smtp', 'services: at issue');
SELECT lives_ok($$ SELECT apppass.store_code('alice@example.org', 'x', '2222', pg_temp.digest(), ARRAY['imaps']) $$, 'services: a subset');
SELECT is(pg_temp.verdict('alice@example.org', '2222', 'pop3'), 'service_denied', 'services of the code: at login');
SELECT throws_ok($$ UPDATE apppass.realm SET services = '{}' WHERE name = 'example.org' $$, '22023', NULL, 'services: an empty list is refused');
SELECT throws_ok($$ UPDATE apppass.realm SET services = ARRAY['imap', NULL] WHERE name = 'example.org' $$, '22023', NULL, 'services: NULL in the list is refused');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'x', '3333', pg_temp.digest(), '{}') $$, '22023', NULL, 'a code for no service is refused');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'x', '3333', pg_temp.digest(), ARRAY['im ap']) $$, '22023', NULL, 'no service name');

-- the servers that profiles name
SELECT lives_ok($$ UPDATE apppass.realm SET imap_host = 'imap.Example.org', smtp_host = '2001:db8::25', smtp_port = 587 WHERE name = 'example.org' $$, 'servers: a name and an address');
SELECT pg_temp.same($$ SELECT after FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$,
    $$ VALUES ('{"imap_host": "imap.Example.org", "smtp_host": "2001:db8::25", "smtp_port": 587}'::jsonb) $$, 'servers: audited');
SELECT throws_ok(format('UPDATE apppass.realm SET smtp_host = %L WHERE name = ''example.org''', h), '23514', NULL, format('servers: not %L', h))
FROM unnest(ARRAY['mail.example.org:465', 'mail server', '-mail.example.org', 'https://mail.example.org', '']) AS h;
SELECT throws_ok($$ UPDATE apppass.realm SET imap_port = 65536 WHERE name = 'example.org' $$, '23514', NULL, 'servers: ports end at 65535');

-- code_length
SELECT pg_temp.set_realm('example.org', 'code_length = 28');
SELECT is((SELECT code_length FROM apppass.issue_policy('alice@example.org')), 28, 'code_length: told to the tool');
SELECT is((SELECT length(replace(code, '-', '')) FROM apppass.issue_code('alice@example.org', 'long')), 28, 'code_length: minted');
SELECT throws_ok($$ UPDATE apppass.realm SET code_length = 19 $$, '23514', NULL, 'code_length: the four lengths only');

-- max_codes
SELECT pg_temp.set_realm('example.org', 'max_codes = 3');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'y', '4444', pg_temp.digest()) $$, 'AP001',
    'account "alice@example.org" has 3 live codes already', 'max_codes: at issue');
SELECT lives_ok($$ SELECT apppass.reset_device('alice@example.org', 'x', '4444', pg_temp.digest(), reason => 'lost') $$, 'max_codes: a reset is not one more');
SELECT lives_ok($$ SELECT apppass.reset_device('alice@example.org', 'x', '5555', pg_temp.digest(), '1 day', 'lost') $$, 'max_codes: with grace neither');
SELECT is((SELECT apppass.revoke_device('alice@example.org', 'long', 'make room')), 1, 'max_codes: room is made');

-- max_lifetime
SELECT pg_temp.set_realm('example.org', 'max_lifetime = ''90 days''');
SELECT is((SELECT expires_at FROM apppass.store_code('alice@example.org', 'z', '6666', pg_temp.digest())), now() + interval '90 days',
    'max_lifetime: the default expiry');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'z', '7777', pg_temp.digest(), expires_at => now() + interval '91 days') $$, 'AP001',
    NULL, 'max_lifetime: at issue');
SELECT lives_ok($$ SELECT apppass.store_code('alice@example.org', 'z', '7777', pg_temp.digest(), expires_at => now() + interval '1 day') $$, 'max_lifetime: shorter');
SELECT throws_ok($$ SELECT apppass.store_code('alice@example.org', 'z', '8888', pg_temp.digest(), expires_at => now()) $$, '22023', NULL, 'an expiry in the past is refused');
SELECT pg_temp.age_code(id, '91 days') FROM it;
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'expired', 'max_lifetime: at login, for a code issued before the rule');
SELECT is((SELECT state FROM apppass.code_overview WHERE selector = '1111'), 'expired', 'max_lifetime: in the overview');
SELECT is((SELECT account_name FROM apppass.issue_policy('alice@example.org')), 'alice@example.org', 'policy is told with the canonical name');
SELECT pg_temp.age_code(id, '-91 days') FROM it;
SELECT is((SELECT expires_at FROM apppass.reset_device('alice@example.org', 'z', '8888', pg_temp.digest(), reason => 'lost')), now() + interval '1 day',
    'a reset keeps an expiry that somebody chose');

-- lapse_after
SELECT pg_temp.set_realm('example.org', 'lapse_after = ''7 days''');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'accepted', 'lapse_after: in time');
SELECT pg_temp.age_code(id, '7 days') FROM it;
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'lapsed', 'lapse_after: at login');
SELECT is((SELECT state FROM apppass.code_overview WHERE selector = '1111'), 'lapsed', 'lapse_after: in the overview');
SELECT apppass.record_use(id, 'imap', '192.0.2.1') FROM it;
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'accepted', 'lapse_after: not once it has been used');

-- unused_after
SELECT pg_temp.set_realm('example.org', 'unused_after = ''30 days''');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'accepted', 'unused_after: used lately');
SELECT pg_temp.age_code(id, '30 days') FROM it;
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'lapsed', 'unused_after: at login');
SELECT is((SELECT state FROM apppass.code_overview WHERE selector = '1111'), 'lapsed', 'unused_after: in the overview');
SELECT pg_temp.age_code(id, '-37 days') FROM it;

-- mfa_required
SELECT pg_temp.set_realm('example.org', 'mfa_required = true');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'mfa_missing', 'mfa_required: at login');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@example.org', 'x') $$, 'AP001', 'account "alice@example.org" is not enrolled in MFA', 'mfa_required: at issue');
SELECT apppass.set_mfa('alice@example.org', true, 'enrolled');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'accepted', 'mfa_required: enrolled');

-- reason_required
SELECT pg_temp.set_realm('example.org', 'reason_required = true');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@example.org', 'x') $$, 'AP002', NULL, 'reason_required: at issue');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@example.org', 'x', reason => E' \t ') $$, 'AP002', NULL, 'reason_required: blanks are none');
SELECT lives_ok($$ SELECT apppass.issue_code('alice@example.org', 'x', reason => 'called') $$, 'reason_required: given');

-- main password
SELECT pg_temp.set_realm('example.org', 'main_password_refused_from = now() + interval ''1 hour''');
SELECT is(pg_temp.verdict('alice@example.org', NULL), 'main_password', 'main password: until the date');
SELECT pg_temp.set_realm('example.org', 'main_password_refused_from = now()');
SELECT is(pg_temp.verdict('alice@example.org', NULL), 'main_password_refused', 'main password: from the date');
UPDATE apppass.account SET main_password_refused_from = 'infinity' WHERE username = 'alice@example.org';
SELECT is(pg_temp.verdict('alice@example.org', NULL), 'main_password', 'main password: an account''s own date goes first');
SELECT is((SELECT hash FROM apppass.lookup('alice@example.org', NULL, 'imap', NULL)), NULL, 'main password: no hash');

-- Argon2 parameters
SELECT pg_temp.set_realm('example.org', 'argon2_memory_kib = 65536, argon2_passes = 3, argon2_lanes = 4');
SELECT pg_temp.same($$ SELECT memory_kib, passes, lanes FROM apppass.lookup('alice@example.org', '1111', 'imap', NULL) $$, 'VALUES (65536, 3, 4)', 'Argon2: at login');
SELECT pg_temp.same($$ SELECT memory_kib, passes, lanes FROM apppass.lookup('nobody@example.org', '1111', 'imap', NULL) $$, 'VALUES (65536, 3, 4)',
    'Argon2: unknown users of the domain cost the same');
SELECT throws_ok($$ UPDATE apppass.realm SET argon2_memory_kib = 2000000 $$, '23514', NULL, 'Argon2: the verifier''s limits hold');

-- realms come and go
SELECT apppass.store_code('bob@elsewhere.net', 'Phone', '1111', pg_temp.digest());
INSERT INTO apppass.realm (name, codes_allowed) VALUES ('elsewhere.net', false);
SELECT is((SELECT realm FROM apppass.account_overview WHERE account = 'bob@elsewhere.net'), 'elsewhere.net', 'accounts move from default to their domain''s new realm');
SELECT is(pg_temp.verdict('bob@elsewhere.net', '1111'), 'realm_denied', 'and its policy applies to their codes');
SELECT throws_ok($$ DELETE FROM apppass.realm WHERE name = 'elsewhere.net' $$, 'AP003', 'realm "elsewhere.net" still has 1 accounts', 'a realm in use stays');

SELECT * FROM finish();
ROLLBACK;
