-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:views to pg
-- requires: record
-- requires: mint
--
-- Each view NAME is made of all_NAME, which says what it shows, of every realm, and is the owner's
-- alone; and of own_NAME(), which hands out the rows of the realms that a limited operator manages.
-- Nothing is pushed into a function: neither what EXPLAIN ANALYZE says was filtered out, nor the
-- planner's estimates, nor anybody's function in a WHERE clause gets to know of other realms' rows.
-- For whoever manages all realms the view is all_NAME, with its indexes.
--
-- What is computed for each row is an aggregate in a LEFT JOIN: where its columns are not asked
-- for, the planner leaves it out.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE VIEW apppass.all_code_overview AS
SELECT a.username AS account, s.realm, d.label AS device, s.selector,
    CASE
        WHEN s.state IS NOT NULL THEN s.state
        WHEN apppass.account_state(a.enabled, a.disabled_from, s.codes_allowed, s.mfa_required,
                                   a.mfa_enrolled) IS NOT NULL THEN 'suspended'
        ELSE 'live'
    END AS state,
    s.services, s.networks, s.created_at, s.created_by, s.ends_at AS expires_at, s.revoked_at,
    s.revoked_by, s.revoke_reason, s.first_at AS first_used_at, s.last_at AS last_used_at,
    NULLIF(s.last_service, '-') AS last_service,
    NULLIF(s.last_network, '0.0.0.0/0') AS last_network, s.code_id,
    s.replaces AS replaces_code_id
FROM apppass.code_standing AS s
JOIN apppass.device AS d ON d.id = s.device_id
JOIN apppass.account AS a ON a.id = s.account_id;
COMMENT ON VIEW apppass.all_code_overview IS 'code_overview of every realm. The owner''s alone.';

CREATE VIEW apppass.all_device_overview AS
SELECT a.username AS account, r.name AS realm, d.label AS device, d.created_at, n.codes,
    n.live_codes, u.last_at AS last_used_at, NULLIF(u.service, '-') AS last_service,
    NULLIF(u.network, '0.0.0.0/0') AS last_network
FROM apppass.device AS d
JOIN apppass.account AS a ON a.id = d.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id
LEFT JOIN LATERAL (
    SELECT count(*) AS codes, count(*) FILTER (WHERE s.state IS NULL) AS live_codes
    FROM apppass.code_standing AS s WHERE s.device_id = d.id
) AS n ON true
LEFT JOIN LATERAL (
    SELECT max(x.last_at) AS last_at,
        (array_agg(x.service ORDER BY x.last_at DESC))[1] AS service,
        (array_agg(x.network ORDER BY x.last_at DESC))[1] AS network
    FROM apppass.code_use AS x JOIN apppass.code AS c ON c.id = x.code_id
    WHERE c.device_id = d.id
) AS u ON true;
COMMENT ON VIEW apppass.all_device_overview IS
'device_overview of every realm. The owner''s alone.';

CREATE VIEW apppass.all_account_overview AS
SELECT a.username AS account, r.name AS realm,
    apppass.account_open(a.enabled, a.disabled_from) AS enabled, a.mfa_enrolled,
    (SELECT count(*) FROM apppass.device AS d WHERE d.account_id = a.id) AS devices,
    n.live_codes, n.codes,
    (SELECT max(x.last_at)
     FROM apppass.code_use AS x JOIN apppass.code AS c ON c.id = x.code_id
     WHERE c.account_id = a.id) AS last_used_at,
    coalesce(a.main_password_refused_from, r.main_password_refused_from)
        AS main_password_refused_from,
    a.created_at, a.created_by, a.id AS account_id,
    apppass.account_state(a.enabled, a.disabled_from, r.codes_allowed, r.mfa_required,
                          a.mfa_enrolled) AS refused_as, a.notify_address, a.notify_language,
    a.disabled_from
FROM apppass.account AS a
JOIN apppass.realm AS r ON r.id = a.realm_id
LEFT JOIN LATERAL (
    SELECT count(*) AS codes, count(*) FILTER (WHERE s.state IS NULL) AS live_codes
    FROM apppass.code_standing AS s WHERE s.account_id = a.id
) AS n ON true;
COMMENT ON VIEW apppass.all_account_overview IS
'account_overview of every realm. The owner''s alone.';

-- Inner joins, each on what is there: an outer join that hashes the refusals keeps all those
-- without a key in memory.
CREATE VIEW apppass.all_refusal_log AS
SELECT f.at, f.verdict, a.username AS account, r.name AS realm, d.label AS device, c.selector,
    f.service, f.client, f.code_id, c.revoked_at, c.revoke_reason
