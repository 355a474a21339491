#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A program numbers its datagrams across 64 sockets, and the receiving host steers flows to two
# CPUs: each flow keeps its order, the numbering does not. The settings alone are no finding, for
# most servers are set so; with the traffic it is found that they reordered it. The commands that
# "audit" prints are carried out; then it finds nothing more, and no datagram is late.
. "$TOP_SRCDIR/tests/live/audited.sh"

datagrams=60000
lab_ipv6=no
numbers="name=ours ip.proto=udp port.dst=5000 start=payload offset=8 width=4 endian=big
	stream=ip.src,ip.dst"
stream="10.77.0.1 > 10.77.0.2"

# Sends while "audit" looks; what arrived late by its report is in $late.
audit_traffic() {
	local try
	for try in 1 2 3 4 5; do
		start sender lab_in A sh -c "echo ready; exec taskset -c 0 traffic send udp \
			-d $lab_b4:5000 -n $datagrams -r 20k -s 64 --flows 64 --shared"
		audit B --traffic 2 --sequence "$numbers" --config none b0
		stop sender
		late=$(report '.metrics.sequence.reordered_packets')
		echo "$case: $late of $(report '.metrics.sequence.packets') late (run $try)"
		[ "$1" = some ] && [ "$late" -eq 0 ] || return 0
	done
	fail "$case: no datagram came late"
}

for tool in jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
taskset -c 0,1 true 2>/dev/null || skip "needs two CPUs"
lab_pair
start server lab_in B traffic serve udp -p 5000
lab_in B sh -c 'echo 3 >/sys/class/net/b0/queues/rx-0/rps_cpus' 2>/dev/null || skip "no RPS"

case="by its settings"
audit B b0
silent

case="with traffic"
audit_traffic some
found PL1104 "$stream"
absent PL5101 b0 # it would say the same of the setting
# Fewer than one in a thousand are information.
[ $((late * 1000)) -lt "$(report '.metrics.sequence.packets')" ] || expect "status" 1 $audit_status

case="cured"
carry_out B PL1104
audit_traffic any
absent PL1104 "$stream"
absent PL5101 b0
expect "late datagrams" 0 "$late"

case="taken back"
take_back B PL1104
audit_traffic some
found PL1104 "$stream"
