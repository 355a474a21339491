#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The laboratory that live tests source: network namespaces A, B and R (between them) with veth
# pairs, traffic and relay programs in the background. Nothing outlives the test: one trap ends what
# it started and removes what it made. Nothing sleeps to be in time: programs say "ready".
#
#   lab_pair               A a0 -- b0 B
#   lab_relay              A a0 -- ra R rb -- b0 B; R has no address: something there must relay
#   lab_bridge             the same; a bridge br0 in R relays
#   lab_router             the same; R forwards between two networks, IPv4 and IPv6
#   lab_in NS COMMAND...   runs COMMAND in namespace A, B or R; relay and traffic are in the PATH
#   start NAME COMMAND...  the same or another in the background, until it has printed $ready, a
#                          pattern, "^ready$" unless set; it prints to $lab_work/NAME.out and .err
#   stop NAME              SIGTERM; returns its exit status
#   finish NAME            waits until it ends by itself; returns its exit status
#   output NAME            what it printed on standard output but "ready"
#   until_true COMMAND...  tries it until it succeeds, $lab_patience seconds at most
#   offloads_off IF...     frames as they would be on a wire: the default of all but lab_pair
#   offloads_on IF...
#   set_mtu BYTES IF...
#   fail MESSAGE, skip REASON
#   expect WHAT WANTED GOT fails if the last two differ; $case, if set, stands before
#
# $lab_a4, $lab_b4, $lab_a6, $lab_b6 are the addresses of A and B, $lab_r4 and $lab_r6 the router's
# for A; $lab_a_mac, $lab_b_mac, $lab_ra_mac, $lab_rb_mac those of the interfaces. Neighbours are
# static: neither ARP nor neighbour discovery is on the wire. With lab_ipv6=no set before, there is
# no IPv6 and not one frame that no test has sent; else the kernel reports its multicast groups.
set -u

lab_prefix=pktlint-$$
lab_patience=20
lab_ipv6=yes
case=
lab_a_mac=02:77:00:00:00:0a lab_ra_mac=02:77:00:00:00:1a
lab_b_mac=02:77:00:00:00:0b lab_rb_mac=02:77:00:00:00:1b
lab_spaces=''
declare -A lab_pids=()
PATH=$TOP_BUILDDIR/tests/live:$PATH:/usr/sbin:/sbin

# Ends what was started, by its number, and removes the namespaces with all that is in them.
lab_remove() {
	local status=$? name
	trap '' HUP INT TERM
	for name in "${!lab_pids[@]}"; do
		kill -KILL "${lab_pids[$name]}"
		wait "${lab_pids[$name]}"
	done 2>/dev/null
	for name in $lab_spaces; do
		ip netns del "$lab_prefix-$name"
	done
	rm -rf "$lab_work"
	exit "$status"
}

lab_work=$(mktemp -d) || exit 1
trap lab_remove EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Shows all that the programs in the background printed.
fail() {
	local file
	echo "FAIL: $*"
	for file in "$lab_work"/*.out "$lab_work"/*.err; do
		[ ! -s "$file" ] || { echo "--- ${file##*/}"; tail -n 20 "$file"; }
	done
	exit 1
}

expect() {
	[ "$2" = "$3" ] || fail "${case:+$case: }$1: wanted '$2', got '$3'"
}

skip() {
	echo "SKIP: $*"
	exit 77
}

lab_in() {
	local space=$1
	shift
	ip netns exec "$lab_prefix-$space" "$@"
}

until_true() {
	local deadline=$((SECONDS + lab_patience))
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.02
	done
}

lab_ended() {
	! kill -0 "${lab_pids[$1]}" 2>/dev/null
}

lab_ready_or_ended() {
	grep -qs -e "${ready:-^ready$}" "$lab_work/$1.out" "$lab_work/$1.err" || lab_ended "$1"
}

# What "ip netns exec" runs has the number of ip itself, so it gets the signals.
start() {
	local name=$1 space
	shift
	if [ "$1" = lab_in ]; then
		space=$2
		shift 2
		set -- ip netns exec "$lab_prefix-$space" "$@"
	fi
	: >"$lab_work/$name.out"
	: >"$lab_work/$name.err"
	"$@" >"$lab_work/$name.out" 2>"$lab_work/$name.err" &
	lab_pids[$name]=$!
	until_true lab_ready_or_ended "$name" || fail "'$name' is not ready after $lab_patience s"
	! lab_ended "$name" || ready=${ready:-^ready$} lab_was_ready "$name" ||
		fail "'$name' ended before it was ready"
}

lab_was_ready() {
	grep -qs -e "$ready" "$lab_work/$1.out" "$lab_work/$1.err"
}

finish() {
	local status=0
	until_true lab_ended "$1" || fail "'$1' has not ended after $lab_patience s"
	wait "${lab_pids[$1]}" || status=$?
	unset "lab_pids[$1]"
	return "$status"
}

stop() {
	kill -TERM "${lab_pids[$1]}" 2>/dev/null
	finish "$1"
}

output() {
	grep -v '^ready$' "$lab_work/$1.out"
}

# The first letter of an interface tells its namespace: a0, b0, ra, rb.
lab_space_of() {
	local letter=${1:0:1}
	echo "${letter^}"
}

lab_offload() {
	local state=$1 interface
	shift
	for interface in "$@"; do
		lab_in "$(lab_space_of "$interface")" traffic offload "$interface" "$state" ||
			fail "cannot switch the offloads of '$interface' $state"
	done
}

offloads_off() {
	lab_offload off "$@"
}

