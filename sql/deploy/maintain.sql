-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:maintain to pg
-- requires: views

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE FUNCTION apppass.due_codes(most bigint) RETURNS TABLE (code_id bigint, account text, device text, selector text, why text)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.id, a.username, d.label, c.selector,
        CASE WHEN u.last_at IS NULL AND apppass.later(c.created_at, r.lapse_after) <= pg_catalog.now()
             THEN pg_catalog.format('not used within %s of issue', r.lapse_after)
             ELSE pg_catalog.format('not used for %s', r.unused_after) END
    FROM apppass.realm AS r
    JOIN apppass.code AS c ON c.realm_id = r.id
    JOIN apppass.device AS d ON d.id = c.device_id
    JOIN apppass.account AS a ON a.id = c.account_id
    LEFT JOIN LATERAL (SELECT pg_catalog.max(x.last_at) AS last_at FROM apppass.code_use AS x WHERE x.code_id = c.id) AS u ON true
    -- The first two leave out what need not be looked at: what is revoked, and what would not even
    -- have lapsed had it never been used.
    WHERE c.revoked_at IS NULL
      AND apppass.code_lapses(c.created_at, NULL, r.lapse_after, r.unused_after) <= pg_catalog.now()
      AND apppass.code_state(c.revoked_at, c.created_at, c.expires_at, u.last_at, r.max_lifetime,
                             r.lapse_after, r.unused_after) = 'lapsed'
      AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()))
    LIMIT $1;
END;
COMMENT ON FUNCTION apppass.due_codes(bigint) IS 'The codes that policy lets lapse and nobody has revoked yet, of the realms one manages; at most so many.';

