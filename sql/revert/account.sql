-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:account from pg

BEGIN;

DROP TABLE apppass.main_password_login;
DROP TABLE apppass.code_use;
DROP TABLE apppass.code;
DROP TABLE apppass.device;
DROP TABLE apppass.account;
DROP FUNCTION apppass.is_hash(text);
DROP FUNCTION apppass.is_selector(text);
DROP FUNCTION apppass.label_key(text);
DROP FUNCTION apppass.is_label(text);
DROP FUNCTION apppass.trim_blank(text);

COMMIT;
