-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:views from pg

BEGIN;

DROP VIEW apppass.main_password_use;
DROP VIEW apppass.unused_code;
DROP VIEW apppass.audit_log;
DROP VIEW apppass.knocking_code;
DROP VIEW apppass.refusal_log;
DROP VIEW apppass.account_overview;
DROP VIEW apppass.device_overview;
DROP VIEW apppass.code_overview;

COMMIT;
