#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Numbered streams of protocols that nobody knows, over a path that loses, doubles and holds back
# packets: every front end counts what the relay's log has, late packets with their extents. The
# counter of a local EtherType is found by itself; that in UDP is described by --sequence.
. "$TOP_SRCDIR/tests/live/lab.sh"

frontends=(mmap raw pcap)
# All that sends runs on one CPU: two reorder even over veth, and each socket sees it its way.
one_cpu='taskset -c 0'
log=$lab_work/log
packets=2000
flows=2
damage=("a>b:drop:list=203,401,402,1007" "a>b:hold:every=90:first=90:by=5:ms=2000"
	"a>b:dup:every=250:by=2")

# watch FILTER OPTION...: captures at B by every front end, labels and report.
watch() {
	local frontend filter=$1
	shift
	for frontend in "${frontends[@]}"; do
		ready="capturing on" start "dump-$frontend" lab_in B "$PKTLINT" dump -i b0 \
			--frontend "$frontend" -v --json "$@" "$filter"
		ready="capturing on" start "check-$frontend" lab_in B "$PKTLINT" check -i b0 \
			--frontend "$frontend" -v --json "$@" "$filter"
	done
}

# report FRONTEND FILTER: from the report, by jq.
report() {
	jq -c "$2" "$lab_work/check-$1.out"
}

truth() {
	jq -c "$1" "$lab_work/truth"
}

# labels FRONTEND FILTER: from the final verdicts, by jq.
labels() {
	jq -s -c 'reduce .[] as $line ({}; .[($line.amends // $line.frame) | tostring] += $line) |
		[.[]] | '"$2" "$lab_work/dump-$1.out"
}

stop_relay() {
	stop relay || fail "$case: the relay lost frames itself"
	python3 "$TOP_SRCDIR/tests/live/truth.py" "$log" >"$lab_work/truth" || fail "truth.py"
}

# Ends the captures; each must have what the log has.
compare() {
	local frontend profile=$1 discovered=$2 lost copies late extents
	lost=$(truth '."a>b".dropped | length')
	copies=$(truth '."a>b".duplicated | length')
	late=$(truth '."a>b".reordered | length')
	extents=$(truth '."a>b".reordered | map(.extent) | sort')
	expect "lost, by the rules" 4 "$lost"
	expect "doubled, by the rules" 8 "$copies"
	expect "held back, by the rules" 22 "$late"
	for frontend in "${frontends[@]}"; do
		stop "dump-$frontend" || fail "$case, $frontend: dump ended with status $?"
		stop "check-$frontend"
		[ $? -ne 2 ] || fail "$case, $frontend: check could not run"
		expect "$frontend: dropped" 0 "$(report "$frontend" \
			.metrics.capture.dropped_packets)"
		expect "$frontend: streams" "[$flows,[\"$profile\"],[$discovered]]" \
			"$(report "$frontend" '.streams | [length, (map(.profile) | unique),
				(map(.discovered) | unique)]')"
		expect "$frontend: lost, doubled, late, anew" "[$lost,$copies,$late,0]" \
			"$(report "$frontend" '.streams | map(.metrics) |
				[(map(.lost_packets) | add), (map(.duplicate_packets) | add),
				(map(.reordered_packets) | add), (map(.restarts) | add)]')"
		expect "$frontend: labels" "[$copies,$late]" \
			"$(labels "$frontend" 'map(.label) |
				[(map(select(. == "duplicate")) | length),
				(map(select(. == "reordered")) | length)]')"
		expect "$frontend: extents" "$extents" "$(labels "$frontend" \
			'map(select(.label == "reordered") | .extent) | sort')"
	done
}

# run CASE PROFILE DISCOVERED FILTER [OPTION...] -- COMMAND...: the command sends from A to B.
run() {
	local profile=$2 discovered=$3 options=()
	case=$1
	shift 3
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2086
	start relay lab_in R $one_cpu relay -l "$log" ra rb "${damage[@]}"
	watch "${options[@]}"
	# shellcheck disable=SC2086
	lab_in A $one_cpu traffic send "$@" -n $packets -r 20k -s 100 --flows $flows \
		>"$lab_work/sent" || fail "$case: sender"
	stop_relay
	compare "$profile" "$discovered"
}

for tool in python3 jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
lab_relay
run "raw" counter true "ether proto 0x88b5" -- raw -i a0
run "raw, VLAN" counter true "vlan 77 and ether proto 0x88b5" -- raw -i a0 --vlan 77
specification="name=numbers ip.proto=udp port.dst=5002 start=payload offset=8 width=4 endian=big"
for address in "$lab_b4" "[$lab_b6]"; do
	run "udp to $address" numbers false "udp port 5002" \
		--sequence "$specification stream=ip.src,ip.dst,port.src" -- udp -d "$address:5002"
done