FROM apppass.refusal AS f
JOIN apppass.account AS a ON a.id = f.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id
JOIN apppass.code AS c ON c.id = f.code_id
JOIN apppass.device AS d ON d.id = c.device_id
UNION ALL
SELECT f.at, f.verdict, a.username, r.name, NULL, NULL, f.service, f.client, NULL, NULL, NULL
FROM apppass.refusal AS f
JOIN apppass.account AS a ON a.id = f.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id
WHERE f.code_id IS NULL
UNION ALL
SELECT f.at, f.verdict, NULL, r.name, NULL, NULL, f.service, f.client, NULL, NULL, NULL
FROM apppass.refusal AS f
LEFT JOIN apppass.realm AS r ON r.id = f.realm_id
WHERE f.account_id IS NULL;
COMMENT ON VIEW apppass.all_refusal_log IS 'refusal_log of every realm. The owner''s alone.';

CREATE VIEW apppass.all_knocking_code AS
SELECT a.username AS account, r.name AS realm, d.label AS device, c.selector, k.verdict, k.since,
    k.last_at, k.attempts, k.last_client, k.last_service, c.revoked_at, c.revoke_reason,
    c.id AS code_id,
    format('%s, %s code %s, still knocking%s since %s', d.label, k.verdict, c.selector,
           ' from ' || host(k.last_client),
           to_char(k.since, 'YYYY-MM-DD HH24:MI')) AS summary
FROM apppass.code AS c
JOIN apppass.device AS d ON d.id = c.device_id
JOIN apppass.account AS a ON a.id = c.account_id
JOIN apppass.realm AS r ON r.id = c.realm_id
CROSS JOIN LATERAL (
    SELECT (array_agg(f.verdict ORDER BY f.at DESC))[1] AS verdict,
        min(f.at) AS since, max(f.at) AS last_at, count(*) AS attempts,
        (array_agg(f.client ORDER BY f.at DESC))[1] AS last_client,
        (array_agg(f.service ORDER BY f.at DESC))[1] AS last_service
    FROM apppass.refusal AS f
    WHERE f.code_id = c.id AND f.verdict IN ('revoked', 'expired', 'lapsed')
) AS k
-- For one account its codes are looked up among the refusals; for all, only the codes found there
-- are visited.
WHERE c.id IN (SELECT f.code_id FROM apppass.refusal AS f
               WHERE f.code_id IS NOT NULL AND f.verdict IN ('revoked', 'expired', 'lapsed'));
COMMENT ON VIEW apppass.all_knocking_code IS 'knocking_code of every realm. The owner''s alone.';

CREATE VIEW apppass.all_audit_log AS
SELECT l.at, l.action, l.account, l.device, l.selector, l.reason, l.ticket, l.actor, l.operator,
    l.client, l.application, r.name AS realm, l.before, l.after, l.code_id, l.id, c.position,
    encode(c.hash, 'hex') AS chain, l.account_id
FROM apppass.audit AS l
LEFT JOIN apppass.audit_chain AS c ON c.audit_id = l.id
LEFT JOIN apppass.realm AS r ON r.id = l.realm_id;
COMMENT ON VIEW apppass.all_audit_log IS 'audit_log of every realm. The owner''s alone.';

CREATE VIEW apppass.all_unused_code AS
SELECT a.username AS account, s.realm, d.label AS device, s.selector, s.created_at, s.created_by,
    s.last_at AS last_used_at, now() - GREATEST(s.created_at, s.last_at) AS idle,
    s.last_at IS NULL AS never_used, s.lapses_at, s.code_id
FROM apppass.code_standing AS s
JOIN apppass.device AS d ON d.id = s.device_id
JOIN apppass.account AS a ON a.id = s.account_id
WHERE s.revoked_at IS NULL AND (s.state IS NULL OR s.state = 'lapsed')
  AND GREATEST(s.created_at, s.last_at) < now() - interval '1 day';
COMMENT ON VIEW apppass.all_unused_code IS 'unused_code of every realm. The owner''s alone.';

CREATE VIEW apppass.all_main_password_use AS
SELECT a.username AS account, r.name AS realm, NULLIF(m.service, '-') AS service,
    NULLIF(m.network, '0.0.0.0/0') AS network, m.first_at, m.last_at,
    coalesce(a.main_password_refused_from, r.main_password_refused_from) AS refused_from
