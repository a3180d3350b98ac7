-- SPDX-License-Identifier: BSD-2-Clause
-- Conditional access: first match wins.
BEGIN;
\ir setup.sql
SELECT plan(29);

INSERT INTO apppass.realm (name) VALUES ('example.org'), ('other.org');
SELECT apppass.add_account('alice@example.org');
SELECT apppass.add_account('bob@other.org');
SELECT apppass.store_code('alice@example.org', 'Phone', '1111', pg_temp.digest());
SELECT apppass.store_code('bob@other.org', 'Phone', '1111', pg_temp.digest());

CREATE FUNCTION pg_temp.rule(realm text, service text, network cidr, action text, description text) RETURNS integer LANGUAGE sql AS $$
    INSERT INTO apppass.access_rule (realm_id, service, network, action, description)
    VALUES ((SELECT id FROM apppass.realm WHERE name = $1), $2, $3, $4, $5) RETURNING position $$;
CREATE FUNCTION pg_temp.why(username text, service text, client inet) RETURNS text LANGUAGE sql AS $$
    SELECT action || ': ' || description FROM apppass.explain_access($1, $2, $3) $$;

SELECT is(pg_temp.why('alice@example.org', 'imap', '192.0.2.1'), 'allow: no rule matches', 'without rules all is allowed');
SELECT is(pg_temp.rule('example.org', 'smtp', '10.0.0.0/8', 'allow', 'printers'), 10, 'the first rule gets position 10');
SELECT is(pg_temp.rule('example.org', 'SMTPS', NULL, 'deny', 'no smtp from outside'), 20, 'the next comes last');
SELECT pg_temp.rule('example.org', NULL, '2001:db8:bad::/48', 'deny', 'bad v6');
SELECT pg_temp.rule(NULL, 'imap', '198.51.100.0/24', 'deny', 'bad v4');

SELECT is(pg_temp.verdict('alice@example.org', '1111', 'smtp', '10.1.2.3'), 'accepted', 'an allow rule that matches first ends it');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'smtp', '192.0.2.1'), 'service_denied', 'a rule by service denies the service');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'smtp', NULL), 'service_denied', 'an allow rule with a network needs an address');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'imap', '2001:db8:bad:1::9'), 'network_denied', 'IPv6');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'imap', '2001:db8:900d::9'), 'accepted', 'IPv6, another network');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'imap', '198.51.100.9'), 'network_denied', 'IPv4, a rule for every realm');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'imap', '::ffff:198.51.100.9'), 'network_denied', 'IPv4 mapped into IPv6');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'pop', '198.51.100.9'), 'accepted', 'another service');
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'imap', NULL), 'network_denied', 'a deny rule with a network denies the unknown address');
SELECT is(pg_temp.verdict('bob@other.org', '1111', 'smtp', '192.0.2.1'), 'accepted', 'rules of another realm do not apply');
SELECT is(pg_temp.verdict('bob@other.org', '1111', 'imap', '198.51.100.9'), 'network_denied', 'rules for all do');
SELECT is(pg_temp.verdict('alice@example.org', NULL, 'imap', '198.51.100.9'), 'network_denied', 'rules apply to the main password too');

SELECT is(pg_temp.why('alice@example.org', 'smtps', '10.1.2.3'), 'allow: printers', 'explained: the allow rule');
SELECT is(pg_temp.why('alice@example.org', 'smtp', '192.0.2.1'), 'deny: no smtp from outside', 'explained: the deny rule');
SELECT is(pg_temp.why('bob@other.org', 'imap', NULL), 'deny: bad v4', 'explained: no address');
SELECT is((SELECT rule_position FROM apppass.explain_access('alice@example.org', 'smtp', '192.0.2.1')), 20, 'explained: its position');
SELECT throws_ok($$ SELECT apppass.explain_access('nobody', 'imap', NULL) $$, 'P0002', NULL, 'explained: no such account');

UPDATE apppass.access_rule SET position = 30 - position WHERE position IN (10, 20);
SELECT is(pg_temp.verdict('alice@example.org', '1111', 'smtp', '10.1.2.3'), 'service_denied', 'changing places changes the decision');
DELETE FROM apppass.access_rule WHERE description <> 'printers';
SELECT pg_temp.rule('example.org', NULL, NULL, 'deny', 'closed');
SELECT is(pg_temp.verdict('alice@example.org', '1111'), 'realm_denied', 'a rule for everything denies the realm');
SELECT is(pg_temp.verdict('alice@example.org', NULL), 'main_password_refused', 'and the main password');
SELECT throws_ok($$ INSERT INTO apppass.access_rule (action) VALUES ('maybe') $$, '23514', NULL, 'allow or deny');
SELECT throws_ok($$ INSERT INTO apppass.access_rule (action, service) VALUES ('deny', 'a b') $$, '22023', NULL, 'a service name');

-- networks of a code
SELECT apppass.store_code('bob@other.org', 'Printer', '2222', pg_temp.digest(), networks => ARRAY['10.0.0.0/8', '2001:db8::/32']::cidr[]);
SELECT is(pg_temp.verdict('bob@other.org', '2222', 'smtp', '10.1.1.1'), 'accepted', 'networks of a code: inside');
SELECT is(pg_temp.verdict('bob@other.org', '2222', 'smtp', '2001:db8::1'), 'accepted', 'networks of a code: inside, IPv6');
SELECT is(pg_temp.verdict('bob@other.org', '2222', 'smtp', '11.1.1.1'), 'network_denied', 'networks of a code: outside');
SELECT is(pg_temp.verdict('bob@other.org', '2222', 'smtp', NULL), 'network_denied', 'networks of a code: unknown');

SELECT * FROM finish();
ROLLBACK;
