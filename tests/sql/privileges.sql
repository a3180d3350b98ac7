-- SPDX-License-Identifier: BSD-2-Clause
-- Logged in as each role: what it should do works, what it should not is refused, and tricks fail.
BEGIN;
\ir setup.sql
SELECT plan(73);

CREATE ROLE vera LOGIN IN ROLE apppass_verifier;
CREATE ROLE helga LOGIN IN ROLE apppass_helpdesk;
CREATE ROLE audrey LOGIN IN ROLE apppass_auditor;
CREATE ROLE anna LOGIN IN ROLE apppass_admin;
CREATE ROLE nobody LOGIN;
SELECT apppass.add_account('alice@example.org'), apppass.add_account('bob@example.org');
SELECT apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest());
SELECT apppass.record_refusal('wrong_code', 'alice@example.org', NULL, 'imap', NULL);

-- refused(STATEMENT, DESCRIPTION)
CREATE FUNCTION pg_temp.refused(statement text) RETURNS text LANGUAGE sql AS $$
    SELECT tap.throws_ok($1, '42501', NULL, session_user || ' may not: ' || left($1, 70)) $$;
CREATE TEMP TABLE relation AS SELECT c.relname::text AS name, c.relkind FROM pg_class AS c
    WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition;
GRANT SELECT ON relation TO PUBLIC;

-- somebody with a login and nothing else
SET SESSION AUTHORIZATION nobody;
SELECT pg_temp.refused('SELECT * FROM apppass.account');
SELECT pg_temp.refused('SELECT * FROM apppass.code_overview');
SELECT pg_temp.refused($$ SELECT apppass.lookup('alice@example.org', '1111', 'imap', NULL) $$);
SELECT pg_temp.refused($$ SELECT apppass.service_name('imap') $$);
SELECT pg_temp.refused($$ SELECT * FROM apppass.verdict $$);

-- the verifier
SET SESSION AUTHORIZATION vera;
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'accepted', 'the verifier looks up');
SELECT is((SELECT count(*) FROM apppass.lookup('alice@example.org', '1111', 'imap', NULL)), 1::bigint, 'one row');
SELECT is((SELECT count(*) FROM apppass.lookup('%', '____', '%', NULL) WHERE hash IS NULL), 1::bigint, 'patterns are names like any other');
SELECT is((SELECT verdict::text FROM apppass.lookup($$x' OR true --$$, $$1' OR '1'='1$$, $$'; DROP TABLE apppass.code; --$$, NULL)), 'unknown_user', 'quoting tricks');
SELECT lives_ok($$ SELECT apppass.record_use(1, 'imap', NULL), apppass.record_refusal('wrong_code', 'x', NULL, 'imap', NULL), apppass.record_main_password('x', 'imap', NULL) $$, 'the verifier records');
SELECT lives_ok($$ SELECT apppass.upgrade_hash(-1, '', pg_temp.digest()) $$, 'the verifier upgrades');
SELECT pg_temp.refused('SELECT FROM apppass.' || name) FROM relation WHERE name IN
    ('account', 'code', 'device', 'realm', 'audit', 'refusal', 'code_use', 'code_overview', 'account_overview', 'refusal_log', 'audit_log') ORDER BY name COLLATE "C";
