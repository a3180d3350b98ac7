# SPDX-License-Identifier: BSD-2-Clause
# Events are sent at commit, once, without secrets, within NOTIFY's limit.  Sourced by run.

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
short_and_silent() {
    local longest
    longest=$(sed -n 's/.*with payload "\(.*\)" received.*/\1/p' "$events" | LC_ALL=C awk '{ if (length($0) > n) n = length($0) } END { print n + 0 }')
    [ "$longest" -gt 2000 ] && [ "$longest" -lt 8000 ] && ! grep -q 'aGFzaGhhc2' "$events" || { echo "longest: $longest"; cat "$events"; return 1; }
}
hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'

ok 'event: account' event 1 account_added "SELECT apppass.add_account('events@example.org')"
ok 'event: issue' event 1 code_issued "SELECT apppass.store_code('events@example.org', 'Phone', '1111', '$hash', reason => 'new')"
ok 'event: the account is told' grep -q '"code_issued".*"account": "events@example.org"' "$events"
ok 'event: the device is told' grep -q '"code_issued".*"device": "Phone"' "$events"
ok 'event: the selector is told' grep -q '"code_issued".*"selector": "1111"' "$events"
id=$(psql -XAtq -c "SELECT code_id FROM apppass.code_overview WHERE account = 'events@example.org'")
ok 'event: first use' event 1 first_use "SELECT apppass.record_use($id, 'imap', '192.0.2.1')"
ok 'event: no second first use' event 0 first_use "SELECT apppass.record_use($id, 'smtp', '192.0.2.1')"
ok 'event: another service is no new network' event 0 new_network "SELECT apppass.record_use($id, 'pop', '192.0.2.9')"
ok 'event: a new network' event 1 new_network "SELECT apppass.record_use($id, 'imap', '198.51.100.1')"
ok 'event: the network is told' grep -q '"network": "198.51.100.0/24"' "$events"
ok 'event: the same network again' event 0 new_network "SELECT apppass.record_use($id, 'smtp', '198.51.100.2')"
ok 'event: disable' event 1 account_disabled "SELECT apppass.set_account_enabled('events@example.org', false, 'x')"
ok 'event: enable' event 1 account_enabled "SELECT apppass.set_account_enabled('events@example.org', true, 'x')"
ok 'event: reset' event 1 code_reset "SELECT code_id FROM apppass.reset_code('events@example.org', 'Phone', reason => 'lost')"
ok 'event: reset says what ended' grep -q '"event": "code_revoked"' "$events"
ok 'event: plain UPDATE' event 1 code_revoked "UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'x' WHERE revoked_at IS NULL AND account_id = (SELECT id FROM apppass.account WHERE username = 'events@example.org')"
ok 'event: nothing after a rollback' event 0 account_added "BEGIN; SELECT apppass.add_account('rolled@example.org'); ROLLBACK"
ok 'event: the longest labels' heard "
    SELECT apppass.add_account(repeat('\"', 255));
    SELECT apppass.store_code(repeat('\"', 255), repeat('\"', 50) || repeat('😀', 50), '1111', '$hash', reason => repeat('😀', 900), ticket => repeat('😀', 900), operator => repeat('😀', 900))"
ok 'event: stay within the limit, without a hash' short_and_silent
