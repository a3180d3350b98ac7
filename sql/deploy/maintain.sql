-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:maintain to pg
-- requires: views

BEGIN;

SET LOCAL ROLE apppass_owner;

CREATE FUNCTION apppass.maintain(dry_run boolean DEFAULT false)
    RETURNS TABLE (action text, account text, device text, selector text, detail text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wet constant boolean := NOT coalesce($1, false);
    found_code record;
    part record;
    tenant record;
    affected bigint;
    oldest timestamptz;
    dropped oid[] := '{}';
BEGIN
    FOR found_code IN
        SELECT c.id, a.username, d.label, c.selector AS symbols,
            CASE WHEN u.last_at IS NULL AND c.created_at + r.lapse_after <= pg_catalog.now()
                 THEN pg_catalog.format('not used within %s of issue', r.lapse_after)
                 ELSE pg_catalog.format('not used for %s', r.unused_after) END AS why
        FROM apppass.realm AS r
        JOIN apppass.code AS c ON c.realm_id = r.id
        JOIN apppass.device AS d ON d.id = c.device_id
        JOIN apppass.account AS a ON a.id = c.account_id
        LEFT JOIN LATERAL (SELECT pg_catalog.max(x.last_at) AS last_at FROM apppass.code_use AS x WHERE x.code_id = c.id) AS u ON true
        WHERE c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > pg_catalog.now())
          AND ((u.last_at IS NULL AND c.created_at + r.lapse_after <= pg_catalog.now())
               OR GREATEST(c.created_at, u.last_at) + r.unused_after <= pg_catalog.now())
          AND r.id IN (SELECT apppass.managed_realms())
    LOOP
        IF wet THEN
            UPDATE apppass.code AS c SET revoked_at = pg_catalog.now(), revoke_reason = found_code.why
            WHERE c.id = found_code.id AND c.revoked_at IS NULL;
            CONTINUE WHEN NOT FOUND;
        END IF;
        action := 'revoke';
        account := found_code.username;
        device := found_code.label;
        selector := found_code.symbols;
        detail := found_code.why;
        RETURN NEXT;
    END LOOP;
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

    SELECT pg_catalog.now() - pg_catalog.max(r.refusal_retention) INTO oldest FROM apppass.realm AS r;
    FOR part IN
        SELECT c.oid, c.relname AS name
        FROM pg_catalog.pg_inherits AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'apppass.refusal'::regclass AND c.relname ~ '^refusal_\d{4}_\d{2}$'
          AND (pg_catalog.to_timestamp(pg_catalog.right(c.relname, 7) || ' 0', 'YYYY_MM TZH') + interval '1 month') <= oldest
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
    FOR tenant IN SELECT r.id, r.name, pg_catalog.now() - r.refusal_retention AS oldest FROM apppass.realm AS r LOOP
        IF wet THEN
            DELETE FROM apppass.refusal AS f
            WHERE f.at < tenant.oldest AND (f.realm_id = tenant.id OR (tenant.name = 'default' AND f.realm_id IS NULL));
            GET DIAGNOSTICS affected = ROW_COUNT;
        ELSE
            SELECT count(*) INTO affected FROM apppass.refusal AS f
            WHERE f.at < tenant.oldest AND f.tableoid <> ALL (dropped)
              AND (f.realm_id = tenant.id OR (tenant.name = 'default' AND f.realm_id IS NULL));
        END IF;
        IF affected > 0 THEN
            action := 'delete refusals';
            detail := pg_catalog.format('%s of realm %s', affected, tenant.name);
            RETURN NEXT;
        END IF;
    END LOOP;

    -- A telephone sees a new network every day.  What is first and what is newest of a code stays.
    FOR tenant IN SELECT r.id, r.name, pg_catalog.now() - r.refusal_retention AS oldest FROM apppass.realm AS r LOOP
        WITH ranked AS (
            SELECT u.code_id, u.service, u.network, u.last_at, u.first_at = pg_catalog.min(u.first_at) OVER (PARTITION BY u.code_id) AS first,
                pg_catalog.row_number() OVER (PARTITION BY u.code_id, u.service ORDER BY u.last_at DESC) AS rank
            FROM apppass.code_use AS u JOIN apppass.code AS c ON c.id = u.code_id WHERE c.realm_id = tenant.id
        ), old AS (
            SELECT k.* FROM ranked AS k WHERE k.rank > 20 AND NOT k.first AND k.last_at < tenant.oldest
        ), trimmed AS (
            DELETE FROM apppass.code_use AS u USING old AS o
            WHERE wet AND u.code_id = o.code_id AND u.service = o.service AND u.network = o.network AND u.last_at = o.last_at
        )
        SELECT count(*) INTO affected FROM old;
        IF affected > 0 THEN
            action := 'forget networks';
            detail := pg_catalog.format('%s of realm %s', affected, tenant.name);
            RETURN NEXT;
        END IF;
    END LOOP;

    FOR part IN
        SELECT DISTINCT o.role_name FROM apppass.realm_operator AS o
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS g WHERE g.oid = o.role_oid) ORDER BY o.role_name
    LOOP
        action := 'role missing';
        detail := pg_catalog.format('role %s of realm_operator was dropped: its rows limit nobody', part.role_name);
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION apppass.maintain(boolean) IS
'To be run daily. Revokes lapsed and unused codes (realm.lapse_after, unused_after), makes the refusal partitions of this month and the next two, drops those older than the longest realm.refusal_retention, deletes refusals older than their realm keeps and, of each code and service, the uses older than that in all but the newest 20 networks (never a code''s first use), and names the roles of realm_operator that were dropped. With dry_run it only says what it would do. A limited operator maintains the codes of the own realms alone.';
REVOKE ALL ON FUNCTION apppass.maintain(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.maintain(boolean) TO apppass_helpdesk;

COMMIT;
