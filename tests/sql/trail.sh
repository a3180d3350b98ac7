# SPDX-License-Identifier: BSD-2-Clause
# The chain of the audit trail and those who follow it: sealed after the commit, altered rows are found, every row is told
# once, whatever the order of commits, on a standby, after a restore and a promotion.  Sourced by run.

ok 'trail: a database' deployed_database trail
psql -Xq -d postgres -c "ALTER DATABASE trail SET search_path = public"
trail() { PGDATABASE=trail "$@"; }
on_trail() { psql -XAtq -v ON_ERROR_STOP=1 -d trail -c "$1"; }

# ---- the chain ----

on_trail "SELECT apppass.add_account('a' || n || '@trail.org') FROM generate_series(1, 9) AS n" >/dev/null
ok 'trail: rows wait for their seal' trail is '0|9|' 'SELECT rows_checked, unsealed, problem FROM apppass.audit_verify()'
ok 'trail: since when is told' trail is '0|9|t' 'SELECT position, unsealed, unsealed_since <= now() FROM apppass.audit_head()'
ok 'trail: are sealed' trail is '9|9' 'SELECT sealed, position FROM apppass.audit_seal()'
ok 'trail: once' trail is '0|9' 'SELECT sealed, position FROM apppass.audit_seal()'
ok 'trail: the chain fits' trail is '9|0|' 'SELECT rows_checked, unsealed, problem FROM apppass.audit_verify()'
ok 'trail: the view shows it' trail is '9|t' "SELECT max(position), bool_and(chain ~ '^[0-9a-f]{64}\$') FROM apppass.audit_log"
ok 'trail: rows of the sealing transaction wait' trail is $'10\n0|9\n1|' \
    "BEGIN; SELECT apppass.add_account('own@trail.org'); SELECT sealed, position FROM apppass.audit_seal(); COMMIT;
     SELECT unsealed, problem FROM apppass.audit_verify()"
ok 'trail: and are sealed next time' trail is '1|10' 'SELECT sealed, position FROM apppass.audit_seal()'

# tampered STATEMENT: what audit_verify says of it, done past the triggers and undone
tampered() {
    on_trail "BEGIN; SET LOCAL session_replication_role = replica; $1; SELECT bad_id, problem FROM apppass.audit_verify($2); ROLLBACK"
}
finds() { local got; got=$(tampered "$2" "${3-}"); [[ $got == $1 ]] || { echo "got: $got"; return 1; }; }
ok 'trail: an altered row is named' finds '3|was altered*' "UPDATE apppass.audit SET reason = 'x' WHERE id = 3"
ok 'trail: whatever column' finds '3|was altered*' "UPDATE apppass.audit SET xid = '3' WHERE id = 3"
ok 'trail: or its seal' finds '3|was altered*' "UPDATE apppass.audit_chain SET hash = sha256('x') WHERE audit_id = 3"
ok 'trail: a removed row is noticed' finds '3|is missing' 'DELETE FROM apppass.audit WHERE id = 3'
ok 'trail: with its seal' finds '4|seals are missing before this row' \
    'DELETE FROM apppass.audit WHERE id = 3; DELETE FROM apppass.audit_chain WHERE audit_id = 3'
ok 'trail: even when the gap is closed' finds '4|was altered, or does not follow*' \
    'DELETE FROM apppass.audit WHERE id = 3; DELETE FROM apppass.audit_chain WHERE audit_id = 3;
     UPDATE apppass.audit_chain SET position = position + 100 WHERE position > 3; UPDATE apppass.audit_chain SET position = position - 101 WHERE position > 100'
ok 'trail: two rows in each other'"'"'s place' finds '4|was altered*' \
    'UPDATE apppass.audit_chain SET audit_id = -audit_id WHERE audit_id IN (3, 4); UPDATE apppass.audit_chain SET audit_id = 7 + audit_id WHERE audit_id < 0'
cut='DELETE FROM apppass.audit WHERE id > 8; DELETE FROM apppass.audit_chain WHERE audit_id > 8'
ok 'trail: an end that was cut off' finds '|rows are missing at the end' "$cut"
noted=$(on_trail 'SELECT position, quote_literal(hash) FROM apppass.audit_head()' | tr '|' ,)
whole="$cut; UPDATE apppass.audit_head AS h SET position = c.position, hash = c.hash FROM apppass.audit_chain AS c WHERE c.position = 8"
ok 'trail: cut off with its head it looks whole' finds '|' "$whole"
ok 'trail: but not to who noted it' finds '|the seal noted at position 10 is not in the chain*' "$whole" "$noted"
ok 'trail: nor when new rows took the place' finds '|the seal noted at position 10 is not in the chain*' \
    "$whole; INSERT INTO apppass.audit_chain SELECT 8 + n, -n, '' FROM generate_series(1, 0) AS n" "$noted"
