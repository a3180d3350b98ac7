-- SPDX-License-Identifier: BSD-2-Clause
-- People and programs, after "sqitch deploy".  Run as a superuser or as the schema's owner.

SET search_path = pg_catalog, pg_temp;

-- Postfix, Cyrus IMAP and apppassd: may ask about a login, reads no table.  One such role for each
-- mail server, under names of their own: who shares a login can end the other's sessions.
-- Its limit is below max_connections (100 where nobody changed it): the desk always gets in.
CREATE ROLE apppass_mail LOGIN PASSWORD 'change-me' CONNECTION LIMIT 80 IN ROLE apppass_verifier;
ALTER ROLE apppass_mail SET statement_timeout = '10s';
ALTER ROLE apppass_mail SET idle_in_transaction_session_timeout = '10s';

-- apppass-logoutd: may ask which sessions are to end.
CREATE ROLE apppass_logoutd LOGIN IN ROLE apppass_logout;

-- apppass-portal: does what owners may do for themselves.
CREATE ROLE apppass_page LOGIN IN ROLE apppass_self;

-- apppass notify: may ask what owners are to be told.
CREATE ROLE apppass_notifier LOGIN IN ROLE apppass_notify;

-- Someone on the helpdesk: issues, resets and revokes codes, sees no hash.
CREATE ROLE hilda LOGIN CONNECTION LIMIT 20 IN ROLE apppass_helpdesk;
ALTER ROLE hilda SET idle_in_transaction_session_timeout = '5min';

-- An administrator: policy and accounts too.  To let her end a session that stands in the way of a
-- revocation, a superuser adds: GRANT pg_signal_backend TO ada;  it reaches the whole cluster.
CREATE ROLE ada LOGIN IN ROLE apppass_admin, apppass_helpdesk, apppass_auditor;

-- root on the mail servers, for "apppass doctor": looks, changes nothing.
CREATE ROLE root LOGIN IN ROLE apppass_auditor;