FROM apppass.main_password_login AS m
JOIN apppass.account AS a ON a.id = m.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id;
COMMENT ON VIEW apppass.all_main_password_use IS
'main_password_use of every realm. The owner''s alone.';

CREATE VIEW apppass.all_use_overview AS
SELECT u.last_at, c.account, c.realm, c.device, c.selector, NULLIF(u.service, '-') AS service,
    NULLIF(u.network, '0.0.0.0/0') AS network, u.first_at, c.state, c.code_id
FROM apppass.code_use AS u
JOIN apppass.all_code_overview AS c ON c.code_id = u.code_id;
COMMENT ON VIEW apppass.all_use_overview IS 'use_overview of every realm. The owner''s alone.';

-- The row of the table without its key: policy as people read it.
CREATE VIEW apppass.all_realm_overview AS
SELECT r.name AS realm, r.description, r.codes_allowed, r.services, r.code_length, r.max_codes,
    r.max_lifetime, r.lapse_after, r.unused_after, r.mfa_required, r.reason_required,
    r.main_password_refused_from, r.imap_host, r.imap_port, r.smtp_host, r.smtp_port,
    r.dav_host, r.dav_port, r.handover_url, r.self_allowed, r.self_fresh_within, r.self_mfa_values,
    r.self_makes_per_day, r.self_services, r.notify_owners, r.notify_language, r.notify_per_day,
    r.argon2_memory_kib, r.argon2_passes, r.argon2_lanes, r.refusal_retention,
    (SELECT count(*) FROM apppass.account AS a WHERE a.realm_id = r.id) AS accounts
FROM apppass.realm AS r;
COMMENT ON VIEW apppass.all_realm_overview IS 'realm_overview of every realm. The owner''s alone.';

CREATE VIEW apppass.all_handover_overview AS
SELECT a.username AS account, r.name AS realm, h.device, apppass.handover_state(h) AS state,
    h.pin_hash IS NOT NULL AS pin, h.wrong_pins, h.services, h.networks, h.expires_at,
    h.offered_at, h.offered_by, h.ends_at, h.collected_at, c.selector
FROM apppass.handover AS h
JOIN apppass.account AS a ON a.id = h.account_id
JOIN apppass.realm AS r ON r.id = a.realm_id
LEFT JOIN apppass.code AS c ON c.id = h.code_id;
COMMENT ON VIEW apppass.all_handover_overview IS
'handover_overview of every realm. The owner''s alone.';

-- A rule for all realms is everybody's: own_access_overview() below shows it too.
CREATE VIEW apppass.all_access_overview AS
SELECT x.position, x.action, r.name AS realm, x.service, x.network, x.description
FROM apppass.access_rule AS x
LEFT JOIN apppass.realm AS r ON r.id = x.realm_id;
COMMENT ON VIEW apppass.all_access_overview IS
'access_overview of every realm. The owner''s alone.';

-- ---- the fence ----

-- IMMUTABLE, so that the planner asks once and leaves out the half of a view that is not wanted.
-- A plan that is kept although the answer has changed since shows nothing: the views ask again.
CREATE FUNCTION apppass.sees_all() RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN apppass.manages_all();
END
$$;
COMMENT ON FUNCTION apppass.sees_all() IS
'What manages_all() says, at the time of planning. For the views alone.';

CREATE FUNCTION apppass.managed_realm_names() RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT r.name FROM apppass.realm AS r
                 WHERE r.id IN (SELECT apppass.managed_realms()) ORDER BY r.name);
$$;
COMMENT ON FUNCTION apppass.managed_realm_names() IS
'Names of the realms that the session user may manage and see.';

DO $$
DECLARE
    it record;
BEGIN
    FOR it IN
        SELECT v.name, CASE v.name WHEN 'access_overview' THEN 'v.realm IS NULL OR '
            ELSE '' END AS too
        FROM unnest(ARRAY[
            'code_overview', 'device_overview', 'account_overview', 'refusal_log', 'knocking_code',
            'audit_log', 'unused_code', 'main_password_use', 'realm_overview', 'access_overview',
            'handover_overview', 'use_overview']) AS v (name)
    LOOP
        EXECUTE format($f$
            CREATE FUNCTION apppass.own_%1$s() RETURNS SETOF apppass.all_%1$s
                LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS $body$
            BEGIN
                RETURN QUERY SELECT v.* FROM apppass.all_%1$s AS v
                WHERE %2$sv.realm = ANY ((SELECT apppass.managed_realm_names())::text[]);
            END
            $body$;
            COMMENT ON FUNCTION apppass.own_%1$s() IS
                'What a limited operator sees of %1$s: the realms one manages.';
            CREATE VIEW apppass.%1$s AS
            SELECT v.* FROM apppass.all_%1$s AS v
            WHERE apppass.sees_all() AND (SELECT apppass.manages_all())
            UNION ALL
            SELECT o.* FROM apppass.own_%1$s() AS o WHERE NOT apppass.sees_all();
            $f$, it.name, it.too);
    END LOOP;
