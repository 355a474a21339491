#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every exit status and what is said on standard error with it: one row of statuses.table a case.
set -u

P=$PKTLINT
C=$TOP_SRCDIR/tests/golden/captures
M=$TOP_SRCDIR/tests/cmd/machine.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export P C M W
unset NO_COLOR
failed=0 rows=0

# complain WHAT: names the row and shows what came instead.
complain() {
	echo "FAIL: $1: $command"
	sed 's/^/      /' "$work/err"
	failed=$((failed + 1))
}

tab=$(printf '\t')
while IFS=$tab read -r status pattern command; do
	case $status in
	'' | '#'*) continue ;;
	esac
	rows=$((rows + 1))
	W=$work/$rows
	mkdir "$W"
	sh -c "$command" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	lines=$(wc -l <"$work/err")
	if [ "$got" -ne "$status" ]; then
		complain "status $got, not $status"
	elif [ "$pattern" = - ] && [ "$lines" -ne 0 ]; then
		complain "standard error is not empty"
	elif [ "$pattern" != - ] && [ "$lines" -ne 1 ]; then
		complain "$lines lines on standard error, not 1"
	elif [ "$pattern" != - ] && ! grep -q '^pktlint: ' "$work/err"; then
		complain "the message does not begin with the program's name"
	elif [ "$pattern" != - ] && ! grep -Eq -- "$pattern" "$work/err"; then
		complain "the message does not match '$pattern'"
	fi
done <"$TOP_SRCDIR/tests/cmd/statuses.table"

# root reads everything.
if [ "$(id -u)" -ne 0 ]; then
	cp "$C/clean.pcap" "$work/secret"
	chmod 000 "$work/secret"
	command="$P check -r $work/secret"
	$command >"$work/out" 2>"$work/err"
	[ $? -eq 2 ] && grep -q "'.*secret': Permission denied" "$work/err" ||
		complain "unreadable file"
	rows=$((rows + 1))
fi

echo "$rows cases, $failed failed"
[ "$rows" -gt 100 ] && [ "$failed" -eq 0 ]
