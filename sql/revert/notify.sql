-- SPDX-License-Identifier: BSD-2-Clause
-- Revert apppass:notify from pg

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION apppass.set_notify(text, text, text, text, text, text);
DROP FUNCTION apppass.notify_failed(bigint, uuid);
DROP FUNCTION apppass.notify_done(bigint, uuid);
DROP FUNCTION apppass.notify_take();
DROP TYPE apppass.notice_line;
DROP FUNCTION apppass.notify_gather();
DROP FUNCTION apppass.notice_mails();
DROP FUNCTION apppass.notice_yearly(timestamptz);
DROP FUNCTION apppass.notice_knocking(timestamptz);
DROP FUNCTION apppass.notice_expiring();
DROP FUNCTION apppass.notice_uses(timestamptz);
DROP FUNCTION apppass.notice_events(bigint[]);
DROP INDEX apppass.code_use_first_at;
DROP TRIGGER notice_forget ON apppass.account;
DROP FUNCTION apppass.notice_forget();
DROP TABLE apppass.notice_state;
DROP TABLE apppass.notice_mail;
DROP TABLE apppass.notice;

COMMIT;
