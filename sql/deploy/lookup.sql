-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:lookup to pg
-- requires: guard

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

-- A function, because a subquery costs each login a twentieth even where nobody asks it.
CREATE FUNCTION apppass.use_keeps(code_id bigint, created_at timestamptz, lapse_after interval,
                                  unused_after interval) RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM apppass.code_use AS u
        WHERE u.code_id = use_keeps.code_id
          AND (apppass.code_lapses(use_keeps.created_at, u.last_at, use_keeps.lapse_after,
                                   use_keeps.unused_after) <= now()) IS NOT TRUE);
END
$$;
COMMENT ON FUNCTION apppass.use_keeps(bigint, timestamptz, interval, interval) IS
'Does one of its uses keep a code from lapsing, with these limits of its realm?';
REVOKE ALL ON FUNCTION apppass.use_keeps(bigint, timestamptz, interval, interval) FROM PUBLIC;

-- One statement, whatever the verdict, but for the uses of a code that may have lapsed: what
-- differs between refusals is a probe or two, far below the noise of a login. plan_cache_mode: a
-- mail server process makes few logins; planning each of the first five anew would cost more than
-- they do. enable_seqscan: a plan made while the tables were empty must still be right when they
-- are not.
CREATE FUNCTION apppass.lookup(username text, selector text, service text, client inet,
                               OUT verdict text, OUT code_id bigint, OUT account_name text,
                                   OUT hash text,
                               OUT memory_kib integer, OUT passes integer, OUT lanes integer,
                                   OUT record_due boolean,
                               OUT account_id bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
        SET enable_seqscan = off
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
COMMENT ON FUNCTION apppass.lookup(text, text, text, inet) IS
'Decides one login attempt from what was typed but for the secret; the caller then checks the '
'code against hash. Exactly one row.
username: as typed, case folded here. selector: first four symbols of the code; NULL asks '
'whether the main password may be tried.
service: as SASL names it; NULL unknown. client: address; NULL unknown.
verdict accepted: accept if the hash matches, hash is set (only then). code_id is set where the '
'account has a code of that selector, account_name and account_id where the account exists. '
'memory_kib, passes, lanes: Argon2id parameters of new hashes. record_due: call record_use after '
'success.
Order: unknown_user, account_disabled, realm_denied, mfa_missing, wrong_account or unknown_code, '
'revoked, expired, lapsed, service_denied, network_denied, then the first access rule that '
'matches. What concerns the whole account comes first because a new code would not help; what is '
'final about the code comes before where it was used. With selector NULL: unknown_user, '
'account_disabled, main_password_refused, access rules, main_password.
Writes nothing: runs on a hot standby.';
REVOKE ALL ON FUNCTION apppass.lookup(text, text, text, inet) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.lookup(text, text, text, inet) TO apppass_verifier;

COMMIT;
