-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:desk to pg
-- requires: maintain
--
-- What people at a desk ask, and what the apppass tool asks for them.  An argument is read as the
-- functions that change things read it: blanks around it, capitals, labels that are equal, letters
-- for digits in a selector; * in a user name stands for anything.  Each function shows the realms
-- that the session user manages.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE FUNCTION apppass.name_pattern(typed text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN replace(regexp_replace(apppass.account_name(typed),
                                  '([\\%_])', '\\\1', 'g'), '*', '%');
COMMENT ON FUNCTION apppass.name_pattern(text) IS
'A user name in which * stands for anything, as a pattern for LIKE.';

-- ---- codes ----

CREATE FUNCTION apppass.find_codes(account text DEFAULT NULL, device text DEFAULT NULL,
                                   selector text DEFAULT NULL, realm text DEFAULT NULL,
                                   service text DEFAULT NULL, which text DEFAULT 'usable',
                                   most bigint DEFAULT NULL)
    RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_codes(text, text, text, text, text, text, bigint) IS
'Codes by account (* stands for anything), device, selector, realm and a service they may be used '
'for; rows as in code_overview, by account and device. which: usable (live or suspended), '
'unrevoked (what revoke_account would end), all; most: no more than that, and few more are '
'read.';

CREATE FUNCTION apppass.count_codes(account text DEFAULT NULL, realm text DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.count_codes(text, text) IS
'How many usable codes (live or suspended) an account or a realm has.';

CREATE FUNCTION apppass.expired_codes(account text, since timestamptz)
    RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.expired_codes(text, timestamptz) IS
'Codes of an account that expired since then, on devices that have no live one; rows as in '
'code_overview, the latest first. Errors: P0002 no such account, 42501 not yours.';

CREATE FUNCTION apppass.last_disabled(account text, OUT at timestamptz, OUT who text,
                                      OUT reason text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.last_disabled(text) IS
'When an account was last disabled, or is to be, who said so, and why; NULL where nobody did. '
'Errors: P0002 no such account, 42501 not yours.';

CREATE FUNCTION apppass.find_offers(account text DEFAULT NULL, since timestamptz DEFAULT NULL,
                                    realm text DEFAULT NULL, most bigint DEFAULT NULL)
    RETURNS SETOF apppass.all_handover_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_offers(text, timestamptz, text, bigint) IS
'The latest link of each device, by account (* stands for anything) and realm: pending ones and '
'those that ended since then, at most so many; rows as in handover_overview, the latest first.';

CREATE FUNCTION apppass.withdrawn_now(account text) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.withdrawn_now(text) IS
'How many links of an account this transaction ended. Errors: P0002 no such account, 42501 not '
'yours.';

CREATE FUNCTION apppass.revoke_codes(code_ids bigint[], reason text, ticket text DEFAULT NULL,
                                     operator text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.revoke_codes(bigint[], text, text, text) IS
'Revokes exactly these codes, or none of them: AP005 where one has been revoked meanwhile. '
'Returns how many. Errors: AP002 no reason, 42501 one is not yours.';

CREATE FUNCTION apppass.set_expiry(username text, expires_at timestamptz, reason text,
                                   ticket text DEFAULT NULL, operator text DEFAULT NULL,
                                   device text DEFAULT NULL, selector text DEFAULT NULL,
                                   only_earlier boolean DEFAULT false)
    RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.set_expiry(text, timestamptz, text, text, text, text, text, boolean) IS
'Sets when live codes of an account end, of one device or one selector where given, and returns '
'those that it changed as rows of code_overview. NULL: as late as policy allows. only_earlier: '
'none then ends later than it would have; so never one that was replaced. Errors: AP001 later '
'than policy allows, AP002 no reason, 22023 not a moment to come, P0002 no such account, device '
'or live code, 42501 not yours.';

CREATE FUNCTION apppass.revoked_now(account text) RETURNS SETOF apppass.all_code_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.revoked_now(text) IS
'The codes of an account that this transaction revoked; rows as in code_overview. Errors: P0002 '
'no such account, 42501 not yours.';

CREATE FUNCTION apppass.find_unused(account text DEFAULT NULL, realm text DEFAULT NULL,
                                    idle interval DEFAULT '90 days', most bigint DEFAULT NULL)
    RETURNS SETOF apppass.all_unused_code
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_unused(text, text, interval, bigint) IS
'Codes that nobody used for longer than that, at most so many; rows as in unused_code, the '
'longest first.';

CREATE FUNCTION apppass.find_uses(account text, device text DEFAULT NULL,
                                  service text DEFAULT NULL, networks inet[] DEFAULT NULL,
                                  since timestamptz DEFAULT NULL, realm text DEFAULT NULL,
                                  most bigint DEFAULT NULL)
    RETURNS SETOF apppass.all_use_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_uses(text, text, text, inet[], timestamptz, text, bigint) IS
'Where the codes of an account (* stands for anything) were used, since then by the last use, at '
'most so many; rows as in use_overview, the latest first. An address stands for the network that '
'is recorded of it.';

-- ---- accounts and devices ----

CREATE FUNCTION apppass.find_accounts(account text DEFAULT NULL, realm text DEFAULT NULL,
                                      most bigint DEFAULT NULL)
    RETURNS SETOF apppass.all_account_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_accounts(text, text, bigint) IS
'Accounts by name (* stands for anything) and realm; rows as in account_overview, by name; most: '
'no more than that, and few more are read.';

CREATE FUNCTION apppass.find_devices(account text) RETURNS SETOF apppass.all_device_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_devices(text) IS
'The devices of an account; rows as in device_overview, by label.';

CREATE FUNCTION apppass.renamed_accounts(account text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.renamed_accounts(text) IS
'What accounts that once had this name are called now.';

-- Names within one slip (a letter too many, too few, another, two swapped), and names that begin
-- alike; each a short range of the index on user names.  Whatever is longer than any name is not
-- read to its end.
CREATE FUNCTION apppass.near_accounts(account text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.near_accounts(text) IS
'User names that somebody may have meant: a slip away from this one, or beginning alike.';

CREATE FUNCTION apppass.completions(kind text, start text, account text DEFAULT NULL)
    RETURNS TABLE (word text, note text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.completions(text, text, text) IS
'What a word may become that starts like this, with a note about each: the first 200. kind: '
'account, device, code, realm, rule, setting; account: whose devices and codes.';

-- ---- attempts ----

CREATE TYPE apppass.attempt_group AS (
    at timestamptz, first_at timestamptz, attempts bigint, verdict text, service text, client text,
    device text, selector text, code_id bigint, state text, services text[], networks cidr[],
    revoked_at timestamptz, revoked_by text, revoke_reason text, expires_at timestamptz,
    rule_position integer, rule_description text, realm_refuses boolean, service_refused boolean,
    network_refused boolean, newer_device text, newer_selector text);
COMMENT ON TYPE apppass.attempt_group IS
'Attempts of an account that are alike: refused ones counted together, of accepted ones the last '
'of each code.';

CREATE FUNCTION apppass.attempts(account text, since timestamptz, most integer DEFAULT 100)
    RETURNS SETOF apppass.attempt_group
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.attempts(text, timestamptz, integer) IS
'The attempts of an account since then, latest first, and what explains them: the code''s state '
'and limits, the access rule that denies, a newer code of the same device. Errors: P0002 no such '
'account, 42501 not yours.';

CREATE FUNCTION apppass.strangers(since timestamptz, OUT attempts bigint, OUT last_at timestamptz,
                                  OUT last_client inet)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT count(*), max(f.at), (array_agg(f.client ORDER BY f.at DESC))[1]
    INTO attempts, last_at, last_client
    FROM apppass.refusal AS f
    WHERE f.account_id IS NULL AND f.at >= strangers.since AND apppass.manages_all();
END
$$;
COMMENT ON FUNCTION apppass.strangers(timestamptz) IS
'How often since then somebody tried a name that is not an account: perhaps a misspelt one. '
'Nothing for limited operators.';

-- ---- the trail ----

CREATE FUNCTION apppass.find_events(account text DEFAULT NULL, realm text DEFAULT NULL,
                                    since timestamptz DEFAULT NULL, most bigint DEFAULT NULL)
    RETURNS SETOF apppass.all_audit_log
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_events(text, text, timestamptz, bigint) IS
'Audit rows of an account under every name it had (* stands for anything) or of a realm, since '
'then; the latest of them, in order. Rows as in audit_log.';

CREATE FUNCTION apppass.find_event(notice jsonb, of_account text DEFAULT NULL)
    RETURNS TABLE (event text, at timestamptz, account text, device text, selector text,
                   code_id bigint, audit_id bigint, realm text, reason text, ticket text,
                   actor text, operator text, service text, network text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.find_event(jsonb, text) IS
'What a notice of the channel apppass is about, for accounts of that name (* stands for '
'anything); no row where one may not see it. Use is not audited: of it the code''s last one is '
'told, which is the one announced or newer.';

-- ---- policy ----

CREATE FUNCTION apppass.policy_settings()
    RETURNS TABLE (name text, type text, unset text, bites boolean, description text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.policy_settings() IS
'What set_policy sets: the columns of apppass.realm. unset: what people call a NULL, which is '
'not taken where this is NULL; bites: a change may refuse codes that are in use.';

CREATE FUNCTION apppass.find_realms(
    realm text DEFAULT NULL) RETURNS SETOF apppass.all_realm_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.find_realms(text) IS
'The policy of a realm, or of all; rows as in realm_overview, by name.';

CREATE FUNCTION apppass.find_access(realm text DEFAULT NULL)
    RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.find_access(text) IS
'The access rules that a realm is subject to, those for all realms included; rows as in '
'access_overview, in the order in which they are asked.';

CREATE FUNCTION apppass.managed_realm(realm text) RETURNS apppass.realm
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.managed_realm(text) IS
'The realm of that name, where there is one that the session user may see; P0002.';

CREATE FUNCTION apppass.add_realm(realm text, description text DEFAULT NULL,
                                  reason text DEFAULT NULL, ticket text DEFAULT NULL,
                                  operator text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.add_realm(text, text, text, text, text) IS
'Adds a realm and returns its canonical name; the accounts of that domain follow from default. '
'Errors: 23505 exists, 22023 not a realm name.';

CREATE FUNCTION apppass.set_policy(realm text, setting text, value text, reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS SETOF apppass.all_realm_overview
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
$$;
COMMENT ON FUNCTION apppass.set_policy(text, text, text, text, text, text) IS
'Sets one column of a realm''s policy from text (lists with commas between; NULL or blank takes '
'it back) and returns the policy. Errors: P0002 no such realm, 22023 no such setting or value, '
'42501 not yours.';

CREATE FUNCTION apppass.add_access(action text, realm text DEFAULT NULL, service text DEFAULT NULL,
                                   network cidr DEFAULT NULL, rule_position integer DEFAULT NULL,
                                   description text DEFAULT NULL, reason text DEFAULT NULL,
                                   ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.add_access(text, text, text, cidr, integer, text, text, text, text) IS
'Adds an access rule, last where no position is given, and returns it. Errors: 23505 position '
'taken, 22023 unknown service, P0002 no such realm.';

CREATE FUNCTION apppass.remove_access(rule_position integer, reason text DEFAULT NULL,
                                      ticket text DEFAULT NULL, operator text DEFAULT NULL)
    RETURNS SETOF apppass.all_access_overview
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.remove_access(integer, text, text, text) IS
'Removes the access rule at that position and returns what it was. Errors: P0002 there is none.';

CREATE FUNCTION apppass.find_terms(accounts text[])
    RETURNS TABLE (place bigint, account_id bigint, account text, realm text, code_length integer,
                   memory_kib integer, passes integer, lanes integer, imap_host text,
                   imap_port integer, smtp_host text, smtp_port integer, dav_host text,
                   dav_port integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.find_terms(text[]) IS
'How to make the next code of each of these accounts, in order, and for which servers; NULL where '
'there is no such account. Whether policy lets it have one is asked by issue_policy and on '
'storing.';

-- ---- row by row ----

CREATE TYPE apppass.import_result AS (
    result text, id bigint, account text, device text, selector text, services text[],
    networks cidr[], expires_at timestamptz, sqlstate text, token text, problem text, hint text);
COMMENT ON TYPE apppass.import_result IS
'What became of a row: result is added, exists or failed; where it failed, the error with its '
'token.';

CREATE FUNCTION apppass.is_rows_own_fault(sqlstate text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sqlstate ~ '^(22|23|AP|P0002|42501)';
COMMENT ON FUNCTION apppass.is_rows_own_fault(text) IS
'Is this error that of a value, a name or a policy, which an import tells of its row? Any other '
'ends the import.';

CREATE FUNCTION apppass.import_account(account text, realm text DEFAULT NULL,
                                       mfa_enrolled text DEFAULT NULL, reason text DEFAULT NULL,
                                       operator text DEFAULT NULL) RETURNS apppass.import_result
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.import_account(text, text, text, text, text) IS
'add_account for a table of text: answers with the error instead of raising it, so that one wrong '
'row doesn''t end an import. COPY the rows into a temporary table t, then SELECT t.*, i.* FROM t, '
'LATERAL apppass.import_account(t.account, t.realm, t.mfa, t.reason) AS i.';

CREATE FUNCTION apppass.import_code(account text, device text, selector text, hash text,
                                    services text DEFAULT NULL, networks text DEFAULT NULL,
                                    expires_at text DEFAULT NULL, reason text DEFAULT NULL,
                                    ticket text DEFAULT NULL, operator text DEFAULT NULL,
                                    skip_live boolean DEFAULT false) RETURNS apppass.import_result
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.import_code(text, text, text, text, text, text, text, text, text,
    text,
                                        boolean) IS
'store_code for a table of text: answers with the error instead of raising it; lists with commas '
'between. skip_live: a device that has a usable code is left as it is (exists). Token '
'code_selector_unique: make another code.';

-- ---- how it goes ----

-- Nothing here reads all codes or all refusals: what can't be had by index maintain() counts.
CREATE FUNCTION apppass.metrics() RETURNS TABLE (name text, help text, labels text, value text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.metrics() IS
'Gauges for a monitoring system: name, help, labels as Prometheus writes them, value. Codes, '
'accounts and main passwords as maintain() counted them last: apppass_counts_age_seconds.';

CREATE FUNCTION apppass.installed(OUT version integer, OUT standby boolean, OUT this_month boolean,
                                  OUT next_month boolean, OUT unsealed bigint,
                                  OUT verifiers text[], OUT member_of text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.installed() IS
'The schema''s number, whether this is a standby, whether there are partitions for the refusals '
'of this month and the next, how many audit rows wait for their seal where one has for an hour, '
'the logins of mail servers, and the roles of apppass that the session user is in.';

CREATE FUNCTION apppass.role_setting(login text, setting text) RETURNS text
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.role_setting(text, text) IS
'A setting as a session of that login has it in this database.';

CREATE FUNCTION apppass.deployment_faults() RETURNS TABLE (fault text, about text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.deployment_faults() IS
'What is wrong with the roles, rights and settings around the schema, one row for each kind of '
'fault, and none where all is well.';

DO $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT p.oid::regprocedure AS call, p.proname,
            CASE WHEN p.proname IN ('add_realm', 'set_policy', 'add_access', 'remove_access',
                                    'import_account') THEN 'apppass_admin'
                 WHEN p.proname IN ('revoke_codes', 'set_expiry', 'import_code', 'find_terms')
                     THEN 'apppass_helpdesk'
                 ELSE 'apppass_helpdesk, apppass_auditor' END AS roles
        FROM pg_proc AS p
        WHERE p.pronamespace = 'apppass'::regnamespace AND p.prosecdef
          AND p.proname IN (
              'find_codes', 'find_unused', 'find_uses', 'find_accounts', 'find_devices',
              'renamed_accounts',
              'near_accounts', 'attempts', 'strangers', 'find_events', 'policy_settings',
              'add_realm', 'set_policy', 'add_access', 'remove_access', 'find_terms',
              'import_account', 'import_code', 'metrics', 'installed', 'revoke_codes',
              'set_expiry',
              'find_event', 'revoked_now', 'count_codes', 'expired_codes', 'find_realms',
              'last_disabled',
              'find_access', 'find_offers', 'withdrawn_now', 'completions', 'deployment_faults')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.call);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', f.call, f.roles);
    END LOOP;
END
$$;
REVOKE ALL ON TYPE apppass.attempt_group, apppass.import_result FROM PUBLIC;
GRANT USAGE ON TYPE apppass.attempt_group, apppass.import_result
    TO apppass_helpdesk, apppass_auditor, apppass_admin;

COMMIT;
