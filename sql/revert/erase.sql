-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:erase from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.maintain_erased(boolean, integer);
DROP FUNCTION apppass.erase_account(text, text, text, text);
DROP FUNCTION apppass.erase_words(bigint);
DROP FUNCTION apppass.erase_traces(bigint);
DROP TYPE apppass.erasure;

COMMIT;
