-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:maintain from pg

BEGIN;

DROP FUNCTION apppass.maintain(boolean, integer);
DROP FUNCTION apppass.due_codes(bigint);

COMMIT;
