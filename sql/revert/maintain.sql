-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:maintain from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.maintain(boolean, integer);
DROP FUNCTION apppass.due_codes(bigint);

COMMIT;
