-- SPDX-License-Identifier: BSD-2-Clause
-- An account is forgotten: what is gone, what stays, and who may.
BEGIN;
\ir setup.sql
SELECT plan(26);

SELECT apppass.add_account('erin@erase.org'), apppass.add_account('frank@erase.org');
SELECT apppass.store_code('erin@erase.org', 'Erins Phone', '1111', pg_temp.digest(), networks => '{198.51.100.0/24}', reason => 'Erin asked');
SELECT apppass.store_code('erin@erase.org', 'Erins Tablet', '2222', pg_temp.digest());
SELECT apppass.reset_device('erin@erase.org', 'Erins Tablet', '3333', pg_temp.digest(), grace => '1 hour', reason => 'Erin lost it');
SELECT apppass.store_code('frank@erase.org', 'Franks Phone', '1111', pg_temp.digest());
SELECT apppass.record_use(code_id, 'imap', '198.51.100.7') FROM apppass.code_overview WHERE account LIKE '%@erase.org';
SELECT apppass.record_refusal('wrong_code', account::text, code_id, 'imap', '198.51.100.8') FROM apppass.code_overview WHERE account LIKE '%@erase.org';
SELECT apppass.record_refusal('not_a_code', 'erin@erase.org', NULL, 'imap', '198.51.100.9');
SELECT apppass.record_main_password('erin@erase.org', 'imap', '198.51.100.9');
SELECT apppass.upgrade_hash(code_id, pg_temp.digest(), pg_temp.digest('bmV3bmV3bmV3bmV3bmV3bmV3')) FROM apppass.code_overview
WHERE account = 'erin@erase.org' AND selector = '1111';
INSERT INTO apppass.notice (once, event, account_id, at) SELECT 'x', 'issued', account_id, now() FROM apppass.account_overview WHERE account = 'erin@erase.org';
SELECT account_id AS erin FROM apppass.account_overview WHERE account = 'erin@erase.org' \gset
SELECT count(*) AS events FROM apppass.audit WHERE account_id = :erin \gset

