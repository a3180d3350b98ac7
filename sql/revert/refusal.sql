-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:refusal from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP TRIGGER refusal_forget ON apppass.account;
DROP FUNCTION apppass.refusal_forget();
DROP FUNCTION apppass.make_refusal_partition(timestamptz, integer);
DROP FUNCTION apppass.refusal_partitions();
DROP FUNCTION apppass.refusal_partition(timestamptz);
DROP TABLE apppass.refusal;

COMMIT;
