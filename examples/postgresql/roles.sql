-- SPDX-License-Identifier: BSD-2-Clause
-- People and programs, after "sqitch deploy".  Run as a superuser or as the schema's owner.

SET search_path = pg_catalog, pg_temp;

-- Postfix, Cyrus IMAP and apppassd: may ask about a login, reads no table.
CREATE ROLE apppass_mail LOGIN PASSWORD 'change-me' IN ROLE apppass_verifier;

-- apppass-logoutd: may ask which sessions are to end.
CREATE ROLE apppass_logoutd LOGIN IN ROLE apppass_logout;

-- Someone on the helpdesk: issues, resets and revokes codes, sees no hash.
CREATE ROLE hilda LOGIN IN ROLE apppass_helpdesk;

-- An administrator: policy and accounts too.
CREATE ROLE ada LOGIN IN ROLE apppass_admin, apppass_helpdesk, apppass_auditor;

-- root on the mail servers, for "apppass doctor": looks, changes nothing.
CREATE ROLE root LOGIN IN ROLE apppass_auditor;