SELECT throws_ok($$ SELECT apppass.erase_account('erin@erase.org', 'request 77') $$, 'AP003', 'account "erin@erase.org" is not disabled', 'after it was disabled');
SELECT apppass.set_account_enabled('erin@erase.org', false, 'Erin left');
SELECT throws_ok($$ SELECT apppass.erase_account('erin@erase.org', ' ') $$, 'AP002', NULL, 'with a reason');
SELECT throws_ok($$ SELECT apppass.erase_account('erin@erase.org', 'for Erin@Erase.org') $$, '22023', 'reason, ticket or operator have a name of the account', 'that does not name it');
SELECT throws_ok($$ SELECT apppass.erase_account('erin@erase.org', 'x', 'erin@erase.org') $$, '22023', NULL, 'nor the ticket');
SELECT throws_ok($$ SELECT apppass.erase_account('erin@erase.org', 'x', operator => 'Erin@erase.org') $$, '22023', NULL, 'nor the operator');
SELECT apppass.rename_account('erin@erase.org', 'smith@erase.org', 'married');
SELECT throws_ok($$ SELECT apppass.erase_account('smith@erase.org', 'request of erin@erase.org') $$, '22023', NULL, 'nor by the name that it had');
SELECT apppass.rename_account('smith@erase.org', 'erin@erase.org', 'not yet');
SELECT throws_ok($$ SELECT apppass.erase_account('nobody@erase.org', 'x') $$, 'P0002', NULL, 'no such account');
SET LOCAL ROLE apppass_admin;
SELECT throws_ok(format('DELETE FROM apppass.code WHERE account_id = %s', :erin), 'AP003', NULL, 'an administrator''s DELETE forgets no code');
RESET ROLE;
SELECT throws_ok(format('UPDATE apppass.audit SET (salt, erased_digest, account, device, reason, ticket, before, after) =
        (SELECT e.salt, e.erased_digest, e.account, e.device, e.reason, e.ticket, e.before, e.after FROM apppass.audit_erased(audit) AS e)
    WHERE account_id = %s', :erin), 'AP004', NULL, 'nor the owner''s UPDATE what the trail says');

SELECT pg_temp.same($$ SELECT account, devices, codes, uses, refusals FROM apppass.erase_account(' ERIN@erase.org', 'request 77', 'T-1') $$,
    $$ VALUES ('erin@erase.org', 2, 3, 4, 4) $$, 'erased, and told what');
SELECT is_empty(format('SELECT action FROM apppass.audit WHERE account_id = %s AND action <> ''account_erased''
    AND num_nonnulls(account, device, reason, ticket, before, after, salt) > 0', :erin), 'the trail has no words about it');
SELECT cmp_ok((SELECT count(*) FROM apppass.audit WHERE account_id = :erin AND erased_digest IS NOT NULL), '>', :events::bigint, 'but the rows');
SELECT pg_temp.same(format('SELECT action, account, reason, ticket, salt IS NULL FROM apppass.audit WHERE account_id = %s ORDER BY id DESC LIMIT 4', :erin),
    $$ VALUES ('account_removed', NULL, NULL, NULL, true), ('device_removed', NULL, NULL, NULL, true),
              ('device_removed', NULL, NULL, NULL, true), ('account_erased', NULL, 'request 77', 'T-1', false) $$, 'and why');

-- Nothing in any table: names, labels, words, networks.
CREATE FUNCTION pg_temp.mentions(pattern text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    n bigint;
BEGIN
    FOR t IN SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('SELECT count(*) FROM %s AS t WHERE t::text ~* %L', t, pattern) INTO n;
        IF n > 0 THEN RETURN NEXT format('%s: %s', t, n); END IF;
    END LOOP;
END $$;
SELECT is_empty($$ SELECT pg_temp.mentions('erin|198[.]51[.]100[.]9') $$, 'no table mentions the person');
SELECT is_empty($$ SELECT m FROM pg_temp.mentions('198[.]51[.]100') AS m WHERE m NOT IN ('apppass.code_use: 1') AND m NOT LIKE 'apppass.refusal%: 1' $$,
    'nor where from; the other one is still there');
SELECT is_empty($$ SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname IN ('account_id', 'code_id')
      AND a.attnum > 0 AND NOT c.relispartition
      AND c.relname NOT IN ('audit', 'code', 'code_use', 'device', 'handover', 'hash_upgrade', 'issue_turn', 'main_password_login', 'notice',
                            'notice_mail', 'refusal') $$, 'every table with an account''s key is one that erasing knows');
CREATE TEMP TABLE rest AS SELECT 'device' AS kind, account_id FROM apppass.device UNION ALL SELECT 'code', account_id FROM apppass.code
    UNION ALL SELECT 'turn', account_id FROM apppass.issue_turn UNION ALL SELECT 'notice', account_id FROM apppass.notice
    UNION ALL SELECT 'refusal', account_id FROM apppass.refusal UNION ALL SELECT 'main', account_id FROM apppass.main_password_login
    UNION ALL SELECT 'handover', account_id FROM apppass.handover;
SELECT is_empty(format('SELECT kind FROM rest WHERE account_id = %s', :erin), 'nor by its key');
SELECT is_empty($$ SELECT u.code_id FROM apppass.code_use AS u WHERE NOT EXISTS (SELECT FROM apppass.code AS c WHERE c.id = u.code_id)
    UNION SELECT h.code_id FROM apppass.hash_upgrade AS h WHERE NOT EXISTS (SELECT FROM apppass.code AS c WHERE c.id = h.code_id) $$, 'no use or hash without its code');
SELECT is(pg_temp.verdict('erin@erase.org', '1111'), 'unknown_user', 'its codes are nobody''s');
SELECT is(pg_temp.verdict('frank@erase.org', '1111'), 'accepted', 'the other one''s works');
SELECT throws_ok(format('UPDATE apppass.audit SET reason = NULL WHERE account_id = %s AND action = ''account_erased''', :erin), 'AP004', NULL,
    'what says that it was erased stays');
SELECT throws_ok(format('UPDATE apppass.audit SET reason = ''x'' WHERE account_id = %s', :erin), 'AP004', NULL, 'nothing else is written there');
SELECT isnt(apppass.add_account('erin@erase.org'), :erin::bigint, 'the name may come again, as another account');
SELECT is_empty($$ SELECT id FROM apppass.find_events(account => 'erin@erase.org') WHERE action <> 'account_added' $$, 'which has none of the history');
SELECT is_empty($$ SELECT n FROM apppass.renamed_accounts('erin@erase.org') AS n $$, 'nor the name');
SELECT is((SELECT problem FROM apppass.audit_verify()), NULL, 'the trail fits');

SELECT * FROM finish();
ROLLBACK;
