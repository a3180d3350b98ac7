-- SPDX-License-Identifier: BSD-2-Clause
-- Verify apppass:record on pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SELECT 1 / has_function_privilege('apppass_verifier', f, 'EXECUTE')::integer
FROM unnest(ARRAY[
    'apppass.record_use(bigint, text, inet)',
    'apppass.record_refusal(text, text, bigint, text, inet)',
    'apppass.record_main_password(text, text, inet)', 'apppass.upgrade_hash(bigint, text, text)'])
        AS f;
SELECT apppass.record_use(-1, 'imap', NULL);
SELECT apppass.record_main_password(E'\x01', 'imap', NULL);
SELECT apppass.record_refusal('unknown_user', E'\x01', NULL, 'imap', NULL);
SELECT 1 / (NOT apppass.upgrade_hash(-1, '',
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA'
    '$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'))::integer;

ROLLBACK;
