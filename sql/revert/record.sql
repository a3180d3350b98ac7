-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:record from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.upgrade_hash(bigint, text, text);
DROP FUNCTION apppass.record_main_password(text, text, inet);
DROP FUNCTION apppass.record_refusal(text, text, bigint, text, inet);
DROP FUNCTION apppass.record_use(bigint, text, inet);
DROP FUNCTION apppass.used_service(text);
DROP FUNCTION apppass.hurry();

COMMIT;
