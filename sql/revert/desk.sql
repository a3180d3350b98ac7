-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:desk from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.deployment_faults();
DROP FUNCTION apppass.role_setting(text, text);
DROP FUNCTION apppass.installed();
DROP FUNCTION apppass.metrics();
DROP FUNCTION apppass.import_code(text, text, text, text, text, text, text, text, text, text,
    boolean);
DROP FUNCTION apppass.import_account(text, text, text, text, text);
DROP FUNCTION apppass.is_rows_own_fault(text);
DROP TYPE apppass.import_result;
DROP FUNCTION apppass.find_terms(text[]);
DROP FUNCTION apppass.remove_access(integer, text, text, text);
DROP FUNCTION apppass.add_access(text, text, text, cidr, integer, text, text, text, text);
DROP FUNCTION apppass.set_policy(text, text, text, text, text, text);
DROP FUNCTION apppass.add_realm(text, text, text, text, text);
DROP FUNCTION apppass.managed_realm(text);
DROP FUNCTION apppass.find_access(text);
DROP FUNCTION apppass.find_realms(text);
DROP FUNCTION apppass.policy_settings();
DROP FUNCTION apppass.find_event(jsonb, text);
DROP FUNCTION apppass.find_events(text, text, timestamptz, bigint);
DROP FUNCTION apppass.strangers(timestamptz);
DROP FUNCTION apppass.attempts(text, timestamptz, integer);
DROP TYPE apppass.attempt_group;
DROP FUNCTION apppass.completions(text, text, text);
DROP FUNCTION apppass.near_accounts(text);
DROP FUNCTION apppass.renamed_accounts(text);
DROP FUNCTION apppass.find_devices(text);
DROP FUNCTION apppass.find_accounts(text, text, bigint);
DROP FUNCTION apppass.revoked_now(text);
DROP FUNCTION apppass.set_expiry(text, timestamptz, text, text, text, text, text, boolean);
DROP FUNCTION apppass.find_uses(text, text, text, inet[], timestamptz, text, bigint);
DROP FUNCTION apppass.find_unused(text, text, interval, bigint);
DROP FUNCTION apppass.withdrawn_now(text);
DROP FUNCTION apppass.find_offers(text, timestamptz, text, bigint);
DROP FUNCTION apppass.expired_codes(text, timestamptz);
DROP FUNCTION apppass.last_disabled(text);
DROP FUNCTION apppass.count_codes(text, text);
DROP FUNCTION apppass.revoke_codes(bigint[], text, text, text);
DROP FUNCTION apppass.find_codes(text, text, text, text, text, text, bigint);
DROP FUNCTION apppass.name_pattern(text);

COMMIT;
