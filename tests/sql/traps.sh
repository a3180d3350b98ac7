# SPDX-License-Identifier: BSD-2-Clause
# Whoever may CREATE in schema public plants operators and functions there that fit better than the server's own; a superuser
# deploys, verifies and reverts, and none of them is ever called.  Sourced by run.

psql -Xq -d postgres -c 'CREATE ROLE planter LOGIN' -c 'CREATE DATABASE traps'
psql -Xq -d traps -c 'GRANT CREATE ON SCHEMA public TO planter'
# An operator of every name for each pair of types that the server has none for; a function of every
# name that the scripts call, likewise, with one argument and with two.
printf '%s\n' "$(cat "$top"/sql/*/*.sql | grep -oE '\b[a-z_0-9]+\(' | tr -d '(' | sort -u)" >"$base/called"
plant() {
    psql -Xq -v ON_ERROR_STOP=1 -d traps -c 'CREATE TABLE public.called (name text)' -c "\\copy public.called FROM '$base/called'" \
        -c 'GRANT SELECT ON public.called TO planter' &&
    psql -Xq -v ON_ERROR_STOP=1 -U planter -d traps <<'SQL'
SET client_min_messages = warning;
SET search_path = pg_catalog;
DO $$
DECLARE
    types constant text[] := '{oid,regclass,regrole,regproc,regnamespace,name,text,integer,bigint,boolean,"\"char\"",jsonb,"text[]","name[]"}';
    it record;
BEGIN
    FOR it IN SELECT l, r, row_number() OVER () AS n FROM unnest(types) AS l, unnest(types) AS r LOOP
        EXECUTE format('CREATE FUNCTION public.trap(%s, %s) RETURNS boolean LANGUAGE plpgsql AS
            ''BEGIN RAISE EXCEPTION $m$trapped: %% and %%$m$, $1, $2; END''', it.l, it.r);
    END LOOP;
    FOR it IN SELECT o.name, l, r FROM (SELECT DISTINCT oprname AS name FROM pg_operator WHERE oprname ~ '^(=|<>|<|>|<=|>=|\|\||~|!~|->>|->|~~|\+|-|@>)$') AS o,
                  unnest(types) AS l, unnest(types) AS r
              WHERE NOT EXISTS (SELECT FROM pg_operator AS p WHERE p.oprname = o.name AND p.oprleft = l::regtype AND p.oprright = r::regtype) LOOP
        EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap)', it.name, it.l, it.r);
    END LOOP;
    FOR it IN SELECT c.name, t.args FROM public.called AS c,
                  (SELECT l AS args FROM unnest(types) AS l UNION ALL SELECT l || ', ' || r FROM unnest(types) AS l, unnest(types) AS r WHERE l <> r) AS t
              WHERE EXISTS (SELECT FROM pg_proc AS p WHERE p.proname = c.name AND p.pronamespace = 'pg_catalog'::regnamespace
                            AND p.pronargs = 1 + (t.args ~ ',')::integer AND p.prokind = 'f') LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS text LANGUAGE plpgsql AS
                ''BEGIN RAISE EXCEPTION $m$trapped$m$; END''', it.name, it.args);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END
$$;
SQL
}
ok 'traps: planted' plant
# scripts FOLDER CHANGE...: run by a superuser whose search path is the server's default
scripts() {
    local folder=$1 change files=()
    shift
    for change; do files+=(-f "$top/sql/$folder/$change.sql"); done
    psql -Xq -v ON_ERROR_STOP=1 -d traps "${files[@]}"
}
planned=$(sed -n 's/^\([a-z_]*\) .*/\1/p' "$top/sql/sqitch.plan")
# shellcheck disable=SC2086  # a list
ok 'traps: deploy steps on none' scripts deploy $planned
# shellcheck disable=SC2086
ok 'traps: nor verify' scripts verify $planned
ok 'traps: nor do the functions' psql -XAtq -v ON_ERROR_STOP=1 -d traps -c "SELECT apppass.add_account('a@traps.org')" \
    -c "SELECT apppass.issue_code('a@traps.org', 'Phone')" -c "SELECT apppass.reset_code('a@traps.org', 'Phone', reason => 'x')" \
    -c "SELECT verdict FROM apppass.lookup('a@traps.org', '0000', 'imap', '192.0.2.1')" -c "SELECT apppass.revoke_account('a@traps.org', 'x')" \
    -c 'SELECT * FROM apppass.maintain()' -c 'SELECT * FROM apppass.audit_seal()' -c 'SELECT * FROM apppass.audit_verify()' \
    -c "SELECT apppass.set_account_enabled('a@traps.org', false, 'x')" -c 'SELECT * FROM apppass.code_overview'
# shellcheck disable=SC2086,SC2046
ok 'traps: nor revert' scripts revert $(printf '%s\n' $planned | tac)
psql -Xq -d postgres -c 'DROP DATABASE traps WITH (FORCE)' -c 'DROP ROLE planter'