END
$$;

-- ---- what the columns mean ----

COMMENT ON VIEW apppass.code_overview IS
'Every code that one may see, with its state and use. Never a hash.';
COMMENT ON COLUMN apppass.code_overview.selector IS 'First four symbols of the code.';
COMMENT ON COLUMN apppass.code_overview.state IS
'live, revoked, expired, lapsed (not used in time), or suspended (the account is disabled or '
'lacks MFA, or the realm allows no codes).';
COMMENT ON COLUMN apppass.code_overview.services IS
'Services it is limited to; NULL: all that the realm allows.';
COMMENT ON COLUMN apppass.code_overview.networks IS 'Networks it is limited to; NULL: any.';
COMMENT ON COLUMN apppass.code_overview.expires_at IS
'When it expires, the realm''s longest lifetime included; NULL: never.';
COMMENT ON COLUMN apppass.code_overview.first_used_at IS 'First login; NULL: never used.';
COMMENT ON COLUMN apppass.code_overview.last_used_at IS 'Last login, up to 5 minutes old.';
COMMENT ON COLUMN apppass.code_overview.last_network IS
'Network (/24, /48) of the last login; NULL: unknown.';
COMMENT ON COLUMN apppass.code_overview.code_id IS 'Key, as in the mail server''s log.';
COMMENT ON COLUMN apppass.code_overview.replaces_code_id IS
'Key of the code that this one took over from (reset).';

COMMENT ON VIEW apppass.device_overview IS
'Devices with the number of their codes and their last use.';
COMMENT ON COLUMN apppass.device_overview.created_at IS 'When first named.';
COMMENT ON COLUMN apppass.device_overview.codes IS 'Codes it ever had.';
COMMENT ON COLUMN apppass.device_overview.live_codes IS
'Codes that have neither been revoked nor expired nor lapsed.';
COMMENT ON COLUMN apppass.device_overview.last_used_at IS
'Last login with any of them; NULL: never.';

COMMENT ON VIEW apppass.account_overview IS
'Accounts with the number of their devices and codes.';
COMMENT ON COLUMN apppass.account_overview.enabled IS 'False: its codes are refused.';
COMMENT ON COLUMN apppass.account_overview.disabled_from IS
'From when on they are, or were, by the clock; NULL: no such moment was given.';
COMMENT ON COLUMN apppass.account_overview.devices IS 'Devices it ever named.';
COMMENT ON COLUMN apppass.account_overview.live_codes IS
'Codes that have neither been revoked nor expired nor lapsed: what realm.max_codes limits.';
COMMENT ON COLUMN apppass.account_overview.codes IS 'Codes it ever had.';
COMMENT ON COLUMN apppass.account_overview.last_used_at IS 'Last login with a code; NULL: never.';
COMMENT ON COLUMN apppass.account_overview.main_password_refused_from IS
'From when its main password is refused; NULL: not.';
COMMENT ON COLUMN apppass.account_overview.refused_as IS
'The verdict about each of its codes, whatever the code; NULL: they may be used.';

COMMENT ON VIEW apppass.refusal_log IS
'Refused attempts. What was typed is nowhere; attempts for names that are no account are shown to '
'those who manage all realms.';
COMMENT ON COLUMN apppass.refusal_log.account IS 'User name, where it is an account.';
COMMENT ON COLUMN apppass.refusal_log.device IS 'Device whose code was tried, where known.';
COMMENT ON COLUMN apppass.refusal_log.service IS 'NULL: unknown.';
COMMENT ON COLUMN apppass.refusal_log.client IS 'Address; NULL: unknown.';

COMMENT ON VIEW apppass.knocking_code IS
'Codes that ended and are still being tried: the old phone in the drawer. No attack, but worth a '
'call.';
COMMENT ON COLUMN apppass.knocking_code.verdict IS 'revoked, expired or lapsed.';
COMMENT ON COLUMN apppass.knocking_code.since IS 'First refused attempt on record.';
COMMENT ON COLUMN apppass.knocking_code.attempts IS
'How many are on record (the verifier limits how many it records).';
COMMENT ON COLUMN apppass.knocking_code.summary IS 'One line for people.';

