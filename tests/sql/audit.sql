-- SPDX-License-Identifier: BSD-2-Clause
-- The trail: who, what, why; append-only for everyone; altered rows are found.
BEGIN;
\ir setup.sql
SELECT plan(35);
SET LOCAL application_name = 'portal';
-- Rows join the chain at commit; the tests are one transaction.
SET CONSTRAINTS ALL IMMEDIATE;

SELECT is((SELECT problem FROM apppass.audit_verify()), NULL, 'the chain fits');
SELECT apppass.add_account('alice@example.org', reason => 'new', operator => 'helga');
SELECT apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest(), reason => 'ordered', ticket => 'T-1', operator => 'helga');
SELECT pg_temp.same($$ SELECT actor, operator, application, action, account, device, selector, reason, ticket FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$,
    $$ VALUES ('postgres', 'helga', 'portal', 'code_issued', 'alice@example.org', 'Phone', '1111', 'ordered', 'T-1') $$, 'who, where, what, why');
SELECT cmp_ok((SELECT at FROM apppass.audit_log ORDER BY id DESC LIMIT 1), '>=', now(), 'when');
SELECT is(current_setting('apppass.reason'), '', 'a function leaves no reason behind');
SELECT is(current_setting('apppass.operator'), '', 'and no operator');
SELECT throws_ok($$ SELECT apppass.set_mfa('alice@example.org', true) $$, 'AP002', NULL, 'MFA needs a reason');
UPDATE apppass.account SET mfa_enrolled = true WHERE username = 'alice@example.org';
SELECT is((SELECT reason FROM apppass.audit_log ORDER BY id DESC LIMIT 1), NULL, 'the next event has its own');
SET LOCAL apppass.operator = 'otto';
SELECT apppass.set_mfa('alice@example.org', false, 'phone stolen');
SELECT pg_temp.same($$ SELECT operator, reason, before, after FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$,
    $$ VALUES ('otto', 'phone stolen', '{"mfa_enrolled": true}'::jsonb, '{"mfa_enrolled": false}'::jsonb) $$, 'the session''s operator, before and after');
SELECT is(current_setting('apppass.operator'), 'otto', 'and it stays the session''s');
SET LOCAL apppass.operator = '';
UPDATE apppass.realm SET max_codes = 5 WHERE name = 'default';
SELECT pg_temp.same($$ SELECT action, realm, before, after FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$,
    $$ VALUES ('realm_changed', 'default', '{"max_codes": 100}'::jsonb, '{"max_codes": 5}'::jsonb) $$, 'policy changes');
INSERT INTO apppass.access_rule (action, description) VALUES ('allow', 'all');
SELECT is((SELECT action FROM apppass.audit_log ORDER BY id DESC LIMIT 1), 'access_rule_added', 'access rules');
CREATE ROLE ruth LOGIN;
INSERT INTO apppass.realm_operator SELECT 'ruth', id FROM apppass.realm WHERE name = 'default';
DELETE FROM apppass.realm_operator;
SELECT is((SELECT action FROM apppass.audit_log ORDER BY id DESC LIMIT 1), 'realm_operator_removed', 'delegation');
UPDATE apppass.account SET username = username;
SELECT is((SELECT action FROM apppass.audit_log ORDER BY id DESC LIMIT 1), 'realm_operator_removed', 'an UPDATE that changes nothing is no event');
SELECT ok((SELECT apppass.upgrade_hash(id, hash, replace(hash, 't=2', 't=3')) FROM apppass.code), 'a hash is upgraded');
SELECT pg_temp.same($$ SELECT action, selector, before, after FROM apppass.audit_log ORDER BY id DESC LIMIT 1 $$,
    $$ VALUES ('hash_upgraded', '1111', '{"hash_kind": "argon2id m=19456,t=2,p=1"}'::jsonb, '{"hash_kind": "argon2id m=19456,t=3,p=1"}'::jsonb) $$, 'audited by its kind');
