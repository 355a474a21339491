#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Verdicts on captures of which every loss, delay and copy was recorded keep the thresholds, and
# the scorer does see verdicts that are wrong.
set -eu

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
here=$TOP_SRCDIR/tests/truth
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 "$here/score.py" "$PKTLINT" "$here"

# One frame of each claim is given another truth, in a copy of two small captures.
mkdir "$work/plain"
for name in one-way.receiver tail-loss.sender; do
	cp "$here/plain/$name.pcap" "$work/plain"
done
sed 's/^reordered extent=[0-9]*: \([0-9]*\)/in_order: \1/;s/^retransmission/duplicate/' \
	"$here/plain/one-way.receiver.labels" >"$work/plain/one-way.receiver.labels"
sed 's/cause=tlp/cause=rto/' "$here/plain/tail-loss.sender.labels" \
	>"$work/plain/tail-loss.sender.labels"
grep -e accused -e retransmission -e right -e cause "$here/thresholds" |
	grep '^plain' >"$work/thresholds"
status=0
python3 "$here/score.py" "$PKTLINT" "$work" >"$work/out" || status=$?
[ $status -eq 1 ]
for measure in accused right.proven sender.cause receiver.retransmission.f1; do
	grep -q "^FAIL plain $measure" "$work/out" || {
		cat "$work/out"
		echo "FAIL: wrong verdicts keep $measure"
		exit 1
	}
done
