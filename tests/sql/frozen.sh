# SPDX-License-Identifier: BSD-2-Clause
# What is released is not changed in place, and a change that was reworked is one more.  Sourced by run.

copy=$base/copy
mkdir -p "$copy/tests"
cp -r "$top/sql" "$top/configure.ac" "$copy"
cp -r "$here" "$copy/tests/sql"
in_copy() { (cd "$copy/sql" && "$@"); }
freeze() { in_copy ../tests/sql/freeze "$@"; }
# says PATTERN: freeze --check, and nothing but that
says() {
    freeze --check >"$base/said" || return 1
    cat "$base/said"
    grep -qE "$1" "$base/said" && ! grep -vqE "$1" "$base/said"
}
unchanged() { freeze --check >"$base/said" || return 1; cat "$base/said"; ! grep -q . "$base/said"; }
version() { sed -i "s/^AC_INIT(\[apppass\], \[.*\])/AC_INIT([apppass], [$1])/" "$copy/configure.ac"; }
ok 'frozen: the schema is as recorded' unchanged

version 0.9
echo '-- more' >>"$copy/sql/verify/lookup.sql"
ok 'frozen: a change in place is told, before 1.0 with what records it' says '^sql/verify/lookup\.sql: .*run tests/sql/freeze$'
version 1.0
ok 'frozen: from 1.0 on it is to be taken back' says '^sql/verify/lookup\.sql: released.*HACKING'
cp "$copy/sql/frozen" "$base/frozen.before"
ok 'frozen: and not recorded' refuses 'verify/lookup\.sql: released' freeze
ok 'frozen: what was is kept' cmp "$base/frozen.before" "$copy/sql/frozen"
cp "$top/sql/verify/lookup.sql" "$copy/sql/verify/"
rm "$copy/sql/revert/quiet.sql"
ok 'frozen: a script that is gone' says '^sql/revert/quiet\.sql: '
cp "$top/sql/revert/quiet.sql" "$copy/sql/revert/"
sed -i 's/# Daily upkeep/# Upkeep/' "$copy/sql/sqitch.plan"
ok 'frozen: a line of the plan' says '^sql/sqitch\.plan: maintain .*Upkeep'
cp "$top/sql/sqitch.plan" "$copy/sql/"
ok 'frozen: nothing left of that' unchanged

# On a tag that outlives this one's name
last=$(tail -n 1 "$copy/sql/sqitch.plan" | sed 's/^@\([^ ]*\) .*/\1/')
ok 'frozen: the plan ends with a tag' test -n "$last"
ok 'frozen: a change is reworked' in_copy sqitch rework quiet -n 'Quieter'
ok 'frozen: which changes nothing' unchanged
echo '-- reworked' >>"$copy/sql/deploy/quiet.sql"
ok 'frozen: and is edited' unchanged
ok 'frozen: not released yet' refuses 'does not end with a tag' freeze
is_list() { [ "$(in_copy ./bundle --scripts | tail -n 1)" = quiet ] && in_copy ./bundle --scripts | grep -qx "quiet@$last"; }
ok 'frozen: the bundle names both' is_list
ok 'frozen: has both' test "$(in_copy ./bundle | grep -c '^-- Deploy apppass:quiet')" = 2
ok 'frozen: and after the tag the new one' test "$(in_copy ./bundle "@$last" | grep -cE '^-- (Deploy|reworked)')" = 2
ok 'frozen: the next version' in_copy sqitch tag v99 -n 'Version 99'
: >"$copy/tests/sql/releases/v99.sql"
ok 'frozen: is recorded' freeze
ok 'frozen: with the rework' grep -q '  deploy/quiet\.sql$' "$copy/sql/frozen"
ok 'frozen: behind what was' test "$(cut -d' ' -f1 "$copy/sql/frozen" | head -n "$(wc -l <"$base/frozen.before")" | cksum)" = "$(cut -d' ' -f1 "$base/frozen.before" | cksum)"
echo '-- more' >>"$copy/sql/deploy/quiet.sql"
ok 'frozen: from then on it stays, too' says '^sql/deploy/quiet\.sql: released'
