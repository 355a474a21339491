#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Packets that were reordered before they came to this host are known to be, whatever receive
# steering it has, and told apart from those that it reorders itself. Whoever sends so sees it on
# his own side.
lab_ipv6=no
. "$TOP_SRCDIR/tests/live/origins.sh"

# through RULES COMMAND...: the relay, on one CPU, does by the rules what COMMAND sends.
through() {
	local rules=$1
	shift
	# shellcheck disable=SC2086
	start relay lab_in R $first_of_all $other_cpu relay ra rb $rules
	"$@" || return
	stop relay
}

send_frames() {
	# shellcheck disable=SC2086
	lab_in A $other_cpu traffic send raw -i a0 -n 2000 -r 10k -s 100 >"$lab_work/sent"
}

send_datagrams() {
	# shellcheck disable=SC2086
	lab_in A $other_cpu traffic send udp -d "$lab_b4:5002" -n 1000 -r 10k -s 100 --flows 8 \
		"$@" >"$lab_work/sent"
}

# Every 16th frame has a class of its own, too slow for it: the number's last byte is the 11th
# behind the EtherType.
slow_lane() {
	lab_in A tc -batch - <<-'END' || skip "no HTB"
		qdisc add dev a0 root handle 1: htb default 1
		class add dev a0 parent 1: classid 1:1 htb rate 1gbit
		class add dev a0 parent 1: classid 1:2 htb rate 300kbit burst 1k cburst 1k
		filter add dev a0 parent 1: protocol all u32 match u8 0 0xf at 11 flowid 1:2
	END
}

origin_needs tc
lab_relay

rps b0 0
origin_case "path" before_host through a\>b:hold:every=10:by=2:ms=2000 send_frames
rps b0 2
origin_case "path, rps_cpus 2" before_host through a\>b:hold:every=10:by=2:ms=2000 send_frames
rps b0 3
origin_case "path, rps_cpus 3" before_host through a\>b:hold:every=10:by=2:ms=2000 send_frames

busy_cpu
filter=udp
options=(--sequence "$datagram_numbers")
origin_case "steering, fragments" receive_steering through "" send_datagrams --other 2000
options=(--sequence "$datagram_numbers stream=ip.src,ip.dst")
origin_case "steering, and path" mixed through a\>b:hold:every=3:by=2:ms=2000 \
	send_datagrams --shared
calm_cpu

filter='ether proto 0x88b5' options=()
rps b0 0
slow_lane
origin_case "sender, seen by the next" before_host through "" send_frames
watch_space=A watch_interface=a0
origin_case "sender, seen by himself" sender through "" send_frames
