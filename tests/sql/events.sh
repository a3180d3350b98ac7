# SPDX-License-Identifier: BSD-2-Clause
# Events are sent at commit, once, and say nothing that a listener could not look up.  Sourced by run.

events=$base/events.out
# heard SQL: the events that a session which listens gets from it; psql prints them after the next statement
heard() {
    psql -XAtq -v ON_ERROR_STOP=1 -c 'LISTEN apppass' -c "$1" -c 'SELECT' >"$events" 2>&1 || { cat "$events"; return 1; }
}
# event COUNT PATTERN SQL
event() {
    local count
    heard "$3" || return 1
    count=$(grep -c "\"event\": \"$2\"" "$events")
    [ "$count" = "$1" ] || { echo "heard $count:"; cat "$events"; return 1; }
}
keys_only() {
    local members
    grep -o 'with payload.*' "$events" >"$events.payload"
    members=$(grep -o '"[a-z_]*":' "$events.payload" | sort -u | tr -d '":\n')
    [ "$members" = account_idataudit_idcode_ideventrealm_id ] && ! grep -qE 'events@|Phone|"1111"|new-reason|T-9|helga|192\.0|198\.51' "$events.payload" \
        || { echo "members: $members"; cat "$events"; return 1; }
}
# the row an event points at, for whoever may see it
points_at() {
    is "$1" "SELECT $2 WHERE $3 = $(sed -n "s/.*\"$4\": \([0-9]*\).*/\1/p" "$events" | tail -1)"
}
hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'

ok 'event: account' event 1 account_added "SELECT apppass.add_account('events@example.org')"
ok 'event: issue' event 1 code_issued "SELECT apppass.store_code('events@example.org', 'Phone', '1111', '$hash', reason => 'new-reason', ticket => 'T-9', operator => 'helga')"
ok 'event: keys, no names, labels, selectors or reasons' keys_only
ok 'event: audit_log tells the rest' points_at 'code_issued|events@example.org|Phone|1111|new-reason' 'action, account, device, selector, reason FROM apppass.audit_log' id audit_id
ok 'event: code_overview too' points_at 'events@example.org|Phone' 'account, device FROM apppass.code_overview' code_id code_id
id=$(psql -XAtq -c "SELECT code_id FROM apppass.code_overview WHERE account = 'events@example.org'")
ok 'event: first use' event 1 first_use "SELECT apppass.record_use($id, 'imap', '192.0.2.1')"
ok 'event: no second first use' event 0 first_use "SELECT apppass.record_use($id, 'smtp', '192.0.2.1')"
ok 'event: another service is no new network' event 0 new_network "SELECT apppass.record_use($id, 'pop', '192.0.2.9')"
ok 'event: a new network' event 1 new_network "SELECT apppass.record_use($id, 'imap', '198.51.100.1')"
ok 'event: code_overview tells the network' points_at 198.51.100.0/24 'last_network FROM apppass.code_overview' code_id code_id
ok 'event: use tells no place' refuses '^$' grep -E '198\.51|imap' "$events"
ok 'event: the same network again' event 0 new_network "SELECT apppass.record_use($id, 'smtp', '198.51.100.2')"
ok 'event: disable' event 1 account_disabled "SELECT apppass.set_account_enabled('events@example.org', false, 'x')"
ok 'event: enable' event 1 account_enabled "SELECT apppass.set_account_enabled('events@example.org', true, 'x')"
ok 'event: reset' event 1 code_reset "SELECT code_id FROM apppass.reset_code('events@example.org', 'Phone', reason => 'lost')"
ok 'event: reset says what ended' grep -q '"event": "code_revoked"' "$events"
ok 'event: plain UPDATE' event 1 code_revoked "UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'x' WHERE revoked_at IS NULL AND account_id = (SELECT id FROM apppass.account WHERE username = 'events@example.org')"
ok 'event: nothing after a rollback' event 0 account_added "BEGIN; SELECT apppass.add_account('rolled@example.org'); ROLLBACK"

