-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:handover from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.self_collect(bytea, bytea, inet, text, text);
DROP FUNCTION apppass.self_offer(bytea);
DROP TYPE apppass.handover_terms;
DROP TRIGGER handover_withdrawn ON apppass.account;
DROP FUNCTION apppass.handover_guard();
DROP FUNCTION apppass.withdraw_offer(text, text, text, text, text);
DROP FUNCTION apppass.import_offer(text, text, bytea, bytea, interval, text, text, text, text, text,
    text, boolean);
DROP TYPE apppass.import_offer_result;
DROP FUNCTION apppass.offer_code(text, text, bytea, bytea, interval, text[], cidr[], timestamptz,
    text, text, text);
DROP TYPE apppass.offered_code;
DROP FUNCTION apppass.rehearse_code(text, text, text[], cidr[], timestamptz);

COMMIT;
