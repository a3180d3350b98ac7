-- SPDX-License-Identifier: BSD-2-Clause
-- Attacks with a stolen login: what it writes without end, says in somebody else's name, or sets so
-- that nothing works any more.
BEGIN;
\ir setup.sql
SELECT plan(17);

INSERT INTO apppass.realm (name) VALUES ('mine.org'), ('theirs.org');
UPDATE apppass.realm SET self_allowed = true WHERE name = 'mine.org';
SELECT apppass.add_account('alice@mine.org'), apppass.add_account('olga@theirs.org');
SELECT code_id AS code FROM apppass.store_code('alice@mine.org', 'Phone', '1111', pg_temp.digest()) \gset
CREATE ROLE mail LOGIN IN ROLE apppass_verifier;
CREATE ROLE desk LOGIN IN ROLE apppass_helpdesk;
CREATE ROLE page LOGIN IN ROLE apppass_self;
INSERT INTO apppass.realm_operator (role_name, realm_id)
SELECT 'desk', id FROM apppass.realm WHERE name = 'mine.org';

-- a hash that is replaced by another for ever
DO $$ DECLARE old text; new text; BEGIN
    SET LOCAL SESSION AUTHORIZATION mail;
    FOR n IN 1 .. 30 LOOP
        SELECT l.hash INTO old FROM apppass.lookup('alice@mine.org', '1111', 'imap', NULL) AS l;
        new := pg_temp.digest('c2FsdHNhbHRzYWx0c2Fs' || to_char(n, 'FM00'));
        PERFORM apppass.upgrade_hash(l.code_id, old, new) FROM apppass.lookup('alice@mine.org', '1111', 'imap', NULL) AS l;
    END LOOP;
END $$;
RESET SESSION AUTHORIZATION;
SELECT is((SELECT count(*) FROM apppass.audit WHERE action = 'hash_upgraded'), 10::bigint,
    'a mail server writes ten rows a day and code into the trail');
SELECT apppass.add_account('gone@mine.org');
SELECT apppass.record_main_password('gone@mine.org', 'imap', NULL);
DELETE FROM apppass.account WHERE username = 'gone@mine.org';
SELECT is((SELECT count(*) FROM apppass.main_password_login AS m WHERE NOT EXISTS (SELECT FROM apppass.account AS a WHERE a.id = m.account_id)),
    0::bigint, 'what an account used goes with it');

-- in the owner's name
SET SESSION AUTHORIZATION desk;
SELECT throws_ok($$ SELECT apppass.issue_code('alice@mine.org', 'Fake', operator => 'the owner') $$, '42501',
    'desk does not act for the owner of an account', 'the helpdesk makes nothing in the owner''s name');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@mine.org', 'Fake', operator => 'page/the owner ') $$, '42501', NULL, 'nor under an alias');
SELECT throws_ok($$ SELECT apppass.issue_code('alice@mine.org', 'Fake', reason => 'collected by its link', operator => 'the link') $$, '42501', NULL, 'nor as their link');
SET LOCAL apppass.operator = 'the owner';
SELECT throws_ok($$ SELECT apppass.issue_code('alice@mine.org', 'Fake') $$, '42501', NULL, 'nor by a setting');
SELECT throws_ok($$ SELECT apppass.set_account_enabled('alice@mine.org', false, 'x') $$, '42501', NULL, 'nor anything else');
SET LOCAL apppass.operator = 'helga';
SELECT lives_ok($$ SELECT apppass.issue_code('alice@mine.org', 'Phone') $$, 'in a colleague''s it does');
SET SESSION AUTHORIZATION page;
SET LOCAL apppass.operator = '';
SELECT lives_ok($$ SELECT apppass.self_revoke_all('alice@mine.org', now(), NULL, NULL, NULL) $$, 'the page acts for the owner');
RESET SESSION AUTHORIZATION;

-- moments that are none
SELECT throws_ok(format($$ UPDATE apppass.realm SET %I = '1001 years' WHERE name = 'mine.org' $$, c), '23514', NULL, c || ' is bounded')
FROM unnest(ARRAY['max_lifetime', 'lapse_after', 'unused_after', 'refusal_retention']) AS c;
UPDATE apppass.realm SET max_lifetime = '1000 years', lapse_after = '1000 years', unused_after = '1000 years', refusal_retention = '1000 years';
SELECT lives_ok($$ SELECT * FROM apppass.lookup('alice@mine.org', '1111', 'imap', NULL) $$, 'with the longest there are logins');
SELECT lives_ok($$ SELECT * FROM apppass.ended_since((SELECT mark FROM apppass.ended_since(NULL, NULL)), NULL) $$, 'logouts');
SELECT is_empty($$ SELECT * FROM apppass.maintain(true) WHERE action = 'failed' $$, 'and upkeep');
SELECT throws_ok($$ INSERT INTO apppass.code (device_id, selector, hash, created_at)
    SELECT id, '8888', pg_temp.digest(), '-infinity' FROM apppass.device LIMIT 1 $$, '22023', 'a code is issued at a moment', 'no code without a beginning');

SELECT * FROM finish();
ROLLBACK;
