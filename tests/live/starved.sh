#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A capture that others keep from its CPU loses nothing of a slow stream: of that each frame may
# take a block of the ring of its own, so there must be many. It is stopped while 100 frames come,
# each as late as the kernel hands over a block with the one before; also while it is traced.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
frames=100

# starved NAME OPTION...
starved() {
	local status=0
	case=$1
	shift
	ready="capturing on" start check lab_in B "$PKTLINT" check -v -i b0 -B 64MiB --json "$@"
	kill -STOP "${lab_pids[check]}" || fail "$case: cannot stop it"
	lab_in A traffic send raw -i a0 -n $frames -r 45 -s 60 >"$lab_work/sent" ||
		fail "$case: sender"
	kill -CONT "${lab_pids[check]}" || fail "$case: cannot continue it"
	stop check || status=$?
	expect "exit status" 0 $status
	expect "frames, of these dropped" "$frames 0" \
		"$(jq -r '.sources[0] | "\(.frames) \(.dropped_packets)"' "$lab_work/check.out")"
}

command -v jq >/dev/null || skip "'jq' is not installed"
lab_pair
starved "as it is"
starved "traced" --steering
expect "frames whose CPU is told" $frames \
	"$(jq .metrics.steering.traced_frames "$lab_work/check.out")"
