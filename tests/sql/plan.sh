# SPDX-License-Identifier: BSD-2-Clause
# What a login costs the database: one statement, index probes only.  Sourced by run.

# Sessions keep the plan that they made while the tables were empty.
ok 'plan: a database' deployed_database unfilled
empty_plan() { PGDATABASE=unfilled plans "SELECT verdict FROM apppass.lookup('nobody@plan.org', '1111', 'imap', '10.1.1.1')" 2; }
ok 'plan: with empty tables' empty_plan
ok 'plan: with empty tables, probes only' probes_only
psql -Xq -d postgres -c 'DROP DATABASE unfilled WITH (FORCE)'

psql -Xq -c "
    INSERT INTO apppass.realm (name, services, unused_after, lapse_after) VALUES ('plan.org', '{imap}', '1 year', '1 year');
    SELECT apppass.add_account('u' || n || '@plan.org') FROM generate_series(1, 300) AS n" >/dev/null
psql -Xq -c "SELECT apppass.store_code(account, 'Phone', '1111', '\$argon2id\$v=19\$m=19456,t=2,p=1\$c2FsdHNhbHRzYWx0c2FsdA\$aGFzaGhhc2hoYXNo', networks => '{10.0.0.0/8}')
    FROM apppass.account_overview WHERE realm = 'plan.org'" -c "INSERT INTO apppass.access_rule (action, network) VALUES ('deny', '203.0.113.0/24')" >/dev/null

while read -r name arguments; do
    ok "plan: $name runs one statement" plans "SELECT verdict FROM apppass.lookup($arguments)" 2
    ok "plan: $name costs index probes only" probes_only
done <<'CASES'
accepted 'u7@plan.org', '1111', 'imap', '10.1.1.1'
unknown_user 'nobody@plan.org', '1111', 'imap', '10.1.1.1'
unknown_code 'u7@plan.org', '2222', 'imap', '10.1.1.1'
service_denied 'u7@plan.org', '1111', 'smtp', '10.1.1.1'
network_denied 'u7@plan.org', '1111', 'imap', '203.0.113.1'
main_password 'u7@plan.org', NULL, 'imap', '10.1.1.1'
CASES
# Every rule of state stands in the plan as an expression: nothing of ours is called for a row but
# for one that nobody used in time.
calls_nothing() {
    verbose=on explained "SELECT verdict FROM apppass.lookup('u7@plan.org', '1111', 'imap', '10.1.1.1')" >"$base/plan.out" || return 1
    grep -q '^ *Output: .*max_lifetime' "$base/plan.out" || { echo 'no plan'; return 1; }
    ! grep -E '^ *(Output|Filter|One-Time Filter|Index Cond|Recheck Cond|Join Filter|Sort Key): .*apppass\.[a-z_]+\(' <(sed 's/apppass[.]use_keeps(//' "$base/plan.out")
}
ok 'plan: lookup calls no function for a row' calls_nothing
psql -Xq -c 'SET session_replication_role = replica' -c "UPDATE apppass.code AS c SET created_at = now() - interval '2 years'
    FROM apppass.account AS a WHERE a.id = c.account_id AND a.username = 'u8@plan.org'"
ok 'plan: the uses of a code are asked where it would have lapsed without' plans "SELECT verdict FROM apppass.lookup('u8@plan.org', '1111', 'imap', '10.1.1.1')" 3
ok 'plan: and by index' probes_only
ok 'plan: recording use' explained "SELECT apppass.record_use((SELECT min(code_id) FROM apppass.code_overview WHERE account = 'u7@plan.org'), 'imap', '10.1.1.1')"
psql -Xq -c 'ANALYZE apppass.account, apppass.code, apppass.device, apppass.realm' >/dev/null
by_account() {
    psql -XAtq -c "SET enable_seqscan = off; EXPLAIN SELECT * FROM apppass.code_overview WHERE account = lower('U7@plan.org')" >"$base/plan.out"
    grep -q 'Index.* Scan using account_username_unique' "$base/plan.out" && ! grep 'Seq Scan on \(account\|code\|device\|code_use\)' "$base/plan.out" || { cat "$base/plan.out"; return 1; }
}
ok 'plan: the overview finds one account by index' by_account
psql -Xq -c 'DELETE FROM apppass.access_rule'
