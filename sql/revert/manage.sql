-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:manage from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.revoke_code(text, text, text, text, text);
DROP FUNCTION apppass.revoke_codes(bigint, bigint, text);
DROP FUNCTION apppass.await_issue(bigint);
DROP FUNCTION apppass.withdraw_offers(apppass.account, text);
DROP FUNCTION apppass.handover_state(apppass.handover);
DROP FUNCTION apppass.store_code(text, text, text, text, text[], cidr[], timestamptz, text, text,
    text);
DROP FUNCTION apppass.stored_code_of(bigint);
DROP TYPE apppass.stored_code;
DROP FUNCTION apppass.own_device(bigint, text);
DROP FUNCTION apppass.issue_policy(text);
DROP TYPE apppass.issue_terms;
DROP FUNCTION apppass.set_mfa(text, boolean, text, text, text);
DROP FUNCTION apppass.set_account_enabled(text, boolean, text, text, text, timestamptz);
DROP FUNCTION apppass.rename_account(text, text, text, text, text);
DROP FUNCTION apppass.add_account(text, text, boolean, text, text);
DROP FUNCTION apppass.require_username(text);
DROP FUNCTION apppass.managed_account(text);

COMMIT;
