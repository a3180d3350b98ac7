-- SPDX-License-Identifier: BSD-2-Clause
-- An administrator's plain SQL: the right thing and audited, or an error that names the function to use.
BEGIN;
\ir setup.sql
SELECT plan(64);
CREATE ROLE anna LOGIN IN ROLE apppass_admin;
GRANT SELECT ON ALL TABLES IN SCHEMA tap TO anna;

-- raises(SQL, SQLSTATE, HINT PATTERN, DESCRIPTION)
CREATE FUNCTION pg_temp.raises(statement text, state text, pattern text, description text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    got text;
    hint text;
BEGIN
    EXECUTE $1;
    RETURN tap.fail($4);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS got = RETURNED_SQLSTATE, hint = PG_EXCEPTION_HINT;
    RETURN tap.is(got || CASE WHEN hint ~ $3 THEN ' with the hint' ELSE ' hint: ' || hint END, $2 || ' with the hint', $4);
END $$;
CREATE FUNCTION pg_temp.last(OUT action text, OUT account text, OUT device text, OUT selector text, OUT reason text, OUT actor text) LANGUAGE sql AS $$
    SELECT action, account, device, selector, reason, actor FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$;

SET SESSION AUTHORIZATION anna;
SELECT is(session_user::text, 'anna', 'as an administrator without superuser');

-- account
SELECT lives_ok($$ INSERT INTO apppass.account (username) VALUES ('  Alice@Example.org') $$, 'INSERT account');
SELECT pg_temp.same($$ SELECT username, created_by FROM apppass.account $$, $$ VALUES ('alice@example.org', 'anna') $$, 'is tidied');
SELECT pg_temp.same($$ SELECT action, account, actor FROM pg_temp.last() $$, $$ VALUES ('account_added', 'alice@example.org', 'anna') $$, 'and audited');
SELECT pg_temp.raises($$ UPDATE apppass.account SET enabled = false $$, 'AP002', 'SET LOCAL apppass.reason', 'disabling needs a reason');
SET LOCAL apppass.reason = 'on leave';
SELECT lives_ok($$ UPDATE apppass.account SET enabled = false $$, 'and takes it from the session');
SELECT pg_temp.same($$ SELECT action, reason FROM pg_temp.last() $$, $$ VALUES ('account_disabled', 'on leave') $$, 'audited with it');
SELECT lives_ok($$ UPDATE apppass.account SET enabled = true $$, 'enabling');
SET LOCAL apppass.reason = '';
SELECT lives_ok($$ UPDATE apppass.account SET mfa_enrolled = true $$, 'MFA');
SELECT is((SELECT action FROM pg_temp.last()), 'mfa_enrolled', 'audited');
SELECT lives_ok($$ UPDATE apppass.account SET username = 'alice.b@example.org' $$, 'renaming');
SELECT pg_temp.same($$ SELECT before ->> 'username', after ->> 'username' FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$, $$ VALUES ('alice@example.org', 'alice.b@example.org') $$, 'audited with before and after');
SELECT lives_ok($$ UPDATE apppass.account SET username = 'alice@example.org' $$, 'renaming back');
SELECT pg_temp.raises($$ UPDATE apppass.account SET created_by = 'x' $$, 'AP003', 'Leave them out', 'who added it stays');

-- device
SELECT lives_ok($$ INSERT INTO apppass.device (account_id, label) SELECT id, ' Phone ' FROM apppass.account $$, 'INSERT device');
SELECT pg_temp.same($$ SELECT action, account, device FROM pg_temp.last() $$, $$ VALUES ('device_added', 'alice@example.org', 'Phone') $$, 'is tidied and audited');
SELECT throws_ok($$ INSERT INTO apppass.device (account_id, label) SELECT id, 'PHONE' FROM apppass.account $$, '23505', NULL, 'a label once, whatever the case');
SELECT throws_ok($$ INSERT INTO apppass.device (account_id, label) SELECT id, E'a\u0085b' FROM apppass.account $$, '22023', NULL, 'no control characters');
SELECT throws_ok($$ INSERT INTO apppass.device (account_id, label) SELECT id, E'\u3000\u00a0' FROM apppass.account $$, '22023', 'device label is blank', 'something to see');
SELECT lives_ok($$ INSERT INTO apppass.device (account_id, label) SELECT id, '📱 ' || repeat('€', 98) FROM apppass.account $$, '100 characters of any script');
SELECT lives_ok($$ DELETE FROM apppass.device WHERE label LIKE '📱%' $$, 'a device without codes may go');
SELECT is((SELECT action FROM pg_temp.last()), 'device_removed', 'audited');

-- code
SELECT lives_ok($$ INSERT INTO apppass.code (device_id, selector, hash, services) SELECT id, '1111', pg_temp.digest(), '{imaps}' FROM apppass.device $$, 'INSERT code');
SELECT pg_temp.same($$ SELECT action, account, device, selector, actor FROM pg_temp.last() $$, $$ VALUES ('code_issued', 'alice@example.org', 'Phone', '1111', 'anna') $$, 'is audited');
SELECT pg_temp.same($$ SELECT selector, services, created_by FROM apppass.code $$, $$ VALUES ('1111', '{imap}'::text[], 'anna') $$, 'and tidied');
SELECT lives_ok($$ INSERT INTO apppass.code (device_id, selector, hash) SELECT id, '2222', pg_temp.digest() FROM apppass.device $$, 'another');
SELECT lives_ok($$ INSERT INTO apppass.account (username) VALUES ('bob') $$, 'another account');
SELECT lives_ok($$ INSERT INTO apppass.device (account_id, label) SELECT id, 'Tablet' FROM apppass.account WHERE username = 'bob' $$, 'another device');
SELECT pg_temp.raises($$ INSERT INTO apppass.code (device_id, account_id, selector, hash) SELECT d.id, a.id, '3333', pg_temp.digest() FROM apppass.device AS d, apppass.account AS a WHERE d.label = 'Tablet' AND a.username <> 'bob' $$, '22023', 'account_id', 'the account follows the device');
SELECT pg_temp.raises($$ INSERT INTO apppass.code (device_id, selector, hash) VALUES (-1, '3333', pg_temp.digest()) $$, 'P0002', 'issue_code', 'no such device');
SELECT throws_ok($$ INSERT INTO apppass.code (device_id, selector, hash) SELECT id, '3333', 'hunter2' FROM apppass.device LIMIT 1 $$, '22023', NULL, 'not a hash');

SELECT pg_temp.raises($$ UPDATE apppass.code SET selector = '4444' $$, 'AP003', 'reset_code', 'selector');
SELECT pg_temp.raises($$ UPDATE apppass.code SET hash = pg_temp.digest('eHh4eHh4eHh4eHh4eHh4eA') $$, 'AP003', 'reset_code', 'hash');
SELECT set_config('apppass.upgrading', id::text, true) FROM apppass.code WHERE selector = '1111';
SELECT pg_temp.raises($$ UPDATE apppass.code SET hash = pg_temp.digest('eHh4eHh4eHh4eHh4eHh4eA') WHERE selector = '1111' $$, 'AP003', 'reset_code', 'hash, with the verifier''s setting');
SELECT pg_temp.raises($$ UPDATE apppass.code SET device_id = (SELECT id FROM apppass.device WHERE label = 'Tablet') $$, 'AP003', 'revoke_code', 'another device');
SELECT pg_temp.raises($$ UPDATE apppass.code SET account_id = (SELECT id FROM apppass.account WHERE username = 'bob') $$, 'AP003', 'revoke_code', 'another account');
SELECT pg_temp.raises($$ UPDATE apppass.device SET account_id = (SELECT id FROM apppass.account WHERE username = 'bob') $$, 'AP003', 'revoke_device', 'a device with another account');
SELECT pg_temp.raises($$ UPDATE apppass.code SET created_at = now() - interval '1 day' $$, 'AP003', 'Leave them out', 'when it was issued');
SELECT throws_ok($$ UPDATE apppass.code SET realm_id = realm_id + 1 $$, 'AP003', NULL, 'another realm');
SELECT pg_temp.raises($$ DELETE FROM apppass.code $$, 'AP003', 'revoke_code', 'deleting a code');
SELECT pg_temp.raises($$ DELETE FROM apppass.device WHERE label = 'Phone' $$, 'AP003', 'revoke_device', 'deleting a device with codes');
SELECT pg_temp.raises($$ DELETE FROM apppass.account WHERE username LIKE 'alice%' $$, 'AP003', 'set_account_enabled', 'deleting an account with codes');
SELECT pg_temp.raises($$ UPDATE apppass.code SET expires_at = now() + interval '1 hour' $$, 'AP002', 'apppass.reason', 'shortening needs a reason');
SELECT pg_temp.raises($$ UPDATE apppass.code SET services = '{sieve}' $$, 'AP002', 'apppass.reason', 'other services need a reason');

SELECT pg_temp.raises($$ UPDATE apppass.code SET revoked_at = now() WHERE selector = '1111' $$, 'AP002', 'revoke_reason', 'revoking without a reason');
SELECT pg_temp.raises($$ UPDATE apppass.code SET revoked_at = now(), revoke_reason = ' ' WHERE selector = '1111' $$, 'AP002', 'revoke_reason', 'revoking with a blank one');
SELECT pg_temp.raises($$ UPDATE apppass.code SET revoked_at = now() + interval '1 day', revoke_reason = 'x' WHERE selector = '1111' $$, '22023', 'expires_at', 'revoking in the future');
SELECT pg_temp.raises($$ UPDATE apppass.code SET revoke_reason = 'x' WHERE selector = '1111' $$, '22023', 'revoked_at', 'a reason alone');
SELECT lives_ok($$ UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'lost on the train' WHERE selector = '1111' $$, 'revoking by plain UPDATE');
SELECT pg_temp.same($$ SELECT revoked_by, revoke_reason FROM apppass.code WHERE selector = '1111' $$, $$ VALUES ('anna', 'lost on the train') $$, 'says who');
SELECT pg_temp.same($$ SELECT * FROM pg_temp.last() $$, $$ VALUES ('code_revoked', 'alice@example.org', 'Phone', '1111', 'lost on the train', 'anna') $$, 'and is audited');
SELECT pg_temp.raises($$ UPDATE apppass.code SET revoked_at = NULL, revoked_by = NULL, revoke_reason = NULL $$, 'AP003', 'issue_code', 'un-revoking');
SELECT pg_temp.raises($$ UPDATE apppass.code SET revoke_reason = 'never mind' WHERE selector = '1111' $$, 'AP003', 'issue_code', 'another reason afterwards');
SELECT pg_temp.raises($$ UPDATE apppass.code SET expires_at = 'infinity' WHERE selector = '1111' $$, 'AP003', 'issue_code', 'a longer life for a revoked code');
SELECT throws_ok($$ SELECT hash FROM apppass.code $$, '42501', NULL, 'reading a hash');
SELECT throws_ok($$ UPDATE apppass.code SET services = ARRAY[hash] $$, '42501', NULL, 'reading a hash sideways');
SELECT throws_ok($$ UPDATE apppass.code SET networks = NULL RETURNING hash $$, '42501', NULL, 'reading a hash on return');
SELECT throws_ok($$ TRUNCATE apppass.code CASCADE $$, '42501', NULL, 'truncating');
RESET SESSION AUTHORIZATION;

SELECT pg_temp.raises($$ TRUNCATE apppass.code CASCADE $$, 'AP003', 'revoke_code', 'truncating, as the superuser');

-- a service that is taken away from the table goes on in codes and realms
INSERT INTO apppass.service (name, description) VALUES ('gopher', 'for this test');
SELECT apppass.add_account('gina@example.org');
SELECT apppass.store_code('gina@example.org', 'Reader', '7777', pg_temp.digest(), '{gopher}');
UPDATE apppass.realm SET services = '{gopher,imap}', self_services = '{gopher}' WHERE name = 'default';
DELETE FROM apppass.service WHERE name = 'gopher';
SELECT lives_ok($$ UPDATE apppass.realm SET max_codes = 9, self_services = NULL WHERE name = 'default' $$, 'the realm can be changed');
SELECT is(apppass.revoke_account('gina@example.org', 'service gone'), 1, 'and the code can be revoked');
SELECT throws_ok($$ SELECT apppass.store_code('gina@example.org', 'Reader', '8888', pg_temp.digest(), '{gopher}') $$, '22023', NULL, 'no new one is for it');
SELECT pg_temp.raises($$ UPDATE apppass.code SET hash = pg_temp.digest('eHh4eHh4eHh4eHh4eHh4eA') $$, 'AP003', 'reset_code', 'hash, as the superuser');
SELECT pg_temp.raises($$ DELETE FROM apppass.realm WHERE name = 'default' $$, 'AP003', 'codes_allowed', 'the default realm stays');

SELECT * FROM finish();
ROLLBACK;
