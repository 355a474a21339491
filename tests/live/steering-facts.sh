#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# CPU, queue and receive hash of each frame are what they were: veth pairs of two queues, frames
# from two CPUs in turn, whose sequence numbers tell the CPU. One and two interfaces, a filter, VLAN
# tags, short frames, super-frames, receive steering. Nothing is told before it is asked for.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
numbered='eth.type=0x88b5 offset=22 width=4'
told=(--json --steering -v --no-discovery --config none)

# wire LETTER NUMBER: a pair of two queues, each of which is used by the CPU of its number.
wire() {
	local here=a$1 there=b$1 error queue
	error=$(ip -n "$lab_prefix-A" link add "$here" numtxqueues 2 numrxqueues 2 type veth \
		peer name "$there" numtxqueues 2 numrxqueues 2 netns "$lab_prefix-B" 2>&1) ||
		skip "no veth: $error"
	lab_ip A "link set $here up"
	lab_ip B "link set $there up"
	for queue in 0 1; do
		lab_in A sh -c "echo $((1 << queue)) \
			>/sys/class/net/$here/queues/tx-$queue/xps_cpus" || skip "no XPS"
	done
}

# trace OPTION...: begins to print what B captures.
trace() {
	ready="capturing on" start dump lab_in B "$PKTLINT" dump "${told[@]}" "$@"
}

send() {
	lab_in A traffic send "$@" >"$lab_work/sent" || fail "$case: sender"
}

# printed FRAMES FILTER: ends it; so many frames, and what the jq filter selects is wrong.
printed() {
	local wrong status=0
	stop dump || status=$?
	expect "exit status" 0 $status
	expect frames "$1" "$(output dump | jq -s 'map(select(.frame)) | length')"
	wrong=$(output dump | jq -c "select(.frame) | select($2)" | head -n 3)
	[ -z "$wrong" ] || fail "$case: wrong: $wrong"
}

# untold FACT MOST: frames without it.
untold() {
	local count
	count=$(output dump | jq -s "map(select(.frame and .$1 == null)) | length")
	[ "$count" -le "$2" ] || fail "$case: $count frames without $1"
}

all_told() {
	untold cpu "$1"
	untold queue "$1"
	untold rxhash "$1"
}

# is_not CPU: jq's words for a frame of which something else is told; its queue has that number.
is_not() {
	echo "(.cpu != null and .cpu != $1) or (.queue != null and .queue != $1)"
}

on_wrong_cpu=$(is_not '.sequence % 2')

# protocols: of the packet sockets in B.
protocols() {
	lab_in B awk 'NR > 1 { print $4 }' /proc/net/packet | sort | uniq -c |
		awk '{ printf "%s%s %s", gap, $1, $2; gap = ", " }'
}

command -v jq >/dev/null || skip "'jq' is not installed"
[ "$(getconf _NPROCESSORS_ONLN)" -ge 2 ] || skip "needs two CPUs"
lab_make A B
wire 0
wire 1

case="one interface"
trace -i b0 --sequence "$numbered" 'ether proto 0x88b5'
expect sockets "2 0003" "$(protocols)"
send raw -i a0 -n 2000 -r 20k -s 60 --cpus 2
printed 2000 "$on_wrong_cpu"
all_told 20

# send_from CPU CODE: from a CPU of a given number what Python sends to `wire`.
send_from() {
	lab_in A taskset -c "$1" python3 -c "
import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('a0', 0))
$2" || fail "$case: sender"
}

# From one CPU in order: who is late in its backlog would ask for it.
case="not asked"
command -v python3 taskset >/dev/null || skip "'python3' or 'taskset' is not installed"
told=(--json -v)
trace -i b0 'ether proto 0x88b5'
expect sockets "1 0000, 1 0003" "$(protocols)"
send_from 0 '
for number in range(100):
    wire.send(bytes(12) + b"\x88\xb5" + bytes(46))'
printed 100 '.cpu != null or .queue != null'
told=(--json -v --no-steering)
trace -i b0 'ether proto 0x88b5'
expect sockets "1 0003" "$(protocols)"
printed 0 false
told=(--json --steering -v --no-discovery --config none)

