-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:roles on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (count(*) = 8)::integer FROM pg_roles
WHERE rolname IN ('apppass_owner', 'apppass_verifier', 'apppass_helpdesk', 'apppass_auditor',
    'apppass_admin',
                  'apppass_logout', 'apppass_self', 'apppass_notify')
  AND NOT rolcanlogin AND NOT rolsuper;
SELECT 1 / pg_has_role('apppass_admin', 'apppass_helpdesk', 'USAGE')::integer;
SELECT 1 / pg_has_role('apppass_admin', 'apppass_auditor', 'USAGE')::integer;

ROLLBACK;
