-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:logout to pg
-- requires: audit
-- requires: state

BEGIN;

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL ROLE apppass_owner;

-- What ends by the clock is asked for every moment.
CREATE INDEX code_expires_at ON apppass.code (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX account_disabled_from ON apppass.account (disabled_from)
    WHERE disabled_from IS NOT NULL;
CREATE INDEX code_created_at ON apppass.code (realm_id, created_at);

CREATE FUNCTION apppass.ended_since(seen jsonb, sessions text,
                                    OUT mark jsonb, OUT due boolean, OUT ended text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan
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
COMMENT ON FUNCTION apppass.ended_since(jsonb, text) IS
'Which live sessions are to end because of what was committed, or reached by the clock, since a '
'mark: for apppass-logoutd.
seen: the mark of the time before; NULL: from now on. sessions: one a line, user name, tab, '
'client''s address or nothing; NULL: is there anything to do at all?
mark: to give next time. due: something may have shut a code out; without sessions, ask again '
'with the same seen. ended: the numbers, from 1, of the sessions to end, with blanks between '
'them; NULL: none. Where an account was disabled and erased since, those of names that are no '
'account are among them.
All sessions of an account are named: use is not recorded so surely that it could tell which '
'code opened which. After a gap in the trail (audit_since) all are. Runs on a hot standby.';
REVOKE ALL ON FUNCTION apppass.ended_since(jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.ended_since(jsonb, text) TO apppass_logout;

COMMIT;
