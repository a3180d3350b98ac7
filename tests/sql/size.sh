# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016  # the dollars are hashes'
# What years of work leave behind costs a login nothing, one account's report little, and the reports on all no more memory than
# for a few.  $APPPASS_SIZE codes (100000), a tenth as many accounts and audit rows; make bench-size takes ten million.
# Prints figures, asserts no time.  Sourced by run.

codes=${APPPASS_SIZE:-100000}
peak=$top/bench/peak
hash='$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
# With little memory for sorting and hashing, whatever else grows shows early; ten million rows need the default.  Not with
# next to none: a hash join then keeps the buffers of hundreds of batches, 16 KiB each, which count for what grows.
if [ "$codes" -le 100000 ]; then
    size_options='-c jit=off -c work_mem=512kB -c hash_mem_multiplier=1' allowed=3072 most=2000 rounds=1
else
    size_options='-c jit=off' allowed=49152 most=10000 rounds=5
fi

# fill_size DATABASE CODES
fill_size() {
    deployed_database "$1" \
        && PGOPTIONS='-c log_statement=none' psql -Xq -d "$1" -v codes="$2" -v hash="$hash" -f "$top/bench/fill.sql" \
        && PGOPTIONS='-c log_statement=none' psql -Xq -d "$1" -v codes="$2" -v events=$(($2 / 10)) -f "$top/bench/history.sql"
}
ok 'size: 1000 codes' fill_size size_small 1000
ok "size: $codes codes" fill_size size_large "$codes"

# ---- lookup ----

# buffers DATABASE: the pages that the statement in the function looked at, as run last by plans
buffers() {
    grep -o 'Buffers: shared.*' "$base/plan.out" | head -1 | grep -o '[0-9]*' | awk '{ sum += $1 } END { print sum }'
}
# A tree of ten million entries has two levels more than one of a thousand; five trees are asked at most.
same_pages() {
    local small='' large=''
    PGDATABASE=size_small plans "$1" 2 && small=$(buffers) && PGDATABASE=size_large plans "$1" 2 && large=$(buffers) \
        && [ "$large" -le $((small + 12)) ] || { echo "pages: $small, $large"; cat "$base/plan.out"; return 1; }
}
selector=$(psql -XAtq -d size_large -c "SELECT selector FROM apppass.code_overview WHERE account = 'user7@example.org' AND state = 'live' LIMIT 1")
ended=$(psql -XAtq -d size_large -c "SELECT selector FROM apppass.code_overview WHERE account = 'user7@example.org' AND state = 'revoked' LIMIT 1")
while read -r name arguments; do
    ok "size: $name looks at as many pages" same_pages "SELECT verdict FROM apppass.lookup($arguments)"
    ok "size: $name costs index probes only" probes_only
    ok "size: $name is decided" is t "SELECT verdict::text ~ '^($name)\$' FROM apppass.lookup($arguments)" -d size_large
done <<CASES
accepted 'user7@example.org', '$selector', 'imap', '10.1.1.1'
revoked 'user7@example.org', '$ended', 'imap', '10.1.1.1'
unknown_user 'nobody@example.org', '$selector', 'imap', '10.1.1.1'
unknown_code|wrong_account 'user7@example.org', 'zzzz', 'imap', '10.1.1.1'
main_password 'user7@example.org', NULL, 'imap', '10.1.1.1'
CASES

# lookup_us DATABASE: microseconds for one of 5,000 lookups, of other accounts each time, in the server and with its caches warm
lookup_us() {
    psql -XAtq -v ON_ERROR_STOP=1 -d "$1" <<'SQL'
CREATE TEMP TABLE asked AS
SELECT a.username, c.selector
FROM (SELECT count(*) AS accounts FROM apppass.account) AS n, generate_series(1, 5000) AS i,
    LATERAL (SELECT 1000000001 + floor(random() * n.accounts + 0 * i)::bigint AS id) AS r
JOIN apppass.account AS a ON a.id = r.id JOIN apppass.code AS c ON c.id = 1000000000 + (r.id - 1000000001) * 10 + 3;
ANALYZE asked;
CREATE FUNCTION pg_temp.took() RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    it record;
    began timestamptz := clock_timestamp();
BEGIN
    FOR it IN SELECT * FROM asked LOOP
        PERFORM FROM apppass.lookup(it.username, it.selector, 'imap', '192.0.2.1');
    END LOOP;
    RETURN extract(epoch FROM clock_timestamp() - began) * 1e6 / (SELECT count(*) FROM asked);
END $$;
SELECT pg_temp.took() < 0 OR NULL;
SELECT round(pg_temp.took());
SQL
}
few=() many=()
for ((round = 0; round < rounds; round++)); do
    few+=("$(lookup_us size_small | tail -1)")
    many+=("$(lookup_us size_large | tail -1)")
done
middle=$((rounds / 2 + 1))p
figures=$(printf '%s\n' "${few[@]}" | sort -n | sed -n "$middle")\ $(printf '%s\n' "${many[@]}" | sort -n | sed -n "$middle")
ok 'size: lookups were timed' test "${figures%% *}" -gt 0 -a "${figures##* }" -gt 0
echo "# lookup: ${figures% *} us with 1000 codes, ${figures#* } us with $codes"

