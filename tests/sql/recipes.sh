# SPDX-License-Identifier: BSD-2-Clause
# Every recipe of apppass-schema(7) is run, in order, as it is printed there.  Sourced by run.

manual=$top/doc/apppass-schema.7
ok 'recipes: a database' deployed_database recipes
psql -Xq -d recipes -c 'CREATE ROLE dba LOGIN CREATEROLE' -c 'GRANT apppass_admin TO dba' -c 'GRANT apppass_helpdesk TO dba WITH ADMIN OPTION' -c 'GRANT CREATE ON SCHEMA public TO dba'
# Accounts that were there before, and another tenant, whom none of this concerns
psql -Xq -d recipes -c "INSERT INTO apppass.realm (name) VALUES ('other.org')" \
    -c "SELECT apppass.add_account('eve@other.org')" >/dev/null

# One file a recipe: the heading, then the block as it is rendered
mkdir -p "$base/recipes"
awk -v folder="$base/recipes" '
    /^\.Sh / { inside = ($2 == "RECIPES") }
    !inside { next }
    /^\.Ss / { name = substr($0, 5) }
    /^\.Bd / { file = sprintf("%s/%02d", folder, ++count); print "-- " name >file; reading = 1; next }
    /^\.Ed/ { close(file); reading = 0 }
    reading { gsub(/\\\(aq/, "\047"); gsub(/\\\(dq/, "\""); gsub(/\\&/, ""); gsub(/\\e/, "\\"); print >file }
' "$manual"
count=$(ls "$base/recipes" | wc -l)
ok 'recipes: are there' test "$count" -ge 15
for recipe in "$base"/recipes/*; do
    login=dba
    ! sed -n 2p "$recipe" | grep -q '^-- owner' || login=deployer
    [ "$recipe" != "$base/recipes/02" ] || psql -Xq -d recipes -c "SELECT apppass.add_account('bob@example.org')" >/dev/null
    ok "recipe: $(sed -n 's/^-- //;1p' "$recipe")" psql -Xq -v ON_ERROR_STOP=1 -U "$login" -d recipes -f "$recipe"
done

state() { is "$1" "SELECT $2" -d recipes; }
ok 'recipes: the scanner is revoked' state 'revoked|left on the train|dba' "state, revoke_reason, revoked_by FROM apppass.code_overview WHERE device = 'Scanner, 3rd floor'"
ok 'recipes: bulk issue reached who had none' state 1 "count(*) FROM apppass.code_overview WHERE account = 'bob@example.org' AND device = 'Mail program'"
ok 'recipes: another tenant was left alone' state 't|0' "enabled, codes FROM apppass.account_overview WHERE account = 'eve@other.org'"
ok 'recipes: the department has nothing left' state 0 "count(*) FROM apppass.code_overview WHERE account = 'alice@example.org' AND revoked_at IS NULL"
ok 'recipes: accounts were taken over' state 'dave@example.org|f' "account, enabled FROM apppass.account_overview WHERE account = 'dave@example.org'"
ok 'recipes: the trigger follows' state 'erin@example.org|f' "account, enabled FROM apppass.account_overview WHERE account = 'erin@example.org'"
ok 'recipes: the identity system may do its one thing' is 0 "SELECT password_changed('erin@example.org')" -U identity -d recipes
ok 'recipes: and nothing else' refuses 'permission denied' psql -XAtq -U identity -d recipes -c "SELECT apppass.revoke_account('erin@example.org', 'x')"
psql -Xq -d recipes -c "SELECT apppass.set_account_enabled('erin@example.org', true, 'x')" >/dev/null
digest='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
ok 'recipes: the portal issues' is 7k7k "SELECT selector FROM apppass.self_issue('erin@example.org', now(), 'mfa', NULL, NULL, 'Phone', '7k7k', '$digest')" -U portal -d recipes
ok 'recipes: and nothing else' refuses 'permission denied' psql -XAtq -U portal -d recipes -c 'SELECT * FROM apppass.code_overview'
ok 'recipes: the tenant has its helpdesk' is example.org 'SELECT string_agg(DISTINCT realm, chr(44)) FROM apppass.account_overview' -U helpdesk_example -d recipes
ok 'recipes: SMTP from outside is denied' state 'deny|120' "action, rule_position FROM apppass.explain_access('bob@example.org', 'smtp', '192.0.2.1')"
ok 'recipes: disabled with its reason' state 'left the company|HR-12|dba' "reason, ticket, actor FROM apppass.audit_log WHERE action = 'account_disabled' AND account = 'carol@example.org'"
ok 'recipes: the chain fits' state '' 'problem FROM apppass.audit_verify()'

# The manual names all there is to name.
undocumented() {
    ! comm -23 <(psql -XAtq -d recipes -c "
        SELECT relname FROM pg_class WHERE relnamespace = 'apppass'::regnamespace AND relkind IN ('r', 'p', 'v')
            AND (relkind <> 'v' OR has_table_privilege('apppass_helpdesk', oid, 'SELECT')) AND (NOT relispartition OR relname = 'refusal_default')
        UNION SELECT p.proname FROM pg_proc AS p, aclexplode(p.proacl) AS x
            WHERE p.pronamespace = 'apppass'::regnamespace AND p.proname !~ '^own_' AND x.grantee::regrole::text IN ('apppass_verifier', 'apppass_helpdesk', 'apppass_auditor', 'apppass_admin')
        UNION SELECT attname FROM pg_attribute WHERE attrelid = 'apppass.realm'::regclass AND attnum > 0 AND attname NOT IN ('id', 'name', 'description')" | sort) \
        <(sed -nE 's/^\.(It )?(Li|Fn) ([^ ]+).*/\3/p' "$manual" | sort -u) | grep .
}
ok 'manual: names every table, view, function and rule' undocumented
! command -v mandoc >/dev/null || ok 'manual: is well-formed' sh -c "! mandoc -T lint -W warning '$manual' | grep ."

psql -Xq -d postgres -c 'DROP DATABASE recipes WITH (FORCE)' -c 'DROP ROLE dba, identity, portal, helpdesk_example'
