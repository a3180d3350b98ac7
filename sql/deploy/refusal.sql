-- SPDX-License-Identifier: BSD-2-Clause
-- Deploy apppass:refusal to pg
-- requires: account

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

SET LOCAL ROLE apppass_owner;

CREATE TABLE apppass.refusal (
    at timestamptz NOT NULL,
    verdict apppass.verdict NOT NULL,
    account_id bigint,
    realm_id integer,
    code_id bigint,
    service text,
    client inet
) PARTITION BY RANGE (at);
CREATE INDEX refusal_account ON apppass.refusal (account_id, at);
CREATE INDEX refusal_code ON apppass.refusal (code_id, at) WHERE code_id IS NOT NULL;
-- Recording must not fail because nobody made partitions.
CREATE TABLE apppass.refusal_default PARTITION OF apppass.refusal DEFAULT;
COMMENT ON TABLE apppass.refusal IS 'Refused attempts, one partition per month (UTC), made and dropped by maintain(). Nothing of what was typed is in it.';
COMMENT ON TABLE apppass.refusal_default IS 'Refused attempts of months without a partition; maintain() moves them.';
COMMENT ON COLUMN apppass.refusal.at IS 'When.';
COMMENT ON COLUMN apppass.refusal.verdict IS 'Why.';
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
COMMENT ON FUNCTION apppass.refusal_forget() IS 'Trigger: refusals of an account that is removed stay with its realm alone.';
CREATE TRIGGER refusal_forget AFTER DELETE ON apppass.account FOR EACH ROW EXECUTE FUNCTION apppass.refusal_forget();
COMMENT ON TRIGGER refusal_forget ON apppass.account IS 'Its refusals stay, without it.';

CREATE FUNCTION apppass.refusal_partition(month timestamptz, OUT name text, OUT lower_bound timestamptz, OUT upper_bound timestamptz)
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'refusal_' || pg_catalog.to_char($1 AT TIME ZONE 'UTC', 'YYYY_MM'),
           pg_catalog.date_trunc('month', $1 AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',
           (pg_catalog.date_trunc('month', $1 AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
$$;
COMMENT ON FUNCTION apppass.refusal_partition(timestamptz) IS 'Name and bounds of the partition of that moment''s month.';

CREATE FUNCTION apppass.make_refusal_partition(month timestamptz) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part record;
BEGIN
    SELECT p.* INTO part FROM apppass.refusal_partition($1) AS p;
    IF pg_catalog.to_regclass('apppass.' || part.name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE pg_catalog.format('CREATE TABLE apppass.%I (LIKE apppass.refusal INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part.name);
    EXECUTE pg_catalog.format(
        'WITH moved AS (DELETE FROM apppass.refusal_default WHERE at >= %L AND at < %L RETURNING *) INSERT INTO apppass.%I SELECT * FROM moved',
        part.lower_bound, part.upper_bound, part.name);
    EXECUTE pg_catalog.format('ALTER TABLE apppass.refusal ATTACH PARTITION apppass.%I FOR VALUES FROM (%L) TO (%L)',
                              part.name, part.lower_bound, part.upper_bound);
    EXECUTE pg_catalog.format('COMMENT ON TABLE apppass.%I IS %L', part.name, 'Refused attempts of one month (UTC).');
    RETURN true;
END
$$;
COMMENT ON FUNCTION apppass.make_refusal_partition(timestamptz) IS 'Makes the partition of that moment''s month, taking its rows out of refusal_default. False where it exists.';

DO $$
BEGIN
    PERFORM apppass.make_refusal_partition(pg_catalog.now() + m * interval '1 month') FROM pg_catalog.generate_series(0, 2) AS m;
END
$$;

GRANT SELECT ON apppass.refusal TO apppass_admin;

COMMIT;
