-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:account from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP TABLE apppass.handover;
DROP TABLE apppass.main_password_login;
DROP VIEW apppass.code_standing;
DROP TABLE apppass.code_use;
DROP TABLE apppass.issue_turn;
DROP TABLE apppass.hash_upgrade;
DROP TABLE apppass.code;
DROP TABLE apppass.device;
DROP TABLE apppass.account;

COMMIT;
