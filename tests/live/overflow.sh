#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the capture drops is told to the packet and never taken for a loss in the network: real TCP
# over a path that loses nothing, seen by a capture that is stopped in the middle of the transfer
# until its small buffer has run over. Every front end, frames as on a wire and super-frames, the
# receiver's and the sender's side.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
frontends=(mmap raw pcap)
declare -A transfers=([off]=$((256 << 20)) [on]=$((512 << 20)))

# answers WHAT FILTER: jq's FILTER is true of the report.
answers() {
	jq -e "$2" "$lab_work/check.out" >"$lab_work/answer" || fail "$case: $1: $(
		jq -c '{sources, findings, tcp: .metrics.tcp}' "$lab_work/check.out")"
}

# counter IF NAME
counter() {
	lab_in "$(lab_space_of "$1")" cat "/sys/class/net/$1/statistics/$2"
}

# packets IF: that have passed it, both ways.
packets() {
	echo $(($(counter "$1" rx_packets) + $(counter "$1" tx_packets)))
}

# passed BYTES: as many have been received in B.
passed() {
	[ "$(counter b0 rx_bytes)" -ge "$1" ]
}

signal() {
	kill "-$1" "${lab_pids[$2]}" || fail "$case: cannot send $1 to '$2'"
}

# overflow FRONTEND IF BYTES; both ends run on one processor, for two would reorder.
overflow() {
	local frontend=$1 interface=$2 bytes=$3 before begun status=0
	case="$frontend on $interface, $offloads"
	before=$(packets "$interface")
	begun=$(counter b0 rx_bytes)
	ready="capturing on" start check lab_in "$(lab_space_of "$interface")" "$PKTLINT" check \
		-i "$interface" --frontend "$frontend" -B 1MiB -v --json
	start server lab_in B taskset -c "$processor" traffic serve tcp -p 5001 -n 1
	start client lab_in A taskset -c "$processor" sh -c \
		"echo ready; exec traffic send tcp -d $lab_b4 -p 5001 -b $bytes"
	until_true passed $((begun + bytes / 4)) || fail "$case: nothing passes"
	signal STOP check
	until_true passed $((begun + bytes / 2)) || fail "$case: nothing passes"
	signal CONT check
	finish client || fail "$case: client"
	finish server || fail "$case: server"
	stop check || status=$?
	# On a busy machine TCP's own timers run out: then what it sent again is told, but no loss.
	case $(output client | jq .retransmits) in
	0)
		expect "exit status" 3 $status
		answers "findings" '[.findings[] | select(.severity != "info")] == []'
		answers "loss claimed" '.metrics.tcp.lost_packets == 0'
		;;
	*) [ $status -eq 3 ] || [ $status -eq 1 ] || fail "$case: exit status $status" ;;
	esac
	answers "nothing dropped" '.sources[0].dropped_packets > 0'
	answers "counts" '.sources[0] | .frames + .dropped_packets == .received_packets'
	answers "frames" '.sources[0].frames == .metrics.capture.frames'
	answers "drops" '.sources[0].dropped_packets == .metrics.capture.dropped_packets'
	answers "drops in time" \
		'.sources[0].dropped_packets == ([.tally.rows[].dropped_packets] | add)'
	expect "received" $(($(packets "$interface") - before)) \
		"$(jq '.sources[0].received_packets' "$lab_work/check.out")"
	answers "loss found" '[.findings[] | select((.id == "PL2001" or .id == "PL2002") and
		.severity != "info")] == []'
}

for tool in jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
processor=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
lab_pair
for offloads in off on; do
	"offloads_$offloads" a0 b0
	for frontend in "${frontends[@]}"; do
		for interface in b0 a0; do
			overflow "$frontend" $interface "${transfers[$offloads]}"
		done
	done
done
