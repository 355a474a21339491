#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Packets that this host reorders while it receives them are known to be its doing, and by what: the
# queues of its CPUs, receive steering, several receive queues. What cures it is seen to do so.
lab_ipv6=no
. "$TOP_SRCDIR/tests/live/origins.sh"

numbers='name=numbers ip.proto=udp port.dst=5002 start=payload offset=8 width=4 endian=big'

# Each frame is in the queue of the CPU that sent it when the next one is sent.
send_in_turn() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all traffic send raw -i a0 -n 1500 -r 20k -s 60 --cpus 2 >"$lab_work/sent"
}

# From here on one CPU sends, in order.
send_flipped() {
	start flip lab_in B traffic flip /sys/class/net/b0/queues/rx-0/rps_cpus -r 4k 1 2
	# shellcheck disable=SC2086
	lab_in A $first_of_all $other_cpu traffic send raw -i a0 -n 2000 -r 10k -s 60 \
		>"$lab_work/sent"
	stop flip
}

send_datagrams() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all $other_cpu traffic send udp -d "$lab_b4:5002" -n 1000 -r 10k -s 100 \
		--flows 8 "$@" >"$lab_work/sent"
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
origin_case "steering, the mask changes" receive_steering send_flipped
rps b0 3
filter=udp
options=(--sequence "$numbers stream=ip.src,ip.dst")
origin_case "steering, one sequence of 8 ports" receive_steering send_datagrams --shared
options=(--sequence "$numbers")
origin_case "steering, fragments" receive_steering send_datagrams --other 2000
calm_cpu
