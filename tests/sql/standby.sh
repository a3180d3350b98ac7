# SPDX-License-Identifier: BSD-2-Clause
# lookup answers on a hot standby; recording fails there, and only that.  Sourced by run.

ok 'standby: copy' as_server pg_basebackup -h "$base" -U postgres -D "$base/standby" -R -c fast -X stream
mkdir -p "$base/second" && { [ "$(id -u)" != 0 ] || chown postgres "$base/second"; }
ok 'standby: start' as_server pg_ctl -D "$base/standby" -l "$base/standby.log" -w -o "-k $base/second -h '' -F" start
psql -Xq -c "SELECT apppass.add_account('standby@example.org')" \
    -c "SELECT apppass.store_code('standby@example.org', 'Phone', '1111', '\$argon2id\$v=19\$m=19456,t=2,p=1\$c2FsdHNhbHRzYWx0c2FsdA\$aGFzaGhhc2hoYXNo')" >/dev/null
target=$(psql -XAtq -c 'SELECT pg_current_wal_flush_lsn()')
replayed() {
    local deadline=$((SECONDS + 30))
    until [ "$(psql -XAtq -h "$base/second" -c "SELECT pg_last_wal_replay_lsn() >= '$target'")" = t ]; do
        [ $SECONDS -lt $deadline ] || return 1
    done
}
ok 'standby: catches up' replayed
ok 'standby: lookup works' is 'accepted|t' "SELECT verdict, record_due FROM apppass.lookup('standby@example.org', '1111', 'imap', '192.0.2.1')" -h "$base/second"
ok 'standby: views work' is live "SELECT state FROM apppass.code_overview WHERE account = 'standby@example.org'" -h "$base/second"
ok 'standby: the chain is verified' is '' 'SELECT problem FROM apppass.audit_verify()' -h "$base/second"
ok 'standby: recording fails' refuses 'read-only' psql -XAtq -h "$base/second" -c "SELECT apppass.record_refusal('wrong_code', 'standby@example.org', NULL, 'imap', NULL)"
ok 'standby: stop' as_server pg_ctl -D "$base/standby" -m fast -w stop
