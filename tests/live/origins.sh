#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Who reordered a stream? What tests of the answer source after they have set what lab.sh takes: the
# means to reorder packets at a place that is known, and one judgement on all that look meanwhile.
#
#   origin_case NAME TRUTH COMMAND...   COMMAND sends and so reorders; afterwards each way to look
#                                       must know the truth or say less, the ring must know it
#   origin_quiet NAME COMMAND...        nothing may be late, seen by the ring
#   origin_unknown NAME TRUTH WORDS COMMAND...  the ring must not claim even the truth; its reason
#                                       has WORDS, a regular expression
#   busy_cpu                            CPU 0 of B has more to receive than it can, from here on
#   calm_cpu                            no more
#   flip_steering                       b0 steers to one CPU or the other until "stop flip"
#   rps IF MASK                         sets rps_cpus of all its receive queues
#
# Ways to look ("views"): pktlint by the ring (mmap), raw, pcap; files by tcpdump, whose stamps have
# micro- or nanoseconds. $watch_space and $watch_interface tell where, $filter what; $options are
# for pktlint, $member is where its report has the answer: streams, flows or arrivals. $least late
# packets make a run, and one with fewer is made anew. $ORIGIN_RUNS runs are made of each case, and
# a line printed for each view: case, view, late packets, origin, confidence.
. "$TOP_SRCDIR/tests/live/lab.sh"

origin_runs=${ORIGIN_RUNS:-1}
origin_tries=6
watch_space=B watch_interface=b0
filter='ether proto 0x88b5'
options=()
member=streams
least=50
views=(mmap raw pcap micro nano)
# For --sequence: the numbers that "traffic send udp" writes, without the stream they are of.
# shellcheck disable=SC2034
datagram_numbers='name=numbers ip.proto=udp port.dst=5002 start=payload offset=8 width=4 endian=big'

# One sender, or one relay, on the CPU that is not busy sends in order.
other_cpu='taskset -c 1'
# Whoever looks is not to be kept from it, or loses packets.
reader='nice -n -20'
# Before all that is of no hurry, so that a CPU that is busy receiving runs it at all.
# shellcheck disable=SC2034
first_of_all='chrt -f 1'

# Of a report, for jq: late packets, origins, confidences. Streams with few late packets count only
# if they have been decided.
# shellcheck disable=SC2016
origin_of='def late: .late_packets // .metrics.reordered_packets // 0;
	def sides: if .directions then .directions[] else . end;
	[.[$member][] | sides | select(late > 0)] as $all |
	[$all[] | select(late >= 5 or .origin != "undetermined")] as $told |
	def words: map(. // "none") | unique | join("+") | if . == "" then "none" else . end;
	"\([$all[] | late] | add // 0) \([$told[].origin] | words) \([$told[].origin_confidence] |
	words)"'

origin_needs() {
	local tool
	for tool in jq taskset chrt nice tcpdump "$@"; do
		command -v "$tool" >/dev/null || skip "'$tool' is not installed"
	done
	taskset -c 0,1 true 2>/dev/null || skip "needs two CPUs"
	chrt -f 1 true 2>/dev/null || skip "no real-time scheduling"
}

rps() {
	# The single quotes are for the shell inside.
	# shellcheck disable=SC2016
	lab_in "$(lab_space_of "$1")" sh -c 'for file in /sys/class/net/$0/queues/rx-*/rps_cpus; do
		echo $1 >$file || exit
	done' "$1" "$2" 2>/dev/null || skip "no receive steering"
}

# What it sends to itself all waits for CPU 0.
busy_cpu() {
	if [ -z "${origin_busy_made:-}" ]; then
		lab_wire B b8 02:77:00:00:08:0b B b9 02:77:00:00:09:0b
		rps b9 1
		origin_busy_made=yes
	fi
	# shellcheck disable=SC2086
	start burden lab_in B nice -n -20 $other_cpu traffic burden b8 b9
}

calm_cpu() {
	stop burden
}

# On the busy CPU, before what keeps it busy: the sender has the other one.
flip_steering() {
	# shellcheck disable=SC2086
	start flip lab_in B taskset -c 0 $first_of_all traffic flip \
		/sys/class/net/b0/queues/rx-0/rps_cpus -r 4k 1 2
}

# shellcheck disable=SC2086
origin_look() {
	local view
	for view in "${views[@]}"; do
		case $view in
		mmap | raw | pcap)
			ready="capturing on" start "$view" lab_in "$watch_space" $reader \
				"$PKTLINT" check -v --json -o "$lab_work/$view.json" \
				-i "$watch_interface" --frontend "$view" "${options[@]}" "$filter"
			;;
		*)
			ready="listening on" start "$view" lab_in "$watch_space" $reader tcpdump \
				--time-stamp-precision="$view" -i "$watch_interface" -B 32768 \
				-U -Z root -w "$lab_work/$view.pcap" "$filter"
			;;
		esac
	done
}

