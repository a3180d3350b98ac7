-- SPDX-License-Identifier: BSD-2-Clause
-- A helpdesk limited to some realms: in every management function and every view.
BEGIN;
\ir setup.sql
SELECT plan(61);

INSERT INTO apppass.realm (name) VALUES ('mine.org'), ('theirs.org');
INSERT INTO apppass.access_rule (realm_id, action, description) SELECT id, 'allow', name FROM apppass.realm WHERE name <> 'default';
SELECT apppass.add_account('a@mine.org'), apppass.add_account('b@theirs.org'), apppass.add_account('c');
SELECT apppass.store_code(u, 'Phone', '1111', pg_temp.digest()) FROM unnest(ARRAY['a@mine.org', 'b@theirs.org', 'c']) AS u;
SELECT apppass.record_use(code_id, 'imap', NULL), apppass.record_refusal('revoked', account, code_id, 'imap', NULL),
       apppass.record_main_password(account, 'imap', NULL), pg_temp.age_code(code_id, '2 days') FROM apppass.code_overview;
SELECT apppass.record_refusal('unknown_user', 'x', NULL, 'imap', NULL);

CREATE ROLE desk NOLOGIN;
CREATE ROLE group_lead NOLOGIN;
CREATE ROLE helga LOGIN IN ROLE apppass_helpdesk, desk;
CREATE ROLE hugo LOGIN IN ROLE apppass_helpdesk;
CREATE ROLE anna LOGIN IN ROLE apppass_admin, desk;
CREATE ROLE audrey LOGIN IN ROLE apppass_auditor, desk;
SELECT throws_ok($$ INSERT INTO apppass.realm_operator SELECT 'hulga', id FROM apppass.realm LIMIT 1 $$, '22023', NULL, 'the role must exist');
INSERT INTO apppass.realm_operator SELECT 'desk', id FROM apppass.realm WHERE name = 'mine.org';

CREATE FUNCTION pg_temp.refused(statement text) RETURNS text LANGUAGE sql AS $$ SELECT tap.throws_ok($1, '42501', NULL, 'refused: ' || left($1, 60)) $$;
CREATE TEMP TABLE seen (name text);
INSERT INTO seen VALUES ('code_overview'), ('device_overview'), ('account_overview'), ('unused_code'), ('main_password_use'), ('use_overview'), ('knocking_code'), ('refusal_log');
GRANT SELECT ON seen TO PUBLIC;

SET SESSION AUTHORIZATION helga;
CREATE FUNCTION pg_temp.realms(view text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE result text[]; BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT coalesce(realm, ''-'') ORDER BY coalesce(realm, ''-'')) FROM apppass.%I', $1) INTO result;
    RETURN result;
END $$;
SELECT is(pg_temp.realms(name), ARRAY['mine.org'], name || ' shows the own realm') FROM seen;
SELECT is((SELECT array_agg(DISTINCT account::text) FROM apppass.audit_log WHERE account IS NOT NULL), ARRAY['a@mine.org'], 'audit_log shows the own accounts');
SELECT is((SELECT array_agg(realm::text) FROM apppass.realm_overview), ARRAY['mine.org'], 'the own policy');
SELECT is((SELECT array_agg(description) FROM apppass.access_overview), ARRAY['mine.org'], 'the own access rules');

