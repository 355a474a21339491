#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# How fast is pktlint, and what does it hold in memory? Every goal is a ratio within one run or a
# count, so that it means the same on another machine: CPU seconds against libpcap's bare reader, in
# interleaved pairs; instructions as the slope between two sizes of file.
# Instructions and memory decide the exit status (0, or 1 if a limit is broken); CPU time depends on
# the neighbours and only informs, unless BENCH_STRICT=1.
# BENCH_QUICK=1: small files. BENCH_PAIRS: pairs, default 5. BENCH_DIR: where the captures are
# written (removed after), default a new directory in $TMPDIR.
set -eu

: "${PKTLINT:?the program to measure}"
: "${BENCH_TOOLS:?the directory of generate, numbered, measure, pcap_loop, touch_loop}"
LC_ALL=C
export LC_ALL
pairs=${BENCH_PAIRS:-5}
strict=${BENCH_STRICT:-0}
if [ "${BENCH_QUICK:-0}" = 1 ]; then
	scale=10 need_kib=$((600 * 1024))
else
	scale=1 need_kib=$((4 * 1024 * 1024))
fi
million=$((1000000 / scale))
ring_full=300000        # packets after which the ring of recent segments holds all it ever will
base_kib=$((16 * 1024)) # what a run may hold beside its flows
flow_bytes=384          # what a clean flow may hold

failed=0
unclean=

# --- the runs: each writes "CPU-seconds peak-KiB status" to the file 'sample' -------------------

run_pktlint() { "$BENCH_TOOLS/measure" sample "$PKTLINT" check --json -r "$@" >/dev/null; }
run_pcap_loop() { "$BENCH_TOOLS/measure" sample "$BENCH_TOOLS/pcap_loop" "$1" >/dev/null; }
run_touch_loop() { "$BENCH_TOOLS/measure" sample "$BENCH_TOOLS/touch_loop" "$1" >/dev/null; }
run_tcptrace() { "$BENCH_TOOLS/measure" sample tcptrace -n "$1" >/dev/null 2>&1; }
run_tshark() { "$BENCH_TOOLS/measure" sample tshark -n -q -z conv,tcp -r "$1" >/dev/null 2>&1; }

# capture NAME PACKETS FLOWS BYTES [OPTIONS]: writes a capture and reads it into the page cache.
capture() {
	name=$1 packets=$2 flows=$3 bytes=$4
	shift 4
	"$BENCH_TOOLS/generate" -n "$packets" -f "$flows" -b "$bytes" "$@" "$name" >/dev/null
	cat "$name" >/dev/null
}

# alternate PEER FILE [PKTLINT-OPTIONS]: pairs of runs, into files 'ours' and 'theirs'.
alternate() {
	peer=$1
	shift
	: >ours
	: >theirs
	i=0
	while [ $i -lt "$pairs" ]; do
		run_pktlint "$@"
		cat sample >>ours
		"run_$peer" "$1"
		cat sample >>theirs
		i=$((i + 1))
	done
	note_status "$1" ours
}

# A generated capture is clean; a status other than 0 means that something in it was accused.
note_status() {
	awk '$3 != 0 { bad = 1 } END { exit bad }' "$2" || unclean="$unclean $1"
}

# --- statistics -------------------------------------------------------------------------------