# What it has when it is told to end it throws away.
origin_written() {
	local count
	count=$(tcpdump -r "$lab_work/$1.pcap" --count 2>/dev/null)
	[ "${count%% *}" -ge "$2" ] 2>/dev/null
}

origin_end() {
	local view frames
	for view in "${views[@]}"; do
		case $view in
		micro | nano)
			frames=$(jq .metrics.capture.frames "$lab_work/mmap.json")
			lab_patience=2 until_true origin_written "$view" "$frames"
			;;
		esac
		stop "$view"
		[ $? -ne 2 ] || fail "$case, $view: could not run"
		[ "$view" != micro ] && [ "$view" != nano ] && continue
		"$PKTLINT" check --json -o "$lab_work/$view.json" "${options[@]}" \
			-r "$lab_work/$view.pcap"
		[ $? -ne 2 ] || fail "$case: cannot read the file by tcpdump"
	done
}

# origin_told VIEW: sets $late, $origin, $confidence.
origin_told() {
	read -r late origin confidence < <(jq -r --arg member "$member" "$origin_of" \
		"$lab_work/$1.json")
}

# What an honest view may say where the truth is $1.
origin_allowed() {
	case $1 in
	host_backlog | receive_steering | multiple_queues) echo "$1 host undetermined none" ;;
	*) echo "$1 undetermined none" ;;
	esac
}

origin_show() {
	printf '%-36s %-5s %6d  %-18s %s\n' "$case" "$1" "$late" "$origin" "$confidence"
}

# origin_judge TRUTH ORIGIN: judges one run, in which the ring has to tell ORIGIN.
origin_judge() {
	local view allowed
	for view in "${views[@]}"; do
		origin_told "$view"
		origin_show "$view"
		allowed=$(origin_allowed "$1")
		[ "$view" != mmap ] || allowed=$2
		[[ " $allowed " == *" $origin "* ]] ||
			fail "$case, $view: wanted $allowed: $(origin_why "$view")"
	done
}

origin_why() {
	jq -c --arg member "$member" '[.[$member][] | if .directions then .directions[] else . end |
		select(.origin) | {origin, origin_confidence, origin_parts, reason,
		evidence: (.evidence | del(.waited_ns))}]' "$lab_work/$1.json"
}

# Whether each side did a quarter of it, by the ring.
origin_both_sides() {
	jq -e --arg member "$member" '[.[$member][].evidence | select(.)] |
		(map(.inside_pairs) | add) as $inside | (map(.outside_pairs) | add) as $outside |
		[$inside, $outside] | min * 4 >= add' "$lab_work/mmap.json" >"$lab_work/both"
}

# Whether enough came late, and the ring lost nothing unless $losing says that it is to.
origin_enough() {
	[ "${truth:-}" != mixed ] || origin_both_sides || return
	[ "$late" -ge "$least" ] && { [ -n "${losing:-}" ] ||
		[ "$(jq .metrics.capture.dropped_packets "$lab_work/mmap.json")" -eq 0 ]; }
}

# origin_make COMMAND...: one run that has enough of them.
origin_make() {
	local try lost
	for ((try = 0; try < origin_tries; try++)); do
		origin_look
		"$@" || fail "$case: sender"
		origin_end
		origin_told mmap
		! origin_enough || return 0
	done
	lost=$(jq .metrics.capture.dropped_packets "$lab_work/mmap.json")
	fail "$case: no run of $origin_tries has $least late packets, and none that the ring" \
		"lost: in the last one $late and $lost"
}

origin_case() {
	local truth=$2 run
	case=$1
	shift 2
	for ((run = 0; run < origin_runs; run++)); do
		origin_make "$@"
		origin_judge "$truth" "$truth"
	done
}

origin_quiet() {
	local run views=(mmap)
	case=$1
	shift
	for ((run = 0; run < origin_runs; run++)); do
		origin_look
		"$@" || fail "$case: sender"
		origin_end
		origin_told mmap
		origin_show mmap
		expect "late packets" "0 none" "$late $origin"
	done
}

origin_unknown() {
	local truth=$2 words=$3 run
	case=$1
	shift 3
	for ((run = 0; run < origin_runs; run++)); do
		origin_make "$@"
		origin_judge "$truth" undetermined
		origin_why mmap | jq -r '.[].reason' | grep -Eq -- "$words" ||
			fail "$case: the reason is $(origin_why mmap)"
	done
}
