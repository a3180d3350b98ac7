-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:policy from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.realm_of(text);
DROP FUNCTION apppass.manages_all();
DROP FUNCTION apppass.managed_realms();
DROP TABLE apppass.realm_operator;
DROP TABLE apppass.access_rule;
DROP TABLE apppass.realm;
DROP FUNCTION apppass.is_language(text);
DROP FUNCTION apppass.is_host(text);

COMMIT;
