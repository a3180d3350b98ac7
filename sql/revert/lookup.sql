-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:lookup from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.lookup(text, text, text, inet);
DROP FUNCTION apppass.use_keeps(bigint, timestamptz, interval, interval);

COMMIT;
