#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What does a live capture lose, what does it cost, and does it slow the sender down? A sender on
# CPU 0 fills a veth pair as fast as it can; on CPU 1 the receivers take turns: a bare ring reader,
# pktlint with every analyzer, tcpdump and dumpcap. On veth the kernel captures in the sender's
# time, so what the capture makes the kernel do shows there. Every limit is a ratio within one
# repetition or a count, so that it means the same on another machine; a broken one gives exit
# status 1, 77 says why nothing could be measured. A receiver that neighbours keep from its CPU for
# a tenth of a second loses frames whoever it is: losses mean something on a quiet machine only. So
# does the sender's rate by the clock, which only informs unless BENCH_STRICT=1; its CPU time a
# frame decides.
# BENCH_QUICK=1: a minute. BENCH_REPEATS: repetitions, default 7 (quick: 3). BENCH_MS: how long the
# sender sends each time, default 2000 (quick: 500).
. "$TOP_SRCDIR/tests/live/lab.sh"
lab_ipv6=no
: "${PKTLINT:?the program to measure}"
LC_ALL=C
export LC_ALL
PATH=$TOP_BUILDDIR/tests/bench:$PATH
if [ "${BENCH_QUICK:-0}" = 1 ]; then
	repeats=${BENCH_REPEATS:-3} send_ms=${BENCH_MS:-500}
else
	repeats=${BENCH_REPEATS:-7} send_ms=${BENCH_MS:-2000}
fi
stop_frames=5000 stop_rate=20k
strict=${BENCH_STRICT:-0}
failed=0

# --- the receivers -------------------------------------------------------------------------------

# Each start_NAME starts one, each taken_NAME prints how many frames it took and lost by its own
# account. So many seconds may one sit on the last frames; tcpdump's blocks go out after one.
declare -A settle=([ring_rx]=0.2 [check]=0.2 [tcpdump]=1.2 [dumpcap]=0.6)

# receive READY COMMAND...: in B on CPU 1 until stopped; writes what it cost to the file 'cost'.
receive() {
	local ready=$1
	shift
	start rx lab_in B nice -n -15 measure "$lab_work/cost" taskset -c 1 "$@"
}

start_ring_rx() { receive '^ready$' ring_rx b0; }
taken_ring_rx() { sed -n 's/^frames \([0-9]*\) drops \([0-9]*\).*/\1 \2/p' "$lab_work/rx.out"; }

start_check() {
	receive 'capturing on' "$PKTLINT" check -v -i b0 --json -o "$lab_work/report" "$@"
}
taken_check() {
	awk -F '[ ,]+' '/^{ "name": "b0",/ {
		for (i = 1; i < NF; i++)
			value[$i] = $(i + 1)
		print value["\"frames\":"], value["\"dropped_packets\":"]
	}' "$lab_work/report"
}

start_tcpdump() { receive 'listening on' tcpdump -n -i b0 -B 65536 -w /dev/null; }
taken_tcpdump() {
	awk '/packets captured/ { taken = $1 } /dropped by kernel/ { print taken, $1 }' \
		"$lab_work/rx.err"
}

start_dumpcap() { receive '^File:' dumpcap -q -i b0 -B 64 -w /dev/null; }
taken_dumpcap() {
	sed -n "s|^Packets received/dropped on interface 'b0': \([0-9]*\)/\([0-9]*\) .*|\1 \2|p" \
		"$lab_work/rx.err"
}

end_receiver() {
	kill -INT "${lab_pids[rx]}"
	finish rx || true
}

# The receiver sees the end of its measurer only if it is told.
leave() {
	local status=$?
	[ -z "${lab_pids[rx]:-}" ] || kill -TERM "${lab_pids[rx]}" 2>/dev/null
	(exit "$status")
	lab_remove
}
trap leave EXIT

# CPU seconds of the receiver so far, which do not count: to find 64 MiB in large pages takes the
# kernel 5 to 140 ms, whoever asks.
spent() {
	local child=''
	# The line has no end.
	read -r child _ <"/proc/${lab_pids[rx]}/task/${lab_pids[rx]}/children" || true
	awk '{ print $1 / 1e9 }' "/proc/$child/schedstat" || fail "cannot tell what it spent"
}