CREATE FUNCTION apppass.maintain(dry_run boolean DEFAULT false, most integer DEFAULT 10000)
    RETURNS TABLE (action text, account text, device text, selector text, detail text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wet constant boolean := NOT coalesce($1, false);
    part record;
    affected bigint;
    longest interval;
    shortest interval;
    fallback integer;
    dropped oid[] := '{}';
BEGIN
    IF $2 IS NULL OR $2 < 1 THEN
        RAISE EXCEPTION 'most is not a number of codes' USING ERRCODE = '22023', CONSTRAINT = 'most_invalid', HINT = 'Leave it out, or give 1 or more.';
    END IF;
    IF wet THEN
        -- In one statement, which costs a third of one for each.  What a transaction announces and seals stays in memory until it
        -- ends, and sealing keeps other writers waiting: hence not all at once.
        RETURN QUERY
            WITH due AS MATERIALIZED (SELECT * FROM apppass.due_codes($2)), ended AS (
                UPDATE apppass.code AS c SET revoked_at = pg_catalog.now(), revoke_reason = d.why
                FROM due AS d WHERE c.id = d.code_id AND c.revoked_at IS NULL
                RETURNING c.id
            )
            SELECT 'revoke', d.account, d.device, d.selector, d.why FROM due AS d JOIN ended AS e ON e.id = d.code_id
            UNION ALL
            -- As many as were asked for were found; somebody else may have revoked one of them meanwhile.
            SELECT 'run again', NULL, NULL, NULL, pg_catalog.format('%s codes were revoked; there may be more', (SELECT count(*) FROM ended))
            WHERE (SELECT count(*) FROM due) = $2;
    ELSE
        RETURN QUERY SELECT 'revoke', d.account, d.device, d.selector, d.why FROM apppass.due_codes(NULL) AS d;
    END IF;
    IF NOT apppass.manages_all() THEN
        RETURN;
    END IF;

    account := NULL;
    device := NULL;
    selector := NULL;
    FOR part IN
        SELECT p.* FROM pg_catalog.generate_series(0, 2) AS m,
            LATERAL apppass.refusal_partition(pg_catalog.now() + m * interval '1 month') AS p
    LOOP
        CONTINUE WHEN pg_catalog.to_regclass('apppass.' || part.name) IS NOT NULL;
        IF wet THEN
            PERFORM apppass.make_refusal_partition(part.lower_bound);
        END IF;
        action := 'make partition';
        detail := part.name;
        RETURN NEXT;
    END LOOP;

    SELECT pg_catalog.max(r.refusal_retention), pg_catalog.min(r.refusal_retention), pg_catalog.max(r.id) FILTER (WHERE r.name = 'default')
    INTO STRICT longest, shortest, fallback
    FROM apppass.realm AS r;
    FOR part IN
        SELECT c.oid, c.relname AS name
        FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'apppass.refusal'::regclass AND c.relname ~ '^refusal_\d{4}_\d{2}$'
          AND (pg_catalog.to_timestamp(pg_catalog.right(c.relname, 7) || ' 0', 'YYYY_MM TZH') + interval '1 month') <= pg_catalog.now() - longest
        ORDER BY c.relname
    LOOP
        IF wet THEN
            EXECUTE pg_catalog.format('DROP TABLE apppass.%I', part.name);
        END IF;
        dropped := dropped || part.oid;
        action := 'drop partition';
        detail := part.name;
        RETURN NEXT;
    END LOOP;

    -- Realms that keep less than the longest; and what is too old in a partition not yet dropped.
    IF wet THEN
        RETURN QUERY
            WITH old AS (
                DELETE FROM apppass.refusal AS f USING apppass.realm AS r
                WHERE f.at < pg_catalog.now() - shortest AND f.at < pg_catalog.now() - r.refusal_retention
                  AND r.id = coalesce(f.realm_id, fallback)
                RETURNING r.name
            )
            SELECT 'delete refusals', NULL, NULL, NULL, pg_catalog.format('%s of realm %s', count(*), o.name) FROM old AS o GROUP BY o.name;
    ELSE
        RETURN QUERY
            SELECT 'delete refusals', NULL, NULL, NULL, pg_catalog.format('%s of realm %s', count(*), r.name)
            FROM apppass.refusal AS f JOIN apppass.realm AS r ON r.id = coalesce(f.realm_id, fallback)
            WHERE f.at < pg_catalog.now() - shortest AND f.at < pg_catalog.now() - r.refusal_retention AND f.tableoid <> ALL (dropped)
            GROUP BY r.name;
    END IF;

    -- A telephone sees a new network every day.  What is first and what is newest of a code stays.
    RETURN QUERY
        WITH many AS (
            SELECT u.code_id FROM apppass.code_use AS u GROUP BY u.code_id HAVING count(*) > 20
        ), ranked AS (
            SELECT u.code_id, u.service, u.network, u.last_at, u.first_at = pg_catalog.min(u.first_at) OVER (PARTITION BY u.code_id) AS first,
                pg_catalog.row_number() OVER (PARTITION BY u.code_id, u.service ORDER BY u.last_at DESC) AS rank
            FROM many AS m JOIN apppass.code_use AS u ON u.code_id = m.code_id
        ), old AS (
            SELECT k.code_id, k.service, k.network, k.last_at, r.name
            FROM ranked AS k JOIN apppass.code AS c ON c.id = k.code_id JOIN apppass.realm AS r ON r.id = c.realm_id
            WHERE k.rank > 20 AND NOT k.first AND k.last_at < pg_catalog.now() - r.refusal_retention
        ), trimmed AS (
            DELETE FROM apppass.code_use AS u USING old AS o
            WHERE wet AND u.code_id = o.code_id AND u.service = o.service AND u.network = o.network AND u.last_at = o.last_at
        )
        SELECT 'forget networks', NULL, NULL, NULL, pg_catalog.format('%s of realm %s', count(*), o.name) FROM old AS o GROUP BY o.name;

    FOR part IN
        SELECT DISTINCT o.role_name FROM apppass.realm_operator AS o
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS g WHERE g.oid = o.role_oid) ORDER BY o.role_name
    LOOP
        action := 'role missing';
        detail := pg_catalog.format('role %s of realm_operator was dropped: until its rows are deleted, logins without rows of their own manage nothing', part.role_name);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION apppass.maintain(boolean, integer) IS
'To be run daily. Revokes lapsed and unused codes (realm.lapse_after, unused_after), makes the refusal partitions of this month and the next two, drops those older than the longest realm.refusal_retention, deletes refusals older than their realm keeps and, of each code and service, the uses older than that in all but the newest 20 networks (never a code''s first use), and names the roles of realm_operator that were dropped. With dry_run it only says what it would do. It revokes at most so many codes at a time and then says "run again". A limited operator maintains the codes of the own realms alone.';
REVOKE ALL ON FUNCTION apppass.maintain(boolean, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.maintain(boolean, integer) TO apppass_helpdesk;

COMMIT;
