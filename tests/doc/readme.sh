#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The README's samples are what the program prints. With UPDATE=1 they are written anew.
set -eu

commands='check -r tests/golden/first-look.pcap
check -r tests/truth/numbered/steered.receiver.pcap | grep -A 12 ^stream
audit --from tests/hosts/story-udp-pmtu.json'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP_SRCDIR"

# sample COMMAND FILE README: the README with the lines of FILE below the command.
sample() {
	awk -v command="    \$ pktlint $1" -v output="$2" '
		inside && /^[^ ]/ { inside = 0; print "" }
		!inside { print }
		$0 == command {
			inside = 1
			while ((getline line < output) > 0)
				print "    " line
		}' "$3"
}

cp README.md "$work/readme"
echo "$commands" | while read -r command; do
	if ! grep -qxF "    \$ pktlint $command" README.md; then
		echo "README.md: no sample of 'pktlint $command'"
		exit 1
	fi
	eval "\"\$PKTLINT\" $command" >"$work/output" || [ $? -eq 1 ]
	sample "$command" "$work/output" "$work/readme" >"$work/next"
	mv "$work/next" "$work/readme"
done
if [ "${UPDATE:-}" = 1 ]; then
	cp "$work/readme" README.md
else
	diff -u README.md "$work/readme"
fi
