# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016  # the dollars are hashes'
# maintain() on the days on which something is in its way: a dump is running, months were missed,
# refusals keep coming, the schema is published, a session has settings of its own.  Sourced by run.

ok 'upkeep: a database' deployed_database upkeep
on_upkeep() { psql -XAtq -v ON_ERROR_STOP=1 -d upkeep "${@:2}" -c "$1"; }
upkeep_is() { is "$1" "$2" -d upkeep "${@:3}"; }
hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
psql -Xq -d postgres -c 'CREATE ROLE upkeep_mail LOGIN IN ROLE apppass_verifier' \
    -c 'CREATE ROLE upkeep_desk LOGIN IN ROLE apppass_helpdesk' -c 'CREATE ROLE upkeep_admin LOGIN IN ROLE apppass_admin'
on_upkeep "INSERT INTO apppass.realm (name, unused_after) VALUES ('idle.org', '30 days');
    SELECT apppass.add_account('a@idle.org');
    SELECT apppass.store_code('a@idle.org', 'D' || n, '000' || n, '$hash') FROM generate_series(1, 9) AS n;
    SET session_replication_role = replica; UPDATE apppass.code SET created_at = now() - interval '40 days'" >/dev/null
none() { ! "$@"; }
refuse() { on_upkeep "SELECT apppass.record_refusal('wrong_code', 'a@idle.org', NULL, 'imap', '192.0.2.1')" -U upkeep_mail; }
this=$(on_upkeep 'SELECT name FROM apppass.refusal_partition(now())')
last=$(on_upkeep "SELECT name FROM apppass.refusal_partition(now() - interval '5 months')")
old() { on_upkeep "SELECT apppass.make_refusal_partition(now() - interval '5 months')" >/dev/null; }

# ---- pg_dump is at work ----

# keeps SQL: a session that has run this and keeps its transaction until let_go
keeps() {
    rm -f "$base/fifo" "$base/kept.out"
    mkfifo "$base/fifo"
    psql -XAtq -d upkeep "${@:2}" <"$base/fifo" >"$base/kept.out" 2>&1 &
    keeper=$!
    exec 8>"$base/fifo"
    printf "BEGIN; %s; SELECT 'kept';\n" "$1" >&8
    tail -n +1 -F "$base/kept.out" 2>/dev/null | grep -qm1 -e kept -e ERROR
    ! grep ERROR "$base/kept.out"
}
let_go() { echo 'ROLLBACK;' >&8; exec 8>&-; wait "$keeper"; }

old
on_upkeep "DROP TABLE apppass.$this"
ok 'upkeep: a dump holds every table' keeps "SELECT format('LOCK TABLE %s IN ACCESS SHARE MODE', c.oid::regclass) FROM pg_class AS c
    WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p') \\gexec
SELECT 1"
ok 'upkeep: refusals are recorded meanwhile' refuse
printf "SELECT apppass.record_refusal('wrong_code', 'a@idle.org', NULL, 'imap', '192.0.2.1');\n" >"$base/refusals.sql"
pgbench -n -c 2 -T 3 -R 200 -f "$base/refusals.sql" -U upkeep_mail upkeep >"$base/refusals.out" 2>&1 &
refuser=$!
on_upkeep "SET statement_timeout = '20s'; SELECT * FROM apppass.maintain(most => 5)" -U upkeep_admin >"$base/upkeep.out" 2>&1
wait "$refuser"
ok 'upkeep: none was lost while maintain() waited' grep -q 'number of failed transactions: 0 ' "$base/refusals.out"
ok 'upkeep: codes are revoked all the same' test "$(grep -c '^revoke|a@idle.org|' "$base/upkeep.out")" = 5
ok 'upkeep: it says that the partitions are not done' grep -q "^run again||||somebody is reading .*$this, $last\$" "$base/upkeep.out"
ok 'upkeep: and the codes are not through' grep -q '^run again||||5 codes' "$base/upkeep.out"
ok 'upkeep: nothing failed' none grep '^failed' "$base/upkeep.out"
let_go
ok 'upkeep: after the dump they are' upkeep_is $'revoke\nmake partition\ndrop partition' \
    "SELECT action FROM apppass.maintain() WHERE action NOT IN ('seal') GROUP BY action
     ORDER BY array_position(ARRAY['revoke', 'make partition', 'drop partition'], action)"
ok 'upkeep: what was recorded meanwhile was moved' upkeep_is '0|t' \
    "SELECT (SELECT count(*) FROM apppass.refusal_default), (SELECT count(*) FROM apppass.$this) > 1"

# ---- months were missed, and refusals keep coming ----

