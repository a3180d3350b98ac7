-- SPDX-License-Identifier: BSD-2-Clause
-- An attack: a helpdesk limited to one realm asks EXPLAIN what a view's conditions filter out of
-- other realms.  Whatever the view and the column, the plan tells nothing about them.
BEGIN;
\ir setup.sql
SELECT plan(30);

INSERT INTO apppass.realm (name, services) VALUES ('mine.org', '{imap}'), ('theirs.org', '{smtp}');
SELECT apppass.add_account('u' || n || '@' || r) FROM generate_series(1, 50) AS n,
    unnest(ARRAY['mine.org', 'theirs.org']) AS r;
SELECT apppass.store_code(account, 'Phone of ' || account, '1111', pg_temp.digest())
FROM apppass.account_overview;
UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'stolen ' || id WHERE id % 5 = 0;
SELECT apppass.record_use(id, 'imap', '192.0.2.1') FROM apppass.code;
SELECT apppass.record_main_password(account, 'imap', '192.0.2.1') FROM apppass.account_overview;
SELECT apppass.record_refusal('revoked', account, code_id, 'imap', '198.51.100.7')
FROM apppass.code_overview WHERE state = 'revoked';
INSERT INTO apppass.access_rule (realm_id, action, description)
SELECT id, 'deny', name FROM apppass.realm WHERE name <> 'default';
SET LOCAL session_replication_role = replica;
UPDATE apppass.code SET created_at = created_at - interval '10 days';
UPDATE apppass.code_use SET last_at = last_at - interval '5 days';
SET LOCAL session_replication_role = origin;
ANALYZE;

CREATE TEMP TABLE view AS
SELECT c.oid, c.relname AS name FROM pg_class AS c
WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind = 'v'
  AND has_table_privilege('apppass_helpdesk', c.oid, 'SELECT');
CREATE TEMP TABLE question (view text, attribute text, sql text);
GRANT SELECT ON view, question TO PUBLIC;
-- For each column a value of the other realm, which no row of the own one has where it can be told.
DO $$
DECLARE
    it record;
    value text;
BEGIN
    FOR it IN SELECT v.name, a.attname, a.atttypid::regtype AS type FROM view AS v
              JOIN pg_attribute AS a ON a.attrelid = v.oid AND a.attnum > 0 LOOP
        EXECUTE format('SELECT max(%1$I::text) FROM apppass.%2$I WHERE realm = ''theirs.org''', it.attname, it.name)
        INTO value;
        INSERT INTO question
        SELECT it.name, it.attname, format('SELECT * FROM apppass.%I AS v WHERE v.%I %s', it.name, it.attname, o)
        FROM unnest(CASE WHEN it.type = 'jsonb'::regtype THEN ARRAY['IS NOT NULL']
            WHEN it.type = 'boolean'::regtype THEN ARRAY['', 'IS NULL']
            ELSE ARRAY[format('= %L::%s', coalesce(value, '0'), it.type), format('< %L::%s', coalesce(value, '0'), it.type),
                       format('>= %L::%s', coalesce(value, '0'), it.type), 'IS NULL'] END) AS o
        WHERE value IS NOT NULL OR it.type IN ('jsonb'::regtype, 'boolean'::regtype);
    END LOOP;
END $$;
SELECT cmp_ok((SELECT count(*) FROM question), '>', 250::bigint, 'there is much to ask');
SELECT is((SELECT count(DISTINCT view) FROM question), (SELECT count(*) FROM view), 'of every view');

CREATE ROLE limited LOGIN;
GRANT apppass_helpdesk TO limited;
INSERT INTO apppass.realm_operator (role_name, realm_id) SELECT 'limited', id FROM apppass.realm WHERE name = 'mine.org';
CREATE FUNCTION pg_temp.plan_of(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    result text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, VERBOSE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) ' || sql LOOP
        result := result || line || E'\n';
    END LOOP;
    RETURN result;
END $$;
-- Rows that a plan names: the estimates of what it reads, what it found, what it removed.
CREATE FUNCTION pg_temp.reads(plan text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT DISTINCT m[1] FROM regexp_matches($1, '([A-Za-z ]*Scan[a-z ]* on \S+)', 'g') AS m
$$;

SET SESSION AUTHORIZATION limited;
SELECT is((SELECT count(*) FROM apppass.code_overview), 50::bigint, 'sees the own realm');
SELECT is(ARRAY(SELECT DISTINCT trim(s) FROM question AS q, LATERAL pg_temp.reads(pg_temp.plan_of(q.sql)) AS s WHERE q.view = v.name ORDER BY 1),
          ARRAY['Function Scan on apppass.own_' || v.name], v.name || ': whatever is asked, one function is read')
FROM view AS v ORDER BY v.name;
-- The estimates would tell the bounds of the planner's statistics.
SELECT is(ARRAY(SELECT DISTINCT substring(pg_temp.plan_of(format('SELECT * FROM apppass.%I AS v WHERE v.%s < %L', n, c, x)) FROM 'cost=\S+ rows=\d+')
                FROM unnest(ARRAY['a', 'u25@theirs.org', 'u3@theirs.org', 'z']) AS x)::text[],
          (ARRAY(SELECT substring(pg_temp.plan_of(format('SELECT * FROM apppass.%I AS v WHERE v.%s < %L', n, c, 'm')) FROM 'cost=\S+ rows=\d+'))),
          n || ': the estimate does not depend on what is compared')
FROM (VALUES ('account_overview', 'account'), ('audit_log', 'account'), ('code_overview', 'device')) AS v (n, c);
-- Somebody's function sees the own rows alone.
CREATE FUNCTION pg_temp.spy(word text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN RAISE NOTICE 'saw %', $1; INSERT INTO spied VALUES ($1); RETURN true; END $$;
CREATE TEMP TABLE spied (word text);
SELECT count(*) FROM apppass.account_overview WHERE pg_temp.spy(account);
SELECT count(*) FROM apppass.audit_log WHERE pg_temp.spy(account);
SELECT is((SELECT count(*) FROM spied WHERE word LIKE '%theirs%'), 0::bigint, 'a function in a WHERE clause is shown no foreign row');
-- A plan that was made for somebody unlimited.
RESET SESSION AUTHORIZATION;
PREPARE everything AS SELECT count(*) FROM apppass.account_overview;
EXECUTE everything;
SET SESSION AUTHORIZATION limited;
CREATE TEMP TABLE counted AS EXECUTE everything;
SELECT ok((SELECT count IN (0, 50) FROM counted), 'a plan kept from before the limit shows nothing of others');
RESET SESSION AUTHORIZATION;

-- Whoever manages all keeps the indexes.
SET enable_seqscan = off;
SELECT matches(pg_temp.plan_of(format('SELECT * FROM apppass.%I WHERE account = ''u7@mine.org''', name)),
               'Index Cond: \(\w+\.(username|account) = ''u7@mine.org''::text\)', name || ': unlimited, one account is found by index')
FROM unnest(ARRAY['code_overview', 'device_overview', 'account_overview', 'refusal_log', 'knocking_code', 'audit_log', 'unused_code',
                  'main_password_use', 'use_overview']) AS name;

SELECT is_empty($$
    SELECT g.rolname || ' ' || c.relname FROM pg_class AS c, pg_roles AS g
    WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p') AND g.rolname IN ('apppass_helpdesk', 'apppass_auditor')
      AND c.relname NOT IN ('service', 'verdict') AND has_any_column_privilege(g.oid, c.oid, 'SELECT')
$$, 'no table is read but through a view');

SELECT * FROM finish();
ROLLBACK;
