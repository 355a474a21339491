#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Probes over a path that loses, doubles, holds back and damages them: the receiver counts what the
# relay's log has, frames and datagrams, tagged and not, also the first and the last ones; what
# never left, was refused or leaves on the wrong side is told from what was lost.
. "$TOP_SRCDIR/tests/live/lab.sh"

# All that sends runs on one CPU: two reorder even over veth.
one_cpu='taskset -c 0'
log=$lab_work/log
packets=2000
# No copy leaves while one is held: copies take up places in what pktlint counts as extent.
damage=("a>b:drop:list=1,203,401,402,1007,1999,2000"
	"a>b:hold:every=101:count=19:by=5:ms=2000" "a>b:dup:every=250:by=2")

# receive WHERE... OPTION...: in B, in the background.
receive() {
	ready="capturing on" start receive lab_in B "$PKTLINT" probe receive -v --json "$@"
}

send() {
	# shellcheck disable=SC2086
	lab_in A $one_cpu "$PKTLINT" probe send --json "$@" >"$lab_work/sent"
}

# With $tag it puts a VLAN tag into all, as a switch does.
start_relay() {
	# shellcheck disable=SC2086
	start relay lab_in R $one_cpu relay -l "$log" ${tag:+--tag $tag} ra rb "$@"
}

stop_relay() {
	stop relay || fail "$case: the relay lost frames itself"
	python3 "$TOP_SRCDIR/tests/live/truth.py" "$log" >"$lab_work/truth" || fail "truth.py"
	valid "$lab_work/receive.out" "$lab_work/sent"
}

# valid FILE...: reports are as the schema says, where there is something that can tell.
valid() {
	local file
	[ "$can_validate" = yes ] || return 0
	for file in "$@"; do
		[ -s "$file" ] || continue
		python3 -c 'import json, sys, jsonschema
schema, report = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.Draft202012Validator(schema).validate(report)' \
			"$TOP_SRCDIR/schema/pktlint.report-1.schema.json" "$file" ||
			fail "$case: the report is not as the schema has it"
	done
}

received() {
	jq -c "$1" "$lab_work/receive.out"
}

sent() {
	jq -c "$1" "$lab_work/sent"
}

truth() {
	jq -c "$1" "$lab_work/truth"
}

# run CASE STREAMS RECEIVE... -- SEND...
run() {
	local where=() streams=$2 status=0
	case=$1
	shift 2
	while [ "$1" != -- ]; do
		where+=("$1")
		shift
	done
	shift
	start_relay "${damage[@]}"
	receive "${where[@]}"
	send "$@" --rate 20k -c $packets || fail "$case: send ended with status $?"
	finish receive || status=$?
	stop_relay
	expect "status" 1 "$status"
	expect "sent" "[$packets,0]" "$(sent '.metrics.sender | [.sent_packets, .unsent_packets]')"
	expect "ended by" '"end"' "$(received .ended_by)"
	expect "dropped by the capture" 0 "$(received .metrics.capture.dropped_packets)"
	expect "streams" "[$streams,$streams]" \
		"$(received '.metrics.probe | [.streams, .ended_streams]')"
	expect "lost, by the rules" 7 "$(truth '."a>b".dropped | length')"
	expect "expected" $packets "$(received .metrics.probe.expected_packets)"
	expect "lost" "$(truth '."a>b".dropped | length')" "$(received .metrics.probe.lost_packets)"
	expect "twice" "$(truth '."a>b".duplicated | length')" \
		"$(received .metrics.probe.duplicate_packets)"
	expect "twice, of the sequence" "$(truth '."a>b".duplicated | length')" \
		"$(received .metrics.sequence.duplicate_packets)"
	expect "damaged" 0 "$(received .metrics.probe.corrupt_packets)"
	expect "findings" '["PL2102","PL2201"]' \
		"$(received '.findings | map(.id) | map(select(startswith("PL2") and
			. != "PL2206")) | sort')"
	expect "undelivered" "$undelivered" \
		"$(received '[.findings[] | select(.id == "PL2206")] | length')"
	expect "late" "$(truth '."a>b".reordered | length')" \
		"$(received .metrics.sequence.reordered_packets)"
	expect "extents" "$(truth '."a>b".reordered | map(.extent) | [length, min, max]')" \
		"$(received '.metrics.sequence.extent | [.count, .min, .max]')"
	expect "late, extents of each stream" \
		"$(truth '."a>b".reordered | group_by(.flow) |
			map([length, (map(.extent) | max)]) | sort')" \
		"$(received '.streams | map(.metrics | select(.reordered_packets > 0) |
			[.reordered_packets, .extent.max]) | sort')"
	echo "$case: $(received '.metrics | [.probe.lost_packets, .probe.duplicate_packets,
		.sequence.reordered_packets, .sequence.extent.max]')"
}

