# SPDX-License-Identifier: BSD-2-Clause
# Many writers at once: the chain fits, limits hold, nobody waits for an open transaction.  Sourced by run.

clients=8
# together SQL...: every statement file by pgbench clients at once; {N} is the client's number
together() {
    local count=$1 statement=$2
    printf '%s\n' "$statement" >"$base/bench.sql"
    pgbench -n -c "$clients" -j 2 -t "$count" -f "$base/bench.sql" apppass >"$base/bench.out" 2>&1 || { cat "$base/bench.out"; return 1; }
}
hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
psql -Xq -c 'CREATE SEQUENCE public.selectors' -c "SELECT apppass.add_account('busy' || n || '@example.org') FROM generate_series(0, 7) AS n" >/dev/null

ok 'concurrent: 8 writers' together 25 "SELECT apppass.set_mfa('busy' || :client_id || '@example.org', random() < 0.5, 'r' || random());
BEGIN;
SELECT apppass.store_code('busy' || :client_id || '@example.org', 'D' || random(), lpad(nextval('public.selectors')::text, 4, '0'), '$hash');
UPDATE apppass.account SET mfa_enrolled = NOT mfa_enrolled WHERE username = 'busy' || :client_id || '@example.org';
END;"
ok 'concurrent: is sealed' is t 'SELECT sealed > 0 FROM apppass.audit_seal()'
ok 'concurrent: the chain fits' is '|0' 'SELECT problem, unsealed FROM apppass.audit_verify()'
ok 'concurrent: without gaps' is t 'SELECT max(position) = count(*) AND min(position) = 1 AND count(position) = count(*) FROM apppass.audit_log'
ok 'concurrent: nothing failed' grep -q 'number of failed transactions: 0 ' "$base/bench.out"