# send OPTIONS...: from A on CPU 0; writes "frames seconds CPU refused" to the file 'sent'.
send() {
	lab_in A nice -n -15 blast -c 0 "$@" a0 >"$lab_work/sent" || fail "cannot send"
}

# --- one measurement -----------------------------------------------------------------------------

# Appends a line to the file SHAPE.RECEIVER.
# measure_once SHAPE RECEIVER SENDER-OPTIONS...
measure_once() {
	local shape=$1 receiver=$2 taken before
	shift 2
	"start_$receiver"
	before=$(spent)
	send -t "$send_ms" "$@"
	sleep "${settle[$receiver]}"
	end_receiver
	taken=$("taken_$receiver")
	[ -n "$taken" ] || fail "'$receiver' has not told what it took"
	echo "$taken" | cat "$lab_work/sent" - "$lab_work/cost" | tr '\n' ' ' |
		awk -v before="$before" '{
			sent = $1; seconds = $2; sender = $3; taken = $5; receiver = $7 - before
			print sent, sent / seconds, sent - taken, sender / sent * 1e6,
				receiver / taken * 1e6 }' >>"$lab_work/$shape.$receiver"
	[ "$receiver" != check ] || account "$taken"
}
column_sent=1 column_rate=2 column_lost=3 column_sender=4 column_cpu=5

# Notes whether what pktlint reports adds up to what was sent.
account() {
	awk -v taken="${1% *}" -v dropped="${1#* }" '{ print $1 - taken - dropped }' \
		"$lab_work/sent" >>"$lab_work/unaccounted"
}

# --- statistics and the table --------------------------------------------------------------------

row() { printf '%-46s %-32s %-7s %s\n' "$1" "$2" "${3:-}" "${4:-}"; }

# spread FORMAT: "median (least to greatest)" of the numbers on standard input.
spread() {
	sort -g | awk -v format="$1" '
		{ value[NR] = $1 }
		END {
			middle = (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2
			printf format " (" format " to " format ")\n", middle, value[1], value[NR]
		}'
}

column() { awk -v column="$2" '{ print $column }' "$lab_work/$1"; }

# ratios SHAPE COLUMN NUMERATOR DENOMINATOR: repetition by repetition.
ratios() {
	paste "$lab_work/$1.$3" "$lab_work/$1.$4" | awk -v column="$2" '
		{ below = $(column + NF / 2); print (below > 0) ? $column / below : 0 }'
}

holds() { awk "BEGIN { exit !($1) }"; }

# judge GOAL MEASURED LIMIT CONDITION [GATE]
judge() {
	if holds "$4"; then
		row "$1" "$2" "$3" PASS
	elif [ "${5:-1}" = 0 ]; then
		row "$1" "$2" "$3" "FAIL (informs)"
	else
		failed=1
		row "$1" "$2" "$3" FAIL
	fi
}

# compare GOAL SHAPE COLUMN RECEIVER PEER [SIGN LIMIT [GATE]]: the median of the ratios; without a
# limit, or with one and GATE 0, it only informs.
compare() {
	local text peer
	for peer in "$4" "$5"; do
		[ ! -s "$lab_work/$2.$peer" ] || continue
		row "$1" "'$peer' is not installed" "${6:-} ${7:-}" skipped
		return
	done
	text=$(ratios "$2" "$3" "$4" "$5" | spread %.2f)
	if [ -n "${6:-}" ]; then
		judge "$1" "$text" "$6 $7" "${text%% *} $6 $7" "${8:-1}"
	else
		row "$1" "$text"
	fi
}

# show SHAPE RECEIVER: what the receiver lost and cost, without a goal.
show() {
	row "$1 $2: sender's kpps" "$(column "$1.$2" $column_rate |
		awk '{ print $1 / 1000 }' | spread %.0f)"
	row "    lost, % of sent" "$(awk -v lost=$column_lost -v sent=$column_sent \
		'{ print 100 * $lost / $sent }' "$lab_work/$1.$2" | spread %.2f)"
	row "    CPU seconds a million packets taken" "$(column "$1.$2" $column_cpu | spread %.3f)"
	row "    sender's, a million packets sent" "$(column "$1.$2" $column_sender | spread %.3f)"
}

