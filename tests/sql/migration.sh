# SPDX-License-Identifier: BSD-2-Clause
# Deploy, verify, revert: empty and filled, in steps, beside another database, by other roles.  Sourced by run.

changes=$(sed -n 's/^\([a-z_]*\) .*/\1/p' "$top/sql/sqitch.plan")
hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'

# Each change on data that was there before it; those before it must still be as they were.  By psql, as
# sqitch runs them: it takes a second to start, for each.
new_database steps
deployed=()
for change in $changes; do
    ok "steps: deploy $change" psql -Xq -v ON_ERROR_STOP=1 -U deployer -d steps -f "$top/sql/deploy/$change.sql"
    deployed+=(-f "$top/sql/verify/$change.sql")
    ok "steps: verify $change" psql -XAtq -v ON_ERROR_STOP=1 -U deployer -d steps "${deployed[@]}"
    case $change in
    policy) ok "steps: realms in place" psql -Xq -v ON_ERROR_STOP=1 -d steps -c "INSERT INTO apppass.realm (name) VALUES ('example.org')" ;;
    account)
        ok "steps: codes in place" psql -Xq -v ON_ERROR_STOP=1 -d steps -c "
            INSERT INTO apppass.account (username, realm_id) SELECT 'u' || n || '@example.org', r.id FROM apppass.realm AS r, generate_series(1, 100) AS n WHERE r.name = 'example.org';
            INSERT INTO apppass.device (account_id, label) SELECT id, 'Phone' FROM apppass.account;
            INSERT INTO apppass.code (device_id, account_id, realm_id, selector, hash)
                SELECT d.id, a.id, a.realm_id, '1111', '$hash' FROM apppass.device AS d JOIN apppass.account AS a ON a.id = d.account_id;
            INSERT INTO apppass.code_use SELECT id, 'imap', '192.0.2.0/24', now(), now() FROM apppass.code" ;;
    esac
done
ok 'steps: are noted' migrate steps deploy --log-only --no-verify
ok 'steps: nothing is lost' is '100|100|100|100' "SELECT (SELECT count(*) FROM apppass.account), (SELECT count(*) FROM apppass.device),
    (SELECT count(*) FROM apppass.code), (SELECT count(*) FROM apppass.code_use)" -d steps
ok 'steps: and works' is accepted "SELECT verdict FROM apppass.lookup('u7@example.org', '1111', 'imap', NULL)" -d steps
ok 'steps: and is managed' is 1 "SELECT apppass.revoke_account('u7@example.org', 'left')" -d steps
ok 'steps: back to account, data in place' migrate steps revert -y --to-change account
ok 'steps: nothing is lost on the way back' is '100|1' "SELECT count(*), count(revoked_at) FROM apppass.code" -d steps
ok 'steps: forward again' migrate steps deploy --no-verify
ok 'steps: nothing is lost' is 'revoked' "SELECT verdict FROM apppass.lookup('u7@example.org', '1111', 'imap', NULL)" -d steps
ok 'steps: deploying again does nothing' migrate steps deploy
ok 'steps: revert a filled database' migrate steps revert -y
ok 'steps: which leaves nothing but pgcrypto' is '0|1' "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'apppass'), (SELECT count(*) FROM pg_extension WHERE extname = 'pgcrypto')" -d steps
ok 'roles that another database uses stay' is 8 "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'apppass\_%'"
ok 'and it still works' is unknown_user "SELECT verdict FROM apppass.lookup('nobody', '1111', 'imap', NULL)"

# pgcrypto elsewhere, and moved later
new_database elsewhere
psql -Xq -d elsewhere -c 'CREATE SCHEMA crypto' -c 'CREATE EXTENSION pgcrypto SCHEMA crypto' -c 'DROP SCHEMA public CASCADE' 2>/dev/null
ok 'pgcrypto out of reach: told what to do' refuses 'GRANT USAGE ON SCHEMA crypto TO deployer' migrate elsewhere deploy
psql -Xq -d elsewhere -c 'GRANT USAGE ON SCHEMA crypto TO deployer'
ok 'pgcrypto in a schema of its own' migrate elsewhere deploy --no-verify
ok 'pgcrypto in a schema of its own: verify' verified elsewhere deployer
ok 'pgcrypto is found there' is t "SELECT apppass.add_account('x') > 0 AND length((apppass.issue_code('x', 'y')).code) = 24" -d elsewhere
psql -Xq -d elsewhere -c 'CREATE SCHEMA moved' -c 'ALTER EXTENSION pgcrypto SET SCHEMA moved'
ok 'and where it moved' is 24 "SELECT length((apppass.issue_code('x', 'z')).code)" -d elsewhere

# Dump and restore keep triggers, privileges and the chain
ok 'dump' sh -c "pg_dump -Fc -f '$base/dump' elsewhere"
new_database restored
psql -Xq -d restored -c 'DROP SCHEMA public' >/dev/null
ok 'restore' pg_restore --exit-on-error -d restored "$base/dump"
ok 'restored: the chain fits' is '' 'SELECT problem FROM apppass.audit_verify()' -d restored
ok 'restored: works' is 24 "SELECT length((apppass.issue_code('x', 'restored')).code)" -d restored
ok 'restored: guarded' refuses 'never deleted' psql -Xq -d restored -c 'DELETE FROM apppass.code'
ok 'restored: nothing to PUBLIC' is 0 "SELECT count(*) FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS x
    WHERE p.pronamespace = 'apppass'::regnamespace AND x.grantee = 0" -d restored

# Who cannot deploy is told why
psql -Xq -d postgres -c 'CREATE ROLE weak LOGIN CREATEDB' -c 'CREATE DATABASE weak OWNER weak'
ok 'without the right to use the roles: told what to do' refuses 'GRANT apppass_owner TO weak' sh -c "cd '$top/sql' && sqitch deploy 'db:pg://weak@/weak?host=$base'"
psql -Xq -d postgres -c 'CREATE ROLE other LOGIN CREATEROLE' -c 'CREATE DATABASE second OWNER other'
if [ "$(psql -XAtq -c 'SHOW server_version_num')" -ge 160000 ]; then
    ok 'from 16 on CREATEROLE alone grants nobody the roles of another: told what to do' refuses 'GRANT apppass_owner TO other' sh -c "cd '$top/sql' && sqitch deploy 'db:pg://other@/second?host=$base'"
    psql -Xq -d postgres -U deployer -c 'GRANT apppass_owner TO other'
fi
ok 'another role deploys into another database' sh -c "cd '$top/sql' && sqitch deploy --no-verify 'db:pg://other@/second?host=$base'"
ok 'another role deploys into another database: verify' verified second other
psql -Xq -d postgres -c "CREATE DATABASE latin OWNER deployer ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
ok 'a database that is not UTF-8: told' refuses 'not encoded in UTF8' migrate latin deploy

for database in steps elsewhere restored weak second latin; do
    psql -Xq -d postgres -c "DROP DATABASE $database WITH (FORCE)"
done