ok 'trail: the noted seal is found' trail is '' "SELECT problem FROM apppass.audit_verify($noted)"
on_trail "SELECT apppass.add_account('later@trail.org')" >/dev/null
ok 'trail: later too' trail is '1|' "SELECT unsealed, problem FROM apppass.audit_verify($noted)"
ok 'trail: half a note is refused' refuses 'position and a hash' on_trail 'SELECT apppass.audit_verify(3)'
ok 'trail: no note either' refuses 'position and a hash' on_trail "SELECT apppass.audit_verify(3, 'xyz')"
ok 'trail: the head is missed' finds '|the end of the chain is missing' 'DELETE FROM apppass.audit_head'
ok 'trail: a row slipped in where the seal does not look' finds '*|is not part of the chain' \
    "INSERT INTO apppass.audit (xid, at, actor, action) VALUES ('3', now(), 'nobody', 'x')"

# ---- what was erased ----

on_trail "SELECT apppass.add_account('erin@trail.org')" >/dev/null
on_trail "SELECT apppass.set_account_enabled('erin@trail.org', false, 'Erin left')" >/dev/null
ok 'trail: the words of an account are sealed' trail is '3' 'SELECT sealed FROM apppass.audit_seal()'
noted_erin=$(on_trail 'SELECT position, quote_literal(hash) FROM apppass.audit_head()' | tr '|' ,)
ok 'trail: and erased, some before their seal' trail is '3' "SELECT events FROM apppass.erase_account('erin@trail.org', 'request 1')"
ok 'trail: the chain fits after that' trail is '2|' "SELECT unsealed, problem FROM apppass.audit_verify($noted_erin)"
ok 'trail: and with them sealed' trail is $'2\n|0' "SELECT sealed FROM apppass.audit_seal(); SELECT problem, unsealed FROM apppass.audit_verify($noted_erin)"
no_name() { ! pg_dump -d trail | grep -i erin; }
ok 'trail: no dump has the name' no_name
blank="salt = NULL, erased_digest = apppass.audit_words(audit), account = NULL, device = NULL, reason = NULL, ticket = NULL, before = NULL, after = NULL"
ok 'trail: nobody else is erased unnoticed' finds '3|was erased, and no account_erased event says so' "UPDATE apppass.audit SET $blank WHERE id = 3"
erin=$(on_trail "SELECT min(id) FROM apppass.audit WHERE salt IS NULL")
ok 'trail: nor the event that says it' finds '*|was erased, and no account_erased event says so' "UPDATE apppass.audit SET $blank WHERE action = 'account_erased'"
ok 'trail: what is left of an erased row stays' finds "$erin|was altered*" "UPDATE apppass.audit SET action = 'x' WHERE id = $erin"
ok 'trail: no words are put in their place' finds "$erin|was altered*" \
    "ALTER TABLE apppass.audit DROP CONSTRAINT audit_erased_whole; UPDATE apppass.audit SET account = 'frank' WHERE id = $erin"
ok 'trail: nor with a salt' finds "$erin|was altered*" \
    "ALTER TABLE apppass.audit DROP CONSTRAINT audit_erased_whole; UPDATE apppass.audit SET account = 'frank', salt = gen_random_uuid() WHERE id = $erin"
ok 'trail: nor other words with their digest' finds "3|was altered*" \
    "ALTER TABLE apppass.audit DROP CONSTRAINT audit_erased_whole; UPDATE apppass.audit SET erased_digest = apppass.audit_words(audit), account = 'x' WHERE id = 3"

# ended: of the live sessions of gina, whose account may be gone, of somebody who never had one, and of a1, those to end
ended() { on_trail "SELECT ended FROM apppass.ended_since('$1', E'gina@trail.org\t\nmain@trail.org\t\na1@trail.org\t')"; }
on_trail "SELECT apppass.add_account('gina@trail.org')" >/dev/null
before=$(on_trail 'SELECT mark FROM apppass.ended_since(NULL, NULL)')
on_trail "SELECT apppass.set_account_enabled('gina@trail.org', false, 'left')" >/dev/null
ok 'trail: disabling ends the sessions' test "$(ended "$before")" = 1
between=$(on_trail 'SELECT mark FROM apppass.ended_since(NULL, NULL)')
on_trail "SELECT apppass.erase_account('gina@trail.org', 'request 2')" >/dev/null
ok 'trail: erasing ends no more' test -z "$(ended "$between")"
ok 'trail: but where nobody had asked in between, those of no account' test "$(ended "$before")" = '1 2'

