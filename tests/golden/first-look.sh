#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The capture that ./bootstrap run diagnoses: real TCP over a path of which every loss and every
# delay was recorded. The report must count what the record counted, and call it a warning.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

capture=$TOP_SRCDIR/tests/golden/first-look.pcap
status=0
"$PKTLINT" check -r "$capture" --fail-on never \
	--expect 'tcp.reordered_packets == 20' \
	--expect 'tcp.extent.max == 11' \
	--expect 'tcp.late_time_ns.max > 4.23ms' \
	--expect 'tcp.late_time_ns.max < 4.25ms' \
	--expect 'tcp.lost_upstream_packets == 7' \
	--expect 'tcp.resent_packets == 10' \
	--expect 'tcp.spurious_retransmissions == 3' \
	--expect 'tcp.reordered_downstream_packets == 0' \
	--expect 'tcp.duplicates == 0' \
	--expect 'tcp.unknown_packets == 0' >"$work/report" || status=$?
if [ $status -ne 0 ]; then
	cat "$work/report"
	exit 1
fi

"$PKTLINT" check -r "$capture" >"$work/report" || status=$?
[ $status -eq 1 ]
for finding in PL1001 PL2001 PL2003; do
	grep -q "^WARN   $finding " "$work/report"
done