# A stolen login fills the queue behind a session that listens and never reads: nobody's commit fails.
psql -Xq -c 'CREATE ROLE stolen_mail LOGIN IN ROLE apppass_verifier' -c "SELECT apppass.add_account('queue@example.org'),
    apppass.store_code('queue@example.org', 'Phone', '1111', '$hash')" >/dev/null
mkfifo "$base/deaf"
PGAPPNAME=deaf psql -XAtq -U stolen_mail <"$base/deaf" >/dev/null 2>&1 &
deaf=$!
exec 8>"$base/deaf"
printf 'LISTEN deaf;\nBEGIN;\nSELECT 1;\n' >&8
until [ "$(psql -XAtqc "SELECT state FROM pg_stat_activity WHERE application_name = 'deaf'")" = 'idle in transaction' ] \
    || ! kill -0 "$deaf" 2>/dev/null; do :; done
psql -XAtq -U stolen_mail -c "DO \$\$ BEGIN
    FOR i IN 1 .. 12 LOOP
        PERFORM pg_notify('deaf', rpad(i || '-' || n, 7990, 'x')) FROM generate_series(1, 1000) AS n;
        COMMIT;
    END LOOP;
END \$\$"
ok 'event: the queue is filled' is t 'SELECT pg_notification_queue_usage() > 0.01'
ok 'event: then it is not announced' event 0 code_revoked "SELECT apppass.revoke_code('queue@example.org', '1111', 'stolen')"
ok 'event: which is said' grep -q 'WARNING:  the event "code_revoked" is not announced' "$events"
ok 'event: but happens' is revoked "SELECT state FROM apppass.code_overview WHERE account = 'queue@example.org'"
echo 'COMMIT;' >&8
exec 8>&-
wait "$deaf"
ok 'event: once the queue is read, events are heard again' event 1 account_disabled "SELECT apppass.set_account_enabled('queue@example.org', false, 'x')"
psql -Xq -c 'DROP ROLE stolen_mail'

# Who only looks at or makes codes ends no session of the account; what shuts a code out does.
psql -Xq -c "INSERT INTO apppass.realm (name, self_allowed, handover_url) VALUES ('looking.example', true, 'https://looking.example/h')" \
    -c "SELECT apppass.add_account('owner@looking.example')" >/dev/null
who="'owner@looking.example', now(), NULL, NULL, '198.51.100.7'"
# due EXPECTED SQL: is anything to end after it?
due() {
    local mark
    mark=$(psql -XAtq -c 'SELECT mark FROM apppass.ended_since(NULL, NULL)') || return 1
    psql -XAtq -v ON_ERROR_STOP=1 -c "$2" >/dev/null || return 1
    is "$1" "SELECT due FROM apppass.ended_since('$mark', NULL)"
}
ok 'ends no session: an owner who makes a code' due f "SELECT apppass.self_issue($who, 'Phone', '1111', '$hash')"
ok 'ends no session: a link' due f "SELECT apppass.offer_code('owner@looking.example', 'Fax', sha256('a'), sha256('a1'))"
ok 'ends no session: a wrong PIN' due f "SELECT apppass.self_collect(sha256('a'), sha256('a2'), NULL, '2222', '$hash')"
ok 'ends no session: the right one' due f "SELECT apppass.self_collect(sha256('a'), sha256('a1'), NULL, '2222', '$hash')"
ok 'ends no session: a link that is withdrawn' due f "SELECT apppass.offer_code('owner@looking.example', 'Fax', sha256('b')); SELECT apppass.withdraw_offer('owner@looking.example')"
ok 'ends no session: an end to come' due f "SELECT apppass.set_expiry('owner@looking.example', now() + interval '1 hour', 'x', device => 'Phone')"
ok 'ends sessions: an end that has come' due t "SELECT apppass.set_expiry('owner@looking.example', now() + interval '50 ms', 'x', device => 'Phone'); SELECT pg_sleep(0.1)"
ok 'ends sessions: an owner who revokes' due t "SELECT apppass.self_revoke($who, '2222')"
ok 'ends sessions: "it was not me"' due t "SELECT apppass.self_alarm($who)"
ok 'and all of them were identified' is t "SELECT count(*) >= 3 FROM apppass.audit_log WHERE action = 'owner_identified' AND account = 'owner@looking.example'"