SELECT pg_temp.refused($$ SELECT apppass.issue_code('b@theirs.org', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.store_code('b@theirs.org', 'x', '2222', pg_temp.digest()) $$);
SELECT pg_temp.refused($$ SELECT apppass.issue_policy('b@theirs.org') $$);
SELECT pg_temp.refused($$ SELECT apppass.reset_code('b@theirs.org', 'Phone', reason => 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.reset_device('b@theirs.org', 'Phone', '2222', pg_temp.digest(), reason => 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.revoke_code('b@theirs.org', '1111', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.revoke_device('b@theirs.org', 'Phone', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.revoke_account('b@theirs.org', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.set_account_enabled('b@theirs.org', false, 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.set_mfa('b@theirs.org', true) $$);
SELECT pg_temp.refused($$ SELECT apppass.explain_access('b@theirs.org', 'imap', NULL) $$);
SELECT pg_temp.refused($$ SELECT apppass.add_account('x@theirs.org') $$);
SELECT pg_temp.refused($$ SELECT apppass.add_account('x@mine.org', 'theirs.org') $$);
SELECT pg_temp.refused($$ SELECT apppass.add_account('x@mine.org', 'default') $$);
SELECT pg_temp.refused($$ SELECT apppass.add_account('x') $$);
SELECT pg_temp.refused($$ SELECT apppass.issue_code('c', 'x') $$);
SELECT throws_ok($$ SELECT apppass.revoke_account('b@theirs.org', 'x') $$, '42501', 'account "b@theirs.org" is not one that helga may manage', 'a foreign account');
SELECT throws_ok($$ SELECT apppass.revoke_account('n@theirs.org', 'x') $$, '42501', 'account "n@theirs.org" is not one that helga may manage', 'and one that does not exist look alike');
SELECT throws_ok($$ SELECT apppass.add_account('x@mine.org', 'nowhere.org') $$, '42501', NULL, 'as do foreign and missing realms');

RESET SESSION AUTHORIZATION;
SELECT lives_ok($$ SELECT apppass.add_account('n@mine.org') $$, 'an account more');
SET SESSION AUTHORIZATION helga;
SELECT lives_ok($$ SELECT apppass.issue_code('n@mine.org', 'x') $$, 'the own realm: issue');
SELECT lives_ok($$ SELECT apppass.reset_code('n@mine.org', 'x', reason => 'x') $$, 'the own realm: reset');
SELECT lives_ok($$ SELECT apppass.revoke_account('n@mine.org', 'x') $$, 'the own realm: revoke');
SELECT is_empty($$ SELECT * FROM apppass.maintain(true) WHERE action <> 'revoke' $$, 'the own realm: maintain');

SET ROLE apppass_helpdesk;
SELECT is((SELECT array_agg(DISTINCT realm::text) FROM apppass.code_overview), ARRAY['mine.org'], 'SET ROLE does not widen it');
SELECT pg_temp.refused($$ SELECT apppass.revoke_account('b@theirs.org', 'x') $$);
RESET ROLE;

-- a function of one's own in a WHERE clause must not be shown the others' rows
CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    IF $1 LIKE '%theirs%' THEN RAISE EXCEPTION 'saw %', $1; END IF;
    RETURN true;
END $$;
SELECT lives_ok(format('SELECT count(*) FROM apppass.%I WHERE pg_temp.peek(account)', name), 'a leaky function sees nothing in ' || name) FROM seen;
-- nor must a cast that fails, with what it was given in its message
CREATE FUNCTION pg_temp.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $1;
    RETURN NULL;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN SQLERRM;
END $$;
SELECT is(pg_temp.told(format($$ SELECT FROM apppass.%I WHERE regexp_replace(account, '^.@mine[.]org$', '1')::integer = 1 $$, name)), NULL,
    'a cast that fails tells of nobody in ' || name) FROM seen;
SELECT lives_ok($$ SELECT count(*) FROM apppass.audit_log WHERE pg_temp.peek(account) $$, 'nor in audit_log');
SELECT lives_ok($$ SELECT count(*) FROM apppass.realm_overview WHERE pg_temp.peek(realm) $$, 'nor in realm_overview');

SET SESSION AUTHORIZATION audrey;
SELECT is(ARRAY(SELECT DISTINCT realm::text FROM apppass.code_overview), ARRAY['mine.org'], 'an auditor can be limited too');
SET SESSION AUTHORIZATION hugo;
SELECT is((SELECT count(*) FROM apppass.account_overview), 4::bigint, 'who is not named manages all');
SET SESSION AUTHORIZATION anna;
SELECT is((SELECT count(*) FROM apppass.account_overview), 4::bigint, 'an administrator always does');
SELECT lives_ok($$ DELETE FROM apppass.realm_operator $$, 'and lifts the limit');
SET SESSION AUTHORIZATION helga;
SELECT is((SELECT count(*) FROM apppass.account_overview), 4::bigint, 'which takes effect at once');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
