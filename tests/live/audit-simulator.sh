#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A simulator that speaks raw Ethernet over a veth of several queues, its frames leaving from two
# CPUs in turn: they arrive in another order. "audit" finds what spreads them; the commands that it
# prints are carried out; then it finds nothing more, and the frames keep their order.
. "$TOP_SRCDIR/tests/live/audited.sh"

frames=20000
numbers='name=numbers eth.type=0x88b5 start=network offset=8 width=4 endian=big'
lab_ipv6=no

# A a0 -- b0 B with two queues each way; a queue of a0 for each CPU, a thread for each of b0.
build() {
	local error queues="numtxqueues 2 numrxqueues 2"
	lab_make A B
	# shellcheck disable=SC2086
	error=$(ip -n "$lab_prefix-A" link add a0 address "$lab_a_mac" $queues type veth \
		peer name b0 address "$lab_b_mac" $queues netns "$lab_prefix-B" 2>&1) ||
		skip "no veth: $error"
	offloads_off a0
	offloads_on b0
	lab_in A sh -c 'cd /sys/class/net/a0/queues && echo 1 >tx-0/xps_cpus &&
		echo 2 >tx-1/xps_cpus' 2>/dev/null || skip "no XPS"
	lab_ip A "link set a0 up"
	lab_ip B "link set b0 up"
	# Its NAPI is there from here on.
	lab_in B sh -c 'echo 1 >/sys/class/net/b0/threaded' 2>/dev/null || skip "no threaded NAPI"
}

# Sends; what arrived late is in $late.
send() {
	start receiver lab_in B traffic receive raw -i b0 -n $frames -o "$lab_work/got"
	lab_in A traffic send raw -i a0 -n $frames -r 1M --fast -s 100 --cpus 2 \
		>"$lab_work/sent" || fail "$case: sender"
	finish receiver || fail "$case: the receiver lost frames itself"
	late=$(awk 'NR > 1 && $2 < most { late++ } $2 > most { most = $2 } END { print late + 0 }' \
		"$lab_work/got")
	echo "$case: $late of $frames late"
}

# Several times, since two CPUs may by chance do one after the other.
send_late() {
	local tries
	for tries in 1 2 3 4 5; do
		send
		[ "$late" -eq 0 ] || return 0
	done
	fail "$case: no frame came late in $tries runs"
}

for tool in jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
taskset -c 0,1 true 2>/dev/null || skip "needs two CPUs"
build

case="as it was"
audit A --role l2-ipc a0
found PL5103 a0
send_late

# The capture sees it too, and explains what it can.
case="as it was, check"
ready="capturing on" start check lab_in B "$PKTLINT" check -v --json -i b0 \
	--sequence "$numbers" "ether proto 0x88b5"
send_late
stop check && fail "$case: nothing is found"
cp "$lab_work/check.out" "$lab_work/report"
# Two sockets need not see the same order.
expect "late, by check" true "$(report '.metrics.sequence.reordered_packets > 0')"
expect "why, by check" true "$(report 'any(.findings[]; .id == "PL1106" or
	(.id == "PL1101" and (.why | contains("b0 has 2 receive queues"))))')"

case="cured"
audit A --role l2-ipc a0
carry_out A PL5103
audit A --role l2-ipc a0
absent PL5103 a0
for _ in 1 2 3; do
	send
	expect "late frames" 0 "$late"
done

case="taken back"
take_back A PL5103
audit A --role l2-ipc a0
found PL5103 a0
send_late
