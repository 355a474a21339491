#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every arrangement of the laboratory passes TCP and UDP over IPv4 and IPv6; without IPv6 nothing is
# on the wire that no test has sent; and nothing is left behind, however a test ends. This one runs
# itself: "topologies.sh try ARRANGEMENT IPV6", "topologies.sh end HOW".
. "$TOP_SRCDIR/tests/live/lab.sh"

sent_by() {
	lab_in "$(lab_space_of "$1")" cat "/sys/class/net/$1/statistics/tx_packets"
}

# passes ADDRESS: TCP, and UDP one by one, in several flows, and cut by the kernel.
passes() {
	local options
	start server lab_in B traffic serve tcp -p 5001 -n 1
	lab_in A traffic send tcp -d "$1" -p 5001 -b 300k >/dev/null || fail "TCP to $1"
	finish server || fail "TCP server"
	for options in "-s 900" "-s 900 --flows 3" "--gso 900"; do
		start server lab_in B traffic serve udp -p 5001 -n 500
		# shellcheck disable=SC2086
		lab_in A traffic send udp -d "[$1]:5001" -n 500 -r 20k $options >/dev/null ||
			fail "UDP to $1, $options"
		finish server || fail "UDP server, $options"
	done
}

try() {
	lab_ipv6=$2
	"$1"
	[ "$1" != lab_relay ] || start relay lab_in R relay ra rb
	if [ "$lab_ipv6" = no ]; then
		[ "$(sent_by a0) $(sent_by b0)" = "0 0" ] || fail "something has been sent"
	else
		passes "$lab_b6"
	fi
	passes "$lab_b4"
	[ "$1" != lab_relay ] || stop relay || fail "the relay lost frames itself"
}

# Ends in the middle of things.
end() {
	lab_pair
	start server lab_in B traffic serve tcp -p 5001
	echo "${lab_pids[server]}"
	case $1 in
	fail) fail "on purpose" ;;
	skip) skip "on purpose" ;;
	*) kill "-$1" $$ ;;
	esac
}

# ends HOW STATUS
ends() {
	local child status=0
	bash "$0" end "$1" >"$lab_work/end.out" &
	child=$!
	wait $child || status=$?
	[ "$status" -eq "$2" ] || fail "a test that ends by $1 has status $status, not $2"
	! ip netns list | grep "^pktlint-$child-" || fail "left behind by a test that ends by $1"
	! kill -0 "$(head -n 1 "$lab_work/end.out")" 2>/dev/null ||
		fail "a test that ends by $1 has left its server"
}

if [ $# -gt 0 ]; then
	"$@"
	exit
fi
for arrangement in lab_pair lab_relay lab_bridge lab_router; do
	for ipv6 in no yes; do
		status=0
		bash "$0" try $arrangement $ipv6 || status=$?
		[ $status -ne 77 ] || exit 77
		[ $status -eq 0 ] || fail "$arrangement, IPv6: $ipv6: status $status"
	done
done
ends fail 1
ends skip 77
ends TERM 143
# What was ignored when the shell started cannot be caught, as under nohup(1).
case $(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/$$/status) in
[13579bdf]) ;;
*) ends HUP 129 ;;
esac