# Not every kernel has such devices: returns whether this one does.
tagged_interfaces() {
	ip -n "$lab_prefix-A" link add link a0 name a0.77 type vlan id 77 2>/dev/null || return
	lab_ip A "address add 10.77.7.1/24 dev a0.77" "link set a0.77 up" \
		"neighbour add 10.77.7.2 lladdr $lab_b_mac dev a0.77"
	lab_ip B "link add link b0 name b0.77 type vlan id 77" \
		"address add 10.77.7.2/24 dev b0.77" "link set b0.77 up" \
		"neighbour add 10.77.7.1 lladdr $lab_a_mac dev b0.77"
}

for tool in python3 jq taskset; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
can_validate=no undelivered=0
! python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null || can_validate=yes
lab_relay
run "frames" 1 -i b0 -- -i a0 --to "$lab_b_mac"
run "frames, tagged" 1 -i b0 -- -i a0 --to "$lab_b_mac" --vlan 77:5
tag=77
run "frames, tagged twice" 1 -i b0 -- -i a0 --to "$lab_b_mac" --vlan 78
tag=
run "frames to all" 1 -i b0 -- -i a0 --to broadcast --size 500
run "frames, three streams" 3 -i b0 -- -i a0 --to "$lab_b_mac" --streams 3
run "udp" 1 -i b0 --udp 8845 -- "$lab_b4"
if tagged_interfaces; then
	run "udp, tagged" 1 -i b0 --udp 9001 -- 10.77.7.2:9001
else
	echo "note: no VLAN devices in this kernel: tagged datagrams are not tried"
fi
[ "$lab_ipv6" = no ] || run "udp, IPv6" 1 -i b0 --udp 9001 -- "[$lab_b6]:9001"
run "udp, three streams" 3 -i b0 --udp 8845 -- "$lab_b4" --streams 3
# B has no such VLAN.
tag=77 undelivered=1
run "udp, tagged on the way" 1 -i b0 --udp 8845 -- "$lab_b4"
[ "$lab_ipv6" = no ] || run "udp, IPv6, tagged on the way" 1 -i b0 --udp 8845 -- "[$lab_b6]"
tag='' undelivered=0
for frontend in raw pcap; do
	run "udp, $frontend" 1 -i b0 --udp 8845 --frontend $frontend -- --udp "$lab_b4"
done

case="damaged"
start_relay "a>b:corrupt:every=100:first=100:count=10" "a>b:drop:list=1,2000"
receive -i b0
send -i a0 --to "$lab_b_mac" --rate 20k -c $packets || fail "$case: send ended with status $?"
finish receive
expect "status" 1 $?
stop_relay
expect "damaged, by the rules" 10 "$(truth '."a>b".corrupted | length')"
expect "counts" "[$packets,1988,2,10,0]" "$(received '.metrics.probe | [.expected_packets,
	.received_packets, .lost_packets, .corrupt_packets, .duplicate_packets]')"
expect "finding" 1 "$(received '[.findings[] | select(.id == "PL2202")] | length')"

case="damaged, and its copy too"
start_relay "a>b:corrupt:list=100" "a>b:dup:list=100" "a>b:drop:list=7"
receive -i b0
send -i a0 --to "$lab_b_mac" --rate 20k -c 200 || fail "$case: send ended with status $?"
finish receive
stop_relay
expect "counts" "[200,198,1,2]" "$(received '.metrics.probe | [.expected_packets,
	.received_packets, .lost_packets, .corrupt_packets]')"

