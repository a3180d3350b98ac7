-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:maintain to pg
-- requires: views
--
-- Each job does a portion of its work, waits for nobody's lock for long, and says where more is
-- left.  maintain() runs them one by one and lets none take another along when it fails; whoever
-- gives it the name of a job has a transaction for each.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE TYPE apppass.upkeep AS (action text, account text, device text, selector text, detail text);
COMMENT ON TYPE apppass.upkeep IS 'What maintain() did, or would do.';
REVOKE ALL ON TYPE apppass.upkeep FROM PUBLIC;
GRANT USAGE ON TYPE apppass.upkeep TO apppass_helpdesk, apppass_admin;

-- ---- codes that policy lets lapse ----

CREATE FUNCTION apppass.due_codes(most bigint)
    RETURNS TABLE (code_id bigint, account text, device text, selector text, why text)
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.id, a.username, d.label, c.selector,
        CASE WHEN u.last_at IS NULL
                  AND apppass.later(c.created_at, r.lapse_after) <= now()
             THEN format('not used within %s of issue', r.lapse_after)
             ELSE format('not used for %s', r.unused_after) END
    FROM apppass.realm AS r
    JOIN apppass.code AS c ON c.realm_id = r.id
    JOIN apppass.device AS d ON d.id = c.device_id
    JOIN apppass.account AS a ON a.id = c.account_id
    LEFT JOIN LATERAL (SELECT max(x.last_at) AS last_at FROM apppass.code_use AS x
                       WHERE x.code_id = c.id) AS u ON true
    -- The first two leave out what need not be looked at: what is revoked, and what would not even
    -- have lapsed had it never been used.
    WHERE c.revoked_at IS NULL
      AND apppass.code_lapses(c.created_at, NULL, r.lapse_after, r.unused_after) <= now()
      AND apppass.code_state(c.revoked_at, c.created_at, c.expires_at, u.last_at, r.max_lifetime,
                             r.lapse_after, r.unused_after) = 'lapsed'
      AND r.id = ANY (ARRAY(SELECT apppass.managed_realms()))
    LIMIT due_codes.most;
END;
COMMENT ON FUNCTION apppass.due_codes(bigint) IS
'The codes that policy lets lapse and nobody has revoked yet, of the realms one manages; at most '
'so many.';

