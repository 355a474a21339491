#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is healthy is not reported: a veth pair with addresses and TCP, lo and every other kind of
# device by itself, and a server that spreads its flows over two CPUs by RPS.
. "$TOP_SRCDIR/tests/live/audited.sh"

# TCP of several connections in both directions, for as long as something looks at it.
talk() {
	start server lab_in B traffic serve tcp -p 5001
	for n in 1 2 3; do
		start "client$n" lab_in A sh -c "echo ready; exec traffic send tcp -d $lab_b4 \
			-p 5001 -b 10G -r 2k"
	done
}

be_silent() {
	for n in 1 2 3; do
		stop "client$n"
	done
	stop server
}

# nothing NS IF...: by name, and all at once.
nothing() {
	local name space=$1
	shift
	for name; do
		case="$name in $space"
		audit "$space" "$name"
		silent
	done
	case="all of $space"
	audit "$space"
	silent
}

# Whatever this machine can make, each by itself and up; the names are added to $devices.
device() {
	local name=$1
	shift
	if ip -n "$lab_prefix-A" link add "$name" "$@" 2>/dev/null; then
		lab_ip A "link set $name up"
		devices="$devices $name"
	else
		echo "without $name: no $*"
	fi
}

# spread WORD: with traffic, at the server.
with_traffic() {
	talk
	case="$1: audit"
	audit B b0
	silent
	case="$1: audit --traffic"
	audit B --traffic 2 b0
	unharmed PL3001 PL3002 PL9006 PL9009
	expect "frames" true "$(report '.frames > 100')"
	expect "time" true "$(report '.host.seconds > 1.5 and .host.seconds < 10')"
	case="$1: check"
	lab_in B "$PKTLINT" check --json -i b0 --duration 1s >"$lab_work/report" ||
		fail "$case: status $?"
	unharmed PL3001 PL3002 PL9006 PL9009
	case="$1: audit --traffic, no name"
	audit B --traffic 1
	unharmed PL3001 PL3002 PL9006 PL9009
	expect "captured" '["b0"]' "$(report '.sources | map(.name)')"
	be_silent
}

command -v jq >/dev/null || skip "'jq' is not installed"
lab_pair
case="lo"
"$PKTLINT" audit --json lo >"$lab_work/report" 2>"$lab_work/audit.err"
audit_status=$?
silent
devices=
device br0 type bridge
device dummy0 type dummy
device ifb0 type ifb
device macvlan0 link a0 type macvlan mode bridge
device vlan0 link a0 type vlan id 7
if ip -n "$lab_prefix-A" tuntap add tap0 mode tap 2>/dev/null; then
	lab_ip A "link set tap0 up"
	devices="$devices tap0"
fi
# shellcheck disable=SC2086
nothing A lo a0 $devices
nothing B lo b0
with_traffic "plain veth"
if lab_in B sh -c 'echo 3 >/sys/class/net/b0/queues/rx-0/rps_cpus' 2>/dev/null; then
	with_traffic "RPS to two CPUs"
else
	echo "without RPS"
fi