# Its probes and its ends: every third frame of all.
case="one stream of three is lost"
start_relay "a>b:drop:every=3:first=1"
receive -i b0 --udp 8845 --idle 1s
send "$lab_b4" --rate 20k -c 1998 --streams 3 || fail "$case: send ended with status $?"
finish receive
expect "status" 1 $?
stop_relay
expect "counts" "[1332,1332,0,1,2]" "$(received '.metrics.probe | [.expected_packets,
	.received_packets, .lost_packets, .absent_streams, .ended_streams]')"
expect "finding" '["PL2201","error"]' \
	"$(received '.findings[] | select(.id == "PL2201") | [.id, .severity]')"

case="the end is lost"
start_relay "a>b:drop:every=1:first=101"
receive -i b0 --idle 1s
send -i a0 --to "$lab_b_mac" --rate 20k -c 105 || fail "$case: send ended with status $?"
finish receive
expect "status" 3 $?
stop_relay
expect "counts" "[100,100,0,0]" "$(received '.metrics.probe | [.expected_packets,
	.received_packets, .lost_packets, .ended_streams]')"

case="two senders"
start_relay
receive -i b0
ready="sending run" start other lab_in A "$PKTLINT" probe send -v -q -i a0 --to "$lab_b_mac" \
	-c 300 --rate 100
send -i a0 --to "$lab_b_mac" --rate 20k -c 500 || fail "$case: send ended with status $?"
finish other || fail "$case: the other ended with status $?"
finish receive || fail "$case: receive ended with status $?"
stop_relay
expect "counts" "[800,800,0,2,2]" "$(received '.metrics.probe | [.expected_packets,
	.received_packets, .lost_packets, .streams, .ended_streams]')"

# As many runs as anybody likes, ends that tell any number, numbers that jump.
case="forged"
start_relay
receive -i b0 --udp 8845 --idle 1s
lab_in A python3 "$TOP_SRCDIR/tests/live/forged.py" "$lab_b4" 8845 || fail "$case: the forger"
send "$lab_b4" -c 10 || fail "$case: send ended with status $?"
finish receive
[ $? -ne 2 ] || fail "$case: receive could not run"
stop_relay
expect "streams, left out" "[256,true]" \
	"$(received '.metrics.probe | [.streams, .left_out_packets > 0]')"
expect "undecided" true "$(received '.undecided | length > 0')"

case="fragments"
start_relay
receive -i b0 --udp 8845
send "$lab_b4" --size 3000 -c 100 || fail "$case: send ended with status $?"
finish receive || fail "$case: receive ended with status $?"
stop_relay
expect "counts" "[100,100,0,0,100]" "$(received '.metrics.probe | [.expected_packets,
	.received_packets, .lost_packets, .corrupt_packets, .socket_packets]')"

if [ "$lab_ipv6" = yes ]; then
	case="fragments, IPv6"
	start_relay
	receive -i b0 --udp 8845
	send "[$lab_b6]" --size 3000 -c 100 || fail "$case: send ended with status $?"
	finish receive || fail "$case: receive ended with status $?"
	stop_relay
	expect "counts" "[100,100,0]" "$(received '.metrics.probe | [.expected_packets,
		.received_packets, .lost_packets]')"
fi

for to in "${lab_b4%.*}.255" "239.77.0.1 -i a0" "ff02::77%a0"; do
	[ "$lab_ipv6" = yes ] || [ "${to#ff02}" = "$to" ] || continue
	case="to all: $to"
	start_relay
	receive -i b0 --udp 8845
	# shellcheck disable=SC2086
	send $to -c 50 || fail "$case: send ended with status $?"
	finish receive || fail "$case: receive ended with status $?"
	stop_relay
	expect "counts" "[50,50,0]" "$(received '.metrics.probe | [.expected_packets,
		.received_packets, .lost_packets]')"
done

case="to itself"
start_relay
ready="capturing on" start receive lab_in A "$PKTLINT" probe receive -v --json -i lo --udp 8845
send "$lab_a4" -c 50 || fail "$case: send ended with status $?"
finish receive || fail "$case: receive ended with status $?"
stop_relay
expect "interface" "\"udp $lab_a4:8845 by lo\"" "$(sent '.sources[0].name')"
expect "counts" "[50,0,0]" "$(received '.metrics.probe |
	[.received_packets, .lost_packets, .duplicate_packets]')"