# What ends by the clock: nothing is written at that moment.
on_trail "SELECT apppass.add_account('gina@trail.org')" >/dev/null
before=$(on_trail 'SELECT mark FROM apppass.ended_since(NULL, NULL)')
on_trail "SELECT apppass.set_account_enabled('gina@trail.org', false, 'leaves', at => clock_timestamp() + '1 day')" >/dev/null
ok 'trail: a day to come ends nothing' test -z "$(ended "$before")"
on_trail "SELECT apppass.set_account_enabled('gina@trail.org', false, 'leaves', at => clock_timestamp() + '1.5 s')" >/dev/null
between=$(on_trail 'SELECT mark FROM apppass.ended_since(NULL, NULL)')
until [ "$(on_trail "SELECT enabled FROM apppass.account_overview WHERE account = 'gina@trail.org'")" = f ]; do sleep 0.1; done
ok 'trail: the day ends the sessions' test "$(ended "$between")" = 1
ok 'trail: once' test -z "$(ended "$(on_trail 'SELECT mark FROM apppass.ended_since(NULL, NULL)')")"
ok 'trail: one that was disabled so may be erased' trail is 1 "SELECT count(*) FROM apppass.erase_account('gina@trail.org', 'request 3')"

ok 'trail: who may seal' trail is 'apppass_admin,apppass_owner' "SELECT string_agg(r, ',' ORDER BY r) FROM unnest(ARRAY['apppass_admin',
    'apppass_auditor', 'apppass_helpdesk', 'apppass_owner', 'apppass_verifier']) AS r WHERE has_function_privilege(r, 'apppass.audit_seal()', 'EXECUTE')"

# ---- following ----

# session NAME: a psql that keeps its transaction; say NAME SQL runs there and waits for it
declare -A into from pid
session() {
    { coproc FOLLOW { psql -XAtq -d trail 2>&1; }; } 2>/dev/null
    eval "exec {into_$1}>&${FOLLOW[1]} {from_$1}<&${FOLLOW[0]}"
    local in=into_$1 out=from_$1
    into[$1]=${!in} from[$1]=${!out} pid[$1]=$FOLLOW_PID
}
say() {
    local line
    printf '%s;\n\\echo said\n' "$2" >&"${into[$1]}"
    while IFS= read -r -t 30 line <&"${from[$1]}" && [ "$line" != said ]; do echo "$line"; done
}
leave() { echo '\q' >&"${into[$1]}"; wait "${pid[$1]}"; }

