#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The README's sample is what the program prints. With UPDATE=1 the sample is written anew.
set -eu

command='check -r tests/golden/first-look.pcap'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP_SRCDIR"
"$PKTLINT" $command >"$work/output" || [ $? -eq 1 ]

# sample FILE: README.md with the lines of FILE below the command.
sample() {
	awk -v command="    \$ pktlint $command" -v output="$1" '
		inside && /^[^ ]/ { inside = 0; print "" }
		!inside { print }
		$0 == command {
			inside = 1
			while ((getline line < output) > 0)
				print "    " line
		}' README.md
}

if ! grep -qxF "    \$ pktlint $command" README.md; then
	echo "README.md: no sample of 'pktlint $command'"
	exit 1
fi
sample "$work/output" >"$work/readme"
if [ "${UPDATE:-}" = 1 ]; then
	cp "$work/readme" README.md
else
	diff -u README.md "$work/readme"
fi