SELECT pg_temp.refused($$ SELECT apppass.issue_code('alice@example.org', 'Phone') $$);
SELECT pg_temp.refused($$ SELECT apppass.store_code('alice@example.org', 'Phone', '2222', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.revoke_account('alice@example.org', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.issue_policy('alice@example.org') $$);
SELECT pg_temp.refused($$ SELECT apppass.managed_realms() $$);
SELECT pg_temp.refused($$ SELECT apppass.maintain() $$);
SELECT pg_temp.refused($$ SELECT apppass.audit_write('x', 1, 1, 'x', 'x', 1, 'x', NULL, NULL, NULL) $$);
SELECT pg_temp.refused($$ INSERT INTO apppass.audit (at, actor, action) VALUES (now(), 'x', 'x') $$);
SELECT pg_temp.refused($$ SELECT nextval('apppass.code_id_seq') $$);
SELECT pg_temp.refused('SET ROLE apppass_owner');
SELECT pg_temp.refused('CREATE FUNCTION apppass.evil() RETURNS integer LANGUAGE sql AS ''SELECT 1''');

-- the helpdesk
SET SESSION AUTHORIZATION helga;
SELECT pg_temp.refused($$ SELECT apppass.add_account('carol@example.org', reason => 'new') $$);
SELECT pg_temp.refused($$ SELECT apppass.set_mfa('bob@example.org', true, 'says so') $$);
SELECT lives_ok($$ SELECT * FROM apppass.issue_code('bob@example.org', 'Phone') $$, 'issues');
SELECT lives_ok($$ SELECT * FROM apppass.reset_code('bob@example.org', 'Phone', reason => 'lost') $$, 'resets');
SELECT lives_ok($$ SELECT apppass.revoke_device('bob@example.org', 'Phone', 'lost') $$, 'revokes');
SELECT lives_ok($$ SELECT apppass.set_account_enabled('bob@example.org', false, 'left') $$, 'disables');
SELECT lives_ok($$ SELECT apppass.explain_access('bob@example.org', 'imap', NULL) $$, 'explains');
SELECT is((SELECT count(*) FROM apppass.code_overview), 3::bigint, 'sees codes');
SELECT isnt((SELECT count(*) FROM apppass.refusal_log), 0::bigint, 'sees refusals');
SELECT isnt((SELECT count(*) FROM apppass.audit_log), 0::bigint, 'sees the trail');
SELECT isnt((SELECT count(*) FROM apppass.realm_overview), 0::bigint, 'sees policy');
SELECT pg_temp.refused('SELECT FROM apppass.' || name) FROM relation WHERE name IN ('account', 'code', 'device', 'audit', 'refusal', 'code_use') ORDER BY name COLLATE "C";
SELECT pg_temp.refused('UPDATE apppass.realm SET max_codes = 1');
SELECT pg_temp.refused($$ INSERT INTO apppass.access_rule (action) VALUES ('allow') $$);
SELECT pg_temp.refused('DELETE FROM apppass.realm_operator');
SELECT pg_temp.refused($$ SELECT * FROM apppass.lookup('alice@example.org', '1111', 'imap', NULL) $$);
SELECT pg_temp.refused($$ SELECT apppass.upgrade_hash(1, 'x', '$argon2id$') $$);
SELECT pg_temp.refused($$ INSERT INTO apppass.code (device_id, selector, hash) VALUES (1, '2222', 'x') $$);
SELECT pg_temp.refused('SELECT * FROM apppass.audit_verify()');
SELECT pg_temp.refused('SET ROLE apppass_admin');

-- the auditor
SET SESSION AUTHORIZATION audrey;
SELECT isnt((SELECT count(*) FROM apppass.audit_log), 0::bigint, 'the auditor reads the trail');
SELECT isnt((SELECT rows_checked FROM apppass.audit_verify()), NULL, 'and verifies it');
SELECT isnt((SELECT count(*) FROM apppass.code_overview), 0::bigint, 'and sees codes');
SELECT pg_temp.refused($$ SELECT apppass.revoke_account('alice@example.org', 'x') $$);
SELECT pg_temp.refused($$ SELECT apppass.issue_code('alice@example.org', 'x') $$);
SELECT pg_temp.refused('SELECT FROM apppass.audit');
SELECT pg_temp.refused('DELETE FROM apppass.audit');

-- the administrator
SET SESSION AUTHORIZATION anna;
SELECT pg_temp.refused('DELETE FROM apppass.audit');
SELECT pg_temp.refused('INSERT INTO apppass.audit (at, actor, action) VALUES (now(), ''x'', ''x'')');
SELECT pg_temp.refused('UPDATE apppass.code_use SET last_at = now()');
SELECT pg_temp.refused('ALTER TABLE apppass.code DISABLE TRIGGER ALL');
SELECT pg_temp.refused('SET session_replication_role = replica');
RESET SESSION AUTHORIZATION;

-- objects of the attacker's making, in front of everything
CREATE SCHEMA evil AUTHORIZATION vera;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
SET SESSION AUTHORIZATION vera;
CREATE TEMP TABLE account (id bigint, username text, realm_id integer, enabled boolean);
INSERT INTO account VALUES (1, 'mallory', 1, true);
CREATE FUNCTION evil.called() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT evil.called()';
CREATE FUNCTION evil.same(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT evil.called()';
CREATE FUNCTION evil.join(text, text) RETURNS text LANGUAGE sql AS 'SELECT evil.called()::text';
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = bigint, RIGHTARG = bigint);
CREATE OPERATOR evil.|| (FUNCTION = evil.join, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT evil.called()::text::timestamptz';
CREATE FUNCTION evil.count() RETURNS bigint LANGUAGE sql AS 'SELECT evil.called()::integer::bigint';
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA evil TO PUBLIC;
SET LOCAL search_path = evil, pg_temp, pg_catalog;
SELECT verdict AS alice FROM apppass.lookup('alice@example.org', '1111', 'imap', NULL) \gset
SELECT verdict AS mallory FROM apppass.lookup('mallory', '1111', 'imap', NULL) \gset
SELECT apppass.record_use(1, 'imap', '192.0.2.1'), apppass.record_refusal('wrong_code', 'mallory', 1, 'imap', NULL);
SET SESSION AUTHORIZATION helga;
CREATE TEMP TABLE realm_operator (role_name text, realm_id integer);
CREATE FUNCTION pg_temp.pg_has_role(name, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
SET LOCAL search_path = evil, pg_temp, pg_catalog;
SELECT apppass.set_account_enabled('alice@example.org', true, 'x'), (apppass.issue_code('alice@example.org', 'Evil')).selector AS minted \gset
SET LOCAL search_path = tap, public;
SELECT is(:'alice'::text, 'accepted', 'a search path and an operator in front of everything change nothing');
SELECT is(:'mallory'::text, 'unknown_user', 'nor does a temporary table of the same name');
SELECT is(length(:'minted'), 4, 'in management functions neither');
RESET SESSION AUTHORIZATION;

SELECT * FROM finish();
ROLLBACK;