# ---- one account's report ----

pages_of() {
    psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c 'SET jit = off' -c "EXPLAIN (ANALYZE, BUFFERS) $2" >"$base/plan.out" && buffers
}
few_pages() {
    local small='' large=''
    small=$(pages_of size_small "$1") && large=$(pages_of size_large "$1") && [ "$large" -le $((small + 400)) ] \
        || { echo "pages: $small, $large"; cat "$base/plan.out"; return 1; }
}
while read -r view tail; do
    ok "size: $view of one account reads few pages" few_pages "SELECT * FROM apppass.$view WHERE account = 'user7@example.org' $tail"
    # From version 15 on this comes from the index.
    [ "$(psql -XAtq -c 'SHOW server_version_num')" -lt 150000 ] \
        || ok "size: $view of a prefix reads few pages" few_pages "SELECT * FROM apppass.$view WHERE starts_with(account, 'user7@') $tail"
done <<'CASES'
code_overview ORDER BY device, created_at
device_overview ORDER BY device
account_overview
refusal_log ORDER BY at DESC LIMIT 10
knocking_code
audit_log ORDER BY id
unused_code
main_password_use
use_overview ORDER BY last_at DESC
CASES
while read -r what; do
    ok "size: the first of ${what%%(*} are few pages" few_pages "SELECT * FROM apppass.$what"
done <<'CASES'
find_codes(most => 20)
find_codes(which => 'all', most => 20)
find_accounts(most => 5)
find_events(most => 20)
CASES
ok 'size: a slip in a name costs few pages' few_pages "SELECT * FROM apppass.near_accounts('usr77@example.org')"
ok 'size: metrics read what was counted' few_pages "SELECT * FROM apppass.metrics() WHERE name <> 'apppass_refusals'"
ok 'size: what is not sealed is found by index' few_pages 'SELECT * FROM apppass.audit_head()'
ok 'size: and what is new' few_pages 'SELECT f.* FROM apppass.audit_head AS h, apppass.audit_follow(h.mark) AS f'

# ---- everybody's ----

# bounded NAME SQL [KIB]: needs hardly more memory for many than for few
bounded() {
    local small='' large='' more=$((allowed + ${3:-0}))
    small=$(PGDATABASE=size_small PGOPTIONS=$size_options "$peak" "$2") && large=$(PGDATABASE=size_large PGOPTIONS=$size_options "$peak" "$2") || return 1
    echo "# $1: ${small% *} s and ${small#* } KiB with 1000 codes, ${large% *} s and ${large#* } KiB with $codes" >&3
    [ $((${large#* } - ${small#* })) -le "$more" ] || { echo "KiB: $small, $large"; return 1; }
}
psql -Xq -d size_small -c "UPDATE apppass.realm SET unused_after = '60 days' WHERE name = 'default'"
psql -Xq -d size_large -c "UPDATE apppass.realm SET unused_after = '60 days' WHERE name = 'default'"
exec 3>&1
for view in code_overview device_overview account_overview refusal_log knocking_code audit_log unused_code main_password_use use_overview; do
    # A row as a whole, that nothing is left out
    ok "size: all of $view in bounded memory" bounded "$view" "SELECT count(v) FROM (SELECT * FROM apppass.$view OFFSET 0) AS v"
done
ok 'size: account_overview ordered' bounded 'account_overview ORDER BY account LIMIT 20' 'SELECT count(v) FROM (SELECT * FROM apppass.account_overview ORDER BY account LIMIT 20) AS v'
ok 'size: audit_log ordered' bounded 'audit_log ORDER BY id DESC LIMIT 20' 'SELECT count(v) FROM (SELECT * FROM apppass.audit_log ORDER BY id DESC LIMIT 20) AS v'
ok 'size: audit_verify in bounded memory' bounded audit_verify 'SELECT * FROM apppass.audit_verify()'
ok 'size: the counts of metrics in bounded memory' bounded 'maintain, counts' "SELECT count(*) FROM apppass.maintain(job => 'counts')"
ok 'size: every code is counted' is "$codes" "SELECT sum(value::bigint) FROM apppass.metrics() WHERE name = 'apppass_codes'" -d size_large
ok 'size: a dry run of maintain in bounded memory' bounded 'maintain, dry run' 'SELECT count(*) FROM apppass.maintain(dry_run => true)'
ok 'size: maintain in bounded memory' bounded 'maintain' "SELECT count(*) FROM apppass.maintain(most => $most)" $((4 * most))
ok 'size: once more' bounded 'maintain again' "SELECT count(*) FROM apppass.maintain(most => $most)" $((4 * most))
exec 3>&-
ok 'size: maintain says that it is not through' is 'run again' "SELECT action FROM apppass.maintain(most => 10, job => 'codes') WHERE action = 'run again'" -d size_large
ok 'size: what maintain did is sealed in bounded memory' bounded audit_seal 'SELECT sealed FROM apppass.audit_seal()'
ok 'size: the chain fits' is '' 'SELECT problem FROM apppass.audit_verify()' -d size_large

psql -Xq -d postgres -c 'DROP DATABASE size_small WITH (FORCE)' -c 'DROP DATABASE size_large WITH (FORCE)'
