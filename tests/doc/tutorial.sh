#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tutorial's samples of files are what the program prints. With UPDATE=1 they are written anew.
# Those of its examples, which need root, are looked after by tests/live/example-*.sh.
set -eu

page=man/pktlint-tutorial.7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP_SRCDIR"

# As roff takes it.
literal() {
	sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/'/\\\\(aq/g" -e 's/^\./\\\&./'
}

sed -n 's/^\.\\" sample //p' "$page" >"$work/commands"
if [ ! -s "$work/commands" ]; then
	echo "$page: no samples"
	exit 1
fi
number=0
while read -r command; do
	number=$((number + 1))
	{
		echo '.Bd -literal'
		printf '$ pktlint %s\n' "$command" | literal
		eval "\"\$PKTLINT\" $command" | literal
		echo '.Ed'
	} >"$work/sample.$number"
done <"$work/commands"

awk -v work="$work" '
	/^\.\\" end$/ { inside = 0 }
	!inside { print }
	/^\.\\" sample / {
		inside = 1
		sample = work "/sample." ++number
		while ((getline line < sample) > 0)
			print line
	}' "$page" >"$work/page"
if [ "${UPDATE:-}" = 1 ]; then
	cp "$work/page" "$page"
else
	diff -u "$page" "$work/page"
fi
