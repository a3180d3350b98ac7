-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:refusal to pg
-- requires: account

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE TABLE apppass.refusal (
    at timestamptz NOT NULL,
    verdict text COLLATE "C" NOT NULL,
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
) PARTITION BY RANGE (at);
CREATE INDEX refusal_at ON apppass.refusal (at);
CREATE INDEX refusal_account ON apppass.refusal (account_id, at);
CREATE INDEX refusal_code ON apppass.refusal (code_id, at) WHERE code_id IS NOT NULL;
-- Recording must not fail because nobody made partitions.
CREATE TABLE apppass.refusal_default PARTITION OF apppass.refusal DEFAULT;
-- There is no key: without this a publication of the schema would let no refusal be deleted.
ALTER TABLE apppass.refusal REPLICA IDENTITY FULL;
ALTER TABLE apppass.refusal_default REPLICA IDENTITY FULL;
COMMENT ON TABLE apppass.refusal IS
'Refused attempts, one partition per month (UTC), made and dropped by maintain(). Nothing of what '
'was typed is in it.';
COMMENT ON TABLE apppass.refusal_default IS
'Refused attempts of times without a partition. maintain() moves them into the partition that it '
'makes, where they are few, or deletes them when they are old.';
COMMENT ON COLUMN apppass.refusal.at IS 'When the attempt was refused.';
COMMENT ON COLUMN apppass.refusal.verdict IS 'Why it was refused: a name of apppass.verdict.';
COMMENT ON COLUMN apppass.refusal.account_id IS 'Account, where the user name is one.';
COMMENT ON COLUMN apppass.refusal.realm_id IS 'Its realm at that time.';
COMMENT ON COLUMN apppass.refusal.code_id IS 'Code, where the selector is one of the account''s.';
COMMENT ON COLUMN apppass.refusal.service IS 'Service; NULL: unknown.';
COMMENT ON COLUMN apppass.refusal.client IS 'Client address; NULL: unknown.';

CREATE FUNCTION apppass.refusal_forget() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE apppass.refusal AS f SET account_id = NULL, code_id = NULL WHERE f.account_id = OLD.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION apppass.refusal_forget() IS
'Trigger: refusals of an account that is removed stay with its realm alone.';
CREATE TRIGGER refusal_forget AFTER DELETE ON apppass.account
    FOR EACH ROW EXECUTE FUNCTION apppass.refusal_forget();
COMMENT ON TRIGGER refusal_forget ON apppass.account IS 'Its refusals stay, without it.';

CREATE FUNCTION apppass.refusal_partition(month timestamptz, OUT name text,
    OUT lower_bound timestamptz, OUT upper_bound timestamptz)
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'refusal_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM'),
           date_trunc('month', month AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
           (date_trunc('month',
               month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
$$;
COMMENT ON FUNCTION apppass.refusal_partition(timestamptz) IS
'Name and bounds of the partition of that moment''s month.';

CREATE FUNCTION apppass.refusal_partitions()
    RETURNS TABLE (part oid, name text, lower_bound timestamptz, upper_bound timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO'
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
COMMENT ON FUNCTION apppass.refusal_partitions() IS
'The partitions of refusal; the bounds of the default one are NULL.';

CREATE FUNCTION apppass.make_refusal_partition(month timestamptz, most integer DEFAULT 10000)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
    -- Its moments go through text: other styles name the zone, by letters that others have too.
    SET datestyle = 'ISO'
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
COMMENT ON FUNCTION apppass.make_refusal_partition(timestamptz, integer) IS
'Makes the partition of that moment''s month, taking its rows out of refusal_default; where those '
'are more than most, the partition begins after them, and they stay until they are old. False '
'where there is one, or no time left for one.';

DO $$
BEGIN
    PERFORM apppass.make_refusal_partition(now() + m * interval '1 month')
        FROM generate_series(0, 2) AS m;
END
$$;

GRANT SELECT ON apppass.refusal TO apppass_admin;

COMMIT;