mark=
# news [psql options]: the accounts told of since the mark, in order; remembers the next mark
news() {
    local answer
    answer=$(psql -XAtq -F ' ' -v ON_ERROR_STOP=1 -d trail "$@" -c "SELECT f.mark::text || E'\n' || f.continuity || E'\n' ||
        coalesce((SELECT string_agg(a.account, ',' ORDER BY a.id) FROM apppass.audit AS a WHERE a.id = ANY (f.ids)), '')
        FROM apppass.audit_follow($([ -n "$mark" ] && echo "'$mark'" || echo NULL)) AS f") || return 1
    mark=$(sed -n 1p <<<"$answer")
    told=$(sed -n 2p <<<"$answer"):$(sed -n 3p <<<"$answer")
}
tells() { local expected=$1; shift; news "$@" && { [ "$told" = "$expected" ] || { echo "told: $told"; return 1; }; }; }
add() { on_trail "SELECT apppass.add_account('$1')" >/dev/null; }

ok 'follow: begins with nothing' tells 'begun:'
add f1; add f2
ok 'follow: what is new' tells 'exact:f1,f2'
ok 'follow: once' tells 'exact:'
session one; session two
say one "BEGIN; SELECT apppass.add_account('slow')" >/dev/null
say two "BEGIN; SELECT apppass.add_account('slower')" >/dev/null
add fast
ok 'follow: what is committed' tells 'exact:fast'
say two "COMMIT" >/dev/null
ok 'follow: what was written before and committed after' tells 'exact:slower'
add f3
say one "SAVEPOINT s; SELECT apppass.add_account('inner'); RELEASE s; COMMIT" >/dev/null
ok 'follow: subtransactions too' tells 'exact:slow,f3,inner'
say one "BEGIN; SELECT apppass.add_account('gone'); ROLLBACK" >/dev/null
ok 'follow: never what was rolled back' tells 'exact:'
ok 'follow: one'"'"'s own rows count when committed' trail is $'t\n{}' \
    "BEGIN; SELECT apppass.add_account('mine') > 0; SELECT ids FROM apppass.audit_follow('$mark'); COMMIT"
ok 'follow: by somebody else' tells 'exact:mine'
ok 'follow: no mark is refused' refuses 'not a mark of the audit trail' on_trail "SELECT apppass.audit_follow('{\"history\": \"x\", \"position\": \"x\"}')"

# everybody SECONDS: many writers, one who follows, one who seals: each row is told once and sealed once
everybody() {
    local started told_ids=$base/told
    started=$(on_trail 'SELECT max(id) FROM apppass.audit')
    : >"$told_ids"
    psql -XAtq -d trail -c "SELECT mark FROM apppass.audit_since(NULL)" >"$base/mark"
    printf '%s\n' '\set pause random(0, 40)' 'BEGIN;' "SELECT apppass.add_account('w' || :client_id || '-' || random());" '\sleep :pause ms' \
        "SELECT apppass.add_account('x' || :client_id || '-' || random());" 'END;' >"$base/bench.sql"
    pgbench -n -c 8 -j 2 -T "$1" -f "$base/bench.sql" trail >"$base/bench.out" 2>&1 &
    local writers=$!
    while :; do
        local last=; kill -0 "$writers" 2>/dev/null || last=1
        psql -XAtq -v ON_ERROR_STOP=1 -d trail -c "SELECT f.mark::text || E'\n' || array_to_string(f.ids, E'\n')
            FROM apppass.audit_follow('$(cat "$base/mark")') AS f" >"$base/news" || return 1
        sed -n 1p "$base/news" >"$base/mark"; sed 1d "$base/news" | grep . >>"$told_ids"
        psql -Xq -d trail -c 'SELECT apppass.audit_seal()' >/dev/null || return 1
        [ -z "$last" ] || break
    done
    wait "$writers"
    diff <(on_trail "SELECT id FROM apppass.audit WHERE id > $started ORDER BY id") <(sort -n "$told_ids") \
        && [ "$(wc -l <"$told_ids")" -gt 50 ]
}
ok 'follow: every row once, with eight writers' everybody 4
ok 'follow: and sealed once' trail is '|0' 'SELECT problem, unsealed FROM apppass.audit_verify()'

# ---- a tenant's helpdesk ----

on_trail "INSERT INTO apppass.realm (name) VALUES ('mine.org')" >/dev/null
psql -Xq -d trail -c 'CREATE ROLE tess LOGIN IN ROLE apppass_helpdesk'
on_trail "INSERT INTO apppass.realm_operator SELECT 'tess', id FROM apppass.realm WHERE name = 'mine.org'"
mark=
ok 'follow: a tenant begins' tells 'begun:' -U postgres
tenant=$mark
add 'a@mine.org'; add 'b@theirs.org'
mine() { psql -XAtq -U tess -d trail -c "SELECT array_length(f.ids, 1), l.account FROM apppass.audit_follow('$tenant') AS f, apppass.audit_log AS l WHERE l.id = ANY (f.ids)"; }
ok 'follow: a tenant is told of the own' test "$(mine)" = '1|a@mine.org'
ok 'trail: and of the own that wait for their seal' trail is '3' 'SELECT unsealed FROM apppass.audit_head()' -U tess
ok 'trail: does not seal' refuses 'permission denied' psql -XAtq -U tess -d trail -c 'SELECT apppass.audit_seal()'

# ---- a standby, a promotion, another cluster ----

trail_standby() {
    as_server pg_basebackup -h "$base" -U postgres -D "$base/trail-standby" -R -c fast -X stream \
        && mkdir -p "$base/third" && { [ "$(id -u)" != 0 ] || chown postgres "$base/third"; } \
        && as_server pg_ctl -D "$base/trail-standby" -l "$base/trail-standby.log" -w -o "-k $base/third -h '' -F" start
}
caught_up() {
    local target deadline=$((SECONDS + 30))
    target=$(on_trail 'SELECT pg_current_wal_flush_lsn()')
    until [ "$(psql -XAtq -d trail -h "$base/third" -c "SELECT pg_last_wal_replay_lsn() >= '$target'")" = t ]; do
        [ $SECONDS -lt $deadline ] || return 1
    done
}
ok 'follow: a standby' trail_standby
mark=
add s0
ok 'follow: a standby catches up' caught_up
ok 'follow: begins there' tells 'begun:' -h "$base/third"
say one "BEGIN; SELECT apppass.add_account('long')" >/dev/null
add s1
caught_up
ok 'follow: what is new there' tells 'exact:s1' -h "$base/third"
add s2
caught_up
ok 'follow: there once, with a transaction open' tells 'exact:s2' -h "$base/third"
say one COMMIT >/dev/null
caught_up
ok 'follow: there whatever the order of commits' tells 'exact:long' -h "$base/third"
ok 'follow: from there to the primary' tells 'exact:'
add s3
ok 'follow: on the primary' tells 'exact:s3'
caught_up
ok 'follow: and back' tells 'exact:' -h "$base/third"
on_trail 'SELECT apppass.audit_seal()' >/dev/null
add s4
ok 'follow: before the promotion' tells 'exact:s4'
caught_up
ok 'follow: promoted' as_server pg_ctl -D "$base/trail-standby" -w promote
psql -XAtq -d trail -h "$base/third" -c "SELECT apppass.add_account('after')" >/dev/null
ok 'follow: after a promotion what was not sealed, and what is new' tells 'overlap:s4,after' -h "$base/third"
ok 'follow: then exactly' tells 'exact:' -h "$base/third"
ok 'trail: sealed there' is '2|' 'SELECT sealed, problem FROM apppass.audit_seal(), apppass.audit_verify()' -d trail -h "$base/third"
ok 'trail: the chain fits there' is '0|' 'SELECT unsealed, problem FROM apppass.audit_verify()' -d trail -h "$base/third"
ok 'follow: the promoted one stops' as_server pg_ctl -D "$base/trail-standby" -m immediate -w stop

other_cluster() {
    as_server initdb -D "$base/other" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null \
        && mkdir -p "$base/fourth" && { [ "$(id -u)" != 0 ] || chown postgres "$base/fourth"; } \
        && as_server pg_ctl -D "$base/other" -l "$base/other.log" -w -o "-k $base/fourth -h '' -F" start \
        && { pg_dumpall --roles-only | grep -v 'ROLE postgres;' | grep -v 'ALTER ROLE postgres ' | psql -Xq -h "$base/fourth" -d postgres -f -; } \
        && psql -Xq -h "$base/fourth" -d postgres -c 'CREATE DATABASE trail OWNER deployer' \
        && pg_dump -Fc -d trail -f "$base/trail.dump" && pg_restore -h "$base/fourth" -d trail "$base/trail.dump"
}
mark=
on_trail 'SELECT apppass.audit_seal()' >/dev/null
news; add r1
ok 'follow: before the dump' tells 'exact:r1'
older=$mark
ok 'follow: restored into another cluster' other_cluster
there() { psql -XAtq -d trail -h "$base/fourth" -c "$1"; }
there "SELECT apppass.add_account('r2')" >/dev/null
ok 'follow: what was not sealed, and what is new' tells 'overlap:r1,r2' -h "$base/fourth"
there "SELECT apppass.add_account('r3')" >/dev/null
ok 'follow: then exactly, though older rows have higher numbers' tells 'exact:r3' -h "$base/fourth"
ok 'trail: sealed there' is '3' 'SELECT sealed FROM apppass.audit_seal()' -d trail -h "$base/fourth"
ok 'trail: the chain fits, and has the old part' is '0|' "SELECT unsealed, problem FROM apppass.audit_verify($noted)" -d trail -h "$base/fourth"
there "SELECT apppass.add_account('r4')" >/dev/null
ok 'trail: and goes on there' is '1' 'SELECT sealed FROM apppass.audit_seal()' -d trail -h "$base/fourth"
mark=$(on_trail "SELECT apppass.add_account('lost') < 0 OR NULL; SELECT f.mark FROM apppass.audit_seal() AS s, apppass.audit_since(NULL) AS f WHERE false;" >/dev/null
    on_trail 'SELECT apppass.audit_seal()' >/dev/null; on_trail 'SELECT mark FROM apppass.audit_since(NULL)')
ok 'follow: a trail that lacks what was seen says so' tells 'gap:' -h "$base/fourth"
there "SELECT apppass.add_account('r5')" >/dev/null
ok 'follow: and goes on from there' tells 'exact:r5' -h "$base/fourth"
ok 'follow: the other cluster stops' as_server pg_ctl -D "$base/other" -m immediate -w stop

leave one; leave two
psql -Xq -d postgres -c 'DROP DATABASE trail WITH (FORCE)' -c 'DROP ROLE tess'
