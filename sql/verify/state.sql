-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:state on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (apppass.account_name(E' Alice@EXAMPLE.org\u00a0') = 'alice@example.org')::integer;
SELECT 1 / (apppass.is_username('alice@example.org') AND NOT apppass.is_username('x@'))::integer;
SELECT 1 / (apppass.label_key(apppass.label_name(' Phone ')) = 'phone')::integer;
SELECT 1 / (apppass.is_selector(apppass.selector_name(' OK1L ')))::integer;
SELECT 1 / (NOT apppass.is_hash('hunter2'))::integer;
SELECT 1 / (apppass.service_names(ARRAY['SMTP', 'imaps', 'imap']) = ARRAY['imap', 'smtp'])::integer;
SELECT 1 / (apppass.client_address('::ffff:192.0.2.7') = '192.0.2.7'::inet)::integer;
SELECT 1 / (apppass.network_name('::ffff:127.0.0.0/104') = '127.0.0.0/8'::cidr)::integer;
SELECT 1 / (apppass.client_network('2001:db8:1:2::3') = '2001:db8:1::/48'::cidr)::integer;
SELECT 1 / (apppass.code_state(NULL, now(), now(), NULL, NULL, NULL, NULL) = 'expired')::integer;
SELECT 1 / (apppass.account_state(false, NULL, true, false, true) = 'account_disabled')::integer;
SELECT 1 / (apppass.rule_matches(NULL, NULL, '10.0.0.0/8', 'deny', 1, 'imap', NULL))::integer;
SELECT 1 / (apppass.rule_verdict('allow', NULL, NULL, false) IS NULL)::integer;
SELECT name, description FROM apppass.service WHERE false;

ROLLBACK;
