-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:maintain from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.maintain(boolean, integer, text);
DROP FUNCTION apppass.maintain_jobs();
DROP FUNCTION apppass.maintain_partitions(boolean, integer);
DROP FUNCTION apppass.maintain_counts(boolean, integer);
DROP FUNCTION apppass.maintain_trail(boolean, integer);
DROP FUNCTION apppass.maintain_roles(boolean, integer);
DROP FUNCTION apppass.maintain_links(boolean, integer);
DROP FUNCTION apppass.maintain_uses(boolean, integer);
DROP FUNCTION apppass.maintain_refusals(boolean, integer);
DROP FUNCTION apppass.maintain_codes(boolean, integer);
DROP FUNCTION apppass.due_partitions();
DROP FUNCTION apppass.due_codes(bigint);
DROP TABLE apppass.tally;
DROP TYPE apppass.upkeep;

COMMIT;
