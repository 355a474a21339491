#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Several interfaces are one run: both ports of a bridge show each frame twice, in order of time and
# numbered as they come; the second is the capture's copy, and nothing is reordered or lost.
. "$TOP_SRCDIR/tests/live/lab.sh"

for tool in jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
lab_bridge
ready="capturing on" start check lab_in R "$PKTLINT" check -v --json -i ra -i rb tcp
ready="capturing on" start dump lab_in R "$PKTLINT" dump -v --json -i ra -i rb tcp
start server lab_in B taskset -c 0 traffic serve tcp -p 5001 -n 1
lab_in A taskset -c 0 traffic send tcp -d "$lab_b4" -p 5001 -b 1M -r 20k >/dev/null ||
	fail "client"
finish server || fail "server"
stop dump || fail "dump"
stop check
[ $? -eq 1 ] || fail "check does not find the copies"

rows() {
	jq -s -c "map(select(.frame)) | $1" "$lab_work/dump.out"
}

expect "numbers" true "$(rows 'map(.frame) == [range(1; length + 1)]')"
# Of one interface the kernel's order holds, whose stamps may be microseconds apart from it.
expect "times" true "$(rows 'map(.time[17:29] | tonumber) | [.[1:], .[:-1]] | transpose |
	all(.[0] - .[1] > -0.005 or .[0] - .[1] < -30)')"
expect "references" true "$(rows 'map(select(.reference)) | all(.reference < .frame)')"
expect "frames of each" true "$(jq '.sources | .[0].frames == .[1].frames' "$lab_work/check.out")"
expect "copies" true "$(jq '.metrics | .tcp.capture_duplicates * 2 == .capture.frames' \
	"$lab_work/check.out")"
expect "reordered, resent, lost" '[0,0,0,0]' "$(jq -c '.metrics.tcp | [.reordered_packets,
	.retransmissions, .lost_packets, .unknown_packets]' "$lab_work/check.out")"
