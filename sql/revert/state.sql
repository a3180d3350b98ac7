-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:state from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.rule_verdict(text, cidr, text, boolean);
DROP FUNCTION apppass.rule_matches(integer, text, cidr, text, integer, text, inet);
DROP FUNCTION apppass.account_state(boolean, timestamptz, boolean, boolean, boolean);
DROP FUNCTION apppass.account_open(boolean, timestamptz);
DROP FUNCTION apppass.code_state(timestamptz, timestamptz, timestamptz, timestamptz, interval,
    interval, interval);
DROP FUNCTION apppass.code_lapses(timestamptz, timestamptz, interval, interval);
DROP FUNCTION apppass.code_ends(timestamptz, timestamptz, interval);
DROP FUNCTION apppass.later(timestamptz, interval);
DROP FUNCTION apppass.network_allowed(inet, cidr[]);
DROP FUNCTION apppass.client_network(inet);
DROP FUNCTION apppass.network_name(cidr);
DROP FUNCTION apppass.client_address(inet);
DROP FUNCTION apppass.service_allowed(text, text[]);
DROP FUNCTION apppass.service_names(text[]);
DROP TABLE apppass.service;
DROP FUNCTION apppass.recorded_service(text);
DROP FUNCTION apppass.is_service(text);
DROP FUNCTION apppass.service_name(text);
DROP FUNCTION apppass.is_affordable(text, integer, integer);
DROP FUNCTION apppass.is_hash(text);
DROP FUNCTION apppass.is_selector(text);
DROP FUNCTION apppass.selector_name(text);
DROP FUNCTION apppass.label_key(text);
DROP FUNCTION apppass.label_name(text);
DROP FUNCTION apppass.is_label(text);
DROP FUNCTION apppass.is_username(text);
DROP FUNCTION apppass.domain_of(text);
DROP FUNCTION apppass.account_name(text);
DROP FUNCTION apppass.login_name(text);
DROP FUNCTION apppass.trim_blank(text);
DROP FUNCTION apppass.fold(text);

COMMIT;
