#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What this machine does to packets before it stamps them, or on a device below the one that is
# looked at, is neither taken for the doing of the network nor of another device's settings.
lab_ipv6=no
. "$TOP_SRCDIR/tests/live/origins.sh"

send_frames() {
	# shellcheck disable=SC2086
	lab_in A $first_of_all $other_cpu traffic send raw -i "$1" -n 8000 -r 10k -s 100 \
		--to "$(lab_in B cat "/sys/class/net/$2/address")" >"$lab_work/sent"
}

# From here on b0 steers, to one CPU at a time.
send_flipped() {
	flip_steering
	send_frames "$@" || return
	stop flip
}

# As it is before each try.
steer_nothing() {
	rps b0 0
	"$@"
}

# Half of the datagrams are fragments, which GRO does not hold.
send_fragments() {
	# shellcheck disable=SC2086
	lab_in A $other_cpu traffic send udp -d "$lab_b4:5002" -n 1000 -r 10k -s 100 \
		--other 2000 >"$lab_work/sent"
}

hold_long() {
	lab_in B sh -c 'cd /sys/class/net/b0 && echo 2000000 >gro_flush_timeout &&
		echo 100 >napi_defer_hard_irqs' 2>/dev/null || skip "no gro_flush_timeout"
}

# What comes by b0 goes by a queueing discipline with a slow class before the bridge has it.
shape() {
	lab_in B sh -c 'ip link add b7 type ifb && ip link set b7 up' 2>/dev/null ||
		skip "no ifb"
	lab_in B tc -batch - 2>/dev/null <<-'END' || skip "no HTB, or no redirection"
		qdisc add dev b0 handle ffff: ingress
		filter add dev b0 parent ffff: protocol all u32 match u32 0 0 action mirred egress \
			redirect dev b7
		qdisc add dev b7 root handle 1: htb default 1
		class add dev b7 parent 1: classid 1:1 htb rate 1gbit
		class add dev b7 parent 1: classid 1:2 htb rate 300kbit burst 1k cburst 1k
		filter add dev b7 parent 1: protocol all u32 match u8 0 0xf at 11 flowid 1:2
	END
}

origin_needs tc
views=(mmap)
lab_pair
offloads_off a0 b0

offloads_on b0
lab_in B traffic offload b0 on rx-udp-gro-forwarding || skip "no GRO of UDP"
hold_long
filter=udp options=(--sequence "$datagram_numbers")
origin_unknown "GRO holds, fragments pass" receive_steering "GRO of b0" send_fragments
lab_in B traffic offload b0 off rx-udp-gro-forwarding
offloads_off b0
filter='ether proto 0x88b5' options=()

busy_cpu
lab_ip B "address flush dev b0" "link add br0 type bridge" "link set br0 up" \
	"link set b0 master br0"
watch_interface=br0
options=(--steering)
origin_case "steered below a bridge" receive_steering steer_nothing send_flipped a0 br0
options=()
calm_cpu
rps b0 0
shape
origin_unknown "shaped below a bridge" host_backlog "traffic control" send_frames a0 br0
