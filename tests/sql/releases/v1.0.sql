-- SPDX-License-Identifier: BSD-2-Clause
-- Made by tests/sql/freeze.
--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: apppass; Type: SCHEMA; Schema: -; Owner: apppass_owner
--

CREATE SCHEMA apppass;


ALTER SCHEMA apppass OWNER TO apppass_owner;

--
-- Name: SCHEMA apppass; Type: COMMENT; Schema: -; Owner: apppass_owner
--

COMMENT ON SCHEMA apppass IS 'App passwords for SASL servers: accounts, devices, codes, policy, use, refusals and audit. See apppass-schema(7).';


--
-- Name: sqitch; Type: SCHEMA; Schema: -; Owner: deployer
--

CREATE SCHEMA sqitch;


ALTER SCHEMA sqitch OWNER TO deployer;

--
-- Name: SCHEMA sqitch; Type: COMMENT; Schema: -; Owner: deployer
--

COMMENT ON SCHEMA sqitch IS 'Sqitch database deployment metadata v1.1.';


--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;


--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';


--
-- Name: attempt_group; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.attempt_group AS (
	at timestamp with time zone,
	first_at timestamp with time zone,
	attempts bigint,
	verdict text,
	service text,
	client text,
	device text,
	selector text,
	code_id bigint,
	state text,
	services text[],
	networks cidr[],
	revoked_at timestamp with time zone,
	revoked_by text,
	revoke_reason text,
	expires_at timestamp with time zone,
	rule_position integer,
	rule_description text,
	realm_refuses boolean,
	service_refused boolean,
	network_refused boolean,
	newer_device text,
	newer_selector text
);


ALTER TYPE apppass.attempt_group OWNER TO apppass_owner;

--
-- Name: TYPE attempt_group; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.attempt_group IS 'Attempts of an account that are alike: refused ones counted together, of accepted ones the last of each code.';


--
-- Name: erasure; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.erasure AS (
	account text,
	account_id bigint,
	devices bigint,
	codes bigint,
	uses bigint,
	refusals bigint,
	events bigint
);


ALTER TYPE apppass.erasure OWNER TO apppass_owner;

--
-- Name: TYPE erasure; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.erasure IS 'What was erased with an account; events: rows of the trail that lost their words.';


--
-- Name: handover_terms; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.handover_terms AS (
	account_name text,
	account_id bigint,
	device text,
	pin boolean,
	code_length integer,
	memory_kib integer,
	passes integer,
	lanes integer,
	imap_host text,
	imap_port integer,
	smtp_host text,
	smtp_port integer,
	dav_host text,
	dav_port integer
);


ALTER TYPE apppass.handover_terms OWNER TO apppass_owner;

--
-- Name: TYPE handover_terms; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.handover_terms IS 'What the page needs to know before it makes a code that was offered.';


--
-- Name: import_offer_result; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.import_offer_result AS (
	result text,
	account text,
	device text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone,
	ends_at timestamp with time zone,
	url text,
	language text,
	sqlstate text,
	token text,
	problem text,
	hint text
);


ALTER TYPE apppass.import_offer_result OWNER TO apppass_owner;

--
-- Name: TYPE import_offer_result; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.import_offer_result IS 'What became of a row: result is added, exists or failed; where it failed, the error with its token. language is that of the owner''s notices.';


--
-- Name: import_result; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.import_result AS (
	result text,
	id bigint,
	account text,
	device text,
	selector text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone,
	sqlstate text,
	token text,
	problem text,
	hint text
);


ALTER TYPE apppass.import_result OWNER TO apppass_owner;

--
-- Name: TYPE import_result; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.import_result IS 'What became of a row: result is added, exists or failed; where it failed, the error with its token.';


--
-- Name: issue_terms; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.issue_terms AS (
	account_name text,
	realm text,
	code_length integer,
	services text[],
	max_lifetime interval,
	memory_kib integer,
	passes integer,
	lanes integer,
	live_codes bigint,
	max_codes integer,
	account_id bigint
);


ALTER TYPE apppass.issue_terms OWNER TO apppass_owner;

--
-- Name: TYPE issue_terms; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.issue_terms IS 'What policy says about the next code of an account.';


--
-- Name: issued_code; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.issued_code AS (
	code text,
	code_id bigint,
	account_name text,
	device text,
	selector text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone
);


ALTER TYPE apppass.issued_code OWNER TO apppass_owner;

--
-- Name: TYPE issued_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.issued_code IS 'A code made in the database, shown this once.';


--
-- Name: notice_line; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.notice_line AS (
	mail bigint,
	key uuid,
	account text,
	realm text,
	address text,
	language text,
	made_at timestamp with time zone,
	more bigint,
	place bigint,
	event text,
	at timestamp with time zone,
	by_whom text,
	device text,
	selector text,
	services text[],
	service text,
	network cidr,
	ends_at timestamp with time zone,
	used_at timestamp with time zone
);


ALTER TYPE apppass.notice_line OWNER TO apppass_owner;

--
-- Name: TYPE notice_line; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.notice_line IS 'What a mail tells, one row for each event. event: as in notice, or listed, for each code of a yearly list. more: how many events are left out.';


--
-- Name: offered_code; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.offered_code AS (
	account_name text,
	device text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone,
	ends_at timestamp with time zone,
	url text
);


ALTER TYPE apppass.offered_code OWNER TO apppass_owner;

--
-- Name: TYPE offered_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.offered_code IS 'A code that was offered; url is what the link starts with.';


--
-- Name: reset_issued_code; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.reset_issued_code AS (
	code text,
	code_id bigint,
	account_name text,
	device text,
	selector text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone,
	old_codes bigint[],
	old_selectors text[],
	old_ends_at timestamp with time zone
);


ALTER TYPE apppass.reset_issued_code OWNER TO apppass_owner;

--
-- Name: TYPE reset_issued_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.reset_issued_code IS 'The new code of a device, shown this once, and what became of the old ones.';


--
-- Name: reset_stored_code; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.reset_stored_code AS (
	code_id bigint,
	account_name text,
	device text,
	selector text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone,
	old_codes bigint[],
	old_selectors text[],
	old_ends_at timestamp with time zone
);


ALTER TYPE apppass.reset_stored_code OWNER TO apppass_owner;

--
-- Name: TYPE reset_stored_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.reset_stored_code IS 'The new code of a device, and what became of the old ones.';


--
-- Name: self_code; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.self_code AS (
	device text,
	selector text,
	state text,
	services text[],
	networks cidr[],
	created_at timestamp with time zone,
	expires_at timestamp with time zone,
	revoked_at timestamp with time zone,
	last_used_at timestamp with time zone,
	last_service text,
	last_network cidr,
	by_owner boolean
);


ALTER TYPE apppass.self_code OWNER TO apppass_owner;

--
-- Name: TYPE self_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.self_code IS 'A code as its owner sees it.';


--
-- Name: self_terms; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.self_terms AS (
	account_name text,
	account_id bigint,
	realm text,
	enabled boolean,
	fresh boolean,
	strong boolean,
	makes_left bigint,
	services text[],
	code_length integer,
	max_lifetime interval,
	memory_kib integer,
	passes integer,
	lanes integer,
	imap_host text,
	imap_port integer,
	smtp_host text,
	smtp_port integer,
	dav_host text,
	dav_port integer,
	turn bigint
);


ALTER TYPE apppass.self_terms OWNER TO apppass_owner;

--
-- Name: TYPE self_terms; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.self_terms IS 'What a page needs to know before it offers anything.';


--
-- Name: self_use; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.self_use AS (
	selector text,
	service text,
	network cidr,
	first_at timestamp with time zone,
	last_at timestamp with time zone
);


ALTER TYPE apppass.self_use OWNER TO apppass_owner;

--
-- Name: TYPE self_use; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.self_use IS 'Where a code has been used.';


--
-- Name: stored_code; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.stored_code AS (
	code_id bigint,
	account_name text,
	device text,
	selector text,
	services text[],
	networks cidr[],
	expires_at timestamp with time zone
);


ALTER TYPE apppass.stored_code OWNER TO apppass_owner;

--
-- Name: TYPE stored_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.stored_code IS 'A code as it was stored.';


--
-- Name: upkeep; Type: TYPE; Schema: apppass; Owner: apppass_owner
--

CREATE TYPE apppass.upkeep AS (
	action text,
	account text,
	device text,
	selector text,
	detail text
);


ALTER TYPE apppass.upkeep OWNER TO apppass_owner;

--
-- Name: TYPE upkeep; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TYPE apppass.upkeep IS 'What maintain() did, or would do.';


--
-- Name: access_rule_policy(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.access_rule_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    NEW.service := (apppass.service_names(CASE WHEN NEW.service IS NOT NULL
        THEN ARRAY[NEW.service] END))[1];
    NEW.network := apppass.network_name(NEW.network);
    IF NEW.position IS NULL THEN
        SELECT coalesce(max(x.position), 0) + 10 INTO NEW.position
            FROM apppass.access_rule AS x;
    END IF;
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.access_rule_policy() OWNER TO apppass_owner;

--
-- Name: FUNCTION access_rule_policy(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.access_rule_policy() IS 'Trigger: canonical service and network; without a position a new rule comes last.';


--
-- Name: fold(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.fold(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower((name COLLATE "C"));


ALTER FUNCTION apppass.fold(name text) OWNER TO apppass_owner;

--
-- Name: FUNCTION fold(name text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.fold(name text) IS 'The name with ASCII letters in lower case, whatever the locale.';


--
-- Name: login_name(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.login_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN apppass.fold(CASE WHEN (octet_length(typed) = length(typed)) THEN typed ELSE NORMALIZE(typed) END);


ALTER FUNCTION apppass.login_name(typed text) OWNER TO apppass_owner;

--
-- Name: FUNCTION login_name(typed text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.login_name(typed text) IS 'The canonical form of a user name: composed (NFC), ASCII letters in lower case. Other letters stay as they are, as mail servers compare them byte by byte.';


--
-- Name: trim_blank(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.trim_blank(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN NULLIF(regexp_replace(words, '^[- - ­͏؜ᅟᅠ ᠎ -‏ -  -⁯⠀　ㅤ﻿ﾠ]+|[- - ­͏؜ᅟᅠ ᠎ -‏ -  -⁯⠀　ㅤ﻿ﾠ]+$'::text, ''::text, 'g'::text), ''::text);


ALTER FUNCTION apppass.trim_blank(words text) OWNER TO apppass_owner;

--
-- Name: FUNCTION trim_blank(words text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.trim_blank(words text) IS 'The text without blank or invisible characters of any kind at its ends; NULL where nothing is left.';


--
-- Name: account_name(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.account_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN apppass.login_name(apppass.trim_blank(typed));


ALTER FUNCTION apppass.account_name(typed text) OWNER TO apppass_owner;

--
-- Name: FUNCTION account_name(typed text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.account_name(typed text) IS 'The canonical user name that a person meant: login_name without blanks around it.';


--
-- Name: account_open(boolean, timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (enabled AND ((disabled_from <= now()) IS NOT TRUE));


ALTER FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION account_open(enabled boolean, disabled_from timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) IS 'Is the account enabled, and its last day not over?';


--
-- Name: account_policy(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.account_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM apppass.code AS c WHERE c.account_id = OLD.id) THEN
            RAISE EXCEPTION 'account "%" has codes and stays', OLD.username
                USING ERRCODE = 'AP003', CONSTRAINT = 'account_has_codes',
                      HINT = 'Call apppass.revoke_account(username, reason) and '
                             'apppass.set_account_enabled(username, false, reason).';
        END IF;
        DELETE FROM apppass.device AS d WHERE d.account_id = OLD.id;
        IF NOT apppass.is_erased(OLD.id) THEN   -- erase_traces() did it
            DELETE FROM apppass.main_password_login AS m WHERE m.account_id = OLD.id;
        END IF;
        RETURN OLD;
    END IF;
    NEW.username := apppass.account_name(NEW.username);
    IF TG_OP = 'INSERT' THEN
        NEW.created_by := apppass.actor();
        NEW.realm_id := coalesce(NEW.realm_id, apppass.realm_of(NEW.username));
        RETURN NEW;
    END IF;
    IF ROW(NEW.id, NEW.created_at, NEW.created_by)
        IS DISTINCT FROM ROW(OLD.id, OLD.created_at, OLD.created_by) THEN
        RAISE EXCEPTION 'id, created_at and created_by of an account do not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'key_fixed',
            HINT = 'Leave them out of the UPDATE.';
    END IF;
    -- A renamed account follows its domain, unless it was in a realm of somebody's choice.
    IF NEW.username <> OLD.username AND NEW.realm_id = OLD.realm_id
        AND OLD.realm_id = apppass.realm_of(OLD.username) THEN
        NEW.realm_id := apppass.realm_of(NEW.username);
    END IF;
    IF (OLD.enabled AND NOT NEW.enabled) OR (NEW.disabled_from IS DISTINCT FROM OLD.disabled_from
        AND NEW.disabled_from IS NOT NULL) THEN
        PERFORM apppass.require_reason('disabling an account');
    END IF;
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.account_policy() OWNER TO apppass_owner;

--
-- Name: FUNCTION account_policy(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.account_policy() IS 'Trigger: canonical name, realm by domain, who added it; disabling needs a reason (AP002), accounts with codes stay (AP003).';


--
-- Name: account_state(boolean, timestamp with time zone, boolean, boolean, boolean); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (NOT apppass.account_open(enabled, disabled_from)) THEN 'account_disabled'::text WHEN (NOT codes_allowed) THEN 'realm_denied'::text WHEN (mfa_required AND (NOT mfa_enrolled)) THEN 'mfa_missing'::text ELSE NULL::text END;


ALTER FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) OWNER TO apppass_owner;

--
-- Name: FUNCTION account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) IS 'The verdict about every code of an account, whatever the code; NULL where they may be used.';


--
-- Name: account_turn(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.account_turn() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    INSERT INTO apppass.issue_turn (account_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;


ALTER FUNCTION apppass.account_turn() OWNER TO apppass_owner;

--
-- Name: FUNCTION account_turn(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.account_turn() IS 'Trigger: a new account has its row to take turns by, so that revoking sees who is issuing its first code.';


--
-- Name: actor(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.actor() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN session_user::text || coalesce('/' || apppass.operator(), '');
END
$$;


ALTER FUNCTION apppass.actor() OWNER TO apppass_owner;

--
-- Name: FUNCTION actor(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.actor() IS 'The session user, with the portal''s operator after a slash.';


--
-- Name: is_host(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_host(host text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((length(host) <= 253) AND (host ~ '^(([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)$'::text));


ALTER FUNCTION apppass.is_host(host text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_host(host text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_host(host text) IS 'May this be a server''s name or address? Without a port.';


--
-- Name: is_language(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_language(tag text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (tag ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$'::text);


ALTER FUNCTION apppass.is_language(tag text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_language(tag text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_language(tag text) IS 'May this name a language (RFC 5646)?';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: access_rule; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.access_rule (
    id integer NOT NULL,
    "position" integer NOT NULL,
    realm_id integer,
    service text,
    network cidr,
    action text NOT NULL,
    description text,
    CONSTRAINT access_rule_action_known CHECK ((action = ANY (ARRAY['allow'::text, 'deny'::text])))
);


ALTER TABLE apppass.access_rule OWNER TO apppass_owner;

--
-- Name: TABLE access_rule; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.access_rule IS 'Conditional access. Of the rules that match realm, service and client address the one with the lowest position decides; without a match the attempt is allowed.';


--
-- Name: COLUMN access_rule."position"; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_rule."position" IS 'Order of evaluation, lowest first.';


--
-- Name: COLUMN access_rule.realm_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_rule.realm_id IS 'Realm it applies to; NULL: all.';


--
-- Name: COLUMN access_rule.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_rule.service IS 'Service it applies to; NULL: all.';


--
-- Name: COLUMN access_rule.network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_rule.network IS 'Client network it applies to, IPv4 or IPv6; NULL: any, known or not. Where the client address is unknown, an allow rule with a network does not match and a deny rule with a network does.';


--
-- Name: COLUMN access_rule.action; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_rule.action IS 'allow or deny.';


--
-- Name: COLUMN access_rule.description; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_rule.description IS 'For people; shown by explain_access.';


--
-- Name: realm; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.realm (
    id integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    description text,
    codes_allowed boolean DEFAULT true NOT NULL,
    services text[],
    code_length integer DEFAULT 20 NOT NULL,
    max_codes integer DEFAULT 100 NOT NULL,
    max_lifetime interval,
    lapse_after interval,
    unused_after interval,
    mfa_required boolean DEFAULT false NOT NULL,
    reason_required boolean DEFAULT false NOT NULL,
    main_password_refused_from timestamp with time zone,
    imap_host text,
    imap_port integer DEFAULT 993 NOT NULL,
    smtp_host text,
    smtp_port integer DEFAULT 465 NOT NULL,
    dav_host text,
    dav_port integer DEFAULT 443 NOT NULL,
    handover_url text,
    self_allowed boolean DEFAULT false NOT NULL,
    self_fresh_within interval DEFAULT '00:10:00'::interval NOT NULL,
    self_mfa_values text[],
    self_makes_per_day integer DEFAULT 10 NOT NULL,
    self_services text[],
    notify_owners boolean DEFAULT false NOT NULL,
    notify_language text DEFAULT 'en'::text NOT NULL,
    notify_per_day integer DEFAULT 10 NOT NULL,
    argon2_memory_kib integer DEFAULT 19456 NOT NULL,
    argon2_passes integer DEFAULT 2 NOT NULL,
    argon2_lanes integer DEFAULT 1 NOT NULL,
    refusal_retention interval DEFAULT '90 days'::interval NOT NULL,
    CONSTRAINT realm_argon2_range CHECK ((((argon2_lanes >= 1) AND (argon2_lanes <= 16)) AND ((argon2_passes >= 1) AND (argon2_passes <= 16)) AND ((argon2_memory_kib >= (8 * argon2_lanes)) AND (argon2_memory_kib <= 1048576)) AND (((argon2_memory_kib)::bigint * argon2_passes) <= 1048576))),
    CONSTRAINT realm_code_length_known CHECK ((code_length = ANY (ARRAY[16, 20, 24, 28]))),
    CONSTRAINT realm_handover_url_form CHECK ((handover_url ~ '^https://[^[:space:][:cntrl:]?#]{1,200}[^/[:space:][:cntrl:]?#]$'::text)),
    CONSTRAINT realm_hosts_form CHECK ((apppass.is_host(imap_host) AND apppass.is_host(smtp_host) AND apppass.is_host(dav_host))),
    CONSTRAINT realm_intervals_positive CHECK ((((max_lifetime IS NULL) OR (max_lifetime > '00:00:00'::interval)) AND ((lapse_after IS NULL) OR (lapse_after > '00:00:00'::interval)) AND ((unused_after IS NULL) OR (unused_after > '00:00:00'::interval)) AND (refusal_retention > '00:00:00'::interval))),
    CONSTRAINT realm_intervals_range CHECK ((GREATEST(max_lifetime, lapse_after, unused_after, refusal_retention) <= '1000 years'::interval)),
    CONSTRAINT realm_max_codes_range CHECK (((max_codes >= 1) AND (max_codes <= 10000))),
    CONSTRAINT realm_name_form CHECK (((name = apppass.fold(name)) AND (name ~ '^[^@[:space:][:cntrl:]]{1,253}$'::text))),
    CONSTRAINT realm_notify_language_form CHECK (apppass.is_language(notify_language)),
    CONSTRAINT realm_notify_range CHECK (((notify_per_day >= 1) AND (notify_per_day <= 1000))),
    CONSTRAINT realm_ports_range CHECK ((((imap_port >= 1) AND (imap_port <= 65535)) AND ((smtp_port >= 1) AND (smtp_port <= 65535)) AND ((dav_port >= 1) AND (dav_port <= 65535)))),
    CONSTRAINT realm_self_mfa_values_some CHECK (((cardinality(self_mfa_values) > 0) AND (array_position(self_mfa_values, NULL::text) IS NULL))),
    CONSTRAINT realm_self_range CHECK ((((self_fresh_within >= '00:01:00'::interval) AND (self_fresh_within <= '1 day'::interval)) AND ((self_makes_per_day >= 0) AND (self_makes_per_day <= 1000)))),
    CONSTRAINT realm_self_services_some CHECK (((cardinality(self_services) > 0) AND (array_position(self_services, NULL::text) IS NULL))),
    CONSTRAINT realm_services_some CHECK (((cardinality(services) > 0) AND (array_position(services, NULL::text) IS NULL)))
);


ALTER TABLE apppass.realm OWNER TO apppass_owner;

--
-- Name: TABLE realm; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.realm IS 'Policy of one tenant: a mail domain, a department, or the row named default for every domain without a row.';


--
-- Name: COLUMN realm.name; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.name IS 'Mail domain in lower case, or any other name given to add_account; default covers the rest.';


--
-- Name: COLUMN realm.description; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.description IS 'What the tenant is, for people.';


--
-- Name: COLUMN realm.codes_allowed; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.codes_allowed IS 'May codes be issued and used at all? False stops every code of the realm at the next login.';


--
-- Name: COLUMN realm.services; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.services IS 'Services codes may be used for; NULL: all.';


--
-- Name: COLUMN realm.code_length; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.code_length IS 'Symbols of a new code: 16, 20, 24 or 28.';


--
-- Name: COLUMN realm.max_codes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.max_codes IS 'Most live codes per account.';


--
-- Name: COLUMN realm.max_lifetime; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.max_lifetime IS 'Longest time from issue to expiry; also the default expiry. Applies to codes already issued. NULL: unlimited.';


--
-- Name: COLUMN realm.lapse_after; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.lapse_after IS 'A code not used for the first time within this time from issue lapses. NULL: never.';


--
-- Name: COLUMN realm.unused_after; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.unused_after IS 'A code not used for this long lapses. NULL: never.';


--
-- Name: COLUMN realm.mfa_required; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.mfa_required IS 'Only accounts enrolled in MFA may have and use codes.';


--
-- Name: COLUMN realm.reason_required; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.reason_required IS 'Issuing needs a reason too, as taking away always does.';


--
-- Name: COLUMN realm.main_password_refused_from; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.main_password_refused_from IS 'From this moment the main password is refused; NULL: it may be used where a door allows it.';


--
-- Name: COLUMN realm.imap_host; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.imap_host IS 'IMAP server that the mail programs of the realm are set up with; NULL: not known.';


--
-- Name: COLUMN realm.imap_port; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.imap_port IS 'Its port for IMAP over TLS.';


--
-- Name: COLUMN realm.smtp_host; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.smtp_host IS 'Submission server that the mail programs of the realm are set up with; NULL: not known.';


--
-- Name: COLUMN realm.smtp_port; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.smtp_port IS 'Its port for submission over TLS.';


--
-- Name: COLUMN realm.dav_host; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.dav_host IS 'Server that the calendars and address books of the realm are set up with; NULL: not known.';


--
-- Name: COLUMN realm.dav_port; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.dav_port IS 'Its port for HTTPS.';


--
-- Name: COLUMN realm.handover_url; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.handover_url IS 'Page where people open the links of hand-overs, without the / before the secret part; NULL: codes are not handed over so.';


--
-- Name: COLUMN realm.self_allowed; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.self_allowed IS 'May the owner of an account make and revoke its codes on a page (role apppass_self)?';


--
-- Name: COLUMN realm.self_fresh_within; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.self_fresh_within IS 'How long ago an owner may have proven who they are, to make or revoke.';


--
-- Name: COLUMN realm.self_mfa_values; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.self_mfa_values IS 'What the identity system calls a second factor (acr or amr). Owners make codes only with one of these, which notes mfa_enrolled too. NULL: however they signed in.';


--
-- Name: COLUMN realm.self_makes_per_day; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.self_makes_per_day IS 'Most codes an owner makes for an account in 24 hours.';


--
-- Name: COLUMN realm.self_services; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.self_services IS 'Services that owners may make codes for; NULL: all that the realm allows.';


--
-- Name: COLUMN realm.notify_owners; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.notify_owners IS 'Are owners told by mail what happens to their codes (apppass notify)?';


--
-- Name: COLUMN realm.notify_language; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.notify_language IS 'In which language, where the account does not say; as RFC 5646 writes it.';


--
-- Name: COLUMN realm.notify_per_day; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.notify_per_day IS 'After so many mails in 24 hours an account gets one an hour, with all that happened in it.';


--
-- Name: COLUMN realm.argon2_memory_kib; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.argon2_memory_kib IS 'Argon2id memory of new hashes, KiB.';


--
-- Name: COLUMN realm.argon2_passes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.argon2_passes IS 'Argon2id passes of new hashes.';


--
-- Name: COLUMN realm.argon2_lanes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.argon2_lanes IS 'Argon2id lanes of new hashes; 1 is the fastest to verify.';


--
-- Name: COLUMN realm.refusal_retention; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm.refusal_retention IS 'How long refused attempts are kept. maintain() drops older ones.';


--
-- Name: all_access_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_access_overview AS
 SELECT x."position",
    x.action,
    r.name AS realm,
    x.service,
    x.network,
    x.description
   FROM (apppass.access_rule x
     LEFT JOIN apppass.realm r ON ((r.id = x.realm_id)));


ALTER TABLE apppass.all_access_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_access_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_access_overview IS 'access_overview of every realm. The owner''s alone.';


--
-- Name: add_access(text, text, text, cidr, integer, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.add_access(action text, realm text DEFAULT NULL::text, service text DEFAULT NULL::text, network cidr DEFAULT NULL::cidr, rule_position integer DEFAULT NULL::integer, description text DEFAULT NULL::text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    previous constant text[] := apppass.set_context(reason, ticket, operator);
    home integer;
    place integer;
BEGIN
    IF add_access.realm IS NOT NULL THEN
        home := (apppass.managed_realm(add_access.realm)).id;
    END IF;
    INSERT INTO apppass.access_rule AS x (position, realm_id, service, network, action, description)
    VALUES (add_access.rule_position, home, add_access.service, add_access.network,
            apppass.fold(add_access.action), add_access.description)
    RETURNING x.position INTO place;
    PERFORM apppass.restore_context(previous);
    RETURN QUERY SELECT v.* FROM apppass.all_access_overview AS v WHERE v.position = place;
END
$$;


ALTER FUNCTION apppass.add_access(action text, realm text, service text, network cidr, rule_position integer, description text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION add_access(action text, realm text, service text, network cidr, rule_position integer, description text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.add_access(action text, realm text, service text, network cidr, rule_position integer, description text, reason text, ticket text, operator text) IS 'Adds an access rule, last where no position is given, and returns it. Errors: 23505 position taken, 22023 unknown service, P0002 no such realm.';


--
-- Name: add_account(text, text, boolean, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.add_account(username text, realm text DEFAULT NULL::text, mfa_enrolled boolean DEFAULT false, reason text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    name text := apppass.require_username(add_account.username);
    home integer := apppass.realm_of(name);
    account_id bigint;
    previous text[];
BEGIN
    previous := apppass.set_context(add_account.reason, NULL, add_account.operator);
    IF add_account.realm IS NOT NULL THEN
        SELECT r.id INTO home FROM apppass.realm AS r
            WHERE r.name = apppass.account_name(add_account.realm);
        IF NOT FOUND AND apppass.manages_all() THEN
            RAISE EXCEPTION 'realm "%" not found', add_account.realm
                USING ERRCODE = 'P0002', CONSTRAINT = 'realm_not_found',
                    HINT = 'Leave it out to use the realm of the name''s domain, or add it: INSERT '
                           'INTO apppass.realm (name) VALUES (...).';
        END IF;
    END IF;
    IF home IS NULL OR home NOT IN (SELECT apppass.managed_realms()) THEN
        RAISE EXCEPTION 'account "%" is not one that % may manage', add_account.username,
            session_user
            USING ERRCODE = '42501', CONSTRAINT = 'account_not_managed',
                HINT = 'apppass.realm_operator says which realms this login manages; an '
                       'administrator can change it.';
    END IF;
    BEGIN
        INSERT INTO apppass.account AS a (username, realm_id, mfa_enrolled)
            VALUES (name, home, coalesce(add_account.mfa_enrolled, false))
        RETURNING a.id INTO account_id;
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'account "%" exists already', name
                USING ERRCODE = '23505', CONSTRAINT = 'account_username_unique',
                    HINT = 'Issue a code: apppass.issue_code(username, device).';
    END;
    PERFORM apppass.restore_context(previous);
    RETURN account_id;
END
$$;


ALTER FUNCTION apppass.add_account(username text, realm text, mfa_enrolled boolean, reason text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION add_account(username text, realm text, mfa_enrolled boolean, reason text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.add_account(username text, realm text, mfa_enrolled boolean, reason text, operator text) IS 'Adds an account and returns its id. realm: NULL takes the one of the name''s domain, else default. Errors: 23505 exists, 22023 not a user name, P0002 no such realm, 42501 not yours.';


--
-- Name: add_realm(text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.add_realm(realm text, description text DEFAULT NULL::text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    added text;
    previous text[] := apppass.set_context(reason, ticket, operator);
BEGIN
    INSERT INTO apppass.realm AS r (name, description)
        VALUES (add_realm.realm, add_realm.description)
    RETURNING r.name INTO added;
    PERFORM apppass.restore_context(previous);
    RETURN added;
EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION 'realm "%" exists already', apppass.account_name(add_realm.realm)
            USING ERRCODE = '23505', CONSTRAINT = 'realm_name_unique',
                  HINT = 'Change it: SELECT apppass.set_policy(realm, setting, value).';
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'realm name is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'realm_name_form',
                  HINT = 'A realm is named like a mail domain, without @ and blanks.';
END
$$;


ALTER FUNCTION apppass.add_realm(realm text, description text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION add_realm(realm text, description text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.add_realm(realm text, description text, reason text, ticket text, operator text) IS 'Adds a realm and returns its canonical name; the accounts of that domain follow from default. Errors: 23505 exists, 22023 not a realm name.';


--
-- Name: attempts(text, timestamp with time zone, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.attempts(account text, since timestamp with time zone, most integer DEFAULT 100) RETURNS SETOF apppass.attempt_group
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    known constant apppass.account := apppass.managed_account(attempts.account);
BEGIN
    RETURN QUERY
    SELECT t.at, t.first_at, t.attempts, t.verdict, t.service, t.client, t.device, t.selector,
        t.code_id, c.state, c.services, c.networks, c.revoked_at, c.revoked_by, c.revoke_reason,
        c.expires_at, x.rule_position, x.description,
        NOT apppass.service_allowed(t.service, r.services),
        NOT apppass.service_allowed(t.service, c.services),
        NOT apppass.network_allowed(t.address, c.networks), n.device, n.selector
    FROM (
        SELECT max(f.at) AS at, min(f.at) AS first_at, count(*) AS attempts,
            f.verdict::text AS verdict, f.service, f.client AS address, host(f.client) AS client,
            f.device, f.selector, f.code_id
        FROM apppass.all_refusal_log AS f
        WHERE f.account = known.username AND f.at >= since
        GROUP BY f.verdict, f.service, f.client, f.device, f.selector, f.code_id
        UNION ALL
        SELECT u.last_used_at, u.last_used_at, 1, 'accepted', u.last_service, u.last_network,
            u.last_network::text, u.device, u.selector, u.code_id
        FROM apppass.all_code_overview AS u
        WHERE u.account = known.username AND u.last_used_at >= since
        UNION ALL
        SELECT m.last_at, m.first_at, 1, 'main_password', m.service, m.network, m.network::text,
            NULL, NULL, NULL
        FROM apppass.all_main_password_use AS m
        WHERE m.account = known.username AND m.last_at >= since
    ) AS t
    JOIN apppass.realm AS r ON r.id = known.realm_id
    LEFT JOIN apppass.all_code_overview AS c ON c.code_id = t.code_id
    LEFT JOIN LATERAL (
        SELECT e.rule_position, e.description
        FROM apppass.explain_access(known.username, t.service, t.address) AS e
        WHERE e.action = 'deny'
            AND t.verdict IN ('service_denied', 'network_denied', 'realm_denied',
                                                  'main_password_refused')
    ) AS x ON true
    LEFT JOIN LATERAL (
        SELECT o.device, o.selector FROM apppass.all_code_overview AS o
        WHERE o.account = known.username AND o.state = 'live' AND o.device = t.device
          AND o.code_id <> t.code_id
        ORDER BY o.created_at DESC LIMIT 1
    ) AS n ON true
    ORDER BY t.at DESC, t.attempts
    LIMIT most;
END
$$;


ALTER FUNCTION apppass.attempts(account text, since timestamp with time zone, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION attempts(account text, since timestamp with time zone, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.attempts(account text, since timestamp with time zone, most integer) IS 'The attempts of an account since then, latest first, and what explains them: the code''s state and limits, the access rule that denies, a newer code of the same device. Errors: P0002 no such account, 42501 not yours.';


--
-- Name: audit_append_only(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit' THEN
        IF OLD.action <> 'account_erased' AND apppass.is_erased(OLD.account_id)
            AND NEW IS NOT DISTINCT FROM apppass.audit_erased(OLD) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP
        USING ERRCODE = 'AP004', CONSTRAINT = 'audit_append_only',
            HINT = 'Corrections are new events. Only the words about an account that was erased '
                   'are taken out: apppass.erase_account(username, reason).';
END
$$;


ALTER FUNCTION apppass.audit_append_only() OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_append_only(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_append_only() IS 'Trigger: refuses every UPDATE, DELETE and TRUNCATE of the trail (AP004), but taking the words out of the rows about an account that was erased.';


--
-- Name: audit_change(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    this jsonb := coalesce(new_row, old_row);
    action text;
    realm integer;
    account apppass.account;
    device text;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'code' THEN
            IF TG_OP = 'INSERT' THEN
                action := CASE WHEN NEW.replaces IS NULL THEN 'code_issued' ELSE 'code_reset' END;
            ELSIF OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN
                action := 'code_revoked';
            ELSE
                action := 'code_changed';
            END IF;
            -- The composite key cascades here when an account moves; the account's own row tells
            -- it.  Whatever else changes is told.
            IF TG_OP = 'UPDATE' AND old_row - 'realm_id' = new_row - 'realm_id' THEN
                RETURN NULL;
            END IF;
            SELECT a.* INTO account FROM apppass.account AS a WHERE a.id = NEW.account_id;
            SELECT d.label INTO device FROM apppass.device AS d WHERE d.id = NEW.device_id;
            realm := NEW.realm_id;
        WHEN 'account' THEN
            account := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
            realm := account.realm_id;
            action := CASE
                WHEN TG_OP = 'INSERT' THEN 'account_added'
                WHEN TG_OP = 'DELETE' THEN 'account_removed'
                WHEN OLD.enabled AND NOT NEW.enabled THEN 'account_disabled'
                WHEN NEW.enabled AND NOT OLD.enabled THEN 'account_enabled'
                WHEN NEW.mfa_enrolled AND NOT OLD.mfa_enrolled THEN 'mfa_enrolled'
                WHEN OLD.mfa_enrolled AND NOT NEW.mfa_enrolled THEN 'mfa_removed'
                ELSE 'account_changed'
            END;
        WHEN 'device' THEN
            SELECT a.* INTO account FROM apppass.account AS a
                WHERE a.id = (this ->> 'account_id')::bigint;
            realm := account.realm_id;
            device := this ->> 'label';
            action := CASE TG_OP WHEN 'INSERT' THEN 'device_added' WHEN 'DELETE'
                THEN 'device_removed' ELSE 'device_renamed' END;
        ELSE
            realm := CASE TG_TABLE_NAME WHEN 'realm' THEN (this ->> 'id')::integer
                ELSE (this ->> 'realm_id')::integer END;
            action := TG_TABLE_NAME || CASE TG_OP WHEN 'INSERT' THEN '_added' WHEN 'DELETE'
                THEN '_removed' ELSE '_changed' END;
    END CASE;

    old_row := old_row - 'hash';
    new_row := new_row - 'hash';
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value),
            jsonb_object_agg(o.key, n.value)
        INTO old_row, new_row
        FROM jsonb_each(old_row) AS o
            JOIN jsonb_each(new_row) AS n ON n.key = o.key
        WHERE o.value <> n.value;
    ELSE
        old_row := jsonb_strip_nulls(old_row);
        new_row := jsonb_strip_nulls(new_row);
    END IF;
    PERFORM apppass.audit_write(action, realm, account.id, account.username, device,
        CASE TG_TABLE_NAME WHEN 'code' THEN (this ->> 'id')::bigint END, CASE TG_TABLE_NAME
            WHEN 'code' THEN this ->> 'selector' END,
        old_row, new_row, CASE action WHEN 'code_revoked' THEN this ->> 'revoke_reason' END);
    RETURN NULL;
END
$$;


ALTER FUNCTION apppass.audit_change() OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_change(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_change() IS 'Trigger: writes an audit row and sends an event for each row inserted, changed or removed.';


--
-- Name: audit; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.audit (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    cluster bigint DEFAULT (pg_control_system()).system_identifier NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    operator text,
    client inet,
    application text,
    action text NOT NULL,
    realm_id integer,
    account_id bigint,
    account text COLLATE pg_catalog."C",
    device text,
    code_id bigint,
    selector text,
    reason text,
    ticket text,
    before jsonb,
    after jsonb,
    salt uuid DEFAULT gen_random_uuid(),
    erased_digest bytea,
    CONSTRAINT audit_erased_whole CHECK ((((salt IS NULL) = (erased_digest IS NOT NULL)) AND ((salt IS NOT NULL) OR (num_nonnulls(account, device, reason, ticket, before, after) = 0))))
);


ALTER TABLE apppass.audit OWNER TO apppass_owner;

--
-- Name: TABLE audit; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.audit IS 'Every management event, append-only. audit_chain seals it.';


--
-- Name: COLUMN audit.id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.id IS 'Key, in order of recording.';


--
-- Name: COLUMN audit.xid; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.xid IS 'The transaction that wrote it: audit_since() tells by it which rows are new.';


--
-- Name: COLUMN audit.cluster; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.cluster IS 'The database cluster whose transaction that was.';


--
-- Name: COLUMN audit.at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.at IS 'When it was written, by the clock: rows of one transaction differ.';


--
-- Name: COLUMN audit.actor; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.actor IS 'Database login (session user).';


--
-- Name: COLUMN audit.operator; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.operator IS 'Who the portal says is acting; not proven.';


--
-- Name: COLUMN audit.client; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.client IS 'Address of the database client; NULL on a local socket.';


--
-- Name: COLUMN audit.application; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.application IS 'application_name of the database session.';


--
-- Name: COLUMN audit.action; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.action IS 'What happened: code_issued, code_revoked, account_disabled, ...';


--
-- Name: COLUMN audit.realm_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.realm_id IS 'The realm concerned; no foreign key, the trail outlives what it tells of.';


--
-- Name: COLUMN audit.account_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.account_id IS 'The account concerned; no foreign key.';


--
-- Name: COLUMN audit.account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.account IS 'Its user name at that time; NULL with an account_id: it was erased.';


--
-- Name: COLUMN audit.device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.device IS 'Device label at that time.';


--
-- Name: COLUMN audit.code_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.code_id IS 'The code concerned; no foreign key.';


--
-- Name: COLUMN audit.selector; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.selector IS 'The first four symbols of the code concerned.';


--
-- Name: COLUMN audit.reason; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.reason IS 'Why, as whoever did it gave it.';


--
-- Name: COLUMN audit.ticket; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.ticket IS 'The ticket it belongs to, as whoever did it gave it.';


--
-- Name: COLUMN audit.before; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.before IS 'Changed or removed values, without hashes.';


--
-- Name: COLUMN audit.after; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.after IS 'New values, without hashes.';


--
-- Name: COLUMN audit.salt; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.salt IS 'What the digest of account, device, reason, ticket, before and after starts with; NULL: they were erased, and the salt with them.';


--
-- Name: COLUMN audit.erased_digest; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit.erased_digest IS 'That digest, where they were: the seal still covers it.';


--
-- Name: audit_digest(bytea, bigint, apppass.audit); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_digest(previous bytea, "position" bigint, entry apppass.audit) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT sha256(previous || convert_to(jsonb_build_array(
        "position", entry.id, entry.xid::text, entry.cluster,
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), entry.actor,
        entry.operator,
        host(entry.client), entry.application, entry.action, entry.realm_id,
        entry.account_id, entry.code_id, entry.selector,
        encode(apppass.audit_words(entry), 'hex'))::text, 'UTF8'));
$$;


ALTER FUNCTION apppass.audit_digest(previous bytea, "position" bigint, entry apppass.audit) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_digest(previous bytea, "position" bigint, entry apppass.audit); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_digest(previous bytea, "position" bigint, entry apppass.audit) IS 'Hash of an audit row at that position, after one with the given hash.';


--
-- Name: audit_erased(apppass.audit); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_erased(entry apppass.audit) RETURNS apppass.audit
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    entry.erased_digest := apppass.audit_words(entry);
    entry.salt := NULL;
    entry.account := NULL;
    entry.device := NULL;
    entry.reason := NULL;
    entry.ticket := NULL;
    entry.before := NULL;
    entry.after := NULL;
    RETURN entry;
END
$$;


ALTER FUNCTION apppass.audit_erased(entry apppass.audit) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_erased(entry apppass.audit); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_erased(entry apppass.audit) IS 'The row without its words.';


--
-- Name: audit_follow(jsonb); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_follow(seen jsonb DEFAULT NULL::jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    SELECT n.* INTO mark, ids, continuity
        FROM apppass.audit_since(audit_follow.seen) AS n (mark, ids, continuity);
    IF NOT apppass.manages_all() THEN
        ids := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE a.id = ANY (ids)
                     AND a.realm_id = ANY (ARRAY(SELECT apppass.managed_realms())) ORDER BY a.id);
    END IF;
END
$$;


ALTER FUNCTION apppass.audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) IS 'audit_since() for the helpdesk and the auditor: ids are those of the realms one manages, as audit_log shows them: SELECT l.* FROM apppass.audit_follow($1) AS f, apppass.audit_log AS l WHERE l.id = ANY (f.ids). Keep f.mark, also where there are no rows.';


--
-- Name: audit_head(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    mark jsonb;
BEGIN
    SELECT h.position, encode(h.hash, 'hex'), h.sealed_at, h.mark INTO position, hash,
        sealed_at, mark
    FROM apppass.audit_head AS h;
    SELECT count(*), min(a.at) INTO unsealed, unsealed_since
    FROM apppass.audit AS a
        WHERE a.id = ANY ((SELECT f.ids FROM apppass.audit_follow(mark) AS f)::bigint[]);
END
$$;


ALTER FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) IS 'The last seal of the audit trail, when it was made, and how many rows of the realms one manages wait for the next, since when. Note position and hash elsewhere (a mail to oneself): audit_verify(position, hash) tells whether a later trail still contains them.';


--
-- Name: audit_seal(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    head apppass.audit_head;
    entry apppass.audit;
    news record;
    give_up constant timestamptz := clock_timestamp() + interval '10 s';
BEGIN
    LOOP
        SELECT h.* INTO head FROM apppass.audit_head AS h FOR UPDATE SKIP LOCKED;
        EXIT WHEN FOUND;
        IF NOT EXISTS (SELECT FROM apppass.audit_head) THEN
            RAISE EXCEPTION 'the end of the audit chain is missing' USING ERRCODE = '55000',
                CONSTRAINT = 'audit_head_missing', HINT = 'See apppass.audit_verify().';
        ELSIF clock_timestamp() > give_up THEN
            RAISE EXCEPTION 'another session has been sealing the audit trail for 10 s'
                USING ERRCODE = '55P03', CONSTRAINT = 'audit_seal_busy',
                    HINT = 'Nobody waits for it but the next seal. Try again later.';
        END IF;
        PERFORM pg_sleep(0.05);
    END LOOP;
    -- A statement of its own: its snapshot is younger than the lock.
    SELECT n.* INTO news FROM apppass.audit_since(head.mark) AS n;
    IF news.continuity = 'gap' THEN
        RAISE EXCEPTION 'the end of the audit chain is not in the chain' USING ERRCODE = '55000',
            CONSTRAINT = 'audit_end_missing', HINT = 'See apppass.audit_verify().';
    END IF;
    sealed := 0;
    FOR entry IN SELECT a.* FROM apppass.audit AS a WHERE a.id = ANY (news.ids) ORDER BY a.id LOOP
        sealed := sealed + 1;
        head.position := head.position + 1;
        head.hash := apppass.audit_digest(head.hash, head.position, entry);
        INSERT INTO apppass.audit_chain (position, audit_id, hash)
            VALUES (head.position, entry.id, head.hash);
    END LOOP;
    position := head.position;
    hash := encode(head.hash, 'hex');
    UPDATE apppass.audit_head AS h
    SET position = head.position, hash = head.hash, sealed_at = clock_timestamp(),
        mark = news.mark || jsonb_build_object('position', head.position, 'hash',
            audit_seal.hash);
END
$$;


ALTER FUNCTION apppass.audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text) IS 'Adds the rows that were committed since the last time to the chain, in the order of their keys; not those of its own transaction. To be run every few minutes, in a transaction of its own; nobody else waits for it. Returns how many, and the new end of the chain.';


--
-- Name: audit_since(jsonb); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) RETURNS record
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET enable_seqscan TO 'off'
    AS $_$
DECLARE
    here constant text := apppass.history();
    home constant bigint := apppass.cluster();
    own constant xid8 := pg_current_xact_id_if_assigned();
    now_visible pg_snapshot := pg_current_snapshot();
    known pg_snapshot;
    had bigint[] := '{}';
    head apppass.audit_head;
BEGIN
    SELECT h.* INTO head FROM apppass.audit_head AS h;
    IF pg_is_in_recovery() THEN
        -- A standby's snapshot does not list the transactions in progress; all below its xmin have
        -- ended.  What is visible beyond is noted row by row.
        now_visible := format('%1$s:%1$s:',
            pg_snapshot_xmin(now_visible))::pg_snapshot;
        had := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE a.cluster = home AND a.xid >= pg_snapshot_xmin(now_visible)
                         ORDER BY a.id);
    ELSIF own < pg_snapshot_xmax(now_visible) THEN
        -- Its own snapshot does not list a transaction either, and it may write more: its rows
        -- count once it is committed.
        now_visible := format('%s:%s:%s', pg_snapshot_xmin(now_visible),
            pg_snapshot_xmax(now_visible),
            (SELECT string_agg(x::text, ',' ORDER BY x) FROM (
                SELECT own AS x UNION SELECT pg_snapshot_xip(now_visible))
                    AS running))::pg_snapshot;
    END IF;
    mark := jsonb_build_object('history', here, 'snapshot', now_visible::text, 'had',
        to_jsonb(had),
        'position', head.position, 'hash', encode(head.hash, 'hex'));
    ids := '{}';

    IF audit_since.seen IS NULL THEN
        continuity := 'begun';
    ELSIF (audit_since.seen ->> 'history') = here THEN
        continuity := 'exact';
        known := (audit_since.seen ->> 'snapshot')::pg_snapshot;
        had := ARRAY(SELECT jsonb_array_elements_text(
            audit_since.seen -> 'had')::bigint);
        ids := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE a.cluster = home AND a.xid >= pg_snapshot_xmin(known)
                       AND NOT pg_visible_in_snapshot(a.xid, known)
                       AND a.xid IS DISTINCT FROM own
                       AND NOT EXISTS (SELECT FROM unnest(had) AS h WHERE h = a.id)
                           ORDER BY a.id);
    ELSIF (audit_since.seen ->> 'position')::bigint = 0
          OR EXISTS (SELECT FROM apppass.audit_chain AS c
              WHERE c.position = (audit_since.seen ->> 'position')::bigint
                     AND c.hash = decode(audit_since.seen ->> 'hash', 'hex')) THEN
        continuity := 'overlap';
        ids := ARRAY(SELECT a.id FROM apppass.audit AS a
                     WHERE NOT (a.cluster = home AND a.xid IS NOT DISTINCT FROM own)
                       AND NOT EXISTS (SELECT FROM apppass.audit_chain AS c
                                       WHERE c.audit_id = a.id
                                       AND c.position <= (audit_since.seen ->> 'position')::bigint)
                     ORDER BY a.id);
    ELSE
        continuity := 'gap';
    END IF;
EXCEPTION
    WHEN invalid_text_representation OR invalid_parameter_value OR numeric_value_out_of_range THEN
        RAISE EXCEPTION 'that is not a mark of the audit trail'
            USING ERRCODE = '22023', CONSTRAINT = 'audit_mark_invalid',
                HINT = 'Give back what the function said as mark, or NULL to begin now.';
END
$_$;


ALTER FUNCTION apppass.audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) IS 'What the audit trail got since a mark: the one function for all who follow it; audit_follow() is the same for people. Give NULL to begin now, then each time the mark of the time before.
ids: the committed rows that were not visible then and are now, each once, whatever the order of commits; never those of one''s own transaction. mark: what to give next time; it survives restarts, and serves on the primary and its standbys alike.
continuity: begun (seen was NULL); exact; overlap: after a promotion, a restore elsewhere or pg_upgrade, where transaction numbers don''t compare: ids are all rows not sealed when the mark was made, of which some may have been told before; gap: this trail does not contain the seal of the mark (restored from an older backup, or rewritten): what came since is not known, ids is empty and mark begins now.
Runs on a hot standby. Read the rows of ids in the same statement, or later.';


--
-- Name: audit_verify(bigint, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_verify(noted_position bigint DEFAULT NULL::bigint, noted_hash text DEFAULT NULL::text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $_$
DECLARE
    head apppass.audit_head;
    link record;
    last_hash bytea := sha256('apppass'::bytea);
    noted_found boolean := audit_verify.noted_position IS NULL OR audit_verify.noted_position = 0;
    waiting bigint[];
BEGIN
    IF (audit_verify.noted_position IS NULL) <> (audit_verify.noted_hash IS NULL)
        OR audit_verify.noted_position < 0 OR audit_verify.noted_hash !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'a noted seal is a position and a hash of 64 hexadecimal digits'
            USING ERRCODE = '22023', CONSTRAINT = 'audit_note_invalid',
            HINT = 'Give both as apppass.audit_head() said them.';
    END IF;
    rows_checked := 0;
    SELECT h.* INTO head FROM apppass.audit_head AS h;
    IF NOT FOUND THEN
        problem := 'the end of the chain is missing';
        RETURN;
    END IF;
    head_hash := encode(head.hash, 'hex');
    FOR link IN
        SELECT c.position, c.audit_id, c.hash, a.id, a AS entry
        FROM apppass.audit_chain AS c LEFT JOIN apppass.audit AS a ON a.id = c.audit_id
            ORDER BY c.position
    LOOP
        rows_checked := rows_checked + 1;
        problem := CASE
            WHEN link.position <> rows_checked THEN 'seals are missing before this row'
            WHEN link.id IS NULL THEN 'is missing'
            WHEN link.hash <> apppass.audit_digest(last_hash, link.position, link.entry)
                THEN 'was altered, or does not follow the row before it'
            WHEN (link.entry).salt IS NULL AND ((link.entry).action = 'account_erased'
                OR NOT apppass.is_erased((link.entry).account_id))
                THEN 'was erased, and no account_erased event says so'
        END;
        IF problem IS NOT NULL THEN
            bad_id := link.audit_id;
            RETURN;
        END IF;
        last_hash := link.hash;
        noted_found := noted_found
            OR (link.position = audit_verify.noted_position
                AND link.hash = decode(audit_verify.noted_hash, 'hex'));
    END LOOP;
    IF rows_checked <> head.position OR last_hash <> head.hash THEN
        problem := 'rows are missing at the end';
        RETURN;
    ELSIF NOT noted_found THEN
        problem := format('the seal noted at position %s is not in the chain: its end '
                          'was cut off, or it was rewritten',
                          audit_verify.noted_position);
        RETURN;
    END IF;
    SELECT f.ids INTO waiting FROM apppass.audit_since(head.mark) AS f;
    unsealed := cardinality(waiting);
    -- Added where the seal does not look: past the triggers, with the number of a transaction that
    -- had ended.
    SELECT a.id INTO bad_id FROM apppass.audit AS a
    WHERE NOT EXISTS (SELECT FROM apppass.audit_chain AS c WHERE c.audit_id = a.id)
      AND NOT EXISTS (SELECT FROM unnest(waiting) AS w WHERE w = a.id)
      AND a.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()
    ORDER BY a.id LIMIT 1;
    IF FOUND THEN
        problem := 'is not part of the chain';
    END IF;
END
$_$;


ALTER FUNCTION apppass.audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text) IS 'Checks the whole chain in order, and that it still contains a seal noted elsewhere (audit_head). problem is NULL where all fits; else bad_id is the first row that does not fit (NULL: the end is missing). unsealed: rows that wait for audit_seal(); nothing protects them yet.
Of a row whose words were erased it can say that it is in its place, when, who did it, the action and the keys, and that an account_erased event of the account is in the trail; not any more what the words were.';


--
-- Name: audit_words(apppass.audit); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_words(entry apppass.audit) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE
        WHEN entry.salt IS NULL AND num_nonnulls(entry.account, entry.device,
            entry.reason, entry.ticket, entry.before, entry.after) = 0 THEN entry.erased_digest
        ELSE sha256(convert_to(jsonb_build_array(
            entry.salt::text, entry.account, entry.device, entry.reason, entry.ticket,
            entry.before, entry.after)::text, 'UTF8'))
    END;
$$;


ALTER FUNCTION apppass.audit_words(entry apppass.audit) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_words(entry apppass.audit); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_words(entry apppass.audit) IS 'The digest of an audit row''s words; of erased ones what was kept of them.';


--
-- Name: audit_write(text, integer, bigint, text, text, bigint, text, jsonb, jsonb, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint, selector text, before jsonb, after jsonb, reason text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    entry apppass.audit;
BEGIN
    INSERT INTO apppass.audit AS a (at, actor, operator, client, application, action, realm_id,
        account_id, account, device, code_id,
                                    selector, reason, ticket, before, after)
    VALUES (clock_timestamp(), session_user, apppass.operator(),
        inet_client_addr(),
            NULLIF(current_setting('application_name'), ''), audit_write.action,
                audit_write.realm_id, audit_write.account_id, audit_write.account,
                audit_write.device, audit_write.code_id, audit_write.selector,
            coalesce(audit_write.reason, apppass.context('reason')), apppass.context('ticket'),
            audit_write.before, audit_write.after)
    RETURNING a.* INTO entry;
    PERFORM apppass.notify(jsonb_build_object(
        'event', entry.action, 'audit_id', entry.id, 'at', entry.at, 'account_id', entry.account_id,
        'code_id', entry.code_id,
        'realm_id', entry.realm_id));
END
$$;


ALTER FUNCTION apppass.audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint, selector text, before jsonb, after jsonb, reason text) OWNER TO apppass_owner;

--
-- Name: FUNCTION audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint, selector text, before jsonb, after jsonb, reason text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint, selector text, before jsonb, after jsonb, reason text) IS 'Appends an event with the context of the session and announces it.';


--
-- Name: await_issue(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.await_issue(account_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    began constant timestamptz := clock_timestamp();
BEGIN
    -- What is being issued or offered belongs to what is revoked, so whoever does it gets a moment
    -- to commit; a session that stays open holds nobody up.
    WHILE current_setting('transaction_isolation') = 'read committed' LOOP
        PERFORM FROM apppass.issue_turn AS t
            WHERE t.account_id = await_issue.account_id FOR SHARE SKIP LOCKED;
        EXIT WHEN FOUND OR NOT EXISTS (SELECT FROM apppass.issue_turn AS t
            WHERE t.account_id = await_issue.account_id);
        IF clock_timestamp() > began + interval '2 s' THEN
            RAISE WARNING
                'a code is being issued for the account, and is not among those revoked: process %',
                coalesce((SELECT apppass.holder_of(t.xmax, 'apppass.issue_turn')
                    FROM apppass.issue_turn AS t WHERE t.account_id = await_issue.account_id), '?')
                USING HINT = 'Revoke again once it is there, or disable the account, which holds '
                             'for every code.';
            EXIT;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;


ALTER FUNCTION apppass.await_issue(account_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION await_issue(account_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.await_issue(account_id bigint) IS 'Waits for whoever is issuing a code or making a link for the account; after 2 s a WARNING says who that is, and that it is left.';


--
-- Name: bcrypt(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.bcrypt(secret text) RETURNS text
    LANGUAGE sql STRICT
    BEGIN ATOMIC
 SELECT public.crypt(secret, public.gen_salt('bf'::text, 10)) AS crypt;
END;


ALTER FUNCTION apppass.bcrypt(secret text) OWNER TO apppass_owner;

--
-- Name: FUNCTION bcrypt(secret text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.bcrypt(secret text) IS 'A bcrypt hash, $2a$ cost 10 (pgcrypto). For the owner''s functions only.';


--
-- Name: check_symbol(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.check_symbol(symbols text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    alphabet constant text := '0123456789abcdefghjkmnpqrstvwxyz';
    acc integer := 0;
    value integer;
BEGIN
    FOR i IN 1 .. length(check_symbol.symbols) + 1 LOOP
        -- acc := alpha * acc over GF(32), primitive polynomial x^5 + x^2 + 1
        acc := acc << 1;
        IF acc > 31 THEN
            acc := acc # 37;
        END IF;
        EXIT WHEN i > length(check_symbol.symbols);
        value := strpos(alphabet, substr(check_symbol.symbols, i, 1)) - 1;
        IF value < 0 THEN
            RETURN NULL;
        END IF;
        acc := acc # value;
    END LOOP;
    RETURN substr(alphabet, acc + 1, 1);
END
$$;


ALTER FUNCTION apppass.check_symbol(symbols text) OWNER TO apppass_owner;

--
-- Name: FUNCTION check_symbol(symbols text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.check_symbol(symbols text) IS 'The check symbol that follows these symbols; NULL where one is not of the alphabet.';


--
-- Name: is_hash(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_hash(hash text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((octet_length(hash) >= 20) AND (octet_length(hash) <= 383)) AND (hash ~ '^\$(argon2id?|2[aby]|5|6|y)\$[!-~]+$'::text));


ALTER FUNCTION apppass.is_hash(hash text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_hash(hash text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_hash(hash text) IS 'May this be the hash of a code? A PHC or crypt(3) string of a known algorithm.';


--
-- Name: is_selector(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_selector(selector text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (selector ~ '^[0-9a-hjkmnp-tv-z]{4}$'::text);


ALTER FUNCTION apppass.is_selector(selector text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_selector(selector text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_selector(selector text) IS 'May this be the selector of a code? Four symbols of the alphabet, lower case.';


--
-- Name: code; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.code (
    id bigint NOT NULL,
    device_id bigint NOT NULL,
    account_id bigint NOT NULL,
    realm_id integer NOT NULL,
    selector text NOT NULL COLLATE pg_catalog."C",
    hash text NOT NULL,
    services text[],
    networks cidr[],
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text DEFAULT SESSION_USER NOT NULL,
    expires_at timestamp with time zone,
    expiry_chosen boolean DEFAULT false NOT NULL,
    revoked_at timestamp with time zone,
    revoked_by text,
    revoke_reason text,
    replaces bigint,
    CONSTRAINT code_hash_form CHECK (apppass.is_hash(hash)),
    CONSTRAINT code_networks_some CHECK (((cardinality(networks) > 0) AND (array_position(networks, NULL::cidr) IS NULL))),
    CONSTRAINT code_revoked_whole CHECK ((((revoked_at IS NULL) = (revoked_by IS NULL)) AND ((revoked_at IS NULL) = (revoke_reason IS NULL)) AND ((revoke_reason IS NULL) OR (apppass.trim_blank(revoke_reason) IS NOT NULL)))),
    CONSTRAINT code_selector_form CHECK (apppass.is_selector(selector)),
    CONSTRAINT code_services_some CHECK (((cardinality(services) > 0) AND (array_position(services, NULL::text) IS NULL)))
);


ALTER TABLE apppass.code OWNER TO apppass_owner;

--
-- Name: TABLE code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.code IS 'App passwords. Rows are never deleted: a revoked code that is still being tried must be recognised.';


--
-- Name: COLUMN code.id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.id IS 'Key; logs and views name a code by it.';


--
-- Name: COLUMN code.device_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.device_id IS 'The device that holds it.';


--
-- Name: COLUMN code.account_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.account_id IS 'The device''s account; filled by trigger.';


--
-- Name: COLUMN code.realm_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.realm_id IS 'The account''s realm; filled by trigger, follows the account.';


--
-- Name: COLUMN code.selector; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.selector IS 'The first four symbols: what people call the code by, unique within the account, not secret.';


--
-- Name: COLUMN code.hash; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.hash IS 'PHC or crypt(3) string of the canonical code. Readable by no role but the owner.';


--
-- Name: COLUMN code.services; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.services IS 'Services it may be used for; NULL: all that the realm allows.';


--
-- Name: COLUMN code.networks; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.networks IS 'Client networks it may be used from; NULL: any. Where set, an unknown client address is refused.';


--
-- Name: COLUMN code.created_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.created_at IS 'When it was issued; lifetimes count from it.';


--
-- Name: COLUMN code.created_by; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.created_by IS 'Database login that issued it, with the portal''s operator after a slash.';


--
-- Name: COLUMN code.expires_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.expires_at IS 'From this moment it is refused; NULL: never.';


--
-- Name: COLUMN code.expiry_chosen; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.expiry_chosen IS 'Somebody gave expires_at; false: it is what max_lifetime came to, or never. Filled by trigger.';


--
-- Name: COLUMN code.revoked_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.revoked_at IS 'When revoked; NULL: not. Final.';


--
-- Name: COLUMN code.revoked_by; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.revoked_by IS 'Who revoked it; filled by trigger.';


--
-- Name: COLUMN code.revoke_reason; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.revoke_reason IS 'Why it was revoked, as whoever did it gave it; the helpdesk and the auditor see it.';


--
-- Name: COLUMN code.replaces; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code.replaces IS 'The code of the same device that this one took over from (reset).';


--
-- Name: chosen_expiry(apppass.code); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.chosen_expiry(code apppass.code) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT apppass.code_ends(now(), (chosen_expiry.code).expires_at, r.max_lifetime)
    FROM apppass.realm AS r
    WHERE r.id = (chosen_expiry.code).realm_id AND (chosen_expiry.code).expiry_chosen
        AND (chosen_expiry.code).expires_at > now();
$$;


ALTER FUNCTION apppass.chosen_expiry(code apppass.code) OWNER TO apppass_owner;

--
-- Name: FUNCTION chosen_expiry(code apppass.code); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.chosen_expiry(code apppass.code) IS 'The expiry that a code''s replacement inherits; NULL: what policy gives.';


--
-- Name: client_address(inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.client_address(client inet) RETURNS inet
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((family(client) = 6) AND (client <<= '::ffff:0.0.0.0/96'::inet)) THEN ('0.0.0.0'::inet + (set_masklen(client, 128) - '::ffff:0.0.0.0'::inet)) ELSE set_masklen(client, CASE family(client) WHEN 4 THEN 32 ELSE 128 END) END;


ALTER FUNCTION apppass.client_address(client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION client_address(client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.client_address(client inet) IS 'The address alone; an IPv4 address mapped into IPv6 (::ffff:192.0.2.1) comes back as IPv4.';


--
-- Name: client_network(inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.client_network(client inet) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (client IS NULL) THEN '0.0.0.0/0'::cidr ELSE set_masklen((apppass.client_address(client))::cidr, CASE family(apppass.client_address(client)) WHEN 4 THEN 24 ELSE 48 END) END;


ALTER FUNCTION apppass.client_network(client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION client_network(client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.client_network(client inet) IS 'The /24 or /48 that use is recorded for; 0.0.0.0/0 where the address is unknown.';


--
-- Name: cluster(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.cluster() RETURNS bigint
    LANGUAGE sql STABLE
    RETURN (pg_control_system()).system_identifier;


ALTER FUNCTION apppass.cluster() OWNER TO apppass_owner;

--
-- Name: FUNCTION cluster(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.cluster() IS 'The system identifier of the database cluster: the same on its standbys, another one after a restore elsewhere or pg_upgrade.';


--
-- Name: later(timestamp with time zone, interval); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.later(moment timestamp with time zone, by interval) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((moment AT TIME ZONE '00:00:00'::interval) + by) AT TIME ZONE '00:00:00'::interval);


ALTER FUNCTION apppass.later(moment timestamp with time zone, by interval) OWNER TO apppass_owner;

--
-- Name: FUNCTION later(moment timestamp with time zone, by interval); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.later(moment timestamp with time zone, by interval) IS 'The moment that much later, the same in every time zone; NULL where either is.';


--
-- Name: code_ends(timestamp with time zone, timestamp with time zone, interval); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN LEAST(expires_at, apppass.later(created_at, max_lifetime));


ALTER FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) OWNER TO apppass_owner;

--
-- Name: FUNCTION code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) IS 'When a code expires: at its own moment, or when its realm''s max_lifetime is over; NULL: never.';


--
-- Name: code_guard(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.code_guard() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF apppass.is_erased(OLD.account_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'codes are never deleted: a revoked one must still be recognised'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_stays',
                HINT = 'Call apppass.revoke_code(username, selector, reason), or UPDATE '
                       'apppass.code SET revoked_at = now(), revoke_reason = ...';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND ROW(NEW.revoked_at, NEW.revoked_by, NEW.revoke_reason)
                                      IS DISTINCT FROM ROW(OLD.revoked_at, OLD.revoked_by,
                                          OLD.revoke_reason) THEN
        RAISE EXCEPTION 'a revocation is final'
            USING ERRCODE = 'AP003', CONSTRAINT = 'revocation_final',
                HINT = 'Issue a new code: apppass.issue_code(username, device), or apppass issue.';
    ELSIF NEW.selector <> OLD.selector THEN
        RAISE EXCEPTION 'the selector of a code does not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'selector_fixed',
                HINT = 'Call apppass.reset_code(username, device, reason => ...) for a new code on '
                       'the same device.';
    ELSIF NEW.hash <> OLD.hash THEN
        RAISE EXCEPTION 'the hash of a code does not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'hash_fixed',
                HINT = 'Call apppass.reset_code(username, device, reason => ...) for a new code; '
                       'apppass.upgrade_hash is for the verifier.';
    ELSIF ROW(NEW.device_id, NEW.account_id)
        IS DISTINCT FROM ROW(OLD.device_id, OLD.account_id) THEN
        RAISE EXCEPTION 'a code does not change hands'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_owner_fixed',
                HINT = 'Call apppass.revoke_code for this one and apppass.issue_code for the other '
                       'device.';
    ELSIF ROW(NEW.id, NEW.created_at, NEW.created_by, NEW.replaces)
        IS DISTINCT FROM ROW(OLD.id, OLD.created_at, OLD.created_by, OLD.replaces) THEN
        RAISE EXCEPTION 'id, created_at, created_by and replaces of a code do not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'key_fixed',
                HINT = 'Leave them out of the UPDATE; apppass.reset_code replaces a code.';
    -- The cascade of the composite key comes after the account's own change; anybody else's is a
    -- lie about the realm.
    ELSIF NEW.realm_id <> OLD.realm_id
          AND NOT EXISTS (SELECT FROM apppass.account AS a WHERE a.id = NEW.account_id
              AND a.realm_id = NEW.realm_id) THEN
        RAISE EXCEPTION 'the realm of a code is that of its account'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_realm_fixed',
                HINT = 'UPDATE apppass.account SET realm_id = ...: its codes follow.';
    ELSIF OLD.revoked_at IS NOT NULL AND ROW(NEW.services, NEW.networks, NEW.expires_at)
                                         IS DISTINCT FROM ROW(OLD.services, OLD.networks,
                                             OLD.expires_at) THEN
        RAISE EXCEPTION 'a revoked code does not change'
            USING ERRCODE = 'AP003', CONSTRAINT = 'code_revoked',
                HINT = 'Issue a new code: apppass.issue_code(username, device).';
    END IF;
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.code_guard() OWNER TO apppass_owner;

--
-- Name: FUNCTION code_guard(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.code_guard() IS 'Trigger: what a code is and whose it is never changes; revocation is final; nothing is deleted (AP003), but with an account that is erased.';


--
-- Name: code_lapses(timestamp with time zone, timestamp with time zone, interval, interval); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN LEAST(CASE WHEN (last_used_at IS NULL) THEN apppass.later(created_at, lapse_after) ELSE NULL::timestamp with time zone END, apppass.later(GREATEST(created_at, last_used_at), unused_after));


ALTER FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) OWNER TO apppass_owner;

--
-- Name: FUNCTION code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) IS 'When a code lapses that is not used until then; last_used_at NULL: never used. NULL: never.';


--
-- Name: code_policy(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.code_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    device apppass.device;
    realm apppass.realm;
    refused text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT d.* INTO device FROM apppass.device AS d WHERE d.id = NEW.device_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'device % not found', NEW.device_id
                USING ERRCODE = 'P0002', CONSTRAINT = 'device_not_found',
                    HINT = 'Insert into apppass.device first, or call apppass.issue_code(username, '
                           'device), which does.';
        ELSIF NEW.account_id <> device.account_id THEN
            RAISE EXCEPTION 'device % belongs to another account', NEW.device_id
                USING ERRCODE = '22023', CONSTRAINT = 'device_of_another',
                    HINT = 'Leave account_id out: it follows the device.';
        END IF;
        IF NEW.replaces IS NOT NULL
            AND NOT EXISTS (SELECT FROM apppass.code AS c WHERE c.id = NEW.replaces
            AND c.device_id = NEW.device_id) THEN
            RAISE EXCEPTION 'the code replaces a code of another device'
                USING ERRCODE = '22023', CONSTRAINT = 'replaces_another',
                    HINT = 'Leave replaces out, or call '
                           'apppass.reset_code(username, device, reason => ...).';
        END IF;
        IF NOT isfinite(NEW.created_at) THEN
            RAISE EXCEPTION 'a code is issued at a moment'
                USING ERRCODE = '22023', CONSTRAINT = 'created_infinite',
                      HINT = 'Leave created_at out: lifetimes count from it.';
        ELSIF NEW.created_at > clock_timestamp() THEN
            RAISE EXCEPTION 'a code cannot be issued in the future'
                USING ERRCODE = '22023', CONSTRAINT = 'created_in_future',
                    HINT = 'Leave created_at out: lifetimes count from it.';
        END IF;
        NEW.account_id := device.account_id;
        NEW.expiry_chosen := false;
        NEW.created_by := apppass.actor();
        -- One issue at a time per account, or two could pass the limit together.
        PERFORM apppass.take_turn(NEW.account_id);
        SELECT a.realm_id INTO STRICT NEW.realm_id FROM apppass.account AS a
            WHERE a.id = NEW.account_id;
        SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = NEW.realm_id;
    END IF;
    IF apppass.is_selector(NEW.selector) IS NOT TRUE OR apppass.is_hash(NEW.hash) IS NOT TRUE THEN
        RAISE EXCEPTION 'selector or hash is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'code_invalid',
                HINT = 'The selector is the first four symbols of the code; the hash a PHC or '
                       'crypt(3) string of all of it.';
    END IF;
    -- upgrade_hash has asked already.
    IF TG_OP = 'INSERT' AND NOT apppass.is_affordable(NEW.hash, realm.argon2_memory_kib,
        realm.argon2_passes) THEN
        RAISE EXCEPTION 'the hash costs more to verify than realm "%" allows', realm.name
            USING ERRCODE = '22023', CONSTRAINT = 'hash_too_costly',
                  HINT = 'At most 4 times the work and twice the memory of realm.argon2_memory_kib '
                         'and argon2_passes; bcrypt up to cost 12.';
    END IF;
    -- A code whose service is no longer known can be revoked like others.
    IF NEW.services IS DISTINCT FROM OLD.services THEN
        NEW.services := apppass.service_names(NEW.services);
    END IF;
    IF array_position(NEW.networks, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'the list of networks has an empty place'
            USING ERRCODE = '22023', CONSTRAINT = 'networks_null',
                HINT = 'Leave NULL out of the list.';
    ELSIF cardinality(NEW.networks) = 0 THEN
        RAISE EXCEPTION 'the list of networks is empty'
            USING ERRCODE = '22023', CONSTRAINT = 'networks_empty',
                HINT = 'NULL means every network; an empty list would make a code that opens '
                       'nothing.';
    END IF;
    NEW.networks := (SELECT array_agg(DISTINCT apppass.network_name(n))
        FROM unnest(NEW.networks) AS n);

    IF NEW.revoked_at IS NOT NULL THEN
        IF TG_OP = 'INSERT' OR OLD.revoked_at IS NULL THEN
            IF NEW.revoked_at > clock_timestamp() THEN
                RAISE EXCEPTION 'a code cannot be revoked in the future'
                    USING ERRCODE = '22023', CONSTRAINT = 'revoked_in_future',
                        HINT = 'Set expires_at to end it later.';
            END IF;
            NEW.revoke_reason := coalesce(apppass.trim_blank(NEW.revoke_reason),
                apppass.context('reason'));
            IF NEW.revoke_reason IS NULL THEN
                RAISE EXCEPTION 'revoking a code needs a reason'
                    USING ERRCODE = 'AP002', CONSTRAINT = 'reason_missing',
                        HINT = 'Set revoke_reason too, or call apppass.revoke_code(username, '
                               'selector, reason).';
            END IF;
            NEW.revoked_by := apppass.actor();
        END IF;
        RETURN NEW;
    ELSIF NEW.revoke_reason IS NOT NULL OR NEW.revoked_by IS NOT NULL THEN
        RAISE EXCEPTION 'a revocation needs revoked_at'
            USING ERRCODE = '22023', CONSTRAINT = 'revoked_at_missing',
                HINT = 'UPDATE apppass.code SET revoked_at = now(), revoke_reason = ... WHERE ...';
    END IF;

    IF TG_OP = 'UPDATE' THEN
        NEW.expiry_chosen := OLD.expiry_chosen;
        IF ROW(NEW.services, NEW.networks, NEW.expires_at) IS NOT DISTINCT FROM ROW(OLD.services,
            OLD.networks, OLD.expires_at) THEN
            RETURN NEW;
        END IF;
        PERFORM apppass.require_reason('changing what a code may be used for');
        SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = NEW.realm_id;
    ELSE
        realm := apppass.require_issuable(NEW.account_id, NEW.replaces);
        IF realm.reason_required THEN
            PERFORM apppass.require_reason('issuing a code');
        END IF;
        IF NEW.expires_at <= now() THEN
            RAISE EXCEPTION 'the code would have expired already'
                USING ERRCODE = '22023', CONSTRAINT = 'expiry_past',
                    HINT = 'expires_at is a point in time in the future, or NULL.';
        END IF;
    END IF;

    -- Policy may have shrunk since the code was issued: what an UPDATE does not widen is not asked
    -- about again.
    SELECT s INTO refused FROM unnest(NEW.services) AS s
    WHERE s <> ALL (realm.services)
        AND (TG_OP = 'INSERT' OR s = ANY (OLD.services) IS NOT TRUE) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'realm "%" does not allow codes for %', realm.name, refused
            USING ERRCODE = 'AP001', CONSTRAINT = 'service_not_allowed',
                DETAIL = format('It allows: %s.',
                array_to_string(realm.services, ', ')),
                  HINT = 'Leave this service out, or let an administrator change realm.services.';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.expires_at IS NOT DISTINCT FROM OLD.expires_at THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND NEW.expires_at <= OLD.expires_at THEN
        NEW.expiry_chosen := true;
        RETURN NEW;
    END IF;
    NEW.expiry_chosen := NEW.expires_at IS NOT NULL;
    NEW.expires_at := apppass.require_lifetime(realm, NEW.created_at, NEW.expires_at);
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.code_policy() OWNER TO apppass_owner;

--
-- Name: FUNCTION code_policy(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.code_policy() IS 'Trigger: fills account, realm, who and until when; enforces the realm''s policy (AP001) and reasons (AP002).';


--
-- Name: code_state(timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone, interval, interval, interval); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (revoked_at IS NOT NULL) THEN 'revoked'::text WHEN (apppass.code_ends(created_at, expires_at, max_lifetime) <= now()) THEN 'expired'::text WHEN (apppass.code_lapses(created_at, last_used_at, lapse_after, unused_after) <= now()) THEN 'lapsed'::text ELSE NULL::text END;


ALTER FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) OWNER TO apppass_owner;

--
-- Name: FUNCTION code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) IS 'How a code ended: revoked, expired or lapsed; NULL where it has not: it counts as live.';


--
-- Name: code_valid(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.code_valid(code text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT length(code_valid.code) IN (16, 20, 24, 28)
       AND apppass.check_symbol(left(code_valid.code, -1))
           IS NOT DISTINCT FROM right(code_valid.code,
           1);
$$;


ALTER FUNCTION apppass.code_valid(code text) OWNER TO apppass_owner;

--
-- Name: FUNCTION code_valid(code text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.code_valid(code text) IS 'Is this a code in canonical form (lower case, no separators) with the right length and check symbol?';


--
-- Name: completions(text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.completions(kind text, start text, account text DEFAULT NULL::text) RETURNS TABLE(word text, note text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    most constant integer := 200;
    unlimited constant boolean := apppass.manages_all();
    mine constant integer[] := ARRAY(SELECT apppass.managed_realms());
    pattern constant text := apppass.name_pattern(completions.start || '*');
    owner constant text := apppass.account_name(completions.account);
BEGIN
    CASE completions.kind
    WHEN 'account' THEN
        RETURN QUERY
        SELECT a.username::text, CASE WHEN apppass.account_open(a.enabled, a.disabled_from)
            THEN '' ELSE 'disabled' END
        FROM apppass.account AS a
        WHERE (unlimited OR a.realm_id = ANY (mine)) AND a.username LIKE pattern
        ORDER BY a.username LIMIT most;
    WHEN 'device' THEN
        RETURN QUERY
        SELECT DISTINCT d.label, ''
        FROM apppass.device AS d JOIN apppass.account AS a ON a.id = d.account_id
        WHERE (unlimited OR a.realm_id = ANY (mine))
          AND (completions.account IS NULL OR a.username = owner)
          AND starts_with(apppass.label_key(d.label),
                          coalesce(apppass.label_key(apppass.label_name(completions.start)), ''))
        ORDER BY d.label LIMIT most;
    WHEN 'code' THEN
        RETURN QUERY
        SELECT c.selector::text, string_agg(d.label || ' of ' || a.username, ', ')
        FROM apppass.code AS c
        JOIN apppass.device AS d ON d.id = c.device_id
        JOIN apppass.account AS a ON a.id = c.account_id
        WHERE (unlimited OR c.realm_id = ANY (mine)) AND c.revoked_at IS NULL
          AND (completions.account IS NULL OR a.username = owner)
          AND starts_with(c.selector, coalesce(apppass.selector_name(completions.start), ''))
        GROUP BY c.selector ORDER BY c.selector LIMIT most;
    WHEN 'realm' THEN
        RETURN QUERY
        SELECT r.name::text, coalesce(r.description, '') FROM apppass.realm AS r
        WHERE (unlimited OR r.id = ANY (mine)) AND r.name LIKE pattern
        ORDER BY r.name LIMIT most;
    WHEN 'rule' THEN
        RETURN QUERY
        SELECT x.position::text, x.action || coalesce(' ' || x.description, '')
        FROM apppass.access_rule AS x
        WHERE (unlimited OR x.realm_id IS NULL OR x.realm_id = ANY (mine))
          AND starts_with(x.position::text, completions.start)
        ORDER BY x.position LIMIT most;
    WHEN 'setting' THEN
        RETURN QUERY
        SELECT s.name || '=', s.description FROM apppass.policy_settings() AS s
        WHERE starts_with(s.name, apppass.fold(completions.start));
    ELSE
        RAISE EXCEPTION '"%" is nothing that can be completed', completions.kind
            USING ERRCODE = '22023', CONSTRAINT = 'kind_unknown',
                  HINT = 'account, device, code, realm, rule or setting.';
    END CASE;
END
$$;


ALTER FUNCTION apppass.completions(kind text, start text, account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION completions(kind text, start text, account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.completions(kind text, start text, account text) IS 'What a word may become that starts like this, with a note about each: the first 200. kind: account, device, code, realm, rule, setting; account: whose devices and codes.';


--
-- Name: context(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.context(name text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN apppass.trim_blank(left(
        regexp_replace(current_setting('apppass.' || name, true),
            E'[\u0001-\u001f\u007f-\u009f]+', ' ', 'g'), 1000));
END
$$;


ALTER FUNCTION apppass.context(name text) OWNER TO apppass_owner;

--
-- Name: FUNCTION context(name text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.context(name text) IS 'The setting apppass.reason, apppass.ticket or apppass.operator of this statement; NULL where blank.';


--
-- Name: count_codes(text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.count_codes(account text DEFAULT NULL::text, realm text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    wanted constant text := apppass.account_name(count_codes.account);
    home constant text := apppass.account_name(count_codes.realm);
BEGIN
    RETURN (SELECT count(*) FROM apppass.all_code_overview AS v
            WHERE (unlimited OR v.realm = ANY (mine))
              AND (count_codes.account IS NULL OR v.account = wanted)
              AND (count_codes.realm IS NULL OR v.realm = home)
              AND v.state IN ('live', 'suspended'));
END
$$;


ALTER FUNCTION apppass.count_codes(account text, realm text) OWNER TO apppass_owner;

--
-- Name: FUNCTION count_codes(account text, realm text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.count_codes(account text, realm text) IS 'How many usable codes (live or suspended) an account or a realm has.';


--
-- Name: deployment_faults(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.deployment_faults() RETURNS TABLE(fault text, about text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    verifiers constant text[] := (apppass.installed()).verifiers;
BEGIN
    RETURN QUERY
    SELECT 'role_may_log_in', string_agg(r.rolname, ', ' ORDER BY r.rolname)
    FROM pg_roles AS r
    WHERE r.rolcanlogin
      AND r.rolname IN ('apppass_owner', 'apppass_verifier', 'apppass_helpdesk', 'apppass_auditor',
                        'apppass_admin', 'apppass_logout', 'apppass_self')
    HAVING count(*) > 0;

    RETURN QUERY SELECT 'verifier_missing', NULL WHERE cardinality(verifiers) = 0;

    RETURN QUERY
    SELECT 'verifier_manages', string_agg(v, ', ' ORDER BY v)
    FROM unnest(verifiers) AS v
    WHERE pg_has_role(v, 'apppass_helpdesk', 'USAGE') OR pg_has_role(v, 'apppass_owner', 'USAGE')
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'verifier_unlimited', string_agg(r.rolname, ', ' ORDER BY r.rolname)
    FROM pg_roles AS r
    WHERE r.rolname = ANY (verifiers) AND r.rolcanlogin
      AND (r.rolconnlimit < 0
           OR r.rolconnlimit >= current_setting('max_connections')::integer
                                - current_setting('superuser_reserved_connections')::integer)
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'verifier_lacks', string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname)
    FROM pg_proc AS p
    WHERE p.pronamespace = 'apppass'::regnamespace
      AND p.proname IN ('lookup', 'record_use', 'record_refusal', 'record_main_password',
                        'upgrade_hash')
      AND NOT has_function_privilege('apppass_verifier', p.oid, 'EXECUTE')
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'verifier_reads', string_agg(c.relname, ', ' ORDER BY c.relname)
    FROM pg_class AS c
    WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND has_table_privilege('apppass_verifier', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'hash_readable', string_agg(r.rolname, ', ' ORDER BY r.rolname)
    FROM pg_roles AS r
    WHERE NOT r.rolsuper
      AND r.rolname IN ('apppass_verifier', 'apppass_helpdesk', 'apppass_auditor', 'apppass_admin',
                        'apppass_logout', 'apppass_notify', 'apppass_self')
      AND has_column_privilege(r.oid, 'apppass.code', 'hash', 'SELECT')
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'public_rights', string_agg(DISTINCT c.relname, ', ')
    FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'apppass'::regnamespace AND a.grantee = 0
    HAVING count(*) > 0;

    RETURN QUERY
    SELECT 'statements_logged', string_agg(v.name, ', ' ORDER BY v.name)
    FROM unnest(verifiers) AS v (name)
    WHERE apppass.role_setting(v.name, 'log_statement') = 'all'
       OR apppass.role_setting(v.name, 'log_min_duration_statement') <> '-1'
    HAVING count(*) > 0;

    -- From 15 on PostgreSQL notes which version of the system's rules of order a database has.
    IF current_setting('server_version_num')::integer >= 150000 THEN
        RETURN QUERY EXECUTE
            'SELECT ''collation_changed'', format(''%s: %s, now %s'', d.datname, d.datcollversion,'
            '    coalesce(pg_database_collation_actual_version(d.oid), ''none''))'
            ' FROM pg_database AS d'
            ' WHERE d.datname = current_database() AND d.datcollversion IS NOT NULL'
            '   AND d.datcollversion'
            '       IS DISTINCT FROM pg_database_collation_actual_version(d.oid)';
    END IF;
END
$$;


ALTER FUNCTION apppass.deployment_faults() OWNER TO apppass_owner;

--
-- Name: FUNCTION deployment_faults(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.deployment_faults() IS 'What is wrong with the roles, rights and settings around the schema, one row for each kind of fault, and none where all is well.';


--
-- Name: device_policy(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.device_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM apppass.code AS c WHERE c.device_id = OLD.id) THEN
            RAISE EXCEPTION 'device "%" has codes and stays', OLD.label
                USING ERRCODE = 'AP003', CONSTRAINT = 'device_has_codes',
                    HINT = 'Call apppass.revoke_device(username, device, reason).';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND ROW(NEW.id, NEW.account_id, NEW.created_at)
        IS DISTINCT FROM ROW(OLD.id, OLD.account_id, OLD.created_at) THEN
        RAISE EXCEPTION 'a device does not change hands'
            USING ERRCODE = 'AP003', CONSTRAINT = 'device_owner_fixed',
                HINT = 'Call apppass.revoke_device for the old owner and apppass.issue_code for '
                       'the new one.';
    END IF;
    NEW.label := apppass.label_name(NEW.label);
    IF NEW.label IS NULL THEN
        RAISE EXCEPTION 'device label is blank'
            USING ERRCODE = '22023', CONSTRAINT = 'device_label_blank',
                HINT = 'Say what holds the code, as its owner calls it: Phone, Scanner 3rd floor.';
    ELSIF NOT apppass.is_label(NEW.label) THEN
        RAISE EXCEPTION 'device label is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'device_label_form',
                HINT = 'A label has 1 to 100 characters and no control characters.';
    END IF;
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.device_policy() OWNER TO apppass_owner;

--
-- Name: FUNCTION device_policy(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.device_policy() IS 'Trigger: tidies the label (22023); devices keep their owner, devices with codes stay (AP003).';


--
-- Name: domain_of(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.domain_of(username text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN NULLIF(split_part(username, '@'::text, '-1'::integer), username);


ALTER FUNCTION apppass.domain_of(username text) OWNER TO apppass_owner;

--
-- Name: FUNCTION domain_of(username text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.domain_of(username text) IS 'What follows the last @ of a user name; NULL where there is none.';


--
-- Name: is_label(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_label(label text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((length(label) >= 1) AND (length(label) <= 100)) AND (NOT (label IS DISTINCT FROM apppass.trim_blank(label))) AND (label !~ '[-- -‮⁦-⁩￾￿]'::text));


ALTER FUNCTION apppass.is_label(label text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_label(label text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_label(label text) IS 'May this be a device label? 1 to 100 characters, neither blank nor invisible at its ends, no control or text-direction characters.';


--
-- Name: is_username(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_username(username text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((octet_length(username) >= 1) AND (octet_length(username) <= 255)) AND (username = apppass.login_name(username)) AND (username !~ '[%- - ­͏؜ᅟᅠ ឴឵᠋-᠎ -‏ -  -⁯⠀　ㅤ︀-️﻿ﾠ￰-￿󠀀-󠿿]'::text) AND ((strpos(username, '@'::text) = 0) OR (username ~ '^.+@[a-z0-9_-]+([.][a-z0-9_-]+)*$'::text)));


ALTER FUNCTION apppass.is_username(username text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_username(username text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_username(username text) IS 'May this be a user name? One that a login can reach: canonical, at most 255 bytes, nothing blank or invisible in it, no % (Cyrus IMAP takes it for @), and where it has an @ something before it and a domain in ASCII after it.';


--
-- Name: managed_realms(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.managed_realms() RETURNS SETOF integer
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    RETURN QUERY
    WITH mine AS (
        SELECT o.realm_id
        FROM apppass.realm_operator AS o
        JOIN pg_roles AS g ON g.oid = o.role_oid
        WHERE pg_has_role(session_user, g.oid, 'MEMBER')
    )
    SELECT r.id
    FROM apppass.realm AS r
    WHERE pg_has_role(session_user, 'apppass_admin', 'MEMBER')
       -- Who was a member of a role that was dropped, nobody knows: until its rows are gone no
       -- login counts as unlimited.
       OR NOT EXISTS (
           SELECT FROM apppass.realm_operator AS o
               LEFT JOIN pg_roles AS g ON g.oid = o.role_oid
           WHERE g.oid IS NULL OR pg_has_role(session_user, g.oid, 'MEMBER'))
       OR r.id IN (SELECT m.realm_id FROM mine AS m);
END
$$;


ALTER FUNCTION apppass.managed_realms() OWNER TO apppass_owner;

--
-- Name: FUNCTION managed_realms(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.managed_realms() IS 'Ids of the realms that the session user may manage and see: all, unless realm_operator limits it.';


--
-- Name: account; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.account (
    id bigint NOT NULL,
    username text NOT NULL COLLATE pg_catalog."C",
    realm_id integer NOT NULL,
    enabled boolean DEFAULT true NOT NULL,
    disabled_from timestamp with time zone,
    mfa_enrolled boolean DEFAULT false NOT NULL,
    main_password_refused_from timestamp with time zone,
    notify_address text,
    notify_language text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT account_notify_address_form CHECK ((apppass.is_username(apppass.fold(notify_address)) AND (notify_address ~~ '%_@_%'::text))),
    CONSTRAINT account_notify_language_form CHECK (apppass.is_language(notify_language)),
    CONSTRAINT account_username_form CHECK (apppass.is_username(username))
);


ALTER TABLE apppass.account OWNER TO apppass_owner;

--
-- Name: TABLE account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.account IS 'Who may have app passwords. One row per user name as the mail server knows it.';


--
-- Name: COLUMN account.username; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.username IS 'Canonical user name, ASCII letters in lower case, at most 255 bytes; usually the mail address.';


--
-- Name: COLUMN account.realm_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.realm_id IS 'Whose policy applies. Filled from the domain where not given.';


--
-- Name: COLUMN account.enabled; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.enabled IS 'False stops all codes of the account at the next login.';


--
-- Name: COLUMN account.disabled_from; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.disabled_from IS 'From this moment on its codes stop as if it were not enabled; NULL: it is not to end.';


--
-- Name: COLUMN account.mfa_enrolled; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.mfa_enrolled IS 'The identity system says the person has a second factor.';


--
-- Name: COLUMN account.main_password_refused_from; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.main_password_refused_from IS 'Overrides the realm''s moment for this account; infinity: never refused. NULL: the realm''s.';


--
-- Name: COLUMN account.notify_address; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.notify_address IS 'A second mail address that is told what happens to the codes, beside the account''s own; NULL: none.';


--
-- Name: COLUMN account.notify_language; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.notify_language IS 'In which language; NULL: the realm''s.';


--
-- Name: COLUMN account.created_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.created_at IS 'When it was added.';


--
-- Name: COLUMN account.created_by; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account.created_by IS 'Database login that added it, with the portal''s operator after a slash.';


--
-- Name: code_use; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.code_use (
    code_id bigint NOT NULL,
    service text NOT NULL,
    network cidr NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL
)
WITH (fillfactor='85');


ALTER TABLE apppass.code_use OWNER TO apppass_owner;

--
-- Name: TABLE code_use; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.code_use IS 'Where a code has been used: one row per service and network, refreshed at most every 5 minutes.';


--
-- Name: COLUMN code_use.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_use.service IS 'Service; - where unknown.';


--
-- Name: COLUMN code_use.network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_use.network IS 'The client''s /24 (IPv4) or /48 (IPv6); 0.0.0.0/0 where its address is unknown.';


--
-- Name: COLUMN code_use.first_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_use.first_at IS 'The first login with the code over this service from there.';


--
-- Name: COLUMN code_use.last_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_use.last_at IS 'Last login, up to 5 minutes old.';


--
-- Name: device; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.device (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    label text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT device_label_form CHECK (apppass.is_label(label))
);


ALTER TABLE apppass.device OWNER TO apppass_owner;

--
-- Name: TABLE device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.device IS 'What holds a code: a phone, a printer, a script.';


--
-- Name: COLUMN device.label; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.device.label IS 'What people call it: 1 to 100 characters, unique within the account whatever the case.';


--
-- Name: COLUMN device.created_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.device.created_at IS 'When it was added: with its first code, as a rule.';


--
-- Name: due_codes(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.due_codes(most bigint) RETURNS TABLE(code_id bigint, account text, device text, selector text, why text)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT c.id,
     a.username,
     d.label,
     c.selector,
         CASE
             WHEN ((u.last_at IS NULL) AND (apppass.later(c.created_at, r.lapse_after) <= now())) THEN format('not used within %s of issue'::text, r.lapse_after)
             ELSE format('not used for %s'::text, r.unused_after)
         END AS format
    FROM ((((apppass.realm r
      JOIN apppass.code c ON ((c.realm_id = r.id)))
      JOIN apppass.device d ON ((d.id = c.device_id)))
      JOIN apppass.account a ON ((a.id = c.account_id)))
      LEFT JOIN LATERAL ( SELECT max(x.last_at) AS last_at
            FROM apppass.code_use x
           WHERE (x.code_id = c.id)) u ON (true))
   WHERE ((c.revoked_at IS NULL) AND (apppass.code_lapses(c.created_at, NULL::timestamp with time zone, r.lapse_after, r.unused_after) <= now()) AND (apppass.code_state(c.revoked_at, c.created_at, c.expires_at, u.last_at, r.max_lifetime, r.lapse_after, r.unused_after) = 'lapsed'::text) AND (r.id = ANY (ARRAY( SELECT apppass.managed_realms() AS managed_realms))))
  LIMIT due_codes.most;
END;


ALTER FUNCTION apppass.due_codes(most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION due_codes(most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.due_codes(most bigint) IS 'The codes that policy lets lapse and nobody has revoked yet, of the realms one manages; at most so many.';


--
-- Name: due_partitions(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.due_partitions() RETURNS TABLE(part oid, name text)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT p.part, p.name FROM apppass.refusal_partitions() AS p
    WHERE p.upper_bound <= now() - (SELECT max(r.refusal_retention) FROM apppass.realm AS r);
$$;


ALTER FUNCTION apppass.due_partitions() OWNER TO apppass_owner;

--
-- Name: FUNCTION due_partitions(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.due_partitions() IS 'Partitions of refusal that no realm keeps.';


--
-- Name: ended_since(jsonb, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    since constant timestamptz := seen ->> 'at';
    trail record;
    accounts bigint[];
    names text[];
    nameless boolean;
    rules jsonb[];
BEGIN
    SELECT n.mark, n.ids, n.continuity INTO trail
    FROM apppass.audit_since(seen -> 'trail') AS n;
    mark := jsonb_build_object('trail', trail.mark, 'at', now());

    -- Whatever concerns an account or a realm and is not known to shut nobody out.  An account
    -- may have had another name when its sessions began.
    SELECT array_agg(DISTINCT e.account_id) FILTER (WHERE e.account_id IS NOT NULL),
        array_agg(DISTINCT n.name) FILTER (WHERE n.name IS NOT NULL),
        array_agg(DISTINCT jsonb_build_object('realm', e.realm_id, 'network',
                      CASE e.action WHEN 'access_rule_added' THEN e.after ->> 'network'
                                    WHEN 'access_rule_removed' THEN e.before ->> 'network' END))
            FILTER (WHERE e.account_id IS NULL),
        -- Erased before anybody asked: whose sessions they are is not known any more.
        coalesce(bool_or(e.action = 'account_disabled' AND e.salt IS NULL), false)
    INTO accounts, names, rules, nameless
    FROM apppass.audit AS e
    CROSS JOIN LATERAL (VALUES (e.account), (e.before ->> 'username')) AS n (name)
    WHERE e.id = ANY (trail.ids)
      AND CASE
          WHEN e.action IN ('account_added', 'account_enabled', 'mfa_enrolled', 'code_issued',
                            'code_reset', 'hash_upgraded', 'device_added', 'device_renamed',
                            'realm_added', 'owner_identified', 'owner_alarm', 'handover_offered',
                            'handover_pin_wrong', 'handover_locked', 'handover_collected',
                            'handover_withdrawn', 'account_erased') THEN false
          -- A moment to come is the clock's.
          WHEN e.action = 'code_changed' THEN
              e.before ?| ARRAY['services', 'networks', 'revoked_at']
              OR (e.after ->> 'expires_at')::timestamptz <= now()
          WHEN e.action = 'account_changed' THEN
              e.before - ARRAY['notify_address', 'notify_language', 'disabled_from'] <> '{}'
              OR (e.after ->> 'disabled_from')::timestamptz <= now()
          WHEN e.account_id IS NOT NULL THEN true
          WHEN e.action = 'realm_changed' THEN
              e.before ?| ARRAY['codes_allowed', 'services', 'max_lifetime', 'lapse_after',
                                'unused_after', 'mfa_required', 'main_password_refused_from']
          WHEN e.action = 'access_rule_added' THEN e.after ->> 'action' = 'deny'
          WHEN e.action = 'access_rule_removed' THEN e.before ->> 'action' = 'allow'
          ELSE e.action IN ('realm_removed', 'access_rule_changed')
      END;

    accounts := accounts || ARRAY(
        SELECT c.account_id FROM apppass.code AS c
        WHERE c.expires_at > since AND c.expires_at <= now()
        UNION
        SELECT a.id FROM apppass.account AS a
        WHERE a.disabled_from > since AND a.disabled_from <= now()
        UNION
        SELECT c.account_id FROM apppass.realm AS r
        JOIN apppass.code AS c ON c.realm_id = r.id
            -- A day more at both ends: how long an interval is depends on where it starts.
            AND c.created_at > since - r.max_lifetime - interval '1 day'
            AND c.created_at <= now() - r.max_lifetime + interval '1 day'
        WHERE r.max_lifetime IS NOT NULL
          AND apppass.code_ends(c.created_at, c.expires_at, r.max_lifetime) > since
          AND apppass.code_ends(c.created_at, c.expires_at, r.max_lifetime) <= now());
    due := seen IS NOT NULL AND (cardinality(accounts) > 0 OR rules IS NOT NULL
                                 OR trail.continuity = 'gap');
    IF due AND sessions IS NOT NULL THEN
        ended := (
            SELECT string_agg(s.place::text, ' ' ORDER BY s.place)
            FROM (SELECT l.place, split_part(l.line, E'\t', 1) AS name,
                      NULLIF(split_part(l.line, E'\t', 2), '')::inet AS client
                  FROM string_to_table(sessions, E'\n') WITH ORDINALITY AS l (line, place)) AS s
            LEFT JOIN apppass.account AS a ON a.username = apppass.login_name(s.name)
            WHERE trail.continuity = 'gap'
               OR a.id = ANY (accounts)
               OR apppass.login_name(s.name) = ANY (names)
               OR (nameless AND a.id IS NULL)
               OR EXISTS (SELECT FROM unnest(rules) AS r
                          WHERE (r ->> 'realm' IS NULL OR (r ->> 'realm')::integer = a.realm_id)
                            AND (r ->> 'network' IS NULL OR s.client IS NULL
                                 OR s.client <<= (r ->> 'network')::inet)
                            AND a.id IS NOT NULL));
    END IF;
END
$$;


ALTER FUNCTION apppass.ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text) OWNER TO apppass_owner;

--
-- Name: FUNCTION ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text) IS 'Which live sessions are to end because of what was committed, or reached by the clock, since a mark: for apppass-logoutd.
seen: the mark of the time before; NULL: from now on. sessions: one a line, user name, tab, client''s address or nothing; NULL: is there anything to do at all?
mark: to give next time. due: something may have shut a code out; without sessions, ask again with the same seen. ended: the numbers, from 1, of the sessions to end, with blanks between them; NULL: none. Where an account was disabled and erased since, those of names that are no account are among them.
All sessions of an account are named: use is not recorded so surely that it could tell which code opened which. After a gap in the trail (audit_since) all are. Runs on a hot standby.';


--
-- Name: erase_account(text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.erase_account(username text, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.erasure
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(erase_account.username);
    erased apppass.erasure;
    previous text[];
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('erasing an account');
    IF apppass.account_open(account.enabled, account.disabled_from) THEN
        RAISE EXCEPTION 'account "%" is not disabled', account.username
            USING ERRCODE = 'AP003', CONSTRAINT = 'account_enabled',
                  HINT = 'Disable it first, which ends its sessions: SELECT '
                         'apppass.set_account_enabled(username, false, reason).';
    ELSIF EXISTS (SELECT FROM (SELECT account.username::text
                               UNION SELECT l.account FROM apppass.audit AS l
                               WHERE l.account_id = account.id) AS known (name)
                  WHERE strpos(known.name, '@') > 0
                    AND strpos(apppass.fold(concat_ws(' ', apppass.context('reason'),
                                   apppass.context('ticket'), apppass.context('operator'))),
                               known.name) > 0) THEN
        RAISE EXCEPTION 'reason, ticket or operator have a name of the account'
            USING ERRCODE = '22023', CONSTRAINT = 'erasure_named',
                  HINT = 'They stay: give a number that says nothing to others.';
    END IF;
    -- Nobody is issuing a code for it, and nobody is changing it.
    PERFORM apppass.take_turn(account.id);
    PERFORM apppass.lock_rows('account key', ARRAY[account.id]);
    erased.account := account.username;
    erased.account_id := account.id;
    SELECT count(*) INTO erased.devices FROM apppass.device AS d WHERE d.account_id = account.id;

    -- The guards of codes and trail let go by this row.
    PERFORM apppass.audit_write('account_erased', account.realm_id, account.id, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL);
    SELECT t.uses, t.refusals INTO erased.uses, erased.refusals
    FROM apppass.erase_traces(account.id) AS t;
    DELETE FROM apppass.code AS c WHERE c.account_id = account.id;
    GET DIAGNOSTICS erased.codes = ROW_COUNT;
    DELETE FROM apppass.account AS a WHERE a.id = account.id;

    -- Last, what the trail says of that too.
    erased.events := apppass.erase_words(account.id);
    PERFORM apppass.restore_context(previous);
    RETURN erased;
END
$$;


ALTER FUNCTION apppass.erase_account(username text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION erase_account(username text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.erase_account(username text, reason text, ticket text, operator text) IS 'Forgets an account for good, after it was disabled: its row, devices, codes, uses, refusals, links and notices are deleted, and from each row of the trail about it account, device, reason, ticket, before and after are taken; audit_verify() still finds the chain whole. The account''s key stays in the trail, and so do this reason and ticket. What a login recorded at that moment the next maintain() deletes. Backups, archived WAL and logs are not reached. Errors: AP003 not disabled, AP002 no reason, 22023 a reason that names the account, P0002 no such account, 42501 not yours.';


--
-- Name: erase_traces(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint) RETURNS record
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    codes constant bigint[] := ARRAY(
        SELECT c.id FROM apppass.code AS c WHERE c.account_id = erase_traces.account_id
        UNION SELECT l.code_id FROM apppass.audit AS l
        WHERE l.account_id = erase_traces.account_id AND l.code_id IS NOT NULL);
    more bigint;
BEGIN
    WITH free AS MATERIALIZED (
        SELECT u.code_id, u.service, u.network FROM apppass.code_use AS u
        WHERE u.code_id = ANY (codes) FOR UPDATE SKIP LOCKED
    )
    DELETE FROM apppass.code_use AS u USING free AS f
    WHERE u.code_id = f.code_id AND u.service = f.service AND u.network = f.network;
    GET DIAGNOSTICS uses = ROW_COUNT;
    WITH free AS MATERIALIZED (
        SELECT m.account_id, m.service, m.network FROM apppass.main_password_login AS m
        WHERE m.account_id = erase_traces.account_id FOR UPDATE SKIP LOCKED
    )
    DELETE FROM apppass.main_password_login AS m USING free AS f
    WHERE m.account_id = f.account_id AND m.service = f.service AND m.network = f.network;
    GET DIAGNOSTICS more = ROW_COUNT;
    uses := uses + more;
    DELETE FROM apppass.hash_upgrade AS h
    WHERE h.code_id = ANY (ARRAY(SELECT x.code_id FROM apppass.hash_upgrade AS x
                                 WHERE x.code_id = ANY (codes) FOR UPDATE SKIP LOCKED));
    DELETE FROM apppass.refusal AS f WHERE f.account_id = erase_traces.account_id;
    GET DIAGNOSTICS refusals = ROW_COUNT;
    DELETE FROM apppass.notice_mail AS m WHERE m.account_id = erase_traces.account_id;
    DELETE FROM apppass.notice AS n WHERE n.account_id = erase_traces.account_id;
END
$$;


ALTER FUNCTION apppass.erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint) IS 'Deletes what logins left of an account: uses, refusals, upgraded hashes, notices.';


--
-- Name: erase_words(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.erase_words(account_id bigint) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    events bigint;
BEGIN
    UPDATE apppass.audit AS l
    SET (salt, erased_digest, account, device, reason, ticket, before, after) =
        (SELECT e.salt, e.erased_digest, e.account, e.device, e.reason, e.ticket, e.before, e.after
         FROM apppass.audit_erased(l) AS e)
    WHERE l.account_id = erase_words.account_id AND l.action <> 'account_erased'
      AND l.salt IS NOT NULL;
    GET DIAGNOSTICS events = ROW_COUNT;
    RETURN events;
END
$$;


ALTER FUNCTION apppass.erase_words(account_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION erase_words(account_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.erase_words(account_id bigint) IS 'Takes the words out of the trail''s rows about an erased account; returns out of how many.';


--
-- Name: code_standing; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.code_standing AS
 SELECT c.id AS code_id,
    c.device_id,
    c.account_id,
    c.realm_id,
    r.name AS realm,
    c.selector,
    c.services,
    c.networks,
    c.created_at,
    c.created_by,
    c.revoked_at,
    c.revoked_by,
    c.revoke_reason,
    c.replaces,
    apppass.code_ends(c.created_at, c.expires_at, r.max_lifetime) AS ends_at,
    apppass.code_lapses(c.created_at, u.last_at, r.lapse_after, r.unused_after) AS lapses_at,
    apppass.code_state(c.revoked_at, c.created_at, c.expires_at, u.last_at, r.max_lifetime, r.lapse_after, r.unused_after) AS state,
    r.codes_allowed,
    r.mfa_required,
    u.first_at,
    u.last_at,
    u.last_service,
    u.last_network
   FROM ((apppass.code c
     JOIN apppass.realm r ON ((r.id = c.realm_id)))
     LEFT JOIN LATERAL ( SELECT min(x.first_at) AS first_at,
            max(x.last_at) AS last_at,
            (array_agg(x.service ORDER BY x.last_at DESC))[1] AS last_service,
            (array_agg(x.network ORDER BY x.last_at DESC))[1] AS last_network
           FROM apppass.code_use x
          WHERE (x.code_id = c.id)) u ON (true));


ALTER TABLE apppass.code_standing OWNER TO apppass_owner;

--
-- Name: VIEW code_standing; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.code_standing IS 'Each code without its hash, and what has become of it: for the functions and views that people ask. The owner''s alone.';


--
-- Name: COLUMN code_standing.ends_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_standing.ends_at IS 'When it expires, the realm''s max_lifetime included; NULL: never.';


--
-- Name: COLUMN code_standing.lapses_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_standing.lapses_at IS 'When it lapses unless it is used before; NULL: never.';


--
-- Name: COLUMN code_standing.state; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_standing.state IS 'revoked, expired, lapsed; NULL: it counts as live.';


--
-- Name: COLUMN code_standing.last_service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_standing.last_service IS 'Service of the last login; - where unknown.';


--
-- Name: COLUMN code_standing.last_network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_standing.last_network IS 'Network of the last login; 0.0.0.0/0 where unknown.';


--
-- Name: all_code_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_code_overview AS
 SELECT a.username AS account,
    s.realm,
    d.label AS device,
    s.selector,
        CASE
            WHEN (s.state IS NOT NULL) THEN s.state
            WHEN (apppass.account_state(a.enabled, a.disabled_from, s.codes_allowed, s.mfa_required, a.mfa_enrolled) IS NOT NULL) THEN 'suspended'::text
            ELSE 'live'::text
        END AS state,
    s.services,
    s.networks,
    s.created_at,
    s.created_by,
    s.ends_at AS expires_at,
    s.revoked_at,
    s.revoked_by,
    s.revoke_reason,
    s.first_at AS first_used_at,
    s.last_at AS last_used_at,
    NULLIF(s.last_service, '-'::text) AS last_service,
    NULLIF((s.last_network)::inet, '0.0.0.0/0'::inet) AS last_network,
    s.code_id,
    s.replaces AS replaces_code_id
   FROM ((apppass.code_standing s
     JOIN apppass.device d ON ((d.id = s.device_id)))
     JOIN apppass.account a ON ((a.id = s.account_id)));


ALTER TABLE apppass.all_code_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_code_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_code_overview IS 'code_overview of every realm. The owner''s alone.';


--
-- Name: expired_codes(text, timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.expired_codes(account text, since timestamp with time zone) RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    known constant apppass.account := apppass.managed_account(expired_codes.account);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_code_overview AS v
    WHERE v.account = known.username AND v.state = 'expired'
      AND v.expires_at >= expired_codes.since
      AND NOT EXISTS (SELECT FROM apppass.all_code_overview AS o
                      WHERE o.account = v.account AND o.device = v.device AND o.state = 'live')
    ORDER BY v.expires_at DESC;
END
$$;


ALTER FUNCTION apppass.expired_codes(account text, since timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION expired_codes(account text, since timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.expired_codes(account text, since timestamp with time zone) IS 'Codes of an account that expired since then, on devices that have no live one; rows as in code_overview, the latest first. Errors: P0002 no such account, 42501 not yours.';


--
-- Name: explain_access(text, text, inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(explain_access.username);
    door text := apppass.service_name(explain_access.service);
    address inet := apppass.client_address(explain_access.client);
BEGIN
    SELECT x.action, x.id, x.position, r.name, x.service, x.network, x.description
    INTO action, rule_id, rule_position, rule_realm, rule_service, rule_network, description
    FROM apppass.access_rule AS x LEFT JOIN apppass.realm AS r ON r.id = x.realm_id
    WHERE apppass.rule_matches(x.realm_id, x.service, x.network, x.action, account.realm_id, door,
        address)
    ORDER BY x.position LIMIT 1;
    IF NOT FOUND THEN
        action := 'allow';
        description := 'no rule matches';
    END IF;
END
$$;


ALTER FUNCTION apppass.explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text) OWNER TO apppass_owner;

--
-- Name: FUNCTION explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text) IS 'The access rule that decides for this account, service and client address (NULL: unknown). Without one: allow, and rule_id is NULL. Errors: P0002 no such account, 42501 not yours.';


--
-- Name: find_access(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_access(realm text DEFAULT NULL::text) RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    home constant text := apppass.account_name(find_access.realm);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_access_overview AS v
    WHERE v.realm IS NULL
       OR ((unlimited OR v.realm = ANY (mine)) AND (find_access.realm IS NULL OR v.realm = home))
    ORDER BY v.position;
END
$$;


ALTER FUNCTION apppass.find_access(realm text) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_access(realm text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_access(realm text) IS 'The access rules that a realm is subject to, those for all realms included; rows as in access_overview, in the order in which they are asked.';


--
-- Name: all_account_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_account_overview AS
 SELECT a.username AS account,
    r.name AS realm,
    apppass.account_open(a.enabled, a.disabled_from) AS enabled,
    a.mfa_enrolled,
    ( SELECT count(*) AS count
           FROM apppass.device d
          WHERE (d.account_id = a.id)) AS devices,
    n.live_codes,
    n.codes,
    ( SELECT max(x.last_at) AS max
           FROM (apppass.code_use x
             JOIN apppass.code c ON ((c.id = x.code_id)))
          WHERE (c.account_id = a.id)) AS last_used_at,
    COALESCE(a.main_password_refused_from, r.main_password_refused_from) AS main_password_refused_from,
    a.created_at,
    a.created_by,
    a.id AS account_id,
    apppass.account_state(a.enabled, a.disabled_from, r.codes_allowed, r.mfa_required, a.mfa_enrolled) AS refused_as,
    a.notify_address,
    a.notify_language,
    a.disabled_from
   FROM ((apppass.account a
     JOIN apppass.realm r ON ((r.id = a.realm_id)))
     LEFT JOIN LATERAL ( SELECT count(*) AS codes,
            count(*) FILTER (WHERE (s.state IS NULL)) AS live_codes
           FROM apppass.code_standing s
          WHERE (s.account_id = a.id)) n ON (true));


ALTER TABLE apppass.all_account_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_account_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_account_overview IS 'account_overview of every realm. The owner''s alone.';


--
-- Name: find_accounts(text, text, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_accounts(account text DEFAULT NULL::text, realm text DEFAULT NULL::text, most bigint DEFAULT NULL::bigint) RETURNS SETOF apppass.all_account_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(find_accounts.account);
    home constant text := apppass.account_name(find_accounts.realm);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_account_overview AS v
    WHERE (unlimited OR v.realm = ANY (mine))
      AND (find_accounts.account IS NULL OR v.account LIKE pattern)
      AND (find_accounts.realm IS NULL OR v.realm = home)
    ORDER BY v.account
    LIMIT most;
END
$$;


ALTER FUNCTION apppass.find_accounts(account text, realm text, most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_accounts(account text, realm text, most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_accounts(account text, realm text, most bigint) IS 'Accounts by name (* stands for anything) and realm; rows as in account_overview, by name; most: no more than that, and few more are read.';


--
-- Name: find_codes(text, text, text, text, text, text, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_codes(account text DEFAULT NULL::text, device text DEFAULT NULL::text, selector text DEFAULT NULL::text, realm text DEFAULT NULL::text, service text DEFAULT NULL::text, which text DEFAULT 'usable'::text, most bigint DEFAULT NULL::bigint) RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(find_codes.account);
    label constant text := apppass.label_key(apppass.label_name(find_codes.device));
    symbols constant text := apppass.selector_name(find_codes.selector);
    home constant text := apppass.account_name(find_codes.realm);
    door constant text := apppass.service_name(apppass.trim_blank(find_codes.service));
BEGIN
    IF which NOT IN ('usable', 'unrevoked', 'all') OR which IS NULL THEN
        RAISE EXCEPTION '"%" is not a choice of codes', which
            USING ERRCODE = '22023', CONSTRAINT = 'which_unknown',
                  HINT = 'usable (live or suspended), unrevoked (expired and lapsed ones too) or '
                         'all.';
    END IF;
    RETURN QUERY
    SELECT v.* FROM apppass.all_code_overview AS v
    WHERE (unlimited OR v.realm = ANY (mine))
      AND (find_codes.account IS NULL OR v.account LIKE pattern)
      AND (find_codes.device IS NULL OR apppass.label_key(v.device) = label)
      AND (find_codes.selector IS NULL OR v.selector = symbols)
      AND (find_codes.realm IS NULL OR v.realm = home)
      AND (find_codes.service IS NULL OR apppass.service_allowed(door, v.services))
      -- Live or suspended, in words from which the planner expects that most codes are.
      AND CASE which WHEN 'usable' THEN v.state NOT IN ('revoked', 'expired', 'lapsed')
                     WHEN 'unrevoked' THEN v.revoked_at IS NULL ELSE true END
    ORDER BY v.account, apppass.label_key(v.device), v.created_at, v.code_id
    LIMIT most;
END
$$;


ALTER FUNCTION apppass.find_codes(account text, device text, selector text, realm text, service text, which text, most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_codes(account text, device text, selector text, realm text, service text, which text, most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_codes(account text, device text, selector text, realm text, service text, which text, most bigint) IS 'Codes by account (* stands for anything), device, selector, realm and a service they may be used for; rows as in code_overview, by account and device. which: usable (live or suspended), unrevoked (what revoke_account would end), all; most: no more than that, and few more are read.';


--
-- Name: all_device_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_device_overview AS
 SELECT a.username AS account,
    r.name AS realm,
    d.label AS device,
    d.created_at,
    n.codes,
    n.live_codes,
    u.last_at AS last_used_at,
    NULLIF(u.service, '-'::text) AS last_service,
    NULLIF((u.network)::inet, '0.0.0.0/0'::inet) AS last_network
   FROM ((((apppass.device d
     JOIN apppass.account a ON ((a.id = d.account_id)))
     JOIN apppass.realm r ON ((r.id = a.realm_id)))
     LEFT JOIN LATERAL ( SELECT count(*) AS codes,
            count(*) FILTER (WHERE (s.state IS NULL)) AS live_codes
           FROM apppass.code_standing s
          WHERE (s.device_id = d.id)) n ON (true))
     LEFT JOIN LATERAL ( SELECT max(x.last_at) AS last_at,
            (array_agg(x.service ORDER BY x.last_at DESC))[1] AS service,
            (array_agg(x.network ORDER BY x.last_at DESC))[1] AS network
           FROM (apppass.code_use x
             JOIN apppass.code c ON ((c.id = x.code_id)))
          WHERE (c.device_id = d.id)) u ON (true));


ALTER TABLE apppass.all_device_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_device_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_device_overview IS 'device_overview of every realm. The owner''s alone.';


--
-- Name: find_devices(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_devices(account text) RETURNS SETOF apppass.all_device_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    wanted constant text := apppass.account_name(find_devices.account);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_device_overview AS v
    WHERE (unlimited OR v.realm = ANY (mine)) AND v.account = wanted
    ORDER BY apppass.label_key(v.device);
END
$$;


ALTER FUNCTION apppass.find_devices(account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_devices(account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_devices(account text) IS 'The devices of an account; rows as in device_overview, by label.';


--
-- Name: find_event(jsonb, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_event(notice jsonb, of_account text DEFAULT NULL::text) RETURNS TABLE(event text, at timestamp with time zone, account text, device text, selector text, code_id bigint, audit_id bigint, realm text, reason text, ticket text, actor text, operator text, service text, network text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(of_account);
BEGIN
    RETURN QUERY
    SELECT e.* FROM (
        SELECT l.action, l.at, l.account, l.device, l.selector, l.code_id, l.id, l.realm,
            l.reason, l.ticket, l.actor, l.operator, NULL, NULL
        FROM apppass.all_audit_log AS l
        WHERE l.id = (notice ->> 'audit_id')::bigint
        UNION ALL
        SELECT notice ->> 'event', c.last_used_at, c.account, c.device, c.selector, c.code_id,
            NULL, c.realm, NULL, NULL, NULL, NULL, c.last_service, c.last_network::text
        FROM apppass.all_code_overview AS c
        WHERE c.code_id = (notice ->> 'code_id')::bigint AND c.last_used_at IS NOT NULL
          AND notice ->> 'event' IN ('first_use', 'new_network')
    ) AS e
    WHERE (unlimited OR e.realm = ANY (mine)) AND (of_account IS NULL OR e.account LIKE pattern);
END
$$;


ALTER FUNCTION apppass.find_event(notice jsonb, of_account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_event(notice jsonb, of_account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_event(notice jsonb, of_account text) IS 'What a notice of the channel apppass is about, for accounts of that name (* stands for anything); no row where one may not see it. Use is not audited: of it the code''s last one is told, which is the one announced or newer.';


--
-- Name: audit_chain; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.audit_chain (
    "position" bigint NOT NULL,
    audit_id bigint NOT NULL,
    hash bytea NOT NULL
);


ALTER TABLE apppass.audit_chain OWNER TO apppass_owner;

--
-- Name: TABLE audit_chain; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.audit_chain IS 'The seals of the audit trail, append-only, made by audit_seal(). No foreign key: audit_verify() tells what is missing.';


--
-- Name: COLUMN audit_chain."position"; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_chain."position" IS 'Place in the chain, from 1 without gaps.';


--
-- Name: COLUMN audit_chain.audit_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_chain.audit_id IS 'The row of apppass.audit that it seals.';


--
-- Name: COLUMN audit_chain.hash; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_chain.hash IS 'SHA-256 over the hash before it and the row.';


--
-- Name: all_audit_log; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_audit_log AS
 SELECT l.at,
    l.action,
    l.account,
    l.device,
    l.selector,
    l.reason,
    l.ticket,
    l.actor,
    l.operator,
    l.client,
    l.application,
    r.name AS realm,
    l.before,
    l.after,
    l.code_id,
    l.id,
    c."position",
    encode(c.hash, 'hex'::text) AS chain,
    l.account_id
   FROM ((apppass.audit l
     LEFT JOIN apppass.audit_chain c ON ((c.audit_id = l.id)))
     LEFT JOIN apppass.realm r ON ((r.id = l.realm_id)));


ALTER TABLE apppass.all_audit_log OWNER TO apppass_owner;

--
-- Name: VIEW all_audit_log; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_audit_log IS 'audit_log of every realm. The owner''s alone.';


--
-- Name: find_events(text, text, timestamp with time zone, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_events(account text DEFAULT NULL::text, realm text DEFAULT NULL::text, since timestamp with time zone DEFAULT NULL::timestamp with time zone, most bigint DEFAULT NULL::bigint) RETURNS SETOF apppass.all_audit_log
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(find_events.account);
    home constant text := apppass.account_name(find_events.realm);
    -- An account is the same under every name it had.
    ids constant bigint[] := CASE WHEN find_events.account IS NOT NULL THEN ARRAY(
        SELECT a.id FROM apppass.account AS a WHERE a.username LIKE pattern
        UNION
        SELECT l.account_id FROM apppass.audit AS l
        WHERE l.account LIKE pattern AND l.account_id IS NOT NULL) END;
BEGIN
    RETURN QUERY
    SELECT e.* FROM (
        SELECT v.* FROM apppass.all_audit_log AS v
        WHERE (unlimited OR v.realm = ANY (mine))
          AND (find_events.account IS NULL OR v.account_id = ANY (ids))
          AND (find_events.realm IS NULL OR v.realm = home)
          AND (find_events.since IS NULL OR v.at >= find_events.since)
        ORDER BY v.id DESC LIMIT most
    ) AS e
    ORDER BY e.id;
END
$$;


ALTER FUNCTION apppass.find_events(account text, realm text, since timestamp with time zone, most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_events(account text, realm text, since timestamp with time zone, most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_events(account text, realm text, since timestamp with time zone, most bigint) IS 'Audit rows of an account under every name it had (* stands for anything) or of a realm, since then; the latest of them, in order. Rows as in audit_log.';


--
-- Name: handover; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.handover (
    id bigint NOT NULL,
    account_id bigint NOT NULL,
    device text NOT NULL,
    services text[],
    networks cidr[],
    expires_at timestamp with time zone,
    link_hash bytea NOT NULL,
    pin_hash bytea,
    wrong_pins integer DEFAULT 0 NOT NULL,
    offered_at timestamp with time zone DEFAULT now() NOT NULL,
    offered_by text NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    collected_at timestamp with time zone,
    code_id bigint,
    CONSTRAINT handover_collected CHECK (((collected_at IS NULL) = (code_id IS NULL))),
    CONSTRAINT handover_hashes CHECK (((length(link_hash) = 32) AND (length(pin_hash) = 32)))
);


ALTER TABLE apppass.handover OWNER TO apppass_owner;

--
-- Name: TABLE handover; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.handover IS 'Links with which people make a code that they were offered. maintain() deletes what was not collected, a week after its end.';


--
-- Name: COLUMN handover.device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.device IS 'The label of the device that it is for.';


--
-- Name: COLUMN handover.services; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.services IS 'Services the code will be for; NULL: all that the realm allows.';


--
-- Name: COLUMN handover.networks; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.networks IS 'Client networks the code will be for; NULL: all.';


--
-- Name: COLUMN handover.expires_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.expires_at IS 'When the code will expire; NULL: as policy says.';


--
-- Name: COLUMN handover.link_hash; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.link_hash IS 'SHA-256 of the secret part of the link.';


--
-- Name: COLUMN handover.pin_hash; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.pin_hash IS 'SHA-256 of that part and the PIN after it; NULL: no PIN is asked for.';


--
-- Name: COLUMN handover.wrong_pins; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.wrong_pins IS 'How many wrong PINs were given; the fifth ends it.';


--
-- Name: COLUMN handover.offered_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.offered_at IS 'When the link was made.';


--
-- Name: COLUMN handover.offered_by; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.offered_by IS 'The database login that made the link.';


--
-- Name: COLUMN handover.ends_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.ends_at IS 'Until when it can be collected.';


--
-- Name: COLUMN handover.collected_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.collected_at IS 'When it was; NULL: not yet.';


--
-- Name: COLUMN handover.code_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover.code_id IS 'The code that was made then.';


--
-- Name: handover_state(apppass.handover); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.handover_state(handover apppass.handover) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN ((handover).collected_at IS NOT NULL) THEN 'collected'::text WHEN ((handover).wrong_pins >= 5) THEN 'locked'::text WHEN ((handover).ends_at <= now()) THEN 'ended'::text ELSE 'pending'::text END;


ALTER FUNCTION apppass.handover_state(handover apppass.handover) OWNER TO apppass_owner;

--
-- Name: FUNCTION handover_state(handover apppass.handover); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.handover_state(handover apppass.handover) IS 'pending, collected, locked (five wrong PINs) or ended.';


--
-- Name: all_handover_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_handover_overview AS
 SELECT a.username AS account,
    r.name AS realm,
    h.device,
    apppass.handover_state(h.*) AS state,
    (h.pin_hash IS NOT NULL) AS pin,
    h.wrong_pins,
    h.services,
    h.networks,
    h.expires_at,
    h.offered_at,
    h.offered_by,
    h.ends_at,
    h.collected_at,
    c.selector
   FROM (((apppass.handover h
     JOIN apppass.account a ON ((a.id = h.account_id)))
     JOIN apppass.realm r ON ((r.id = a.realm_id)))
     LEFT JOIN apppass.code c ON ((c.id = h.code_id)));


ALTER TABLE apppass.all_handover_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_handover_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_handover_overview IS 'handover_overview of every realm. The owner''s alone.';


--
-- Name: find_offers(text, timestamp with time zone, text, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_offers(account text DEFAULT NULL::text, since timestamp with time zone DEFAULT NULL::timestamp with time zone, realm text DEFAULT NULL::text, most bigint DEFAULT NULL::bigint) RETURNS SETOF apppass.all_handover_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(find_offers.account);
    home constant text := apppass.account_name(find_offers.realm);
BEGIN
    RETURN QUERY
    SELECT o.*
    FROM (SELECT DISTINCT ON (v.account, apppass.label_key(v.device)) v.*
          FROM apppass.all_handover_overview AS v
          WHERE (unlimited OR v.realm = ANY (mine))
            AND (find_offers.account IS NULL OR v.account LIKE pattern)
            AND (find_offers.realm IS NULL OR v.realm = home)
            AND v.ends_at >= coalesce(find_offers.since, '-infinity')
          ORDER BY v.account, apppass.label_key(v.device), v.offered_at DESC) AS o
    ORDER BY o.offered_at DESC, o.account, o.device
    LIMIT most;
END
$$;


ALTER FUNCTION apppass.find_offers(account text, since timestamp with time zone, realm text, most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_offers(account text, since timestamp with time zone, realm text, most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_offers(account text, since timestamp with time zone, realm text, most bigint) IS 'The latest link of each device, by account (* stands for anything) and realm: pending ones and those that ended since then, at most so many; rows as in handover_overview, the latest first.';


--
-- Name: all_realm_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_realm_overview AS
 SELECT r.name AS realm,
    r.description,
    r.codes_allowed,
    r.services,
    r.code_length,
    r.max_codes,
    r.max_lifetime,
    r.lapse_after,
    r.unused_after,
    r.mfa_required,
    r.reason_required,
    r.main_password_refused_from,
    r.imap_host,
    r.imap_port,
    r.smtp_host,
    r.smtp_port,
    r.dav_host,
    r.dav_port,
    r.handover_url,
    r.self_allowed,
    r.self_fresh_within,
    r.self_mfa_values,
    r.self_makes_per_day,
    r.self_services,
    r.notify_owners,
    r.notify_language,
    r.notify_per_day,
    r.argon2_memory_kib,
    r.argon2_passes,
    r.argon2_lanes,
    r.refusal_retention,
    ( SELECT count(*) AS count
           FROM apppass.account a
          WHERE (a.realm_id = r.id)) AS accounts
   FROM apppass.realm r;


ALTER TABLE apppass.all_realm_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_realm_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_realm_overview IS 'realm_overview of every realm. The owner''s alone.';


--
-- Name: find_realms(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_realms(realm text DEFAULT NULL::text) RETURNS SETOF apppass.all_realm_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    home constant text := apppass.account_name(find_realms.realm);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_realm_overview AS v
    WHERE (unlimited OR v.realm = ANY (mine)) AND (find_realms.realm IS NULL OR v.realm = home)
    ORDER BY v.realm;
END
$$;


ALTER FUNCTION apppass.find_realms(realm text) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_realms(realm text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_realms(realm text) IS 'The policy of a realm, or of all; rows as in realm_overview, by name.';


--
-- Name: find_terms(text[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_terms(accounts text[]) RETURNS TABLE(place bigint, account_id bigint, account text, realm text, code_length integer, memory_kib integer, passes integer, lanes integer, imap_host text, imap_port integer, smtp_host text, smtp_port integer, dav_host text, dav_port integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT t.ordinality, a.id, a.username, r.name, r.code_length, r.argon2_memory_kib,
        r.argon2_passes, r.argon2_lanes, r.imap_host, r.imap_port, r.smtp_host, r.smtp_port,
        r.dav_host, r.dav_port
    FROM unnest(find_terms.accounts) WITH ORDINALITY AS t (typed, ordinality)
    LEFT JOIN apppass.account AS a ON a.username = apppass.account_name(t.typed)
        AND a.realm_id IN (SELECT apppass.managed_realms())
    LEFT JOIN apppass.realm AS r ON r.id = a.realm_id
    ORDER BY t.ordinality;
END
$$;


ALTER FUNCTION apppass.find_terms(accounts text[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_terms(accounts text[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_terms(accounts text[]) IS 'How to make the next code of each of these accounts, in order, and for which servers; NULL where there is no such account. Whether policy lets it have one is asked by issue_policy and on storing.';


--
-- Name: all_unused_code; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_unused_code AS
 SELECT a.username AS account,
    s.realm,
    d.label AS device,
    s.selector,
    s.created_at,
    s.created_by,
    s.last_at AS last_used_at,
    (now() - GREATEST(s.created_at, s.last_at)) AS idle,
    (s.last_at IS NULL) AS never_used,
    s.lapses_at,
    s.code_id
   FROM ((apppass.code_standing s
     JOIN apppass.device d ON ((d.id = s.device_id)))
     JOIN apppass.account a ON ((a.id = s.account_id)))
  WHERE ((s.revoked_at IS NULL) AND ((s.state IS NULL) OR (s.state = 'lapsed'::text)) AND (GREATEST(s.created_at, s.last_at) < (now() - '1 day'::interval)));


ALTER TABLE apppass.all_unused_code OWNER TO apppass_owner;

--
-- Name: VIEW all_unused_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_unused_code IS 'unused_code of every realm. The owner''s alone.';


--
-- Name: find_unused(text, text, interval, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_unused(account text DEFAULT NULL::text, realm text DEFAULT NULL::text, idle interval DEFAULT '90 days'::interval, most bigint DEFAULT NULL::bigint) RETURNS SETOF apppass.all_unused_code
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(find_unused.account);
    home constant text := apppass.account_name(find_unused.realm);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_unused_code AS v
    WHERE (unlimited OR v.realm = ANY (mine))
      AND (find_unused.account IS NULL OR v.account LIKE pattern)
      AND (find_unused.realm IS NULL OR v.realm = home)
      AND v.idle > coalesce(find_unused.idle, '90 days')
    ORDER BY v.idle DESC, v.account, v.device
    LIMIT most;
END
$$;


ALTER FUNCTION apppass.find_unused(account text, realm text, idle interval, most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_unused(account text, realm text, idle interval, most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_unused(account text, realm text, idle interval, most bigint) IS 'Codes that nobody used for longer than that, at most so many; rows as in unused_code, the longest first.';


--
-- Name: all_use_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_use_overview AS
 SELECT u.last_at,
    c.account,
    c.realm,
    c.device,
    c.selector,
    NULLIF(u.service, '-'::text) AS service,
    NULLIF((u.network)::inet, '0.0.0.0/0'::inet) AS network,
    u.first_at,
    c.state,
    c.code_id
   FROM (apppass.code_use u
     JOIN apppass.all_code_overview c ON ((c.code_id = u.code_id)));


ALTER TABLE apppass.all_use_overview OWNER TO apppass_owner;

--
-- Name: VIEW all_use_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_use_overview IS 'use_overview of every realm. The owner''s alone.';


--
-- Name: find_uses(text, text, text, inet[], timestamp with time zone, text, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.find_uses(account text, device text DEFAULT NULL::text, service text DEFAULT NULL::text, networks inet[] DEFAULT NULL::inet[], since timestamp with time zone DEFAULT NULL::timestamp with time zone, realm text DEFAULT NULL::text, most bigint DEFAULT NULL::bigint) RETURNS SETOF apppass.all_use_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant text[] := apppass.managed_realm_names();
    pattern constant text := apppass.name_pattern(find_uses.account);
    label constant text := apppass.label_key(apppass.label_name(find_uses.device));
    home constant text := apppass.account_name(find_uses.realm);
    door constant text := apppass.service_name(apppass.trim_blank(find_uses.service));
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_use_overview AS v
    WHERE (unlimited OR v.realm = ANY (mine))
      AND v.account LIKE pattern
      AND (find_uses.device IS NULL OR apppass.label_key(v.device) = label)
      AND (find_uses.service IS NULL OR v.service = door)
      AND (networks IS NULL OR v.network && ANY (networks))
      AND (find_uses.since IS NULL OR v.last_at >= find_uses.since)
      AND (find_uses.realm IS NULL OR v.realm = home)
    ORDER BY v.last_at DESC, v.account, v.code_id, v.service, v.network
    LIMIT most;
END
$$;


ALTER FUNCTION apppass.find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint) IS 'Where the codes of an account (* stands for anything) were used, since then by the last use, at most so many; rows as in use_overview, the latest first. An address stands for the network that is recorded of it.';


--
-- Name: group_code(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.group_code(code text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(code, '(....)(?=.)'::text, '\1-'::text, 'g'::text);


ALTER FUNCTION apppass.group_code(code text) OWNER TO apppass_owner;

--
-- Name: FUNCTION group_code(code text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.group_code(code text) IS 'The form shown to people: groups of four with hyphens.';


--
-- Name: handover_guard(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.handover_guard() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    PERFORM apppass.withdraw_offers(NEW, NULL);
    RETURN NULL;
END
$$;


ALTER FUNCTION apppass.handover_guard() OWNER TO apppass_owner;

--
-- Name: FUNCTION handover_guard(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.handover_guard() IS 'Trigger: an account that is disabled has no links, and gets none back.';


--
-- Name: hash_kind(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.hash_kind(hash text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN (hash ~~ '$argon2%'::text) THEN ((split_part(hash, '$'::text, 2) || ' '::text) || split_part(hash, '$'::text, 4)) ELSE split_part(hash, '$'::text, 2) END;


ALTER FUNCTION apppass.hash_kind(hash text) OWNER TO apppass_owner;

--
-- Name: FUNCTION hash_kind(hash text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.hash_kind(hash text) IS 'Algorithm and cost of a hash string, without salt and digest.';


--
-- Name: history(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.history() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    timeline integer;
BEGIN
    IF pg_is_in_recovery() THEN
        SELECT GREATEST(c.timeline_id, r.min_recovery_end_timeline) INTO timeline
        FROM pg_control_checkpoint() AS c, pg_control_recovery() AS r;
    ELSE
        timeline := ('x' || left(
            pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer;
    END IF;
    RETURN apppass.cluster() || '/' || timeline;
END
$$;


ALTER FUNCTION apppass.history() OWNER TO apppass_owner;

--
-- Name: FUNCTION history(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.history() IS 'Within what transaction numbers compare: the cluster and its timeline, which a promotion or a recovery to a point in time changes.';


--
-- Name: holder_of(xid, regclass); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.holder_of(holder xid, relation regclass) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    candidates xid[] := ARRAY[holder];
BEGIN
    BEGIN
        candidates := candidates || ARRAY(SELECT m.xid FROM pg_get_multixact_members(holder) AS m);
    EXCEPTION WHEN OTHERS THEN
        NULL;   -- the number of a transaction, not of several
    END;
    RETURN (
        WITH held AS (
            SELECT l.pid, bool_or(l.transactionid = ANY (candidates)) AS certain
            FROM pg_locks AS l
            WHERE l.granted AND l.pid <> pg_backend_pid()
              AND (l.locktype = 'transactionid'
                  OR (l.relation = holder_of.relation AND l.mode = 'RowExclusiveLock')
                  -- Who adds something to an account locks its key and writes nothing there.
                  OR (l.relation = holder_of.relation AND l.mode = 'RowShareLock'
                      AND holder_of.relation = 'apppass.account'::regclass))
            GROUP BY l.pid
            HAVING bool_or(l.transactionid = ANY (candidates))
            OR (bool_or(l.relation = holder_of.relation) AND bool_or(l.transactionid IS NOT NULL))
        )
        -- Of a subtransaction that ended only the table is known that its session has changed.
        SELECT string_agg(format('%s (%s)', a.pid, concat_ws(', ', a.usename,
                   'in its transaction since ' || to_char(a.xact_start, 'HH24:MI:SS'))), ' or '
                       ORDER BY a.xact_start, a.pid)
        FROM held AS h JOIN pg_stat_activity AS a ON a.pid = h.pid
        WHERE h.certain OR NOT EXISTS (SELECT FROM held AS sure WHERE sure.certain));
END
$$;


ALTER FUNCTION apppass.holder_of(holder xid, relation regclass) OWNER TO apppass_owner;

--
-- Name: FUNCTION holder_of(holder xid, relation regclass); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.holder_of(holder xid, relation regclass) IS 'Processes and logins that may be the transaction which xmax of a row of that table names.';


--
-- Name: hurry(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.hurry() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT set_config('lock_timeout', '500ms', true);
$$;


ALTER FUNCTION apppass.hurry() OWNER TO apppass_owner;

--
-- Name: FUNCTION hurry(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.hurry() IS 'Locks are waited for 500 ms at most until the transaction ends, its commit included.';


--
-- Name: import_account(text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.import_account(account text, realm text DEFAULT NULL::text, mfa_enrolled text DEFAULT NULL::text, reason text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.import_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    it apppass.import_result;
BEGIN
    it.account := apppass.account_name(import_account.account);
    it.id := apppass.add_account(import_account.account, apppass.trim_blank(import_account.realm),
                                 apppass.trim_blank(import_account.mfa_enrolled)::boolean,
                                 apppass.trim_blank(import_account.reason),
                                 import_account.operator);
    it.result := 'added';
    RETURN it;
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS it.sqlstate = RETURNED_SQLSTATE, it.token = CONSTRAINT_NAME,
            it.problem = MESSAGE_TEXT, it.hint = PG_EXCEPTION_HINT;
        IF NOT apppass.is_rows_own_fault(it.sqlstate) THEN
            RAISE;
        END IF;
        IF it.sqlstate = '22P02' THEN
            it.problem := format('mfa is yes or no, not "%s"', import_account.mfa_enrolled);
        END IF;
        it.result := CASE it.token WHEN 'account_username_unique' THEN 'exists' ELSE 'failed' END;
        RETURN it;
END
$$;


ALTER FUNCTION apppass.import_account(account text, realm text, mfa_enrolled text, reason text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION import_account(account text, realm text, mfa_enrolled text, reason text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.import_account(account text, realm text, mfa_enrolled text, reason text, operator text) IS 'add_account for a table of text: answers with the error instead of raising it, so that one wrong row doesn''t end an import. COPY the rows into a temporary table t, then SELECT t.*, i.* FROM t, LATERAL apppass.import_account(t.account, t.realm, t.mfa, t.reason) AS i.';


--
-- Name: import_code(text, text, text, text, text, text, text, text, text, text, boolean); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.import_code(account text, device text, selector text, hash text, services text DEFAULT NULL::text, networks text DEFAULT NULL::text, expires_at text DEFAULT NULL::text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text, skip_live boolean DEFAULT false) RETURNS apppass.import_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    it apppass.import_result;
    stored apppass.stored_code;
BEGIN
    it.account := apppass.account_name(import_code.account);
    it.device := apppass.label_name(import_code.device);
    IF skip_live AND EXISTS (SELECT FROM apppass.find_codes(it.account, it.device) AS c
                             WHERE c.account = it.account) THEN
        it.result := 'exists';
        RETURN it;
    END IF;
    stored := apppass.store_code(
        import_code.account, import_code.device, apppass.selector_name(import_code.selector),
        import_code.hash, string_to_array(apppass.trim_blank(import_code.services), ','),
        string_to_array(apppass.trim_blank(import_code.networks), ',')::cidr[],
        apppass.trim_blank(import_code.expires_at)::timestamptz,
        apppass.trim_blank(import_code.reason), apppass.trim_blank(import_code.ticket),
        import_code.operator);
    RETURN ROW('added', stored.code_id, stored.account_name, stored.device, stored.selector,
               stored.services, stored.networks, stored.expires_at, NULL, NULL, NULL,
               NULL)::apppass.import_result;
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS it.sqlstate = RETURNED_SQLSTATE, it.token = CONSTRAINT_NAME,
            it.problem = MESSAGE_TEXT, it.hint = PG_EXCEPTION_HINT;
        IF NOT apppass.is_rows_own_fault(it.sqlstate) THEN
            RAISE;
        END IF;
        it.result := 'failed';
        RETURN it;
END
$$;


ALTER FUNCTION apppass.import_code(account text, device text, selector text, hash text, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) OWNER TO apppass_owner;

--
-- Name: FUNCTION import_code(account text, device text, selector text, hash text, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.import_code(account text, device text, selector text, hash text, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) IS 'store_code for a table of text: answers with the error instead of raising it; lists with commas between. skip_live: a device that has a usable code is left as it is (exists). Token code_selector_unique: make another code.';


--
-- Name: import_offer(text, text, bytea, bytea, interval, text, text, text, text, text, text, boolean); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.import_offer(account text, device text, link_hash bytea, pin_hash bytea DEFAULT NULL::bytea, valid interval DEFAULT '24:00:00'::interval, services text DEFAULT NULL::text, networks text DEFAULT NULL::text, expires_at text DEFAULT NULL::text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text, skip_live boolean DEFAULT false) RETURNS apppass.import_offer_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    it apppass.import_offer_result;
    offered apppass.offered_code;
BEGIN
    it.account := apppass.account_name(import_offer.account);
    it.device := apppass.label_name(import_offer.device);
    IF EXISTS (SELECT FROM apppass.find_offers(it.account, now()) AS o
               WHERE o.account = it.account AND o.state = 'pending'
                 AND apppass.label_key(o.device) = apppass.label_key(it.device)) THEN
        it.result := 'exists';
        it.token := 'handover_pending';
        it.problem := 'a link for this device waits already';
        it.hint := 'Withdraw it, or leave the row out.';
        RETURN it;
    ELSIF skip_live AND EXISTS (SELECT FROM apppass.find_codes(it.account, it.device) AS c
                                WHERE c.account = it.account) THEN
        it.result := 'exists';
        RETURN it;
    END IF;
    offered := apppass.offer_code(import_offer.account, import_offer.device,
        import_offer.link_hash, import_offer.pin_hash, import_offer.valid,
        string_to_array(apppass.trim_blank(import_offer.services), ','),
        string_to_array(apppass.trim_blank(import_offer.networks), ',')::cidr[],
        apppass.trim_blank(import_offer.expires_at)::timestamptz,
        apppass.trim_blank(import_offer.reason), apppass.trim_blank(import_offer.ticket),
        import_offer.operator);
    SELECT coalesce(a.notify_language, r.notify_language) INTO STRICT it.language
    FROM apppass.account AS a JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE a.username = offered.account_name;
    RETURN ROW('added', offered.account_name, offered.device, offered.services, offered.networks,
               offered.expires_at, offered.ends_at, offered.url, it.language, NULL, NULL, NULL,
               NULL)::apppass.import_offer_result;
EXCEPTION
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS it.sqlstate = RETURNED_SQLSTATE, it.token = CONSTRAINT_NAME,
            it.problem = MESSAGE_TEXT, it.hint = PG_EXCEPTION_HINT;
        IF NOT apppass.is_rows_own_fault(it.sqlstate) THEN
            RAISE;
        END IF;
        it.result := 'failed';
        RETURN it;
END
$$;


ALTER FUNCTION apppass.import_offer(account text, device text, link_hash bytea, pin_hash bytea, valid interval, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) OWNER TO apppass_owner;

--
-- Name: FUNCTION import_offer(account text, device text, link_hash bytea, pin_hash bytea, valid interval, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.import_offer(account text, device text, link_hash bytea, pin_hash bytea, valid interval, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) IS 'offer_code for a table of text: answers with the error instead of raising it; lists with commas between. A link that waits is left as it is (exists), and with skip_live so is a device that has a usable code.';


--
-- Name: installed(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    version := apppass.schema_version();
    standby := pg_is_in_recovery();
    this_month := to_regclass('apppass.' || (apppass.refusal_partition(now())).name) IS NOT NULL;
    next_month := to_regclass('apppass.'
        || (apppass.refusal_partition(now() + interval '1 month')).name)
                  IS NOT NULL;
    SELECT CASE WHEN h.unsealed_since < now() - interval '1 hour' THEN h.unsealed ELSE 0 END
    INTO unsealed FROM apppass.audit_head() AS h;
    verifiers := ARRAY(SELECT r.rolname::text FROM pg_roles AS r
                       WHERE r.rolcanlogin AND NOT r.rolsuper
                         AND pg_has_role(r.oid, 'apppass_verifier', 'USAGE')
                       ORDER BY r.rolname);
    member_of := ARRAY(SELECT r.rolname::text FROM pg_roles AS r
                       WHERE r.rolname IN ('apppass_admin', 'apppass_auditor', 'apppass_helpdesk',
                                           'apppass_verifier', 'apppass_logout', 'apppass_self')
                         AND pg_has_role(session_user, r.oid, 'USAGE')
                       ORDER BY r.rolname);
END
$$;


ALTER FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]) IS 'The schema''s number, whether this is a standby, whether there are partitions for the refusals of this month and the next, how many audit rows wait for their seal where one has for an hour, the logins of mail servers, and the roles of apppass that the session user is in.';


--
-- Name: is_affordable(text, integer, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    argon2 bigint[] := regexp_match(hash,
        '^[$]argon2id?[$](?:v=[0-9]+[$])?m=([0-9]{1,7}),t=([0-9]{1,7}),p=([0-9]{1,3})');
    bcrypt integer := substring(hash FROM '^[$]2[aby][$]([0-9][0-9])[$]')::integer;
BEGIN
    RETURN CASE
        WHEN hash LIKE '$argon2%' THEN argon2 IS NOT NULL
            AND argon2[1] BETWEEN 8 * argon2[3] AND 2 * greatest(memory_kib, 19456)
            AND argon2[2] >= 1 AND argon2[3] BETWEEN 1 AND 16
            AND argon2[1] * argon2[2]
                <= least(4 * greatest(memory_kib::bigint * passes, 38912), 1048576)
        WHEN hash LIKE '$2%' THEN bcrypt IS NOT NULL AND bcrypt <= 12
        ELSE true
    END;
END
$_$;


ALTER FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_affordable(hash text, memory_kib integer, passes integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) IS 'Does verifying this hash cost at most four times the work and twice the memory that a realm''s policy gives new ones?';


--
-- Name: is_erased(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_erased(account_id bigint) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
    SELECT EXISTS (SELECT FROM apppass.audit AS a
                   WHERE a.account_id = is_erased.account_id AND a.action = 'account_erased');
$$;


ALTER FUNCTION apppass.is_erased(account_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_erased(account_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_erased(account_id bigint) IS 'Does the trail say that the account of that key was, or is being, erased?';


--
-- Name: is_rows_own_fault(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_rows_own_fault(sqlstate text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (sqlstate ~ '^(22|23|AP|P0002|42501)'::text);


ALTER FUNCTION apppass.is_rows_own_fault(sqlstate text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_rows_own_fault(sqlstate text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_rows_own_fault(sqlstate text) IS 'Is this error that of a value, a name or a policy, which an import tells of its row? Any other ends the import.';


--
-- Name: is_service(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.is_service(service text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (service ~ '^[a-z0-9][a-z0-9_.-]{0,31}$'::text);


ALTER FUNCTION apppass.is_service(service text) OWNER TO apppass_owner;

--
-- Name: FUNCTION is_service(service text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.is_service(service text) IS 'May this be the canonical name of a service? The verifier takes the same characters.';


--
-- Name: issue_code(text, text, text[], cidr[], timestamp with time zone, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.issue_code(username text, device text, services text[] DEFAULT NULL::text[], networks cidr[] DEFAULT NULL::cidr[], expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.issued_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(issue_code.username);
    terms apppass.issue_terms;
    code text;
    stored apppass.stored_code;
BEGIN
    -- Before the selector is chosen: of two at a time the second must see the first one's.
    PERFORM apppass.take_turn(account.id);
    terms := apppass.issue_policy(account.username);
    code := apppass.make_code(account.id, terms.code_length);
    stored := apppass.store_code(issue_code.username, issue_code.device, left(code, 4),
        apppass.bcrypt(code), issue_code.services, issue_code.networks, issue_code.expires_at,
        issue_code.reason, issue_code.ticket, issue_code.operator);
    RETURN ROW(apppass.group_code(code), stored.code_id, stored.account_name, stored.device,
        stored.selector, stored.services,
               stored.networks, stored.expires_at)::apppass.issued_code;
END
$$;


ALTER FUNCTION apppass.issue_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION issue_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.issue_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) IS 'Makes a code, stores its bcrypt hash and returns the code, this once. Arguments and errors as for store_code. The hash becomes Argon2id at the first login.';


--
-- Name: issue_policy(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.issue_policy(username text) RETURNS apppass.issue_terms
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(issue_policy.username);
    realm apppass.realm := apppass.require_issuable(account.id, NULL);
BEGIN
    RETURN ROW(account.username, realm.name, realm.code_length, realm.services, realm.max_lifetime,
               realm.argon2_memory_kib, realm.argon2_passes, realm.argon2_lanes,
               (SELECT count(*) FROM apppass.code_standing AS s WHERE s.account_id = account.id
                   AND s.state IS NULL),
               realm.max_codes, account.id)::apppass.issue_terms;
END
$$;


ALTER FUNCTION apppass.issue_policy(username text) OWNER TO apppass_owner;

--
-- Name: FUNCTION issue_policy(username text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.issue_policy(username text) IS 'How to make the next code of this account, and its key. Raises what store_code would: AP001 policy refuses, P0002 no such account, 42501 not yours.';


--
-- Name: kept_services(apppass.code); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.kept_services(code apppass.code) RETURNS text[]
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    realm apppass.realm;
    kept text[];
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = (kept_services.code).realm_id;
    IF (kept_services.code).services IS NULL OR realm.services IS NULL THEN
        RETURN (kept_services.code).services;
    END IF;
    kept := ARRAY(SELECT s FROM unnest((kept_services.code).services) AS s
        WHERE s = ANY (realm.services)
        ORDER BY s);
    IF cardinality(kept) = 0 THEN
        RAISE EXCEPTION 'realm "%" allows none of the services of the old code', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'service_not_allowed',
                DETAIL = format('It allows: %s.',
                array_to_string(realm.services, ', ')),
                  HINT = 'Issue a code for another service: apppass.issue_code(username, device, '
                         'services).';
    END IF;
    RETURN kept;
END
$$;


ALTER FUNCTION apppass.kept_services(code apppass.code) OWNER TO apppass_owner;

--
-- Name: FUNCTION kept_services(code apppass.code); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.kept_services(code apppass.code) IS 'The services that a code''s replacement inherits: those that the realm still allows; AP001 where none is left.';


--
-- Name: known_device(apppass.account, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.known_device(account apppass.account, label text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    device_id bigint;
BEGIN
    SELECT d.id INTO device_id FROM apppass.device AS d
    WHERE d.account_id = (known_device.account).id
        AND apppass.label_key(d.label) = apppass.label_key(apppass.label_name(known_device.label));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account "%" has no device "%"', (known_device.account).username,
            known_device.label
            USING ERRCODE = 'P0002', CONSTRAINT = 'device_not_found',
                HINT = format('SELECT device FROM apppass.device_overview WHERE account '
                              '= %L shows what it has.',
                              (known_device.account).username);
    END IF;
    RETURN device_id;
END
$$;


ALTER FUNCTION apppass.known_device(account apppass.account, label text) OWNER TO apppass_owner;

--
-- Name: FUNCTION known_device(account apppass.account, label text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.known_device(account apppass.account, label text) IS 'Id of the account''s device of that label, whatever the case; P0002 where there is none.';


--
-- Name: label_key(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.label_key(label text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN lower(NORMALIZE(label));


ALTER FUNCTION apppass.label_key(label text) OWNER TO apppass_owner;

--
-- Name: FUNCTION label_key(label text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.label_key(label text) IS 'What makes two device labels of an account the same: composed and in lower case.';


--
-- Name: label_name(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.label_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN apppass.trim_blank(NORMALIZE(typed));


ALTER FUNCTION apppass.label_name(typed text) OWNER TO apppass_owner;

--
-- Name: FUNCTION label_name(typed text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.label_name(typed text) IS 'The label that a person meant: composed, without blanks around it; NULL where nothing is left.';


--
-- Name: last_disabled(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    known constant apppass.account := apppass.managed_account(last_disabled.account);
BEGIN
    SELECT CASE l.action WHEN 'account_disabled' THEN l.at
                         ELSE (l.after ->> 'disabled_from')::timestamptz END,
        concat_ws('/', l.actor, l.operator), l.reason
    INTO last_disabled.at, last_disabled.who, last_disabled.reason
    FROM apppass.audit AS l
    WHERE l.account_id = known.id
      AND (l.action = 'account_disabled'
           OR (l.action = 'account_changed' AND l.after ->> 'disabled_from' IS NOT NULL))
    ORDER BY l.id DESC LIMIT 1;
END
$$;


ALTER FUNCTION apppass.last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text) OWNER TO apppass_owner;

--
-- Name: FUNCTION last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text) IS 'When an account was last disabled, or is to be, who said so, and why; NULL where nobody did. Errors: P0002 no such account, 42501 not yours.';


--
-- Name: lock_rows(text, bigint[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.lock_rows(kind text, ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    began constant timestamptz := clock_timestamp();
    target record;
    locked bigint[];
    holder xid;
    blocker text;
    warned boolean := false;
BEGIN
    SELECT t.relation, t.key, t.strength INTO STRICT target
    FROM (VALUES ('code', 'code', 'id', 'NO KEY UPDATE'),
                 ('account', 'account', 'id', 'NO KEY UPDATE'),
                 ('account key', 'account', 'id', 'UPDATE'),
                 ('realm', 'realm', 'id', 'NO KEY UPDATE'),
                 ('turn', 'issue_turn', 'account_id', 'NO KEY UPDATE'))
        AS t (kind, relation, key, strength)
    WHERE t.kind = lock_rows.kind;
    LOOP
        EXECUTE format('SELECT ARRAY(SELECT %1$I FROM apppass.%2$I WHERE %1$I = ANY ($1) '
                       'ORDER BY %1$I FOR %3$s SKIP LOCKED)',
                       target.key, target.relation, target.strength)
            INTO locked USING ids;
        EXECUTE format('SELECT xmax FROM apppass.%2$I '
                       'WHERE %1$I = ANY ($1) AND %1$I <> ALL ($2) LIMIT 1',
                       target.key, target.relation)
            INTO holder USING ids, locked;
        IF holder IS NULL THEN
            RETURN;
        END IF;
        IF clock_timestamp() > began + (CASE WHEN warned THEN interval '10 s'
            ELSE interval '2 s' END) THEN
            blocker := apppass.holder_of(holder, format('apppass.%I', target.relation)::regclass);
            IF warned THEN
                RAISE EXCEPTION 'waited 10 s for %',
                    coalesce('process ' || blocker, 'another session')
                    USING ERRCODE = '55P03', CONSTRAINT = 'row_held',
                          HINT = format(
                              'It has changed the same and not yet committed.  Try again, or let '
                              'an administrator end it: SELECT pg_terminate_backend(%s)',
                              coalesce(split_part(blocker, ' ', 1), 'PID'));
            END IF;
            RAISE WARNING 'waiting for %', coalesce('process ' || blocker, 'another session')
                USING HINT = 'It has changed the same and not yet committed.';
            warned := true;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$_$;


ALTER FUNCTION apppass.lock_rows(kind text, ids bigint[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION lock_rows(kind text, ids bigint[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.lock_rows(kind text, ids bigint[]) IS 'Locks rows of code, account, realm or issue_turn (kind: code, account, realm, turn) that are about to change; account key: whose name or place is, for which whoever adds something to the account is waited for too. After 2 s a WARNING says who has them, after 10 s 55P03 does.';


--
-- Name: lookup(text, text, text, inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    wanted text := apppass.login_name(username);
    symbol text := apppass.fold(selector);
    door text := apppass.service_name(service);
    address inet := apppass.client_address(client);
    place cidr := apppass.client_network(address);
    domain text := apppass.domain_of(wanted);
BEGIN
    SELECT v.verdict, v.code_id, v.username, CASE WHEN v.verdict = 'accepted' THEN coalesce(
               (SELECT h.hash FROM apppass.hash_upgrade AS h WHERE h.code_id = v.code_id),
               v.hash) END,
           v.argon2_memory_kib, v.argon2_passes, v.argon2_lanes,
           v.verdict = 'accepted' AND NOT EXISTS (
               SELECT FROM apppass.code_use AS u
               WHERE u.code_id = v.code_id AND u.service = coalesce(door, '-') AND u.network = place
                 AND u.last_at > now() - interval '5 minutes'),
           v.account_id
    INTO verdict, code_id, account_name, hash, memory_kib, passes, lanes, record_due, account_id
    FROM (
        SELECT a.username, a.id AS account_id, c.id AS code_id, c.hash, r.argon2_memory_kib,
            r.argon2_passes, r.argon2_lanes,
            coalesce(
                CASE
                    WHEN a.id IS NULL THEN 'unknown_user'
                    WHEN symbol IS NULL THEN
                        CASE
                            WHEN NOT apppass.account_open(a.enabled, a.disabled_from)
                                THEN 'account_disabled'
                            WHEN coalesce(a.main_password_refused_from,
                                          r.main_password_refused_from) <= now()
                                THEN 'main_password_refused'
                        END
                    ELSE coalesce(
                        apppass.account_state(a.enabled, a.disabled_from, r.codes_allowed,
                                              r.mfa_required, a.mfa_enrolled),
                        CASE
                            WHEN c.id IS NOT NULL THEN NULL
                            WHEN EXISTS (SELECT FROM apppass.code AS o
                                         WHERE o.realm_id = a.realm_id
                                           AND o.selector || '' = symbol) THEN 'wrong_account'
                            ELSE 'unknown_code'
                        END,
                        apppass.code_state(c.revoked_at, c.created_at, c.expires_at, NULL,
                                           r.max_lifetime, NULL, NULL),
                        -- Had it never been used; only then its uses are asked.  IS TRUE: what
                        -- follows NULL AND is computed.
                        CASE
                            WHEN (apppass.code_lapses(c.created_at, NULL, r.lapse_after,
                                                      r.unused_after) <= now()) IS TRUE
                                 AND NOT apppass.use_keeps(c.id, c.created_at, r.lapse_after,
                                                           r.unused_after)
                                THEN 'lapsed'
                        END,
                        CASE
                            WHEN NOT apppass.service_allowed(door, r.services)
                                 OR NOT apppass.service_allowed(door, c.services)
                                THEN 'service_denied'
                            WHEN NOT apppass.network_allowed(address, c.networks)
                                THEN 'network_denied'
                        END)
                END,
                (SELECT apppass.rule_verdict(x.action, x.network, x.service, symbol IS NULL)
                 FROM apppass.access_rule AS x
                 WHERE apppass.rule_matches(x.realm_id, x.service, x.network, x.action,
                                            a.realm_id, door, address)
                 ORDER BY x.position LIMIT 1),
                CASE WHEN symbol IS NULL THEN 'main_password' ELSE 'accepted' END) AS verdict
        FROM (VALUES (wanted)) AS asked (username)
        LEFT JOIN apppass.account AS a ON a.username = asked.username
        -- An unknown name gets the parameters of its domain, so that refusing it can cost what
        -- refusing a known one does.  Without OFFSET, here and below, a plan made while the tables
        -- are empty reads all realms, and goes through the index of codes by the selector alone.
        LEFT JOIN LATERAL (
            SELECT t.codes_allowed, t.services, t.max_lifetime, t.lapse_after, t.unused_after,
                t.mfa_required, t.main_password_refused_from, t.argon2_memory_kib,
                t.argon2_passes, t.argon2_lanes
            FROM apppass.realm AS t
            WHERE t.id = coalesce(a.realm_id,
                                  (SELECT o.id FROM apppass.realm AS o WHERE o.name = domain),
                                  (SELECT o.id FROM apppass.realm AS o WHERE o.name = 'default'))
            OFFSET 0
        ) AS r ON true
        LEFT JOIN LATERAL (
            SELECT t.* FROM apppass.code AS t WHERE t.account_id = a.id
            AND t.selector = symbol OFFSET 0
        ) AS c ON true
        -- Without OFFSET the verdict is computed once for each mention above.
        OFFSET 0
    ) AS v;
END
$$;


ALTER FUNCTION apppass.lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint) IS 'Decides one login attempt from what was typed but for the secret; the caller then checks the code against hash. Exactly one row.
username: as typed, case folded here. selector: first four symbols of the code; NULL asks whether the main password may be tried.
service: as SASL names it; NULL unknown. client: address; NULL unknown.
verdict accepted: accept if the hash matches, hash is set (only then). code_id is set where the account has a code of that selector, account_name and account_id where the account exists. memory_kib, passes, lanes: Argon2id parameters of new hashes. record_due: call record_use after success.
Order: unknown_user, account_disabled, realm_denied, mfa_missing, wrong_account or unknown_code, revoked, expired, lapsed, service_denied, network_denied, then the first access rule that matches. What concerns the whole account comes first because a new code would not help; what is final about the code comes before where it was used. With selector NULL: unknown_user, account_disabled, main_password_refused, access rules, main_password.
Writes nothing: runs on a hot standby.';


--
-- Name: maintain(boolean, integer, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain(dry_run boolean DEFAULT false, most integer DEFAULT 10000, job text DEFAULT NULL::text) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $_$
DECLARE
    jobs text[] := apppass.maintain_jobs();
    it text;
BEGIN
    IF maintain.most IS NULL OR maintain.most < 1 THEN
        RAISE EXCEPTION 'most is not a number of codes'
            USING ERRCODE = '22023', CONSTRAINT = 'most_invalid',
                  HINT = 'Leave it out, or give 1 or more.';
    ELSIF maintain.job <> ALL (jobs) THEN
        RAISE EXCEPTION '% has no job "%" to run', session_user, maintain.job
            USING ERRCODE = '42501', CONSTRAINT = 'job_not_allowed',
                  HINT = format('These: %s. The others are an administrator''s.',
                                array_to_string(jobs, ', '));
    ELSIF maintain.job IS NOT NULL THEN
        jobs := ARRAY[maintain.job];
    END IF;
    FOREACH it IN ARRAY jobs LOOP
        BEGIN
            RETURN QUERY EXECUTE format('SELECT * FROM apppass.maintain_%s($1, $2)', it)
                USING coalesce(maintain.dry_run, false), maintain.most;
        EXCEPTION
            WHEN lock_not_available THEN
                RETURN NEXT ROW('run again', NULL, NULL, NULL,
                                format('%s: %s', it, SQLERRM))::apppass.upkeep;
            WHEN OTHERS THEN
                RETURN NEXT ROW('failed', NULL, NULL, NULL,
                                format('%s: %s', it, SQLERRM))::apppass.upkeep;
        END;
    END LOOP;
END
$_$;


ALTER FUNCTION apppass.maintain(dry_run boolean, most integer, job text) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain(dry_run boolean, most integer, job text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain(dry_run boolean, most integer, job text) IS 'To be run daily, until no row says run again; the helpdesk runs the job codes alone. Revokes lapsed and unused codes (realm.lapse_after, unused_after), deletes refusals older than their realm keeps and, of codes used from more than 20 networks, networks as old, links that nobody opened in time, what was recorded of accounts while they were erased, names the roles of realm_operator that were dropped, seals the trail, counts for metrics(), makes the refusal partitions of this month and the next two and drops those older than the longest realm.refusal_retention. most: codes at once, and a tenth of the rows deleted at once. job: that one alone (maintain_jobs). A job that fails is a row that says so, and the others are done all the same.
dry_run: returns the actions without doing them. action, account, device, selector, detail: what was, or would be, done.';


--
-- Name: maintain_codes(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_codes(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF maintain_codes.dry_run THEN
        RETURN QUERY SELECT 'revoke', d.account, d.device, d.selector, d.why
                     FROM apppass.due_codes(NULL) AS d;
        RETURN;
    END IF;
    -- In one statement, which costs a third of one for each.  What a transaction announces stays in
    -- memory until it ends: hence not all at once.  Whoever is changing a code keeps it.
    RETURN QUERY
        WITH due AS MATERIALIZED (
            SELECT * FROM apppass.due_codes(maintain_codes.most)
        ), free AS MATERIALIZED (
            SELECT c.id FROM apppass.code AS c
            WHERE c.id IN (SELECT d.code_id FROM due AS d) AND c.revoked_at IS NULL
            FOR NO KEY UPDATE SKIP LOCKED
        ), ended AS (
            UPDATE apppass.code AS c SET revoked_at = now(), revoke_reason = d.why
            FROM due AS d JOIN free AS f ON f.id = d.code_id
            WHERE c.id = d.code_id
            RETURNING c.id
        )
        SELECT 'revoke', d.account, d.device, d.selector, d.why
        FROM due AS d JOIN ended AS e ON e.id = d.code_id
        UNION ALL
        SELECT 'run again', NULL, NULL, NULL,
            format('%s codes were revoked; there may be more', (SELECT count(*) FROM ended))
        WHERE (SELECT count(*) FROM due) = maintain_codes.most
           OR (SELECT count(*) FROM due) <> (SELECT count(*) FROM ended);
END
$$;


ALTER FUNCTION apppass.maintain_codes(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_codes(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_codes(dry_run boolean, most integer) IS 'Job of maintain(): revokes what has lapsed, in the realms one manages.';


--
-- Name: maintain_counts(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_counts(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH codes AS MATERIALIZED (
        SELECT c.realm, c.state, CASE WHEN c.last_used_at > now() - interval '1 day'
                                      THEN coalesce(c.last_service, '-') END AS service,
            count(*) AS codes
        FROM apppass.all_code_overview AS c GROUP BY 1, 2, 3
    ), counted AS MATERIALIZED (
        SELECT c.realm, 'apppass_codes' AS name, format('state="%s"', c.state) AS labels,
            c.codes AS value
        FROM codes AS c
        UNION ALL
        SELECT c.realm, 'apppass_codes_used_recently', format('service="%s"', c.service), c.codes
        FROM codes AS c WHERE c.service IS NOT NULL
        UNION ALL
        SELECT u.realm, 'apppass_codes_unused', '', count(*)
        FROM apppass.all_unused_code AS u WHERE u.idle > interval '90 days' GROUP BY u.realm
        UNION ALL
        SELECT a.realm, 'apppass_accounts',
            format('state="%s"', CASE WHEN a.enabled THEN 'enabled' ELSE 'disabled' END), count(*)
        FROM apppass.all_account_overview AS a GROUP BY a.realm, a.enabled
        UNION ALL
        SELECT p.realm, 'apppass_main_password_accounts', '', count(DISTINCT p.account)
        FROM apppass.all_main_password_use AS p
        WHERE p.last_at > now() - interval '30 days' GROUP BY p.realm
        -- A state or a question that nothing answers to is a zero, not a gap.
        UNION ALL
        SELECT r.name, k.name, k.labels, 0
        FROM apppass.realm AS r, (VALUES
            ('apppass_codes', 'state="live"'), ('apppass_codes', 'state="revoked"'),
            ('apppass_codes', 'state="expired"'), ('apppass_codes', 'state="lapsed"'),
            ('apppass_codes', 'state="suspended"'), ('apppass_codes_unused', ''),
            ('apppass_accounts', 'state="enabled"'), ('apppass_accounts', 'state="disabled"'),
            ('apppass_main_password_accounts', '')) AS k (name, labels)
    ), gone AS (
        DELETE FROM apppass.tally AS t
        WHERE NOT maintain_counts.dry_run
          AND NOT EXISTS (SELECT FROM counted AS n JOIN apppass.realm AS r ON r.name = n.realm
                          WHERE r.id = t.realm_id AND n.name = t.name AND n.labels = t.labels)
    )
    INSERT INTO apppass.tally AS t (realm_id, name, labels, value, counted_at)
    SELECT r.id, n.name, n.labels, sum(n.value), now()
    FROM counted AS n JOIN apppass.realm AS r ON r.name = n.realm
    WHERE NOT maintain_counts.dry_run
    GROUP BY r.id, n.name, n.labels
    ON CONFLICT ON CONSTRAINT tally_pkey
        DO UPDATE SET value = excluded.value, counted_at = excluded.counted_at;
    SELECT NULL::apppass.upkeep WHERE false;
$$;


ALTER FUNCTION apppass.maintain_counts(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_counts(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_counts(dry_run boolean, most integer) IS 'Job of maintain(): counts codes and accounts for metrics(); says nothing.';


--
-- Name: maintain_erased(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_erased(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $$
DECLARE
    gone bigint;
    rows bigint;
BEGIN
    FOR gone IN
        SELECT DISTINCT l.account_id FROM apppass.audit AS l
        WHERE l.action = 'account_erased' AND l.at > now() - interval '30 days' ORDER BY 1
    LOOP
        rows := 0;
        BEGIN
            SELECT t.uses + t.refusals INTO rows FROM apppass.erase_traces(gone) AS t;
            rows := rows + apppass.erase_words(gone);
            IF maintain_erased.dry_run THEN
                RAISE EXCEPTION 'a dry run' USING ERRCODE = 'AP009',
                    CONSTRAINT = 'erasure_rehearsed', HINT = 'Nobody sees this.';
            END IF;
        EXCEPTION WHEN SQLSTATE 'AP009' THEN
            NULL;
        END;
        IF rows > 0 THEN
            RETURN NEXT ROW('erase', NULL, NULL, NULL, format(
                '%s rows that were written while account %s was erased', rows,
                gone))::apppass.upkeep;
        END IF;
    END LOOP;
END
$$;


ALTER FUNCTION apppass.maintain_erased(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_erased(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_erased(dry_run boolean, most integer) IS 'Job of maintain(): deletes what logins recorded of accounts while these were being erased, for 30 days after it.';


--
-- Name: maintain_jobs(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_jobs() RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    RETURN CASE
        WHEN pg_has_role(session_user, 'apppass_admin', 'MEMBER')
             OR pg_has_role(session_user, 'apppass_owner', 'MEMBER')
            THEN ARRAY['codes', 'refusals', 'uses', 'links', 'erased', 'roles', 'trail',
                       'counts', 'partitions']
        ELSE ARRAY['codes']
    END;
END
$$;


ALTER FUNCTION apppass.maintain_jobs() OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_jobs(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_jobs() IS 'The jobs of maintain() that the session user may run, in their order: administrators all, the helpdesk codes.';


--
-- Name: maintain_links(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_links(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    -- What was offered and not collected leaves nothing but its audit rows, after the week for
    -- which people ask why their link opens nothing.
    WITH old AS MATERIALIZED (
        SELECT h.id FROM apppass.handover AS h
        WHERE h.collected_at IS NULL AND h.ends_at <= now() - interval '7 days'
        LIMIT CASE WHEN NOT maintain_links.dry_run THEN maintain_links.most END
        FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM apppass.handover AS h USING old AS o WHERE NOT maintain_links.dry_run
        AND h.id = o.id
    )
    SELECT 'forget links', NULL, NULL, NULL, format('%s not collected', count(*))
    FROM old AS o HAVING count(*) > 0
    UNION ALL
    SELECT 'run again', NULL, NULL, NULL, 'there may be more links to forget'
    WHERE NOT maintain_links.dry_run AND (SELECT count(*) FROM old) = maintain_links.most;
$$;


ALTER FUNCTION apppass.maintain_links(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_links(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_links(dry_run boolean, most integer) IS 'Job of maintain(): deletes offered codes that were not collected, a week after their links ended; at most so many at once.';


--
-- Name: maintain_partitions(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_partitions(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '200ms'
    AS $$
DECLARE
    part record;
    busy text[] := '{}';
BEGIN
    FOR part IN
        SELECT p.* FROM generate_series(0, 2) AS m,
            LATERAL apppass.refusal_partition(now() + m * interval '1 month') AS p
        WHERE NOT EXISTS (SELECT FROM apppass.refusal_partitions() AS x
                          WHERE x.lower_bound < p.upper_bound AND x.upper_bound > p.lower_bound)
    LOOP
        BEGIN
            IF maintain_partitions.dry_run
                OR apppass.make_refusal_partition(part.lower_bound, maintain_partitions.most) THEN
                RETURN NEXT ROW('make partition', NULL, NULL, NULL, part.name)::apppass.upkeep;
            END IF;
        EXCEPTION WHEN lock_not_available THEN
            busy := busy || part.name::text;
        END;
    END LOOP;
    FOR part IN SELECT d.name FROM apppass.due_partitions() AS d ORDER BY d.name LOOP
        BEGIN
            IF NOT maintain_partitions.dry_run THEN
                EXECUTE format('DROP TABLE apppass.%I', part.name);
            END IF;
            RETURN NEXT ROW('drop partition', NULL, NULL, NULL, part.name)::apppass.upkeep;
        EXCEPTION WHEN lock_not_available THEN
            busy := busy || part.name;
        END;
    END LOOP;
    IF busy <> '{}' THEN
        RETURN NEXT ROW('run again', NULL, NULL, NULL, format(
            'somebody is reading the refusals (a dump?): not done with %s',
            array_to_string(busy, ', ')))::apppass.upkeep;
    END IF;
END
$$;


ALTER FUNCTION apppass.maintain_partitions(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_partitions(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_partitions(dry_run boolean, most integer) IS 'Job of maintain(): makes the refusal partitions of this month and the next two, drops those that no realm keeps.';


--
-- Name: maintain_refusals(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_refusals(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    -- Deleting costs little; what is left of a partition that is about to be dropped is left alone.
    room bigint := 10 * maintain_refusals.most::bigint;
    shortest constant timestamptz := now() - (SELECT min(r.refusal_retention)
        FROM apppass.realm AS r);
    part record;
    old record;
    deleted jsonb := '{}';
BEGIN
    FOR part IN
        SELECT p.name FROM apppass.refusal_partitions() AS p
        WHERE (p.lower_bound < shortest OR p.lower_bound IS NULL)
          AND p.part NOT IN (SELECT d.part FROM apppass.due_partitions() AS d)
    LOOP
        FOR old IN EXECUTE format($q$
            WITH old AS MATERIALIZED (
                SELECT f.ctid AS place, r.name
                FROM apppass.%1$I AS f
                JOIN apppass.realm AS r
                    ON r.id = coalesce(f.realm_id, (SELECT d.id FROM apppass.realm AS d
                                                    WHERE d.name = 'default'))
                WHERE f.at < $1 AND f.at < now() - r.refusal_retention
                LIMIT CASE WHEN NOT $3 THEN $2 END
            ), gone AS (
                DELETE FROM apppass.%1$I AS f
                WHERE NOT $3 AND f.ctid = ANY (ARRAY(
                    SELECT l.ctid FROM apppass.%1$I AS l
                    WHERE l.ctid = ANY (ARRAY(SELECT o.place FROM old AS o))
                    FOR UPDATE SKIP LOCKED))
            )
            SELECT o.name, count(*) AS count FROM old AS o GROUP BY o.name $q$, part.name)
            USING shortest, room, maintain_refusals.dry_run
        LOOP
            room := room - old.count;
            deleted := jsonb_set(deleted, ARRAY[old.name],
                                 to_jsonb(coalesce((deleted ->> old.name)::bigint, 0) + old.count));
        END LOOP;
        EXIT WHEN room <= 0 AND NOT maintain_refusals.dry_run;
    END LOOP;
    RETURN QUERY
        SELECT 'delete refusals', NULL, NULL, NULL, format('%s of realm %s', d.value, d.key)
        FROM jsonb_each_text(deleted) AS d ORDER BY d.key;
    IF room <= 0 AND NOT maintain_refusals.dry_run THEN
        RETURN NEXT ROW('run again', NULL, NULL, NULL,
                        'there may be more refusals to delete')::apppass.upkeep;
    END IF;
END
$_$;


ALTER FUNCTION apppass.maintain_refusals(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_refusals(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_refusals(dry_run boolean, most integer) IS 'Job of maintain(): deletes refusals older than their realm keeps, where their partition stays; ten times most at once.';


--
-- Name: maintain_roles(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_roles(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT DISTINCT 'role missing', NULL, NULL, NULL,
        format('role %s of realm_operator was dropped: until its rows are deleted, logins without '
               'rows of their own manage nothing', o.role_name)
    FROM apppass.realm_operator AS o
    WHERE NOT EXISTS (SELECT FROM pg_roles AS g WHERE g.oid = o.role_oid)
    ORDER BY 5;
$$;


ALTER FUNCTION apppass.maintain_roles(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_roles(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_roles(dry_run boolean, most integer) IS 'Job of maintain(): names the roles of realm_operator that were dropped.';


--
-- Name: maintain_trail(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_trail(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN QUERY
        SELECT 'seal', NULL, NULL, NULL, format('%s events', h.unsealed)
        FROM apppass.audit_head() AS h WHERE maintain_trail.dry_run AND h.unsealed > 0;
    IF NOT maintain_trail.dry_run THEN
        RETURN QUERY
            SELECT 'seal', NULL, NULL, NULL,
                format('%s events, up to position %s', s.sealed, s.position)
            FROM apppass.audit_seal() AS s WHERE s.sealed > 0;
    END IF;
END
$$;


ALTER FUNCTION apppass.maintain_trail(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_trail(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_trail(dry_run boolean, most integer) IS 'Job of maintain(): seals what was committed before it began.';


--
-- Name: maintain_uses(boolean, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.maintain_uses(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- A telephone sees a new network every day.  What is first and what is newest of a code stays.
    RETURN QUERY
        WITH many AS (
            SELECT u.code_id FROM apppass.code_use AS u GROUP BY u.code_id HAVING count(*) > 20
        ), ranked AS (
            SELECT u.code_id, u.service, u.network, u.last_at,
                u.first_at = min(u.first_at) OVER (PARTITION BY u.code_id) AS first,
                row_number() OVER (PARTITION BY u.code_id, u.service ORDER BY u.last_at DESC)
                    AS rank
            FROM many AS m JOIN apppass.code_use AS u ON u.code_id = m.code_id
        ), old AS MATERIALIZED (
            SELECT k.code_id, k.service, k.network, k.last_at, r.name
            FROM ranked AS k
            JOIN apppass.code AS c ON c.id = k.code_id
            JOIN apppass.realm AS r ON r.id = c.realm_id
            WHERE k.rank > 20 AND NOT k.first AND k.last_at < now() - r.refusal_retention
            LIMIT CASE WHEN NOT maintain_uses.dry_run THEN 10 * maintain_uses.most::bigint END
        ), free AS MATERIALIZED (
            SELECT u.code_id, u.service, u.network
            FROM old AS o JOIN apppass.code_use AS u
                ON u.code_id = o.code_id AND u.service = o.service AND u.network = o.network
                AND u.last_at = o.last_at
            WHERE NOT maintain_uses.dry_run
            FOR UPDATE OF u SKIP LOCKED
        ), trimmed AS (
            DELETE FROM apppass.code_use AS u USING free AS f
            WHERE u.code_id = f.code_id AND u.service = f.service AND u.network = f.network
        )
        SELECT 'forget networks', NULL, NULL, NULL, format('%s of realm %s', count(*), o.name)
        FROM old AS o GROUP BY o.name
        UNION ALL
        SELECT 'run again', NULL, NULL, NULL, 'there may be more networks to forget'
        WHERE NOT maintain_uses.dry_run
            AND (SELECT count(*) FROM old) = 10 * maintain_uses.most::bigint;
END
$$;


ALTER FUNCTION apppass.maintain_uses(dry_run boolean, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION maintain_uses(dry_run boolean, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.maintain_uses(dry_run boolean, most integer) IS 'Job of maintain(): forgets old networks of codes that were used from many; ten times most at once.';


--
-- Name: make_code(bigint, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.make_code(account_id bigint, length integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    random bytea;
    symbols text;
BEGIN
    LOOP
        random := apppass.random_bytes(make_code.length - 1);
        -- 256 is a multiple of 32: every symbol is equally likely.
        SELECT string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
            (get_byte(random, i) & 31) + 1, 1), '' ORDER BY i)
        INTO STRICT symbols FROM generate_series(0, make_code.length - 2) AS i;
        EXIT WHEN NOT EXISTS (SELECT FROM apppass.code AS c
            WHERE c.account_id = make_code.account_id
            AND c.selector = left(symbols, 4));
    END LOOP;
    RETURN symbols || apppass.check_symbol(symbols);
END
$$;


ALTER FUNCTION apppass.make_code(account_id bigint, length integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION make_code(account_id bigint, length integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.make_code(account_id bigint, length integer) IS 'A new random code in canonical form whose selector the account does not have yet.';


--
-- Name: make_refusal_partition(timestamp with time zone, integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.make_refusal_partition(month timestamp with time zone, most integer DEFAULT 10000) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO'
    AS $$
DECLARE
    made record;
    start timestamptz;
BEGIN
    SELECT p.* INTO made FROM apppass.refusal_partition(make_refusal_partition.month) AS p;
    IF EXISTS (SELECT FROM apppass.refusal_partitions() AS p
               WHERE p.lower_bound < made.upper_bound AND p.upper_bound > made.lower_bound) THEN
        RETURN false;
    END IF;
    -- Attaching needs this lock anyway, and nothing may arrive between the look and the attaching.
    LOCK TABLE apppass.refusal_default IN ACCESS EXCLUSIVE MODE;
    start := made.lower_bound;
    IF (SELECT count(*) FROM (SELECT FROM apppass.refusal_default AS f
                              WHERE f.at >= made.lower_bound AND f.at < made.upper_bound
                              LIMIT make_refusal_partition.most + 1)
                                  AS found) > make_refusal_partition.most THEN
        -- Too many to be moved while others wait: they stay, and the partition begins after them.
        start := (SELECT date_trunc('hour', max(f.at)) + interval '1 hour'
                  FROM apppass.refusal_default AS f WHERE f.at < made.upper_bound);
        IF start >= made.upper_bound THEN
            RETURN false;
        END IF;
    END IF;
    EXECUTE format('CREATE TABLE apppass.%I (LIKE apppass.refusal INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS)', made.name);
    EXECUTE format('ALTER TABLE apppass.%I REPLICA IDENTITY FULL', made.name);
    EXECUTE format('WITH moved AS (DELETE FROM apppass.refusal_default '
                   'WHERE at >= %L AND at < %L RETURNING *) '
                   'INSERT INTO apppass.%I SELECT * FROM moved',
                   start, made.upper_bound, made.name);
    EXECUTE format('ALTER TABLE apppass.refusal ATTACH PARTITION apppass.%I '
                   'FOR VALUES FROM (%L) TO (%L)', made.name, start, made.upper_bound);
    EXECUTE format('COMMENT ON TABLE apppass.%I IS %L', made.name,
                   'Refused attempts of one month (UTC).');
    RETURN true;
END
$$;


ALTER FUNCTION apppass.make_refusal_partition(month timestamp with time zone, most integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION make_refusal_partition(month timestamp with time zone, most integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.make_refusal_partition(month timestamp with time zone, most integer) IS 'Makes the partition of that moment''s month, taking its rows out of refusal_default; where those are more than most, the partition begins after them, and they stay until they are old. False where there is one, or no time left for one.';


--
-- Name: managed_account(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.managed_account(username text) RETURNS apppass.account
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    account apppass.account;
BEGIN
    SELECT a.* INTO account FROM apppass.account AS a
        WHERE a.username = apppass.account_name(managed_account.username);
    IF apppass.manages_all() THEN
        IF account.id IS NULL THEN
            RAISE EXCEPTION 'account "%" not found', managed_account.username
                USING ERRCODE = 'P0002', CONSTRAINT = 'account_not_found',
                    HINT = 'Check the spelling, or add it: SELECT apppass.add_account(username).';
        END IF;
    ELSIF account.id IS NULL OR account.realm_id NOT IN (SELECT apppass.managed_realms()) THEN
        RAISE EXCEPTION 'account "%" is not one that % may manage', managed_account.username,
            session_user
            USING ERRCODE = '42501', CONSTRAINT = 'account_not_managed',
                HINT = 'apppass.realm_operator says which realms this login manages; an '
                       'administrator can change it.';
    END IF;
    RETURN account;
END
$$;


ALTER FUNCTION apppass.managed_account(username text) OWNER TO apppass_owner;

--
-- Name: FUNCTION managed_account(username text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.managed_account(username text) IS 'The account, where it exists (P0002) and the session user may manage it (42501).';


--
-- Name: managed_realm(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.managed_realm(realm text) RETURNS apppass.realm
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    known apppass.realm;
BEGIN
    SELECT r.* INTO known FROM apppass.realm AS r
    WHERE r.name = apppass.account_name(managed_realm.realm)
      AND r.id IN (SELECT apppass.managed_realms());
    IF NOT FOUND THEN
        RAISE EXCEPTION 'realm "%" not found', managed_realm.realm
            USING ERRCODE = 'P0002', CONSTRAINT = 'realm_not_found',
                  HINT = 'SELECT realm FROM apppass.realm_overview shows those one may see.';
    END IF;
    RETURN known;
END
$$;


ALTER FUNCTION apppass.managed_realm(realm text) OWNER TO apppass_owner;

--
-- Name: FUNCTION managed_realm(realm text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.managed_realm(realm text) IS 'The realm of that name, where there is one that the session user may see; P0002.';


--
-- Name: managed_realm_names(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.managed_realm_names() RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
    SELECT ARRAY(SELECT r.name FROM apppass.realm AS r
                 WHERE r.id IN (SELECT apppass.managed_realms()) ORDER BY r.name);
$$;


ALTER FUNCTION apppass.managed_realm_names() OWNER TO apppass_owner;

--
-- Name: FUNCTION managed_realm_names(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.managed_realm_names() IS 'Names of the realms that the session user may manage and see.';


--
-- Name: manages_all(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.manages_all() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    RETURN pg_has_role(session_user, 'apppass_admin', 'MEMBER')
        OR NOT EXISTS (
            SELECT FROM apppass.realm_operator AS o
            LEFT JOIN pg_roles AS g ON g.oid = o.role_oid
            WHERE g.oid IS NULL OR pg_has_role(session_user, g.oid, 'MEMBER'));
END
$$;


ALTER FUNCTION apppass.manages_all() OWNER TO apppass_owner;

--
-- Name: FUNCTION manages_all(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.manages_all() IS 'True where realm_operator does not limit the session user.';


--
-- Name: metrics(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.metrics() RETURNS TABLE(name text, help text, labels text, value text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    unlimited constant boolean := apppass.manages_all();
    mine constant integer[] := ARRAY(SELECT apppass.managed_realms());
BEGIN
    RETURN QUERY
    SELECT m.name, m.help, m.labels, m.value
    FROM (
        SELECT 1 AS n, 'apppass_refusals' AS name,
            'Refused attempts recorded within the last hour.' AS help,
            format('verdict="%s",service="%s"', f.verdict, coalesce(f.service, '-')) AS labels,
            count(*)::text AS value
        FROM apppass.refusal AS f
        WHERE f.at > now() - interval '1 hour' AND (unlimited OR f.realm_id = ANY (mine))
        GROUP BY f.verdict, f.service
        UNION ALL
        SELECT k.n, k.name, k.help, NULLIF(t.labels, ''), sum(t.value)::text
        FROM (VALUES
            (2, 'apppass_codes', 'Codes by state.'),
            (3, 'apppass_accounts', 'Accounts by state.'),
            (4, 'apppass_codes_unused', 'Live codes unused for 90 days or more.'),
            (5, 'apppass_codes_used_recently', 'Codes that logged in within the day before they '
                'were counted, by the service of the last login.'),
            (7, 'apppass_main_password_accounts', 'Accounts whose main password let somebody in '
                'within the last 30 days.')) AS k (n, name, help)
        JOIN apppass.tally AS t ON t.name = k.name
        WHERE unlimited OR t.realm_id = ANY (mine)
        GROUP BY k.n, k.name, k.help, t.labels
        UNION ALL
        SELECT 6, 'apppass_audit_unsealed_age_seconds',
            'Age of the oldest audit row that is not yet part of the hash chain.', NULL,
            coalesce(ceil(extract(epoch FROM now() - h.unsealed_since)), 0)::text
        FROM apppass.audit_head() AS h
        UNION ALL
        SELECT 8, 'apppass_counts_age_seconds',
            'Time since maintain counted codes, accounts and main passwords.', NULL,
            ceil(extract(epoch FROM now() - max(t.counted_at)))::text
        FROM apppass.tally AS t HAVING count(*) > 0
    ) AS m
    ORDER BY m.n, m.labels;
END
$$;


ALTER FUNCTION apppass.metrics() OWNER TO apppass_owner;

--
-- Name: FUNCTION metrics(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.metrics() IS 'Gauges for a monitoring system: name, help, labels as Prometheus writes them, value. Codes, accounts and main passwords as maintain() counted them last: apppass_counts_age_seconds.';


--
-- Name: name_pattern(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.name_pattern(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN replace(regexp_replace(apppass.account_name(typed), '([\\%_])'::text, '\\\1'::text, 'g'::text), '*'::text, '%'::text);


ALTER FUNCTION apppass.name_pattern(typed text) OWNER TO apppass_owner;

--
-- Name: FUNCTION name_pattern(typed text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.name_pattern(typed text) IS 'A user name in which * stands for anything, as a pattern for LIKE.';


--
-- Name: near_accounts(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.near_accounts(account text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    given constant text := left(near_accounts.account, 256);
    -- Out of "Alice Example <alice@example.org>" or mailto:alice@example.org, too.
    typed constant text := apppass.account_name(coalesce(
        substring(given FROM '<([^<>]+)>'),
        regexp_replace(given, '^[[:space:]]*mailto:', '', 'i')));
    part constant text := left(split_part(typed, '@', 1), 64);
BEGIN
    RETURN QUERY
    WITH slip AS (
        SELECT part AS name
        UNION SELECT lower(part)
        UNION SELECT left(part, i) || substr(part, i + 2)
        FROM generate_series(0, length(part) - 1) AS i
        UNION SELECT left(part, i) || substr(part, i + 2, 1) || substr(part, i + 1, 1)
                     || substr(part, i + 3)
        FROM generate_series(0, length(part) - 2) AS i
        UNION SELECT left(part, i) || c || substr(part, i + k)
        FROM generate_series(0, length(part)) AS i, generate_series(1, 2) AS k,
            regexp_split_to_table('abcdefghijklmnopqrstuvwxyz0123456789.-_+', '') AS c
    ), range AS (
        SELECT s.name AS low, s.name AS high FROM slip AS s
        UNION ALL SELECT s.name || '@', s.name || '@' || E'\U0010FFFF' FROM slip AS s
        UNION ALL SELECT left(typed, n), left(typed, n) || E'\U0010FFFF'
        FROM unnest(ARRAY[length(typed), length(part), length(part) - 1, length(part) - 2, 3]) AS n
        WHERE n > 1
    )
    SELECT DISTINCT o.username
    FROM range AS r CROSS JOIN LATERAL (
        SELECT a.username, a.realm_id FROM apppass.account AS a
        WHERE a.username >= r.low COLLATE "C" AND a.username <= r.high COLLATE "C"
          AND a.realm_id = ANY (ARRAY(SELECT apppass.managed_realms()))
        LIMIT 50
    ) AS o
    ORDER BY o.username;
END
$$;


ALTER FUNCTION apppass.near_accounts(account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION near_accounts(account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.near_accounts(account text) IS 'User names that somebody may have meant: a slip away from this one, or beginning alike.';


--
-- Name: network_allowed(inet, cidr[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.network_allowed(address inet, allowed cidr[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((allowed IS NULL) OR COALESCE((address <<= ANY ((allowed)::inet[])), false));


ALTER FUNCTION apppass.network_allowed(address inet, allowed cidr[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION network_allowed(address inet, allowed cidr[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.network_allowed(address inet, allowed cidr[]) IS 'Is the address in one of those networks? NULL allows all; an unknown address is in none.';


--
-- Name: network_name(cidr); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.network_name(network cidr) RETURNS cidr
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((family((network)::inet) = 6) AND ((network)::inet <<= '::ffff:0.0.0.0/96'::inet)) THEN (set_masklen(apppass.client_address((network)::inet), (masklen((network)::inet) - 96)))::cidr ELSE network END;


ALTER FUNCTION apppass.network_name(network cidr) OWNER TO apppass_owner;

--
-- Name: FUNCTION network_name(network cidr); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.network_name(network cidr) IS 'The network as client addresses are written: an IPv4 network mapped into IPv6 comes back as IPv4.';


--
-- Name: notice_events(bigint[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_events(ids bigint[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
    INSERT INTO apppass.notice (once, event, account_id, code_id, at, by_whom, former_address)
    SELECT format('audit %s', e.id),
        CASE e.action WHEN 'code_issued' THEN 'issued' WHEN 'code_reset' THEN 'reset'
                      WHEN 'code_revoked' THEN 'revoked' ELSE 'address' END,
        a.id, e.code_id, e.at,
        CASE WHEN e.operator ~ '(^|/)the owner$' THEN 'owner'
             WHEN e.operator = 'the link' THEN 'link' ELSE 'administration' END,
        e.before ->> 'notify_address'
    FROM apppass.audit AS e
    JOIN apppass.account AS a ON a.id = e.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE e.id = ANY (notice_events.ids) AND r.notify_owners
      AND (e.action IN ('code_issued', 'code_reset', 'code_revoked')
           OR (e.action = 'account_changed' AND e.before ? 'notify_address'))
      -- That the old code ended goes without saying where a new one took its place.
      AND NOT (e.action = 'code_revoked'
               AND EXISTS (SELECT FROM apppass.code AS n
                           JOIN apppass.code AS o ON o.id = n.replaces
                           WHERE n.replaces = e.code_id AND n.created_at = o.revoked_at))
    ORDER BY e.id
    ON CONFLICT DO NOTHING;
$_$;


ALTER FUNCTION apppass.notice_events(ids bigint[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_events(ids bigint[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_events(ids bigint[]) IS 'Notes what these rows of the audit trail have for owners.';


--
-- Name: notice_expiring(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_expiring() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
    WITH soon AS (
        SELECT c.id FROM apppass.code AS c
        WHERE c.expires_at > now() AND c.expires_at <= now() + interval '7 days'
        UNION
        -- A day more at both ends: how long an interval is depends on where it starts.
        SELECT c.id FROM apppass.realm AS r
        JOIN apppass.code AS c ON c.realm_id = r.id
            AND c.created_at > now() - r.max_lifetime - interval '1 day'
            AND c.created_at <= now() - r.max_lifetime + interval '8 days'
        WHERE r.max_lifetime IS NOT NULL AND r.notify_owners
    )
    INSERT INTO apppass.notice (once, event, account_id, code_id, at)
    SELECT format('expiring %s %s %s', s.code_id, n.days, extract(epoch FROM s.ends_at)),
        'expiring', s.account_id, s.code_id, now()
    FROM soon
    JOIN apppass.code_standing AS s ON s.code_id = soon.id
    JOIN apppass.realm AS r ON r.id = s.realm_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN s.ends_at <= now() + interval '1 day' THEN 1 ELSE 7 END AS days) AS n
    WHERE r.notify_owners AND s.state IS NULL
      AND s.ends_at > now() AND s.ends_at <= now() + interval '7 days'
      -- Who made a code for some hours knows.
      AND s.created_at < s.ends_at - n.days * interval '1 day'
      AND NOT EXISTS (SELECT FROM apppass.code AS c WHERE c.replaces = s.code_id)
    ON CONFLICT DO NOTHING;
$$;


ALTER FUNCTION apppass.notice_expiring() OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_expiring(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_expiring() IS 'Notes which codes expire within 7 days, and within one; not those that have been replaced.';


--
-- Name: notice_forget(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_forget() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    DELETE FROM apppass.notice_mail AS m WHERE m.account_id = OLD.id;
    DELETE FROM apppass.notice AS n WHERE n.account_id = OLD.id;
    RETURN NULL;
END
$$;


ALTER FUNCTION apppass.notice_forget() OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_forget(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_forget() IS 'Trigger: nothing is told about an account that is removed.';


--
-- Name: notice_knocking(timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_knocking(since timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
    INSERT INTO apppass.notice (once, event, account_id, code_id, at, service, network)
    SELECT format('knocking %s %s', c.id, extract(epoch FROM f.at)), 'knocking', c.account_id,
        c.id, f.at, f.service, NULLIF(apppass.client_network(f.client), '0.0.0.0/0')
    FROM (SELECT DISTINCT ON (x.code_id) x.code_id, x.at, x.service, x.client
          FROM apppass.refusal AS x
          WHERE x.at > notice_knocking.since AND x.code_id IS NOT NULL
            AND x.verdict IN ('revoked', 'expired', 'lapsed')
          ORDER BY x.code_id, x.at DESC) AS f
    JOIN apppass.code AS c ON c.id = f.code_id
    JOIN apppass.realm AS r ON r.id = c.realm_id
    WHERE r.notify_owners AND f.at > coalesce(c.revoked_at, '-infinity') + interval '1 hour'
      AND NOT EXISTS (SELECT FROM apppass.notice AS n
                      WHERE n.code_id = c.id AND n.event = 'knocking'
                        AND n.at > now() - interval '30 days')
    ON CONFLICT DO NOTHING;
$$;


ALTER FUNCTION apppass.notice_knocking(since timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_knocking(since timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_knocking(since timestamp with time zone) IS 'Notes which ended codes something has tried since then, each at most once in 30 days.';


--
-- Name: notice_mails(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_mails() RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    WITH due AS (
        SELECT n.account_id, array_agg(n.id ORDER BY n.id) AS notices,
            array_agg(n.former_address) AS former
        FROM apppass.notice AS n WHERE NOT n.mailed GROUP BY n.account_id
    ), now_due AS (
        SELECT d.*, a.username, a.notify_address
        FROM due AS d
        JOIN apppass.account AS a ON a.id = d.account_id
        JOIN apppass.realm AS r ON r.id = a.realm_id
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT m.made_at) AS mails, max(m.made_at) AS last
            FROM apppass.notice_mail AS m
            WHERE m.account_id = a.id AND m.made_at > now() - interval '1 day') AS past
        WHERE r.notify_owners
          AND (past.mails < r.notify_per_day OR past.last <= now() - interval '1 hour')
    ), made AS (
        INSERT INTO apppass.notice_mail (account_id, address, notices)
        SELECT n.account_id, x.address, n.notices
        FROM now_due AS n
        CROSS JOIN LATERAL (
            SELECT DISTINCT u.address COLLATE "C" AS address
            FROM unnest(n.username || (n.notify_address || n.former)) AS u (address)
            WHERE u.address IS NOT NULL) AS x
    )
    UPDATE apppass.notice AS n SET mailed = true
    FROM now_due AS d WHERE n.id = ANY (d.notices);
$$;


ALTER FUNCTION apppass.notice_mails() OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_mails(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_mails() IS 'Makes mails of what is noted: one for each account, to each of its addresses. After realm.notify_per_day in 24 hours, one an hour.';


--
-- Name: notice_uses(timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_uses(since timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
    INSERT INTO apppass.notice (once, event, account_id, code_id, at, service, network)
    SELECT CASE WHEN e.event = 'first_use' THEN format('first use %s', u.code_id)
                ELSE format('network %s %s', u.code_id, u.network) END,
        e.event, c.account_id, c.id, u.at, NULLIF(u.service, '-'), NULLIF(u.network, '0.0.0.0/0')
    FROM (SELECT x.code_id, x.network, min(x.first_at) AS at,
              (array_agg(x.service ORDER BY x.first_at))[1] AS service
          FROM apppass.code_use AS x WHERE x.first_at > notice_uses.since
          GROUP BY x.code_id, x.network) AS u
    JOIN apppass.code AS c ON c.id = u.code_id
    JOIN apppass.realm AS r ON r.id = c.realm_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT FROM apppass.code_use AS x
                                 WHERE x.code_id = u.code_id AND x.first_at < u.at)
                    THEN 'new_network' ELSE 'first_use' END AS event) AS e
    WHERE r.notify_owners
      AND NOT EXISTS (SELECT FROM apppass.code_use AS x
                      WHERE x.code_id = u.code_id AND x.network = u.network AND x.first_at < u.at)
      AND (e.event = 'first_use' OR u.network <> '0.0.0.0/0')
    ORDER BY u.at
    ON CONFLICT DO NOTHING;
$$;


ALTER FUNCTION apppass.notice_uses(since timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_uses(since timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_uses(since timestamp with time zone) IS 'Notes which codes were used for the first time since then, or from a network for the first time.';


--
-- Name: notice_yearly(timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notice_yearly(since timestamp with time zone) RETURNS void
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    INSERT INTO apppass.notice (once, event, account_id, at)
    SELECT format('yearly %s %s', a.id, d.day::date), 'yearly', a.id, now()
    FROM generate_series((notice_yearly.since AT TIME ZONE 'UTC')::date + 1,
                         (now() AT TIME ZONE 'UTC')::date, interval '1 day') AS d (day)
    JOIN apppass.account AS a ON a.id % 365 = (d.day::date - date '2000-01-01') % 365
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE r.notify_owners
      AND EXISTS (SELECT FROM apppass.code_standing AS s
                  WHERE s.account_id = a.id AND s.state IS NULL)
    ON CONFLICT DO NOTHING;
$$;


ALTER FUNCTION apppass.notice_yearly(since timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION notice_yearly(since timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notice_yearly(since timestamp with time zone) IS 'Notes whose day for the yearly list has come since then.';


--
-- Name: notify(jsonb); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notify(event jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- Any login can fill the server's queue, with one session that listens and keeps a transaction
    -- open; once it is full, whoever notifies can't commit.
    IF pg_notification_queue_usage() > 0.01 THEN
        RAISE WARNING 'the event "%" is not announced', event ->> 'event'
            USING HINT = 'A session that listens has kept a transaction open for long: see '
                         'pg_stat_activity, and end it.';
        RETURN;
    END IF;
    PERFORM pg_notify('apppass', jsonb_strip_nulls(event)::text);
END
$$;


ALTER FUNCTION apppass.notify(event jsonb) OWNER TO apppass_owner;

--
-- Name: FUNCTION notify(event jsonb); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notify(event jsonb) IS 'Sends an event to LISTEN apppass at commit: event, at, realm_id, account_id, code_id, audit_id (no use of a code has one). Keys only: SELECT ... FROM apppass.audit_log WHERE id = audit_id, or FROM apppass.code_overview WHERE code_id = ..., shows the rest to whom it concerns. A hint, no proof: any login of the database may NOTIFY the same. Sends nothing, with a WARNING, while more than 1 % of the server''s queue waits for a listener.';


--
-- Name: notify_done(bigint, uuid); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notify_done(mail bigint, key uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
    UPDATE apppass.notice_mail AS m SET sent_at = now()
    WHERE m.id = notify_done.mail AND m.key = notify_done.key AND m.sent_at IS NULL;
$$;


ALTER FUNCTION apppass.notify_done(mail bigint, key uuid) OWNER TO apppass_owner;

--
-- Name: FUNCTION notify_done(mail bigint, key uuid); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notify_done(mail bigint, key uuid) IS 'The mail was sent.';


--
-- Name: notify_failed(bigint, uuid); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notify_failed(mail bigint, key uuid) RETURNS timestamp with time zone
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
    UPDATE apppass.notice_mail AS m
    SET failures = m.failures + 1,
        try_at = now() + LEAST(interval '1 minute' * 2 ^ LEAST(m.failures, 10), interval '6 hours')
    WHERE m.id = notify_failed.mail AND m.key = notify_failed.key AND m.sent_at IS NULL
    RETURNING m.try_at;
$$;


ALTER FUNCTION apppass.notify_failed(mail bigint, key uuid) OWNER TO apppass_owner;

--
-- Name: FUNCTION notify_failed(mail bigint, key uuid); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notify_failed(mail bigint, key uuid) IS 'The mail could not be sent; returns when it will be given out again: after a minute, two, four and so on, at most 6 hours.';


--
-- Name: notify_gather(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notify_gather() RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    state apppass.notice_state;
    trail record;
    clock_due boolean;
BEGIN
    SELECT s.* INTO state FROM apppass.notice_state AS s FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    -- A statement of its own: its snapshot is younger than the lock.
    SELECT n.* INTO trail FROM apppass.audit_since(state.mark) AS n;
    IF trail.continuity = 'begun' THEN
        UPDATE apppass.notice_state
        SET mark = trail.mark, begun_at = now(), uses_at = now(), clock_at = now();
        RETURN trail.continuity;
    END IF;
    clock_due := state.clock_at <= now() - interval '1 hour';
    PERFORM apppass.notice_events(trail.ids);
    PERFORM apppass.notice_uses(GREATEST(state.begun_at, state.uses_at - interval '1 hour'));
    IF clock_due THEN
        PERFORM apppass.notice_expiring(), apppass.notice_knocking(state.clock_at),
            apppass.notice_yearly(state.clock_at);
        DELETE FROM apppass.notice_mail AS m WHERE m.made_at < now() - interval '400 days';
        DELETE FROM apppass.notice AS n WHERE n.at < now() - interval '500 days';
    END IF;
    PERFORM apppass.notice_mails();
    -- An old mark finds what an old mark found: it need not be written each time.
    IF clock_due OR trail.ids <> '{}' OR trail.continuity <> 'exact'
       OR state.uses_at < now() - interval '1 minute' THEN
        UPDATE apppass.notice_state AS s
        SET mark = trail.mark, uses_at = now(),
            clock_at = CASE WHEN clock_due THEN now() ELSE s.clock_at END;
    END IF;
    RETURN trail.continuity;
END
$$;


ALTER FUNCTION apppass.notify_gather() OWNER TO apppass_owner;

--
-- Name: FUNCTION notify_gather(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notify_gather() IS 'Notes what happened since the last time, in the realms with notify_owners, and makes mails of it. The first time it begins: what was before is not told. Returns what audit_since() says of its continuity; NULL: another session is at it.';


--
-- Name: notify_take(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.notify_take() RETURNS SETOF apppass.notice_line
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    taken apppass.notice_mail;
BEGIN
    UPDATE apppass.notice_mail AS m SET try_at = now() + interval '2 minutes'
    WHERE m.id = (
        SELECT x.id FROM apppass.notice_mail AS x
        JOIN apppass.account AS a ON a.id = x.account_id
        JOIN apppass.realm AS r ON r.id = a.realm_id
        WHERE x.sent_at IS NULL AND x.try_at <= now() AND r.notify_owners
          AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()))
        ORDER BY x.try_at, x.id LIMIT 1 FOR UPDATE OF x SKIP LOCKED)
    RETURNING m.* INTO taken;
    RETURN QUERY
    SELECT taken.id, taken.key, a.username, r.name, taken.address,
        coalesce(a.notify_language, r.notify_language), taken.made_at,
        GREATEST(cardinality(taken.notices) - 50, 0)::bigint, row_number() OVER (), x.*
    FROM unnest(taken.notices[1:50]) WITH ORDINALITY AS i (id, place)
    JOIN apppass.notice AS n ON n.id = i.id
    JOIN apppass.account AS a ON a.id = taken.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    CROSS JOIN LATERAL (
        (SELECT n.event, n.at, n.by_whom, d.label, s.selector::text, s.services, n.service,
             n.network, s.ends_at, s.last_at
         FROM (VALUES (1)) AS one
         LEFT JOIN apppass.code_standing AS s ON s.code_id = n.code_id
         LEFT JOIN apppass.device AS d ON d.id = s.device_id)
        UNION ALL
        (SELECT 'listed', s.created_at, NULL, d.label, s.selector, s.services,
             NULLIF(s.last_service, '-'), NULLIF(s.last_network, '0.0.0.0/0')::cidr, s.ends_at,
             s.last_at
         FROM apppass.code_standing AS s
         JOIN apppass.device AS d ON d.id = s.device_id
         WHERE n.event = 'yearly' AND s.account_id = a.id AND s.state IS NULL
         ORDER BY d.label, s.created_at LIMIT 100)) AS x
    ORDER BY i.place;
END
$$;


ALTER FUNCTION apppass.notify_take() OWNER TO apppass_owner;

--
-- Name: FUNCTION notify_take(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.notify_take() IS 'A mail that is to be sent, to accounts of the realms one manages; no row: none at the moment. It is given to nobody else for 2 minutes, and then again unless notify_done() or notify_failed() was told.';


--
-- Name: offer_code(text, text, bytea, bytea, interval, text[], cidr[], timestamp with time zone, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.offer_code(username text, device text, link_hash bytea, pin_hash bytea DEFAULT NULL::bytea, valid interval DEFAULT '24:00:00'::interval, services text[] DEFAULT NULL::text[], networks cidr[] DEFAULT NULL::cidr[], expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.offered_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    previous text[] := apppass.set_context(offer_code.reason, offer_code.ticket,
        offer_code.operator);
    account apppass.account := apppass.managed_account(offer_code.username);
    realm apppass.realm;
    planned apppass.stored_code;
    ends_at timestamptz;
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF realm.handover_url IS NULL THEN
        RAISE EXCEPTION 'realm "%" has no page where links are opened', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'handover_not_allowed',
                  DETAIL = 'realm.handover_url is not set.',
                  HINT = format('An administrator can change it: apppass realm set %s'
                      ' handover_url=https://mail.%s/handover', realm.name, realm.name);
    ELSIF offer_code.link_hash IS NULL OR length(offer_code.link_hash) <> 32
        OR length(offer_code.pin_hash) <> 32 THEN
        RAISE EXCEPTION 'that is no SHA-256 sum' USING ERRCODE = '22023',
            CONSTRAINT = 'handover_hash_invalid', HINT = 'Give sha256(...) of the secret part.';
    ELSIF offer_code.valid IS NULL
        OR offer_code.valid NOT BETWEEN interval '1 minute' AND interval '30 days' THEN
        RAISE EXCEPTION 'a link is valid for a minute to 30 days' USING ERRCODE = '22023',
            CONSTRAINT = 'handover_valid_range', HINT = 'Leave it out for 24 hours.';
    END IF;
    -- No link outlives its code.
    ends_at := LEAST(apppass.later(now(), offer_code.valid), offer_code.expires_at);
    planned := apppass.rehearse_code(account.username, offer_code.device, offer_code.services,
        offer_code.networks, offer_code.expires_at);
    -- Whoever revokes everything meanwhile waits for this link, as for a code, and ends it.
    PERFORM apppass.lock_rows('turn', ARRAY[account.id]);
    -- Who asks for a second link has lost the first one.
    PERFORM apppass.withdraw_offers(account, planned.device);
    INSERT INTO apppass.handover AS h (account_id, device, services, networks, expires_at,
                                       link_hash, pin_hash, offered_by, ends_at)
    VALUES (account.id, planned.device, planned.services, planned.networks, offer_code.expires_at,
        offer_code.link_hash, offer_code.pin_hash,
            concat_ws('/', session_user, apppass.context('operator')), ends_at);
    PERFORM apppass.audit_write('handover_offered', account.realm_id, account.id, account.username,
        planned.device, NULL, NULL, NULL,
        jsonb_build_object('ends_at', ends_at, 'pin', offer_code.pin_hash IS NOT NULL),
        NULL);
    PERFORM apppass.restore_context(previous);
    RETURN ROW(account.username, planned.device, planned.services, planned.networks,
               planned.expires_at, ends_at, realm.handover_url)::apppass.offered_code;
END
$$;


ALTER FUNCTION apppass.offer_code(username text, device text, link_hash bytea, pin_hash bytea, valid interval, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION offer_code(username text, device text, link_hash bytea, pin_hash bytea, valid interval, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.offer_code(username text, device text, link_hash bytea, pin_hash bytea, valid interval, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) IS 'Offers a code: it is made when its person opens the link url/SECRET, once, while the link is valid. link_hash: sha256 of SECRET (128 random bits at least, as text). pin_hash: sha256 of SECRET and the PIN after it; NULL: no PIN. A link that the device was offered before ends.
Errors: AP001 no page for links or policy refuses, 22023 invalid value, else as for store_code.';


--
-- Name: operator(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.operator() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    claimed text := apppass.context('operator');
BEGIN
    -- Codes that owners made, or collected by a link, are counted, shown and announced as theirs.
    IF claimed ~ '(^|/)the (owner|link)$'
        AND NOT pg_has_role(session_user, 'apppass_self', 'MEMBER') THEN
        RAISE EXCEPTION '% does not act for the owner of an account', session_user
            USING ERRCODE = '42501', CONSTRAINT = 'operator_owner',
                  HINT = 'As operator give the name of whoever acts; owners and their links '
                         'act by the self_ functions.';
    END IF;
    RETURN claimed;
END
$_$;


ALTER FUNCTION apppass.operator() OWNER TO apppass_owner;

--
-- Name: FUNCTION operator(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.operator() IS 'The operator of this statement; NULL where blank. 42501: only apppass_self acts for an account''s owner.';


--
-- Name: own_access_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_access_overview() RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_access_overview AS v
                WHERE v.realm IS NULL OR v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_access_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_access_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_access_overview() IS 'What a limited operator sees of access_overview: the realms one manages.';


--
-- Name: own_account_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_account_overview() RETURNS SETOF apppass.all_account_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_account_overview AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_account_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_account_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_account_overview() IS 'What a limited operator sees of account_overview: the realms one manages.';


--
-- Name: own_audit_log(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_audit_log() RETURNS SETOF apppass.all_audit_log
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_audit_log AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_audit_log() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_audit_log(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_audit_log() IS 'What a limited operator sees of audit_log: the realms one manages.';


--
-- Name: own_code_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_code_overview() RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_code_overview AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_code_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_code_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_code_overview() IS 'What a limited operator sees of code_overview: the realms one manages.';


--
-- Name: own_device(bigint, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_device(account_id bigint, label text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    device_id bigint;
BEGIN
    -- Serialises issuing for the account, so the same new label is not added twice.
    PERFORM apppass.take_turn(own_device.account_id);
    SELECT d.id INTO device_id FROM apppass.device AS d
    WHERE d.account_id = own_device.account_id
        AND apppass.label_key(d.label) = apppass.label_key(apppass.label_name(own_device.label));
    IF NOT FOUND THEN
        INSERT INTO apppass.device AS d (account_id, label)
            VALUES (own_device.account_id, coalesce(own_device.label, ''))
            RETURNING d.id INTO device_id;
    END IF;
    RETURN device_id;
END
$$;


ALTER FUNCTION apppass.own_device(account_id bigint, label text) OWNER TO apppass_owner;

--
-- Name: FUNCTION own_device(account_id bigint, label text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_device(account_id bigint, label text) IS 'The account''s device of that label, added where missing.';


--
-- Name: own_device_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_device_overview() RETURNS SETOF apppass.all_device_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_device_overview AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_device_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_device_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_device_overview() IS 'What a limited operator sees of device_overview: the realms one manages.';


--
-- Name: own_handover_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_handover_overview() RETURNS SETOF apppass.all_handover_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_handover_overview AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_handover_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_handover_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_handover_overview() IS 'What a limited operator sees of handover_overview: the realms one manages.';


--
-- Name: refusal; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.refusal (
    at timestamp with time zone NOT NULL,
    verdict text NOT NULL COLLATE pg_catalog."C",
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
)
PARTITION BY RANGE (at);

ALTER TABLE ONLY apppass.refusal REPLICA IDENTITY FULL;


ALTER TABLE apppass.refusal OWNER TO apppass_owner;

--
-- Name: TABLE refusal; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.refusal IS 'Refused attempts, one partition per month (UTC), made and dropped by maintain(). Nothing of what was typed is in it.';


--
-- Name: COLUMN refusal.at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.at IS 'When the attempt was refused.';


--
-- Name: COLUMN refusal.verdict; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.verdict IS 'Why it was refused: a name of apppass.verdict.';


--
-- Name: COLUMN refusal.account_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.account_id IS 'Account, where the user name is one.';


--
-- Name: COLUMN refusal.realm_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.realm_id IS 'Its realm at that time.';


--
-- Name: COLUMN refusal.code_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.code_id IS 'Code, where the selector is one of the account''s.';


--
-- Name: COLUMN refusal.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.service IS 'Service; NULL: unknown.';


--
-- Name: COLUMN refusal.client; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal.client IS 'Client address; NULL: unknown.';


--
-- Name: all_knocking_code; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_knocking_code AS
 SELECT a.username AS account,
    r.name AS realm,
    d.label AS device,
    c.selector,
    k.verdict,
    k.since,
    k.last_at,
    k.attempts,
    k.last_client,
    k.last_service,
    c.revoked_at,
    c.revoke_reason,
    c.id AS code_id,
    format('%s, %s code %s, still knocking%s since %s'::text, d.label, k.verdict, c.selector, (' from '::text || host(k.last_client)), to_char(k.since, 'YYYY-MM-DD HH24:MI'::text)) AS summary
   FROM ((((apppass.code c
     JOIN apppass.device d ON ((d.id = c.device_id)))
     JOIN apppass.account a ON ((a.id = c.account_id)))
     JOIN apppass.realm r ON ((r.id = c.realm_id)))
     CROSS JOIN LATERAL ( SELECT (array_agg(f.verdict ORDER BY f.at DESC))[1] AS verdict,
            min(f.at) AS since,
            max(f.at) AS last_at,
            count(*) AS attempts,
            (array_agg(f.client ORDER BY f.at DESC))[1] AS last_client,
            (array_agg(f.service ORDER BY f.at DESC))[1] AS last_service
           FROM apppass.refusal f
          WHERE ((f.code_id = c.id) AND (f.verdict = ANY (ARRAY['revoked'::text, 'expired'::text, 'lapsed'::text])))) k)
  WHERE (c.id IN ( SELECT f.code_id
           FROM apppass.refusal f
          WHERE ((f.code_id IS NOT NULL) AND (f.verdict = ANY (ARRAY['revoked'::text, 'expired'::text, 'lapsed'::text])))));


ALTER TABLE apppass.all_knocking_code OWNER TO apppass_owner;

--
-- Name: VIEW all_knocking_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_knocking_code IS 'knocking_code of every realm. The owner''s alone.';


--
-- Name: own_knocking_code(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_knocking_code() RETURNS SETOF apppass.all_knocking_code
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_knocking_code AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_knocking_code() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_knocking_code(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_knocking_code() IS 'What a limited operator sees of knocking_code: the realms one manages.';


--
-- Name: main_password_login; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.main_password_login (
    account_id bigint NOT NULL,
    service text NOT NULL,
    network cidr NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL
)
WITH (fillfactor='85');


ALTER TABLE apppass.main_password_login OWNER TO apppass_owner;

--
-- Name: TABLE main_password_login; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.main_password_login IS 'Where main passwords still let somebody in: one row per account, service and network.';


--
-- Name: COLUMN main_password_login.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_login.service IS 'Service; - where unknown.';


--
-- Name: COLUMN main_password_login.network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_login.network IS 'The client''s /24 (IPv4) or /48 (IPv6); 0.0.0.0/0 where its address is unknown.';


--
-- Name: COLUMN main_password_login.first_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_login.first_at IS 'The first login with the main password over this service from there.';


--
-- Name: COLUMN main_password_login.last_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_login.last_at IS 'Last login, up to 5 minutes old.';


--
-- Name: all_main_password_use; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_main_password_use AS
 SELECT a.username AS account,
    r.name AS realm,
    NULLIF(m.service, '-'::text) AS service,
    NULLIF((m.network)::inet, '0.0.0.0/0'::inet) AS network,
    m.first_at,
    m.last_at,
    COALESCE(a.main_password_refused_from, r.main_password_refused_from) AS refused_from
   FROM ((apppass.main_password_login m
     JOIN apppass.account a ON ((a.id = m.account_id)))
     JOIN apppass.realm r ON ((r.id = a.realm_id)));


ALTER TABLE apppass.all_main_password_use OWNER TO apppass_owner;

--
-- Name: VIEW all_main_password_use; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_main_password_use IS 'main_password_use of every realm. The owner''s alone.';


--
-- Name: own_main_password_use(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_main_password_use() RETURNS SETOF apppass.all_main_password_use
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_main_password_use AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_main_password_use() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_main_password_use(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_main_password_use() IS 'What a limited operator sees of main_password_use: the realms one manages.';


--
-- Name: own_realm_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_realm_overview() RETURNS SETOF apppass.all_realm_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_realm_overview AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_realm_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_realm_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_realm_overview() IS 'What a limited operator sees of realm_overview: the realms one manages.';


--
-- Name: all_refusal_log; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.all_refusal_log AS
 SELECT f.at,
    f.verdict,
    a.username AS account,
    r.name AS realm,
    d.label AS device,
    c.selector,
    f.service,
    f.client,
    f.code_id,
    c.revoked_at,
    c.revoke_reason
   FROM ((((apppass.refusal f
     JOIN apppass.account a ON ((a.id = f.account_id)))
     JOIN apppass.realm r ON ((r.id = a.realm_id)))
     JOIN apppass.code c ON ((c.id = f.code_id)))
     JOIN apppass.device d ON ((d.id = c.device_id)))
UNION ALL
 SELECT f.at,
    f.verdict,
    a.username AS account,
    r.name AS realm,
    NULL::text AS device,
    NULL::text AS selector,
    f.service,
    f.client,
    NULL::bigint AS code_id,
    NULL::timestamp with time zone AS revoked_at,
    NULL::text AS revoke_reason
   FROM ((apppass.refusal f
     JOIN apppass.account a ON ((a.id = f.account_id)))
     JOIN apppass.realm r ON ((r.id = a.realm_id)))
  WHERE (f.code_id IS NULL)
UNION ALL
 SELECT f.at,
    f.verdict,
    NULL::text AS account,
    r.name AS realm,
    NULL::text AS device,
    NULL::text AS selector,
    f.service,
    f.client,
    NULL::bigint AS code_id,
    NULL::timestamp with time zone AS revoked_at,
    NULL::text AS revoke_reason
   FROM (apppass.refusal f
     LEFT JOIN apppass.realm r ON ((r.id = f.realm_id)))
  WHERE (f.account_id IS NULL);


ALTER TABLE apppass.all_refusal_log OWNER TO apppass_owner;

--
-- Name: VIEW all_refusal_log; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.all_refusal_log IS 'refusal_log of every realm. The owner''s alone.';


--
-- Name: own_refusal_log(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_refusal_log() RETURNS SETOF apppass.all_refusal_log
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_refusal_log AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_refusal_log() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_refusal_log(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_refusal_log() IS 'What a limited operator sees of refusal_log: the realms one manages.';


--
-- Name: own_unused_code(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_unused_code() RETURNS SETOF apppass.all_unused_code
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_unused_code AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_unused_code() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_unused_code(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_unused_code() IS 'What a limited operator sees of unused_code: the realms one manages.';


--
-- Name: own_use_overview(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.own_use_overview() RETURNS SETOF apppass.all_use_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_use_overview AS v
                WHERE v.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $$;


ALTER FUNCTION apppass.own_use_overview() OWNER TO apppass_owner;

--
-- Name: FUNCTION own_use_overview(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.own_use_overview() IS 'What a limited operator sees of use_overview: the realms one manages.';


--
-- Name: policy_settings(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.policy_settings() RETURNS TABLE(name text, type text, unset text, bites boolean, description text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
    SELECT a.attname, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attnotnull THEN NULL
             WHEN a.attname = 'max_lifetime' OR a.atttypid = 'text[]'::regtype THEN 'any'
             WHEN a.atttypid = 'text'::regtype THEN 'none'
             ELSE 'never' END,
        a.attname IN ('codes_allowed', 'services', 'max_lifetime', 'lapse_after', 'unused_after',
                      'mfa_required', 'main_password_refused_from'),
        col_description(a.attrelid, a.attnum)
    FROM pg_attribute AS a
    WHERE a.attrelid = 'apppass.realm'::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attname NOT IN ('id', 'name')
    ORDER BY a.attnum;
$$;


ALTER FUNCTION apppass.policy_settings() OWNER TO apppass_owner;

--
-- Name: FUNCTION policy_settings(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.policy_settings() IS 'What set_policy sets: the columns of apppass.realm. unset: what people call a NULL, which is not taken where this is NULL; bites: a change may refuse codes that are in use.';


--
-- Name: random_bytes(integer); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.random_bytes(length integer) RETURNS bytea
    LANGUAGE sql STRICT
    BEGIN ATOMIC
 SELECT public.gen_random_bytes(length) AS gen_random_bytes;
END;


ALTER FUNCTION apppass.random_bytes(length integer) OWNER TO apppass_owner;

--
-- Name: FUNCTION random_bytes(length integer); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.random_bytes(length integer) IS 'That many cryptographically random bytes (pgcrypto). For the owner''s functions only.';


--
-- Name: realm_adopt(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.realm_adopt() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    UPDATE apppass.account AS a
    SET realm_id = NEW.id
    FROM apppass.realm AS d
    WHERE d.name = 'default' AND a.realm_id = d.id AND NEW.name <> 'default'
      AND apppass.domain_of(a.username) = NEW.name;
    RETURN NULL;
END
$$;


ALTER FUNCTION apppass.realm_adopt() OWNER TO apppass_owner;

--
-- Name: FUNCTION realm_adopt(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.realm_adopt() IS 'Trigger: moves the accounts of a domain from default to the domain''s new realm.';


--
-- Name: realm_of(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.realm_of(username text) RETURNS integer
    LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    RETURN (
        SELECT r.id
        FROM apppass.realm AS r
        WHERE r.name IN ('default', apppass.domain_of(realm_of.username))
        ORDER BY r.name = 'default'
        LIMIT 1);
END
$$;


ALTER FUNCTION apppass.realm_of(username text) OWNER TO apppass_owner;

--
-- Name: FUNCTION realm_of(username text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.realm_of(username text) IS 'Id of the realm that covers this user name: the one named like its domain (after the last @), else default.';


--
-- Name: realm_operator_policy(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.realm_operator_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.role_name = OLD.role_name THEN
        NEW.role_oid := OLD.role_oid;
        RETURN NEW;
    END IF;
    SELECT g.oid INTO NEW.role_oid FROM pg_roles AS g WHERE g.rolname = NEW.role_name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'role "%" does not exist', NEW.role_name
            USING ERRCODE = '22023', CONSTRAINT = 'role_unknown',
                HINT = 'Create it first: until then a misspelt name would leave the real one '
                       'unlimited.';
    END IF;
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.realm_operator_policy() OWNER TO apppass_owner;

--
-- Name: FUNCTION realm_operator_policy(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.realm_operator_policy() IS 'Trigger: the role must exist (22023); notes which one it is.';


--
-- Name: realm_policy(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.realm_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    accounts bigint;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.name = 'default'
        AND (TG_OP = 'DELETE' OR NEW.name <> 'default') THEN
        RAISE EXCEPTION 'the realm named default stays: it covers every domain without a row'
            USING ERRCODE = 'AP003', CONSTRAINT = 'realm_default_stays',
                HINT = 'Change its columns; codes_allowed = false stops app passwords there.';
    END IF;
    IF TG_OP = 'DELETE' THEN
        SELECT count(*) INTO accounts FROM apppass.account AS a WHERE a.realm_id = OLD.id;
        IF accounts > 0 THEN
            RAISE EXCEPTION 'realm "%" still has % accounts', OLD.name, accounts
                USING ERRCODE = 'AP003', CONSTRAINT = 'realm_has_accounts',
                      HINT = 'Move them first: UPDATE apppass.account SET realm_id = ... ; or stop '
                             'their codes: UPDATE apppass.realm SET codes_allowed = false.';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the key of a realm does not change' USING ERRCODE = 'AP003',
            CONSTRAINT = 'key_fixed', HINT = 'Change its name instead.';
    END IF;
    NEW.name := apppass.account_name(NEW.name);
    -- What stands there already holds, and can be changed, when its row of service is gone.
    IF NEW.services IS DISTINCT FROM OLD.services THEN
        NEW.services := apppass.service_names(NEW.services);
    END IF;
    IF NEW.self_services IS DISTINCT FROM OLD.self_services THEN
        NEW.self_services := apppass.service_names(NEW.self_services);
    END IF;
    IF NEW.self_mfa_values IS NOT NULL THEN
        NEW.self_mfa_values := ARRAY(SELECT apppass.trim_blank(v.value)
                                     FROM unnest(NEW.self_mfa_values) WITH ORDINALITY
                                         AS v (value, place) ORDER BY v.place);
    END IF;
    RETURN NEW;
END
$$;


ALTER FUNCTION apppass.realm_policy() OWNER TO apppass_owner;

--
-- Name: FUNCTION realm_policy(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.realm_policy() IS 'Trigger: canonical names; the default realm and realms with accounts stay (AP003).';


--
-- Name: record_main_password(text, text, inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.record_main_password(username text, service text, client inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account constant bigint := (SELECT a.id FROM apppass.account AS a
                                WHERE a.username = apppass.login_name(
                                    record_main_password.username));
    door constant text := apppass.used_service(record_main_password.service);
    place cidr := apppass.client_network(record_main_password.client);
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    PERFORM apppass.hurry();
    IF NOT EXISTS (SELECT FROM apppass.main_password_login AS m
                   WHERE m.account_id = account AND m.service = door AND m.network = place)
       AND (SELECT count(*) FROM apppass.main_password_login AS m
            WHERE m.account_id = account) >= 200 THEN
        place := apppass.client_network(NULL);
    END IF;
    INSERT INTO apppass.main_password_login AS m (account_id, service, network, first_at, last_at)
    VALUES (account, door, place, now(), now())
    ON CONFLICT ON CONSTRAINT main_password_login_pkey DO UPDATE SET last_at = excluded.last_at
        WHERE m.last_at <= excluded.last_at - interval '5 minutes';
END
$$;


ALTER FUNCTION apppass.record_main_password(username text, service text, client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION record_main_password(username text, service text, client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.record_main_password(username text, service text, client inet) IS 'Records that a main password let somebody in, at most once in 5 minutes per service and network, and bounded as record_use is. Names that are no account are ignored.';


--
-- Name: record_refusal(text, text, bigint, text, inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.record_refusal(verdict text, username text, code_id bigint, service text, client inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    wanted constant text := apppass.login_name(record_refusal.username);
BEGIN
    -- RFC 2606 keeps .invalid from everybody: such a name asks whether the servers answer
    -- ("apppass doctor", a monitoring system).
    IF right(wanted, 8) = '.invalid'
       AND NOT EXISTS (SELECT FROM apppass.account AS a WHERE a.username = wanted) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM apppass.verdict AS v WHERE v.name = record_refusal.verdict) THEN
        RAISE EXCEPTION 'verdict "%" is not known', record_refusal.verdict
            USING ERRCODE = '22023', CONSTRAINT = 'verdict_unknown',
                  HINT = 'The mail server is newer than the schema: sqitch deploy.';
    END IF;
    IF record_refusal.verdict IN ('accepted', 'main_password') THEN
        RAISE EXCEPTION 'verdict "%" refuses nothing', record_refusal.verdict
            USING ERRCODE = '22023', CONSTRAINT = 'verdict_unknown',
                  HINT = 'Uses are recorded by record_use and record_main_password.';
    END IF;
    PERFORM apppass.hurry();
    INSERT INTO apppass.refusal (at, verdict, account_id, realm_id, code_id, service, client)
    SELECT now(), record_refusal.verdict, a.id, a.realm_id, c.id,
        apppass.recorded_service(record_refusal.service),
        apppass.client_address(record_refusal.client)
    FROM (VALUES (wanted)) AS asked (username)
    LEFT JOIN apppass.account AS a ON a.username = asked.username
    LEFT JOIN apppass.code AS c ON c.id = record_refusal.code_id AND c.account_id = a.id;
END
$$;


ALTER FUNCTION apppass.record_refusal(verdict text, username text, code_id bigint, service text, client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION record_refusal(verdict text, username text, code_id bigint, service text, client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.record_refusal(verdict text, username text, code_id bigint, service text, client inet) IS 'Records a refused attempt. The user name is stored as an account id, or not at all: it may be somebody''s password in the wrong field. Names that end in .invalid (RFC 2606) and are no account are left out: monitoring may use them.';


--
-- Name: record_use(bigint, text, inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.record_use(code_id bigint, service text, client inet) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    door constant text := apppass.used_service(record_use.service);
    place cidr := apppass.client_network(record_use.client);
    is_new boolean;
    event text;
BEGIN
    PERFORM apppass.hurry();
    IF NOT EXISTS (SELECT FROM apppass.code_use AS u
                   WHERE u.code_id = record_use.code_id AND u.service = door AND u.network = place)
       AND (SELECT count(*) FROM apppass.code_use AS u WHERE u.code_id = record_use.code_id) >= 200
           THEN
        place := apppass.client_network(NULL);
    END IF;
    INSERT INTO apppass.code_use AS u (code_id, service, network, first_at, last_at)
    SELECT c.id, door, place, now(), now() FROM apppass.code AS c WHERE c.id = record_use.code_id
    ON CONFLICT ON CONSTRAINT code_use_pkey DO UPDATE SET last_at = excluded.last_at
        WHERE u.last_at <= excluded.last_at - interval '5 minutes'
    RETURNING u.xmax = 0 INTO is_new;
    IF is_new IS NOT TRUE THEN
        RETURN;
    END IF;
    SELECT CASE WHEN count(*) = 1 THEN 'first_use'
                WHEN count(*) FILTER (WHERE u.network = place) = 1 THEN 'new_network' END
    INTO event
    FROM apppass.code_use AS u WHERE u.code_id = record_use.code_id;
    IF event IS NOT NULL THEN
        PERFORM apppass.notify(jsonb_build_object(
            'event', event, 'at', now(), 'account_id', c.account_id, 'code_id', c.id,
            'realm_id', c.realm_id))
        FROM apppass.code AS c WHERE c.id = record_use.code_id;
    END IF;
END
$$;


ALTER FUNCTION apppass.record_use(code_id bigint, service text, client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION record_use(code_id bigint, service text, client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.record_use(code_id bigint, service text, client inet) IS 'Records a successful login: at most one write per code, service and network (/24, /48) in 5 minutes. Beyond 200 services and networks of a code, further networks are recorded as unknown. Sends first_use and new_network events. Unknown codes are ignored.';


--
-- Name: service_name(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.service_name(service text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE apppass.fold(service) WHEN 'imaps'::text THEN 'imap'::text WHEN 'pop3'::text THEN 'pop'::text WHEN 'pop3s'::text THEN 'pop'::text WHEN 'pops'::text THEN 'pop'::text WHEN 'smtps'::text THEN 'smtp'::text WHEN 'submission'::text THEN 'smtp'::text WHEN 'submissions'::text THEN 'smtp'::text WHEN 'managesieve'::text THEN 'sieve'::text WHEN 'caldav'::text THEN 'dav'::text WHEN 'carddav'::text THEN 'dav'::text WHEN 'http'::text THEN 'dav'::text WHEN 'https'::text THEN 'dav'::text ELSE apppass.fold(service) END;


ALTER FUNCTION apppass.service_name(service text) OWNER TO apppass_owner;

--
-- Name: FUNCTION service_name(service text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.service_name(service text) IS 'The one name of a service: imap, pop, smtp, sieve, dav, or the given name in lower case.';


--
-- Name: recorded_service(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.recorded_service(service text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN apppass.is_service(apppass.service_name(service)) THEN apppass.service_name(service) ELSE NULL::text END;


ALTER FUNCTION apppass.recorded_service(service text) OWNER TO apppass_owner;

--
-- Name: FUNCTION recorded_service(service text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.recorded_service(service text) IS 'The canonical name of a service; NULL for what is none: a taken-over mail server may say anything, and people copy commands that hold it.';


--
-- Name: refusal_forget(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.refusal_forget() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    UPDATE apppass.refusal AS f SET account_id = NULL, code_id = NULL WHERE f.account_id = OLD.id;
    RETURN NULL;
END
$$;


ALTER FUNCTION apppass.refusal_forget() OWNER TO apppass_owner;

--
-- Name: FUNCTION refusal_forget(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.refusal_forget() IS 'Trigger: refusals of an account that is removed stay with its realm alone.';


--
-- Name: refusal_partition(timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.refusal_partition(month timestamp with time zone, OUT name text, OUT lower_bound timestamp with time zone, OUT upper_bound timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT 'refusal_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM'),
           date_trunc('month', month AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
           (date_trunc('month',
               month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
$$;


ALTER FUNCTION apppass.refusal_partition(month timestamp with time zone, OUT name text, OUT lower_bound timestamp with time zone, OUT upper_bound timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION refusal_partition(month timestamp with time zone, OUT name text, OUT lower_bound timestamp with time zone, OUT upper_bound timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.refusal_partition(month timestamp with time zone, OUT name text, OUT lower_bound timestamp with time zone, OUT upper_bound timestamp with time zone) IS 'Name and bounds of the partition of that moment''s month.';


--
-- Name: refusal_partitions(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.refusal_partitions() RETURNS TABLE(part oid, name text, lower_bound timestamp with time zone, upper_bound timestamp with time zone)
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO'
    AS $$
    SELECT c.oid, c.relname::text, b.bounds[1]::timestamptz, b.bounds[2]::timestamptz
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL (
        SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid),
                            'FROM [(]''(.+)''[)] TO [(]''(.+)''[)]') AS bounds) AS b
    WHERE i.inhparent = 'apppass.refusal'::regclass
    ORDER BY 3 NULLS LAST;
$$;


ALTER FUNCTION apppass.refusal_partitions() OWNER TO apppass_owner;

--
-- Name: FUNCTION refusal_partitions(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.refusal_partitions() IS 'The partitions of refusal; the bounds of the default one are NULL.';


--
-- Name: rehearse_code(text, text, text[], cidr[], timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.rehearse_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone) RETURNS apppass.stored_code
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    account apppass.account := apppass.managed_account(username);
    selector text;
    stored apppass.stored_code;
BEGIN
    selector := left(apppass.make_code(account.id, 20), 4);
    BEGIN
        stored := apppass.store_code(username, device, selector,
            '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$'
            || repeat('A', 43), services, networks, expires_at);
        RAISE EXCEPTION 'rehearsed' USING ERRCODE = 'AP009', CONSTRAINT = 'handover_rehearsed',
            HINT = 'Nobody sees this.';
    EXCEPTION WHEN SQLSTATE 'AP009' THEN
        RETURN stored;
    END;
END
$_$;


ALTER FUNCTION apppass.rehearse_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION rehearse_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.rehearse_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone) IS 'What store_code would store now, or its error; nothing is stored.';


--
-- Name: remove_access(integer, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.remove_access(rule_position integer, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    previous constant text[] := apppass.set_context(reason, ticket, operator);
BEGIN
    RETURN QUERY SELECT v.* FROM apppass.all_access_overview AS v
                 WHERE v.position = remove_access.rule_position;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no access rule at position %', remove_access.rule_position
            USING ERRCODE = 'P0002', CONSTRAINT = 'access_rule_not_found',
                  HINT = 'SELECT * FROM apppass.access_overview ORDER BY position shows them.';
    END IF;
    DELETE FROM apppass.access_rule AS x WHERE x.position = remove_access.rule_position;
    PERFORM apppass.restore_context(previous);
END
$$;


ALTER FUNCTION apppass.remove_access(rule_position integer, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION remove_access(rule_position integer, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.remove_access(rule_position integer, reason text, ticket text, operator text) IS 'Removes the access rule at that position and returns what it was. Errors: P0002 there is none.';


--
-- Name: rename_account(text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.rename_account(username text, new_name text, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(username);
    name constant text := apppass.require_username(new_name);
    previous text[];
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('renaming an account');
    PERFORM apppass.lock_rows('account key', ARRAY[account.id]);
    BEGIN
        UPDATE apppass.account AS a SET username = name WHERE a.id = account.id;
    EXCEPTION
        WHEN unique_violation THEN
            RAISE EXCEPTION 'account "%" exists already', name
                USING ERRCODE = '23505', CONSTRAINT = 'account_name_taken',
                      HINT = 'Two accounts do not become one: revoke the codes of the one that '
                             'ends, and issue new ones.';
    END;
    PERFORM apppass.restore_context(previous);
    RETURN name;
END
$$;


ALTER FUNCTION apppass.rename_account(username text, new_name text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION rename_account(username text, new_name text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.rename_account(username text, new_name text, reason text, ticket text, operator text) IS 'Gives an account another name, and the realm of its domain where it was in that of the old one; codes, devices and trail stay its own. Returns the name as kept. Sessions under the old name end. Errors: 23505 taken, 22023 not a user name, AP002 no reason, P0002 no such account.';


--
-- Name: renamed_accounts(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.renamed_accounts(account text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT DISTINCT a.username
    FROM apppass.audit AS l JOIN apppass.account AS a ON a.id = l.account_id
    WHERE l.account = apppass.account_name(left(renamed_accounts.account, 256))
      AND a.username <> l.account
      AND a.realm_id IN (SELECT apppass.managed_realms());
END
$$;


ALTER FUNCTION apppass.renamed_accounts(account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION renamed_accounts(account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.renamed_accounts(account text) IS 'What accounts that once had this name are called now.';


--
-- Name: require_issuable(bigint, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.require_issuable(account_id bigint, replaces bigint) RETURNS apppass.realm
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    account apppass.account;
    realm apppass.realm;
    live bigint;
BEGIN
    SELECT a.* INTO STRICT account FROM apppass.account AS a
        WHERE a.id = require_issuable.account_id;
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF NOT apppass.account_open(account.enabled, account.disabled_from) THEN
        RAISE EXCEPTION 'account "%" is disabled', account.username
            USING ERRCODE = 'AP001', CONSTRAINT = 'account_disabled',
                DETAIL = 'A disabled account gets no codes.',
                  HINT = 'Enable it: SELECT apppass.set_account_enabled(username, true, reason).';
    ELSIF NOT realm.codes_allowed THEN
        RAISE EXCEPTION 'realm "%" does not allow app passwords', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'realm_denied',
                DETAIL = 'realm.codes_allowed is false.',
                  HINT = 'An administrator can change it: UPDATE apppass.realm SET codes_allowed = '
                         'true WHERE name = ...';
    ELSIF realm.mfa_required AND NOT account.mfa_enrolled THEN
        RAISE EXCEPTION 'account "%" is not enrolled in MFA', account.username
            USING ERRCODE = 'AP001', CONSTRAINT = 'mfa_missing',
                DETAIL = format('Realm "%s" gives codes to enrolled accounts only.',
                realm.name),
                  HINT = 'Let the user enrol, then: SELECT apppass.set_mfa(username, true, '
                         'reason).';
    END IF;
    SELECT count(*) INTO live FROM apppass.code_standing AS s
    WHERE s.account_id = require_issuable.account_id AND s.state IS NULL
        AND s.code_id IS DISTINCT FROM require_issuable.replaces;
    IF live >= realm.max_codes THEN
        RAISE EXCEPTION 'account "%" has % live codes already', account.username, live
            USING ERRCODE = 'AP001', CONSTRAINT = 'max_codes_reached',
                DETAIL = format('Realm "%s" allows %s.', realm.name, realm.max_codes),
                  HINT = 'Revoke one that is no longer used: see apppass.code_overview.';
    END IF;
    RETURN realm;
END
$$;


ALTER FUNCTION apppass.require_issuable(account_id bigint, replaces bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION require_issuable(account_id bigint, replaces bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.require_issuable(account_id bigint, replaces bigint) IS 'The realm, where policy lets the account have one more code (not counting the one to be replaced); else AP001.';


--
-- Name: require_lifetime(apppass.realm, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.require_lifetime(realm apppass.realm, created_at timestamp with time zone, expires_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    latest constant timestamptz := apppass.later(created_at, realm.max_lifetime);
BEGIN
    IF expires_at > latest THEN
        RAISE EXCEPTION 'realm "%" does not allow codes that live longer than %', realm.name,
            realm.max_lifetime
            USING ERRCODE = 'AP001', CONSTRAINT = 'max_lifetime_exceeded',
                DETAIL = format('The latest possible expiry is %s.', latest),
                  HINT = 'Give an earlier expiry, or none to get the latest possible one.';
    END IF;
    RETURN coalesce(expires_at, latest);
END
$$;


ALTER FUNCTION apppass.require_lifetime(realm apppass.realm, created_at timestamp with time zone, expires_at timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION require_lifetime(realm apppass.realm, created_at timestamp with time zone, expires_at timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.require_lifetime(realm apppass.realm, created_at timestamp with time zone, expires_at timestamp with time zone) IS 'That expiry, or where it is NULL the latest one, where the realm lets a code live so long; else AP001.';


--
-- Name: require_reason(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.require_reason(what text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF apppass.context('reason') IS NULL THEN
        RAISE EXCEPTION '% needs a reason', what
            USING ERRCODE = 'AP002', CONSTRAINT = 'reason_missing',
                  HINT = 'Give the function a reason; with plain SQL, SET LOCAL apppass.reason = '
                         '''why'' in the same transaction.';
    END IF;
END
$$;


ALTER FUNCTION apppass.require_reason(what text) OWNER TO apppass_owner;

--
-- Name: FUNCTION require_reason(what text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.require_reason(what text) IS 'AP002 unless the session''s context carries a reason.';


--
-- Name: require_username(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.require_username(username text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    name constant text := apppass.account_name(username);
BEGIN
    IF apppass.is_username(name) IS NOT TRUE THEN
        RAISE EXCEPTION 'user name is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'account_username_form',
                  HINT = 'A user name is one that a login can reach: 1 to 255 bytes, nothing blank '
                         'or invisible in it, no %, and around an @ something before it and a '
                         'domain in ASCII (xn--) after it.';
    END IF;
    RETURN name;
END
$$;


ALTER FUNCTION apppass.require_username(username text) OWNER TO apppass_owner;

--
-- Name: FUNCTION require_username(username text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.require_username(username text) IS 'The name as accounts have it, where it can be one (22023).';


--
-- Name: reset_code(text, text, interval, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.reset_code(username text, device text, grace interval DEFAULT '00:00:00'::interval, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.reset_issued_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(reset_code.username);
    code text;
    stored apppass.reset_stored_code;
BEGIN
    PERFORM apppass.take_turn(account.id);
    SELECT apppass.make_code(account.id, r.code_length) INTO STRICT code FROM apppass.realm AS r
        WHERE r.id = account.realm_id;
    stored := apppass.reset_device(reset_code.username, reset_code.device, left(code, 4),
        apppass.bcrypt(code), reset_code.grace, reset_code.reason,
        reset_code.ticket, reset_code.operator);
    RETURN ROW(apppass.group_code(code), stored.code_id, stored.account_name, stored.device,
        stored.selector, stored.services,
               stored.networks, stored.expires_at, stored.old_codes, stored.old_selectors,
               stored.old_ends_at)::apppass.reset_issued_code;
END
$$;


ALTER FUNCTION apppass.reset_code(username text, device text, grace interval, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION reset_code(username text, device text, grace interval, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.reset_code(username text, device text, grace interval, reason text, ticket text, operator text) IS 'Like reset_device, with a code made in the database and returned this once.';


--
-- Name: reset_device(text, text, text, text, interval, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.reset_device(username text, device text, selector text, hash text, grace interval DEFAULT '00:00:00'::interval, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.reset_stored_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(reset_device.username);
    target bigint := apppass.known_device(account, reset_device.device);
    period interval := coalesce(reset_device.grace, '0');
    grace_ends_at timestamptz := apppass.later(now(), coalesce(reset_device.grace, '0'));
    previous text[] := apppass.set_context(reset_device.reason, reset_device.ticket,
        reset_device.operator);
    newest apppass.code;
    stored apppass.stored_code;
    old_codes bigint[];
    old_selectors text[];
    code_id bigint;
BEGIN
    IF period < interval '0' THEN
        RAISE EXCEPTION 'the grace period is negative' USING ERRCODE = '22023',
            CONSTRAINT = 'grace_negative', HINT = 'Use 0 to end the old code now.';
    END IF;
    PERFORM apppass.require_reason('resetting a device');
    PERFORM apppass.take_turn(account.id);

    SELECT c.* INTO newest FROM apppass.code AS c WHERE c.device_id = target
    ORDER BY (c.revoked_at IS NULL) DESC, c.id DESC LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'device "%" has never had a code', reset_device.device
            USING ERRCODE = 'P0002', CONSTRAINT = 'device_never_had_code',
                HINT = 'Issue one: apppass.issue_code(username, device).';
    END IF;
    SELECT array_agg(s.code_id ORDER BY s.code_id),
        array_agg(s.selector ORDER BY s.code_id) INTO old_codes, old_selectors
    FROM apppass.code_standing AS s
    WHERE s.device_id = target AND s.state IS NULL;

    IF period = interval '0' THEN
        PERFORM apppass.revoke_codes(account.id, target, NULL);
    ELSE
        PERFORM apppass.lock_rows('code', old_codes);
        UPDATE apppass.code AS c SET expires_at = grace_ends_at
        FROM apppass.code_standing AS s
        WHERE c.id = ANY (old_codes) AND s.code_id = c.id
            AND (s.ends_at IS NULL OR s.ends_at > grace_ends_at);
    END IF;
    INSERT INTO apppass.code AS c (device_id, selector, hash, services, networks, expires_at,
        replaces)
    VALUES (target, reset_device.selector, reset_device.hash, apppass.kept_services(newest),
        newest.networks,
        apppass.chosen_expiry(newest), newest.id)
    RETURNING c.id INTO code_id;
    PERFORM apppass.restore_context(previous);
    stored := apppass.stored_code_of(code_id);
    RETURN ROW(stored.code_id, stored.account_name, stored.device, stored.selector, stored.services,
        stored.networks, stored.expires_at,
               coalesce(old_codes, '{}'), coalesce(old_selectors, '{}'), CASE
                   WHEN old_codes IS NOT NULL THEN grace_ends_at END)::apppass.reset_stored_code;
EXCEPTION
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'selector or hash is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'code_invalid',
                HINT = 'The selector is the first four symbols of the code; the hash a PHC or '
                       'crypt(3) string of all of it.';
END
$$;


ALTER FUNCTION apppass.reset_device(username text, device text, selector text, hash text, grace interval, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION reset_device(username text, device text, selector text, hash text, grace interval, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.reset_device(username text, device text, selector text, hash text, grace interval, reason text, ticket text, operator text) IS 'Stores a new code for a device, with the networks of its last one and those of its services that the realm still allows; the old ones end now, or after the grace period.
Errors: AP002 no reason, P0002 no such account or device, or one that never had a code, else as for store_code.';


--
-- Name: restore_context(text[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.restore_context(previous text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM set_config('apppass.reason', coalesce(previous[1], ''), true),
            set_config('apppass.ticket', coalesce(previous[2], ''), true),
            set_config('apppass.operator', coalesce(previous[3], ''), true);
END
$$;


ALTER FUNCTION apppass.restore_context(previous text[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION restore_context(previous text[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.restore_context(previous text[]) IS 'Undoes set_context at the end of a function. After an error the rollback does.';


--
-- Name: revoke_account(text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.revoke_account(username text, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(revoke_account.username);
    previous text[];
    revoked integer;
BEGIN
    previous := apppass.set_context(revoke_account.reason, revoke_account.ticket,
        revoke_account.operator);
    PERFORM apppass.require_reason('revoking the codes of an account');
    PERFORM apppass.await_issue(account.id);
    PERFORM apppass.withdraw_offers(account, NULL);
    revoked := apppass.revoke_codes(account.id, NULL, NULL);
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.revoke_account(username text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION revoke_account(username text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.revoke_account(username text, reason text, ticket text, operator text) IS 'Revokes all codes of an account ("left the company", "password changed"); returns how many, 0 where it had none. Links with which one could be made end too. Errors: P0002 no such account, AP002 no reason, 42501 not yours.';


--
-- Name: revoke_code(text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.revoke_code(username text, selector text, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(revoke_code.username);
    wanted text := apppass.selector_name(revoke_code.selector);
    revoked integer;
    previous text[];
BEGIN
    IF wanted IS NULL OR length(wanted) <> 4 THEN
        RAISE EXCEPTION 'that is not a selector'
            USING ERRCODE = '22023', CONSTRAINT = 'selector_invalid',
                HINT = 'Give the first four symbols of the code, never all of it.';
    END IF;
    previous := apppass.set_context(revoke_code.reason, revoke_code.ticket, revoke_code.operator);
    revoked := apppass.revoke_codes(account.id, NULL, wanted);
    IF revoked = 0 THEN
        RAISE EXCEPTION 'account "%" has no live code that starts with %', account.username, wanted
            USING ERRCODE = 'P0002', CONSTRAINT = 'code_not_found',
                HINT = 'It may be revoked already: see apppass.code_overview.';
    END IF;
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.revoke_code(username text, selector text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION revoke_code(username text, selector text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.revoke_code(username text, selector text, reason text, ticket text, operator text) IS 'Revokes the code of that selector, from the next login on; returns 1. Errors: P0002 no such account or live code, AP002 no reason, 22023 not a selector, 42501 not yours.';


--
-- Name: revoke_codes(bigint, bigint, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.revoke_codes(account_id bigint, device_id bigint, selector text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    ids bigint[];
    revoked integer;
BEGIN
    PERFORM apppass.require_reason('revoking a code');
    ids := ARRAY(SELECT c.id FROM apppass.code AS c
                 WHERE c.account_id = revoke_codes.account_id AND c.revoked_at IS NULL
                 AND (revoke_codes.device_id IS NULL OR c.device_id = revoke_codes.device_id)
                   AND (revoke_codes.selector IS NULL OR c.selector = revoke_codes.selector));
    PERFORM apppass.lock_rows('code', ids);
    UPDATE apppass.code AS c
    SET revoked_at = now(), revoke_reason = apppass.context('reason')
    WHERE c.id = ANY (ids) AND c.revoked_at IS NULL;
    GET DIAGNOSTICS revoked = ROW_COUNT;
    RETURN revoked;
EXCEPTION
    -- The server's own words would show the row, hash included.
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'the code cannot be revoked so'
            USING ERRCODE = '22023', CONSTRAINT = 'revoke_reason_invalid',
                HINT = 'Give another reason.';
END
$$;


ALTER FUNCTION apppass.revoke_codes(account_id bigint, device_id bigint, selector text) OWNER TO apppass_owner;

--
-- Name: FUNCTION revoke_codes(account_id bigint, device_id bigint, selector text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.revoke_codes(account_id bigint, device_id bigint, selector text) IS 'Revokes the account''s codes, of one device or one selector where given; returns how many.';


--
-- Name: revoke_codes(bigint[], text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.revoke_codes(code_ids bigint[], reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    wanted constant bigint[] := ARRAY(SELECT DISTINCT i FROM unnest(code_ids) AS i
        WHERE i IS NOT NULL);
    previous text[];
    revoked integer;
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('revoking a code');
    IF EXISTS (SELECT FROM apppass.code AS c
               WHERE c.id = ANY (wanted)
                 AND c.realm_id NOT IN (SELECT apppass.managed_realms())) THEN
        RAISE EXCEPTION 'one of the codes is not one that % may manage', session_user
            USING ERRCODE = '42501', CONSTRAINT = 'account_not_managed',
                  HINT = 'apppass.realm_operator says which realms this login manages; an '
                         'administrator can change it.';
    END IF;
    PERFORM apppass.lock_rows('code', wanted);
    UPDATE apppass.code AS c
    SET revoked_at = now(), revoke_reason = apppass.context('reason')
    WHERE c.id = ANY (wanted) AND c.revoked_at IS NULL;
    GET DIAGNOSTICS revoked = ROW_COUNT;
    IF revoked < cardinality(wanted) THEN
        RAISE EXCEPTION '% of the % codes are no longer there to be revoked',
                cardinality(wanted) - revoked, cardinality(wanted)
            USING ERRCODE = 'AP005', CONSTRAINT = 'codes_changed',
                  HINT = 'Somebody revoked them meanwhile: look again with apppass.find_codes().';
    END IF;
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.revoke_codes(code_ids bigint[], reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION revoke_codes(code_ids bigint[], reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.revoke_codes(code_ids bigint[], reason text, ticket text, operator text) IS 'Revokes exactly these codes, or none of them: AP005 where one has been revoked meanwhile. Returns how many. Errors: AP002 no reason, 42501 one is not yours.';


--
-- Name: revoke_device(text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.revoke_device(username text, device text, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(revoke_device.username);
    previous text[];
    revoked integer := 0;
    withdrawn integer;
BEGIN
    previous := apppass.set_context(revoke_device.reason, revoke_device.ticket,
        revoke_device.operator);
    PERFORM apppass.require_reason('revoking a device');
    PERFORM apppass.await_issue(account.id);
    withdrawn := apppass.withdraw_offers(account, revoke_device.device);
    IF withdrawn = 0 OR EXISTS (SELECT FROM apppass.device AS d WHERE d.account_id = account.id
            AND apppass.label_key(d.label)
                = apppass.label_key(apppass.label_name(revoke_device.device))) THEN
        revoked := apppass.revoke_codes(account.id,
            apppass.known_device(account, revoke_device.device), NULL);
    END IF;
    IF revoked + withdrawn = 0 THEN
        RAISE EXCEPTION 'device "%" of account "%" has no live code', revoke_device.device,
            account.username
            USING ERRCODE = 'P0002', CONSTRAINT = 'device_without_code',
                HINT = 'They may be revoked already: see apppass.code_overview.';
    END IF;
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.revoke_device(username text, device text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION revoke_device(username text, device text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.revoke_device(username text, device text, reason text, ticket text, operator text) IS 'Revokes all codes of a device; returns how many. A link with which one could be made ends too, and may be all that there is. Errors: P0002 no such account, device or live code, AP002 no reason, 42501 not yours.';


--
-- Name: revoked_now(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.revoked_now(account text) RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    known constant apppass.account := apppass.managed_account(revoked_now.account);
BEGIN
    RETURN QUERY
    SELECT v.* FROM apppass.all_code_overview AS v
    WHERE v.account = known.username AND v.revoked_at = now()
    ORDER BY apppass.label_key(v.device), v.selector, v.code_id;
END
$$;


ALTER FUNCTION apppass.revoked_now(account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION revoked_now(account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.revoked_now(account text) IS 'The codes of an account that this transaction revoked; rows as in code_overview. Errors: P0002 no such account, 42501 not yours.';


--
-- Name: role_setting(text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.role_setting(login text, setting text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(
        (SELECT split_part(line, '=', 2)
         FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS line
         WHERE s.setrole = role_setting.login::regrole
           AND s.setdatabase IN (0, (SELECT d.oid FROM pg_database AS d
                                     WHERE d.datname = current_database()))
           AND split_part(line, '=', 1) = role_setting.setting
         ORDER BY s.setdatabase DESC LIMIT 1),
        current_setting(role_setting.setting));
$$;


ALTER FUNCTION apppass.role_setting(login text, setting text) OWNER TO apppass_owner;

--
-- Name: FUNCTION role_setting(login text, setting text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.role_setting(login text, setting text) IS 'A setting as a session of that login has it in this database.';


--
-- Name: rule_matches(integer, text, cidr, text, integer, text, inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((rule_realm IS NULL) OR (rule_realm = realm_id)) AND ((rule_service IS NULL) OR (rule_service = service)) AND ((rule_network IS NULL) OR (address <<= (rule_network)::inet) OR ((address IS NULL) AND (rule_action = 'deny'::text))));


ALTER FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) IS 'Does an access rule match this attempt? Of those that do the one with the lowest position decides. An unknown address matches a network that denies and none that allows.';


--
-- Name: rule_verdict(text, cidr, text, boolean); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (rule_action = 'allow'::text) THEN NULL::text WHEN (rule_network IS NOT NULL) THEN 'network_denied'::text WHEN (rule_service IS NOT NULL) THEN 'service_denied'::text WHEN main_password THEN 'main_password_refused'::text ELSE 'realm_denied'::text END;


ALTER FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) OWNER TO apppass_owner;

--
-- Name: FUNCTION rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) IS 'The verdict of the access rule that decides; NULL where it allows.';


--
-- Name: schema_serves(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.schema_serves() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;


ALTER FUNCTION apppass.schema_serves() OWNER TO apppass_owner;

--
-- Name: FUNCTION schema_serves(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.schema_serves() IS 'The oldest tools that this schema serves: those made for the schema of that number. Older ones refuse it.';


--
-- Name: schema_version(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.schema_version() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 1;


ALTER FUNCTION apppass.schema_version() OWNER TO apppass_owner;

--
-- Name: FUNCTION schema_version(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.schema_version() IS 'The number of this schema. A tool refuses one that is older than it needs.';


--
-- Name: sees_all(); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.sees_all() RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN apppass.manages_all();
END
$$;


ALTER FUNCTION apppass.sees_all() OWNER TO apppass_owner;

--
-- Name: FUNCTION sees_all(); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.sees_all() IS 'What manages_all() says, at the time of planning. For the views alone.';


--
-- Name: selector_name(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.selector_name(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (translate(apppass.fold(apppass.trim_blank(typed)), 'oil'::text, '011'::text) COLLATE "C");


ALTER FUNCTION apppass.selector_name(typed text) OWNER TO apppass_owner;

--
-- Name: FUNCTION selector_name(typed text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.selector_name(typed text) IS 'The selector that a person meant: no blanks around it, lower case, and the letters that the alphabet lacks as the digits they look like.';


--
-- Name: self_account(text, timestamp with time zone, text, text[], inet, text, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_account(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, purpose text, turn bigint DEFAULT NULL::bigint) RETURNS apppass.account
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(self_account.username);
    realm apppass.realm;
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF NOT realm.self_allowed THEN
        RAISE EXCEPTION 'realm "%" does not let owners help themselves', realm.name
            USING ERRCODE = 'AP001', CONSTRAINT = 'self_not_allowed',
                  DETAIL = 'realm.self_allowed is false.',
                  HINT = 'An administrator can change it: apppass realm set REALM self_allowed=yes';
    ELSIF self_account.auth_time IS NULL THEN
        RAISE EXCEPTION 'when the identity was verified is not known'
            USING ERRCODE = 'AP006', CONSTRAINT = 'identity_unknown',
                  HINT = 'Pass on auth_time, as the identity system tells it.';
    ELSIF self_account.purpose = 'look' THEN
        RETURN account;
    ELSIF NOT apppass.self_fresh(realm, self_account.auth_time) THEN
        RAISE EXCEPTION 'the identity was verified too long ago'
            USING ERRCODE = 'AP006', CONSTRAINT = 'identity_stale',
                  DETAIL = format('Realm "%s" asks for at most %s.', realm.name,
                                  realm.self_fresh_within),
                  HINT = 'Let the person sign in again.';
    ELSIF self_account.purpose = 'make'
        AND NOT apppass.self_strong(realm, self_account.acr, self_account.amr) THEN
        RAISE EXCEPTION 'the identity was verified without a second factor that counts'
            USING ERRCODE = 'AP006', CONSTRAINT = 'identity_weak',
                  DETAIL = format('These count: %s.',
                      array_to_string(realm.self_mfa_values, ', ')),
                  HINT = 'Let the person sign in again, with a second factor.';
    END IF;
    -- Of two changes at a time the second must see what the first one made.
    IF self_account.purpose = 'make' THEN
        PERFORM apppass.take_turn(account.id);
        IF (SELECT t.turn FROM apppass.issue_turn AS t
            WHERE t.account_id = account.id) <> self_account.turn + 1
        THEN
            RAISE EXCEPTION 'a code was made for account "%" since this was asked for',
                account.username
                USING ERRCODE = 'AP001', CONSTRAINT = 'self_turn_gone',
                      HINT = 'Ask self_policy for the turn again.';
        END IF;
        IF apppass.self_makes(account.id) >= realm.self_makes_per_day THEN
            RAISE EXCEPTION 'account "%" has made % codes in 24 hours', account.username,
                realm.self_makes_per_day
                USING ERRCODE = 'AP001', CONSTRAINT = 'self_too_many',
                      DETAIL = format('Realm "%s" allows no more.', realm.name),
                      HINT = 'Wait, or let the helpdesk make it.';
        END IF;
    END IF;
    PERFORM apppass.audit_write('owner_identified', realm.id, account.id, account.username,
        NULL, NULL, NULL, NULL,
        jsonb_strip_nulls(jsonb_build_object(
            'for', self_account.purpose, 'auth_time', self_account.auth_time, 'acr',
            left(self_account.acr, 200),
            'amr', left(array_to_string(self_account.amr, ' '), 200),
            'address', host(self_account.client))), NULL);
    IF self_account.purpose = 'make' AND realm.self_mfa_values IS NOT NULL
        AND NOT account.mfa_enrolled THEN
        UPDATE apppass.account AS a SET mfa_enrolled = true WHERE a.id = account.id;
    END IF;
    RETURN account;
END
$$;


ALTER FUNCTION apppass.self_account(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, purpose text, turn bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_account(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, purpose text, turn bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_account(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, purpose text, turn bigint) IS 'The account, where its owner may look, revoke or make (purpose). turn: nothing is made if another code was since self_policy told it; NULL: whatever was. Notes in the trail on what identity that rests.';


--
-- Name: self_alarm(text, timestamp with time zone, text, text[], inet, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[] := apppass.set_context('its owner says: it was not me', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_alarm.username, self_alarm.auth_time,
        self_alarm.acr, self_alarm.amr, self_alarm.client, 'revoke');
    revoked integer;
BEGIN
    PERFORM apppass.audit_write('owner_alarm', account.realm_id, account.id, account.username,
        NULL, NULL, left(self_alarm.selector, 4), NULL, NULL, NULL);
    revoked := apppass.revoke_account(account.username, NULL);
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) IS '"It was not me": an event owner_alarm for the helpdesk, with the selector of what was found where given, and all codes of the account revoked; returns how many.';


--
-- Name: self_codes(text, timestamp with time zone, text, text[], inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) RETURNS SETOF apppass.self_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.self_account(self_codes.username, self_codes.auth_time,
        self_codes.acr, self_codes.amr, self_codes.client, 'look');
BEGIN
    RETURN QUERY
    SELECT o.device, o.selector::text, o.state, o.services, o.networks, o.created_at, o.expires_at,
        o.revoked_at, o.last_used_at, o.last_service, o.last_network::cidr,
        o.created_by LIKE '%/the owner'
    FROM apppass.all_code_overview AS o
    WHERE o.account = account.username
      AND coalesce(o.revoked_at, o.expires_at, 'infinity') > now() - interval '30 days'
    ORDER BY o.revoked_at IS NOT NULL, o.device, o.created_at;
END
$$;


ALTER FUNCTION apppass.self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) IS 'The codes of an account, for its owner; what ended more than 30 days ago is left out.';


--
-- Name: self_collect(bytea, bytea, inet, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text) RETURNS apppass.stored_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[];
    account apppass.account;
    offer apppass.handover;
    stored apppass.stored_code;
BEGIN
    -- Of two who collect at a time the second waits, and finds it gone.
    SELECT h.* INTO offer FROM apppass.handover AS h
        WHERE h.link_hash = self_collect.link_hash FOR UPDATE;
    account := apppass.managed_account((apppass.self_offer(self_collect.link_hash)).account_name);
    previous := apppass.set_context('collected by its link', NULL, 'the link');
    -- No error: it would take the count back.
    IF offer.pin_hash IS NOT NULL AND offer.pin_hash IS DISTINCT FROM self_collect.pin_hash THEN
        UPDATE apppass.handover AS h SET wrong_pins = h.wrong_pins + 1 WHERE h.id = offer.id;
        PERFORM apppass.audit_write(CASE WHEN offer.wrong_pins >= 4 THEN 'handover_locked'
                                         ELSE 'handover_pin_wrong' END,
            account.realm_id, account.id, account.username, offer.device, NULL, NULL, NULL,
            jsonb_strip_nulls(jsonb_build_object(
                'address', host(self_collect.client))), NULL);
        PERFORM apppass.restore_context(previous);
        RETURN NULL;
    END IF;
    stored := apppass.store_code(account.username, offer.device, self_collect.selector,
        self_collect.hash, offer.services,
                                 offer.networks, offer.expires_at);
    UPDATE apppass.handover AS h SET collected_at = now(), code_id = stored.code_id
    WHERE h.id = offer.id;
    PERFORM apppass.audit_write('handover_collected', account.realm_id, account.id,
        account.username, offer.device, stored.code_id, stored.selector, NULL,
        jsonb_strip_nulls(jsonb_build_object(
            'address', host(self_collect.client))), NULL);
    PERFORM apppass.restore_context(previous);
    RETURN stored;
END
$$;


ALTER FUNCTION apppass.self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text) IS 'Stores the code that the page made for who opened the link, once. NULL: the PIN was wrong, and the fifth time is the last. Errors: P0002 no such link, or no longer; else as for store_code.';


--
-- Name: self_fresh(apppass.realm, timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_fresh(realm apppass.realm, auth_time timestamp with time zone) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT coalesce(auth_time BETWEEN clock_timestamp() - realm.self_fresh_within
                           AND clock_timestamp() + interval '1 minute', false);
$$;


ALTER FUNCTION apppass.self_fresh(realm apppass.realm, auth_time timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_fresh(realm apppass.realm, auth_time timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_fresh(realm apppass.realm, auth_time timestamp with time zone) IS 'Was the identity verified so lately that codes may be made and revoked?';


--
-- Name: self_issue(text, timestamp with time zone, text, text[], inet, text, text, text, text[], timestamp with time zone, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[] DEFAULT NULL::text[], expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, turn bigint DEFAULT NULL::bigint) RETURNS apppass.stored_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[] := apppass.set_context('made by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_issue.username, self_issue.auth_time,
        self_issue.acr, self_issue.amr, self_issue.client, 'make', self_issue.turn);
    stored apppass.stored_code;
    offered text[];
    wanted text[] := apppass.service_names(self_issue.services);
BEGIN
    SELECT apppass.self_services(r) INTO STRICT offered
    FROM apppass.realm AS r WHERE r.id = account.realm_id;
    IF NOT wanted <@ offered OR cardinality(offered) = 0 THEN
        RAISE EXCEPTION 'owners make codes for these services only: %',
            coalesce(NULLIF(array_to_string(offered, ', '), ''), 'none')
            USING ERRCODE = 'AP001', CONSTRAINT = 'self_service_not_offered',
                  HINT = 'Choose among them, or ask the helpdesk.';
    END IF;
    stored := apppass.store_code(account.username, self_issue.device, self_issue.selector,
        self_issue.hash, coalesce(wanted, offered), NULL,
                                 self_issue.expires_at);
    PERFORM apppass.restore_context(previous);
    RETURN stored;
END
$$;


ALTER FUNCTION apppass.self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[], expires_at timestamp with time zone, turn bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[], expires_at timestamp with time zone, turn bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[], expires_at timestamp with time zone, turn bigint) IS 'Stores a code that the page made and hashed for an owner. services: NULL is all that are offered. turn: as self_policy told it when the form was made, so that a form makes one code however often it is sent (AP001, self_turn_gone); NULL: not asked. Errors beyond those of self_policy: as for store_code.';


--
-- Name: self_makes(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_makes(account_id bigint) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT count(*) FROM apppass.code AS c
    WHERE c.account_id = self_makes.account_id
        AND c.created_at > now() - interval '1 day'
      AND c.created_by LIKE '%/the owner';
$$;


ALTER FUNCTION apppass.self_makes(account_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_makes(account_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_makes(account_id bigint) IS 'How many codes the owner of this account made in the last 24 hours.';


--
-- Name: self_offer(bytea); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_offer(link_hash bytea) RETURNS apppass.handover_terms
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    terms apppass.handover_terms;
BEGIN
    SELECT a.username, a.id, h.device, h.pin_hash IS NOT NULL, r.code_length, r.argon2_memory_kib,
        r.argon2_passes, r.argon2_lanes, r.imap_host, r.imap_port, r.smtp_host, r.smtp_port,
        r.dav_host, r.dav_port
    INTO terms
    FROM apppass.handover AS h
    JOIN apppass.account AS a ON a.id = h.account_id
    JOIN apppass.realm AS r ON r.id = a.realm_id
    WHERE h.link_hash = self_offer.link_hash AND apppass.handover_state(h) = 'pending'
        AND r.handover_url IS NOT NULL
      AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such link, or no longer' USING ERRCODE = 'P0002',
            CONSTRAINT = 'handover_not_found', HINT = 'Ask the helpdesk for a new one.';
    END IF;
    RETURN terms;
END
$$;


ALTER FUNCTION apppass.self_offer(link_hash bytea) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_offer(link_hash bytea); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_offer(link_hash bytea) IS 'What was offered by the link of that SHA-256 sum. P0002: nothing, or no longer.';


--
-- Name: self_policy(text, timestamp with time zone, text, text[], inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) RETURNS apppass.self_terms
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.self_account(self_policy.username, self_policy.auth_time,
        self_policy.acr, self_policy.amr, self_policy.client, 'look');
    realm apppass.realm;
BEGIN
    SELECT r.* INTO STRICT realm FROM apppass.realm AS r WHERE r.id = account.realm_id;
    RETURN ROW(account.username, account.id, realm.name,
               apppass.account_open(account.enabled, account.disabled_from)
                   AND realm.codes_allowed,
               apppass.self_fresh(realm, self_policy.auth_time),
               apppass.self_strong(realm, self_policy.acr, self_policy.amr),
               GREATEST(realm.self_makes_per_day - apppass.self_makes(account.id), 0),
               apppass.self_services(realm), realm.code_length, realm.max_lifetime,
               realm.argon2_memory_kib, realm.argon2_passes, realm.argon2_lanes,
               realm.imap_host, realm.imap_port, realm.smtp_host, realm.smtp_port,
               realm.dav_host, realm.dav_port,
               (SELECT t.turn FROM apppass.issue_turn AS t WHERE t.account_id = account.id)
               )::apppass.self_terms;
END
$$;


ALTER FUNCTION apppass.self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) IS 'What policy says about an owner''s next step: is the identity fresh, is it strong enough to make a code, how many may still be made today, and how a code is made.
Errors of every self_ function: P0002 no such account, AP001 policy refuses, AP006 the identity must be verified anew, 42501 not yours.';


--
-- Name: self_reset(text, timestamp with time zone, text, text[], inet, text, text, text, bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint DEFAULT NULL::bigint) RETURNS apppass.reset_stored_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[] := apppass.set_context('replaced by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_reset.username, self_reset.auth_time,
        self_reset.acr, self_reset.amr, self_reset.client, 'make', self_reset.turn);
    stored apppass.reset_stored_code;
BEGIN
    stored := apppass.reset_device(account.username, self_reset.device, self_reset.selector,
        self_reset.hash);
    PERFORM apppass.restore_context(previous);
    RETURN stored;
END
$$;


ALTER FUNCTION apppass.self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint) IS 'Stores a new code for a device of the owner''s; the old ones end. turn: as for self_issue. Errors beyond those of self_policy: as for reset_device.';


--
-- Name: self_revoke(text, timestamp with time zone, text, text[], inet, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[] := apppass.set_context('revoked by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_revoke.username, self_revoke.auth_time,
        self_revoke.acr, self_revoke.amr, self_revoke.client, 'revoke');
    revoked integer := apppass.revoke_code(account.username, self_revoke.selector, NULL);
BEGIN
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) IS 'Revokes the code of that selector for its owner. Errors beyond those of self_policy: as for revoke_code.';


--
-- Name: self_revoke_all(text, timestamp with time zone, text, text[], inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[] := apppass.set_context('revoked by the owner', NULL, 'the owner');
    account apppass.account := apppass.self_account(self_revoke_all.username,
        self_revoke_all.auth_time, self_revoke_all.acr, self_revoke_all.amr, self_revoke_all.client,
        'revoke');
    revoked integer := apppass.revoke_account(account.username, NULL);
BEGIN
    PERFORM apppass.restore_context(previous);
    RETURN revoked;
END
$$;


ALTER FUNCTION apppass.self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) IS 'Revokes all codes of an account for its owner; returns how many.';


--
-- Name: self_services(apppass.realm); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_services(realm apppass.realm) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT CASE
        WHEN (self_services.realm).self_services IS NULL THEN (self_services.realm).services
        WHEN (self_services.realm).services IS NULL THEN (self_services.realm).self_services
        ELSE ARRAY(SELECT s FROM unnest((self_services.realm).self_services) AS s
                   WHERE s = ANY ((self_services.realm).services) ORDER BY s)
    END;
$$;


ALTER FUNCTION apppass.self_services(realm apppass.realm) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_services(realm apppass.realm); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_services(realm apppass.realm) IS 'Services that an owner may make codes for: what the realm allows and offers. NULL: all.';


--
-- Name: self_strong(apppass.realm, text, text[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_strong(realm apppass.realm, acr text, amr text[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT realm.self_mfa_values IS NULL
        OR coalesce(NULLIF(acr, '') = ANY (realm.self_mfa_values), false)
        OR coalesce(amr && realm.self_mfa_values, false);
$$;


ALTER FUNCTION apppass.self_strong(realm apppass.realm, acr text, amr text[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_strong(realm apppass.realm, acr text, amr text[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_strong(realm apppass.realm, acr text, amr text[]) IS 'Was the identity verified in a way that is enough to make a code?';


--
-- Name: self_uses(text, timestamp with time zone, text, text[], inet); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) RETURNS SETOF apppass.self_use
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.self_account(self_uses.username, self_uses.auth_time,
        self_uses.acr, self_uses.amr, self_uses.client, 'look');
BEGIN
    RETURN QUERY
    SELECT c.selector::text, NULLIF(u.service, '-'), NULLIF(u.network, '0.0.0.0/0')::cidr,
        u.first_at, u.last_at
    FROM apppass.code AS c
    JOIN apppass.code_use AS u ON u.code_id = c.id
    WHERE c.account_id = account.id AND c.revoked_at IS NULL
    ORDER BY c.selector, u.last_at DESC;
END
$$;


ALTER FUNCTION apppass.self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) IS 'The last use of each code that is not revoked, by service and network (NULL: unknown).';


--
-- Name: service_allowed(text, text[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.service_allowed(service text, allowed text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((allowed IS NULL) OR COALESCE((service = ANY (allowed)), false));


ALTER FUNCTION apppass.service_allowed(service text, allowed text[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION service_allowed(service text, allowed text[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.service_allowed(service text, allowed text[]) IS 'Is the service one of those? NULL allows all; an unknown service is in no list.';


--
-- Name: service_names(text[]); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.service_names(services text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    result text[] := ARRAY(SELECT DISTINCT apppass.service_name(apppass.trim_blank(s)) COLLATE "C"
                               AS name FROM unnest(services) AS s ORDER BY name);
    wrong text;
BEGIN
    IF cardinality(result) = 0 THEN
        RAISE EXCEPTION 'the list of services is empty'
            USING ERRCODE = '22023', CONSTRAINT = 'services_empty',
                  HINT = 'NULL means every service; an empty list would make a code that opens '
                         'nothing.';
    END IF;
    SELECT coalesce(s, 'NULL') INTO wrong FROM unnest(result) AS s
    WHERE apppass.is_service(s) IS NOT TRUE LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'service name "%" is not valid', wrong
            USING ERRCODE = '22023', CONSTRAINT = 'service_invalid',
                  HINT = 'Use names such as imap, pop, smtp, sieve, dav: the service name the mail '
                         'server gives to SASL.';
    END IF;
    SELECT s INTO wrong FROM unnest(result) AS s
    WHERE NOT EXISTS (SELECT FROM apppass.service AS k WHERE k.name = s) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'service "%" is not known', wrong
            USING ERRCODE = '22023', CONSTRAINT = 'service_unknown',
                  DETAIL = format('Known are: %s.', (SELECT string_agg(k.name, ', ' ORDER BY k.name)
                                                     FROM apppass.service AS k)),
                  HINT = 'Where a mail server really gives this name to SASL, an administrator '
                         'adds it: INSERT INTO apppass.service (name, description) VALUES (...).';
    END IF;
    RETURN result;
END
$$;


ALTER FUNCTION apppass.service_names(services text[]) OWNER TO apppass_owner;

--
-- Name: FUNCTION service_names(services text[]); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.service_names(services text[]) IS 'The services, canonical, sorted, without repetition. 22023 where the list is empty or one of them is not a row of apppass.service.';


--
-- Name: set_account_enabled(text, boolean, text, text, text, timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.set_account_enabled(username text, enabled boolean, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text, at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(set_account_enabled.username);
    previous text[];
BEGIN
    previous := apppass.set_context(set_account_enabled.reason, set_account_enabled.ticket,
        set_account_enabled.operator);
    PERFORM apppass.require_reason(CASE WHEN set_account_enabled.enabled THEN 'enabling an account'
        ELSE 'disabling an account' END);
    IF set_account_enabled.enabled IS NULL THEN
        RAISE EXCEPTION 'enabled is true or false' USING ERRCODE = '22023',
            CONSTRAINT = 'value_missing', HINT = 'Leave NULL out.';
    ELSIF set_account_enabled.at <= now()
        OR (set_account_enabled.at IS NOT NULL AND set_account_enabled.enabled) THEN
        RAISE EXCEPTION 'an account is disabled at a moment to come' USING ERRCODE = '22023',
            CONSTRAINT = 'disabled_at_past', HINT = 'Leave at out for now.';
    END IF;
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    UPDATE apppass.account AS a
    SET enabled = CASE WHEN set_account_enabled.at IS NULL THEN set_account_enabled.enabled
        ELSE a.enabled END, disabled_from = set_account_enabled.at
    WHERE a.id = account.id;
    PERFORM apppass.restore_context(previous);
END
$$;


ALTER FUNCTION apppass.set_account_enabled(username text, enabled boolean, reason text, ticket text, operator text, at timestamp with time zone) OWNER TO apppass_owner;

--
-- Name: FUNCTION set_account_enabled(username text, enabled boolean, reason text, ticket text, operator text, at timestamp with time zone); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.set_account_enabled(username text, enabled boolean, reason text, ticket text, operator text, at timestamp with time zone) IS 'Enables or disables an account; its codes stop at once, or at that moment, and work again when enabled. What was said before of a moment to come is replaced. Nothing happens where it is so already. Errors: AP002 no reason, 22023 not a moment to come, P0002 no such account, 42501 not yours.';


--
-- Name: set_context(text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.set_context(reason text, ticket text, operator text) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    previous text[] := ARRAY[
        current_setting('apppass.reason', true),
        current_setting('apppass.ticket', true),
        current_setting('apppass.operator', true)];
BEGIN
    PERFORM set_config('apppass.reason', coalesce(set_context.reason, previous[1], ''),
        true),
            set_config('apppass.ticket', coalesce(set_context.ticket, previous[2], ''),
                true),
            set_config('apppass.operator',
                coalesce(set_context.operator, previous[3], ''), true);
    RETURN previous;
END
$$;


ALTER FUNCTION apppass.set_context(reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION set_context(reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.set_context(reason text, ticket text, operator text) IS 'Sets what context() returns, keeping what is NULL here; returns what to give to restore_context.';


--
-- Name: set_expiry(text, timestamp with time zone, text, text, text, text, text, boolean); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text, device text DEFAULT NULL::text, selector text DEFAULT NULL::text, only_earlier boolean DEFAULT false) RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_custom_plan'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    known constant apppass.account := apppass.managed_account(set_expiry.username);
    moment constant timestamptz := set_expiry.expires_at;
    symbols constant text := apppass.selector_name(set_expiry.selector);
    previous text[];
    holder bigint;
    live bigint[];
    moved bigint[];
BEGIN
    previous := apppass.set_context(reason, ticket, operator);
    PERFORM apppass.require_reason('setting when a code ends');
    IF moment <= now() OR NOT isfinite(moment) OR (moment IS NULL AND only_earlier) THEN
        RAISE EXCEPTION 'a code ends at a moment to come'
            USING ERRCODE = '22023', CONSTRAINT = 'expiry_past',
                  HINT = 'Revoke it to end it now: SELECT apppass.revoke_code(username, '
                         'selector, reason).';
    END IF;
    IF set_expiry.device IS NOT NULL THEN
        holder := apppass.known_device(known, set_expiry.device);
    END IF;
    live := ARRAY(SELECT s.code_id FROM apppass.code_standing AS s
                  WHERE s.account_id = known.id AND s.state IS NULL
                    AND (holder IS NULL OR s.device_id = holder)
                    AND (set_expiry.selector IS NULL OR s.selector = symbols));
    IF live = '{}' AND (holder IS NOT NULL OR set_expiry.selector IS NOT NULL) THEN
        RAISE EXCEPTION 'account "%" has no such live code', known.username
            USING ERRCODE = 'P0002', CONSTRAINT = 'code_not_found',
                  HINT = 'One that has ended stays so: apppass.reset_code(username, device, '
                         'reason => ...) makes another.';
    END IF;
    PERFORM apppass.lock_rows('code', live);
    -- The trigger lets pass what is earlier than was stored, though policy ends it sooner now.
    PERFORM apppass.require_lifetime(r, s.created_at, moment)
    FROM apppass.code_standing AS s JOIN apppass.realm AS r ON r.id = s.realm_id
    WHERE s.code_id = ANY (live) AND NOT only_earlier;
    WITH changed AS (
        UPDATE apppass.code AS c SET expires_at = moment
        FROM apppass.code_standing AS s JOIN apppass.realm AS r ON r.id = s.realm_id
        WHERE c.id = ANY (live) AND s.code_id = c.id AND s.state IS NULL
          AND (moment < s.ends_at OR (moment IS NOT NULL AND s.ends_at IS NULL)
               -- The grace of a code that was replaced does not grow.
               OR (NOT only_earlier
                   AND NOT EXISTS (SELECT FROM apppass.code AS n WHERE n.replaces = c.id)
                   AND CASE WHEN moment IS NULL
                            THEN c.expiry_chosen OR s.ends_at IS DISTINCT FROM
                                apppass.later(c.created_at, r.max_lifetime)
                            ELSE moment > s.ends_at END))
        RETURNING c.id
    )
    SELECT array_agg(c.id) INTO moved FROM changed AS c;
    PERFORM apppass.restore_context(previous);
    RETURN QUERY
    SELECT v.* FROM apppass.all_code_overview AS v WHERE v.code_id = ANY (moved)
    ORDER BY apppass.label_key(v.device), v.selector, v.code_id;
END
$$;


ALTER FUNCTION apppass.set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text, operator text, device text, selector text, only_earlier boolean) OWNER TO apppass_owner;

--
-- Name: FUNCTION set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text, operator text, device text, selector text, only_earlier boolean); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text, operator text, device text, selector text, only_earlier boolean) IS 'Sets when live codes of an account end, of one device or one selector where given, and returns those that it changed as rows of code_overview. NULL: as late as policy allows. only_earlier: none then ends later than it would have; so never one that was replaced. Errors: AP001 later than policy allows, AP002 no reason, 22023 not a moment to come, P0002 no such account, device or live code, 42501 not yours.';


--
-- Name: set_mfa(text, boolean, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.set_mfa(username text, enrolled boolean, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(set_mfa.username);
    previous text[];
BEGIN
    previous := apppass.set_context(set_mfa.reason, set_mfa.ticket, set_mfa.operator);
    IF set_mfa.enrolled IS NULL THEN
        RAISE EXCEPTION 'enrolled is true or false' USING ERRCODE = '22023',
            CONSTRAINT = 'value_missing', HINT = 'Leave NULL out.';
    END IF;
    PERFORM apppass.require_reason('noting whether an account has MFA');
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    UPDATE apppass.account AS a SET mfa_enrolled = set_mfa.enrolled WHERE a.id = account.id
        AND a.mfa_enrolled IS DISTINCT FROM set_mfa.enrolled;
    PERFORM apppass.restore_context(previous);
END
$$;


ALTER FUNCTION apppass.set_mfa(username text, enrolled boolean, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION set_mfa(username text, enrolled boolean, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.set_mfa(username text, enrolled boolean, reason text, ticket text, operator text) IS 'Notes whether the person has a second factor. Errors: AP002 no reason, P0002 no such account, 42501 not yours.';


--
-- Name: set_notify(text, text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.set_notify(username text, address text DEFAULT NULL::text, language text DEFAULT NULL::text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(set_notify.username);
    previous text[] := apppass.set_context(set_notify.reason, set_notify.ticket,
                                            set_notify.operator);
BEGIN
    PERFORM apppass.lock_rows('account', ARRAY[account.id]);
    UPDATE apppass.account AS a
    SET notify_address = CASE WHEN set_notify.address IS NULL THEN a.notify_address
                              ELSE apppass.trim_blank(set_notify.address) END,
        notify_language = CASE WHEN set_notify.language IS NULL THEN a.notify_language
                               ELSE apppass.trim_blank(set_notify.language) END
    WHERE a.id = account.id;
    PERFORM apppass.restore_context(previous);
EXCEPTION
    -- The server's own words would show the whole row.
    WHEN check_violation THEN
        RAISE EXCEPTION 'that is no mail address, or no language'
            USING ERRCODE = '22023', CONSTRAINT = 'notify_value_invalid',
                  HINT = 'An address like alice@example.net, without blanks; a language like de '
                         'or pt-BR.';
END
$$;


ALTER FUNCTION apppass.set_notify(username text, address text, language text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION set_notify(username text, address text, language text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.set_notify(username text, address text, language text, reason text, ticket text, operator text) IS 'Sets the second address that an account''s owner is told at, and the language. NULL leaves it as it is, '''' takes it away. Errors: 22023 no address or no language, P0002 no such account, 42501 not yours.';


--
-- Name: set_policy(text, text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.set_policy(realm text, setting text, value text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS SETOF apppass.all_realm_overview
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $_$
#variable_conflict use_column
DECLARE
    known constant apppass.realm := apppass.managed_realm(set_policy.realm);
    previous constant text[] := apppass.set_context(reason, ticket, operator);
    given constant text := apppass.trim_blank(set_policy.value);
    it record;
    violated text;
BEGIN
    SELECT s.* INTO it FROM apppass.policy_settings() AS s
    WHERE s.name = apppass.fold(apppass.trim_blank(set_policy.setting));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no setting "%"', set_policy.setting
            USING ERRCODE = '22023', CONSTRAINT = 'policy_setting_unknown',
                  HINT = 'SELECT * FROM apppass.policy_settings() lists them.';
    ELSIF given IS NULL AND it.unset IS NULL THEN
        RAISE EXCEPTION '% needs a value', it.name
            USING ERRCODE = '22023', CONSTRAINT = 'policy_value_missing',
                  HINT = format('A value of type %s; only settings that may be NULL are taken '
                                'back.',
                                it.type);
    END IF;
    PERFORM apppass.lock_rows('realm', ARRAY[known.id::bigint]);
    BEGIN
        EXECUTE format('UPDATE apppass.realm SET %I = $1::%s WHERE id = $2', it.name, it.type)
        USING CASE WHEN it.type = 'text[]' AND given !~ '^[{]'
                   THEN string_to_array(given, ',')::text ELSE given END, known.id;
    EXCEPTION
        -- The server's own words would show the whole row.
        WHEN check_violation OR not_null_violation THEN
            GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
            RAISE EXCEPTION '"%" is not a value that % takes', given, it.name
                USING ERRCODE = '22023',
                    CONSTRAINT = coalesce(NULLIF(violated, ''), 'policy_value_invalid'),
                      HINT = it.description;
        WHEN invalid_text_representation OR invalid_datetime_format OR datetime_field_overflow
             OR numeric_value_out_of_range OR interval_field_overflow THEN
            RAISE EXCEPTION '"%" is not a value that % takes', given, it.name
                USING ERRCODE = '22023', CONSTRAINT = 'policy_value_invalid', DETAIL = SQLERRM,
                      HINT = format('A value of type %s. %s', it.type, it.description);
    END;
    PERFORM apppass.restore_context(previous);
    RETURN QUERY SELECT v.* FROM apppass.all_realm_overview AS v WHERE v.realm = known.name;
END
$_$;


ALTER FUNCTION apppass.set_policy(realm text, setting text, value text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION set_policy(realm text, setting text, value text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.set_policy(realm text, setting text, value text, reason text, ticket text, operator text) IS 'Sets one column of a realm''s policy from text (lists with commas between; NULL or blank takes it back) and returns the policy. Errors: P0002 no such realm, 22023 no such setting or value, 42501 not yours.';


--
-- Name: store_code(text, text, text, text, text[], cidr[], timestamp with time zone, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.store_code(username text, device text, selector text, hash text, services text[] DEFAULT NULL::text[], networks cidr[] DEFAULT NULL::cidr[], expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS apppass.stored_code
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    account apppass.account := apppass.managed_account(store_code.username);
    code_id bigint;
    previous text[];
BEGIN
    previous := apppass.set_context(store_code.reason, store_code.ticket, store_code.operator);
    PERFORM apppass.require_issuable(account.id, NULL);
    INSERT INTO apppass.code AS c (device_id, selector, hash, services, networks, expires_at)
    VALUES (apppass.own_device(account.id, store_code.device), store_code.selector, store_code.hash,
        store_code.services, store_code.networks, store_code.expires_at)
    RETURNING c.id INTO code_id;
    PERFORM apppass.restore_context(previous);
    RETURN apppass.stored_code_of(code_id);
EXCEPTION
    WHEN check_violation OR not_null_violation THEN
        RAISE EXCEPTION 'selector or hash is not valid'
            USING ERRCODE = '22023', CONSTRAINT = 'code_invalid',
                HINT = 'The selector is the first four symbols of the code; the hash a PHC or '
                       'crypt(3) string of all of it.';
END
$$;


ALTER FUNCTION apppass.store_code(username text, device text, selector text, hash text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION store_code(username text, device text, selector text, hash text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.store_code(username text, device text, selector text, hash text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) IS 'Stores a code that the caller made and hashed; the device is added where missing. services, networks: NULL is all. expires_at: NULL is the latest that policy allows.
Errors: 23505 code_selector_unique (make another code), AP001 policy refuses, AP002 policy wants a reason, 22023 invalid value, P0002 no such account, 42501 not yours.';


--
-- Name: stored_code_of(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.stored_code_of(code_id bigint) RETURNS apppass.stored_code
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN (
        SELECT ROW(c.id, a.username, d.label, c.selector, c.services, c.networks,
            c.expires_at)::apppass.stored_code
        FROM apppass.code AS c
        JOIN apppass.device AS d ON d.id = c.device_id
        JOIN apppass.account AS a ON a.id = c.account_id
        WHERE c.id = stored_code_of.code_id);
END
$$;


ALTER FUNCTION apppass.stored_code_of(code_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION stored_code_of(code_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.stored_code_of(code_id bigint) IS 'The row that issuing functions return.';


--
-- Name: strangers(timestamp with time zone); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
BEGIN
    SELECT count(*), max(f.at), (array_agg(f.client ORDER BY f.at DESC))[1]
    INTO attempts, last_at, last_client
    FROM apppass.refusal AS f
    WHERE f.account_id IS NULL AND f.at >= strangers.since AND apppass.manages_all();
END
$$;


ALTER FUNCTION apppass.strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet) OWNER TO apppass_owner;

--
-- Name: FUNCTION strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet) IS 'How often since then somebody tried a name that is not an account: perhaps a misspelt one. Nothing for limited operators.';


--
-- Name: take_turn(bigint); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.take_turn(account_id bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
BEGIN
    INSERT INTO apppass.issue_turn AS t (account_id)
        VALUES (take_turn.account_id) ON CONFLICT DO NOTHING;
    PERFORM apppass.lock_rows('turn', ARRAY[take_turn.account_id]);
    UPDATE apppass.issue_turn AS t SET turn = t.turn + 1 WHERE t.account_id = take_turn.account_id;
END
$$;


ALTER FUNCTION apppass.take_turn(account_id bigint) OWNER TO apppass_owner;

--
-- Name: FUNCTION take_turn(account_id bigint); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.take_turn(account_id bigint) IS 'One issue at a time per account, until the transaction ends: of two at a time the second sees the first one''s code, or fails (40001) where its snapshot is older.';


--
-- Name: upgrade_hash(bigint, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET debug_print_plan TO 'off'
    AS $_$
DECLARE
    -- No backslash: what it means in a string is a setting of the session.
    cost bigint[] := regexp_match(upgrade_hash.new_hash,
        '^[$]argon2id[$]v=19[$]m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)'
        '(?:,keyid=[A-Za-z0-9+/]{2,11}(?:,data=[A-Za-z0-9+/]{2,43})?)?'
        '[$][A-Za-z0-9+/]{11,64}[$][A-Za-z0-9+/]{22,86}$');
BEGIN
    -- A hash that the verifier could not verify would lock its owner out.
    IF cost IS NULL OR cost[1] NOT BETWEEN 8 * cost[3] AND 1048576 OR cost[2] > 16
        OR cost[3] > 16 THEN
        RAISE EXCEPTION 'the new hash is not an Argon2id one that can be verified'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_not_argon2id',
                HINT = 'upgrade_hash replaces a hash by a stronger one; apppass.reset_code makes a '
                       'new code.';
    ELSIF upgrade_hash.old_hash ~ '^[^$]*[$][^$]*[$][^$]*[$][^$]*,keyid='
        AND upgrade_hash.new_hash !~ ',keyid=' THEN
        RAISE EXCEPTION 'the new hash is not keyed, the old one is'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_not_keyed',
                HINT = 'Give the verifier the key: a hash without one is the weaker.';
    ELSIF EXISTS (SELECT FROM apppass.code AS c JOIN apppass.realm AS r ON r.id = c.realm_id
                  WHERE c.id = upgrade_hash.code_id
                  AND (cost[1] < r.argon2_memory_kib OR cost[2] < r.argon2_passes
                      OR cost[3] < r.argon2_lanes)) THEN
        RAISE EXCEPTION 'the new hash is cheaper than the policy of its realm'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_too_cheap',
                HINT = 'lookup tells memory_kib, passes and lanes of new hashes; the next login '
                       'tries again.';
    ELSIF EXISTS (SELECT FROM apppass.code AS c JOIN apppass.realm AS r ON r.id = c.realm_id
                  WHERE c.id = upgrade_hash.code_id
                  AND NOT apppass.is_affordable(upgrade_hash.new_hash, r.argon2_memory_kib,
                      r.argon2_passes)) THEN
        RAISE EXCEPTION 'the new hash is dearer than the policy of its realm allows'
            USING ERRCODE = '22023', CONSTRAINT = 'hash_too_costly',
                  HINT = 'lookup tells memory_kib, passes and lanes of new hashes.';
    END IF;
    PERFORM apppass.hurry();
    -- Nothing takes rows out of the trail: it must not grow by a mail server's whim.
    IF (SELECT count(*) FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id
        JOIN apppass.audit AS l ON l.account = a.username AND l.code_id = c.id
        WHERE c.id = upgrade_hash.code_id AND l.action = 'hash_upgraded'
          AND l.at > now() - interval '1 day') >= 10 THEN
        RETURN false;
    END IF;
    INSERT INTO apppass.hash_upgrade AS u (code_id, hash)
    SELECT c.id, upgrade_hash.new_hash FROM apppass.code AS c
    WHERE c.id = upgrade_hash.code_id AND c.revoked_at IS NULL
      AND (c.hash = upgrade_hash.old_hash
          OR EXISTS (SELECT FROM apppass.hash_upgrade AS x WHERE x.code_id = c.id
          AND x.hash = upgrade_hash.old_hash))
    ON CONFLICT ON CONSTRAINT hash_upgrade_pkey DO UPDATE SET hash = excluded.hash
        WHERE u.hash = upgrade_hash.old_hash;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM apppass.audit_write('hash_upgraded', c.realm_id, c.account_id, a.username, d.label,
        c.id, c.selector,
        jsonb_build_object('hash_kind', apppass.hash_kind(upgrade_hash.old_hash)),
        jsonb_build_object('hash_kind', apppass.hash_kind(upgrade_hash.new_hash)), NULL)
    FROM apppass.code AS c JOIN apppass.account AS a ON a.id = c.account_id
        JOIN apppass.device AS d ON d.id = c.device_id
    WHERE c.id = upgrade_hash.code_id;
    RETURN true;
END
$_$;


ALTER FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) OWNER TO apppass_owner;

--
-- Name: FUNCTION upgrade_hash(code_id bigint, old_hash text, new_hash text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) IS 'Replaces the hash of a live code if it still is old_hash; false where it is not, or where it was replaced ten times within a day. 22023: the new one is no Argon2id hash within the verifier''s limits, is below the policy of the realm in memory, passes or lanes, or is not keyed where the old one is. Audited.';


--
-- Name: use_keeps(bigint, timestamp with time zone, interval, interval); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.use_keeps(code_id bigint, created_at timestamp with time zone, lapse_after interval, unused_after interval) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM apppass.code_use AS u
        WHERE u.code_id = use_keeps.code_id
          AND (apppass.code_lapses(use_keeps.created_at, u.last_at, use_keeps.lapse_after,
                                   use_keeps.unused_after) <= now()) IS NOT TRUE);
END
$$;


ALTER FUNCTION apppass.use_keeps(code_id bigint, created_at timestamp with time zone, lapse_after interval, unused_after interval) OWNER TO apppass_owner;

--
-- Name: FUNCTION use_keeps(code_id bigint, created_at timestamp with time zone, lapse_after interval, unused_after interval); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.use_keeps(code_id bigint, created_at timestamp with time zone, lapse_after interval, unused_after interval) IS 'Does one of its uses keep a code from lapsing, with these limits of its realm?';


--
-- Name: used_service(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.used_service(service text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RETURN coalesce((SELECT s.name FROM apppass.service AS s
                     WHERE s.name = apppass.recorded_service(used_service.service)), '-');
END
$$;


ALTER FUNCTION apppass.used_service(service text) OWNER TO apppass_owner;

--
-- Name: FUNCTION used_service(service text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.used_service(service text) IS 'The service that a use is recorded for: one of apppass.service, or - .';


--
-- Name: withdraw_offer(text, text, text, text, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.withdraw_offer(username text, device text DEFAULT NULL::text, reason text DEFAULT NULL::text, ticket text DEFAULT NULL::text, operator text DEFAULT NULL::text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
DECLARE
    previous text[] := apppass.set_context(withdraw_offer.reason, withdraw_offer.ticket,
        withdraw_offer.operator);
    withdrawn integer := apppass.withdraw_offers(apppass.managed_account(withdraw_offer.username),
        withdraw_offer.device);
BEGIN
    PERFORM apppass.restore_context(previous);
    RETURN withdrawn;
END
$$;


ALTER FUNCTION apppass.withdraw_offer(username text, device text, reason text, ticket text, operator text) OWNER TO apppass_owner;

--
-- Name: FUNCTION withdraw_offer(username text, device text, reason text, ticket text, operator text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.withdraw_offer(username text, device text, reason text, ticket text, operator text) IS 'Ends the links of a device, or of the account, that were not collected; returns how many.';


--
-- Name: withdraw_offers(apppass.account, text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.withdraw_offers(account apppass.account, device text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    began constant timestamptz := clock_timestamp();
    label constant text := apppass.label_key(apppass.label_name(withdraw_offers.device));
    ids bigint[];
    gone apppass.handover;
    count integer := 0;
BEGIN
    -- Who is opening a link gets a moment to end; a session that stays open holds nobody up.
    LOOP
        ids := ARRAY(SELECT h.id FROM apppass.handover AS h
                     WHERE h.account_id = (withdraw_offers.account).id
                       AND apppass.handover_state(h) = 'pending'
                       AND (withdraw_offers.device IS NULL OR apppass.label_key(h.device) = label));
        FOR gone IN
            DELETE FROM apppass.handover AS h
            WHERE h.collected_at IS NULL
              AND h.id = ANY (ARRAY(SELECT o.id FROM apppass.handover AS o
                                    WHERE o.id = ANY (ids) FOR UPDATE SKIP LOCKED))
            RETURNING h.*
        LOOP
            PERFORM apppass.audit_write('handover_withdrawn', (withdraw_offers.account).realm_id,
                (withdraw_offers.account).id, (withdraw_offers.account).username,
                gone.device, NULL, NULL, NULL, NULL, NULL);
            count := count + 1;
            ids := array_remove(ids, gone.id);
        END LOOP;
        EXIT WHEN ids = '{}';
        IF clock_timestamp() > began + interval '2 s' THEN
            RAISE WARNING 'a link is being opened, and is not withdrawn: process %',
                coalesce((SELECT apppass.holder_of(h.xmax, 'apppass.handover')
                    FROM apppass.handover AS h WHERE h.id = ANY (ids) LIMIT 1), '?')
                USING HINT = 'Do the same again, and look for a code that it made.';
            EXIT;
        END IF;
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN count;
END
$$;


ALTER FUNCTION apppass.withdraw_offers(account apppass.account, device text) OWNER TO apppass_owner;

--
-- Name: FUNCTION withdraw_offers(account apppass.account, device text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.withdraw_offers(account apppass.account, device text) IS 'Deletes what was offered and not collected, for one device or all; returns how many.';


--
-- Name: withdrawn_now(text); Type: FUNCTION; Schema: apppass; Owner: apppass_owner
--

CREATE FUNCTION apppass.withdrawn_now(account text) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET debug_print_plan TO 'off'
    AS $$
#variable_conflict use_column
DECLARE
    known constant apppass.account := apppass.managed_account(withdrawn_now.account);
BEGIN
    RETURN (SELECT count(*) FROM apppass.audit AS e
            WHERE e.account_id = known.id AND e.action = 'handover_withdrawn'
              AND e.xid = pg_current_xact_id_if_assigned());
END
$$;


ALTER FUNCTION apppass.withdrawn_now(account text) OWNER TO apppass_owner;

--
-- Name: FUNCTION withdrawn_now(account text); Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON FUNCTION apppass.withdrawn_now(account text) IS 'How many links of an account this transaction ended. Errors: P0002 no such account, 42501 not yours.';


--
-- Name: access_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.access_overview AS
 SELECT v."position",
    v.action,
    v.realm,
    v.service,
    v.network,
    v.description
   FROM apppass.all_access_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o."position",
    o.action,
    o.realm,
    o.service,
    o.network,
    o.description
   FROM apppass.own_access_overview() o("position", action, realm, service, network, description)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.access_overview OWNER TO apppass_owner;

--
-- Name: VIEW access_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.access_overview IS 'The access rules of the realms that one may see, and those for all realms.';


--
-- Name: COLUMN access_overview.realm; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.access_overview.realm IS 'NULL: all realms.';


--
-- Name: access_rule_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.access_rule ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.access_rule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: account_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.account ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: account_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.account_overview AS
 SELECT v.account,
    v.realm,
    v.enabled,
    v.mfa_enrolled,
    v.devices,
    v.live_codes,
    v.codes,
    v.last_used_at,
    v.main_password_refused_from,
    v.created_at,
    v.created_by,
    v.account_id,
    v.refused_as,
    v.notify_address,
    v.notify_language,
    v.disabled_from
   FROM apppass.all_account_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.enabled,
    o.mfa_enrolled,
    o.devices,
    o.live_codes,
    o.codes,
    o.last_used_at,
    o.main_password_refused_from,
    o.created_at,
    o.created_by,
    o.account_id,
    o.refused_as,
    o.notify_address,
    o.notify_language,
    o.disabled_from
   FROM apppass.own_account_overview() o(account, realm, enabled, mfa_enrolled, devices, live_codes, codes, last_used_at, main_password_refused_from, created_at, created_by, account_id, refused_as, notify_address, notify_language, disabled_from)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.account_overview OWNER TO apppass_owner;

--
-- Name: VIEW account_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.account_overview IS 'Accounts with the number of their devices and codes.';


--
-- Name: COLUMN account_overview.enabled; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.enabled IS 'False: its codes are refused.';


--
-- Name: COLUMN account_overview.devices; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.devices IS 'Devices it ever named.';


--
-- Name: COLUMN account_overview.live_codes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.live_codes IS 'Codes that have neither been revoked nor expired nor lapsed: what realm.max_codes limits.';


--
-- Name: COLUMN account_overview.codes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.codes IS 'Codes it ever had.';


--
-- Name: COLUMN account_overview.last_used_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.last_used_at IS 'Last login with a code; NULL: never.';


--
-- Name: COLUMN account_overview.main_password_refused_from; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.main_password_refused_from IS 'From when its main password is refused; NULL: not.';


--
-- Name: COLUMN account_overview.refused_as; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.refused_as IS 'The verdict about each of its codes, whatever the code; NULL: they may be used.';


--
-- Name: COLUMN account_overview.disabled_from; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.account_overview.disabled_from IS 'From when on they are, or were, by the clock; NULL: no such moment was given.';


--
-- Name: audit_head; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.audit_head (
    only_row boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    mark jsonb NOT NULL,
    CONSTRAINT audit_head_one CHECK (only_row)
);


ALTER TABLE apppass.audit_head OWNER TO apppass_owner;

--
-- Name: TABLE audit_head; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.audit_head IS 'End of the audit chain. Locked by audit_seal() alone.';


--
-- Name: COLUMN audit_head.only_row; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_head.only_row IS 'Always true: there is one row.';


--
-- Name: COLUMN audit_head."position"; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_head."position" IS 'Position of the last seal; 0: none yet.';


--
-- Name: COLUMN audit_head.hash; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_head.hash IS 'The hash of the last row of the chain.';


--
-- Name: COLUMN audit_head.sealed_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_head.sealed_at IS 'When audit_seal() last ran.';


--
-- Name: COLUMN audit_head.mark; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_head.mark IS 'What audit_since() said then: the rows up to here are sealed.';


--
-- Name: audit_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: audit_log; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.audit_log AS
 SELECT v.at,
    v.action,
    v.account,
    v.device,
    v.selector,
    v.reason,
    v.ticket,
    v.actor,
    v.operator,
    v.client,
    v.application,
    v.realm,
    v.before,
    v.after,
    v.code_id,
    v.id,
    v."position",
    v.chain,
    v.account_id
   FROM apppass.all_audit_log v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.at,
    o.action,
    o.account,
    o.device,
    o.selector,
    o.reason,
    o.ticket,
    o.actor,
    o.operator,
    o.client,
    o.application,
    o.realm,
    o.before,
    o.after,
    o.code_id,
    o.id,
    o."position",
    o.chain,
    o.account_id
   FROM apppass.own_audit_log() o(at, action, account, device, selector, reason, ticket, actor, operator, client, application, realm, before, after, code_id, id, "position", chain, account_id)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.audit_log OWNER TO apppass_owner;

--
-- Name: VIEW audit_log; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.audit_log IS 'The audit trail. ORDER BY id for the order of events.';


--
-- Name: COLUMN audit_log.account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.account IS 'User name at that time; account_id finds the account under every name it had.';


--
-- Name: COLUMN audit_log.device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.device IS 'Device label at that time.';


--
-- Name: COLUMN audit_log.actor; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.actor IS 'The database login that did it.';


--
-- Name: COLUMN audit_log.operator; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.operator IS 'Who the portal said was acting.';


--
-- Name: COLUMN audit_log.client; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.client IS 'Address of the database client; NULL on a local socket.';


--
-- Name: COLUMN audit_log.application; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.application IS 'application_name of the database client.';


--
-- Name: COLUMN audit_log.before; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.before IS 'Values changed or removed, without hashes.';


--
-- Name: COLUMN audit_log.after; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.after IS 'New values, without hashes.';


--
-- Name: COLUMN audit_log."position"; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log."position" IS 'Place in the chain; NULL until it is sealed.';


--
-- Name: COLUMN audit_log.chain; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.audit_log.chain IS 'SHA-256 that ends the chain at this row, hexadecimal.';


--
-- Name: code_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.code ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.code_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: code_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.code_overview AS
 SELECT v.account,
    v.realm,
    v.device,
    v.selector,
    v.state,
    v.services,
    v.networks,
    v.created_at,
    v.created_by,
    v.expires_at,
    v.revoked_at,
    v.revoked_by,
    v.revoke_reason,
    v.first_used_at,
    v.last_used_at,
    v.last_service,
    v.last_network,
    v.code_id,
    v.replaces_code_id
   FROM apppass.all_code_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.device,
    o.selector,
    o.state,
    o.services,
    o.networks,
    o.created_at,
    o.created_by,
    o.expires_at,
    o.revoked_at,
    o.revoked_by,
    o.revoke_reason,
    o.first_used_at,
    o.last_used_at,
    o.last_service,
    o.last_network,
    o.code_id,
    o.replaces_code_id
   FROM apppass.own_code_overview() o(account, realm, device, selector, state, services, networks, created_at, created_by, expires_at, revoked_at, revoked_by, revoke_reason, first_used_at, last_used_at, last_service, last_network, code_id, replaces_code_id)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.code_overview OWNER TO apppass_owner;

--
-- Name: VIEW code_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.code_overview IS 'Every code that one may see, with its state and use. Never a hash.';


--
-- Name: COLUMN code_overview.selector; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.selector IS 'First four symbols of the code.';


--
-- Name: COLUMN code_overview.state; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.state IS 'live, revoked, expired, lapsed (not used in time), or suspended (the account is disabled or lacks MFA, or the realm allows no codes).';


--
-- Name: COLUMN code_overview.services; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.services IS 'Services it is limited to; NULL: all that the realm allows.';


--
-- Name: COLUMN code_overview.networks; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.networks IS 'Networks it is limited to; NULL: any.';


--
-- Name: COLUMN code_overview.expires_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.expires_at IS 'When it expires, the realm''s longest lifetime included; NULL: never.';


--
-- Name: COLUMN code_overview.first_used_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.first_used_at IS 'First login; NULL: never used.';


--
-- Name: COLUMN code_overview.last_used_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.last_used_at IS 'Last login, up to 5 minutes old.';


--
-- Name: COLUMN code_overview.last_network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.last_network IS 'Network (/24, /48) of the last login; NULL: unknown.';


--
-- Name: COLUMN code_overview.code_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.code_id IS 'Key, as in the mail server''s log.';


--
-- Name: COLUMN code_overview.replaces_code_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.code_overview.replaces_code_id IS 'Key of the code that this one took over from (reset).';


--
-- Name: device_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.device ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.device_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: device_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.device_overview AS
 SELECT v.account,
    v.realm,
    v.device,
    v.created_at,
    v.codes,
    v.live_codes,
    v.last_used_at,
    v.last_service,
    v.last_network
   FROM apppass.all_device_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.device,
    o.created_at,
    o.codes,
    o.live_codes,
    o.last_used_at,
    o.last_service,
    o.last_network
   FROM apppass.own_device_overview() o(account, realm, device, created_at, codes, live_codes, last_used_at, last_service, last_network)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.device_overview OWNER TO apppass_owner;

--
-- Name: VIEW device_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.device_overview IS 'Devices with the number of their codes and their last use.';


--
-- Name: COLUMN device_overview.created_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.device_overview.created_at IS 'When first named.';


--
-- Name: COLUMN device_overview.codes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.device_overview.codes IS 'Codes it ever had.';


--
-- Name: COLUMN device_overview.live_codes; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.device_overview.live_codes IS 'Codes that have neither been revoked nor expired nor lapsed.';


--
-- Name: COLUMN device_overview.last_used_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.device_overview.last_used_at IS 'Last login with any of them; NULL: never.';


--
-- Name: handover_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.handover ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.handover_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: handover_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.handover_overview AS
 SELECT v.account,
    v.realm,
    v.device,
    v.state,
    v.pin,
    v.wrong_pins,
    v.services,
    v.networks,
    v.expires_at,
    v.offered_at,
    v.offered_by,
    v.ends_at,
    v.collected_at,
    v.selector
   FROM apppass.all_handover_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.device,
    o.state,
    o.pin,
    o.wrong_pins,
    o.services,
    o.networks,
    o.expires_at,
    o.offered_at,
    o.offered_by,
    o.ends_at,
    o.collected_at,
    o.selector
   FROM apppass.own_handover_overview() o(account, realm, device, state, pin, wrong_pins, services, networks, expires_at, offered_at, offered_by, ends_at, collected_at, selector)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.handover_overview OWNER TO apppass_owner;

--
-- Name: VIEW handover_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.handover_overview IS 'Codes that were offered by a link. No link, no PIN.';


--
-- Name: COLUMN handover_overview.state; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover_overview.state IS 'pending, collected, locked (five wrong PINs) or ended.';


--
-- Name: COLUMN handover_overview.pin; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover_overview.pin IS 'Is a PIN asked for?';


--
-- Name: COLUMN handover_overview.ends_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover_overview.ends_at IS 'Until when it can be collected.';


--
-- Name: COLUMN handover_overview.selector; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.handover_overview.selector IS 'Of the code that was made then.';


--
-- Name: hash_upgrade; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.hash_upgrade (
    code_id bigint NOT NULL,
    hash text NOT NULL,
    CONSTRAINT hash_upgrade_form CHECK (apppass.is_hash(hash))
);


ALTER TABLE apppass.hash_upgrade OWNER TO apppass_owner;

--
-- Name: TABLE hash_upgrade; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.hash_upgrade IS 'The hash that took over from the one in code, where a login replaced it (upgrade_hash).';


--
-- Name: COLUMN hash_upgrade.hash; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.hash_upgrade.hash IS 'PHC string that lookup gives out instead.';


--
-- Name: issue_turn; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.issue_turn (
    account_id bigint NOT NULL,
    turn bigint DEFAULT 0 NOT NULL
);


ALTER TABLE apppass.issue_turn OWNER TO apppass_owner;

--
-- Name: TABLE issue_turn; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.issue_turn IS 'Whose turn it is to issue for an account: locked while a code is being issued, so that the account itself is not.';


--
-- Name: COLUMN issue_turn.turn; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.issue_turn.turn IS 'Raised by each code: of two transactions that saw the same number the second fails.';


--
-- Name: knocking_code; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.knocking_code AS
 SELECT v.account,
    v.realm,
    v.device,
    v.selector,
    v.verdict,
    v.since,
    v.last_at,
    v.attempts,
    v.last_client,
    v.last_service,
    v.revoked_at,
    v.revoke_reason,
    v.code_id,
    v.summary
   FROM apppass.all_knocking_code v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.device,
    o.selector,
    o.verdict,
    o.since,
    o.last_at,
    o.attempts,
    o.last_client,
    o.last_service,
    o.revoked_at,
    o.revoke_reason,
    o.code_id,
    o.summary
   FROM apppass.own_knocking_code() o(account, realm, device, selector, verdict, since, last_at, attempts, last_client, last_service, revoked_at, revoke_reason, code_id, summary)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.knocking_code OWNER TO apppass_owner;

--
-- Name: VIEW knocking_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.knocking_code IS 'Codes that ended and are still being tried: the old phone in the drawer. No attack, but worth a call.';


--
-- Name: COLUMN knocking_code.verdict; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.knocking_code.verdict IS 'revoked, expired or lapsed.';


--
-- Name: COLUMN knocking_code.since; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.knocking_code.since IS 'First refused attempt on record.';


--
-- Name: COLUMN knocking_code.attempts; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.knocking_code.attempts IS 'How many are on record (the verifier limits how many it records).';


--
-- Name: COLUMN knocking_code.summary; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.knocking_code.summary IS 'One line for people.';


--
-- Name: main_password_use; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.main_password_use AS
 SELECT v.account,
    v.realm,
    v.service,
    v.network,
    v.first_at,
    v.last_at,
    v.refused_from
   FROM apppass.all_main_password_use v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.service,
    o.network,
    o.first_at,
    o.last_at,
    o.refused_from
   FROM apppass.own_main_password_use() o(account, realm, service, network, first_at, last_at, refused_from)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.main_password_use OWNER TO apppass_owner;

--
-- Name: VIEW main_password_use; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.main_password_use IS 'Who still logs in with the main password, where and since when: who must be given a code before it is refused.';


--
-- Name: COLUMN main_password_use.network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_use.network IS '/24 or /48; NULL: unknown.';


--
-- Name: COLUMN main_password_use.last_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_use.last_at IS 'Up to 5 minutes old.';


--
-- Name: COLUMN main_password_use.refused_from; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.main_password_use.refused_from IS 'From when it is refused; NULL: not.';


--
-- Name: notice; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.notice (
    id bigint NOT NULL,
    once text NOT NULL,
    event text NOT NULL,
    account_id bigint NOT NULL,
    code_id bigint,
    at timestamp with time zone NOT NULL,
    by_whom text,
    service text,
    network cidr,
    former_address text,
    mailed boolean DEFAULT false NOT NULL
);


ALTER TABLE apppass.notice OWNER TO apppass_owner;

--
-- Name: TABLE notice; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.notice IS 'What an owner is told, or was. notify_gather() deletes it after 500 days.';


--
-- Name: COLUMN notice.id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.id IS 'What mails list it by, in order of noting.';


--
-- Name: COLUMN notice.once; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.once IS 'What tells it from every other: what is found twice is noted once.';


--
-- Name: COLUMN notice.event; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.event IS 'issued, reset, revoked, first_use, new_network, expiring, knocking, yearly, address.';


--
-- Name: COLUMN notice.account_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.account_id IS 'The account whose owner is told.';


--
-- Name: COLUMN notice.code_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.code_id IS 'The code concerned.';


--
-- Name: COLUMN notice.at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.at IS 'When it happened, or was found.';


--
-- Name: COLUMN notice.by_whom; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.by_whom IS 'owner, link or administration.';


--
-- Name: COLUMN notice.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.service IS 'Where used, or tried; NULL: unknown.';


--
-- Name: COLUMN notice.network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.network IS 'From where; NULL: unknown.';


--
-- Name: COLUMN notice.former_address; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.former_address IS 'The second address until then, which is told that it is so no longer.';


--
-- Name: COLUMN notice.mailed; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice.mailed IS 'It is in a mail.';


--
-- Name: notice_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.notice ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: notice_mail; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.notice_mail (
    id bigint NOT NULL,
    key uuid DEFAULT gen_random_uuid() NOT NULL,
    account_id bigint NOT NULL,
    address text NOT NULL,
    notices bigint[] NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    try_at timestamp with time zone DEFAULT now() NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    sent_at timestamp with time zone
);


ALTER TABLE apppass.notice_mail OWNER TO apppass_owner;

--
-- Name: TABLE notice_mail; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.notice_mail IS 'Mails to owners, one for each address. notify_gather() deletes them after 400 days.';


--
-- Name: COLUMN notice_mail.id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.id IS 'What notify_done() is told, in order of making.';


--
-- Name: COLUMN notice_mail.key; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.key IS 'What its Message-ID is made of, however often it is sent.';


--
-- Name: COLUMN notice_mail.account_id; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.account_id IS 'The account whose owner gets it.';


--
-- Name: COLUMN notice_mail.address; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.address IS 'Where it goes.';


--
-- Name: COLUMN notice_mail.notices; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.notices IS 'What it tells.';


--
-- Name: COLUMN notice_mail.made_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.made_at IS 'When it was made: its Date header.';


--
-- Name: COLUMN notice_mail.try_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.try_at IS 'Not before that: it was given out, or could not be sent.';


--
-- Name: COLUMN notice_mail.failures; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.failures IS 'How often it could not be sent.';


--
-- Name: COLUMN notice_mail.sent_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_mail.sent_at IS 'When it was; NULL: not yet.';


--
-- Name: notice_mail_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.notice_mail ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.notice_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: notice_state; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.notice_state (
    only_row boolean DEFAULT true NOT NULL,
    mark jsonb,
    begun_at timestamp with time zone,
    uses_at timestamp with time zone,
    clock_at timestamp with time zone,
    CONSTRAINT notice_state_one CHECK (only_row)
);


ALTER TABLE apppass.notice_state OWNER TO apppass_owner;

--
-- Name: TABLE notice_state; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.notice_state IS 'How far notify_gather() has looked; it alone locks the row.';


--
-- Name: COLUMN notice_state.only_row; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_state.only_row IS 'Always true: there is one row.';


--
-- Name: COLUMN notice_state.mark; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_state.mark IS 'What audit_since() said; NULL: begin with what happens from now on.';


--
-- Name: COLUMN notice_state.begun_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_state.begun_at IS 'What was before is not told.';


--
-- Name: COLUMN notice_state.uses_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_state.uses_at IS 'When uses were last looked at.';


--
-- Name: COLUMN notice_state.clock_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.notice_state.clock_at IS 'When it was last looked what is to expire, what knocks, and who is to get the yearly list.';


--
-- Name: realm_id_seq; Type: SEQUENCE; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE apppass.realm ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME apppass.realm_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: realm_operator; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.realm_operator (
    role_name text NOT NULL,
    realm_id integer NOT NULL,
    role_oid regrole NOT NULL
);


ALTER TABLE apppass.realm_operator OWNER TO apppass_owner;

--
-- Name: TABLE realm_operator; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.realm_operator IS 'Delegation: a login that is, or is a member of, a role named here manages and sees these realms only. Logins not named manage all; members of apppass_admin always do.';


--
-- Name: COLUMN realm_operator.role_name; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm_operator.role_name IS 'A PostgreSQL role: the login itself or a group it belongs to, by the name it had when this was written.';


--
-- Name: COLUMN realm_operator.role_oid; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm_operator.role_oid IS 'That role, whatever its name is now; filled by trigger. Once it is dropped, logins that no row names manage nothing until the row is deleted; maintain() says so.';


--
-- Name: realm_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.realm_overview AS
 SELECT v.realm,
    v.description,
    v.codes_allowed,
    v.services,
    v.code_length,
    v.max_codes,
    v.max_lifetime,
    v.lapse_after,
    v.unused_after,
    v.mfa_required,
    v.reason_required,
    v.main_password_refused_from,
    v.imap_host,
    v.imap_port,
    v.smtp_host,
    v.smtp_port,
    v.dav_host,
    v.dav_port,
    v.handover_url,
    v.self_allowed,
    v.self_fresh_within,
    v.self_mfa_values,
    v.self_makes_per_day,
    v.self_services,
    v.notify_owners,
    v.notify_language,
    v.notify_per_day,
    v.argon2_memory_kib,
    v.argon2_passes,
    v.argon2_lanes,
    v.refusal_retention,
    v.accounts
   FROM apppass.all_realm_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.realm,
    o.description,
    o.codes_allowed,
    o.services,
    o.code_length,
    o.max_codes,
    o.max_lifetime,
    o.lapse_after,
    o.unused_after,
    o.mfa_required,
    o.reason_required,
    o.main_password_refused_from,
    o.imap_host,
    o.imap_port,
    o.smtp_host,
    o.smtp_port,
    o.dav_host,
    o.dav_port,
    o.handover_url,
    o.self_allowed,
    o.self_fresh_within,
    o.self_mfa_values,
    o.self_makes_per_day,
    o.self_services,
    o.notify_owners,
    o.notify_language,
    o.notify_per_day,
    o.argon2_memory_kib,
    o.argon2_passes,
    o.argon2_lanes,
    o.refusal_retention,
    o.accounts
   FROM apppass.own_realm_overview() o(realm, description, codes_allowed, services, code_length, max_codes, max_lifetime, lapse_after, unused_after, mfa_required, reason_required, main_password_refused_from, imap_host, imap_port, smtp_host, smtp_port, dav_host, dav_port, handover_url, self_allowed, self_fresh_within, self_mfa_values, self_makes_per_day, self_services, notify_owners, notify_language, notify_per_day, argon2_memory_kib, argon2_passes, argon2_lanes, refusal_retention, accounts)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.realm_overview OWNER TO apppass_owner;

--
-- Name: VIEW realm_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.realm_overview IS 'Policy of the realms that one may see; the columns are those of apppass.realm.';


--
-- Name: COLUMN realm_overview.accounts; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.realm_overview.accounts IS 'How many accounts it has.';


--
-- Name: refusal_2026_11; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.refusal_2026_11 (
    at timestamp with time zone NOT NULL,
    verdict text NOT NULL COLLATE pg_catalog."C",
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
);

ALTER TABLE ONLY apppass.refusal_2026_11 REPLICA IDENTITY FULL;


ALTER TABLE apppass.refusal_2026_11 OWNER TO apppass_owner;

--
-- Name: TABLE refusal_2026_11; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.refusal_2026_11 IS 'Refused attempts of one month (UTC).';


--
-- Name: refusal_2026_12; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.refusal_2026_12 (
    at timestamp with time zone NOT NULL,
    verdict text NOT NULL COLLATE pg_catalog."C",
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
);

ALTER TABLE ONLY apppass.refusal_2026_12 REPLICA IDENTITY FULL;


ALTER TABLE apppass.refusal_2026_12 OWNER TO apppass_owner;

--
-- Name: TABLE refusal_2026_12; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.refusal_2026_12 IS 'Refused attempts of one month (UTC).';


--
-- Name: refusal_2027_01; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.refusal_2027_01 (
    at timestamp with time zone NOT NULL,
    verdict text NOT NULL COLLATE pg_catalog."C",
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
);

ALTER TABLE ONLY apppass.refusal_2027_01 REPLICA IDENTITY FULL;


ALTER TABLE apppass.refusal_2027_01 OWNER TO apppass_owner;

--
-- Name: TABLE refusal_2027_01; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.refusal_2027_01 IS 'Refused attempts of one month (UTC).';


--
-- Name: refusal_default; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.refusal_default (
    at timestamp with time zone NOT NULL,
    verdict text NOT NULL COLLATE pg_catalog."C",
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
);

ALTER TABLE ONLY apppass.refusal_default REPLICA IDENTITY FULL;


ALTER TABLE apppass.refusal_default OWNER TO apppass_owner;

--
-- Name: TABLE refusal_default; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.refusal_default IS 'Refused attempts of times without a partition. maintain() moves them into the partition that it makes, where they are few, or deletes them when they are old.';


--
-- Name: refusal_log; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.refusal_log AS
 SELECT v.at,
    v.verdict,
    v.account,
    v.realm,
    v.device,
    v.selector,
    v.service,
    v.client,
    v.code_id,
    v.revoked_at,
    v.revoke_reason
   FROM apppass.all_refusal_log v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.at,
    o.verdict,
    o.account,
    o.realm,
    o.device,
    o.selector,
    o.service,
    o.client,
    o.code_id,
    o.revoked_at,
    o.revoke_reason
   FROM apppass.own_refusal_log() o(at, verdict, account, realm, device, selector, service, client, code_id, revoked_at, revoke_reason)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.refusal_log OWNER TO apppass_owner;

--
-- Name: VIEW refusal_log; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.refusal_log IS 'Refused attempts. What was typed is nowhere; attempts for names that are no account are shown to those who manage all realms.';


--
-- Name: COLUMN refusal_log.account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal_log.account IS 'User name, where it is an account.';


--
-- Name: COLUMN refusal_log.device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal_log.device IS 'Device whose code was tried, where known.';


--
-- Name: COLUMN refusal_log.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal_log.service IS 'NULL: unknown.';


--
-- Name: COLUMN refusal_log.client; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.refusal_log.client IS 'Address; NULL: unknown.';


--
-- Name: service; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.service (
    name text NOT NULL COLLATE pg_catalog."C",
    description text NOT NULL,
    CONSTRAINT service_name_canonical CHECK ((apppass.is_service(name) AND (name = apppass.service_name(name))))
);


ALTER TABLE apppass.service OWNER TO apppass_owner;

--
-- Name: TABLE service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.service IS 'The services that codes, realms and access rules may name. A site whose mail server gives another name to SASL adds a row; logins are decided without this table.';


--
-- Name: COLUMN service.name; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.service.name IS 'Canonical name: what service_name() makes of the one that the server gives to SASL.';


--
-- Name: COLUMN service.description; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.service.description IS 'What it is, for people.';


--
-- Name: tally; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.tally (
    realm_id integer NOT NULL,
    name text NOT NULL,
    labels text NOT NULL,
    value bigint NOT NULL,
    counted_at timestamp with time zone NOT NULL
);


ALTER TABLE apppass.tally OWNER TO apppass_owner;

--
-- Name: TABLE tally; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.tally IS 'What metrics() says of all codes and accounts, which nobody can count at each question: as maintain() found it last.';


--
-- Name: COLUMN tally.name; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.tally.name IS 'Which of the gauges of metrics().';


--
-- Name: COLUMN tally.labels; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.tally.labels IS 'Its labels as Prometheus writes them; empty: none.';


--
-- Name: COLUMN tally.value; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.tally.value IS 'How many there were in the realm.';


--
-- Name: COLUMN tally.counted_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.tally.counted_at IS 'When they were counted.';


--
-- Name: unused_code; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.unused_code AS
 SELECT v.account,
    v.realm,
    v.device,
    v.selector,
    v.created_at,
    v.created_by,
    v.last_used_at,
    v.idle,
    v.never_used,
    v.lapses_at,
    v.code_id
   FROM apppass.all_unused_code v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.account,
    o.realm,
    o.device,
    o.selector,
    o.created_at,
    o.created_by,
    o.last_used_at,
    o.idle,
    o.never_used,
    o.lapses_at,
    o.code_id
   FROM apppass.own_unused_code() o(account, realm, device, selector, created_at, created_by, last_used_at, idle, never_used, lapses_at, code_id)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.unused_code OWNER TO apppass_owner;

--
-- Name: VIEW unused_code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.unused_code IS 'Codes neither revoked nor expired that nobody used for a day or more: WHERE idle > ''90 days''.';


--
-- Name: COLUMN unused_code.idle; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.unused_code.idle IS 'Time since the last login, or since issue.';


--
-- Name: COLUMN unused_code.lapses_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.unused_code.lapses_at IS 'When policy lets it lapse; NULL: never.';


--
-- Name: use_overview; Type: VIEW; Schema: apppass; Owner: apppass_owner
--

CREATE VIEW apppass.use_overview AS
 SELECT v.last_at,
    v.account,
    v.realm,
    v.device,
    v.selector,
    v.service,
    v.network,
    v.first_at,
    v.state,
    v.code_id
   FROM apppass.all_use_overview v
  WHERE (apppass.sees_all() AND ( SELECT apppass.manages_all() AS manages_all))
UNION ALL
 SELECT o.last_at,
    o.account,
    o.realm,
    o.device,
    o.selector,
    o.service,
    o.network,
    o.first_at,
    o.state,
    o.code_id
   FROM apppass.own_use_overview() o(last_at, account, realm, device, selector, service, network, first_at, state, code_id)
  WHERE (NOT apppass.sees_all());


ALTER TABLE apppass.use_overview OWNER TO apppass_owner;

--
-- Name: VIEW use_overview; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON VIEW apppass.use_overview IS 'Where each code, revoked ones too, was used: one row per code, service and network.';


--
-- Name: COLUMN use_overview.last_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.use_overview.last_at IS 'Last login, up to 5 minutes old.';


--
-- Name: COLUMN use_overview.service; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.use_overview.service IS 'NULL: unknown.';


--
-- Name: COLUMN use_overview.network; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.use_overview.network IS '/24 or /48; NULL: unknown.';


--
-- Name: COLUMN use_overview.first_at; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.use_overview.first_at IS 'First login with the code for this service from there.';


--
-- Name: COLUMN use_overview.state; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.use_overview.state IS 'The code''s, as in code_overview.';


--
-- Name: verdict; Type: TABLE; Schema: apppass; Owner: apppass_owner
--

CREATE TABLE apppass.verdict (
    name text NOT NULL COLLATE pg_catalog."C",
    description text NOT NULL
);


ALTER TABLE apppass.verdict OWNER TO apppass_owner;

--
-- Name: TABLE verdict; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TABLE apppass.verdict IS 'What may be decided about a login attempt.';


--
-- Name: COLUMN verdict.name; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.verdict.name IS 'As lookup, the log and refusal_log say it.';


--
-- Name: COLUMN verdict.description; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON COLUMN apppass.verdict.description IS 'What it means, for people.';


--
-- Name: changes; Type: TABLE; Schema: sqitch; Owner: deployer
--

CREATE TABLE sqitch.changes (
    change_id text NOT NULL,
    script_hash text,
    change text NOT NULL,
    project text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    committer_name text NOT NULL,
    committer_email text NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    planner_name text NOT NULL,
    planner_email text NOT NULL
);


ALTER TABLE sqitch.changes OWNER TO deployer;

--
-- Name: TABLE changes; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON TABLE sqitch.changes IS 'Tracks the changes currently deployed to the database.';


--
-- Name: COLUMN changes.change_id; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.change_id IS 'Change primary key.';


--
-- Name: COLUMN changes.script_hash; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.script_hash IS 'Deploy script SHA-1 hash.';


--
-- Name: COLUMN changes.change; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.change IS 'Name of a deployed change.';


--
-- Name: COLUMN changes.project; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.project IS 'Name of the Sqitch project to which the change belongs.';


--
-- Name: COLUMN changes.note; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.note IS 'Description of the change.';


--
-- Name: COLUMN changes.committed_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.committed_at IS 'Date the change was deployed.';


--
-- Name: COLUMN changes.committer_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.committer_name IS 'Name of the user who deployed the change.';


--
-- Name: COLUMN changes.committer_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.committer_email IS 'Email address of the user who deployed the change.';


--
-- Name: COLUMN changes.planned_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.planned_at IS 'Date the change was added to the plan.';


--
-- Name: COLUMN changes.planner_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.planner_name IS 'Name of the user who planed the change.';


--
-- Name: COLUMN changes.planner_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.changes.planner_email IS 'Email address of the user who planned the change.';


--
-- Name: dependencies; Type: TABLE; Schema: sqitch; Owner: deployer
--

CREATE TABLE sqitch.dependencies (
    change_id text NOT NULL,
    type text NOT NULL,
    dependency text NOT NULL,
    dependency_id text,
    CONSTRAINT dependencies_check CHECK ((((type = 'require'::text) AND (dependency_id IS NOT NULL)) OR ((type = 'conflict'::text) AND (dependency_id IS NULL))))
);


ALTER TABLE sqitch.dependencies OWNER TO deployer;

--
-- Name: TABLE dependencies; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON TABLE sqitch.dependencies IS 'Tracks the currently satisfied dependencies.';


--
-- Name: COLUMN dependencies.change_id; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.dependencies.change_id IS 'ID of the depending change.';


--
-- Name: COLUMN dependencies.type; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.dependencies.type IS 'Type of dependency.';


--
-- Name: COLUMN dependencies.dependency; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.dependencies.dependency IS 'Dependency name.';


--
-- Name: COLUMN dependencies.dependency_id; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.dependencies.dependency_id IS 'Change ID the dependency resolves to.';


--
-- Name: events; Type: TABLE; Schema: sqitch; Owner: deployer
--

CREATE TABLE sqitch.events (
    event text NOT NULL,
    change_id text NOT NULL,
    change text NOT NULL,
    project text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    requires text[] DEFAULT '{}'::text[] NOT NULL,
    conflicts text[] DEFAULT '{}'::text[] NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    committer_name text NOT NULL,
    committer_email text NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    planner_name text NOT NULL,
    planner_email text NOT NULL,
    CONSTRAINT events_event_check CHECK ((event = ANY (ARRAY['deploy'::text, 'revert'::text, 'fail'::text, 'merge'::text])))
);


ALTER TABLE sqitch.events OWNER TO deployer;

--
-- Name: TABLE events; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON TABLE sqitch.events IS 'Contains full history of all deployment events.';


--
-- Name: COLUMN events.event; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.event IS 'Type of event.';


--
-- Name: COLUMN events.change_id; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.change_id IS 'Change ID.';


--
-- Name: COLUMN events.change; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.change IS 'Change name.';


--
-- Name: COLUMN events.project; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.project IS 'Name of the Sqitch project to which the change belongs.';


--
-- Name: COLUMN events.note; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.note IS 'Description of the change.';


--
-- Name: COLUMN events.requires; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.requires IS 'Array of the names of required changes.';


--
-- Name: COLUMN events.conflicts; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.conflicts IS 'Array of the names of conflicting changes.';


--
-- Name: COLUMN events.tags; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.tags IS 'Tags associated with the change.';


--
-- Name: COLUMN events.committed_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.committed_at IS 'Date the event was committed.';


--
-- Name: COLUMN events.committer_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.committer_name IS 'Name of the user who committed the event.';


--
-- Name: COLUMN events.committer_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.committer_email IS 'Email address of the user who committed the event.';


--
-- Name: COLUMN events.planned_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.planned_at IS 'Date the event was added to the plan.';


--
-- Name: COLUMN events.planner_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.planner_name IS 'Name of the user who planed the change.';


--
-- Name: COLUMN events.planner_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.events.planner_email IS 'Email address of the user who plan planned the change.';


--
-- Name: projects; Type: TABLE; Schema: sqitch; Owner: deployer
--

CREATE TABLE sqitch.projects (
    project text NOT NULL,
    uri text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    creator_name text NOT NULL,
    creator_email text NOT NULL
);


ALTER TABLE sqitch.projects OWNER TO deployer;

--
-- Name: TABLE projects; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON TABLE sqitch.projects IS 'Sqitch projects deployed to this database.';


--
-- Name: COLUMN projects.project; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.projects.project IS 'Unique Name of a project.';


--
-- Name: COLUMN projects.uri; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.projects.uri IS 'Optional project URI';


--
-- Name: COLUMN projects.created_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.projects.created_at IS 'Date the project was added to the database.';


--
-- Name: COLUMN projects.creator_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.projects.creator_name IS 'Name of the user who added the project.';


--
-- Name: COLUMN projects.creator_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.projects.creator_email IS 'Email address of the user who added the project.';


--
-- Name: releases; Type: TABLE; Schema: sqitch; Owner: deployer
--

CREATE TABLE sqitch.releases (
    version real NOT NULL,
    installed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    installer_name text NOT NULL,
    installer_email text NOT NULL
);


ALTER TABLE sqitch.releases OWNER TO deployer;

--
-- Name: TABLE releases; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON TABLE sqitch.releases IS 'Sqitch registry releases.';


--
-- Name: COLUMN releases.version; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.releases.version IS 'Version of the Sqitch registry.';


--
-- Name: COLUMN releases.installed_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.releases.installed_at IS 'Date the registry release was installed.';


--
-- Name: COLUMN releases.installer_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.releases.installer_name IS 'Name of the user who installed the registry release.';


--
-- Name: COLUMN releases.installer_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.releases.installer_email IS 'Email address of the user who installed the registry release.';


--
-- Name: tags; Type: TABLE; Schema: sqitch; Owner: deployer
--

CREATE TABLE sqitch.tags (
    tag_id text NOT NULL,
    tag text NOT NULL,
    project text NOT NULL,
    change_id text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    committed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    committer_name text NOT NULL,
    committer_email text NOT NULL,
    planned_at timestamp with time zone NOT NULL,
    planner_name text NOT NULL,
    planner_email text NOT NULL
);


ALTER TABLE sqitch.tags OWNER TO deployer;

--
-- Name: TABLE tags; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON TABLE sqitch.tags IS 'Tracks the tags currently applied to the database.';


--
-- Name: COLUMN tags.tag_id; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.tag_id IS 'Tag primary key.';


--
-- Name: COLUMN tags.tag; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.tag IS 'Project-unique tag name.';


--
-- Name: COLUMN tags.project; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.project IS 'Name of the Sqitch project to which the tag belongs.';


--
-- Name: COLUMN tags.change_id; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.change_id IS 'ID of last change deployed before the tag was applied.';


--
-- Name: COLUMN tags.note; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.note IS 'Description of the tag.';


--
-- Name: COLUMN tags.committed_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.committed_at IS 'Date the tag was applied to the database.';


--
-- Name: COLUMN tags.committer_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.committer_name IS 'Name of the user who applied the tag.';


--
-- Name: COLUMN tags.committer_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.committer_email IS 'Email address of the user who applied the tag.';


--
-- Name: COLUMN tags.planned_at; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.planned_at IS 'Date the tag was added to the plan.';


--
-- Name: COLUMN tags.planner_name; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.planner_name IS 'Name of the user who planed the tag.';


--
-- Name: COLUMN tags.planner_email; Type: COMMENT; Schema: sqitch; Owner: deployer
--

COMMENT ON COLUMN sqitch.tags.planner_email IS 'Email address of the user who planned the tag.';


--
-- Name: refusal_2026_11; Type: TABLE ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.refusal ATTACH PARTITION apppass.refusal_2026_11 FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00');


--
-- Name: refusal_2026_12; Type: TABLE ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.refusal ATTACH PARTITION apppass.refusal_2026_12 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2027-01-01 00:00:00+00');


--
-- Name: refusal_2027_01; Type: TABLE ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.refusal ATTACH PARTITION apppass.refusal_2027_01 FOR VALUES FROM ('2027-01-01 00:00:00+00') TO ('2027-02-01 00:00:00+00');


--
-- Name: refusal_default; Type: TABLE ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.refusal ATTACH PARTITION apppass.refusal_default DEFAULT;


--
-- Data for Name: access_rule; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.access_rule (id, "position", realm_id, service, network, action, description) FROM stdin;
1	10	\N	\N	203.0.113.0/24	deny	Where the flood came from
\.


--
-- Data for Name: account; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.account (id, username, realm_id, enabled, disabled_from, mfa_enrolled, main_password_refused_from, notify_address, notify_language, created_at, created_by) FROM stdin;
2	bob@example.org	2	t	\N	f	\N	\N	\N	2026-11-26 23:56:27.73029+00	postgres
7	mona@strict.example	3	t	\N	t	\N	\N	\N	2026-11-26 23:56:27.766271+00	postgres
8	max@strict.example	3	t	\N	f	\N	\N	\N	2026-11-26 23:56:27.766271+00	postgres
1	alice@example.org	2	t	\N	f	\N	alice@private.example	de	2026-11-26 23:56:27.73029+00	postgres
4	dave@example.org	2	t	\N	f	\N	\N	\N	2026-11-26 23:56:27.73029+00	postgres
6	frank@example.org	2	t	2126-01-01 00:00:00+00	f	\N	\N	\N	2026-11-26 23:56:27.73029+00	postgres
3	carol@example.org	2	f	\N	f	\N	\N	\N	2026-11-26 23:56:27.73029+00	postgres
\.


--
-- Data for Name: audit; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.audit (id, xid, cluster, at, actor, operator, client, application, action, realm_id, account_id, account, device, code_id, selector, reason, ticket, before, after, salt, erased_digest) FROM stdin;
1	791	7712633297338871618	2026-11-26 23:56:27.681934+00	postgres	\N	\N	psql	realm_added	2	\N	\N	\N	\N	\N	\N	\N	\N	{"id": 2, "name": "example.org", "dav_port": 443, "imap_port": 993, "max_codes": 100, "smtp_port": 465, "code_length": 20, "description": "The first tenant", "argon2_lanes": 1, "handover_url": "https://mail.example.org/handover", "mfa_required": false, "self_allowed": false, "argon2_passes": 2, "codes_allowed": true, "notify_owners": true, "notify_per_day": 10, "notify_language": "en", "reason_required": false, "argon2_memory_kib": 19456, "refusal_retention": "90 days", "self_fresh_within": "00:10:00", "self_makes_per_day": 10, "main_password_refused_from": "2026-01-01T00:00:00+00:00"}	0c279903-8a8f-400a-baff-141dcda79432	\N
2	791	7712633297338871618	2026-11-26 23:56:27.695324+00	postgres	\N	\N	psql	realm_added	3	\N	\N	\N	\N	\N	\N	\N	\N	{"id": 3, "name": "strict.example", "dav_port": 443, "imap_port": 993, "max_codes": 100, "smtp_port": 465, "code_length": 20, "argon2_lanes": 1, "mfa_required": false, "self_allowed": false, "argon2_passes": 2, "codes_allowed": true, "notify_owners": false, "notify_per_day": 10, "notify_language": "en", "reason_required": false, "argon2_memory_kib": 19456, "refusal_retention": "90 days", "self_fresh_within": "00:10:00", "self_makes_per_day": 10}	080c7f2b-2603-4306-8615-9273d9f1c1e8	\N
3	792	7712633297338871618	2026-11-26 23:56:27.70821+00	postgres	\N	\N	psql	realm_changed	3	\N	\N	\N	\N	\N	\N	\N	{"services": null, "lapse_after": null, "mfa_required": false}	{"services": ["imap", "smtp"], "lapse_after": "30 days", "mfa_required": true}	4f846b90-d03d-4c0f-9ccf-f49ad0fe3f4d	\N
4	793	7712633297338871618	2026-11-26 23:56:27.716196+00	postgres	\N	\N	psql	access_rule_added	\N	\N	\N	\N	\N	\N	\N	\N	\N	{"id": 1, "action": "deny", "network": "203.0.113.0/24", "position": 10, "description": "Where the flood came from"}	79df915e-c498-43a9-8262-373bdc3ebd17	\N
5	794	7712633297338871618	2026-11-26 23:56:27.724329+00	postgres	\N	\N	psql	realm_operator_added	2	\N	\N	\N	\N	\N	\N	\N	\N	{"realm_id": 2, "role_oid": "hilda", "role_name": "hilda"}	bd21b776-3a96-4150-93ff-a3ac9b18001b	\N
6	796	7712633297338871618	2026-11-26 23:56:27.753189+00	postgres	\N	\N	psql	account_added	2	1	alice@example.org	\N	\N	\N	\N	\N	\N	{"id": 1, "enabled": true, "realm_id": 2, "username": "alice@example.org", "created_at": "2026-11-26T23:56:27.73029+00:00", "created_by": "postgres", "mfa_enrolled": false}	ba15dc75-9c7e-4dce-8c30-bb623058cef7	\N
7	796	7712633297338871618	2026-11-26 23:56:27.756132+00	postgres	\N	\N	psql	account_added	2	2	bob@example.org	\N	\N	\N	\N	\N	\N	{"id": 2, "enabled": true, "realm_id": 2, "username": "bob@example.org", "created_at": "2026-11-26T23:56:27.73029+00:00", "created_by": "postgres", "mfa_enrolled": false}	a1cb8473-22bc-45d0-bf5c-e3b299f0482b	\N
8	796	7712633297338871618	2026-11-26 23:56:27.757358+00	postgres	\N	\N	psql	account_added	2	3	carol@example.org	\N	\N	\N	\N	\N	\N	{"id": 3, "enabled": true, "realm_id": 2, "username": "carol@example.org", "created_at": "2026-11-26T23:56:27.73029+00:00", "created_by": "postgres", "mfa_enrolled": false}	c185b500-699a-4354-a8d0-2ffe37a3d907	\N
9	796	7712633297338871618	2026-11-26 23:56:27.758599+00	postgres	\N	\N	psql	account_added	2	4	david@example.org	\N	\N	\N	\N	\N	\N	{"id": 4, "enabled": true, "realm_id": 2, "username": "david@example.org", "created_at": "2026-11-26T23:56:27.73029+00:00", "created_by": "postgres", "mfa_enrolled": false}	0325ba01-f832-48d6-a18c-c52c36979e8a	\N
11	796	7712633297338871618	2026-11-26 23:56:27.760443+00	postgres	\N	\N	psql	account_added	2	6	frank@example.org	\N	\N	\N	\N	\N	\N	{"id": 6, "enabled": true, "realm_id": 2, "username": "frank@example.org", "created_at": "2026-11-26T23:56:27.73029+00:00", "created_by": "postgres", "mfa_enrolled": false}	0ad2e7ba-756f-4a41-9300-b4d78e8bc029	\N
12	803	7712633297338871618	2026-11-26 23:56:27.767424+00	postgres	\N	\N	psql	account_added	3	7	mona@strict.example	\N	\N	\N	\N	\N	\N	{"id": 7, "enabled": true, "realm_id": 3, "username": "mona@strict.example", "created_at": "2026-11-26T23:56:27.766271+00:00", "created_by": "postgres", "mfa_enrolled": true}	f93665cd-6198-41ef-8cd7-14f1d797aa31	\N
13	803	7712633297338871618	2026-11-26 23:56:27.767944+00	postgres	\N	\N	psql	account_added	3	8	max@strict.example	\N	\N	\N	\N	\N	\N	{"id": 8, "enabled": true, "realm_id": 3, "username": "max@strict.example", "created_at": "2026-11-26T23:56:27.766271+00:00", "created_by": "postgres", "mfa_enrolled": false}	0f5c60e4-a126-465d-808c-cb348adac853	\N
14	806	7712633297338871618	2026-11-26 23:56:27.775882+00	postgres	\N	\N	psql	account_changed	2	1	alice@example.org	\N	\N	\N	\N	\N	{"notify_address": null, "notify_language": null}	{"notify_address": "alice@private.example", "notify_language": "de"}	e36ff140-14ad-4887-83b7-38c9d55f0b0e	\N
15	808	7712633297338871618	2026-11-26 23:56:27.795875+00	postgres	\N	\N	psql	device_added	2	1	alice@example.org	Phone	\N	\N	\N	\N	\N	{"id": 1, "label": "Phone", "account_id": 1, "created_at": "2026-11-26T23:56:27.776827+00:00"}	9ae96ae3-be3c-4429-a0e8-3fe51939a6ca	\N
16	808	7712633297338871618	2026-11-26 23:56:27.81575+00	postgres	\N	\N	psql	code_issued	2	1	alice@example.org	Phone	1	k7xp	\N	\N	\N	{"id": 1, "realm_id": 2, "selector": "k7xp", "device_id": 1, "account_id": 1, "created_at": "2026-11-26T23:56:27.776827+00:00", "created_by": "postgres", "expiry_chosen": false}	5630d693-16db-4666-b950-e5619d48ed48	\N
17	810	7712633297338871618	2026-11-26 23:56:27.821961+00	postgres	\N	\N	psql	device_added	2	1	alice@example.org	Scanner	\N	\N	\N	\N	\N	{"id": 2, "label": "Scanner", "account_id": 1, "created_at": "2026-11-26T23:56:27.81916+00:00"}	bc64c0d6-946c-4e43-83b6-709be2a9d654	\N
18	810	7712633297338871618	2026-11-26 23:56:27.829735+00	postgres	\N	\N	psql	code_issued	2	1	alice@example.org	Scanner	2	1111	\N	\N	\N	{"id": 2, "networks": ["192.0.2.0/24", "2001:db8::/48"], "realm_id": 2, "selector": "1111", "services": ["smtp"], "device_id": 2, "account_id": 1, "created_at": "2026-11-26T23:56:27.81916+00:00", "created_by": "postgres", "expiry_chosen": false}	48aed210-9721-4374-b948-076bf051b664	\N
19	812	7712633297338871618	2026-11-26 23:56:27.834008+00	postgres	\N	\N	psql	device_added	2	1	alice@example.org	Lost	\N	\N	\N	\N	\N	{"id": 3, "label": "Lost", "account_id": 1, "created_at": "2026-11-26T23:56:27.831558+00:00"}	05d6f2c7-0157-45b8-a72b-d99250e36b4b	\N
20	812	7712633297338871618	2026-11-26 23:56:27.836114+00	postgres	\N	\N	psql	code_issued	2	1	alice@example.org	Lost	3	2222	\N	\N	\N	{"id": 3, "realm_id": 2, "selector": "2222", "device_id": 3, "account_id": 1, "created_at": "2026-11-26T23:56:27.831558+00:00", "created_by": "postgres", "expiry_chosen": false}	3f7d5fd8-a444-4512-bb7e-a0629312d1b1	\N
21	814	7712633297338871618	2026-11-26 23:56:27.849732+00	postgres	hilda	\N	psql	code_revoked	2	1	alice@example.org	Lost	3	2222	lost on the train	T-17	{"revoked_at": null, "revoked_by": null, "revoke_reason": null}	{"revoked_at": "2026-11-26T23:56:27.842411+00:00", "revoked_by": "postgres/hilda", "revoke_reason": "lost on the train"}	9bcad97a-a4a7-4b48-af41-670f03640a70	\N
22	816	7712633297338871618	2026-11-26 23:56:27.852544+00	postgres	\N	\N	psql	device_added	2	1	alice@example.org	Tablet	\N	\N	\N	\N	\N	{"id": 4, "label": "Tablet", "account_id": 1, "created_at": "2026-11-26T23:56:27.850469+00:00"}	22a72e24-5e23-4504-90d2-8df7ef138625	\N
10	796	7712633297338871618	2026-11-26 23:56:27.759595+00	postgres	\N	\N	psql	account_added	2	5	\N	\N	\N	\N	\N	\N	\N	\N	\N	\\x4f104e3ab25f756f17ecfaab4f81f464460b2c4e1b68f40b05facf01ab256fc6
23	816	7712633297338871618	2026-11-26 23:56:27.855271+00	postgres	\N	\N	psql	code_issued	2	1	alice@example.org	Tablet	4	3333	\N	\N	\N	{"id": 4, "realm_id": 2, "selector": "3333", "device_id": 4, "account_id": 1, "created_at": "2026-11-26T23:56:27.850469+00:00", "created_by": "postgres", "expiry_chosen": false}	29070379-57cc-4a41-9a97-2fae04de55e8	\N
24	818	7712633297338871618	2026-11-26 23:56:27.870049+00	postgres	\N	\N	psql	code_changed	2	1	alice@example.org	Tablet	4	3333	a new tablet	\N	{"expires_at": null, "expiry_chosen": false}	{"expires_at": "2126-11-26T23:56:27.858209+00:00", "expiry_chosen": true}	1a1652f9-c0ae-4ea8-8de9-8709e6b959d0	\N
25	818	7712633297338871618	2026-11-26 23:56:27.876929+00	postgres	\N	\N	psql	code_reset	2	1	alice@example.org	Tablet	5	4444	a new tablet	\N	\N	{"id": 5, "realm_id": 2, "replaces": 4, "selector": "4444", "device_id": 4, "account_id": 1, "created_at": "2026-11-26T23:56:27.858209+00:00", "created_by": "postgres", "expiry_chosen": false}	5f900936-ef6c-4618-b8a0-996a445601cd	\N
26	820	7712633297338871618	2026-11-26 23:56:27.883377+00	postgres	\N	\N	psql	device_added	2	2	bob@example.org	Guest	\N	\N	\N	\N	\N	{"id": 5, "label": "Guest", "account_id": 2, "created_at": "2026-11-26T23:56:27.881376+00:00"}	d279d751-6199-45b7-b631-2fcd16b4e97d	\N
27	820	7712633297338871618	2026-11-26 23:56:27.885224+00	postgres	\N	\N	psql	code_issued	2	2	bob@example.org	Guest	6	1111	\N	\N	\N	{"id": 6, "realm_id": 2, "selector": "1111", "device_id": 5, "account_id": 2, "created_at": "2026-11-26T23:56:27.881376+00:00", "created_by": "postgres", "expires_at": "2026-11-27T23:56:27.881376+00:00", "expiry_chosen": true}	de26c5ee-b63b-4db7-8fc0-12a490557932	\N
28	823	7712633297338871618	2026-11-26 23:56:27.895725+00	postgres	\N	\N	psql	device_added	2	3	carol@example.org	Laptop	\N	\N	\N	\N	\N	{"id": 6, "label": "Laptop", "account_id": 3, "created_at": "2026-11-26T23:56:27.891448+00:00"}	330ae8b0-a052-4467-91a1-55b239fb15a6	\N
29	823	7712633297338871618	2026-11-26 23:56:27.8989+00	postgres	\N	\N	psql	code_issued	2	3	carol@example.org	Laptop	7	5555	\N	\N	\N	{"id": 7, "realm_id": 2, "selector": "5555", "device_id": 6, "account_id": 3, "created_at": "2026-11-26T23:56:27.891448+00:00", "created_by": "postgres", "expiry_chosen": false}	895b8ffd-c874-48e4-89cb-b65f418eb25f	\N
30	823	7712633297338871618	2026-11-26 23:56:27.900711+00	postgres	\N	\N	psql	device_added	2	4	david@example.org	Laptop	\N	\N	\N	\N	\N	{"id": 7, "label": "Laptop", "account_id": 4, "created_at": "2026-11-26T23:56:27.891448+00:00"}	c71dc323-8caa-438e-830c-bff48f322714	\N
31	823	7712633297338871618	2026-11-26 23:56:27.901782+00	postgres	\N	\N	psql	code_issued	2	4	david@example.org	Laptop	8	5555	\N	\N	\N	{"id": 8, "realm_id": 2, "selector": "5555", "device_id": 7, "account_id": 4, "created_at": "2026-11-26T23:56:27.891448+00:00", "created_by": "postgres", "expiry_chosen": false}	f1a354bf-93c1-43b9-8c70-3e95613d6b01	\N
34	823	7712633297338871618	2026-11-26 23:56:27.905039+00	postgres	\N	\N	psql	device_added	2	6	frank@example.org	Laptop	\N	\N	\N	\N	\N	{"id": 9, "label": "Laptop", "account_id": 6, "created_at": "2026-11-26T23:56:27.891448+00:00"}	b382d245-c578-411a-bef2-5c377ab83494	\N
35	823	7712633297338871618	2026-11-26 23:56:27.905901+00	postgres	\N	\N	psql	code_issued	2	6	frank@example.org	Laptop	10	5555	\N	\N	\N	{"id": 10, "realm_id": 2, "selector": "5555", "device_id": 9, "account_id": 6, "created_at": "2026-11-26T23:56:27.891448+00:00", "created_by": "postgres", "expiry_chosen": false}	6cecc8b6-6e65-438b-bc5f-9a848dba1288	\N
36	828	7712633297338871618	2026-11-26 23:56:27.913316+00	postgres	\N	\N	psql	account_disabled	2	3	carol@example.org	\N	\N	\N	on leave	\N	{"enabled": true}	{"enabled": false}	ebedd167-58d9-41c4-aed1-1025c9092d38	\N
37	829	7712633297338871618	2026-11-26 23:56:27.919636+00	postgres	\N	\N	psql	account_changed	2	4	dave@example.org	\N	\N	\N	his wish	\N	{"username": "david@example.org"}	{"username": "dave@example.org"}	c73e92c0-bcb9-4942-8031-553fb622ec81	\N
38	831	7712633297338871618	2026-11-26 23:56:27.921736+00	postgres	\N	\N	psql	account_changed	2	6	frank@example.org	\N	\N	\N	leaves	\N	{"disabled_from": null}	{"disabled_from": "2126-01-01T00:00:00+00:00"}	2e6f5fd0-7691-442f-8583-75a3d81aabd5	\N
39	832	7712633297338871618	2026-11-26 23:56:27.923496+00	postgres	\N	\N	psql	device_added	3	7	mona@strict.example	Phone	\N	\N	\N	\N	\N	{"id": 10, "label": "Phone", "account_id": 7, "created_at": "2026-11-26T23:56:27.922251+00:00"}	1fd1066d-3be5-4c33-abf6-669de4dfa824	\N
40	832	7712633297338871618	2026-11-26 23:56:27.925125+00	postgres	\N	\N	psql	code_issued	3	7	mona@strict.example	Phone	11	6666	\N	\N	\N	{"id": 11, "realm_id": 3, "selector": "6666", "device_id": 10, "account_id": 7, "created_at": "2026-11-26T23:56:27.922251+00:00", "created_by": "postgres", "expiry_chosen": false}	53365e99-b190-42e7-bbba-bf31ab7a61e8	\N
41	842	7712633297338871618	2026-11-26 23:56:28.023591+00	postgres	\N	\N	psql	hash_upgraded	2	1	alice@example.org	Scanner	2	1111	\N	\N	{"hash_kind": "argon2id m=19456,t=2,p=1"}	{"hash_kind": "argon2id m=19456,t=2,p=1"}	7c737742-1f97-4b9b-9750-616b16493078	\N
43	844	7712633297338871618	2026-11-26 23:56:28.030027+00	postgres	\N	\N	psql	account_erased	2	5	\N	\N	\N	\N	request 77	\N	\N	\N	87fac82e-c4e6-46d2-a7ab-fc5a4b33a2a5	\N
32	823	7712633297338871618	2026-11-26 23:56:27.902865+00	postgres	\N	\N	psql	device_added	2	5	\N	\N	\N	\N	\N	\N	\N	\N	\N	\\x03fe4af3b3920e76bec2d7b2b1d384fe3790c3a6948a74bc03d56c9b48de6b00
33	823	7712633297338871618	2026-11-26 23:56:27.904094+00	postgres	\N	\N	psql	code_issued	2	5	\N	\N	9	5555	\N	\N	\N	\N	\N	\\x2e2218d635a897a31f8082df0975ab4c6cc0e0802763665027410fe4debb062b
42	843	7712633297338871618	2026-11-26 23:56:28.027045+00	postgres	\N	\N	psql	account_disabled	2	5	\N	\N	\N	\N	\N	\N	\N	\N	\N	\\x9439047efc083e022c3e54b6f3d5e86a256b2bddba123e49c6fbd4fb940e4afc
44	844	7712633297338871618	2026-11-26 23:56:28.036156+00	postgres	\N	\N	psql	device_removed	2	5	\N	\N	\N	\N	\N	\N	\N	\N	\N	\\x8dd49c0bdd50647baaefce551c4c01be9aa3e8dd28ff0545659049685d43a8f5
45	844	7712633297338871618	2026-11-26 23:56:28.03748+00	postgres	\N	\N	psql	account_removed	2	5	\N	\N	\N	\N	\N	\N	\N	\N	\N	\\xb8cb447e55b40bb8f3a6dffb0af02f36f1070fbd4a923dcfddee55ec8db5651e
48	845	7712633297338871618	2026-11-26 23:56:28.067339+00	postgres	\N	\N	psql	handover_offered	2	2	bob@example.org	Printer	\N	\N	\N	\N	\N	{"pin": false, "ends_at": "2026-12-26T23:56:28.050395+00:00"}	3c0d7a21-2633-4bb4-a693-1eb0a44e807b	\N
51	845	7712633297338871618	2026-11-26 23:56:28.078149+00	postgres	\N	\N	psql	handover_offered	2	2	bob@example.org	Watch	\N	\N	\N	\N	\N	{"pin": true, "ends_at": "2026-11-27T23:56:28.050395+00:00"}	e44eb5f7-e942-49d5-93c3-ce5cf9e4f9d6	\N
52	850	7712633297338871618	2026-11-26 23:56:28.084479+00	postgres	the link	\N	psql	device_added	2	2	bob@example.org	Watch	\N	\N	collected by its link	\N	\N	{"id": 13, "label": "Watch", "account_id": 2, "created_at": "2026-11-26T23:56:28.07885+00:00"}	19f86dd4-3dae-4fee-afaa-023718317e46	\N
53	850	7712633297338871618	2026-11-26 23:56:28.086417+00	postgres	the link	\N	psql	code_issued	2	2	bob@example.org	Watch	15	8888	collected by its link	\N	\N	{"id": 15, "realm_id": 2, "selector": "8888", "device_id": 13, "account_id": 2, "created_at": "2026-11-26T23:56:28.07885+00:00", "created_by": "postgres/the link", "expiry_chosen": false}	70173343-3e51-41c5-85c7-bcabb7328f0d	\N
54	850	7712633297338871618	2026-11-26 23:56:28.087739+00	postgres	the link	\N	psql	handover_collected	2	2	bob@example.org	Watch	15	8888	collected by its link	\N	\N	{"address": "192.0.2.9"}	ab20ed05-87bf-45fe-9752-5e664f6c2688	\N
55	854	7712633297338871618	2026-11-26 23:56:28.118605+00	postgres	\N	\N	psql	account_enabled	2	3	carol@example.org	\N	\N	\N	back	\N	{"enabled": false}	{"enabled": true}	62a973ef-9945-4577-85a6-964b8cdb2442	\N
56	854	7712633297338871618	2026-11-26 23:56:28.120213+00	postgres	\N	\N	psql	account_disabled	2	3	carol@example.org	\N	\N	\N	away again	\N	{"enabled": true}	{"enabled": false}	0e151a0b-2579-4c92-b6a2-e79678e75c86	\N
\.


--
-- Data for Name: audit_chain; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.audit_chain ("position", audit_id, hash) FROM stdin;
1	1	\\x56c705e20f2d0efadc26d4f92e419af28c31e8e2b538605673d259d63dc2c15a
2	2	\\x53c151e7ad05a5cc86d8f133f14775b35d97a7b289784a7a190236be3869f81a
3	3	\\xc5b0e19fb9d4e1b4ad3ad8ee485c0aca523f6d83d4e4687121400bc88433f250
4	4	\\x41b9ed313a0d1b77f65ed4a0c8112ccb543a6ec3707cbf1753a9cdb583efceb6
5	5	\\x307a71897501c02ee37dfe4e6da022e048872ad660b8deb1cb6e381ec415707f
6	6	\\x33ca467b093135245a332b5a7b4422e4fd1cc9499b8536b54643d519ec0dc171
7	7	\\x12d61cda6ed1685f9d1cc99c72b21cf280e5307841c45b647ea6cf5c7b9e2fc8
8	8	\\x9e36b769178b83dc8f10e811345b19763c753c25fb84546913aadb1b68d254ea
9	9	\\x6c3b38757c643da9d3ee1a7a3d5edbfe381746e9e37365c434779c1d050478ff
10	10	\\x6ad573d2417f178f3cb6d3f53e35bae7e57bb41f8665ee756325afe530b8ca71
11	11	\\x5dfcefbed24f2c05c3473d9474fee6dfff738989347dd754809bdbb65efa4efd
12	12	\\x70ef512c64329f61f9092fac6f6de69c6c62878cdf910f30b8486d553b38097b
13	13	\\x41ce7cce2d0a111b2fc699cd82dc0f29632d9186a2fd005e904efcdab902b77b
14	14	\\x4ea6762e635079fe5774aee709037048be551a080ed932a215bc52a7ceb259cd
15	15	\\x17b7a94672b159d8c9011711156ed4d49240ef3b2bf03eeafb41faf5418fb492
16	16	\\x528a2c2ed6dd4f2ae706642711e2fd348c5c551f095818611aec1ca75b71730a
17	17	\\x7f78b017e94f6f761241639921b65e26e40c827d2199827b907b57b31e59efef
18	18	\\xb5a9d7350f8f0d7dd602b8e05b5ce4e0a43168c22accd10c57f7457687082fbe
19	19	\\x7d934295505748143f728b5349bc5058d78eae7510a8cd271363fdb1be13c228
20	20	\\x9dc1f018b95eeecd91798073d04f1a242696a810a1be976b6fab45df992e86d7
21	21	\\xa6b240b5de4e020c61e86cdc102d2fa40db2881c13d2fab5ff71c005c9b051b1
22	22	\\xb4fd85f75102f8f994f96845e4ebf49509dc95809c42103d47fdbc93517c4f3f
23	23	\\xe86b02677f5a4064cba30ce2a4bf36a03b68051470c4a8be7d5e4b71a614c0bd
24	24	\\x70a31ce57d1cf8c25494d29fca64e24d09a2edbfbd173c213977af94cf8309eb
25	25	\\xf5dfbd007abec1e805a3b3b8e7932e2d5ffafbce5dc2edaa3cb0c2cc6f073c61
26	26	\\x68d3a6e3cb406796c4e50f99cc140801d20fd50fa3d1877e6ae5ff103cb3793e
27	27	\\x3a8e2d045324231a688a29df2a4a11475c79c62e4b17aacc8cb79a525621ac58
28	28	\\x0f11c44e1d01bd1ac83930a7e9a9ecf0eb15f7eb051fad83512a07d5125fe250
29	29	\\xbc21b549d7f890b04be19a70826a67300fdc0406dba5ca976b0ebbcad72e8763
30	30	\\x3ded89a5e26097161e1c4c16978c839310dd90fc73d2e6b9565068a0dd51df75
31	31	\\xfe83f02175145cd7a00891eb02ef5b9bcb033d22e03548c530b34ba7327fb44d
32	32	\\x618d644ddedfa2d28f6e4c097de4feca0841b55ac331c01cf714be44235a65e0
33	33	\\x0235e477aae072dd85a29a8e27e1430c65692b4eaa4d5064a15e810132a32e38
34	34	\\x0bb53bfcdf43c50e5d0e8d19e333de4851184c5fc1945ee43c2cf9d81defa4a5
35	35	\\x2ef5f68c7abb53578d7454275698e0e2c9cb8ec752f23415932b8c9475464aee
36	36	\\x0103e59bbf7cf18591e1599c68e702bb7595291cd35e11254cebb940ef002d53
37	37	\\xe3163f13392f26e3dc5c6ce28433cd6dcb3d1d08566811a659607d2edcb1337a
38	38	\\x0ce913e5f4169e28199afe751439aac65d739ead8338d895d637617db4c9871b
39	39	\\x9175e67e2eabbffc7b57db4df232bac45cbfb68fbdb09a463873430e0b5ea70a
40	40	\\xbea17fbf8e5f4e4dbccd71a9b1a4001b2a801249809bf68638f67a3c7ed383ee
41	41	\\x2b9c67a97daa72bbc5ed1281c03a3f14ba6b1b4b487b0fe145ef4de6dad785e5
42	42	\\x77949469371066a53756d1f8263a50024e17c43b87ffde21d1732bdc6b6fc342
43	43	\\x86a8612e1d79ad27116c1031a75991e9ecd8a9a343afd740fc3a89c0df00ddc6
44	44	\\x74592ef3228037c227bcae2df73d1d2e56a74a14281b05ff4363372109c3f0dd
45	45	\\x4ad98a0e28a8ce31f63e3c76436f529227ea3bef6251195ab9633d93d9eef798
46	48	\\xfce3356972cdd7771eb9086353a23a7792f93f055e40e18814541e9929180289
47	51	\\x7dd993619d7525bc11dcc1d3e96b0ab23f5bfd8566d6b4bf84d2b3c091c91385
48	52	\\x5204c28bbf7ad732a4d6da2eb384791a1c9d4962872c554b593e9c31f4b3efa3
49	53	\\xaea1a7ec1fb6f15993f81a86c0037b7258e2f25e24539c20e727b528b5d2d895
50	54	\\xaf79092ed0fd7616f1f0510e255e61bdf4a6dd928a96e651a972112405322849
\.


--
-- Data for Name: audit_head; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.audit_head (only_row, "position", hash, sealed_at, mark) FROM stdin;
t	50	\\xaf79092ed0fd7616f1f0510e255e61bdf4a6dd928a96e651a972112405322849	2026-11-26 23:56:28.116581+00	{"had": [], "hash": "af79092ed0fd7616f1f0510e255e61bdf4a6dd928a96e651a972112405322849", "history": "7712633297338871618/1", "position": 50, "snapshot": "853:853:"}
\.


--
-- Data for Name: code; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.code (id, device_id, account_id, realm_id, selector, hash, services, networks, created_at, created_by, expires_at, expiry_chosen, revoked_at, revoked_by, revoke_reason, replaces) FROM stdin;
1	1	1	2	k7xp	$2a$06$gtSHJIYPnJKV6/rzuj6iw.40g6ycUHhw6UorhF8OSfTBUPpyvoHpC	\N	\N	2026-11-26 23:56:27.776827+00	postgres	\N	f	\N	\N	\N	\N
2	2	1	2	1111	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	{smtp}	{192.0.2.0/24,2001:db8::/48}	2026-11-26 23:56:27.81916+00	postgres	\N	f	\N	\N	\N	\N
3	3	1	2	2222	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.831558+00	postgres	\N	f	2026-11-26 23:56:27.842411+00	postgres/hilda	lost on the train	\N
4	4	1	2	3333	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.850469+00	postgres	2126-11-26 23:56:27.858209+00	t	\N	\N	\N	\N
5	4	1	2	4444	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.858209+00	postgres	\N	f	\N	\N	\N	4
6	5	2	2	1111	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2025-11-26 23:56:27.881376+00	postgres	2025-11-27 23:56:27.881376+00	t	\N	\N	\N	\N
7	6	3	2	5555	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.891448+00	postgres	\N	f	\N	\N	\N	\N
8	7	4	2	5555	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.891448+00	postgres	\N	f	\N	\N	\N	\N
10	9	6	2	5555	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.891448+00	postgres	\N	f	\N	\N	\N	\N
11	10	7	3	6666	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-10-17 23:56:27.922251+00	postgres	\N	f	\N	\N	\N	\N
12	9001	8	3	7777	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:27.92803+00	before MFA was required	\N	f	\N	\N	\N	\N
15	13	2	2	8888	$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g	\N	\N	2026-11-26 23:56:28.07885+00	postgres/the link	\N	f	\N	\N	\N	\N
\.


--
-- Data for Name: code_use; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.code_use (code_id, service, network, first_at, last_at) FROM stdin;
2	imap	192.0.2.0/24	2026-11-26 23:56:27.930865+00	2026-11-26 23:56:27.930865+00
3	imap	192.0.2.0/24	2026-11-26 23:56:27.930865+00	2026-11-26 23:56:27.930865+00
4	imap	192.0.2.0/24	2026-11-26 23:56:27.930865+00	2026-11-26 23:56:27.930865+00
5	imap	192.0.2.0/24	2026-11-26 23:56:27.930865+00	2026-11-26 23:56:27.930865+00
1	imap	192.0.2.0/24	2026-11-26 23:56:27.930865+00	2026-11-26 23:56:27.930865+00
1	smtp	0.0.0.0/0	2026-11-26 23:56:27.965582+00	2026-11-26 23:56:27.965582+00
\.


--
-- Data for Name: device; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.device (id, account_id, label, created_at) FROM stdin;
1	1	Phone	2026-11-26 23:56:27.776827+00
2	1	Scanner	2026-11-26 23:56:27.81916+00
3	1	Lost	2026-11-26 23:56:27.831558+00
4	1	Tablet	2026-11-26 23:56:27.850469+00
5	2	Guest	2026-11-26 23:56:27.881376+00
6	3	Laptop	2026-11-26 23:56:27.891448+00
7	4	Laptop	2026-11-26 23:56:27.891448+00
9	6	Laptop	2026-11-26 23:56:27.891448+00
10	7	Phone	2026-11-26 23:56:27.922251+00
9001	8	Old phone	2026-11-26 23:56:27.92803+00
13	2	Watch	2026-11-26 23:56:28.07885+00
\.


--
-- Data for Name: handover; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.handover (id, account_id, device, services, networks, expires_at, link_hash, pin_hash, wrong_pins, offered_at, offered_by, ends_at, collected_at, code_id) FROM stdin;
1	2	Printer	\N	\N	\N	\\x7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed	\N	0	2026-11-26 23:56:28.050395+00	postgres	2026-12-26 23:56:28.050395+00	\N	\N
2	2	Watch	\N	\N	\N	\\x3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3	\\xcbc0b215bffcec4b8df6b392d4d0446ceca070c8df6e4a2ffd4168b2e242eb3c	0	2026-11-26 23:56:28.050395+00	postgres	2026-11-27 23:56:28.050395+00	2026-11-26 23:56:28.07885+00	15
\.


--
-- Data for Name: hash_upgrade; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.hash_upgrade (code_id, hash) FROM stdin;
2	$argon2id$v=19$m=19456,t=2,p=1$bmV3bmV3bmV3bmV3bmV3bmV3$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g
\.


--
-- Data for Name: issue_turn; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.issue_turn (account_id, turn) FROM stdin;
8	0
1	10
3	2
4	2
6	2
7	2
2	4
\.


--
-- Data for Name: main_password_login; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.main_password_login (account_id, service, network, first_at, last_at) FROM stdin;
2	imap	192.0.2.0/24	2026-11-26 23:56:27.989125+00	2026-11-26 23:56:27.989125+00
\.


--
-- Data for Name: notice; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.notice (id, once, event, account_id, code_id, at, by_whom, service, network, former_address, mailed) FROM stdin;
8	audit 27	issued	2	6	2026-11-26 23:56:27.885224+00	administration	\N	\N	\N	t
12	audit 53	issued	2	15	2026-11-26 23:56:28.086417+00	link	\N	\N	\N	t
1	audit 14	address	1	\N	2026-11-26 23:56:27.775882+00	administration	\N	\N	\N	t
2	audit 16	issued	1	1	2026-11-26 23:56:27.81575+00	administration	\N	\N	\N	t
3	audit 18	issued	1	2	2026-11-26 23:56:27.829735+00	administration	\N	\N	\N	t
4	audit 20	issued	1	3	2026-11-26 23:56:27.836114+00	administration	\N	\N	\N	t
5	audit 21	revoked	1	3	2026-11-26 23:56:27.849732+00	administration	\N	\N	\N	t
6	audit 23	issued	1	4	2026-11-26 23:56:27.855271+00	administration	\N	\N	\N	t
7	audit 25	reset	1	5	2026-11-26 23:56:27.876929+00	administration	\N	\N	\N	t
13	first use 1	first_use	1	1	2026-11-26 23:56:27.930865+00	\N	imap	192.0.2.0/24	\N	t
14	first use 2	first_use	1	2	2026-11-26 23:56:27.930865+00	\N	imap	192.0.2.0/24	\N	t
15	first use 3	first_use	1	3	2026-11-26 23:56:27.930865+00	\N	imap	192.0.2.0/24	\N	t
16	first use 4	first_use	1	4	2026-11-26 23:56:27.930865+00	\N	imap	192.0.2.0/24	\N	t
17	first use 5	first_use	1	5	2026-11-26 23:56:27.930865+00	\N	imap	192.0.2.0/24	\N	t
9	audit 29	issued	3	7	2026-11-26 23:56:27.8989+00	administration	\N	\N	\N	t
10	audit 31	issued	4	8	2026-11-26 23:56:27.901782+00	administration	\N	\N	\N	t
11	audit 35	issued	6	10	2026-11-26 23:56:27.905901+00	administration	\N	\N	\N	t
\.


--
-- Data for Name: notice_mail; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.notice_mail (id, key, account_id, address, notices, made_at, try_at, failures, sent_at) FROM stdin;
1	5bf14ef8-8a8e-4333-bc86-f935e6cf5d72	2	bob@example.org	{8,12}	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:28.088721+00	0	\N
2	014331c1-9aa1-4165-beae-ae033a744a60	1	alice@example.org	{1,2,3,4,5,6,7,13,14,15,16,17}	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:28.088721+00	0	\N
3	ab90604f-2340-4428-a570-60401ee0a154	1	alice@private.example	{1,2,3,4,5,6,7,13,14,15,16,17}	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:28.088721+00	0	\N
4	bba13996-2f79-4d7c-974d-9c3330bf7b21	3	carol@example.org	{9}	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:28.088721+00	0	\N
5	45bf18cd-0ff5-474d-9672-2fb4db94ef1c	4	dave@example.org	{10}	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:28.088721+00	0	\N
6	1e549242-9d9c-4ca8-b19e-f639cf79a990	6	frank@example.org	{11}	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:28.088721+00	0	\N
\.


--
-- Data for Name: notice_state; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.notice_state (only_row, mark, begun_at, uses_at, clock_at) FROM stdin;
t	{"had": [], "hash": "46400f642c99584e51b14031f875ca9b7b33ccf94ff8d7657197a5bac06f4ffb", "history": "7712633297338871618/1", "position": 0, "snapshot": "852:852:"}	2026-11-26 23:56:27.725083+00	2026-11-26 23:56:28.088721+00	2026-11-26 23:56:27.725083+00
\.


--
-- Data for Name: realm; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.realm (id, name, description, codes_allowed, services, code_length, max_codes, max_lifetime, lapse_after, unused_after, mfa_required, reason_required, main_password_refused_from, imap_host, imap_port, smtp_host, smtp_port, dav_host, dav_port, handover_url, self_allowed, self_fresh_within, self_mfa_values, self_makes_per_day, self_services, notify_owners, notify_language, notify_per_day, argon2_memory_kib, argon2_passes, argon2_lanes, refusal_retention) FROM stdin;
1	default	Every domain without a realm of its own	t	\N	20	100	\N	\N	\N	f	f	\N	\N	993	\N	465	\N	443	\N	f	00:10:00	\N	10	\N	f	en	10	19456	2	1	90 days
2	example.org	The first tenant	t	\N	20	100	\N	\N	\N	f	f	2026-01-01 00:00:00+00	\N	993	\N	465	\N	443	https://mail.example.org/handover	f	00:10:00	\N	10	\N	t	en	10	19456	2	1	90 days
3	strict.example	\N	t	{imap,smtp}	20	100	\N	30 days	\N	t	f	\N	\N	993	\N	465	\N	443	\N	f	00:10:00	\N	10	\N	f	en	10	19456	2	1	90 days
\.


--
-- Data for Name: realm_operator; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.realm_operator (role_name, realm_id, role_oid) FROM stdin;
hilda	2	hilda
\.


--
-- Data for Name: refusal_2026_11; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.refusal_2026_11 (at, verdict, account_id, realm_id, code_id, service, client) FROM stdin;
2026-11-26 23:56:27.985585+00	revoked	1	2	3	imap	2001:db8::1
2026-11-26 23:56:27.988186+00	unknown_user	\N	\N	\N	smtp	\N
\.


--
-- Data for Name: refusal_2026_12; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.refusal_2026_12 (at, verdict, account_id, realm_id, code_id, service, client) FROM stdin;
\.


--
-- Data for Name: refusal_2027_01; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.refusal_2027_01 (at, verdict, account_id, realm_id, code_id, service, client) FROM stdin;
\.


--
-- Data for Name: refusal_default; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.refusal_default (at, verdict, account_id, realm_id, code_id, service, client) FROM stdin;
\.


--
-- Data for Name: service; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.service (name, description) FROM stdin;
imap	Mail reading (IMAP)
pop	Mail fetching (POP3)
smtp	Mail sending (submission)
sieve	Mail filters (ManageSieve)
dav	Calendars and contacts (CalDAV, CardDAV), anything over HTTP
lmtp	Delivery into mailboxes
nntp	News
mupdate	Mailbox list of a Cyrus IMAP murder
csync	Cyrus IMAP replication
ldap	Directory
xmpp	Chat
memcached	Cache
\.


--
-- Data for Name: tally; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.tally (realm_id, name, labels, value, counted_at) FROM stdin;
1	apppass_accounts	state="disabled"	0	2026-11-26 23:56:23.91374+00
1	apppass_codes	state="revoked"	0	2026-11-26 23:56:23.91374+00
1	apppass_codes	state="suspended"	0	2026-11-26 23:56:23.91374+00
1	apppass_codes_unused		0	2026-11-26 23:56:23.91374+00
1	apppass_codes	state="expired"	0	2026-11-26 23:56:23.91374+00
1	apppass_codes	state="lapsed"	0	2026-11-26 23:56:23.91374+00
1	apppass_main_password_accounts		0	2026-11-26 23:56:23.91374+00
1	apppass_codes	state="live"	0	2026-11-26 23:56:23.91374+00
1	apppass_accounts	state="enabled"	0	2026-11-26 23:56:23.91374+00
\.


--
-- Data for Name: verdict; Type: TABLE DATA; Schema: apppass; Owner: apppass_owner
--

COPY apppass.verdict (name, description) FROM stdin;
accepted	The code may be used here: the secret decides
not_a_code	What was typed has not the form of a code
mistyped	The check symbol is wrong
unknown_user	There is no such account
unknown_code	The account has no code of that selector
wrong_code	The selector is one of the account's, the secret is not
wrong_account	Another account of the realm has a code of that selector
revoked	The code was revoked
expired	The code expired
lapsed	The code was not used for as long as the realm says
service_denied	Realm, code or an access rule leaves the service out
network_denied	Code or an access rule leaves the network out
account_disabled	The account is disabled
mfa_missing	The realm asks for MFA, and the account is not enrolled
realm_denied	The realm allows no codes, or an access rule denies
main_password	No code was typed: the main password may be tried
main_password_refused	No code was typed, and the main password is refused
\.


--
-- Data for Name: changes; Type: TABLE DATA; Schema: sqitch; Owner: deployer
--

COPY sqitch.changes (change_id, script_hash, change, project, note, committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) FROM stdin;
6a5f1a8ac5e640ca69484186edd73ca39c3d2b32	c5fb8c08e17c4c1b761d59bb01122c87089bf86e	roles	apppass	Cluster roles: owner, verifier, helpdesk, auditor, admin	2026-11-26 23:56:19.071089+00	apppass tests	tests@example.org	2026-11-23 03:01:00+00	apppass developers	apppass@example.org
e48e96ddd5b0664c32a3645340e5fc460d5f43c8	c7401550fe56f8a28f2a68824765c13c18fdb69b	schema	apppass	Schema, verdicts, names of services and addresses	2026-11-26 23:56:19.389055+00	apppass tests	tests@example.org	2026-11-23 03:02:00+00	apppass developers	apppass@example.org
70c193136e0c00a39d623fa67ebba801e48aab5b	bfd3edf76eab8d1553f7ea7bfd7ed8d1c0a0382f	state	apppass	Every rule once: names, services, networks, when a code ends	2026-11-26 23:56:19.793607+00	apppass tests	tests@example.org	2026-11-23 03:02:30+00	apppass developers	apppass@example.org
f939517795f8564930967fe48aa7a678cb0526a9	39e38965af0a3c15370de84e855bf2c2086b5f9f	policy	apppass	Tenant policy, access rules, delegation	2026-11-26 23:56:20.167576+00	apppass tests	tests@example.org	2026-11-23 03:03:00+00	apppass developers	apppass@example.org
d927b2d5e3be54ae9a3b236245c275563604dfb4	470a78ba015e5858d85495242fdb657eedb1827a	account	apppass	Accounts, devices, codes and their use	2026-11-26 23:56:20.589434+00	apppass tests	tests@example.org	2026-11-23 03:04:00+00	apppass developers	apppass@example.org
794d6d1007a24bb70c08cff2843466ca1ec1da2c	cb33888dab00b5b16419b94ad95e25666eda05fa	audit	apppass	Append-only, chained audit trail and events	2026-11-26 23:56:21.018323+00	apppass tests	tests@example.org	2026-11-23 03:05:00+00	apppass developers	apppass@example.org
63e379caa378c6a1c69defc4ad9af02c1782debc	fda32eb355d707b0e4c6e05376f2b2719546bff0	guard	apppass	Plain SQL on the tables is safe and follows policy	2026-11-26 23:56:21.377834+00	apppass tests	tests@example.org	2026-11-23 03:06:00+00	apppass developers	apppass@example.org
5181da1bd2707dce9855305a68f288808b8920e1	cfec47ea0fef6607d0a1a5509684583f599e9651	refusal	apppass	Refused attempts, partitioned by month	2026-11-26 23:56:21.801187+00	apppass tests	tests@example.org	2026-11-23 03:07:00+00	apppass developers	apppass@example.org
be20f28d5eb8751cee3f823ca416a64a9e16f8f4	83beafadc69c357e1b6af9b1a7fc20c4f0c38a09	lookup	apppass	The decision about one login attempt	2026-11-26 23:56:22.176881+00	apppass tests	tests@example.org	2026-11-23 03:08:00+00	apppass developers	apppass@example.org
43903077caf630d5fd3a7eeb7da52e386e93f96f	5fa018bad45b71abf770638c4c1c103bd78bc372	record	apppass	Use, refusals and hash upgrades	2026-11-26 23:56:22.550386+00	apppass tests	tests@example.org	2026-11-23 03:09:00+00	apppass developers	apppass@example.org
bc9bf9c8a28d3f34c3da7f24bbf583fe32b277d2	1feaec5ddbeca488cfbf5107e22f4987d96ee6c8	manage	apppass	Accounts, storing and revoking codes	2026-11-26 23:56:22.88691+00	apppass tests	tests@example.org	2026-11-23 03:10:00+00	apppass developers	apppass@example.org
5d05f16fd60c8c4416276026d8d3d1d5134007e5	ac17e554bd2e1dba1bcba4e84bafab011271b508	mint	apppass	Codes made in the database, reset, revoking devices and accounts	2026-11-26 23:56:23.27929+00	apppass tests	tests@example.org	2026-11-23 03:11:00+00	apppass developers	apppass@example.org
9dfa4a3667f8d25ac420ca706ef4907cdd1a3159	58bbb154944d5ec02352f00a21d625cd2592b083	views	apppass	What the helpdesk, the auditor and the administrator see	2026-11-26 23:56:23.790517+00	apppass tests	tests@example.org	2026-11-23 03:12:00+00	apppass developers	apppass@example.org
05656931fba2755fa9e4d20697cb32136dfd1276	eeae8d5e68714acfce9e4b4651deecd9afb0cf9b	maintain	apppass	Daily upkeep	2026-11-26 23:56:24.295531+00	apppass tests	tests@example.org	2026-11-23 03:13:00+00	apppass developers	apppass@example.org
5b160d2e655ba55ad614bc98385ce1f6ddfdfc6d	c80137418dbe8b12dccde9fc5c10251d4e96524a	desk	apppass	What the desk asks, and what its tool does	2026-11-26 23:56:24.811551+00	apppass tests	tests@example.org	2026-11-23 03:14:00+00	apppass developers	apppass@example.org
8013818f66742e0de47291a3471bd25e9ab3ebb7	0f90de00191faf2219ae676c635bf4a3d07167da	logout	apppass	Which live sessions are to end	2026-11-26 23:56:25.235755+00	apppass tests	tests@example.org	2026-11-23 03:20:00+00	apppass developers	apppass@example.org
90776c59def8bc40cc6608993fd0ea5da11bd992	f09133966da95bbdd6037ebf2daced7ad1144e02	self	apppass	What owners may do themselves	2026-11-26 23:56:25.605546+00	apppass tests	tests@example.org	2026-11-26 01:00:00+00	apppass developers	apppass@example.org
a0c8921cf446740113b9f55f627d743340b8208c	2aa7b7a93bf1202640f16734e7d8f280e6e6673e	handover	apppass	Codes that no operator sees: links with which people make them	2026-11-26 23:56:25.946523+00	apppass tests	tests@example.org	2026-11-26 04:00:00+00	apppass developers	apppass@example.org
a5123b3dc87073330c5d17e094605a0b03a5918d	5cf237dd8a14e47ef6214b8a8e01a7dd63e88872	notify	apppass	Owners are told what happens to their codes	2026-11-26 23:56:26.356714+00	apppass tests	tests@example.org	2026-11-26 04:40:00+00	apppass developers	apppass@example.org
582770ea3fa96bd4c6a4810ed4d0721de7b83c41	e46fff13682bcb3962a34f2eae7aa13f0ab01904	erase	apppass	Accounts are forgotten	2026-11-26 23:56:26.690814+00	apppass tests	tests@example.org	2026-11-26 04:45:00+00	apppass developers	apppass@example.org
9f956ce8b859a118c651506e4d7e11d249d0e7a7	4d4bcc8adb5690d903bab0245e96b5d337f1422e	quiet	apppass	What functions do stays unseen	2026-11-26 23:56:27.074289+00	apppass tests	tests@example.org	2026-11-26 04:50:00+00	apppass developers	apppass@example.org
\.


--
-- Data for Name: dependencies; Type: TABLE DATA; Schema: sqitch; Owner: deployer
--

COPY sqitch.dependencies (change_id, type, dependency, dependency_id) FROM stdin;
e48e96ddd5b0664c32a3645340e5fc460d5f43c8	require	roles	6a5f1a8ac5e640ca69484186edd73ca39c3d2b32
70c193136e0c00a39d623fa67ebba801e48aab5b	require	schema	e48e96ddd5b0664c32a3645340e5fc460d5f43c8
f939517795f8564930967fe48aa7a678cb0526a9	require	state	70c193136e0c00a39d623fa67ebba801e48aab5b
d927b2d5e3be54ae9a3b236245c275563604dfb4	require	policy	f939517795f8564930967fe48aa7a678cb0526a9
794d6d1007a24bb70c08cff2843466ca1ec1da2c	require	account	d927b2d5e3be54ae9a3b236245c275563604dfb4
63e379caa378c6a1c69defc4ad9af02c1782debc	require	audit	794d6d1007a24bb70c08cff2843466ca1ec1da2c
5181da1bd2707dce9855305a68f288808b8920e1	require	account	d927b2d5e3be54ae9a3b236245c275563604dfb4
be20f28d5eb8751cee3f823ca416a64a9e16f8f4	require	guard	63e379caa378c6a1c69defc4ad9af02c1782debc
43903077caf630d5fd3a7eeb7da52e386e93f96f	require	lookup	be20f28d5eb8751cee3f823ca416a64a9e16f8f4
43903077caf630d5fd3a7eeb7da52e386e93f96f	require	refusal	5181da1bd2707dce9855305a68f288808b8920e1
bc9bf9c8a28d3f34c3da7f24bbf583fe32b277d2	require	guard	63e379caa378c6a1c69defc4ad9af02c1782debc
5d05f16fd60c8c4416276026d8d3d1d5134007e5	require	manage	bc9bf9c8a28d3f34c3da7f24bbf583fe32b277d2
9dfa4a3667f8d25ac420ca706ef4907cdd1a3159	require	record	43903077caf630d5fd3a7eeb7da52e386e93f96f
9dfa4a3667f8d25ac420ca706ef4907cdd1a3159	require	mint	5d05f16fd60c8c4416276026d8d3d1d5134007e5
05656931fba2755fa9e4d20697cb32136dfd1276	require	views	9dfa4a3667f8d25ac420ca706ef4907cdd1a3159
5b160d2e655ba55ad614bc98385ce1f6ddfdfc6d	require	maintain	05656931fba2755fa9e4d20697cb32136dfd1276
8013818f66742e0de47291a3471bd25e9ab3ebb7	require	audit	794d6d1007a24bb70c08cff2843466ca1ec1da2c
8013818f66742e0de47291a3471bd25e9ab3ebb7	require	state	70c193136e0c00a39d623fa67ebba801e48aab5b
90776c59def8bc40cc6608993fd0ea5da11bd992	require	desk	5b160d2e655ba55ad614bc98385ce1f6ddfdfc6d
a0c8921cf446740113b9f55f627d743340b8208c	require	self	90776c59def8bc40cc6608993fd0ea5da11bd992
a5123b3dc87073330c5d17e094605a0b03a5918d	require	handover	a0c8921cf446740113b9f55f627d743340b8208c
582770ea3fa96bd4c6a4810ed4d0721de7b83c41	require	notify	a5123b3dc87073330c5d17e094605a0b03a5918d
9f956ce8b859a118c651506e4d7e11d249d0e7a7	require	logout	8013818f66742e0de47291a3471bd25e9ab3ebb7
9f956ce8b859a118c651506e4d7e11d249d0e7a7	require	erase	582770ea3fa96bd4c6a4810ed4d0721de7b83c41
\.


--
-- Data for Name: events; Type: TABLE DATA; Schema: sqitch; Owner: deployer
--

COPY sqitch.events (event, change_id, change, project, note, requires, conflicts, tags, committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) FROM stdin;
deploy	6a5f1a8ac5e640ca69484186edd73ca39c3d2b32	roles	apppass	Cluster roles: owner, verifier, helpdesk, auditor, admin	{}	{}	{}	2026-11-26 23:56:19.074727+00	apppass tests	tests@example.org	2026-11-23 03:01:00+00	apppass developers	apppass@example.org
deploy	e48e96ddd5b0664c32a3645340e5fc460d5f43c8	schema	apppass	Schema, verdicts, names of services and addresses	{roles}	{}	{}	2026-11-26 23:56:19.395896+00	apppass tests	tests@example.org	2026-11-23 03:02:00+00	apppass developers	apppass@example.org
deploy	70c193136e0c00a39d623fa67ebba801e48aab5b	state	apppass	Every rule once: names, services, networks, when a code ends	{schema}	{}	{}	2026-11-26 23:56:19.797712+00	apppass tests	tests@example.org	2026-11-23 03:02:30+00	apppass developers	apppass@example.org
deploy	f939517795f8564930967fe48aa7a678cb0526a9	policy	apppass	Tenant policy, access rules, delegation	{state}	{}	{}	2026-11-26 23:56:20.172541+00	apppass tests	tests@example.org	2026-11-23 03:03:00+00	apppass developers	apppass@example.org
deploy	d927b2d5e3be54ae9a3b236245c275563604dfb4	account	apppass	Accounts, devices, codes and their use	{policy}	{}	{}	2026-11-26 23:56:20.597216+00	apppass tests	tests@example.org	2026-11-23 03:04:00+00	apppass developers	apppass@example.org
deploy	794d6d1007a24bb70c08cff2843466ca1ec1da2c	audit	apppass	Append-only, chained audit trail and events	{account}	{}	{}	2026-11-26 23:56:21.023702+00	apppass tests	tests@example.org	2026-11-23 03:05:00+00	apppass developers	apppass@example.org
deploy	63e379caa378c6a1c69defc4ad9af02c1782debc	guard	apppass	Plain SQL on the tables is safe and follows policy	{audit}	{}	{}	2026-11-26 23:56:21.384883+00	apppass tests	tests@example.org	2026-11-23 03:06:00+00	apppass developers	apppass@example.org
deploy	5181da1bd2707dce9855305a68f288808b8920e1	refusal	apppass	Refused attempts, partitioned by month	{account}	{}	{}	2026-11-26 23:56:21.805807+00	apppass tests	tests@example.org	2026-11-23 03:07:00+00	apppass developers	apppass@example.org
deploy	be20f28d5eb8751cee3f823ca416a64a9e16f8f4	lookup	apppass	The decision about one login attempt	{guard}	{}	{}	2026-11-26 23:56:22.181675+00	apppass tests	tests@example.org	2026-11-23 03:08:00+00	apppass developers	apppass@example.org
deploy	43903077caf630d5fd3a7eeb7da52e386e93f96f	record	apppass	Use, refusals and hash upgrades	{lookup,refusal}	{}	{}	2026-11-26 23:56:22.556815+00	apppass tests	tests@example.org	2026-11-23 03:09:00+00	apppass developers	apppass@example.org
deploy	bc9bf9c8a28d3f34c3da7f24bbf583fe32b277d2	manage	apppass	Accounts, storing and revoking codes	{guard}	{}	{}	2026-11-26 23:56:22.894503+00	apppass tests	tests@example.org	2026-11-23 03:10:00+00	apppass developers	apppass@example.org
deploy	5d05f16fd60c8c4416276026d8d3d1d5134007e5	mint	apppass	Codes made in the database, reset, revoking devices and accounts	{manage}	{}	{}	2026-11-26 23:56:23.28851+00	apppass tests	tests@example.org	2026-11-23 03:11:00+00	apppass developers	apppass@example.org
deploy	9dfa4a3667f8d25ac420ca706ef4907cdd1a3159	views	apppass	What the helpdesk, the auditor and the administrator see	{record,mint}	{}	{}	2026-11-26 23:56:23.796866+00	apppass tests	tests@example.org	2026-11-23 03:12:00+00	apppass developers	apppass@example.org
deploy	05656931fba2755fa9e4d20697cb32136dfd1276	maintain	apppass	Daily upkeep	{views}	{}	{}	2026-11-26 23:56:24.300911+00	apppass tests	tests@example.org	2026-11-23 03:13:00+00	apppass developers	apppass@example.org
deploy	5b160d2e655ba55ad614bc98385ce1f6ddfdfc6d	desk	apppass	What the desk asks, and what its tool does	{maintain}	{}	{}	2026-11-26 23:56:24.823045+00	apppass tests	tests@example.org	2026-11-23 03:14:00+00	apppass developers	apppass@example.org
deploy	8013818f66742e0de47291a3471bd25e9ab3ebb7	logout	apppass	Which live sessions are to end	{audit,state}	{}	{}	2026-11-26 23:56:25.240055+00	apppass tests	tests@example.org	2026-11-23 03:20:00+00	apppass developers	apppass@example.org
deploy	90776c59def8bc40cc6608993fd0ea5da11bd992	self	apppass	What owners may do themselves	{desk}	{}	{}	2026-11-26 23:56:25.610145+00	apppass tests	tests@example.org	2026-11-26 01:00:00+00	apppass developers	apppass@example.org
deploy	a0c8921cf446740113b9f55f627d743340b8208c	handover	apppass	Codes that no operator sees: links with which people make them	{self}	{}	{}	2026-11-26 23:56:25.951729+00	apppass tests	tests@example.org	2026-11-26 04:00:00+00	apppass developers	apppass@example.org
deploy	a5123b3dc87073330c5d17e094605a0b03a5918d	notify	apppass	Owners are told what happens to their codes	{handover}	{}	{}	2026-11-26 23:56:26.361041+00	apppass tests	tests@example.org	2026-11-26 04:40:00+00	apppass developers	apppass@example.org
deploy	582770ea3fa96bd4c6a4810ed4d0721de7b83c41	erase	apppass	Accounts are forgotten	{notify}	{}	{}	2026-11-26 23:56:26.694644+00	apppass tests	tests@example.org	2026-11-26 04:45:00+00	apppass developers	apppass@example.org
deploy	9f956ce8b859a118c651506e4d7e11d249d0e7a7	quiet	apppass	What functions do stays unseen	{logout,erase}	{}	{@v1.0}	2026-11-26 23:56:27.083389+00	apppass tests	tests@example.org	2026-11-26 04:50:00+00	apppass developers	apppass@example.org
\.


--
-- Data for Name: projects; Type: TABLE DATA; Schema: sqitch; Owner: deployer
--

COPY sqitch.projects (project, uri, created_at, creator_name, creator_email) FROM stdin;
apppass	\N	2026-11-26 23:56:18.688813+00	apppass tests	tests@example.org
\.


--
-- Data for Name: releases; Type: TABLE DATA; Schema: sqitch; Owner: deployer
--

COPY sqitch.releases (version, installed_at, installer_name, installer_email) FROM stdin;
1.1	2026-11-26 23:56:18.683579+00	apppass tests	tests@example.org
\.


--
-- Data for Name: tags; Type: TABLE DATA; Schema: sqitch; Owner: deployer
--

COPY sqitch.tags (tag_id, tag, project, change_id, note, committed_at, committer_name, committer_email, planned_at, planner_name, planner_email) FROM stdin;
ae4029a242ed2914c7e3db27a548d7e7d5dee434	@v1.0	apppass	9f956ce8b859a118c651506e4d7e11d249d0e7a7	Version 1.0	2026-11-26 23:56:27.079812+00	apppass tests	tests@example.org	2026-11-26 12:00:00+00	apppass developers	apppass@example.org
\.


--
-- Name: access_rule_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.access_rule_id_seq', 1, true);


--
-- Name: account_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.account_id_seq', 8, true);


--
-- Name: audit_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.audit_id_seq', 56, true);


--
-- Name: code_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.code_id_seq', 15, true);


--
-- Name: device_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.device_id_seq', 13, true);


--
-- Name: handover_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.handover_id_seq', 2, true);


--
-- Name: notice_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.notice_id_seq', 17, true);


--
-- Name: notice_mail_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.notice_mail_id_seq', 6, true);


--
-- Name: realm_id_seq; Type: SEQUENCE SET; Schema: apppass; Owner: apppass_owner
--

SELECT pg_catalog.setval('apppass.realm_id_seq', 3, true);


--
-- Name: access_rule access_rule_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.access_rule
    ADD CONSTRAINT access_rule_pkey PRIMARY KEY (id);


--
-- Name: access_rule access_rule_position_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.access_rule
    ADD CONSTRAINT access_rule_position_unique UNIQUE ("position") DEFERRABLE;


--
-- Name: account account_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);


--
-- Name: account account_realm_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.account
    ADD CONSTRAINT account_realm_unique UNIQUE (id, realm_id);


--
-- Name: account account_username_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.account
    ADD CONSTRAINT account_username_unique UNIQUE (username);


--
-- Name: audit_chain audit_chain_once; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.audit_chain
    ADD CONSTRAINT audit_chain_once UNIQUE (audit_id);


--
-- Name: audit_chain audit_chain_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.audit_chain
    ADD CONSTRAINT audit_chain_pkey PRIMARY KEY ("position");


--
-- Name: audit_head audit_head_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (only_row);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);


--
-- Name: code code_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.code
    ADD CONSTRAINT code_pkey PRIMARY KEY (id);


--
-- Name: code code_selector_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.code
    ADD CONSTRAINT code_selector_unique UNIQUE (account_id, selector);


--
-- Name: code_use code_use_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.code_use
    ADD CONSTRAINT code_use_pkey PRIMARY KEY (code_id, service, network);


--
-- Name: device device_account_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.device
    ADD CONSTRAINT device_account_unique UNIQUE (id, account_id);


--
-- Name: device device_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (id);


--
-- Name: handover handover_link_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.handover
    ADD CONSTRAINT handover_link_unique UNIQUE (link_hash);


--
-- Name: handover handover_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.handover
    ADD CONSTRAINT handover_pkey PRIMARY KEY (id);


--
-- Name: hash_upgrade hash_upgrade_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.hash_upgrade
    ADD CONSTRAINT hash_upgrade_pkey PRIMARY KEY (code_id);


--
-- Name: issue_turn issue_turn_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.issue_turn
    ADD CONSTRAINT issue_turn_pkey PRIMARY KEY (account_id);


--
-- Name: main_password_login main_password_login_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.main_password_login
    ADD CONSTRAINT main_password_login_pkey PRIMARY KEY (account_id, service, network);


--
-- Name: notice_mail notice_mail_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.notice_mail
    ADD CONSTRAINT notice_mail_pkey PRIMARY KEY (id);


--
-- Name: notice notice_once; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.notice
    ADD CONSTRAINT notice_once UNIQUE (once);


--
-- Name: notice notice_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);


--
-- Name: notice_state notice_state_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.notice_state
    ADD CONSTRAINT notice_state_pkey PRIMARY KEY (only_row);


--
-- Name: realm realm_name_unique; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.realm
    ADD CONSTRAINT realm_name_unique UNIQUE (name);


--
-- Name: realm_operator realm_operator_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.realm_operator
    ADD CONSTRAINT realm_operator_pkey PRIMARY KEY (role_name, realm_id);


--
-- Name: realm realm_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.realm
    ADD CONSTRAINT realm_pkey PRIMARY KEY (id);


--
-- Name: service service_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.service
    ADD CONSTRAINT service_pkey PRIMARY KEY (name);


--
-- Name: tally tally_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (realm_id, name, labels);


--
-- Name: verdict verdict_pkey; Type: CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.verdict
    ADD CONSTRAINT verdict_pkey PRIMARY KEY (name);


--
-- Name: changes changes_pkey; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (change_id);


--
-- Name: changes changes_project_script_hash_key; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.changes
    ADD CONSTRAINT changes_project_script_hash_key UNIQUE (project, script_hash);


--
-- Name: dependencies dependencies_pkey; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.dependencies
    ADD CONSTRAINT dependencies_pkey PRIMARY KEY (change_id, dependency);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (change_id, committed_at);


--
-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (project);


--
-- Name: projects projects_uri_key; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.projects
    ADD CONSTRAINT projects_uri_key UNIQUE (uri);


--
-- Name: releases releases_pkey; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.releases
    ADD CONSTRAINT releases_pkey PRIMARY KEY (version);


--
-- Name: tags tags_pkey; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.tags
    ADD CONSTRAINT tags_pkey PRIMARY KEY (tag_id);


--
-- Name: tags tags_project_tag_key; Type: CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.tags
    ADD CONSTRAINT tags_project_tag_key UNIQUE (project, tag);


--
-- Name: account_disabled_from; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX account_disabled_from ON apppass.account USING btree (disabled_from) WHERE (disabled_from IS NOT NULL);


--
-- Name: account_realm_id; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX account_realm_id ON apppass.account USING btree (realm_id);


--
-- Name: audit_account; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX audit_account ON apppass.audit USING btree (account, id);


--
-- Name: audit_account_id; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX audit_account_id ON apppass.audit USING btree (account_id, id);


--
-- Name: audit_erased; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX audit_erased ON apppass.audit USING btree (at) WHERE (action = 'account_erased'::text);


--
-- Name: audit_xid; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX audit_xid ON apppass.audit USING btree (cluster, xid);


--
-- Name: code_created_at; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX code_created_at ON apppass.code USING btree (realm_id, created_at);


--
-- Name: code_device_id; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX code_device_id ON apppass.code USING btree (device_id);


--
-- Name: code_expires_at; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX code_expires_at ON apppass.code USING btree (expires_at) WHERE (expires_at IS NOT NULL);


--
-- Name: code_realm_selector; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX code_realm_selector ON apppass.code USING btree (realm_id, ((selector || ''::text)));


--
-- Name: code_replaces_id; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX code_replaces_id ON apppass.code USING btree (replaces) WHERE (replaces IS NOT NULL);


--
-- Name: code_use_first_at; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX code_use_first_at ON apppass.code_use USING btree (first_at);


--
-- Name: device_label_unique; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE UNIQUE INDEX device_label_unique ON apppass.device USING btree (account_id, apppass.label_key(label));


--
-- Name: handover_of_account; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX handover_of_account ON apppass.handover USING btree (account_id);


--
-- Name: handover_of_code; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX handover_of_code ON apppass.handover USING btree (code_id) WHERE (code_id IS NOT NULL);


--
-- Name: notice_account; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX notice_account ON apppass.notice USING btree (account_id);


--
-- Name: notice_code; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX notice_code ON apppass.notice USING btree (code_id, event);


--
-- Name: notice_mail_account; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX notice_mail_account ON apppass.notice_mail USING btree (account_id, made_at);


--
-- Name: notice_mail_waiting; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX notice_mail_waiting ON apppass.notice_mail USING btree (try_at) WHERE (sent_at IS NULL);


--
-- Name: notice_waiting; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX notice_waiting ON apppass.notice USING btree (account_id) WHERE (NOT mailed);


--
-- Name: refusal_account; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_account ON ONLY apppass.refusal USING btree (account_id, at);


--
-- Name: refusal_2026_11_account_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2026_11_account_id_at_idx ON apppass.refusal_2026_11 USING btree (account_id, at);


--
-- Name: refusal_at; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_at ON ONLY apppass.refusal USING btree (at);


--
-- Name: refusal_2026_11_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2026_11_at_idx ON apppass.refusal_2026_11 USING btree (at);


--
-- Name: refusal_code; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_code ON ONLY apppass.refusal USING btree (code_id, at) WHERE (code_id IS NOT NULL);


--
-- Name: refusal_2026_11_code_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2026_11_code_id_at_idx ON apppass.refusal_2026_11 USING btree (code_id, at) WHERE (code_id IS NOT NULL);


--
-- Name: refusal_2026_12_account_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2026_12_account_id_at_idx ON apppass.refusal_2026_12 USING btree (account_id, at);


--
-- Name: refusal_2026_12_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2026_12_at_idx ON apppass.refusal_2026_12 USING btree (at);


--
-- Name: refusal_2026_12_code_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2026_12_code_id_at_idx ON apppass.refusal_2026_12 USING btree (code_id, at) WHERE (code_id IS NOT NULL);


--
-- Name: refusal_2027_01_account_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2027_01_account_id_at_idx ON apppass.refusal_2027_01 USING btree (account_id, at);


--
-- Name: refusal_2027_01_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2027_01_at_idx ON apppass.refusal_2027_01 USING btree (at);


--
-- Name: refusal_2027_01_code_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_2027_01_code_id_at_idx ON apppass.refusal_2027_01 USING btree (code_id, at) WHERE (code_id IS NOT NULL);


--
-- Name: refusal_default_account_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_default_account_id_at_idx ON apppass.refusal_default USING btree (account_id, at);


--
-- Name: refusal_default_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_default_at_idx ON apppass.refusal_default USING btree (at);


--
-- Name: refusal_default_code_id_at_idx; Type: INDEX; Schema: apppass; Owner: apppass_owner
--

CREATE INDEX refusal_default_code_id_at_idx ON apppass.refusal_default USING btree (code_id, at) WHERE (code_id IS NOT NULL);


--
-- Name: refusal_2026_11_account_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_account ATTACH PARTITION apppass.refusal_2026_11_account_id_at_idx;


--
-- Name: refusal_2026_11_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_at ATTACH PARTITION apppass.refusal_2026_11_at_idx;


--
-- Name: refusal_2026_11_code_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_code ATTACH PARTITION apppass.refusal_2026_11_code_id_at_idx;


--
-- Name: refusal_2026_12_account_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_account ATTACH PARTITION apppass.refusal_2026_12_account_id_at_idx;


--
-- Name: refusal_2026_12_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_at ATTACH PARTITION apppass.refusal_2026_12_at_idx;


--
-- Name: refusal_2026_12_code_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_code ATTACH PARTITION apppass.refusal_2026_12_code_id_at_idx;


--
-- Name: refusal_2027_01_account_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_account ATTACH PARTITION apppass.refusal_2027_01_account_id_at_idx;


--
-- Name: refusal_2027_01_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_at ATTACH PARTITION apppass.refusal_2027_01_at_idx;


--
-- Name: refusal_2027_01_code_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_code ATTACH PARTITION apppass.refusal_2027_01_code_id_at_idx;


--
-- Name: refusal_default_account_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_account ATTACH PARTITION apppass.refusal_default_account_id_at_idx;


--
-- Name: refusal_default_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_at ATTACH PARTITION apppass.refusal_default_at_idx;


--
-- Name: refusal_default_code_id_at_idx; Type: INDEX ATTACH; Schema: apppass; Owner: apppass_owner
--

ALTER INDEX apppass.refusal_code ATTACH PARTITION apppass.refusal_default_code_id_at_idx;


--
-- Name: access_rule access_rule_policy; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER access_rule_policy BEFORE INSERT OR UPDATE ON apppass.access_rule FOR EACH ROW EXECUTE FUNCTION apppass.access_rule_policy();


--
-- Name: TRIGGER access_rule_policy ON access_rule; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER access_rule_policy ON apppass.access_rule IS 'Canonical service name, next position.';


--
-- Name: account account_policy; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER account_policy BEFORE INSERT OR DELETE OR UPDATE ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.account_policy();


--
-- Name: TRIGGER account_policy ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER account_policy ON apppass.account IS 'Fills and checks.';


--
-- Name: account account_turn; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER account_turn AFTER INSERT ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.account_turn();


--
-- Name: TRIGGER account_turn ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER account_turn ON apppass.account IS 'Adds its row to issue_turn.';


--
-- Name: audit audit_append_only; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON apppass.audit FOR EACH ROW EXECUTE FUNCTION apppass.audit_append_only();


--
-- Name: TRIGGER audit_append_only ON audit; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_append_only ON apppass.audit IS 'Append-only, for the owner too.';


--
-- Name: audit_chain audit_append_only; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON apppass.audit_chain FOR EACH ROW EXECUTE FUNCTION apppass.audit_append_only();


--
-- Name: TRIGGER audit_append_only ON audit_chain; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_append_only ON apppass.audit_chain IS 'Append-only, for the owner too.';


--
-- Name: code audit_insert; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_insert AFTER INSERT ON apppass.code FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_insert ON code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_insert ON apppass.code IS 'Writes the audit row.';


--
-- Name: access_rule audit_insert_delete; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.access_rule FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_insert_delete ON access_rule; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_insert_delete ON apppass.access_rule IS 'Writes the audit row.';


--
-- Name: account audit_insert_delete; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_insert_delete ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_insert_delete ON apppass.account IS 'Writes the audit row.';


--
-- Name: device audit_insert_delete; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.device FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_insert_delete ON device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_insert_delete ON apppass.device IS 'Writes the audit row.';


--
-- Name: realm audit_insert_delete; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.realm FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_insert_delete ON realm; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_insert_delete ON apppass.realm IS 'Writes the audit row.';


--
-- Name: realm_operator audit_insert_delete; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_insert_delete AFTER INSERT OR DELETE ON apppass.realm_operator FOR EACH ROW EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_insert_delete ON realm_operator; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_insert_delete ON apppass.realm_operator IS 'Writes the audit row.';


--
-- Name: audit audit_no_truncate; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON apppass.audit FOR EACH STATEMENT EXECUTE FUNCTION apppass.audit_append_only();


--
-- Name: TRIGGER audit_no_truncate ON audit; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_no_truncate ON apppass.audit IS 'Append-only, for the owner too.';


--
-- Name: audit_chain audit_no_truncate; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON apppass.audit_chain FOR EACH STATEMENT EXECUTE FUNCTION apppass.audit_append_only();


--
-- Name: TRIGGER audit_no_truncate ON audit_chain; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_no_truncate ON apppass.audit_chain IS 'Append-only, for the owner too.';


--
-- Name: access_rule audit_update; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON apppass.access_rule FOR EACH ROW WHEN ((old.* *<> new.*)) EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_update ON access_rule; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_update ON apppass.access_rule IS 'Writes the audit row.';


--
-- Name: account audit_update; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON apppass.account FOR EACH ROW WHEN ((old.* *<> new.*)) EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_update ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_update ON apppass.account IS 'Writes the audit row.';


--
-- Name: code audit_update; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON apppass.code FOR EACH ROW WHEN ((old.* *<> new.*)) EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_update ON code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_update ON apppass.code IS 'Writes the audit row.';


--
-- Name: device audit_update; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON apppass.device FOR EACH ROW WHEN ((old.* *<> new.*)) EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_update ON device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_update ON apppass.device IS 'Writes the audit row.';


--
-- Name: realm audit_update; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON apppass.realm FOR EACH ROW WHEN ((old.* *<> new.*)) EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_update ON realm; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_update ON apppass.realm IS 'Writes the audit row.';


--
-- Name: realm_operator audit_update; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER audit_update AFTER UPDATE ON apppass.realm_operator FOR EACH ROW WHEN ((old.* *<> new.*)) EXECUTE FUNCTION apppass.audit_change();


--
-- Name: TRIGGER audit_update ON realm_operator; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER audit_update ON apppass.realm_operator IS 'Writes the audit row.';


--
-- Name: code code_guard; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER code_guard BEFORE DELETE OR UPDATE ON apppass.code FOR EACH ROW EXECUTE FUNCTION apppass.code_guard();


--
-- Name: TRIGGER code_guard ON code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER code_guard ON apppass.code IS 'Refuses changes that would rewrite history.';


--
-- Name: code code_no_truncate; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER code_no_truncate BEFORE TRUNCATE ON apppass.code FOR EACH STATEMENT EXECUTE FUNCTION apppass.code_guard();


--
-- Name: TRIGGER code_no_truncate ON code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER code_no_truncate ON apppass.code IS 'Refuses to forget codes.';


--
-- Name: code code_policy; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER code_policy BEFORE INSERT OR UPDATE ON apppass.code FOR EACH ROW EXECUTE FUNCTION apppass.code_policy();


--
-- Name: TRIGGER code_policy ON code; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER code_policy ON apppass.code IS 'Fills and checks.';


--
-- Name: device device_policy; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER device_policy BEFORE INSERT OR DELETE OR UPDATE ON apppass.device FOR EACH ROW EXECUTE FUNCTION apppass.device_policy();


--
-- Name: TRIGGER device_policy ON device; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER device_policy ON apppass.device IS 'Fills and checks.';


--
-- Name: account handover_withdrawn; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER handover_withdrawn AFTER UPDATE OF enabled, disabled_from ON apppass.account FOR EACH ROW WHEN (((NOT apppass.account_open(old.enabled, old.disabled_from)) OR (NOT apppass.account_open(new.enabled, new.disabled_from)))) EXECUTE FUNCTION apppass.handover_guard();


--
-- Name: TRIGGER handover_withdrawn ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER handover_withdrawn ON apppass.account IS 'Ends its links.';


--
-- Name: account notice_forget; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER notice_forget AFTER DELETE ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.notice_forget();


--
-- Name: TRIGGER notice_forget ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER notice_forget ON apppass.account IS 'Its notices go with it.';


--
-- Name: realm realm_adopt; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER realm_adopt AFTER INSERT OR UPDATE OF name ON apppass.realm FOR EACH ROW EXECUTE FUNCTION apppass.realm_adopt();


--
-- Name: TRIGGER realm_adopt ON realm; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER realm_adopt ON apppass.realm IS 'Moves the domain''s accounts here from default.';


--
-- Name: realm_operator realm_operator_policy; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER realm_operator_policy BEFORE INSERT OR UPDATE ON apppass.realm_operator FOR EACH ROW EXECUTE FUNCTION apppass.realm_operator_policy();


--
-- Name: TRIGGER realm_operator_policy ON realm_operator; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER realm_operator_policy ON apppass.realm_operator IS 'The role must exist.';


--
-- Name: realm realm_policy; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER realm_policy BEFORE INSERT OR DELETE OR UPDATE ON apppass.realm FOR EACH ROW EXECUTE FUNCTION apppass.realm_policy();


--
-- Name: TRIGGER realm_policy ON realm; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER realm_policy ON apppass.realm IS 'Canonical names; refuses to drop what is in use.';


--
-- Name: account refusal_forget; Type: TRIGGER; Schema: apppass; Owner: apppass_owner
--

CREATE TRIGGER refusal_forget AFTER DELETE ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.refusal_forget();


--
-- Name: TRIGGER refusal_forget ON account; Type: COMMENT; Schema: apppass; Owner: apppass_owner
--

COMMENT ON TRIGGER refusal_forget ON apppass.account IS 'Its refusals stay, without it.';


--
-- Name: access_rule access_rule_realm; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.access_rule
    ADD CONSTRAINT access_rule_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm(id);


--
-- Name: access_rule access_rule_service_known; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.access_rule
    ADD CONSTRAINT access_rule_service_known FOREIGN KEY (service) REFERENCES apppass.service(name);


--
-- Name: account account_realm; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.account
    ADD CONSTRAINT account_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm(id);


--
-- Name: code code_account; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.code
    ADD CONSTRAINT code_account FOREIGN KEY (account_id, realm_id) REFERENCES apppass.account(id, realm_id) ON UPDATE CASCADE;


--
-- Name: code code_device; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.code
    ADD CONSTRAINT code_device FOREIGN KEY (device_id, account_id) REFERENCES apppass.device(id, account_id);


--
-- Name: code code_replaces; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.code
    ADD CONSTRAINT code_replaces FOREIGN KEY (replaces) REFERENCES apppass.code(id);


--
-- Name: device device_account; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.device
    ADD CONSTRAINT device_account FOREIGN KEY (account_id) REFERENCES apppass.account(id);


--
-- Name: handover handover_account; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.handover
    ADD CONSTRAINT handover_account FOREIGN KEY (account_id) REFERENCES apppass.account(id) ON DELETE CASCADE;


--
-- Name: handover handover_code; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.handover
    ADD CONSTRAINT handover_code FOREIGN KEY (code_id) REFERENCES apppass.code(id) ON DELETE CASCADE;


--
-- Name: issue_turn issue_turn_account; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.issue_turn
    ADD CONSTRAINT issue_turn_account FOREIGN KEY (account_id) REFERENCES apppass.account(id) ON DELETE CASCADE;


--
-- Name: realm_operator realm_operator_realm; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.realm_operator
    ADD CONSTRAINT realm_operator_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm(id);


--
-- Name: tally tally_realm; Type: FK CONSTRAINT; Schema: apppass; Owner: apppass_owner
--

ALTER TABLE ONLY apppass.tally
    ADD CONSTRAINT tally_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm(id) ON DELETE CASCADE;


--
-- Name: changes changes_project_fkey; Type: FK CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.changes
    ADD CONSTRAINT changes_project_fkey FOREIGN KEY (project) REFERENCES sqitch.projects(project) ON UPDATE CASCADE;


--
-- Name: dependencies dependencies_change_id_fkey; Type: FK CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.dependencies
    ADD CONSTRAINT dependencies_change_id_fkey FOREIGN KEY (change_id) REFERENCES sqitch.changes(change_id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: dependencies dependencies_dependency_id_fkey; Type: FK CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.dependencies
    ADD CONSTRAINT dependencies_dependency_id_fkey FOREIGN KEY (dependency_id) REFERENCES sqitch.changes(change_id) ON UPDATE CASCADE;


--
-- Name: events events_project_fkey; Type: FK CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.events
    ADD CONSTRAINT events_project_fkey FOREIGN KEY (project) REFERENCES sqitch.projects(project) ON UPDATE CASCADE;


--
-- Name: tags tags_change_id_fkey; Type: FK CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.tags
    ADD CONSTRAINT tags_change_id_fkey FOREIGN KEY (change_id) REFERENCES sqitch.changes(change_id) ON UPDATE CASCADE;


--
-- Name: tags tags_project_fkey; Type: FK CONSTRAINT; Schema: sqitch; Owner: deployer
--

ALTER TABLE ONLY sqitch.tags
    ADD CONSTRAINT tags_project_fkey FOREIGN KEY (project) REFERENCES sqitch.projects(project) ON UPDATE CASCADE;


--
-- Name: SCHEMA apppass; Type: ACL; Schema: -; Owner: apppass_owner
--

GRANT USAGE ON SCHEMA apppass TO apppass_verifier;
GRANT USAGE ON SCHEMA apppass TO apppass_helpdesk;
GRANT USAGE ON SCHEMA apppass TO apppass_auditor;
GRANT USAGE ON SCHEMA apppass TO apppass_admin;
GRANT USAGE ON SCHEMA apppass TO apppass_logout;
GRANT USAGE ON SCHEMA apppass TO apppass_self;
GRANT USAGE ON SCHEMA apppass TO apppass_notify;


--
-- Name: TYPE attempt_group; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.attempt_group FROM PUBLIC;
GRANT ALL ON TYPE apppass.attempt_group TO apppass_helpdesk;
GRANT ALL ON TYPE apppass.attempt_group TO apppass_auditor;
GRANT ALL ON TYPE apppass.attempt_group TO apppass_admin;


--
-- Name: TYPE erasure; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.erasure FROM PUBLIC;
GRANT ALL ON TYPE apppass.erasure TO apppass_admin;


--
-- Name: TYPE handover_terms; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.handover_terms FROM PUBLIC;
GRANT ALL ON TYPE apppass.handover_terms TO apppass_self;


--
-- Name: TYPE import_offer_result; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.import_offer_result FROM PUBLIC;
GRANT ALL ON TYPE apppass.import_offer_result TO apppass_helpdesk;


--
-- Name: TYPE import_result; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.import_result FROM PUBLIC;
GRANT ALL ON TYPE apppass.import_result TO apppass_helpdesk;
GRANT ALL ON TYPE apppass.import_result TO apppass_auditor;
GRANT ALL ON TYPE apppass.import_result TO apppass_admin;


--
-- Name: TYPE issue_terms; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.issue_terms FROM PUBLIC;
GRANT ALL ON TYPE apppass.issue_terms TO apppass_helpdesk;


--
-- Name: TYPE issued_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.issued_code FROM PUBLIC;
GRANT ALL ON TYPE apppass.issued_code TO apppass_helpdesk;


--
-- Name: TYPE notice_line; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.notice_line FROM PUBLIC;
GRANT ALL ON TYPE apppass.notice_line TO apppass_notify;


--
-- Name: TYPE offered_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.offered_code FROM PUBLIC;
GRANT ALL ON TYPE apppass.offered_code TO apppass_helpdesk;


--
-- Name: TYPE reset_issued_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.reset_issued_code FROM PUBLIC;
GRANT ALL ON TYPE apppass.reset_issued_code TO apppass_helpdesk;


--
-- Name: TYPE reset_stored_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.reset_stored_code FROM PUBLIC;
GRANT ALL ON TYPE apppass.reset_stored_code TO apppass_helpdesk;
GRANT ALL ON TYPE apppass.reset_stored_code TO apppass_self;


--
-- Name: TYPE self_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.self_code FROM PUBLIC;
GRANT ALL ON TYPE apppass.self_code TO apppass_self;


--
-- Name: TYPE self_terms; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.self_terms FROM PUBLIC;
GRANT ALL ON TYPE apppass.self_terms TO apppass_self;


--
-- Name: TYPE self_use; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.self_use FROM PUBLIC;
GRANT ALL ON TYPE apppass.self_use TO apppass_self;


--
-- Name: TYPE stored_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.stored_code FROM PUBLIC;
GRANT ALL ON TYPE apppass.stored_code TO apppass_helpdesk;
GRANT ALL ON TYPE apppass.stored_code TO apppass_self;


--
-- Name: TYPE upkeep; Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON TYPE apppass.upkeep FROM PUBLIC;
GRANT ALL ON TYPE apppass.upkeep TO apppass_helpdesk;
GRANT ALL ON TYPE apppass.upkeep TO apppass_admin;


--
-- Name: FUNCTION access_rule_policy(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.access_rule_policy() FROM PUBLIC;


--
-- Name: FUNCTION fold(name text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.fold(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.fold(name text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.fold(name text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.fold(name text) TO apppass_admin;


--
-- Name: FUNCTION login_name(typed text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.login_name(typed text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.login_name(typed text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.login_name(typed text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.login_name(typed text) TO apppass_admin;


--
-- Name: FUNCTION trim_blank(words text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.trim_blank(words text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.trim_blank(words text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.trim_blank(words text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.trim_blank(words text) TO apppass_admin;


--
-- Name: FUNCTION account_name(typed text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.account_name(typed text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.account_name(typed text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.account_name(typed text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.account_name(typed text) TO apppass_admin;


--
-- Name: FUNCTION account_open(enabled boolean, disabled_from timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.account_open(enabled boolean, disabled_from timestamp with time zone) TO apppass_admin;


--
-- Name: FUNCTION account_policy(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.account_policy() FROM PUBLIC;


--
-- Name: FUNCTION account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.account_state(enabled boolean, disabled_from timestamp with time zone, codes_allowed boolean, mfa_required boolean, mfa_enrolled boolean) TO apppass_admin;


--
-- Name: FUNCTION account_turn(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.account_turn() FROM PUBLIC;


--
-- Name: FUNCTION actor(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.actor() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.actor() TO apppass_admin;


--
-- Name: FUNCTION is_host(host text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_host(host text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_host(host text) TO apppass_admin;


--
-- Name: FUNCTION is_language(tag text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_language(tag text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_language(tag text) TO apppass_admin;


--
-- Name: TABLE access_rule; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE apppass.access_rule TO apppass_admin;


--
-- Name: TABLE realm; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE apppass.realm TO apppass_admin;


--
-- Name: FUNCTION add_access(action text, realm text, service text, network cidr, rule_position integer, description text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.add_access(action text, realm text, service text, network cidr, rule_position integer, description text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.add_access(action text, realm text, service text, network cidr, rule_position integer, description text, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION add_account(username text, realm text, mfa_enrolled boolean, reason text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.add_account(username text, realm text, mfa_enrolled boolean, reason text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.add_account(username text, realm text, mfa_enrolled boolean, reason text, operator text) TO apppass_admin;


--
-- Name: FUNCTION add_realm(realm text, description text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.add_realm(realm text, description text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.add_realm(realm text, description text, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION attempts(account text, since timestamp with time zone, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.attempts(account text, since timestamp with time zone, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.attempts(account text, since timestamp with time zone, most integer) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.attempts(account text, since timestamp with time zone, most integer) TO apppass_auditor;


--
-- Name: FUNCTION audit_append_only(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_append_only() FROM PUBLIC;


--
-- Name: FUNCTION audit_change(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_change() FROM PUBLIC;


--
-- Name: FUNCTION audit_digest(previous bytea, "position" bigint, entry apppass.audit); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_digest(previous bytea, "position" bigint, entry apppass.audit) FROM PUBLIC;


--
-- Name: FUNCTION audit_erased(entry apppass.audit); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_erased(entry apppass.audit) FROM PUBLIC;


--
-- Name: FUNCTION audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.audit_follow(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) TO apppass_admin;


--
-- Name: FUNCTION audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.audit_head(OUT "position" bigint, OUT hash text, OUT sealed_at timestamp with time zone, OUT unsealed bigint, OUT unsealed_since timestamp with time zone) TO apppass_admin;


--
-- Name: FUNCTION audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.audit_seal(OUT sealed bigint, OUT "position" bigint, OUT hash text) TO apppass_admin;


--
-- Name: FUNCTION audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_since(seen jsonb, OUT mark jsonb, OUT ids bigint[], OUT continuity text) FROM PUBLIC;


--
-- Name: FUNCTION audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.audit_verify(noted_position bigint, noted_hash text, OUT rows_checked bigint, OUT unsealed bigint, OUT bad_id bigint, OUT problem text, OUT head_hash text) TO apppass_admin;


--
-- Name: FUNCTION audit_words(entry apppass.audit); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_words(entry apppass.audit) FROM PUBLIC;


--
-- Name: FUNCTION audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint, selector text, before jsonb, after jsonb, reason text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.audit_write(action text, realm_id integer, account_id bigint, account text, device text, code_id bigint, selector text, before jsonb, after jsonb, reason text) FROM PUBLIC;


--
-- Name: FUNCTION await_issue(account_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.await_issue(account_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION bcrypt(secret text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.bcrypt(secret text) FROM PUBLIC;


--
-- Name: FUNCTION check_symbol(symbols text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.check_symbol(symbols text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.check_symbol(symbols text) TO apppass_helpdesk;


--
-- Name: FUNCTION is_hash(hash text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_hash(hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_hash(hash text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.is_hash(hash text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.is_hash(hash text) TO apppass_admin;


--
-- Name: FUNCTION is_selector(selector text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_selector(selector text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_selector(selector text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.is_selector(selector text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.is_selector(selector text) TO apppass_admin;


--
-- Name: TABLE code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT INSERT,DELETE,UPDATE ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.id; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(id) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.device_id; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(device_id) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.account_id; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(account_id) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.realm_id; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(realm_id) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.selector; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(selector) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.services; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(services) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.networks; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(networks) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.created_at; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(created_at) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.created_by; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(created_by) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.expires_at; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(expires_at) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.expiry_chosen; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(expiry_chosen) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.revoked_at; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(revoked_at) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.revoked_by; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(revoked_by) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.revoke_reason; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(revoke_reason) ON TABLE apppass.code TO apppass_admin;


--
-- Name: COLUMN code.replaces; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT(replaces) ON TABLE apppass.code TO apppass_admin;


--
-- Name: FUNCTION chosen_expiry(code apppass.code); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.chosen_expiry(code apppass.code) FROM PUBLIC;


--
-- Name: FUNCTION client_address(client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.client_address(client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.client_address(client inet) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.client_address(client inet) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.client_address(client inet) TO apppass_admin;


--
-- Name: FUNCTION client_network(client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.client_network(client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.client_network(client inet) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.client_network(client inet) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.client_network(client inet) TO apppass_admin;


--
-- Name: FUNCTION cluster(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.cluster() FROM PUBLIC;


--
-- Name: FUNCTION later(moment timestamp with time zone, by interval); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.later(moment timestamp with time zone, by interval) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.later(moment timestamp with time zone, by interval) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.later(moment timestamp with time zone, by interval) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.later(moment timestamp with time zone, by interval) TO apppass_admin;


--
-- Name: FUNCTION code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.code_ends(created_at timestamp with time zone, expires_at timestamp with time zone, max_lifetime interval) TO apppass_admin;


--
-- Name: FUNCTION code_guard(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.code_guard() FROM PUBLIC;


--
-- Name: FUNCTION code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.code_lapses(created_at timestamp with time zone, last_used_at timestamp with time zone, lapse_after interval, unused_after interval) TO apppass_admin;


--
-- Name: FUNCTION code_policy(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.code_policy() FROM PUBLIC;


--
-- Name: FUNCTION code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.code_state(revoked_at timestamp with time zone, created_at timestamp with time zone, expires_at timestamp with time zone, last_used_at timestamp with time zone, max_lifetime interval, lapse_after interval, unused_after interval) TO apppass_admin;


--
-- Name: FUNCTION code_valid(code text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.code_valid(code text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.code_valid(code text) TO apppass_helpdesk;


--
-- Name: FUNCTION completions(kind text, start text, account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.completions(kind text, start text, account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.completions(kind text, start text, account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.completions(kind text, start text, account text) TO apppass_auditor;


--
-- Name: FUNCTION context(name text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.context(name text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.context(name text) TO apppass_admin;


--
-- Name: FUNCTION count_codes(account text, realm text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.count_codes(account text, realm text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.count_codes(account text, realm text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.count_codes(account text, realm text) TO apppass_auditor;


--
-- Name: FUNCTION deployment_faults(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.deployment_faults() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.deployment_faults() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.deployment_faults() TO apppass_auditor;


--
-- Name: FUNCTION device_policy(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.device_policy() FROM PUBLIC;


--
-- Name: FUNCTION domain_of(username text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.domain_of(username text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.domain_of(username text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.domain_of(username text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.domain_of(username text) TO apppass_admin;


--
-- Name: FUNCTION is_label(label text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_label(label text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_label(label text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.is_label(label text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.is_label(label text) TO apppass_admin;


--
-- Name: FUNCTION is_username(username text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_username(username text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_username(username text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.is_username(username text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.is_username(username text) TO apppass_admin;


--
-- Name: FUNCTION managed_realms(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.managed_realms() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.managed_realms() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.managed_realms() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.managed_realms() TO apppass_admin;


--
-- Name: TABLE account; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE apppass.account TO apppass_admin;


--
-- Name: TABLE code_use; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.code_use TO apppass_admin;


--
-- Name: TABLE device; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE apppass.device TO apppass_admin;


--
-- Name: FUNCTION due_codes(most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.due_codes(most bigint) FROM PUBLIC;


--
-- Name: FUNCTION due_partitions(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.due_partitions() FROM PUBLIC;


--
-- Name: FUNCTION ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.ended_since(seen jsonb, sessions text, OUT mark jsonb, OUT due boolean, OUT ended text) TO apppass_logout;


--
-- Name: FUNCTION erase_account(username text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.erase_account(username text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.erase_account(username text, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.erase_traces(account_id bigint, OUT uses bigint, OUT refusals bigint) FROM PUBLIC;


--
-- Name: FUNCTION erase_words(account_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.erase_words(account_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION expired_codes(account text, since timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.expired_codes(account text, since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.expired_codes(account text, since timestamp with time zone) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.expired_codes(account text, since timestamp with time zone) TO apppass_auditor;


--
-- Name: FUNCTION explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.explain_access(username text, service text, client inet, OUT action text, OUT rule_id integer, OUT rule_position integer, OUT rule_realm text, OUT rule_service text, OUT rule_network cidr, OUT description text) TO apppass_helpdesk;


--
-- Name: FUNCTION find_access(realm text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_access(realm text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_access(realm text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_access(realm text) TO apppass_auditor;


--
-- Name: FUNCTION find_accounts(account text, realm text, most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_accounts(account text, realm text, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_accounts(account text, realm text, most bigint) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_accounts(account text, realm text, most bigint) TO apppass_auditor;


--
-- Name: FUNCTION find_codes(account text, device text, selector text, realm text, service text, which text, most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_codes(account text, device text, selector text, realm text, service text, which text, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_codes(account text, device text, selector text, realm text, service text, which text, most bigint) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_codes(account text, device text, selector text, realm text, service text, which text, most bigint) TO apppass_auditor;


--
-- Name: FUNCTION find_devices(account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_devices(account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_devices(account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_devices(account text) TO apppass_auditor;


--
-- Name: FUNCTION find_event(notice jsonb, of_account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_event(notice jsonb, of_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_event(notice jsonb, of_account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_event(notice jsonb, of_account text) TO apppass_auditor;


--
-- Name: FUNCTION find_events(account text, realm text, since timestamp with time zone, most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_events(account text, realm text, since timestamp with time zone, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_events(account text, realm text, since timestamp with time zone, most bigint) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_events(account text, realm text, since timestamp with time zone, most bigint) TO apppass_auditor;


--
-- Name: FUNCTION handover_state(handover apppass.handover); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.handover_state(handover apppass.handover) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.handover_state(handover apppass.handover) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.handover_state(handover apppass.handover) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.handover_state(handover apppass.handover) TO apppass_admin;


--
-- Name: FUNCTION find_offers(account text, since timestamp with time zone, realm text, most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_offers(account text, since timestamp with time zone, realm text, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_offers(account text, since timestamp with time zone, realm text, most bigint) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_offers(account text, since timestamp with time zone, realm text, most bigint) TO apppass_auditor;


--
-- Name: FUNCTION find_realms(realm text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_realms(realm text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_realms(realm text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_realms(realm text) TO apppass_auditor;


--
-- Name: FUNCTION find_terms(accounts text[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_terms(accounts text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_terms(accounts text[]) TO apppass_helpdesk;


--
-- Name: FUNCTION find_unused(account text, realm text, idle interval, most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_unused(account text, realm text, idle interval, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_unused(account text, realm text, idle interval, most bigint) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_unused(account text, realm text, idle interval, most bigint) TO apppass_auditor;


--
-- Name: FUNCTION find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.find_uses(account text, device text, service text, networks inet[], since timestamp with time zone, realm text, most bigint) TO apppass_auditor;


--
-- Name: FUNCTION group_code(code text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.group_code(code text) FROM PUBLIC;


--
-- Name: FUNCTION handover_guard(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.handover_guard() FROM PUBLIC;


--
-- Name: FUNCTION hash_kind(hash text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.hash_kind(hash text) FROM PUBLIC;


--
-- Name: FUNCTION history(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.history() FROM PUBLIC;


--
-- Name: FUNCTION holder_of(holder xid, relation regclass); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.holder_of(holder xid, relation regclass) FROM PUBLIC;


--
-- Name: FUNCTION hurry(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.hurry() FROM PUBLIC;


--
-- Name: FUNCTION import_account(account text, realm text, mfa_enrolled text, reason text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.import_account(account text, realm text, mfa_enrolled text, reason text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.import_account(account text, realm text, mfa_enrolled text, reason text, operator text) TO apppass_admin;


--
-- Name: FUNCTION import_code(account text, device text, selector text, hash text, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.import_code(account text, device text, selector text, hash text, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.import_code(account text, device text, selector text, hash text, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) TO apppass_helpdesk;


--
-- Name: FUNCTION import_offer(account text, device text, link_hash bytea, pin_hash bytea, valid interval, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.import_offer(account text, device text, link_hash bytea, pin_hash bytea, valid interval, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.import_offer(account text, device text, link_hash bytea, pin_hash bytea, valid interval, services text, networks text, expires_at text, reason text, ticket text, operator text, skip_live boolean) TO apppass_helpdesk;


--
-- Name: FUNCTION installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean, OUT next_month boolean, OUT unsealed bigint, OUT verifiers text[], OUT member_of text[]) TO apppass_auditor;


--
-- Name: FUNCTION is_affordable(hash text, memory_kib integer, passes integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.is_affordable(hash text, memory_kib integer, passes integer) TO apppass_admin;


--
-- Name: FUNCTION is_erased(account_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_erased(account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_erased(account_id bigint) TO apppass_admin;


--
-- Name: FUNCTION is_rows_own_fault(sqlstate text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_rows_own_fault(sqlstate text) FROM PUBLIC;


--
-- Name: FUNCTION is_service(service text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.is_service(service text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.is_service(service text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.is_service(service text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.is_service(service text) TO apppass_admin;


--
-- Name: FUNCTION issue_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.issue_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.issue_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION issue_policy(username text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.issue_policy(username text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.issue_policy(username text) TO apppass_helpdesk;


--
-- Name: FUNCTION kept_services(code apppass.code); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.kept_services(code apppass.code) FROM PUBLIC;


--
-- Name: FUNCTION known_device(account apppass.account, label text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.known_device(account apppass.account, label text) FROM PUBLIC;


--
-- Name: FUNCTION label_key(label text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.label_key(label text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.label_key(label text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.label_key(label text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.label_key(label text) TO apppass_admin;


--
-- Name: FUNCTION label_name(typed text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.label_name(typed text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.label_name(typed text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.label_name(typed text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.label_name(typed text) TO apppass_admin;


--
-- Name: FUNCTION last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.last_disabled(account text, OUT at timestamp with time zone, OUT who text, OUT reason text) TO apppass_auditor;


--
-- Name: FUNCTION lock_rows(kind text, ids bigint[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.lock_rows(kind text, ids bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.lookup(username text, selector text, service text, client inet, OUT verdict text, OUT code_id bigint, OUT account_name text, OUT hash text, OUT memory_kib integer, OUT passes integer, OUT lanes integer, OUT record_due boolean, OUT account_id bigint) TO apppass_verifier;


--
-- Name: FUNCTION maintain(dry_run boolean, most integer, job text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain(dry_run boolean, most integer, job text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.maintain(dry_run boolean, most integer, job text) TO apppass_helpdesk;


--
-- Name: FUNCTION maintain_codes(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_codes(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_counts(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_counts(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_erased(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_erased(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_jobs(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.maintain_jobs() TO apppass_helpdesk;


--
-- Name: FUNCTION maintain_links(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_links(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_partitions(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_partitions(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_refusals(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_refusals(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_roles(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_roles(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_trail(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_trail(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION maintain_uses(dry_run boolean, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.maintain_uses(dry_run boolean, most integer) FROM PUBLIC;


--
-- Name: FUNCTION make_code(account_id bigint, length integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.make_code(account_id bigint, length integer) FROM PUBLIC;


--
-- Name: FUNCTION make_refusal_partition(month timestamp with time zone, most integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.make_refusal_partition(month timestamp with time zone, most integer) FROM PUBLIC;


--
-- Name: FUNCTION managed_account(username text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.managed_account(username text) FROM PUBLIC;


--
-- Name: FUNCTION managed_realm(realm text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.managed_realm(realm text) FROM PUBLIC;


--
-- Name: FUNCTION managed_realm_names(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.managed_realm_names() FROM PUBLIC;


--
-- Name: FUNCTION manages_all(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.manages_all() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.manages_all() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.manages_all() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.manages_all() TO apppass_admin;


--
-- Name: FUNCTION metrics(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.metrics() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.metrics() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.metrics() TO apppass_auditor;


--
-- Name: FUNCTION name_pattern(typed text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.name_pattern(typed text) FROM PUBLIC;


--
-- Name: FUNCTION near_accounts(account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.near_accounts(account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.near_accounts(account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.near_accounts(account text) TO apppass_auditor;


--
-- Name: FUNCTION network_allowed(address inet, allowed cidr[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.network_allowed(address inet, allowed cidr[]) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.network_allowed(address inet, allowed cidr[]) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.network_allowed(address inet, allowed cidr[]) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.network_allowed(address inet, allowed cidr[]) TO apppass_admin;


--
-- Name: FUNCTION network_name(network cidr); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.network_name(network cidr) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.network_name(network cidr) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.network_name(network cidr) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.network_name(network cidr) TO apppass_admin;


--
-- Name: FUNCTION notice_events(ids bigint[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_events(ids bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION notice_expiring(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_expiring() FROM PUBLIC;


--
-- Name: FUNCTION notice_forget(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_forget() FROM PUBLIC;


--
-- Name: FUNCTION notice_knocking(since timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_knocking(since timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION notice_mails(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_mails() FROM PUBLIC;


--
-- Name: FUNCTION notice_uses(since timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_uses(since timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION notice_yearly(since timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notice_yearly(since timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION notify(event jsonb); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notify(event jsonb) FROM PUBLIC;


--
-- Name: FUNCTION notify_done(mail bigint, key uuid); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notify_done(mail bigint, key uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.notify_done(mail bigint, key uuid) TO apppass_notify;


--
-- Name: FUNCTION notify_failed(mail bigint, key uuid); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notify_failed(mail bigint, key uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.notify_failed(mail bigint, key uuid) TO apppass_notify;


--
-- Name: FUNCTION notify_gather(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notify_gather() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.notify_gather() TO apppass_notify;


--
-- Name: FUNCTION notify_take(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.notify_take() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.notify_take() TO apppass_notify;


--
-- Name: FUNCTION offer_code(username text, device text, link_hash bytea, pin_hash bytea, valid interval, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.offer_code(username text, device text, link_hash bytea, pin_hash bytea, valid interval, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.offer_code(username text, device text, link_hash bytea, pin_hash bytea, valid interval, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION operator(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.operator() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.operator() TO apppass_admin;


--
-- Name: FUNCTION own_access_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_access_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_access_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_access_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_access_overview() TO apppass_admin;


--
-- Name: FUNCTION own_account_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_account_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_account_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_account_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_account_overview() TO apppass_admin;


--
-- Name: FUNCTION own_audit_log(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_audit_log() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_audit_log() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_audit_log() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_audit_log() TO apppass_admin;


--
-- Name: FUNCTION own_code_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_code_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_code_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_code_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_code_overview() TO apppass_admin;


--
-- Name: FUNCTION own_device(account_id bigint, label text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_device(account_id bigint, label text) FROM PUBLIC;


--
-- Name: FUNCTION own_device_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_device_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_device_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_device_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_device_overview() TO apppass_admin;


--
-- Name: FUNCTION own_handover_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_handover_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_handover_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_handover_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_handover_overview() TO apppass_admin;


--
-- Name: TABLE refusal; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.refusal TO apppass_admin;


--
-- Name: FUNCTION own_knocking_code(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_knocking_code() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_knocking_code() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_knocking_code() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_knocking_code() TO apppass_admin;


--
-- Name: TABLE main_password_login; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.main_password_login TO apppass_admin;


--
-- Name: FUNCTION own_main_password_use(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_main_password_use() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_main_password_use() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_main_password_use() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_main_password_use() TO apppass_admin;


--
-- Name: FUNCTION own_realm_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_realm_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_realm_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_realm_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_realm_overview() TO apppass_admin;


--
-- Name: FUNCTION own_refusal_log(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_refusal_log() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_refusal_log() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_refusal_log() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_refusal_log() TO apppass_admin;


--
-- Name: FUNCTION own_unused_code(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_unused_code() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_unused_code() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_unused_code() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_unused_code() TO apppass_admin;


--
-- Name: FUNCTION own_use_overview(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.own_use_overview() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.own_use_overview() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.own_use_overview() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.own_use_overview() TO apppass_admin;


--
-- Name: FUNCTION policy_settings(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.policy_settings() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.policy_settings() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.policy_settings() TO apppass_auditor;


--
-- Name: FUNCTION random_bytes(length integer); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.random_bytes(length integer) FROM PUBLIC;


--
-- Name: FUNCTION realm_adopt(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.realm_adopt() FROM PUBLIC;


--
-- Name: FUNCTION realm_of(username text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.realm_of(username text) FROM PUBLIC;


--
-- Name: FUNCTION realm_operator_policy(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.realm_operator_policy() FROM PUBLIC;


--
-- Name: FUNCTION realm_policy(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.realm_policy() FROM PUBLIC;


--
-- Name: FUNCTION record_main_password(username text, service text, client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.record_main_password(username text, service text, client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.record_main_password(username text, service text, client inet) TO apppass_verifier;


--
-- Name: FUNCTION record_refusal(verdict text, username text, code_id bigint, service text, client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.record_refusal(verdict text, username text, code_id bigint, service text, client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.record_refusal(verdict text, username text, code_id bigint, service text, client inet) TO apppass_verifier;


--
-- Name: FUNCTION record_use(code_id bigint, service text, client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.record_use(code_id bigint, service text, client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.record_use(code_id bigint, service text, client inet) TO apppass_verifier;


--
-- Name: FUNCTION service_name(service text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.service_name(service text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.service_name(service text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.service_name(service text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.service_name(service text) TO apppass_admin;


--
-- Name: FUNCTION recorded_service(service text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.recorded_service(service text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.recorded_service(service text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.recorded_service(service text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.recorded_service(service text) TO apppass_admin;


--
-- Name: FUNCTION refusal_forget(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.refusal_forget() FROM PUBLIC;


--
-- Name: FUNCTION refusal_partition(month timestamp with time zone, OUT name text, OUT lower_bound timestamp with time zone, OUT upper_bound timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.refusal_partition(month timestamp with time zone, OUT name text, OUT lower_bound timestamp with time zone, OUT upper_bound timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION refusal_partitions(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.refusal_partitions() FROM PUBLIC;


--
-- Name: FUNCTION rehearse_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.rehearse_code(username text, device text, services text[], networks cidr[], expires_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION remove_access(rule_position integer, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.remove_access(rule_position integer, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.remove_access(rule_position integer, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION rename_account(username text, new_name text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.rename_account(username text, new_name text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.rename_account(username text, new_name text, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION renamed_accounts(account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.renamed_accounts(account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.renamed_accounts(account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.renamed_accounts(account text) TO apppass_auditor;


--
-- Name: FUNCTION require_issuable(account_id bigint, replaces bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.require_issuable(account_id bigint, replaces bigint) FROM PUBLIC;


--
-- Name: FUNCTION require_lifetime(realm apppass.realm, created_at timestamp with time zone, expires_at timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.require_lifetime(realm apppass.realm, created_at timestamp with time zone, expires_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION require_reason(what text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.require_reason(what text) FROM PUBLIC;


--
-- Name: FUNCTION require_username(username text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.require_username(username text) FROM PUBLIC;


--
-- Name: FUNCTION reset_code(username text, device text, grace interval, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.reset_code(username text, device text, grace interval, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.reset_code(username text, device text, grace interval, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION reset_device(username text, device text, selector text, hash text, grace interval, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.reset_device(username text, device text, selector text, hash text, grace interval, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.reset_device(username text, device text, selector text, hash text, grace interval, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION restore_context(previous text[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.restore_context(previous text[]) FROM PUBLIC;


--
-- Name: FUNCTION revoke_account(username text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.revoke_account(username text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.revoke_account(username text, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION revoke_code(username text, selector text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.revoke_code(username text, selector text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.revoke_code(username text, selector text, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION revoke_codes(account_id bigint, device_id bigint, selector text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.revoke_codes(account_id bigint, device_id bigint, selector text) FROM PUBLIC;


--
-- Name: FUNCTION revoke_codes(code_ids bigint[], reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.revoke_codes(code_ids bigint[], reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.revoke_codes(code_ids bigint[], reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION revoke_device(username text, device text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.revoke_device(username text, device text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.revoke_device(username text, device text, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION revoked_now(account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.revoked_now(account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.revoked_now(account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.revoked_now(account text) TO apppass_auditor;


--
-- Name: FUNCTION role_setting(login text, setting text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.role_setting(login text, setting text) FROM PUBLIC;


--
-- Name: FUNCTION rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.rule_matches(rule_realm integer, rule_service text, rule_network cidr, rule_action text, realm_id integer, service text, address inet) TO apppass_admin;


--
-- Name: FUNCTION rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.rule_verdict(rule_action text, rule_network cidr, rule_service text, main_password boolean) TO apppass_admin;


--
-- Name: FUNCTION schema_serves(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.schema_serves() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.schema_serves() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.schema_serves() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.schema_serves() TO apppass_admin;
GRANT ALL ON FUNCTION apppass.schema_serves() TO apppass_notify;


--
-- Name: FUNCTION schema_version(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.schema_version() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.schema_version() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.schema_version() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.schema_version() TO apppass_admin;
GRANT ALL ON FUNCTION apppass.schema_version() TO apppass_notify;


--
-- Name: FUNCTION sees_all(); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.sees_all() FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.sees_all() TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.sees_all() TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.sees_all() TO apppass_admin;


--
-- Name: FUNCTION selector_name(typed text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.selector_name(typed text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.selector_name(typed text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.selector_name(typed text) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.selector_name(typed text) TO apppass_admin;


--
-- Name: FUNCTION self_account(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, purpose text, turn bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_account(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, purpose text, turn bigint) FROM PUBLIC;


--
-- Name: FUNCTION self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_alarm(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) TO apppass_self;


--
-- Name: FUNCTION self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_codes(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) TO apppass_self;


--
-- Name: FUNCTION self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_collect(link_hash bytea, pin_hash bytea, client inet, selector text, hash text) TO apppass_self;


--
-- Name: FUNCTION self_fresh(realm apppass.realm, auth_time timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_fresh(realm apppass.realm, auth_time timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[], expires_at timestamp with time zone, turn bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[], expires_at timestamp with time zone, turn bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_issue(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, services text[], expires_at timestamp with time zone, turn bigint) TO apppass_self;


--
-- Name: FUNCTION self_makes(account_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_makes(account_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION self_offer(link_hash bytea); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_offer(link_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_offer(link_hash bytea) TO apppass_self;


--
-- Name: FUNCTION self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_policy(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) TO apppass_self;


--
-- Name: FUNCTION self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_reset(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, device text, selector text, hash text, turn bigint) TO apppass_self;


--
-- Name: FUNCTION self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_revoke(username text, auth_time timestamp with time zone, acr text, amr text[], client inet, selector text) TO apppass_self;


--
-- Name: FUNCTION self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_revoke_all(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) TO apppass_self;


--
-- Name: FUNCTION self_services(realm apppass.realm); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_services(realm apppass.realm) FROM PUBLIC;


--
-- Name: FUNCTION self_strong(realm apppass.realm, acr text, amr text[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_strong(realm apppass.realm, acr text, amr text[]) FROM PUBLIC;


--
-- Name: FUNCTION self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.self_uses(username text, auth_time timestamp with time zone, acr text, amr text[], client inet) TO apppass_self;


--
-- Name: FUNCTION service_allowed(service text, allowed text[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.service_allowed(service text, allowed text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.service_allowed(service text, allowed text[]) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.service_allowed(service text, allowed text[]) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.service_allowed(service text, allowed text[]) TO apppass_admin;


--
-- Name: FUNCTION service_names(services text[]); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.service_names(services text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.service_names(services text[]) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.service_names(services text[]) TO apppass_auditor;
GRANT ALL ON FUNCTION apppass.service_names(services text[]) TO apppass_admin;


--
-- Name: FUNCTION set_account_enabled(username text, enabled boolean, reason text, ticket text, operator text, at timestamp with time zone); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.set_account_enabled(username text, enabled boolean, reason text, ticket text, operator text, at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.set_account_enabled(username text, enabled boolean, reason text, ticket text, operator text, at timestamp with time zone) TO apppass_helpdesk;


--
-- Name: FUNCTION set_context(reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.set_context(reason text, ticket text, operator text) FROM PUBLIC;


--
-- Name: FUNCTION set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text, operator text, device text, selector text, only_earlier boolean); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text, operator text, device text, selector text, only_earlier boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.set_expiry(username text, expires_at timestamp with time zone, reason text, ticket text, operator text, device text, selector text, only_earlier boolean) TO apppass_helpdesk;


--
-- Name: FUNCTION set_mfa(username text, enrolled boolean, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.set_mfa(username text, enrolled boolean, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.set_mfa(username text, enrolled boolean, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION set_notify(username text, address text, language text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.set_notify(username text, address text, language text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.set_notify(username text, address text, language text, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION set_policy(realm text, setting text, value text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.set_policy(realm text, setting text, value text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.set_policy(realm text, setting text, value text, reason text, ticket text, operator text) TO apppass_admin;


--
-- Name: FUNCTION store_code(username text, device text, selector text, hash text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.store_code(username text, device text, selector text, hash text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.store_code(username text, device text, selector text, hash text, services text[], networks cidr[], expires_at timestamp with time zone, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION stored_code_of(code_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.stored_code_of(code_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.strangers(since timestamp with time zone, OUT attempts bigint, OUT last_at timestamp with time zone, OUT last_client inet) TO apppass_auditor;


--
-- Name: FUNCTION take_turn(account_id bigint); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.take_turn(account_id bigint) FROM PUBLIC;


--
-- Name: FUNCTION upgrade_hash(code_id bigint, old_hash text, new_hash text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.upgrade_hash(code_id bigint, old_hash text, new_hash text) TO apppass_verifier;


--
-- Name: FUNCTION use_keeps(code_id bigint, created_at timestamp with time zone, lapse_after interval, unused_after interval); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.use_keeps(code_id bigint, created_at timestamp with time zone, lapse_after interval, unused_after interval) FROM PUBLIC;


--
-- Name: FUNCTION used_service(service text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.used_service(service text) FROM PUBLIC;


--
-- Name: FUNCTION withdraw_offer(username text, device text, reason text, ticket text, operator text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.withdraw_offer(username text, device text, reason text, ticket text, operator text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.withdraw_offer(username text, device text, reason text, ticket text, operator text) TO apppass_helpdesk;


--
-- Name: FUNCTION withdraw_offers(account apppass.account, device text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.withdraw_offers(account apppass.account, device text) FROM PUBLIC;


--
-- Name: FUNCTION withdrawn_now(account text); Type: ACL; Schema: apppass; Owner: apppass_owner
--

REVOKE ALL ON FUNCTION apppass.withdrawn_now(account text) FROM PUBLIC;
GRANT ALL ON FUNCTION apppass.withdrawn_now(account text) TO apppass_helpdesk;
GRANT ALL ON FUNCTION apppass.withdrawn_now(account text) TO apppass_auditor;


--
-- Name: TABLE access_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.access_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.access_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.access_overview TO apppass_admin;


--
-- Name: TABLE account_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.account_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.account_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.account_overview TO apppass_admin;


--
-- Name: TABLE audit_log; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.audit_log TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.audit_log TO apppass_auditor;
GRANT SELECT ON TABLE apppass.audit_log TO apppass_admin;


--
-- Name: TABLE code_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.code_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.code_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.code_overview TO apppass_admin;


--
-- Name: TABLE device_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.device_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.device_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.device_overview TO apppass_admin;


--
-- Name: TABLE handover_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.handover_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.handover_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.handover_overview TO apppass_admin;


--
-- Name: TABLE knocking_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.knocking_code TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.knocking_code TO apppass_auditor;
GRANT SELECT ON TABLE apppass.knocking_code TO apppass_admin;


--
-- Name: TABLE main_password_use; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.main_password_use TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.main_password_use TO apppass_auditor;
GRANT SELECT ON TABLE apppass.main_password_use TO apppass_admin;


--
-- Name: TABLE notice; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.notice TO apppass_admin;


--
-- Name: TABLE notice_mail; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.notice_mail TO apppass_admin;


--
-- Name: TABLE notice_state; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.notice_state TO apppass_admin;


--
-- Name: TABLE realm_operator; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE apppass.realm_operator TO apppass_admin;


--
-- Name: TABLE realm_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.realm_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.realm_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.realm_overview TO apppass_admin;


--
-- Name: TABLE refusal_log; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.refusal_log TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.refusal_log TO apppass_auditor;
GRANT SELECT ON TABLE apppass.refusal_log TO apppass_admin;


--
-- Name: TABLE service; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.service TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.service TO apppass_auditor;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE apppass.service TO apppass_admin;


--
-- Name: TABLE unused_code; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.unused_code TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.unused_code TO apppass_auditor;
GRANT SELECT ON TABLE apppass.unused_code TO apppass_admin;


--
-- Name: TABLE use_overview; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.use_overview TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.use_overview TO apppass_auditor;
GRANT SELECT ON TABLE apppass.use_overview TO apppass_admin;


--
-- Name: TABLE verdict; Type: ACL; Schema: apppass; Owner: apppass_owner
--

GRANT SELECT ON TABLE apppass.verdict TO apppass_helpdesk;
GRANT SELECT ON TABLE apppass.verdict TO apppass_auditor;


--
-- Name: DEFAULT PRIVILEGES FOR TYPES; Type: DEFAULT ACL; Schema: -; Owner: apppass_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE apppass_owner REVOKE ALL ON TYPES  FROM PUBLIC;


--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: apppass_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE apppass_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;


--
-- PostgreSQL database dump complete
--