CREATE FUNCTION apppass.maintain_codes(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.maintain_codes(boolean, integer) IS
'Job of maintain(): revokes what has lapsed, in the realms one manages.';

-- ---- refusals and uses that are old ----

CREATE FUNCTION apppass.due_partitions() RETURNS TABLE (part oid, name text)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.part, p.name FROM apppass.refusal_partitions() AS p
    WHERE p.upper_bound <= now() - (SELECT max(r.refusal_retention) FROM apppass.realm AS r);
$$;
COMMENT ON FUNCTION apppass.due_partitions() IS 'Partitions of refusal that no realm keeps.';

CREATE FUNCTION apppass.maintain_refusals(dry_run boolean, most integer)
    RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
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
$$;
COMMENT ON FUNCTION apppass.maintain_refusals(boolean, integer) IS
'Job of maintain(): deletes refusals older than their realm keeps, where their partition stays; '
'ten times most at once.';

CREATE FUNCTION apppass.maintain_uses(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.maintain_uses(boolean, integer) IS
'Job of maintain(): forgets old networks of codes that were used from many; ten times most at '
'once.';

-- ---- links ----

CREATE FUNCTION apppass.maintain_links(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.maintain_links(boolean, integer) IS
'Job of maintain(): deletes offered codes that were not collected, a week after their links '
'ended; at most so many at once.';

-- ---- what an administrator has to put right ----

CREATE FUNCTION apppass.maintain_roles(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT 'role missing', NULL, NULL, NULL,
        format('role %s of realm_operator was dropped: until its rows are deleted, logins without '
               'rows of their own manage nothing', o.role_name)
    FROM apppass.realm_operator AS o
    WHERE NOT EXISTS (SELECT FROM pg_roles AS g WHERE g.oid = o.role_oid)
    ORDER BY 5;
$$;
COMMENT ON FUNCTION apppass.maintain_roles(boolean, integer) IS
'Job of maintain(): names the roles of realm_operator that were dropped.';

-- ---- the trail ----

CREATE FUNCTION apppass.maintain_trail(dry_run boolean, most integer) RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.maintain_trail(boolean, integer) IS
'Job of maintain(): seals what was committed before it began.';

-- ---- counts ----

CREATE TABLE apppass.tally (
    realm_id integer NOT NULL,
    name text NOT NULL,
    labels text NOT NULL,
    value bigint NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT tally_pkey PRIMARY KEY (realm_id, name, labels),
    CONSTRAINT tally_realm FOREIGN KEY (realm_id) REFERENCES apppass.realm (id) ON DELETE CASCADE
);
COMMENT ON TABLE apppass.tally IS
'What metrics() says of all codes and accounts, which nobody can count at each question: as '
'maintain() found it last.';
COMMENT ON COLUMN apppass.tally.name IS 'Which of the gauges of metrics().';
COMMENT ON COLUMN apppass.tally.labels IS 'Its labels as Prometheus writes them; empty: none.';
COMMENT ON COLUMN apppass.tally.value IS 'How many there were in the realm.';
COMMENT ON COLUMN apppass.tally.counted_at IS 'When they were counted.';

CREATE FUNCTION apppass.maintain_counts(dry_run boolean, most integer)
    RETURNS SETOF apppass.upkeep
    LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.maintain_counts(boolean, integer) IS
'Job of maintain(): counts codes and accounts for metrics(); says nothing.';
-- So that they are there before maintain() first runs.
DO $$
BEGIN
    PERFORM apppass.maintain_counts(false, 1);
END
$$;

-- ---- partitions ----

-- What changes partitions locks the table that refusals are recorded in, until the transaction
-- ends: hence the last job, and a wait shorter than theirs (hurry()).
CREATE FUNCTION apppass.maintain_partitions(dry_run boolean, most integer)
    RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms'
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
COMMENT ON FUNCTION apppass.maintain_partitions(boolean, integer) IS
'Job of maintain(): makes the refusal partitions of this month and the next two, drops those that '
'no realm keeps.';

-- ---- all of them ----

CREATE FUNCTION apppass.maintain_jobs() RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
COMMENT ON FUNCTION apppass.maintain_jobs() IS
'The jobs of maintain() that the session user may run, in their order: administrators all, the '
'helpdesk codes.';

CREATE FUNCTION apppass.maintain(dry_run boolean DEFAULT false, most integer DEFAULT 10000,
                                 job text DEFAULT NULL)
    RETURNS SETOF apppass.upkeep
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
$$;
COMMENT ON FUNCTION apppass.maintain(boolean, integer, text) IS
'To be run daily, until no row says run again; the helpdesk runs the job codes alone. Revokes '
'lapsed and unused codes (realm.lapse_after, unused_after), deletes refusals older than their '
'realm keeps and, of codes used from more than 20 networks, networks as old, links that nobody '
'opened in time, what was recorded of accounts while they were erased, names the roles of '
'realm_operator that were dropped, seals the trail, counts for metrics(), makes the refusal '
'partitions of this month and the next two and drops those older than the longest '
'realm.refusal_retention. most: codes at once, and a tenth of the rows deleted at once. job: that '
'one alone (maintain_jobs). A job that fails is a row that says so, and the others are done all '
'the same.
dry_run: returns the actions without doing them. action, account, device, selector, detail: what '
'was, or would be, done.';
REVOKE ALL ON FUNCTION apppass.maintain_jobs(), apppass.maintain(boolean, integer, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION apppass.maintain_jobs(), apppass.maintain(boolean, integer, text)
    TO apppass_helpdesk;

COMMIT;
