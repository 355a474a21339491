#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every front end gives the same frames, labels and counts of the same traffic, a weaker one never
# surer than a better one; and they are what the relay did: lost and duplicated packets of real TCP
# exactly, reordered ones as RFC 4737 has them by the relay's log. Over veth and a bridge; TCP and
# UDP over IPv4 and IPv6, an EtherType of its own, with and without VLAN tag.
. "$TOP_SRCDIR/tests/live/lab.sh"

frontends=(mmap raw pcap)
# All that sends runs on one CPU: two reorder even over veth, and each socket sees it its way.
one_cpu='taskset -c 0'
log=$lab_work/log

# watch NS IF FILTER: captures by every front end, and a report by the best.
watch() {
	local frontend space=$1 interface=$2
	shift 2
	for frontend in "${frontends[@]}"; do
		ready="capturing on" start "$frontend" lab_in "$space" "$PKTLINT" dump \
			-i "$interface" --frontend "$frontend" -v --json "$@"
	done
	ready="capturing on" start check lab_in "$space" "$PKTLINT" check -i "$interface" -v \
		--json "$@"
}

# Ends the captures, which must have lost nothing, and compares them.
compare() {
	local frontend files=()
	for frontend in "${frontends[@]}"; do
		stop "$frontend" || fail "$case: '$frontend' ended with status $?"
		files+=("$lab_work/$frontend.out")
	done
	stop check
	[ $? -ne 2 ] || fail "$case: 'check' could not run"
	expect "dropped" 0 "$(metric capture.dropped_packets)"
	python3 "$TOP_SRCDIR/tests/live/compare.py" "${files[@]}" >"$lab_work/compared" || {
		head -n 20 "$lab_work/compared"
		fail "$case: front ends differ"
	}
}

metric() {
	jq -c ".metrics.$1" "$lab_work/check.out"
}

truth() {
	jq -c "$1" "$lab_work/truth"
}

start_relay() {
	# shellcheck disable=SC2086
	start relay lab_in R $one_cpu relay -l "$log" ra rb "$@"
}

stop_relay() {
	stop relay || fail "$case: the relay lost frames itself"
	python3 "$TOP_SRCDIR/tests/live/truth.py" "$log" >"$lab_work/truth" || fail "truth.py"
}

# Sequence of what the report lists, sorted.
extents() {
	jq -s 'map(select(.extent and (.label == "reordered")) | .extent) | sort' -c \
		"$lab_work/mmap.out"
}

# tcp ADDRESS FILTER RULE...: through the relay, against its log.
tcp() {
	local address=$1 filter=$2
	shift 2
	start_relay "$@"
	watch B b0 "$filter"
	# shellcheck disable=SC2086
	start server lab_in B $one_cpu traffic serve tcp -p 5001 -n 1
	# shellcheck disable=SC2086
	lab_in A $one_cpu traffic send tcp -d "$address" -p 5001 -b 4M -r 20k >/dev/null ||
		fail "$case: client"
	finish server || fail "$case: server"
	stop_relay
	compare
	# What is damaged on the way is lost to the receiver.
	expect lost "$(truth '."a>b" | (.dropped + .corrupted) | length')" \
		"$(metric tcp.lost_packets)"
	expect duplicated "$(truth '."a>b".duplicated | length')" "$(metric tcp.duplicates)"
	expect reordered "$(truth '."a>b".reordered | length')" "$(metric tcp.reordered_packets)"
	expect extents "$(truth '."a>b".reordered | map(.extent) | sort')" "$(extents)"
	expect corrupt "$(truth '."a>b".corrupted | length')" "$(metric tcp.corrupt_packets)"
}

# datagrams FILTER COUNT COMMAND...: what nobody judges is still the same everywhere, and counted.
datagrams() {
	local filter=$1 count=$2
	shift 2
	start_relay "a>b:drop:list=3,17,40" "a>b:hold:every=70:by=3" "a>b:dup:every=100"
	watch B b0 "$filter"
	# shellcheck disable=SC2086
	lab_in A $one_cpu "$@" >/dev/null || fail "$case: sender"
	stop_relay
	compare
	expect frames $((count - 3 + count / 100)) "$(metric capture.frames)"
}

# What a bridge passes, at its port.
bridged() {
	local filter=$1 count=$2
	shift 2
	watch R rb "$filter"
	# shellcheck disable=SC2086
	lab_in A $one_cpu "$@" >/dev/null || fail "$case: sender"
	compare
	[ "$count" = any ] || expect frames "$count" "$(metric capture.frames)"
}

bridged_tcp() {
	# shellcheck disable=SC2086
	start server lab_in B $one_cpu traffic serve tcp -p 5001 -n 1
	bridged 'tcp port 5001' any traffic send tcp -d "$1" -p 5001 -b 1M
	finish server || fail "$case: server"
	expect lost 0 "$(metric tcp.lost_packets)"
	expect reordered 0 "$(metric tcp.reordered_packets)"
}

# run CASE COMMAND...
run() {
	case=$1
	shift
	"$@"
}

relay_matrix() {
	# Without identifications, in IPv6, time must tell: the round trip is longer than the late
	# ones are late, and what is damaged is further apart than what is in flight.
	local damage=("a>b:drop:list=300,900,1500,2100" "a>b:dup:list=450,1050,2400"
		"a>b:hold:list=600,1200,1800,2600:by=3:ms=200" "a>b:corrupt:list=1350"
		"b>a:delay:any:every=1:ms=5")
	local version address
	lab_relay
	for version in 4 6; do
		address=lab_b$version
		run "tcp, IPv$version" tcp "${!address}" "tcp port 5001" "${damage[@]}"
		run "udp, IPv$version" datagrams "udp port 5002" 1000 traffic send udp \
			-d "[${!address}]:5002" -n 1000 -r 20k -s 500
	done
	run "raw" datagrams "ether proto 0x88b5" 1000 traffic send raw -i a0 -n 1000 -r 20k -s 60
	run "raw, VLAN" datagrams "vlan 77 and ether proto 0x88b5" 1000 \
		traffic send raw -i a0 -n 1000 -r 20k -s 100 --vlan 77
}

bridge_matrix() {
	local version address
	lab_bridge
	for version in 4 6; do
		address=lab_b$version
		run "bridge, tcp, IPv$version" bridged_tcp "${!address}"
		run "bridge, udp, IPv$version" bridged "udp port 5002" 1000 traffic send udp \
			-d "[${!address}]:5002" -n 1000 -r 20k -s 500
	done
	run "bridge, raw" bridged "ether proto 0x88b5" 1000 \
		traffic send raw -i a0 -n 1000 -r 20k -s 60
	run "bridge, raw, VLAN" bridged "vlan" 1000 \
		traffic send raw -i a0 -n 1000 -r 20k -s 100 --vlan 77
}

for tool in python3 jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
if [ $# -gt 0 ]; then
	"$1"
	exit
fi
for part in relay_matrix bridge_matrix; do
	status=0
	bash "$0" $part || status=$?
	[ $status -eq 0 ] || exit $status
done