# Where a bare reader loses nothing, pktlint must not either.
judge_loss() {
	local text
	text=$(paste "$lab_work/$1.ring_rx" "$lab_work/$1.check" | awk -v column=$column_lost '
		$column == 0 { bare++; both += $(column + NF / 2) == 0 }
		END { print both + 0, "of", bare + 0 }')
	if [ "${text#* of }" = 0 ]; then
		row "$1 lossless where ring_rx is" "ring_rx always lost something" "" skipped
		return
	fi
	judge "$1 lossless where ring_rx is, repetitions" "$text" all "${text/ of / == }"
}

# --- the measurements ----------------------------------------------------------------------------

# measure_shape SHAPE RECEIVERS SENDER-OPTIONS...: in turns.
measure_shape() {
	local shape=$1 receivers=$2 receiver i
	shift 2
	for ((i = 0; i < repeats; i++)); do
		for receiver in $receivers; do
			! is_there "$receiver" || measure_once "$shape" "$receiver" "$@"
		done
	done
	for receiver in $receivers; do
		[ ! -s "$lab_work/$shape.$receiver" ] || show "$shape" "$receiver"
	done
}

is_there() { [ "$1" = check ] || command -v "$1" >/dev/null; }

judge_shape() {
	judge_loss "$1"
	compare "$1 CPU, check / ring_rx" "$1" $column_cpu check ring_rx
	compare "$1 CPU, check / tcpdump" "$1" $column_cpu check tcpdump '<=' 2
	compare "$1 CPU, check / dumpcap" "$1" $column_cpu check dumpcap '<' 1
	compare "$1 sender's CPU a frame, ring_rx / check" "$1" $column_sender ring_rx check
	compare "$1 sender's CPU a frame, tcpdump / check" "$1" $column_sender tcpdump check \
		'>=' 0.9
	compare "$1 sender's rate, check / tcpdump" "$1" $column_rate check tcpdump '>=' 0.9 \
		"$strict"
}

# stop_test NAME RECEIVER OPTIONS...: the last frame is 100 ms old when the signal comes.
stop_test() {
	local name=$1 receiver=$2 taken
	shift 2
	"start_$receiver" "$@"
	send -n "$stop_frames" -r "$stop_rate" -k "${lab_pids[rx]}"
	finish rx || true
	taken=$("taken_$receiver")
	if [ "$receiver" = check ]; then
		account "$taken"
		judge "stop 100 ms after the last frame, $name" "${taken% *} of $stop_frames" all \
			"${taken% *} == $stop_frames"
	else
		row "    for comparison: $name" "${taken% *} of $stop_frames"
	fi
}

measure() {
	measure_shape 64 "ring_rx check tcpdump dumpcap" -s 64
	judge_shape 64
	measure_shape 1514 "ring_rx check tcpdump dumpcap" -s 1514
	judge_shape 1514
	measure_shape unknown "check tcpdump" -s 64 -u
	compare "unknown EtherType: CPU, check / tcpdump" unknown $column_cpu check tcpdump
	stop_test "mmap" check --frontend mmap
	stop_test "raw" check --frontend raw
	stop_test "pcap" check --frontend pcap
	! is_there tcpdump || stop_test tcpdump tcpdump
	judge "sent = analysed + dropped" "$(grep -c '^0$' "$lab_work/unaccounted") of $(wc -l \
		<"$lab_work/unaccounted") runs" all \
		"$(grep -vc '^0$' "$lab_work/unaccounted") == 0"
}

command -v taskset >/dev/null || skip "'taskset' of util-linux is not installed"
taskset -c 0,1 true 2>/dev/null && [ "$(nproc)" -ge 2 ] || skip "needs CPUs 0 and 1"
lab_pair
printf '%s, %s, %s CPUs, load %s\n' "$("$PKTLINT" --version)" "$(uname -sr)" "$(nproc)" \
	"$(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "$repeats repetitions of $send_ms ms; medians, in brackets the least and the greatest"
row goal measured limit
measure
exit $failed