on_upkeep "DROP TABLE apppass.$this"
refuse
before=$(on_upkeep 'SELECT count(*) FROM apppass.refusal')
pgbench -n -c 4 -T 4 -R 200 -f "$base/refusals.sql" -U upkeep_mail upkeep >"$base/refusals.out" 2>&1 &
refuser=$!
made=0
while kill -0 "$refuser" 2>/dev/null; do
    on_upkeep 'SELECT * FROM apppass.maintain()' -U upkeep_admin >"$base/upkeep.out" 2>&1 || cat "$base/upkeep.out"
    cat "$base/upkeep.out" >>"$base/upkeep.all"
    made=$((made + $(grep -c "make partition.*$this" "$base/upkeep.out")))
    [ "$made" = 0 ] || on_upkeep "SET lock_timeout = '2s'; DO \$\$ BEGIN IF random() < 0.3 THEN
        LOCK TABLE apppass.refusal; CREATE TEMP TABLE gone AS SELECT * FROM apppass.$this; DROP TABLE apppass.$this; INSERT INTO apppass.refusal SELECT * FROM gone; END IF; END \$\$" >/dev/null 2>&1
done
wait "$refuser"
on_upkeep 'SELECT * FROM apppass.maintain()' >/dev/null
ok 'upkeep: while refusals keep coming the month is made' test "$made" -gt 0
ok 'upkeep: without a failure' none grep -E '^failed|ERROR' "$base/upkeep.all"
ok 'upkeep: and none is lost' test "$(on_upkeep 'SELECT count(*) FROM apppass.refusal')" -ge \
    $((before + $(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$base/refusals.out")))

# More than can be moved while others wait: the partition begins later, and what is old is deleted.
on_upkeep "DROP TABLE apppass.$this; INSERT INTO apppass.refusal (at, verdict) SELECT (apppass.refusal_partition(now())).lower_bound, 'unknown_user'
    FROM generate_series(1, 300)"
ok 'upkeep: many missed ones stay, the partition begins after them' upkeep_is "make partition|$this" \
    "SELECT action, detail FROM apppass.maintain(most => 100) WHERE action <> 'seal'"
ok 'upkeep: with bounds that leave them where they are' upkeep_is '300|t' "SELECT (SELECT count(*) FROM apppass.refusal_default),
    (SELECT lower_bound > (apppass.refusal_partition(now())).lower_bound FROM apppass.refusal_partitions() WHERE name = '$this')"
on_upkeep "UPDATE apppass.refusal_default SET at = at - interval '200 days'" >/dev/null
ok 'upkeep: until they are old: a portion each time' upkeep_is $'delete refusals|100 of realm default\nrun again|there may be more refusals to delete' \
    "SELECT action, detail FROM apppass.maintain(most => 10)"
on_upkeep 'SELECT * FROM apppass.maintain(most => 10); SELECT * FROM apppass.maintain(most => 100)' >/dev/null
ok 'upkeep: then they are gone' upkeep_is 0 'SELECT count(*) FROM apppass.refusal_default'

# ---- somebody holds what it would change ----

on_upkeep "SELECT apppass.store_code('a@idle.org', 'E' || n, '001' || n, '$hash') FROM generate_series(1, 3) AS n;
    SET session_replication_role = replica; UPDATE apppass.code SET created_at = now() - interval '40 days' WHERE revoked_at IS NULL" >/dev/null
ok 'upkeep: the helpdesk is revoking one' keeps "SELECT apppass.revoke_code('a@idle.org', '0011', 'mine')" -U upkeep_desk
ok 'upkeep: the others are revoked, and one is left for the next time' upkeep_is $'revoke|0012\nrevoke|0013\nrun again|' \
    "SET statement_timeout = '5s'; SELECT action, selector FROM apppass.maintain(job => 'codes') ORDER BY 2 NULLS LAST"
let_go
ok 'upkeep: which is when it is let go' upkeep_is 'revoke|0011' "SELECT action, selector FROM apppass.maintain(job => 'codes')"
ok 'upkeep: somebody seals the trail for long' keeps 'SELECT FROM apppass.audit_head FOR UPDATE'
ok 'upkeep: the other jobs are done' upkeep_is 'run again|trail: another session has been sealing the audit trail for 10 s' \
    "SELECT action, detail FROM apppass.maintain()"
let_go
ok 'upkeep: one step seals' upkeep_is $'\n|0' 'SELECT count(*) > 99 OR NULL FROM apppass.maintain(); SELECT problem, unsealed FROM apppass.audit_verify()'
ok 'upkeep: a job that fails takes no other along' upkeep_is 'failed|partitions: relation "'"$last"'" already exists|codes' \
    "BEGIN; CREATE TABLE apppass.$last (); UPDATE apppass.realm SET refusal_retention = '1 year';
     CREATE OR REPLACE FUNCTION apppass.refusal_partition(month timestamptz, OUT name text, OUT lower_bound timestamptz, OUT upper_bound timestamptz)
         LANGUAGE sql STABLE STRICT AS \$\$ SELECT '$last', '2001-01-01'::timestamptz, '2001-02-01'::timestamptz \$\$;
     UPDATE apppass.realm SET unused_after = '1 day';
     SELECT action, detail, (apppass.maintain_jobs())[1] FROM apppass.maintain() WHERE action <> 'seal'; ROLLBACK"

# ---- the helpdesk ----

ok 'upkeep: the helpdesk lets codes lapse and no more' upkeep_is '{codes}' 'SELECT apppass.maintain_jobs()' -U upkeep_desk
old
ok 'upkeep: nothing else happens' upkeep_is '' 'SELECT action FROM apppass.maintain()' -U upkeep_desk
ok 'upkeep: nor when it is asked for by name' refuses "has no job .partitions. to run" on_upkeep "SELECT * FROM apppass.maintain(job => 'partitions')" -U upkeep_desk
ok 'upkeep: nor by SET ROLE' refuses 'permission denied' on_upkeep 'SET ROLE apppass_admin; SELECT 1' -U upkeep_desk
ok 'upkeep: nor behind it' refuses 'permission denied' on_upkeep 'SELECT * FROM apppass.maintain_partitions(false, 1)' -U upkeep_desk

# ---- published ----

if [ "$(psql -XAtq -c 'SHOW server_version_num')" -ge 150000 ]; then published='TABLES IN SCHEMA apppass'; else published='ALL TABLES'; fi
on_upkeep "CREATE PUBLICATION everything FOR $published" 2>/dev/null
on_upkeep "SELECT apppass.add_account('gone@idle.org')" >/dev/null
on_upkeep "SELECT apppass.record_refusal('unknown_code', 'gone@idle.org', NULL, 'imap', NULL)" -U upkeep_mail
ok 'upkeep: published, an account is deleted' on_upkeep "DELETE FROM apppass.account WHERE username = 'gone@idle.org'"
on_upkeep "INSERT INTO apppass.refusal (at, verdict) SELECT now() - interval '100 days', 'unknown_user' FROM generate_series(1, 3)"
ok 'upkeep: published, refusals are deleted and partitions dropped' upkeep_is $'delete refusals\ndrop partition' \
    "SELECT action FROM apppass.maintain() WHERE action <> 'seal' ORDER BY 1"
ok 'upkeep: every table has what tells its rows apart' upkeep_is '' "SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'apppass'::regnamespace AND c.relkind IN ('r', 'p') AND c.relreplident <> 'f'
      AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)"

# ---- a session with settings of its own ----

settings="SET standard_conforming_strings = off; SET escape_string_warning = off; SET backslash_quote = on; SET row_security = off; SET DateStyle = 'SQL, DMY';
    SET TimeZone = 'Asia/Kolkata'; SET IntervalStyle = sql_standard; SET bytea_output = escape; SET array_nulls = off; SET transform_null_equals = on;
    SET quote_all_identifiers = on; SET enable_indexscan = off; SET default_transaction_isolation = 'repeatable read'"
old
on_upkeep "INSERT INTO apppass.refusal (at, verdict) VALUES (now() - interval '100 days', 'unknown_user')"
next=$(on_upkeep "SELECT name FROM apppass.refusal_partition(now() + interval '1 month')")
on_upkeep "DROP TABLE apppass.$next"
ok 'upkeep: whatever the settings' upkeep_is $'delete refusals\ndrop partition\nmake partition' \
    "$settings; SELECT action FROM apppass.maintain() WHERE action <> 'seal' ORDER BY 1"
ok 'upkeep: a month is one of UTC' upkeep_is t "SELECT p.lower_bound = m.lower_bound AND p.upper_bound = m.upper_bound
    FROM apppass.refusal_partitions() AS p JOIN apppass.refusal_partition(now() + interval '1 month') AS m USING (name)"
on_upkeep "SELECT apppass.store_code('a@idle.org', 'S', 'ssss', '$hash')" >/dev/null
ok 'upkeep: a hash is upgraded' upkeep_is t "$settings; SELECT apppass.upgrade_hash(code_id, hash, replace(hash, 't=2', 't=3'))
    FROM apppass.lookup('a@idle.org', 'ssss', 'imap', '192.0.2.1')" -U upkeep_mail
ok 'upkeep: a code is made, found and revoked' upkeep_is $'t\nt\n1' "$settings; SELECT length(code) > 0 FROM apppass.issue_code('a@idle.org', 'T');
    SELECT count(*) > 0 FROM apppass.code_overview WHERE device = 'T'; SELECT apppass.revoke_device('a@idle.org', 'T', 'x')" -U upkeep_desk
ok 'upkeep: the trail is sealed and fits' upkeep_is 't|' "$settings; SELECT sealed > 0, problem FROM apppass.audit_seal(), apppass.audit_verify()"
ok 'upkeep: and so without them' upkeep_is '' 'SELECT problem FROM apppass.audit_verify()'

psql -Xq -d postgres -c 'DROP DATABASE upkeep WITH (FORCE)' -c 'DROP ROLE upkeep_mail, upkeep_desk, upkeep_admin'
