# SPDX-License-Identifier: BSD-2-Clause
# Databases of released versions, filled, become what a new one is, and what was in them is there.
# Sourced by run.

# What a login is answered, for every code there is and from two networks
answers='SELECT a.username, c.selector, x.client, v.verdict, v.hash FROM apppass.code AS c
    JOIN apppass.account AS a ON a.id = c.account_id, unnest($${192.0.2.1,203.0.113.1}$$::inet[]) AS x (client),
    LATERAL apppass.lookup(a.username, c.selector, $$imap$$, x.client) AS v ORDER BY 1, 2, 3'
# catalogue DATABASE: all but the months, which follow the calendar, and brackets: a restored
# BETWEEN has others
catalogue() { pg_dump -s -n apppass -T 'apppass.refusal_2*' "$1" | grep -vE '^\\(un)?restrict ' | tr -d '()'; }
# columns_of DATABASE: queries for the rows of every table, in the columns that it has now
columns_of() {
    psql -XAtq -d "$1" -c "SELECT format('SELECT %L, md5(string_agg(t::text, chr(10) ORDER BY t::text)), count(*) FROM (SELECT %s FROM apppass.%I) AS t;',
            c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum), c.relname)
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname"
}
contents() { psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -f "$2"; }
remade="tests/sql/freeze makes the dump anew, before 1.0 only"

# Who may manage a realm is a role.
psql -Xq -d postgres -c "DO 'BEGIN CREATE ROLE hilda; EXCEPTION WHEN duplicate_object THEN NULL; END'"
ok 'upgrade: a new database' deployed_database fresh
catalogue fresh >"$base/fresh.catalogue"
for dump in "$here"/releases/v*.sql; do
    tag=$(basename "$dump" .sql)
    new_database upgraded
    ok "upgrade: $tag restored" psql -Xq -v ON_ERROR_STOP=1 -d upgraded -f "$dump"
    columns_of upgraded >"$base/columns.sql"
    contents upgraded "$base/columns.sql" >"$base/contents.before"
    psql -XAtq -d upgraded -c "$answers" >"$base/answers.before"
    for verdict in accepted expired lapsed revoked account_disabled mfa_missing network_denied service_denied; do
        ok "upgrade: $tag has a code that is answered $verdict" grep -qF "|$verdict|" "$base/answers.before"
    done
    ok "upgrade: $tag, what came later is deployed" migrate upgraded deploy
    ok "upgrade: $tag, verified" verified upgraded deployer
    catalogue upgraded >"$base/upgraded.catalogue"
    ok "upgrade: $tag became what a new one is ($remade)" diff -u "$base/fresh.catalogue" "$base/upgraded.catalogue"
    contents upgraded "$base/columns.sql" >"$base/contents.after"
    ok "upgrade: $tag, nothing is lost" diff "$base/contents.before" "$base/contents.after"
    psql -XAtq -d upgraded -c "$answers" >"$base/answers.after"
    ok "upgrade: $tag, each login is answered as before" diff "$base/answers.before" "$base/answers.after"
    ok "upgrade: $tag, its code opens" is t "SELECT hash = public.crypt('k7xp2m9qwt0v1c3hd81p', hash)
        FROM apppass.lookup('alice@example.org', 'k7xp', 'imap', '192.0.2.1')" -d upgraded
    ok "upgrade: $tag, in grace" is 'accepted|t' "SELECT verdict, expires_at > now() FROM apppass.code_overview AS c,
        LATERAL apppass.lookup(c.account, c.selector, 'imap', '192.0.2.1') WHERE c.selector = '3333'" -d upgraded
    ok "upgrade: $tag, the trail fits" is '' 'SELECT problem FROM apppass.audit_verify()' -d upgraded
    ok "upgrade: $tag, and goes on" is f 'SELECT apppass.audit_seal() IS NULL; SELECT problem FROM apppass.audit_verify()' -d upgraded
    ok "upgrade: $tag, codes are issued and revoked" is $'f\n3' "SELECT apppass.issue_code('bob@example.org', 'New') IS NULL;
        SELECT apppass.revoke_account('bob@example.org', 'tried')" -d upgraded
    ok "upgrade: $tag, upkeep" is 0 "SELECT count(*) FROM apppass.maintain() WHERE action = 'failed'" -d upgraded
    contents upgraded "$base/columns.sql" >"$base/contents.before"
    ok "upgrade: back to $tag" migrate upgraded revert -y --to-change "@$tag"
    contents upgraded "$base/columns.sql" >"$base/contents.after"
    ok "upgrade: back to $tag, nothing is lost" diff "$base/contents.before" "$base/contents.after"
    ok "upgrade: $tag, all of it taken back" migrate upgraded revert -y
    ok "upgrade: $tag, nothing is left" is 0 "SELECT count(*) FROM pg_namespace WHERE nspname = 'apppass'" -d upgraded
    psql -Xq -d postgres -c 'DROP DATABASE upgraded WITH (FORCE)'
done
psql -Xq -d postgres -c 'DROP DATABASE fresh WITH (FORCE)'