COMMENT ON VIEW apppass.audit_log IS 'The audit trail. ORDER BY id for the order of events.';
COMMENT ON COLUMN apppass.audit_log.account IS
'User name at that time; account_id finds the account under every name it had.';
COMMENT ON COLUMN apppass.audit_log.device IS 'Device label at that time.';
COMMENT ON COLUMN apppass.audit_log.actor IS 'The database login that did it.';
COMMENT ON COLUMN apppass.audit_log.operator IS 'Who the portal said was acting.';
COMMENT ON COLUMN apppass.audit_log.client IS
'Address of the database client; NULL on a local socket.';
COMMENT ON COLUMN apppass.audit_log.application IS 'application_name of the database client.';
COMMENT ON COLUMN apppass.audit_log.before IS 'Values changed or removed, without hashes.';
COMMENT ON COLUMN apppass.audit_log.after IS 'New values, without hashes.';
COMMENT ON COLUMN apppass.audit_log.position IS 'Place in the chain; NULL until it is sealed.';
COMMENT ON COLUMN apppass.audit_log.chain IS
'SHA-256 that ends the chain at this row, hexadecimal.';

COMMENT ON VIEW apppass.unused_code IS
'Codes neither revoked nor expired that nobody used for a day or more: WHERE idle > ''90 days''.';
COMMENT ON COLUMN apppass.unused_code.idle IS 'Time since the last login, or since issue.';
COMMENT ON COLUMN apppass.unused_code.lapses_at IS 'When policy lets it lapse; NULL: never.';

COMMENT ON VIEW apppass.main_password_use IS
'Who still logs in with the main password, where and since when: who must be given a code before '
'it is refused.';
COMMENT ON COLUMN apppass.main_password_use.network IS '/24 or /48; NULL: unknown.';
COMMENT ON COLUMN apppass.main_password_use.last_at IS 'Up to 5 minutes old.';
COMMENT ON COLUMN apppass.main_password_use.refused_from IS 'From when it is refused; NULL: not.';

COMMENT ON VIEW apppass.use_overview IS
'Where each code, revoked ones too, was used: one row per code, service and network.';
COMMENT ON COLUMN apppass.use_overview.last_at IS 'Last login, up to 5 minutes old.';
COMMENT ON COLUMN apppass.use_overview.service IS 'NULL: unknown.';
COMMENT ON COLUMN apppass.use_overview.network IS '/24 or /48; NULL: unknown.';
COMMENT ON COLUMN apppass.use_overview.first_at IS
'First login with the code for this service from there.';
COMMENT ON COLUMN apppass.use_overview.state IS 'The code''s, as in code_overview.';

COMMENT ON VIEW apppass.realm_overview IS
'Policy of the realms that one may see; the columns are those of apppass.realm.';
COMMENT ON COLUMN apppass.realm_overview.accounts IS 'How many accounts it has.';

COMMENT ON VIEW apppass.access_overview IS
'The access rules of the realms that one may see, and those for all realms.';
COMMENT ON COLUMN apppass.access_overview.realm IS 'NULL: all realms.';

COMMENT ON VIEW apppass.handover_overview IS
'Codes that were offered by a link. No link, no PIN.';
COMMENT ON COLUMN apppass.handover_overview.state IS
'pending, collected, locked (five wrong PINs) or ended.';
COMMENT ON COLUMN apppass.handover_overview.pin IS 'Is a PIN asked for?';
COMMENT ON COLUMN apppass.handover_overview.ends_at IS 'Until when it can be collected.';
COMMENT ON COLUMN apppass.handover_overview.selector IS 'Of the code that was made then.';

REVOKE ALL ON FUNCTION apppass.sees_all(), apppass.managed_realm_names() FROM PUBLIC;
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'code_overview', 'device_overview', 'account_overview', 'refusal_log', 'knocking_code',
        'audit_log', 'unused_code', 'main_password_use', 'realm_overview', 'access_overview',
        'handover_overview', 'use_overview']
    LOOP
        EXECUTE format($f$
            REVOKE ALL ON FUNCTION apppass.own_%1$s() FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION apppass.own_%1$s()
                TO apppass_helpdesk, apppass_auditor, apppass_admin;
            GRANT SELECT ON apppass.%1$s TO apppass_helpdesk, apppass_auditor, apppass_admin;
            $f$, name);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION apppass.sees_all() TO apppass_helpdesk, apppass_auditor, apppass_admin;

COMMIT;
