-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:mint from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.explain_access(text, text, inet);
DROP FUNCTION apppass.reset_code(text, text, interval, text, text, text);
DROP FUNCTION apppass.reset_device(text, text, text, text, interval, text, text, text);
DROP FUNCTION apppass.kept_services(apppass.code);
DROP FUNCTION apppass.chosen_expiry(apppass.code);
DROP TYPE apppass.reset_issued_code;
DROP TYPE apppass.reset_stored_code;
DROP FUNCTION apppass.revoke_account(text, text, text, text);
DROP FUNCTION apppass.known_device(apppass.account, text);
DROP FUNCTION apppass.revoke_device(text, text, text, text, text);
DROP FUNCTION apppass.issue_code(text, text, text[], cidr[], timestamptz, text, text, text);
DROP TYPE apppass.issued_code;
DROP FUNCTION apppass.group_code(text);
DROP FUNCTION apppass.make_code(bigint, integer);
DROP FUNCTION apppass.code_valid(text);
DROP FUNCTION apppass.check_symbol(text);

COMMIT;
