#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A snapshot of the machine that the test runs on says what the files say, whoever reads them; and
# it tells the same when it is read back.
set -u

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v python3 >/dev/null || {
	echo "SKIP: 'python3' is not installed"
	exit 77
}

fail() {
	echo "FAIL: $*"
	exit 1
}

# audit NAME [OPTION]...: a report in $work/NAME; its status is not of interest, but 2.
audit() {
	name=$1
	shift
	"$PKTLINT" audit "$@" >"$work/$name" 2>"$work/err"
	[ $? -ne 2 ] || fail "audit $*: $(cat "$work/err")"
	[ ! -s "$work/err" ] || fail "audit $*: $(cat "$work/err")"
}

# A setting may be changed meanwhile by somebody else, but not twice.
equal=$TOP_SRCDIR/tests/hosts/equal.py
python3 "$equal" || python3 "$equal" || fail "the snapshot is not what the files say"

audit live --interval 100ms --save "$work/saved.json" lo
audit again --from "$work/saved.json" lo
cmp "$work/live" "$work/again" || fail "read back, the report is another"
audit stdin --from - lo <"$work/saved.json"
cmp "$work/live" "$work/stdin" || fail "from standard input, the report is another"