SELECT ok(NOT (SELECT apppass.upgrade_hash(id, 'something else', pg_temp.digest()) FROM apppass.code), 'only if nobody was faster');
SELECT throws_ok($$ SELECT apppass.upgrade_hash(id, hash, '$2a$10$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') FROM apppass.code $$, '22023', NULL, 'never to another algorithm');
SELECT is((SELECT count(*) FROM apppass.audit WHERE audit::text LIKE '%c2FsdHNhbHRzYWx0%' OR audit::text LIKE '%aGFzaGhhc2%'), 0::bigint, 'no hash is in the trail');
SELECT is((SELECT problem FROM apppass.audit_verify()), NULL, 'the chain still fits');
SELECT is((SELECT rows_checked FROM apppass.audit_verify()), (SELECT count(*) FROM apppass.audit), 'all of it');

-- append-only
SELECT throws_ok($$ UPDATE apppass.audit SET reason = 'x' $$, 'AP004', NULL, 'no UPDATE, as the superuser');
SELECT throws_ok($$ DELETE FROM apppass.audit $$, 'AP004', NULL, 'no DELETE');
SELECT throws_ok($$ TRUNCATE apppass.audit $$, 'AP004', NULL, 'no TRUNCATE');
SET ROLE apppass_owner;
SELECT throws_ok($$ UPDATE apppass.audit SET actor = 'x', hash = '', previous_hash = '', position = 7 $$, 'AP004', NULL, 'no UPDATE, as the owner');
SELECT throws_ok($$ DELETE FROM apppass.audit $$, 'AP004', NULL, 'no DELETE, as the owner');
RESET ROLE;

-- tampering, past the triggers
CREATE FUNCTION pg_temp.tampered(statement text, OUT bad_id bigint, OUT problem text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    BEGIN
        EXECUTE $1;
        SELECT v.bad_id, v.problem INTO bad_id, problem FROM apppass.audit_verify() AS v;
        RAISE EXCEPTION 'undo' USING ERRCODE = 'AP999';
    EXCEPTION WHEN SQLSTATE 'AP999' THEN
        NULL;
    END;
    SET LOCAL session_replication_role = origin;
END $$;
SELECT min(id) + 2 AS third, max(id) AS last FROM apppass.audit \gset
SELECT pg_temp.same(format('SELECT * FROM pg_temp.tampered($$UPDATE apppass.audit SET reason = ''x'' WHERE id = %s$$)', :third),
    format('VALUES (%s::bigint, ''was altered''::text)', :third), 'an altered row is named');
SELECT pg_temp.same(format('SELECT * FROM pg_temp.tampered($$UPDATE apppass.audit SET after = ''{}'' WHERE id = %s$$)', :third),
    format('VALUES (%s::bigint, ''was altered''::text)', :third), 'whatever column');
SELECT is((SELECT problem FROM pg_temp.tampered(format('UPDATE apppass.audit SET hash = sha256(%L) WHERE id = %s', 'x', :third))), 'was altered', 'or its hash');
SELECT is((SELECT problem FROM pg_temp.tampered(format('DELETE FROM apppass.audit WHERE id = %s', :third))), 'rows are missing before this one', 'a removed row is noticed');
SELECT is((SELECT problem FROM pg_temp.tampered(format('DELETE FROM apppass.audit WHERE id = %s; UPDATE apppass.audit SET position = position - 1 WHERE id > %s', :third, :third))),
    'does not follow the row before it', 'even when the gap is closed');
SELECT is((SELECT problem FROM pg_temp.tampered(format('DELETE FROM apppass.audit WHERE id = %s', :last))), 'rows are missing at the end', 'the last row too');
SELECT is((SELECT problem FROM pg_temp.tampered($$UPDATE apppass.audit_head SET hash = sha256('x')$$)), 'rows are missing at the end', 'or the end of the chain');
SELECT is((SELECT problem FROM pg_temp.tampered($$INSERT INTO apppass.audit (at, actor, action) VALUES (now(), 'nobody', 'x')$$)), 'is not part of the chain', 'a row added past the triggers is noticed');
SELECT is((SELECT problem FROM apppass.audit_verify()), NULL, 'after all of which the chain fits again');
SELECT has_function('apppass', 'audit_verify', 'audit_verify is there');

SELECT * FROM finish();
ROLLBACK;
