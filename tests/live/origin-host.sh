#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Packets that this host reorders while it receives them are known to be its doing, and by what: the
# queues of its CPUs, receive steering, several receive queues. What cures it is seen to do so.
lab_ipv6=no
. "$TOP_SRCDIR/tests/live/origins.sh"

# Each frame is in the queue of the CPU that sent it when the next one is sent; slow enough for the
# queue of the busy one to fill again.
send_in_turn() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all traffic send raw -i a0 -n 400 -r 500 -s 60 --cpus 2 \
		>"$lab_work/sent"
}

# The same without a number in it: encrypted, or of a protocol that counts nothing.
send_in_turn_unnumbered() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all traffic send "$@" -n 400 -r 500 -s 60 --cpus 2 --noise \
		>"$lab_work/sent"
}

# From here on one CPU sends, in order.
send_flipped() {
	flip_steering
	# shellcheck disable=SC2086
	lab_in A $first_of_all $other_cpu traffic send raw -i a0 -n 8000 -r 10k -s 60 \
		>"$lab_work/sent"
	stop flip
}

send_datagrams() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all $other_cpu traffic send udp -d "$lab_b4:5002" -n 1000 -r 10k -s 100 \
		--flows 8 --shared >"$lab_work/sent"
}

# a2 -- b2 with two queues each way; b2 has a thread for each.
lab_queues() {
	local error queues="numtxqueues 2 numrxqueues 2"
	# shellcheck disable=SC2086
	error=$(ip -n "$lab_prefix-A" link add a2 address 02:77:00:00:02:0a $queues type veth \
		peer name b2 address 02:77:00:00:02:0b $queues netns "$lab_prefix-B" 2>&1) ||
		skip "no veth: $error"
	offloads_off a2
	offloads_on b2
	lab_ip A "link set a2 up"
	lab_ip B "link set b2 up"
	# Its NAPI is there from here on.
	lab_in B sh -c 'echo 1 >/sys/class/net/b2/threaded' 2>/dev/null || skip "no threaded NAPI"
}

# xps MASK MASK: of the queues of a2.
xps() {
	lab_in A sh -c "cd /sys/class/net/a2/queues && echo $1 >tx-0/xps_cpus &&
		echo $2 >tx-1/xps_cpus" 2>/dev/null || skip "no XPS"
}

send_by_queues() {
	lab_in A traffic send raw -i a2 -n 48000 -r 1M --fast -s 100 --cpus 2 >"$lab_work/sent"
}

origin_needs
lab_pair
offloads_off a0 b0
busy_cpu

rps b0 0
origin_case "backlog" host_backlog send_in_turn
for mask in 1 2 3; do
	rps b0 $mask
	origin_quiet "backlog, rps_cpus $mask" send_in_turn
done
rps b0 0
member=arrivals
origin_case "backlog, no number" host_backlog send_in_turn_unnumbered raw -i a0
filter=udp
origin_case "backlog, encrypted" host_backlog send_in_turn_unnumbered udp -d "$lab_b4:443"
filter='ether proto 0x88b5' member=streams

origin_case "steering, the mask changes" receive_steering send_flipped
rps b0 3
filter=udp
options=(--sequence "$datagram_numbers stream=ip.src,ip.dst")
origin_case "steering, one sequence of 8 ports" receive_steering send_datagrams
calm_cpu

# It is over before anybody could ask which queue a frame came by.
filter='ether proto 0x88b5' options=(--steering) watch_interface=b2
lab_queues
xps 1 2
origin_case "queues" multiple_queues send_by_queues
xps 3 0
origin_quiet "queues, one used" send_by_queues
