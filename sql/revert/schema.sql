-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:schema from pg
--
-- pgcrypto stays: it may have been there before, and others may use it by now.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.schema_serves();
DROP FUNCTION apppass.schema_version();
DROP FUNCTION apppass.bcrypt(text);
DROP FUNCTION apppass.random_bytes(integer);
DROP TABLE apppass.verdict;
DROP SCHEMA apppass;
ALTER DEFAULT PRIVILEGES FOR ROLE apppass_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE apppass_owner GRANT USAGE ON TYPES TO PUBLIC;

COMMIT;
