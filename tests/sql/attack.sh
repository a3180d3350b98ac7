# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016  # the dollars are hashes'
# Ways round the functions: COPY, ON CONFLICT, partitions, TRUNCATE from above, another owner.  Sourced by run.

hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
other='$argon2id$v=19$m=19456,t=2,p=1$eHh4eHh4eHh4eHh4eHh4eA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
psql -Xq -c 'CREATE ROLE attacker LOGIN IN ROLE apppass_admin' -c "SELECT apppass.add_account('victim@example.org'), apppass.add_account('accomplice@example.org')" \
    -c "SELECT apppass.store_code('victim@example.org', 'Phone', '1111', '$hash'), apppass.store_code('accomplice@example.org', 'Phone', '1111', '$other')" \
    -c "SELECT apppass.store_code('victim@example.org', 'Old', '2222', '$hash')" -c "SELECT apppass.revoke_code('victim@example.org', '2222', 'lost')" >/dev/null
as_attacker() { psql -XAtq -v ON_ERROR_STOP=1 -U attacker -c "$1"; }
as_owner() { psql -XAtq -v ON_ERROR_STOP=1 -U deployer -c 'SET ROLE apppass_owner' -c "$1"; }
trail() { psql -XAtq -c 'SELECT count(*) FROM apppass.audit'; }
victim="(SELECT id FROM apppass.account WHERE username = 'victim@example.org')"
phone="(SELECT id FROM apppass.device WHERE label = 'Phone' AND account_id = $victim)"
before=$(trail)

ok 'attack: ON CONFLICT does not replace a hash' refuses 'hash of a code does not change' as_attacker "INSERT INTO apppass.code (device_id, selector, hash) VALUES ($phone, '1111', '$other')
    ON CONFLICT ON CONSTRAINT code_selector_unique DO UPDATE SET hash = '$other'"
ok 'attack: ON CONFLICT does not take a revocation back' refuses 'a revocation is final' as_attacker "INSERT INTO apppass.code (device_id, selector, hash)
    SELECT id, '2222', '$other' FROM apppass.device WHERE label = 'Old' AND account_id = $victim
    ON CONFLICT (account_id, selector) DO UPDATE SET revoked_at = NULL, revoked_by = NULL, revoke_reason = NULL"
ok 'attack: ON CONFLICT reads no hash' refuses 'permission denied' as_attacker "INSERT INTO apppass.code AS c (device_id, selector, hash) VALUES ($phone, '1111', '$other')
    ON CONFLICT (account_id, selector) DO UPDATE SET services = ARRAY[c.hash]"
ok 'attack: nor does a condition on it' refuses 'permission denied' as_attacker "UPDATE apppass.code SET networks = NULL WHERE hash LIKE '\$argon2id%'"
ok 'attack: nor COPY' refuses 'permission denied' as_attacker 'COPY apppass.code TO STDOUT'
ok 'attack: nor an index that a function of ones own computes' refuses 'must be owner' as_attacker 'CREATE INDEX ON apppass.code (hash)'
ok 'attack: nor a trigger' refuses 'permission denied' as_attacker 'CREATE TRIGGER t AFTER UPDATE ON apppass.code FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'
ok 'attack: a code takes over from its own device alone' refuses 'replaces a code of another device' as_attacker "INSERT INTO apppass.code (device_id, selector, hash, replaces)
    SELECT $phone, '3333', '$hash', c.code_id FROM apppass.code_overview AS c WHERE c.account = 'accomplice@example.org'"
ok 'attack: TRUNCATE is not an administrator'"'"'s' refuses 'permission denied' as_attacker 'TRUNCATE apppass.account CASCADE'
ok 'attack: nor a partition' refuses 'permission denied' as_attacker "SELECT * FROM apppass.refusal_$(date -u +%Y_%m)"
ok 'attack: nor attaching one' refuses 'must be owner' as_attacker "CREATE TEMP TABLE mine (LIKE apppass.refusal); ALTER TABLE apppass.refusal ATTACH PARTITION mine FOR VALUES FROM ('2000-01-01') TO ('2000-02-01')"
ok 'attack: nor a table that inherits' refuses 'must be owner' as_attacker 'CREATE TEMP TABLE mine () INHERITS (apppass.code)'
ok 'attack: nor the end of the chain' refuses 'permission denied' as_attacker 'UPDATE apppass.audit_head SET position = 0'
ok 'attack: nor SET ROLE to the owner' refuses 'permission denied' as_attacker 'SET ROLE apppass_owner'
ok 'attack: nor what only the owner'"'"'s functions call' refuses 'permission denied' as_attacker "SELECT apppass.audit_write('x', 1, 1, 'x', 'x', 1, 'x', NULL, NULL, NULL)"
ok 'attack: nor hashing' refuses 'permission denied' as_attacker "SELECT apppass.bcrypt('x')"
ok 'attack: nor the list of what lapses' refuses 'permission denied' as_attacker 'SELECT * FROM apppass.due_codes(1)'
ok 'attack: nothing of that left a trace in the trail' test "$(trail)" = "$before"

# A server can be asked to send the plans of what a function does: they hold what its variables do.
psql -Xq -c 'CREATE ROLE limited LOGIN IN ROLE apppass_helpdesk' -c "INSERT INTO apppass.realm (name) VALUES ('mine.org')" \
    -c "INSERT INTO apppass.realm_operator (role_name, realm_id) SELECT 'limited', id FROM apppass.realm WHERE name = 'mine.org'"
plans_shown() {
    command psql -XAtq -U limited -c 'SET client_min_messages = log' -c 'SET debug_print_plan = on' -c "$1" >"$base/plans.out" 2>&1
    grep -q 'PLANNEDSTMT' "$base/plans.out" && [ "$(grep -c '{PLANNEDSTMT' "$base/plans.out")" = 1 ]
}
ok 'attack: the plans inside a function are not shown' plans_shown "SELECT apppass.revoke_account('victim@example.org', 'x')"
ok 'attack: nor where one asks' plans_shown "SELECT * FROM apppass.find_codes('victim@example.org')"
psql -Xq -c "DELETE FROM apppass.realm_operator WHERE role_name = 'limited'" -c 'DROP ROLE limited'

# What works goes through the guards.
printf '%s\t%s\t%s\n' "$(psql -XAtqc "SELECT $phone")" 4444 "$hash" >"$base/codes.copy"
copied() { psql -XAtq -v ON_ERROR_STOP=1 -U attacker -c '\copy apppass.code (device_id, selector, hash) FROM '"'$base/codes.copy'"; }
ok 'attack: COPY FROM is an import like any other' copied
ok 'attack: and audited' is 'code_issued|4444|attacker' 'SELECT action, selector, actor FROM apppass.audit_log ORDER BY id DESC LIMIT 1'
ok 'attack: a session that claims to upgrade changes no hash' refuses 'hash of a code does not change' as_attacker "SELECT set_config('apppass.upgrading', code_id::text, false) FROM apppass.code_overview WHERE selector = '4444';
    INSERT INTO apppass.code (device_id, selector, hash) VALUES ($phone, '4444', '$other') ON CONFLICT (account_id, selector) DO UPDATE SET hash = '$other'"

# The owner, without disabling anything
ok 'attack: the owner does not TRUNCATE codes from above' refuses 'never deleted|append-only' as_owner 'TRUNCATE apppass.realm CASCADE'
ok 'attack: nor the trail' refuses 'append-only' as_owner 'TRUNCATE apppass.audit'
psql -Xq -c 'DROP OWNED BY attacker' -c 'DROP ROLE attacker'
