#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How many packets on the wire a super-frame stands for is exact where the kernel tells its segment
# size: what is counted where offloads are on equals what passes, one by one, where they are off.
# TCP and UDP, cut after the capture (TSO, GSO) and merged before it (GRO), IPv4 and IPv6.
. "$TOP_SRCDIR/tests/live/lab.sh"

# count NAME METRIC
count() {
	jq ".metrics.capture.$2" "$lab_work/$1.out"
}

# transfer KIND ADDRESS: bytes in segments of no round number.
transfer() {
	if [ "$1" = tcp ]; then
		start server lab_in B traffic serve tcp -p 5001 -n 1
		lab_in A traffic send tcp -d "$2" -p 5001 -b 5M >/dev/null || fail "client"
		finish server || fail "server"
	else
		lab_in A traffic send udp -d "[$2]:5001" -n 2000 -r 20k -s 15000 --gso 1111 \
			>/dev/null || fail "sender"
	fi
}

# compare KIND VERSION FRONTEND MERGED SINGLE: what the interface MERGED counts is what SINGLE sees.
compare() {
	local kind=$1 address=lab_b$2 merged=$4 single=$5 filter="$1 port 5001" name
	for name in "$merged" "$single"; do
		ready="capturing on" start "$name" lab_in "$(lab_space_of "$name")" "$PKTLINT" \
			check --json -v -i "$name" --frontend "$3" -s 200 "$filter"
	done
	transfer "$kind" "${!address}"
	stop "$merged"
	[ $? -ne 2 ] || fail "$1, IPv$2: $merged"
	stop "$single"
	[ $? -ne 2 ] || fail "$1, IPv$2: $single"
	[ "$(count "$merged" super_frames)" -gt 10 ] ||
		fail "$1, IPv$2: no super-frames at $merged, so nothing is tried"
	[ "$(count "$single" super_frames)" -eq 0 ] || fail "$1, IPv$2: super-frames at $single"
	[ "$(count "$merged" wire_packets)" = "$(count "$single" frames)" ] ||
		fail "$1, IPv$2, $3: $(count "$merged" wire_packets) packets at $merged," \
			"$(count "$single" frames) at $single"
}

command -v jq >/dev/null || skip "'jq' is not installed"
lab_router
for frontend in mmap raw; do
	for version in 4 6; do
		# Cut behind the capture: A sends super-frames, R passes them on and cuts them.
		offloads_on a0 ra
		offloads_off rb b0
		compare tcp $version $frontend a0 b0
		compare udp $version $frontend a0 b0
		# Merged before the capture: A sends packets, B or R merges them.
		offloads_off a0 ra rb b0
		lab_in B traffic offload b0 on rx-gro || fail "GRO"
		compare tcp $version $frontend b0 rb
		lab_in R traffic offload ra on rx-gro rx-udp-gro-forwarding ||
			fail "GRO of UDP"
		compare udp $version $frontend ra a0
	done
done
