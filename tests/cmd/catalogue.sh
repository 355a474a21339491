#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# explain and list: every finding has its page under both of its names, every list its table and
# its JSON, and a name that does not exist is refused with status 2 and nothing on standard output.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

fail() {
	echo "FAIL: $*"
	failed=1
}

# run STATUS ARGUMENT...: runs pktlint, output in out and err.
run() {
	expected=$1
	shift
	"$PKTLINT" "$@" >out 2>err
	status=$?
	[ $status -eq "$expected" ] || fail "pktlint $*: status $status, not $expected"
	if [ "$expected" -eq 0 ] && [ -s err ]; then
		fail "pktlint $*: something on standard error"
	elif [ "$expected" -eq 2 ] && { [ -s out ] || [ "$(wc -l <err)" -ne 1 ]; }; then
		fail "pktlint $*: not just one line on standard error"
	fi
}

run 0 list findings
tail -n +2 out | grep '^PL' >findings
[ "$(wc -l <findings)" -ge 20 ] || fail "list findings: too few"
while read -r id slug _; do
	run 0 explain "$id"
	mv out by-id
	run 0 explain "$slug"
	cmp -s out by-id || fail "explain $slug: not the page of $id"
	for heading in "$id" means measured not check fix; do
		[ "$(grep -c "^$heading  *[^ ]" out)" -eq 1 ] || fail "explain $id: no '$heading'"
	done
	[ "$(awk 'length($0) > 100' out)" = "" ] || fail "explain $id: too wide a line"
done <findings

run 0 explain --all
[ "$(grep -c '^PL' out)" -eq "$(wc -l <findings)" ] || fail "explain --all: not all pages"
run 0 explain --all --json
[ "$(grep -o '"id": "PL[0-9]*"' out | wc -l)" -eq "$(wc -l <findings)" ] ||
	fail "explain --all --json: not all pages"

for list in analyzers findings flow-metrics formats frontends interfaces metrics profiles; do
	run 0 list $list
	[ "$(wc -l <out)" -ge 2 ] || fail "list $list: empty"
	[ "$(awk 'length($0) > 100' out)" = "" ] || fail "list $list: too wide a line"
	run 0 list $list --json
	grep -q "^{ \"list\": \"$list\", \"rows\": \[ {.*} \] }\$" out || fail "list $list --json"
	run 0 list --help
	grep -q "^  $list " out || fail "list --help: '$list' is missing"
done

run 2 explain
run 2 explain PL0000
run 2 explain PL1001 no-such-finding
run 2 explain --no-such-option
run 2 list
run 2 list no-such-list
run 2 list findings metrics
exit $failed