psql -Xq -c "INSERT INTO apppass.realm (name, max_codes) VALUES ('narrow.org', 5)" -c "SELECT apppass.add_account('one@narrow.org')" >/dev/null
pgbench -n -c "$clients" -j 2 -t 3 -f <(echo "SELECT apppass.issue_code('one@narrow.org', 'Phone ' || :client_id);") apppass >/dev/null 2>&1
ok 'concurrent: max_codes holds' is 5 "SELECT live_codes FROM apppass.account_overview WHERE account = 'one@narrow.org'"
psql -Xq -c "SELECT apppass.add_account('two@narrow.org')" -c "INSERT INTO apppass.device (account_id, label) SELECT id, 'Shared' FROM apppass.account WHERE username = 'two@narrow.org'" >/dev/null
pgbench -n -c "$clients" -j 2 -t 5 -f <(echo "INSERT INTO apppass.code (device_id, selector, hash) SELECT d.id, lpad((:client_id * 100 + floor(random() * 99))::text, 4, '0'), '$hash'
    FROM apppass.device AS d JOIN apppass.account AS a ON a.id = d.account_id, pg_sleep(0.01) WHERE a.username = 'two@narrow.org';") apppass >/dev/null 2>&1
ok 'concurrent: max_codes holds for plain INSERT' is 5 "SELECT live_codes FROM apppass.account_overview WHERE account = 'two@narrow.org'"
psql -Xq -c "UPDATE apppass.realm SET max_codes = 1000 WHERE name = 'narrow.org'"
ok 'concurrent: one new label for all' together 5 "SELECT apppass.issue_code('one@narrow.org', 'Shared');"
ok 'concurrent: is one device' is 1 "SELECT count(*) FROM apppass.device_overview WHERE device = 'Shared' AND account = 'one@narrow.org'"
ok 'concurrent: each minted another selector' is 40 "SELECT count(DISTINCT selector) FROM apppass.code_overview WHERE device = 'Shared' AND account = 'one@narrow.org'"

code=$(psql -XAtq -c "SELECT code_id FROM apppass.code_overview WHERE device = 'Shared' AND account = 'one@narrow.org' LIMIT 1")
ok 'concurrent: 8 recorders of one use' together 20 "SELECT apppass.record_use($code, 'imap', '192.0.2.1');"
ok 'concurrent: make one row' is 1 "SELECT count(*) FROM apppass.code_use WHERE code_id = $code"

# hold SQL: a session that has run this and keeps its transaction open until released
hold() {
    rm -f "$base/fifo" "$base/held.out"
    mkfifo "$base/fifo"
    psql -XAtq <"$base/fifo" >"$base/held.out" 2>&1 &
    holder=$!
    exec 7>"$base/fifo"
    printf "BEGIN; %s; SELECT 'holding';\n" "$1" >&7
    # Its output tells when it is there; tail ends with the first match.
    tail -n +1 -F "$base/held.out" 2>/dev/null | grep -qm1 -e holding -e ERROR
}
release() {
    echo 'COMMIT;' >&7
    exec 7>&-
    wait "$holder"
}

hold "SELECT apppass.set_mfa('busy0@example.org', true, 'x'), apppass.set_mfa('busy0@example.org', false, 'x')"
ok 'a forgotten transaction holds nobody up' is '' "SET statement_timeout = '5s'; SELECT apppass.set_mfa('busy1@example.org', true, 'x')"
release

hold 'LOCK TABLE apppass.code_use, apppass.refusal, apppass.audit IN ACCESS EXCLUSIVE MODE'
ok 'recording a refusal gives up on a lock' refuses 'lock timeout' timeout 30 psql -XAtq -c "SET statement_timeout = '10s'" \
    -c "SELECT apppass.record_refusal('wrong_code', 'busy0@example.org', NULL, 'imap', NULL)"
ok 'recording use does' refuses 'lock timeout' timeout 30 psql -XAtq -c "SET statement_timeout = '10s'" -c "SELECT apppass.record_use($code, 'smtp', NULL)"
ok 'upgrading a hash does' refuses 'lock timeout' timeout 30 psql -XAtq -c "SET statement_timeout = '10s'" \
    -c "SELECT apppass.upgrade_hash($code, (SELECT hash FROM apppass.code WHERE id = $code), '$hash')"
release
ok 'and the hash was not changed' is t "SELECT NOT EXISTS (SELECT FROM apppass.hash_upgrade WHERE code_id = $code)"
printf "SELECT apppass.set_mfa('busy' || :client_id || '@example.org', random() < 0.5, 'x');\n" >"$base/bench.sql"
PGOPTIONS='-c default_transaction_isolation=serializable' pgbench -n -c "$clients" -j 2 -t 20 --max-tries 1000 -f "$base/bench.sql" apppass >"$base/bench.out" 2>&1
ok 'serializable writers may be told to retry' grep -q 'number of failed transactions: 0 ' "$base/bench.out"

psql -Xq -c "SELECT apppass.add_account('leaver@example.org')" >/dev/null
# revoked_meanwhile SQL [REVOKE]: everything is, by somebody who came before that committed
revoked_meanwhile() {
    hold "$1"
    command psql -XAtq -c "SET statement_timeout = '30s'" -c "SELECT apppass.${2:-revoke_account('leaver@example.org', 'left')}" >"$base/revoked.out" 2>&1 &
    revoker=$!
    until [ "$(psql -XAtq -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%apppass.revoke_%'")" != 0 ] \
        || ! kill -0 "$revoker" 2>/dev/null; do :; done
    release
    wait "$revoker"
}
revoked_meanwhile "SELECT apppass.store_code('leaver@example.org', 'Late', '7777', '$hash')"
ok 'revoking an account waits for a code being issued' grep -qx 1 "$base/revoked.out"
ok 'and revokes it' is revoked "SELECT state FROM apppass.code_overview WHERE selector = '7777'"
psql -Xq -c "UPDATE apppass.realm SET handover_url = 'https://mail.example.org/handover' WHERE name = 'default'"
revoked_meanwhile "SELECT apppass.offer_code('leaver@example.org', 'Later', sha256('once'))"
ok 'and for a link being made' is 0 "SELECT count(*) FROM apppass.handover AS h JOIN apppass.account AS a ON a.id = h.account_id
    WHERE a.username = 'leaver@example.org'"
ok 'which was there' is 1 "SELECT count(*) FROM apppass.audit_log WHERE action = 'handover_withdrawn' AND account = 'leaver@example.org'"
revoked_meanwhile "SELECT apppass.offer_code('leaver@example.org', 'New one', sha256('again'))" "revoke_device('leaver@example.org', 'New one', 'lost')"
ok 'revoking a device waits for a link being made' is 2 "SELECT count(*) FROM apppass.audit_log WHERE action = 'handover_withdrawn' AND account = 'leaver@example.org'"

# ---- no role holds up a revocation ----

psql -Xq -c 'CREATE ROLE stolen_mail LOGIN IN ROLE apppass_verifier' -c 'CREATE ROLE stolen_desk LOGIN IN ROLE apppass_helpdesk' \
    -c "SELECT apppass.add_account(n || '@held.org') FROM unnest(ARRAY['victim', 'other']) AS n" \
    -c "SELECT apppass.store_code('victim@held.org', 'D' || n, '000' || n, '$hash') FROM generate_series(1, 9) AS n" >/dev/null
held=$(psql -XAtq -c "SELECT code_id FROM apppass.code_overview WHERE account = 'victim@held.org' AND selector = '0001'")
# holds ROLE SQL: as hold, by that login, with its constraints made immediate
holds() { PGUSER=$1 hold "SET CONSTRAINTS ALL IMMEDIATE; $2"; ! grep -q ERROR "$base/held.out"; }
# at_once SQL: is done though somebody holds what he can
at_once() { psql -XAtq -v ON_ERROR_STOP=1 -c "SET statement_timeout = '5s'" -c "$1"; }
ok 'held: the verifier holds what it can' holds stolen_mail "SELECT apppass.upgrade_hash(code_id, '$hash', replace('$hash', 't=2', 't=3'))
    FROM apppass.lookup('victim@held.org', '0001', 'imap', '192.0.2.1'); SELECT apppass.record_use($held, 'imap', '192.0.2.1'),
    apppass.record_refusal('revoked', 'victim@held.org', $held, 'imap', '192.0.2.1'), apppass.record_main_password('victim@held.org', 'imap', '192.0.2.1')"
ok 'held: a code is revoked' at_once "SELECT apppass.revoke_code('victim@held.org', '0001', 'stolen')"
ok 'held: by UPDATE' at_once "UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'stolen' WHERE selector = '0002' AND account_id =
    (SELECT id FROM apppass.account WHERE username = 'victim@held.org')"
ok 'held: a device' at_once "SELECT apppass.revoke_device('victim@held.org', 'D3', 'stolen')"
ok 'held: a code is issued' at_once "SELECT apppass.issue_code('victim@held.org', 'New')"
ok 'held: reset' at_once "SELECT apppass.reset_code('victim@held.org', 'New', reason => 'x')"
ok 'held: the trail is sealed' at_once 'SELECT apppass.audit_seal()'
ok 'held: the account moves to a new realm' at_once "INSERT INTO apppass.realm (name) VALUES ('held.org')"
ok 'held: and did' is held.org "SELECT realm FROM apppass.account_overview WHERE account = 'victim@held.org'"
ok 'held: policy changes' at_once "UPDATE apppass.realm SET max_codes = max_codes + 1 WHERE name = 'default'"
ok 'held: maintain runs' at_once 'SELECT * FROM apppass.maintain()'
ok 'held: the account is disabled' at_once "SELECT apppass.set_account_enabled('victim@held.org', false, 'stolen')"
ok 'held: and enabled' at_once "SELECT apppass.set_account_enabled('victim@held.org', true, 'found')"
ok 'held: everything is revoked' at_once "SELECT apppass.revoke_account('victim@held.org', 'stolen')"
release
ok 'held: an upgrade that committed opens no revoked code' is revoked "SELECT verdict FROM apppass.lookup('victim@held.org', '0001', 'imap', NULL)"

psql -XAtq -c "SELECT apppass.store_code('victim@held.org', 'E' || n, '001' || n, '$hash') FROM generate_series(1, 9) AS n" >/dev/null
ok 'held: the helpdesk holds what issuing holds' holds stolen_desk "SELECT apppass.issue_code('victim@held.org', 'Mine'),
    apppass.store_code('victim@held.org', 'E1', 'zzzz', '$hash')"
ok 'held: a code is revoked all the same' at_once "SELECT apppass.revoke_code('victim@held.org', '0011', 'stolen')"
ok 'held: a device too' at_once "SELECT apppass.revoke_device('victim@held.org', 'E2', 'stolen')"
ok 'held: by UPDATE too' at_once "UPDATE apppass.code SET revoked_at = now(), revoke_reason = 'stolen' WHERE selector = '0013' AND account_id =
    (SELECT id FROM apppass.account WHERE username = 'victim@held.org')"
ok 'held: others are issued codes' at_once "SELECT apppass.issue_code('other@held.org', 'New')"
told_of_it() { at_once "SELECT apppass.revoke_account('victim@held.org', 'stolen')" >"$base/revoked.out" 2>&1 && grep -q 'WARNING:  a code is being issued .*stolen_desk' "$base/revoked.out"; }
ok 'held: the account is revoked, and who is issuing is named' told_of_it
ok 'held: the account is disabled too' at_once "SELECT apppass.set_account_enabled('victim@held.org', false, 'stolen')"
ok 'held: a code that comes afterwards opens nothing' is account_disabled "SELECT verdict FROM apppass.lookup('victim@held.org', 'zzzz', 'imap', NULL)"
release
at_once "SELECT apppass.set_account_enabled('victim@held.org', true, 'found')" >/dev/null
ok 'held: the helpdesk holds the same revocation' holds stolen_desk "SELECT apppass.revoke_code('victim@held.org', 'zzzz', 'x')"
psql -XAtq -c "SELECT apppass.revoke_code('victim@held.org', 'zzzz', 'y')" >"$base/revoked.out" 2>&1
ok 'held: then it is told for whom one waits' grep -q 'WARNING:  waiting for process [0-9]* (stolen_desk' "$base/revoked.out"
ok 'held: for ten seconds' grep -q 'ERROR:  waited 10 s for process [0-9]* (stolen_desk' "$base/revoked.out"
ok 'held: with the words that end it' grep -q 'pg_terminate_backend([0-9]*)' "$base/revoked.out"
release

psql -Xq -c "INSERT INTO apppass.realm (name, max_codes) VALUES ('tight.org', 1)" -c "SELECT apppass.add_account('a@tight.org')" >/dev/null
psql -XAtq -c "SELECT apppass.issue_code('a@tight.org', 'x')" -c "SELECT apppass.revoke_account('a@tight.org', 'x')" >/dev/null
PGOPTIONS='-c default_transaction_isolation=repeatable\ read' hold 'SELECT count(*) FROM apppass.code'
at_once "SELECT apppass.issue_code('a@tight.org', 'first')" >/dev/null
echo "SELECT apppass.issue_code('a@tight.org', 'second');" >&7
release
ok 'held: two snapshots do not pass max_codes together' grep -q 'could not serialize' "$base/held.out"
ok 'held: nor did they' is 1 "SELECT live_codes FROM apppass.account_overview WHERE account = 'a@tight.org'"

ok 'held: the helpdesk is issuing a code' holds stolen_desk "SELECT apppass.issue_code('other@held.org', 'Newer')"
# waits SQL: who waits is told so, and for whom
waits() { refuses 'WARNING:  waiting for process [0-9]* \(stolen_desk' psql -XAtq -c "SET statement_timeout = '4s'" -c "$1"; }
ok 'held: who renames the account is told' waits "SELECT apppass.rename_account('other@held.org', 'another@held.org', 'married')"
ok 'held: and after ten seconds by whom it is held' refuses 'waited 10 s for process [0-9]* \(stolen_desk' \
    psql -XAtq -c "SELECT apppass.rename_account('other@held.org', 'another@held.org', 'married')"
release
hold "SELECT apppass.set_policy('held.org', 'description', 'held'), apppass.set_mfa('other@held.org', true, 'x')"
ok 'held: who changes the same policy is told' refuses 'WARNING:  waiting for process' psql -XAtq -c "SET statement_timeout = '4s'" \
    -c "SELECT apppass.set_policy('held.org', 'description', 'mine')"
ok 'held: who changes the same account too' refuses 'WARNING:  waiting for process' psql -XAtq -c "SET statement_timeout = '4s'" \
    -c "SELECT apppass.set_notify('other@held.org', 'second@example.org')"
release

# What a login is recording while its account is erased: neither waits, and nothing of it stays.
psql -Xq -c "SELECT apppass.store_code('other@held.org', 'Telltale', '0099', '$hash')" \
    -c "SELECT apppass.record_use(code_id, 'imap', '198.18.0.9'), apppass.record_main_password('other@held.org', 'imap', '198.18.0.9')
        FROM apppass.code_overview WHERE account = 'other@held.org' AND selector = '0099'" \
    -c "UPDATE apppass.code_use SET last_at = now() - interval '1 hour'; UPDATE apppass.main_password_login SET last_at = now() - interval '1 hour'" >/dev/null
gone=$(psql -XAtq -c "SELECT code_id FROM apppass.code_overview WHERE account = 'other@held.org' AND selector = '0099'")
ok 'erased: a login is being recorded' holds stolen_mail "SELECT apppass.upgrade_hash($gone, '$hash', replace('$hash', 't=2', 't=3')),
    apppass.record_use($gone, 'imap', '198.18.0.9'), apppass.record_use($gone, 'smtp', '198.18.0.9'),
    apppass.record_refusal('revoked', 'other@held.org', $gone, 'imap', '198.18.0.9'),
    apppass.record_main_password('other@held.org', 'imap', '198.18.0.9'), apppass.record_main_password('other@held.org', 'pop', '198.18.0.9')"
ok 'erased: the account is disabled' at_once "SELECT apppass.set_account_enabled('other@held.org', false, 'asked for')"
ok 'erased: and erased' at_once "SELECT apppass.erase_account('other@held.org', 'request 9')"
release
traces() {
    psql -XAtq -c "SELECT count(*) FROM (SELECT t::text FROM apppass.code_use AS t UNION ALL SELECT t::text FROM apppass.refusal AS t
        UNION ALL SELECT t::text FROM apppass.main_password_login AS t UNION ALL SELECT t::text FROM apppass.audit AS t
        UNION ALL SELECT 'Telltale' FROM apppass.hash_upgrade AS h WHERE h.code_id = $gone) AS t (words)
        WHERE t.words ~ '198[.]18[.]|Telltale|other@held'"
}
ok 'erased: a dry run says what was left' is 6 "SELECT substring(detail FROM '^[0-9]+') FROM apppass.maintain(true, job => 'erased')"
ok 'erased: and leaves it' test "$(traces)" != 0
ok 'erased: maintain deletes it' is 6 "SELECT substring(detail FROM '^[0-9]+') FROM apppass.maintain(job => 'erased')"
ok 'erased: nothing is left' test "$(traces)" = 0
ok 'erased: the chain fits' is '' 'SELECT problem FROM apppass.audit_verify()'
psql -Xq -c 'DROP ROLE stolen_mail' -c 'DROP ROLE stolen_desk'

