# SPDX-License-Identifier: BSD-2-Clause
# The schema is published: a subscriber hears of a revocation, and nothing here stops for it.
# Sourced by run.

deployed_database publisher
if [ "$(psql -XAtq -c 'SHOW server_version_num')" -ge 150000 ]; then tables='TABLES IN SCHEMA apppass'; else tables='ALL TABLES'; fi
published() { psql -XAtq -v ON_ERROR_STOP=1 -d publisher -c "$1"; }
ok 'published: all tables' published "CREATE PUBLICATION apppass FOR $tables WITH (publish_via_partition_root = true)"
published "SELECT apppass.add_account('gone@copy.org'), apppass.add_account('stays@copy.org'), apppass.add_account('late@copy.org')" >/dev/null
published "SELECT apppass.store_code(a || '@copy.org', 'Phone', '1111', '\$argon2id\$v=19\$m=19456,t=2,p=1\$c2FsdHNhbHRzYWx0c2FsdA\$aGFzaGhhc2hoYXNo')
    FROM unnest(ARRAY['gone', 'stays', 'late']) AS a" >/dev/null

# The definitions without the rows: those come by the subscription, the first ones too.
psql -Xq -d postgres -c 'CREATE DATABASE subscriber'
ok 'published: its definitions' sh -c 'pg_dump -s --no-publications publisher | psql -Xq -v ON_ERROR_STOP=1 -d subscriber'
# In one cluster the slot has to be there before.
published "SELECT pg_create_logical_replication_slot('apppass_copy', 'pgoutput')" >/dev/null
ok 'published: subscribed' psql -Xq -d subscriber -c "CREATE SUBSCRIPTION apppass_copy CONNECTION 'host=$base dbname=publisher user=postgres'
    PUBLICATION apppass WITH (create_slot = false, slot_name = 'apppass_copy')"

# arrives EXPECTED SQL: the subscriber's answer, in time
arrives() {
    local deadline=$((SECONDS + 60))
    until is "$1" "$2" -d subscriber >"$base/arrives.out" 2>&1; do
        [ $SECONDS -lt $deadline ] || { cat "$base/arrives.out"; psql -XAtq -c 'SELECT pid, application_name, state, query FROM pg_stat_activity WHERE pid <> pg_backend_pid()'; return 1; }
        sleep 0.1
    done
}
# decides ACCOUNT VERDICT: of a code there
decides() { arrives "$2" "SELECT verdict FROM apppass.lookup('$1@copy.org', '1111', 'imap', '192.0.2.1')"; }

ok 'published: what was there' decides stays accepted
ok 'published: a revocation' published "SELECT apppass.revoke_code('stays@copy.org', '1111', 'lost')"
ok 'published: arrives' decides stays revoked
ok 'published: why, too' arrives 'lost|postgres' "SELECT revoke_reason, revoked_by FROM apppass.code_overview WHERE account = 'stays@copy.org'"
ok 'published: an end that is moved' published "SELECT FROM apppass.set_expiry('late@copy.org', now() + interval '100 ms', 'contract')"
ok 'published: arrives, and comes' decides late expired
ok 'published: uses, refusals and a new code' published "SELECT apppass.record_use(code_id, 'imap', '192.0.2.1') FROM apppass.code_overview WHERE account = 'gone@copy.org';
    SELECT apppass.record_refusal('wrong_code', 'gone@copy.org', NULL, 'imap', '192.0.2.1');
    SELECT apppass.issue_code('stays@copy.org', 'Tablet')"
ok 'published: arrive' arrives '1|1|live' "SELECT (SELECT count(*) FROM apppass.code_use), (SELECT count(*) FROM apppass.refusal),
    (SELECT state FROM apppass.code_overview WHERE device = 'Tablet')"
ok 'published: an account is erased' published "SELECT apppass.set_account_enabled('gone@copy.org', false, 'left'); SELECT apppass.erase_account('gone@copy.org', 'request 7')"
ok 'published: there too' arrives 'unknown_user|0|0' "SELECT verdict, (SELECT count(*) FROM apppass.refusal), (SELECT count(*) FROM apppass.audit WHERE account = 'gone@copy.org')
    FROM apppass.lookup('gone@copy.org', '1111', 'imap', NULL)"
published "INSERT INTO apppass.refusal (at, verdict) SELECT now() - interval '200 days', 'unknown_user' FROM generate_series(1, 3)"
ok 'published: upkeep runs' is 0 "SELECT count(*) FROM apppass.maintain() WHERE action IN ('failed', 'run again')" -d publisher
ok 'published: and what follows arrives' published "SELECT apppass.set_account_enabled('late@copy.org', false, 'left')"
ok 'published: a disabled account' decides late account_disabled
ok 'published: old refusals are gone there, too' arrives 0 'SELECT count(*) FROM apppass.refusal'
if [ "$(psql -XAtq -c 'SHOW server_version_num')" -ge 150000 ]; then
    ok 'published: nothing failed there' is 0 'SELECT sum(apply_error_count + sync_error_count) FROM pg_stat_subscription_stats' -d subscriber
fi
ok 'published: the chain fits there' is '' 'SELECT problem FROM apppass.audit_verify()' -d subscriber

psql -Xq -d subscriber -c 'ALTER SUBSCRIPTION apppass_copy DISABLE' -c 'ALTER SUBSCRIPTION apppass_copy SET (slot_name = NONE)' -c 'DROP SUBSCRIPTION apppass_copy'
freed() { psql -XAtq -d publisher -c "SELECT pg_drop_replication_slot('apppass_copy')" 2>/dev/null; }
for _ in $(seq 100); do freed >/dev/null && break; sleep 0.1; done
psql -Xq -d postgres -c 'DROP DATABASE subscriber WITH (FORCE)' -c 'DROP DATABASE publisher WITH (FORCE)'
