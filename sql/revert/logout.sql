-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:logout from pg

BEGIN;

SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.ended_since(jsonb, text);
DROP INDEX apppass.code_created_at;
DROP INDEX apppass.code_expires_at;
DROP INDEX apppass.account_disabled_from;

COMMIT;
