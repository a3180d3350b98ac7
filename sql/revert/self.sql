-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:self from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

REVOKE ALL ON TYPE apppass.stored_code, apppass.reset_stored_code FROM apppass_self;
DROP FUNCTION apppass.self_alarm(text, timestamptz, text, text[], inet, text);
DROP FUNCTION apppass.self_revoke_all(text, timestamptz, text, text[], inet);
DROP FUNCTION apppass.self_revoke(text, timestamptz, text, text[], inet, text);
DROP FUNCTION apppass.self_reset(text, timestamptz, text, text[], inet, text, text, text,
    bigint);
DROP FUNCTION apppass.self_issue(text, timestamptz, text, text[], inet, text, text, text, text[],
                                 timestamptz, bigint);
DROP FUNCTION apppass.self_uses(text, timestamptz, text, text[], inet);
DROP TYPE apppass.self_use;
DROP FUNCTION apppass.self_codes(text, timestamptz, text, text[], inet);
DROP TYPE apppass.self_code;
DROP FUNCTION apppass.self_policy(text, timestamptz, text, text[], inet);
DROP TYPE apppass.self_terms;
DROP FUNCTION apppass.self_account(text, timestamptz, text, text[], inet, text, bigint);
DROP FUNCTION apppass.self_makes(bigint);
DROP FUNCTION apppass.self_services(apppass.realm);
DROP FUNCTION apppass.self_fresh(apppass.realm, timestamptz);
DROP FUNCTION apppass.self_strong(apppass.realm, text, text[]);

COMMIT;
