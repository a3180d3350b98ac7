-- SPDX-License-Identifier: BSD-2-Clause
-- The trail: who, what, why; append-only for everyone.  trail.sh tests its chain and those who follow it.
BEGIN;
\ir setup.sql
SELECT plan(32);
SET LOCAL application_name = 'portal';
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
SELECT is((SELECT count(DISTINCT xid) FROM apppass.audit WHERE xid = pg_current_xact_id() AND cluster = apppass.cluster()), 1::bigint, 'each row tells its transaction');

-- append-only
INSERT INTO apppass.audit_chain VALUES (1, 1, '');
SELECT throws_ok(format('%s apppass.%I %s', w.words, t.name, w.tail), 'AP004', NULL, format('no %s of %s, as %s', w.words, t.name, r.role))
FROM (VALUES ('UPDATE', 'SET hash = hash'), ('DELETE FROM', ''), ('TRUNCATE', '')) AS w (words, tail),
    (VALUES ('audit'), ('audit_chain')) AS t (name),
    (VALUES ('the superuser'), ('the owner')) AS r (role),
    LATERAL set_config('role', CASE r.role WHEN 'the owner' THEN 'apppass_owner' ELSE 'none' END, true) AS s
WHERE w.words <> 'UPDATE' OR t.name = 'audit_chain';
RESET ROLE;
SELECT throws_ok($$ UPDATE apppass.audit SET reason = 'x' $$, 'AP004', NULL, 'no UPDATE of audit, as the superuser');
SET ROLE apppass_owner;
SELECT throws_ok($$ UPDATE apppass.audit SET actor = 'x' $$, 'AP004', NULL, 'no UPDATE of audit, as the owner');
RESET ROLE;

-- two intervals that compare equal are two policies: a code issued under one lives 18 months longer
SELECT is(interval '100 years', interval '36000 days', 'PostgreSQL takes 100 years for 36000 days');
UPDATE apppass.realm SET max_lifetime = '100 years' WHERE name = 'default';
UPDATE apppass.realm SET max_lifetime = '36000 days' WHERE name = 'default';
SELECT is((SELECT array_agg(after ->> 'max_lifetime' ORDER BY id) FROM (SELECT id, after FROM apppass.audit
           WHERE action = 'realm_changed' AND after ? 'max_lifetime' ORDER BY id DESC LIMIT 2) AS last),
    ARRAY['100 years', '36000 days'], 'whoever changes one into the other is in the trail');

SELECT * FROM finish();
ROLLBACK;