offloads_on() {
	lab_offload on "$@"
}

set_mtu() {
	local mtu=$1 interface
	shift
	for interface in "$@"; do
		lab_ip "$(lab_space_of "$interface")" "link set $interface mtu $mtu"
	done
}

# lab_ip NS LINE...: each line a command of ip(8).
lab_ip() {
	local space=$1
	shift
	printf '%s\n' "$@" | ip -n "$lab_prefix-$space" -batch - || fail "ip in $space: $*"
}

# lab_settings NS NAME=VALUE...: below /proc/sys/net.
lab_settings() {
	local space=$1
	shift
	# The single quotes are for the shell inside.
	# shellcheck disable=SC2016
	lab_in "$space" sh -c 'for setting; do
		file=/proc/sys/net/${setting%%=*}
		[ ! -e "$file" ] || echo "${setting#*=}" >"$file" || exit
	done' sh "$@" || fail "cannot set $* in $space"
}

# lab_make NS...: the namespaces, with the IPv6 of the interfaces to come as quiet as it can be.
lab_make() {
	local space error off=0
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	command -v ip >/dev/null || skip "'ip' of iproute2 is not installed"
	[ -d /proc/sys/net/ipv6 ] || lab_ipv6=no
	for space in "$@"; do
		error=$(ip netns add "$lab_prefix-$space" 2>&1) ||
			skip "no network namespaces: $error"
		lab_spaces="$lab_spaces $space"
		error=$(lab_in "$space" true 2>&1) || skip "namespaces cannot be entered: $error"
		off=0
		[ "$lab_ipv6" = yes ] && [ "$space" != R ] || off=1
		lab_settings "$space" ipv6/conf/default/disable_ipv6=$off \
			ipv6/conf/default/accept_dad=0 ipv6/conf/default/accept_ra=0 \
			ipv6/conf/default/router_solicitations=0 \
			ipv6/conf/default/addr_gen_mode=1
		lab_ip "$space" "link set lo up"
	done
	error=$(lab_in A traffic send raw -i lo -n 1 -r 1 -s 60 2>&1) ||
		skip "no packet sockets: $error"
}

# lab_wire NS IF MAC NS IF MAC: a veth pair between two namespaces.
lab_wire() {
	local error
	error=$(ip -n "$lab_prefix-$1" link add "$2" address "$3" type veth \
		peer name "$5" address "$6" netns "$lab_prefix-$4" 2>&1) || skip "no veth: $error"
	lab_ip "$1" "link set $2 up"
	lab_ip "$4" "link set $5 up"
}

# lab_address NS IF IPV4/N IPV6/N NEIGHBOUR4 NEIGHBOUR6 NEIGHBOUR_MAC
lab_address() {
	lab_ip "$1" "address add $3 dev $2" "neighbour add $5 lladdr $7 dev $2"
	[ "$lab_ipv6" = no ] ||
		lab_ip "$1" "address add $4 dev $2 nodad" "neighbour add $6 lladdr $7 dev $2"
}

# A and B in one network.
lab_addresses() {
	lab_a4=10.77.0.1 lab_b4=10.77.0.2 lab_a6=fd77::1 lab_b6=fd77::2
	lab_address A a0 $lab_a4/24 $lab_a6/64 $lab_b4 $lab_b6 "$lab_b_mac"
	lab_address B b0 $lab_b4/24 $lab_b6/64 $lab_a4 $lab_a6 "$lab_a_mac"
}

lab_pair() {
	lab_make A B
	lab_wire A a0 "$lab_a_mac" B b0 "$lab_b_mac"
	lab_addresses
}

# A and B with R between them; no addresses.
lab_middle() {
	lab_make A R B
	lab_wire A a0 "$lab_a_mac" R ra "$lab_ra_mac"
	lab_wire R rb "$lab_rb_mac" B b0 "$lab_b_mac"
	offloads_off a0 ra rb b0
}

lab_relay() {
	lab_middle
	lab_addresses
}

lab_bridge() {
	local error
	lab_middle
	error=$(ip -n "$lab_prefix-R" link add br0 type bridge forward_delay 0 stp_state 0 \
		mcast_snooping 0 2>&1) || skip "no bridge: $error"
	lab_ip R "link set ra master br0" "link set rb master br0" "link set br0 up"
	lab_addresses
}

lab_router() {
	lab_a4=10.77.1.1 lab_b4=10.77.2.1 lab_a6=fd77:1::1 lab_b6=fd77:2::1
	lab_r4=10.77.1.254 lab_r6=fd77:1::254
	lab_middle
	lab_address A a0 $lab_a4/24 $lab_a6/64 $lab_r4 $lab_r6 "$lab_ra_mac"
	lab_address B b0 $lab_b4/24 $lab_b6/64 10.77.2.254 fd77:2::254 "$lab_rb_mac"
	lab_settings R ipv4/ip_forward=1
	lab_ip A "route add default via $lab_r4"
	lab_ip B "route add default via 10.77.2.254"
	if [ "$lab_ipv6" = yes ]; then
		lab_settings R ipv6/conf/all/forwarding=1 ipv6/conf/ra/disable_ipv6=0 \
			ipv6/conf/rb/disable_ipv6=0
		lab_ip A "route add default via $lab_r6"
		lab_ip B "route add default via fd77:2::254"
	fi
	lab_address R ra $lab_r4/24 $lab_r6/64 $lab_a4 $lab_a6 "$lab_a_mac"
	lab_address R rb 10.77.2.254/24 fd77:2::254/64 $lab_b4 $lab_b6 "$lab_b_mac"
}