# Nothing keeps up with that.
case="slower than asked for"
start_relay
send "$lab_b4" -c 50k --rate 1G --fail-on error || fail "$case: send ended with status $?"
stop_relay
expect "finding" '[1000000000]' \
	"$(sent '[.findings[] | select(.id == "PL2205") | .numbers.asked_rate]')"

case="a full queue"
if lab_in A tc qdisc add dev a0 root tbf rate 1mbit burst 2kb limit 4kb 2>/dev/null; then
	start_relay
	receive -i b0
	send -i a0 --to "$lab_b_mac" --size 1000 -c 200 --burst 50
	expect "status" 1 $?
	finish receive
	stop_relay
	lab_in A tc qdisc del dev a0 root
	# Ends may find no room either.
	[ "$(received .metrics.probe.ended_streams)" = 0 ] ||
		expect "unsent, lost" "[$(sent .metrics.sender.unsent_packets),0]" \
			"$(received '.metrics.probe | [.unsent_packets, .lost_packets]')"
	expect "finding" '["PL2203"]' "$(sent '.findings | map(.id) | map(select(. != "PL2205"))')"
else
	echo "note: no tbf: a full queue is not tried"
fi

case="two CPUs"
start_relay
receive -i b0
lab_in A "$PKTLINT" probe send --json -i a0 --to "$lab_b_mac" --cpu 0,1 --streams 2 --burst 8 \
	--rate 10k -c $packets >"$lab_work/sent" || fail "$case: send ended with status $?"
finish receive || [ $? -eq 1 ] || fail "$case: receive ended with status $?"
stop_relay
expect "counts" "[$packets,$packets,0,2]" "$(received '.metrics.probe |
	[.expected_packets, .received_packets, .lost_packets, .ended_streams]')"

case="nobody listens"
start_relay
send "$lab_b4:9009" -c 20 --rate 100
expect "status" 1 $?
stop_relay
expect "finding" "[\"PL2204\",\"told by $lab_b4\"]" \
	"$(sent '.findings | map([.id, .where]) | first')"
[ "$(sent .metrics.sender.icmp_errors)" -gt 0 ] || fail "$case: no error came back"

case="unprivileged"
start_relay
receive -i b0 --udp 8845
lab_in A setpriv --reuid=65534 --regid=65534 --clear-groups "$PKTLINT" probe send "$lab_b4" \
	-c 50 -q || fail "$case: send ended with status $?"
finish receive || fail "$case: receive ended with status $?"
stop_relay
expect "received" 50 "$(received .metrics.probe.received_packets)"

case="a small socket"
start_relay
receive -i b0 --udp 8845 --socket-buffer 1
send "$lab_b4" -c 200 --burst 100 --rate 1k || fail "$case: send ended with status $?"
finish receive || fail "$case: receive ended with status $?"
stop_relay
expect "received" 200 "$(received .metrics.probe.received_packets)"
# Each of the five ends may be dropped, too.
expect "socket" true "$(received '.metrics.probe | .socket_packets + .socket_dropped_packets |
	. >= 200 and . <= 205')"
[ "$(received .metrics.probe.socket_dropped_packets)" -gt 0 ] ||
	fail "$case: the socket dropped none"
expect "finding" '["PL2206","info"]' \
	"$(received '.findings[] | select(.id == "PL2206") | [.id, .severity]')"

case="wrong side"
ready="capturing on" start receive lab_in A "$PKTLINT" probe receive -v --json -i a0 --wait 1s
send -i a0 --to "$lab_b_mac" -c 20 || fail "$case: send ended with status $?"
finish receive
expect "status" 3 $?
expect "counts" "[0,20]" \
	"$(received '.metrics.probe | [.received_packets, .outgoing_packets]')"

case="ended by a signal"
ready="sending run" start send lab_in A "$PKTLINT" probe send -v --json -i a0 \
	--to "$lab_b_mac" --duration 60s --rate 100
stop send
[ $? -ne 2 ] || fail "$case: it could not run"
expect "ended by" '"signal"' "$(jq -c .ended_by "$lab_work/send.out")"

case="interface down"
lab_ip A "link set a0 down"
send -i a0 --to "$lab_b_mac" -c 20
expect "status" 1 $?
expect "finding" '["PL2203"]' "$(sent '.findings | map(.id)')"
expect "counts" "[20,0,20]" \
	"$(sent '.metrics.sender | [.packets, .sent_packets, .unsent_packets]')"
