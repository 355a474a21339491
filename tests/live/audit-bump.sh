#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A program in the middle that takes frames from one packet socket and sends them by another, with
# GRO on below it: it is handed frames longer than the MTU, which it cannot send, and TCP crawls.
# "audit" finds it, from the settings and from the traffic; the commands that it prints are carried
# out; then it finds nothing more, no frame is too long, and TCP passes.
. "$TOP_SRCDIR/tests/live/audited.sh"

lab_ipv6=no

# What the relay got that was too long, both ways.
stop_relay() {
	stop relay
	too_long=$(output relay | jq '[."a>b", ."b>a" | .too_long] | add')
	echo "$case: $too_long frames too long"
}

start_traffic() {
	start server lab_in B traffic serve tcp -p 5001
	start client lab_in A sh -c "echo ready; exec traffic send tcp -d $lab_b4 -p 5001 \
		-b 10G -r 20k"
}

stop_traffic() {
	stop client
	stop server
}

for tool in ethtool jq; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
lab_relay
for interface in ra rb; do
	lab_in R traffic offload $interface on rx-gro || skip "no GRO on veth"
done

case="as it was"
start relay lab_in R relay ra rb
audit R --role forwarder ra rb
found PL3101 ra
found PL3101 rb
start_traffic
case="as it was, with traffic"
audit R --traffic 2 ra rb
found PL3101 ra
expect "super-frames seen" true "$(report '.metrics.capture.super_frames > 0')"
stop_traffic
stop_relay
[ "$too_long" -gt 0 ] || fail "$case: no frame was too long"

case="cured"
start relay lab_in R relay ra rb
audit R --role forwarder ra rb
carry_out R PL3101
audit R --role forwarder ra rb
absent PL3101 ra
absent PL3101 rb
start server lab_in B traffic serve tcp -p 5001 -n 1
lab_in A traffic send tcp -d "$lab_b4" -p 5001 -b 3M >"$lab_work/sent" || fail "$case: client"
finish server || fail "$case: server"
expect "received" '[3000000,true]' "$(output server | jq -c '[.received, .intact]')"
start_traffic
audit R --traffic 2 ra rb
absent PL3101 ra
absent PL3101 rb
expect "super-frames seen" 0 "$(report .metrics.capture.super_frames)"
stop_traffic
stop_relay
expect "frames too long" 0 "$too_long"

# The same with what sends in sight: the relay is in A itself, behind a veth whose near end has an
# address there. That end's TSO, not our GRO, makes the frames long, and leaves sums to a card.
case="a peer in sight"
lab_ip A "link add x0 type veth peer name y0" "link set x0 up" "link set y0 up" \
	"address add 10.79.0.1/24 dev y0"
lab_wire A z0 02:79:00:00:00:1a B c0 02:79:00:00:00:0b
lab_ip A "neighbour add 10.79.0.2 lladdr 02:79:00:00:00:0b dev y0"
mac=$(lab_in A cat /sys/class/net/y0/address)
lab_ip B "address add 10.79.0.2/24 dev c0" "neighbour add 10.79.0.1 lladdr $mac dev c0"
lab_in B traffic offload c0 off || fail "$case: offloads"
start relay lab_in A relay x0 z0
audit A --role forwarder x0
found PL3101 x0
carry_out A PL3101
audit A --role forwarder x0
absent PL3101 x0
start server lab_in B traffic serve tcp -p 5002 -n 1
start client lab_in A sh -c 'echo ready; exec traffic send tcp -d 10.79.0.2 -p 5002 -b 3M'
finish client || fail "$case: client"
finish server || fail "$case: server"
expect "received" '[3000000,true]' "$(output server | jq -c '[.received, .intact]')"
stop_relay
expect "frames too long" 0 "$too_long"