# A page that keeps its transaction open, honestly or not, holds up neither revoking nor disabling.
psql -Xq -c "UPDATE apppass.realm SET handover_url = 'https://mail.narrow.org/h' WHERE name = 'narrow.org'" \
    -c "SELECT apppass.offer_code('two@narrow.org', 'Link', sha256('held'), sha256('held1'))" >/dev/null
hold "SELECT apppass.self_collect(sha256('held'), sha256('held2'), NULL, '7777', '$hash')"
ok 'a link that is being opened: is named' refuses 'a link is being opened, and is not withdrawn: process [0-9]' \
    psql -XAtq -c "SET statement_timeout = '8s'" -c "SELECT apppass.revoke_device('two@narrow.org', 'Link', 'lost'); SELECT 1 / 0"
ok 'and all is revoked' is 5 "SET client_min_messages = error; SET statement_timeout = '8s'; SELECT apppass.revoke_account('two@narrow.org', 'left')"
ok 'for good' is 0 "SELECT live_codes FROM apppass.account_overview WHERE account = 'two@narrow.org'"
ok 'and the account is disabled' is '' "SET client_min_messages = error; SET statement_timeout = '8s'; SET apppass.reason = 'left'; UPDATE apppass.account SET enabled = false WHERE username = 'two@narrow.org'"
release
ok 'the link of a disabled account opens nothing' refuses 'no such link|disabled' \
    psql -XAtq -c "SELECT apppass.self_collect(sha256('held'), sha256('held1'), NULL, '7777', '$hash')"
