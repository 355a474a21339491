#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every finding of the audit is raised by a snapshot that deserves it, and is not by one that looks
# alike: findings.table. Of whole machines it says what it must, and no more: machines.table.
set -u

here=$TOP_SRCDIR/tests/hosts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	echo "FAIL: $*"
	failed=$((failed + 1))
}

# audit SNAPSHOT [OPTION]...: "ID SEVERITY" of each finding in the file $work/found, the status in
# $status.
audit() {
	file=$here/$1.json
	shift
	"$PKTLINT" audit --json --from "$file" "$@" >"$work/out" 2>"$work/err"
	status=$?
	sed -n 's/.*"id": "\(PL[0-9]*\)",.*"severity": "\([a-z]*\)".*/\1 \2/p' "$work/out" |
		sort -u >"$work/found"
	[ ! -s "$work/err" ] || fail "audit --from $file $*: $(cat "$work/err")"
	[ $status -ne 2 ] || fail "audit --from $file $*: status 2"
}

ids() {
	cut -d' ' -f1 "$work/found" | sort -u | paste -sd,
}

# raised, quiet ID SEVERITY SNAPSHOT [OPTION]...
raised() {
	id=$1 severity=$2 name=$3
	shift 3
	audit "rules/$name" "$@"
	grep -qx "$id $severity" "$work/found" ||
		fail "$id $severity: not in '$name' $*, but: $(paste -sd, <"$work/found")"
}
quiet() {
	id=$1 severity=$2 name=$3
	shift 3
	audit "rules/$name" "$@"
	! grep -q "^$id " "$work/found" ||
		fail "$id: in '$name' $*, which does not deserve it: $(paste -sd, <"$work/found")"
}

grep '^PL' "$here/findings.table" >"$work/rules"
while read -r id severity with without options; do
	case " $options " in
	*' / '*) first=${options%%/*} second=${options#*/} ;;
	*) first=$options second=$options ;;
	esac
	# shellcheck disable=SC2086 # options are words
	raised "$id" "$severity" "$with" $first
	# shellcheck disable=SC2086
	quiet "$id" "$severity" "$without" $second
done <"$work/rules"

grep -v -e '^#' -e '^$' "$here/machines.table" >"$work/machines"
while read -r name expected expected_ids options; do
	# shellcheck disable=SC2086
	audit "$name" $options
	found=$(ids)
	[ "${found:-none}" = "$expected_ids" ] ||
		fail "machine '$name' $options: ${found:-none}, not $expected_ids"
	[ "$status" -eq "$expected" ] ||
		fail "machine '$name' $options: status $status, not $expected"
done <"$work/machines"

# The audit's part of the catalogue, and every snapshot, has its row.
"$PKTLINT" list findings | grep -o -e '^PL5[0-9]*' -e '^PL310[12]' -e '^PL4106' -e '^PL910[0-9]' \
	>"$work/ids"
while read -r id; do
	grep -q "^$id " "$work/rules" || fail "$id is not in findings.table"
done <"$work/ids"
for file in "$here"/rules/*.json; do
	name=$(basename "$file" .json)
	[ ! -e "$file" ] || awk '{ print $3 "\n" $4 }' "$work/rules" | grep -qxF "$name" ||
		fail "rules/$name.json is in no row of findings.table"
done
for file in "$here"/*.json; do
	name=$(basename "$file" .json)
	[ ! -e "$file" ] || cut -d' ' -f1 "$work/machines" | grep -qxF "$name" ||
		fail "$name.json is in no row of machines.table"
done

echo "$(wc -l <"$work/rules") rules, $(wc -l <"$work/machines") machines, $failed failures"
[ $failed -eq 0 ]
