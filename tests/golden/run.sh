#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The exact output of check and dump on small captures, each twice. With UPDATE=1 the stored output
# is written anew: read the difference before it is committed.
set -u

captures=$TOP_SRCDIR/tests/golden/captures
expected=$TOP_SRCDIR/tests/golden/expected
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$("$PKTLINT" --version | sed 's/.* //; s/\./\\./g')
failed=0 rows=0

# once COMMAND...: the output without the version, and the exit status.
once() {
	(cd "$captures" && "$PKTLINT" "$@" 2>&1; echo "exit status $?") | sed "s/$version/VERSION/g"
}

while read -r name command; do
	case $name in
	'' | '#'*) continue ;;
	esac
	rows=$((rows + 1))
	# shellcheck disable=SC2086 # the words of the command
	once $command >"$work/$name"
	# shellcheck disable=SC2086
	once $command >"$work/again"
	cmp "$work/$name" "$work/again" || failed=$((failed + 1))
	if [ "${UPDATE:-}" = 1 ]; then
		cp "$work/$name" "$expected/$name"
	elif ! diff -u "$expected/$name" "$work/$name"; then
		echo "FAIL: $name: $command"
		failed=$((failed + 1))
	fi
done <"$TOP_SRCDIR/tests/golden/commands.table"

[ "$failed" -eq 0 ] || echo "If that is meant: make check TESTS=tests/golden/run.sh UPDATE=1"
echo "$rows outputs, $failed differ"
[ "$rows" -gt 0 ] && [ "$failed" -eq 0 ]
