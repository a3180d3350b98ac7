-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:guard on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / (count(*) = 9)::integer FROM pg_trigger
WHERE tgname IN ('code_policy', 'code_no_truncate', 'code_guard', 'device_policy', 'account_policy',
    'realm_operator_policy',
                 'access_rule_policy', 'realm_adopt', 'realm_policy')
  AND tgenabled = 'O'
  AND tgrelid IN ('apppass.code'::regclass, 'apppass.device'::regclass, 'apppass.account'::regclass,
      'apppass.realm'::regclass,
                  'apppass.access_rule'::regclass, 'apppass.realm_operator'::regclass);

ROLLBACK;
