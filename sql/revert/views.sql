-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:views from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP VIEW apppass.use_overview;
DROP FUNCTION apppass.own_use_overview();
DROP VIEW apppass.all_use_overview;
DROP VIEW apppass.code_overview;
DROP FUNCTION apppass.own_code_overview();
DROP VIEW apppass.all_code_overview;
DROP VIEW apppass.device_overview;
DROP FUNCTION apppass.own_device_overview();
DROP VIEW apppass.all_device_overview;
DROP VIEW apppass.account_overview;
DROP FUNCTION apppass.own_account_overview();
DROP VIEW apppass.all_account_overview;
DROP VIEW apppass.refusal_log;
DROP FUNCTION apppass.own_refusal_log();
DROP VIEW apppass.all_refusal_log;
DROP VIEW apppass.knocking_code;
DROP FUNCTION apppass.own_knocking_code();
DROP VIEW apppass.all_knocking_code;
DROP VIEW apppass.audit_log;
DROP FUNCTION apppass.own_audit_log();
DROP VIEW apppass.all_audit_log;
DROP VIEW apppass.unused_code;
DROP FUNCTION apppass.own_unused_code();
DROP VIEW apppass.all_unused_code;
DROP VIEW apppass.main_password_use;
DROP FUNCTION apppass.own_main_password_use();
DROP VIEW apppass.all_main_password_use;
DROP VIEW apppass.realm_overview;
DROP FUNCTION apppass.own_realm_overview();
DROP VIEW apppass.all_realm_overview;
DROP VIEW apppass.handover_overview;
DROP FUNCTION apppass.own_handover_overview();
DROP VIEW apppass.all_handover_overview;
DROP VIEW apppass.access_overview;
DROP FUNCTION apppass.own_access_overview();
DROP VIEW apppass.all_access_overview;
DROP FUNCTION apppass.managed_realm_names();
DROP FUNCTION apppass.sees_all();

COMMIT;
