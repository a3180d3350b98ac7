-- SPDX-License-Identifier: BSD-2-Clause
-- What must be true of every object of the schema, today's and tomorrow's.
BEGIN;
SELECT plan(18);

CREATE TEMP VIEW relation AS
SELECT c.* FROM pg_class AS c
WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f');
CREATE TEMP VIEW routine AS
SELECT p.* FROM pg_proc AS p WHERE p.pronamespace = 'apppass'::regnamespace;
CREATE TEMP VIEW named_type AS
SELECT t.* FROM pg_type AS t LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE t.typnamespace = 'apppass'::regnamespace AND t.typelem = 0 AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c');

SELECT is_empty($$
    SELECT relname::text FROM relation WHERE relkind <> 'S' AND obj_description(oid, 'pg_class') IS NULL
$$, 'every table and view has a comment');
SELECT is_empty($$
    SELECT r.relname || '.' || a.attname FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
    WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND a.attnum > 0 AND NOT a.attisdropped
      AND col_description(r.oid, a.attnum) IS NULL
      AND NOT EXISTS (SELECT FROM pg_constraint AS k
                      WHERE k.conrelid = r.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey))
$$, 'every column of a table has a comment, but a key, or what points at one');
SELECT is_empty($$
    SELECT r.relname || '.' || a.attname FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
    WHERE a.attnum > 0 AND length(col_description(r.oid, a.attnum)) < 14
$$, 'a column''s comment says something');
SELECT is_empty($$ SELECT oid::regprocedure::text FROM routine WHERE obj_description(oid, 'pg_proc') IS NULL $$,
    'every function has a comment');
SELECT is_empty($$ SELECT typname::text FROM named_type WHERE obj_description(oid, 'pg_type') IS NULL $$,
    'every type has a comment');
SELECT is_empty($$
    SELECT t.tgrelid::regclass || '.' || t.tgname FROM pg_trigger AS t JOIN relation AS r ON r.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND obj_description(t.oid, 'pg_trigger') IS NULL
    UNION ALL
    SELECT p.polrelid::regclass || '.' || p.polname FROM pg_policy AS p JOIN relation AS r ON r.oid = p.polrelid
    WHERE obj_description(p.oid, 'pg_policy') IS NULL
$$, 'every trigger and every row policy has a comment');

SELECT is_empty($$
    SELECT r.relname::text FROM relation AS r, aclexplode(r.relacl) AS x WHERE x.grantee = 0
    UNION ALL
    SELECT a.attrelid::regclass || '.' || a.attname FROM pg_attribute AS a JOIN relation AS r ON r.oid = a.attrelid, aclexplode(a.attacl) AS x
    WHERE x.grantee = 0
    UNION ALL
    SELECT p.oid::regprocedure::text FROM routine AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x WHERE x.grantee = 0
    UNION ALL
    SELECT t.typname FROM named_type AS t, aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) AS x WHERE x.grantee = 0
    UNION ALL
    SELECT n.nspname FROM pg_namespace AS n, aclexplode(n.nspacl) AS x WHERE n.nspname = 'apppass' AND x.grantee = 0
$$, 'nothing is granted to PUBLIC');
SELECT is_empty($$
    SELECT oid::regprocedure::text FROM routine
    WHERE prosecdef AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
$$, 'every SECURITY DEFINER function fixes its search path');
SELECT is_empty($$
    SELECT oid::regprocedure::text FROM routine
    WHERE prosecdef AND NOT coalesce('debug_print_plan=off' = ANY (proconfig), false)
$$, 'and shows nobody its plans');
SELECT is_empty($$
    SELECT oid::regprocedure::text FROM routine
    WHERE NOT prosecdef AND prosqlbody IS NULL AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
$$, 'every other function fixes it too, or has a parsed body');
SELECT is_empty($$
    SELECT oid::regprocedure::text FROM routine WHERE prosqlbody IS NULL
      AND regexp_replace(prosrc, '\mE''([^''\\]|\\.|'''')*''(\s*''([^'']|'''')*'')*', '', 'g') ~ '\\|\mU&'
$$, 'no function depends on standard_conforming_strings');
SELECT is_empty($$
    SELECT relname::text FROM relation WHERE relowner <> 'apppass_owner'::regrole
    UNION ALL SELECT oid::regprocedure::text FROM routine WHERE proowner <> 'apppass_owner'::regrole
    UNION ALL SELECT typname FROM named_type WHERE typowner <> 'apppass_owner'::regrole
$$, 'everything belongs to apppass_owner');
SELECT is_empty($$
    SELECT relname::text FROM relation
    WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege('apppass_verifier', oid, 'USAGE, SELECT, UPDATE')
          ELSE has_table_privilege('apppass_verifier', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
            OR has_any_column_privilege('apppass_verifier', oid, 'SELECT, INSERT, UPDATE, REFERENCES') END
$$, 'apppass_verifier has no right on any table');
SELECT set_eq($$ SELECT proname::text FROM routine WHERE has_function_privilege('apppass_verifier', oid, 'EXECUTE') $$,
    ARRAY['lookup', 'record_use', 'record_refusal', 'record_main_password', 'upgrade_hash'],
    'apppass_verifier executes its five functions and no other');
SELECT is_empty($$
    SELECT g.rolname || ' ' || r.relname FROM relation AS r, pg_roles AS g
    WHERE r.relkind IN ('r', 'p') AND g.rolname IN ('apppass_verifier', 'apppass_helpdesk', 'apppass_auditor', 'apppass_admin')
      AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = r.oid AND a.attname = 'hash'
                  AND has_column_privilege(g.oid, r.oid, a.attnum, 'SELECT'))
$$, 'nobody but the owner reads a table''s hash');
SELECT is_empty($$
    SELECT r.relname::text FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid
    JOIN pg_depend AS d ON d.refobjid = 'apppass.code'::regclass
                       AND d.refobjsubid = (SELECT attnum FROM pg_attribute WHERE attrelid = 'apppass.code'::regclass AND attname = 'hash')
    JOIN pg_rewrite AS w ON w.oid = d.objid AND w.ev_class = r.oid
    WHERE r.relkind IN ('v', 'm')
$$, 'no view reads the hash of a code');
SELECT is_empty($$
    SELECT c.conrelid::regclass || ' ' || c.conname FROM pg_constraint AS c
    WHERE c.contype = 'f' AND c.connamespace = 'apppass'::regnamespace AND c.conparentid = 0
      AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid
                      AND (i.indkey::smallint[])[0] = ANY (c.conkey))
      AND c.conrelid NOT IN ('apppass.access_rule'::regclass, 'apppass.realm_operator'::regclass)
$$, 'every foreign key of a growing table has an index');

SELECT is_empty($$
    SELECT oid::regprocedure::text FROM routine
    WHERE regexp_replace(prosrc, 'RAISE EXCEPTION|[^_]CONSTRAINT = ', '', 'g') <> prosrc
      AND (SELECT count(*) FILTER (WHERE m[1] = 'RAISE EXCEPTION') <> count(*) FILTER (WHERE m[1] <> 'RAISE EXCEPTION')
           FROM regexp_matches(prosrc, '(RAISE EXCEPTION|[^_]CONSTRAINT = )', 'g') AS m)
$$, 'every error names its cause by a word');

SELECT * FROM finish();
ROLLBACK;
