#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Probes that one thread sends by two CPUs in turn, to a host of which one CPU is busy receiving:
# the receiver says that its own backlog reordered them. The sender gives itself the priority
# without which that CPU would not run it in time. What cures it is seen to do so.
lab_ipv6=no
. "$TOP_SRCDIR/tests/live/origins.sh"

# send_probes OPTION...: judged where they come in.
send_probes() {
	# shellcheck disable=SC2086
	ready="capturing on" start receive lab_in B $reader "$PKTLINT" probe receive -v --json -i b0
	lab_in A "$PKTLINT" probe send --json -i a0 --to "$lab_b_mac" --rate 500 -c 400 "$@" \
		>"$lab_work/sent" || fail "$case: send ended with status $?"
	finish receive
	[ $? -ne 2 ] || fail "$case: receive could not run"
	received=$(jq -c '[.metrics.probe.received_packets, .metrics.probe.lost_packets]' \
		"$lab_work/receive.out")
	late=$(jq '.metrics.sequence.reordered_packets' "$lab_work/receive.out")
	origin=$(jq -r '.streams[] | "\(.origin) \(.origin_confidence)"' "$lab_work/receive.out")
	echo "$case: $late late, $origin"
}

origin_needs
lab_pair
offloads_off a0 b0
busy_cpu
rps b0 0

case="backlog"
for ((try = 0; try < origin_tries; try++)); do
	send_probes --cpu 0,1
	expect "received, lost" "[400,0]" "$received"
	[ "$late" -lt "$least" ] || break
done
[ "$late" -ge "$least" ] || fail "$case: no run of $origin_tries has $least late packets"
expect "origin" "host_backlog proven" "$origin"
expect "finding" '["PL1105"]' \
	"$(jq -c '.findings | map(.id) | map(select(startswith("PL1")))' "$lab_work/receive.out")"

case="backlog, one CPU steers"
rps b0 1
send_probes --cpu 0,1
expect "late" 0 "$late"
rps b0 0

case="one CPU sends"
send_probes --cpu 1
expect "late" 0 "$late"
