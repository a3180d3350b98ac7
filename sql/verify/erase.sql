-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:erase on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (has_function_privilege('apppass_admin', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_helpdesk', f, 'EXECUTE'))::integer
FROM unnest(ARRAY['apppass.erase_account(text, text, text, text)']) AS f;
SELECT action, detail FROM apppass.maintain_erased(true, 1);

ROLLBACK;
