#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Where it cannot be known who reordered a stream, nobody is blamed, and the reason is told: stamps
# that nobody took, or too late, packets that the capture dropped, settings that changed meanwhile.
lab_ipv6=no
. "$TOP_SRCDIR/tests/live/origins.sh"

prequeue=/proc/sys/net/core/netdev_tstamp_prequeue
prequeue_was=

# Of the whole machine: put back in any case.
stamp_early() {
	local status=$?
	[ -z "$prequeue_was" ] || echo "$prequeue_was" >$prequeue
	prequeue_was=
	return "$status"
}
trap 'stamp_early; lab_remove' EXIT

stamp_late() {
	prequeue_was=$(cat $prequeue)
	echo 0 >$prequeue || skip "cannot set $prequeue"
}

# Reordered by receive steering, on the way to a CPU that is busy.
send_datagrams() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all $other_cpu traffic send udp -d "$lab_b4:5002" -n 1000 -r 10k -s 100 \
		--flows 8 --shared >"$lab_work/sent"
}

# The kernel marks what TCP sends with the time of its departure; no stamp takes its place.
send_tcp() {
	flip_steering
	start server lab_in B traffic serve tcp -p 5001 -n 1
	lab_in A traffic send tcp -d "$lab_b4" -p 5001 -b 3M >"$lab_work/sent" || return
	finish server
	stop flip
}

# All views stand still while more comes than they have room for.
send_unread() {
	local view
	for view in "${views[@]}"; do
		kill -STOP "${lab_pids[$view]}"
	done
	send_datagrams
	for view in "${views[@]}"; do
		kill -CONT "${lab_pids[$view]}"
	done
	send_datagrams
}

# change SETTING VALUE VALUE: one, and the next time the other one.
change() {
	local file=/sys/class/net/b0/$1
	[ "$(lab_in B cat "$file")" != "$2" ] || shift
	lab_in B sh -c "echo $2 >$file" 2>/dev/null || skip "cannot set $1"
}

send_changed() {
	send_datagrams || return
	change "$@"
	send_datagrams
}

origin_needs
lab_pair
offloads_off a0 b0
busy_cpu
rps b0 3
filter=udp
options=(--sequence "$datagram_numbers stream=ip.src,ip.dst")

steered() {
	origin_unknown "$1" receive_steering "$2" "${@:3}"
}

stamp_late
steered "stamps taken late" netdev_tstamp_prequeue send_datagrams
stamp_early
steered "a setting changes" gro_flush_timeout send_changed gro_flush_timeout 20000 0
offloads_on b0
steered "another setting changes" threaded send_changed threaded 1 0
offloads_off b0
views=(mmap raw pcap)
options+=(-B 64)
losing=yes steered "packets dropped" dropped send_unread
calm_cpu

filter=tcp member=flows options=()
views=(mmap raw pcap micro nano)
steered "TCP of this machine" "TCP sent by a program of this machine" send_tcp
