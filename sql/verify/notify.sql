-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:notify on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (has_function_privilege('apppass_notify', f, 'EXECUTE')
            AND NOT has_function_privilege('apppass_helpdesk', f, 'EXECUTE'))::integer
FROM unnest(ARRAY['apppass.notify_gather()', 'apppass.notify_take()',
    'apppass.notify_done(bigint, uuid)', 'apppass.notify_failed(bigint, uuid)']) AS f;
SELECT 1 / (NOT has_table_privilege('apppass_notify', t, 'SELECT'))::integer
FROM unnest(ARRAY['apppass.account', 'apppass.notice', 'apppass.notice_mail']) AS t;

ROLLBACK;
