-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:lookup from pg

BEGIN;

DROP FUNCTION apppass.lookup(text, text, text, inet);

COMMIT;