is_asked() {
	[ "$(protocols)" = "2 0003" ]
}

# A process without a right lets the sockets in that it opened as root.
case="asked for by a late frame"
told=(--json -v --no-discovery --config none)
trace -i b0 --sequence "$numbered" 'ether proto 0x88b5'
send_from 1 '
for number in (0, 1, 2, 4, 3, 5, 6):
    wire.send(bytes(12) + b"\x88\xb5" + bytes(8) + number.to_bytes(4, "big") + bytes(34))'
until_true is_asked || fail "$case: it is not: $(protocols)"
send_from 1 '
for number in range(7, 107):
    wire.send(bytes(12) + b"\x88\xb5" + bytes(8) + number.to_bytes(4, "big") + bytes(34))'
printed 107 "$(is_not 1)"
all_told 8
told=(--json --steering -v --no-discovery --config none)

case="VLAN tags and a filter"
trace -i b0 --sequence "$numbered" 'vlan 7 and ether proto 0x88b5'
send raw -i a0 -n 1000 -r 20k -s 60 --vlan 7 --cpus 2
send raw -i a0 -n 100 -r 20k -s 60 --vlan 8 --cpus 2
send raw -i a0 -n 100 -r 20k -s 60 --cpus 2
printed 1000 "$on_wrong_cpu"
all_told 10

case="two interfaces"
trace -i b0 -i b1 --sequence "$numbered" 'ether proto 0x88b5'
start other lab_in A sh -c 'echo ready; exec traffic send raw -i a1 -n 1000 -r 10k -s 80 --cpus 2'
send raw -i a0 -n 1000 -r 10k -s 60 --cpus 2
finish other || fail "$case: sender"
printed 2000 "$on_wrong_cpu"
all_told 20

case="as they leave"
ready="capturing on" start dump lab_in A "$PKTLINT" dump "${told[@]}" -i a0 --sequence "$numbered" \
	'ether proto 0x88b5'
send raw -i a0 -n 1000 -r 20k -s 60 --cpus 2
printed 1000 "$on_wrong_cpu"
all_told 10

case="short frames"
for cpu in 0 1; do
	trace -i b0 'ether proto 0x88b5'
	send_from "$cpu" '
for length in range(14, 50):
    wire.send(bytes(12) + b"\x88\xb5" + bytes(length - 14))'
	printed 36 "$(is_not "$cpu")"
	all_told 0
done

# Raw frames have one hash, so UDP is what can be steered to several CPUs.
lab_ip A "address add 10.77.0.1/24 dev a0" "link set a0 address $lab_a_mac"
lab_ip B "address add 10.77.0.2/24 dev b0" "link set b0 address $lab_b_mac"
lab_ip A "neighbour add 10.77.0.2 lladdr $lab_b_mac dev a0"
lab_ip B "neighbour add 10.77.0.1 lladdr $lab_a_mac dev b0"

# Who answers that nobody is there makes the next send(2) fail.
start server lab_in B traffic serve udp -p 5001

case="super-frames"
trace -i b0 -Q in 'udp port 5001'
lab_in A taskset -c 1 traffic send udp -d 10.77.0.2:5001 -n 4000 -r 40k -s 15000 --gso 1000 \
	>"$lab_work/sent" || fail "$case: sender"
printed 200 "$(is_not 1) or .segment_size != 1000"
all_told 4

# net/core/dev.c, get_rps_cpu(): the hash, by the number of CPUs of the mask.
case="receive steering"
lab_in B sh -c 'echo 3 >/sys/class/net/b0/queues/rx-0/rps_cpus &&
	echo 3 >/sys/class/net/b0/queues/rx-1/rps_cpus' || skip "no RPS"
trace -i b0 -Q in 'udp port 5001'
send udp -d 10.77.0.2:5001 -n 2000 -r 20k -s 40 --flows 60
printed 2000 '.cpu != null and .rxhash != null and .cpu != (.rxhash * 2 / 4294967296 | floor)'
untold cpu 20
untold rxhash 20