# median COLUMN FILE
median() {
	sort -n -k "$1,$1" "$2" | awk -v column="$1" '
		{ value[NR] = $column }
		END { print (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2 }'
}

calculate() { awk "BEGIN { printf \"%.6g\", $1 }"; }

# show FORMAT EXPRESSIONS: as printf(1), but calculates; the expressions are separated by commas.
show() { awk "BEGIN { printf \"$1\", $2 }"; }

# ratios NUMERATOR DENOMINATOR: "median least greatest" of the CPU ratios, pair by pair.
ratios() {
	paste "$1" "$2" | awk '{ print ($4 > 0) ? $1 / $4 : 0 }' | sort -n | awk '
		{ value[NR] = $1 }
		END {
			middle = (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2
			printf "%.3f %.3f %.3f\n", middle, value[1], value[NR]
		}'
}

# per_packet FILE PACKETS: median CPU nanoseconds a packet.
per_packet() { calculate "$(median 1 "$1") * 1e9 / $2"; }

# --- the table --------------------------------------------------------------------------------

row() { printf '%-45s %-32s %-8s %s\n' "$1" "$2" "$3" "$4"; }

# judge GATE GOAL MEASURED-TEXT VALUE SIGN LIMIT: one line; a broken limit counts if GATE is 1.
judge() {
	if awk "BEGIN { exit !($4 $5 $6) }"; then
		row "$2" "$3" "$5 $6" PASS
	elif [ "$1" = 1 ]; then
		failed=1
		row "$2" "$3" "$5 $6" FAIL
	else
		row "$2" "$3" "$5 $6" "FAIL (informs)"
	fi
}

# judge_ratio GOAL NUMERATOR DENOMINATOR SIGN LIMIT
judge_ratio() {
	ratio=$(ratios "$2" "$3")
	text=$(echo "$ratio" | awk '{ printf "%.2f (%.2f to %.2f)", $1, $2, $3 }')
	judge "$strict" "$1" "$text" "${ratio%% *}" "$4" "$5"
}

# speed NAME PACKETS: a line without a goal, for what the last pairs took.
speed() {
	row "$1" "$(show '%.0f ns a packet, pcap_loop %.0f' \
		"$(per_packet ours "$2"), $(per_packet theirs "$2")")" "" ""
}

# --- instructions -----------------------------------------------------------------------------

# instructions COMMAND...: how many it takes, or nothing if no tool here can count them.
instructions() {
	if command -v valgrind >/dev/null; then
		valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
			awk '/Collected/ { print $4 }'
	elif command -v perf >/dev/null; then
		perf stat -x, -e instructions:u "$@" 2>&1 >/dev/null |
			awk -F, '$1 ~ /^[0-9]+$/ { print $1 }'
	fi
}

# slope FILE-OF-20000 FILE-OF-60000 COMMAND...: instructions a packet; COMMAND ends in the file.
slope() {
	small=$1 large=$2
	shift 2
	few=$(instructions "$@" "$small")
	many=$(instructions "$@" "$large")
	[ -n "$few" ] && [ -n "$many" ] && calculate "($many - $few) / 40000"
}

# judge_slope GATE GOAL SMALL LARGE
judge_slope() {
	ours=$(slope "$3" "$4" "$PKTLINT" check --json -r) || ours=
	theirs=$(slope "$3" "$4" "$BENCH_TOOLS/pcap_loop") || theirs=
	if [ -z "$ours" ] || [ -z "$theirs" ]; then
		row "$2" "no valgrind, no perf counters" "<= 3" skipped
		return
	fi
	ratio=$(calculate "$ours / $theirs")
	judge "$1" "$2" "$(show '%.0f = %.2f x %.0f' "$ours, $ratio, $theirs")" "$ratio" "<=" 3
}

# numbered NAME PROTOCOL PACKETS: a capture of 100 streams in order.
numbered() {
	"$BENCH_TOOLS/numbered" -p "$2" -n "$3" -f 100 "$1"
	cat "$1" >/dev/null
}

# judge_sequence PROTOCOL SLOPE-OF-TCP: and that its streams were judged at all.
judge_sequence() {
	numbered s20 "$1" 20000
	numbered s60 "$1" 60000
	goal="any sequence: instructions a packet, $1 / TCP"
	ours=$(slope s20 s60 "$PKTLINT" check --json -r) || ours=
	if [ -z "$ours" ] || [ -z "$2" ]; then
		row "$goal" "no valgrind, no perf counters" "<= 1.5" skipped
	else
		ratio=$(calculate "$ours / $2")
		judge 1 "$goal" "$(show '%.0f = %.2f x %.0f' "$ours, $ratio, $2")" "$ratio" \
			"<=" 1.5
	fi
	count=$("$PKTLINT" check --json -r s20 | sed -n 's/.*"stream_total": *\([0-9]*\).*/\1/p')
	judge 1 "any sequence: streams found, $1" "${count:-none}" "${count:-0}" "==" 100
	rm -f s20 s60
}

# In order, 100 streams against 100 flows.
measure_sequences() {
	capture i20 20000 100 96
	capture i60 60000 100 96
	tcp=$(slope i20 i60 "$PKTLINT" check --json -r) || tcp=
	rm -f i20 i60
	for protocol in esp rtp wireguard ip-id counter; do
		judge_sequence "$protocol" "$tcp"
	done
	numbered S rtp $million
	alternate pcap_loop S
	speed "S  speed, 1 M packets of RTP" $million
	rm -f S
}

measure_instructions() {
	capture i20 20000 2000 96
	capture i60 60000 6000 96
	judge_slope 1 "instructions a packet, 10 packets a flow" i20 i60
	capture i20 20000 100 96
	capture i60 60000 100 96
	judge_slope 1 "instructions a packet, 100 flows" i20 i60
	capture i20 20000 100 96 -a 20000
	capture i60 60000 100 96 -a 20000
	judge_slope 0 "the same, 2 % of the trains sick" i20 i60
	capture i100 100 10 96
	count=$(instructions "$PKTLINT" check --json -r i100)
	if [ -n "$count" ]; then
		judge 1 "start-up, millions of instructions" "$(show %.1f "$count / 1e6")" \
			"$count / 1e6" "<=" 10
	fi
	run_pktlint i100
	kib=$(median 2 sample)
	judge 1 "start-up, peak MiB" "$(show %.1f "$kib / 1024")" "$kib / 1024" "<=" 16
	rm -f i20 i60 i100
}

# --- CPU and memory, one capture after the other ------------------------------------------------

# peer NAME: whether it is installed; a missing one is a row of the table.
peer() {
	command -v "$1" >/dev/null && return
	row "ahead of $1" "peer missing" "" skipped
	return 1
}

measure_small() {
	capture A $million $((10000 / scale)) 96
	alternate pcap_loop A
	speed "A  speed, 1 M packets, 10 k flows" $million
	ns_clean=$(per_packet ours $million)
	if peer tcptrace; then
		alternate tcptrace A
		judge_ratio "A  tcptrace / CPU" theirs ours ">=" 6
	fi
	if peer tshark; then
		measure_tshark
	fi
	capture A $million $((10000 / scale)) 96 -a 20000
	: >ours
	for i in 1 2 3; do
		run_pktlint A
		cat sample >>ours
	done
	ns_sick=$(per_packet ours $million)
	row "A  with 2 % of the trains sick" \
		"$(show '%.0f ns a packet, clean %.0f' "$ns_sick, $ns_clean")" "" ""
	rm -f A
}

# tshark takes 15 us a packet: the slope between two short captures of A's shape, three times.
measure_tshark() {
	capture T1 20000 200 96
	capture T2 120000 1200 96
	: >slopes
	for i in 1 2 3; do
		run_tshark T1
		short=$(median 1 sample)
		run_tshark T2
		calculate "($(median 1 sample) - $short) * 1e4" >>slopes
		echo >>slopes
	done
	ns=$(median 1 slopes)
	times=$(calculate "$ns / $ns_clean")
	judge "$strict" "A  tshark (slope of 20 k, 120 k) / CPU" \
		"$(show '%.0f (%.0f ns a packet, ours %.0f)' "$times, $ns, $ns_clean")" \
		"$times" ">=" 60
	rm -f T1 T2
}

measure_many_flows() {
	flows_5=$((100000 / scale)) flows_6=$((1000000 / scale)) packets_5=$million
	[ $packets_5 -ge $ring_full ] || packets_5=$ring_full
	capture A5 $packets_5 $flows_5 96
	if peer tcptrace; then
		alternate tcptrace A5
		judge_ratio "A5 tcptrace / CPU, 1 M packets, 100 k flows" theirs ours ">=" 20
	fi
	run_pktlint A5 --max-flows $((flows_6 + 1000))
	kib_5=$(median 2 sample)
	rm -f A5

	capture A6 $((10 * million)) $flows_6 96
	alternate pcap_loop A6 --max-flows $((flows_6 + 1000))
	ns_6=$(per_packet ours $((10 * million)))
	kib_6=$(median 2 ours)
	judge "$strict" "A6 CPU a packet / A1's, 1 M flows" \
		"$(show '%.2f (%.0f and %.0f ns)' "$ns_6 / $ns_1, $ns_6, $ns_1")" \
		"$ns_6 / $ns_1" "<=" 3
	each="($kib_6 - $base_kib) * 1024 / $flows_6"
	judge 1 "memory, bytes a clean flow over 16 MiB" \
		"$(show '%.0f (%.1f MiB, %d flows)' "$each, $kib_6 / 1024, $flows_6")" \
		"$each" "<=" $flow_bytes
	each="($kib_6 - $kib_5) * 1024 / ($flows_6 - $flows_5)"
	judge 1 "memory, slope from A5 to A6" "$(show '%.0f bytes a flow' "$each")" \
		"$each" "<=" $flow_bytes
	measure_bound
	rm -f A6
}

# A quarter of the flows fit: the rest must be evicted, and the report must say so.
measure_bound() {
	bound=$((262144 / scale))
	run_pktlint A6 --max-flows $bound
	kib=$(median 2 sample)
	each="($kib - $base_kib) * 1024 / $bound"
	judge 1 "memory, --max-flows $bound on A6" \
		"$(show '%.0f bytes a flow (%.1f MiB)' "$each, $kib / 1024")" \
		"$each" "<=" $flow_bytes
	evicted=$("$PKTLINT" check --json -r A6 --max-flows $bound |
		sed -n 's/.*"[a-z_]*evicted[a-z_]*": *\([0-9]*\).*/\1/p' | head -n 1)
	judge 1 "evictions in the report" "${evicted:-none}" "${evicted:-0}" ">" 0
}

measure_long() {
	capture A0 $ring_full 1000 96
	run_pktlint A0
	kib_0=$(median 2 sample)
	capture A0 $million 1000 96
	capture A1 $((10 * million)) 1000 96
	alternate pcap_loop A1
	judge_ratio "A1 CPU / pcap_loop, 10 M packets, 1 k flows" ours theirs "<=" 1.5
	ns_1=$(per_packet ours $((10 * million)))
	kib_1=$(median 2 ours)
	speed "A1 speed" $((10 * million))
	more=$(show %.0f "$kib_1 - $kib_0")
	judge 1 "memory, KiB more for $((10 * million / ring_full)) times the packets" "$more" \
		"$more" "<=" 1024
	alternate pcap_loop A0
	growth=$(calculate "$ns_1 / $(per_packet ours $million)")
	judge "$strict" "A1 CPU a packet / that of 1 M packets" "$growth" "$growth" "<=" 1.15
	rm -f A0 A1
}

measure_large_frames() {
	capture B $((2 * million)) 100 1514 -k 8
	alternate pcap_loop B
	judge_ratio "B  CPU / pcap_loop, 2 M full-size packets" ours theirs "<=" 0.6
	speed "B  speed" $((2 * million))
	# How much of that is reading and touching, which is dearer here and cheaper there.
	alternate touch_loop B
	row "B  CPU / reading and touching every byte" \
		"$(ratios ours theirs | awk '{ printf "%.2f (%.2f to %.2f)", $1, $2, $3 }')" "" ""
	rm -f B
}

# ----------------------------------------------------------------------------------------------

directory=${BENCH_DIR:-}
if [ -n "$directory" ]; then
	mkdir -p "$directory"
	directory=$(mktemp -d "$directory/bench.XXXXXX")
else
	directory=$(mktemp -d)
fi
trap 'rm -rf "$directory"' EXIT
trap 'exit 2' INT TERM
cd "$directory"
if [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -lt $need_kib ]; then
	echo "bench: '$directory' has less than $((need_kib / 1024)) MiB free: set BENCH_DIR" >&2
	exit 2
fi

echo "$("$PKTLINT" --version), $(uname -sr), $(nproc) CPUs, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "$pairs pairs, sizes / $scale; medians, in brackets the least and the greatest"
row goal measured limit ""
measure_instructions
measure_sequences
measure_small
measure_long
measure_many_flows
measure_large_frames
if [ -n "$unclean" ]; then
	row "nothing accused in clean traffic" "status not 0:$unclean" "status 0" FAIL
	failed=1
else
	row "nothing accused in clean traffic" "status 0 everywhere" "status 0" PASS
fi
exit $failed
