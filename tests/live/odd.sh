#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a capture is asked for in unusual ways, it does: filters on cooked frames and on tagged ones
# that are cut, frames for others that come in, interfaces of which one is silent.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
filter='ether proto 0x88b5'
frontends='mmap raw pcap'
file=$lab_work/run.pcapng

# capture NS COMMAND OPTION...: begins.
capture() {
	local space=$1
	shift
	ready="capturing on" start capture lab_in "$space" "$PKTLINT" "$@"
}

# ends STATUS: by a signal.
ends() {
	local status=0
	kill -INT "${lab_pids[capture]}"
	finish capture || status=$?
	expect "exit status" "$1" $status
}

# send COUNT RATE SIZE OPTION...: from A to B.
send() {
	lab_in A traffic send raw -i a0 -n "$1" -r "$2" -s "$3" "${@:4}" >"$lab_work/sent" ||
		fail "$case: sender"
}

# Packets, without what was amended later.
lines() {
	grep -vc "^ *frame .* is now" "$lab_work/capture.out"
}

# Of frames without link layer the kernel's filter does not see the header that libpcap makes.
any_with_filter() {
	case="any, filter"
	capture B dump -i any -v "$filter"
	send 10 20k 60
	ends 0
	expect "frames" 10 "$(lines)"

	case="any, filter that means nothing"
	capture_fails "wrong filter 'ether host 02:00:00:00:00:01'" B check -i any \
		'ether host 02:00:00:00:00:01'
}

# capture_fails MESSAGE NS COMMAND OPTION...
capture_fails() {
	local status=0 message=$1 space=$2
	shift 2
	lab_in "$space" "$PKTLINT" "$@" >"$lab_work/capture.out" 2>"$lab_work/capture.err" ||
		status=$?
	expect "exit status" 2 $status
	grep -q -F -e "$message" "$lab_work/capture.err" || fail "$case: '$message' is not told"
}

# A filter that the kernel does not decide is asked before frames are cut.
cut_after_filter() {
	local frontend length
	for frontend in $frontends; do
		for length in 1 13 14 17 64; do
			case="-s $length, $frontend"
			capture B record -i b0 -s $length -w "$file" --frontend $frontend \
				"vlan 77 and $filter"
			send 5 20k 100 --vlan 77
			send 5 20k 100
			ends 0
			expect "frames" "$(yes "b0 $length 100" | head -n 5)" \
				"$(python3 "$TOP_SRCDIR/tests/live/frames.py" "$file" |
					cut -d ' ' -f 1,3,4)"
			case="-s $length, $frontend, untagged"
			capture B record -i b0 -s $length -w "$file" --frontend $frontend "$filter"
			send 5 20k 100 --vlan 77
			send 5 20k 100
			ends 0
			expect "frames" "$(yes "b0 $length 100" | head -n 5)" \
				"$(python3 "$TOP_SRCDIR/tests/live/frames.py" "$file" |
					cut -d ' ' -f 1,3,4)"
		done
	done
}

# What passes a bridge is for neither of its ports, and comes in by one of them.
for_others() {
	local frontend way
	for frontend in $frontends; do
		for way in "in 7" "out 0" "inout 7"; do
			case="-Q $way, $frontend"
			capture B dump -i b0 -v -Q "${way% *}" --frontend $frontend "$filter"
			send 7 20k 60 --to 02:77:00:00:00:77
			ends 0
			expect "frames" "${way#* }" "$(lines)"
		done
	done
}

# One that is silent holds up the others for a moment only, however much they have, and that is
# waited for, not turned over and over.
one_is_silent() {
	local frontend spent
	for frontend in $frontends; do
		case="a silent interface, $frontend"
		capture B record -i b0 -i lo -B 2MiB -w "$file" --frontend $frontend "$filter"
		send 20000 20k 60
		until_true written "$((20000 * 60))" || fail "$case: '$file' is too short"
		spent=$(awk '{ print $14 + $15 }' "/proc/${lab_pids[capture]}/stat")
		ends 0
		[ "$spent" -lt 60 ] || fail "$case: $spent hundredths of a second of CPU"
		expect "account" "'b0': 20,000 frames recorded, 20,000 received by the kernel" \
			"$(sed -n "s/^pktlint: \('b0': .* kernel\), 0 dropped.*/\1/p" \
				"$lab_work/capture.err")"
	done
}

written() {
	[ "$(stat -c %s "$file")" -ge "$1" ]
}

# What a file held is gone only when there is something new for it; and whatever prevents a file is
# told, also where no packet came.
outputs() {
	case="no such interface"
	echo old >"$file"
	capture_fails "cannot capture on 'none'" B record -i none -w "$file"
	expect "file" old "$(cat "$file")"

	case="link types that differ"
	lab_ip B "tuntap add t0 mode tun"
	capture_fails "'b0' and 't0' have different link types" B record -i b0 -i t0 \
		-w "$file" --format pcap --duration 10s
	capture_fails "'b0' and 't0' have different link types" B record -i b0 -i t0 \
		-w "$file" --format pcap --duration 1ms
	lab_ip B "link del t0"

	case="full device"
	capture_fails "cannot write '/dev/full': No space left on device" B record -i b0 \
		-w /dev/full --duration 1ms
}

# The file system is one of the mount namespace that "ip netns exec" makes.
full_disk_behind_others() {
	local status=0
	case="full disk, standard output is not at its beginning"
	mkdir "$lab_work/small"
	ready="capturing on" start capture lab_in B sh -c "
		mount -t tmpfs -o size=64k none '$lab_work/small' || exit
		{ echo mine; '$PKTLINT' record -i b0 -w - '$filter'; } >'$lab_work/small/full'
		status=\$?
		cp '$lab_work/small/full' '$lab_work/full'
		exit \$status"
	send 1000 20k 100
	finish capture || status=$?
	expect "exit status" 2 $status
	expect "what was there" mine "$(head -n 1 "$lab_work/full")"
	tail -n +2 "$lab_work/full" >"$file"
	python3 "$TOP_SRCDIR/tests/live/frames.py" "$file" >"$lab_work/frames" ||
		fail "$case: the last record is cut"
	[ "$(wc -l <"$lab_work/frames")" -ge 350 ] || fail "$case: frames are missing"
}

# A file that got the number of standard error would get its lines.
closed_descriptors() {
	local status=0
	case="no standard error"
	lab_in B "$PKTLINT" record -i b0 -w "$file" --duration 1ms 2>&- || status=$?
	expect "exit status" 0 $status
	expect "magic number" 0a0d0d0a "$(head -c 4 "$file" | od -An -tx1 | tr -d ' ')"
	case="no descriptors"
	lab_in B "$PKTLINT" record -i b0 -w "$file" --duration 1ms <&- >&- 2>&- || status=$?
	expect "exit status" 0 $status
	expect "magic number" 0a0d0d0a "$(head -c 4 "$file" | od -An -tx1 | tr -d ' ')"
}

# What ends a capture by number may come before the counters were read.
counts() {
	local frontend number
	for frontend in $frontends; do
		for number in 1 65; do
			case="-c $number, $frontend"
			capture B check -v --json -i b0 --frontend $frontend -c $number "$filter"
			send 100 20k 60
			finish capture
			expect "frames" $number "$(jq '.sources[0].frames' "$lab_work/capture.out")"
			jq -e '.sources[0] | .received_packets >= .frames' \
				"$lab_work/capture.out" >"$lab_work/answer" ||
				fail "$case: fewer received than captured"
		done
	done
}

# A kernel that does not know the ring says so by EINVAL.
no_ring() {
	local line
	case="no ring"
	command -v strace >/dev/null || return
	lab_in B strace -o "$lab_work/calls" -e trace=setsockopt "$PKTLINT" record -i b0 \
		-w "$file" --duration 1ms >"$lab_work/capture.out" 2>&1
	line=$(grep -n PACKET_VERSION "$lab_work/calls" | cut -d : -f 1)
	[ -n "$line" ] || return # nobody may be traced here
	lab_in B strace -o "$lab_work/calls" -e trace=setsockopt \
		-e "inject=setsockopt:error=EINVAL:when=$line" "$PKTLINT" record -i b0 -w "$file" \
		--duration 1ms 2>"$lab_work/capture.err" || fail "$case: exit status $?"
	grep -q "^pktlint: capturing on 'b0' (raw.*mmap is refused: Invalid argument" \
		"$lab_work/capture.err" || fail "$case: it is not captured otherwise"
}

# A limit for files is met like a full disk.
limited_file() {
	local status=0
	case="limit of file size"
	ready="capturing on" start capture lab_in B sh -c \
		"ulimit -f 16; exec '$PKTLINT' record -i b0 -w '$file' '$filter'"
	send 1000 20k 100
	finish capture || status=$?
	expect "exit status" 2 $status
	grep -q "cannot write '$file': File too large" "$lab_work/capture.err" ||
		fail "$case: it is not told"
	python3 "$TOP_SRCDIR/tests/live/frames.py" "$file" >"$lab_work/frames" ||
		fail "$case: the last record is cut"
}

# Who captures for a second means a second, also if the clock is set back by an hour meanwhile:
# here, for the program, after it has looked at it once.
clock_set_back() {
	local status=0
	case="clock set back"
	cat >"$lab_work/clock.c" <<-'END'
		#include <sys/syscall.h>
		#include <time.h>
		#include <unistd.h>
		int clock_gettime(clockid_t clock, struct timespec *now)
		{
			static int looked;
			int status = (int)syscall(SYS_clock_gettime, clock, now);
			if (clock == CLOCK_REALTIME && looked++)
				now->tv_sec -= 3600;
			return status;
		}
	END
	cc -shared -fPIC -o "$lab_work/clock.so" "$lab_work/clock.c" 2>"$lab_work/cc" || return
	ready="capturing on" start capture lab_in B env \
		ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD="$lab_work/clock.so" \
		"$PKTLINT" check -i b0 -v --duration 300ms
	finish capture || status=$?
	expect "exit status" 3 $status
	grep -q "ended by duration" "$lab_work/capture.out" || fail "$case: what ended it"
}

# libpcap keeps some of what the kernel counts to itself, and that is not waited for.
ends_soon() {
	local options begun
	for options in "-i lo" "-i any" "-i lo -Q in"; do
		case="pcap, $options"
		# shellcheck disable=SC2086
		capture B dump -v --frontend pcap $options "$filter"
		lab_in B traffic send raw -i lo -n 10 -r 20k -s 60 >"$lab_work/sent" ||
			fail "$case: sender"
		begun=${EPOCHREALTIME/./}
		ends 0
		expect "frames" 10 "$(lines)"
		[ $((${EPOCHREALTIME/./} - begun)) -lt 1500000 ] || fail "$case: it takes long"
	done
}

# Who reads what dump writes gets each frame when it comes.
dump_does_not_wait() {
	case="dump -w"
	capture B dump -v -i b0 -w "$file" "$filter"
	send 10 20k 60
	until_true written $((10 * 60)) || fail "$case: nothing is written"
	ends 0
}

# What the kernel holds when an interface is removed is still read.
last_words() {
	local frontend status
	for frontend in $frontends $frontends $frontends $frontends; do
		case="vanishes, $frontend"
		lab_ip A "link add c0 type veth peer name c1" "link set c0 up" "link set c1 up"
		capture A dump -v -i c1 --frontend $frontend "$filter"
		lab_in A sh -c "traffic send raw -i c0 -n 100 -r 20k -s 60 && exec ip link del c0" \
			>"$lab_work/sent" || fail "$case: sender"
		status=0
		finish capture || status=$?
		# libpcap gives up with the interface, and what it holds then is told as dropped.
		[ "$frontend" = pcap ] && [ $status -eq 3 ] && continue
		expect "exit status" 0 $status
		expect "frames" 100 "$(lines)"
	done
}

for tool in python3 jq; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
lab_pair
offloads_off a0 b0
any_with_filter
cut_after_filter
for_others
one_is_silent
outputs
full_disk_behind_others
closed_descriptors
last_words
counts
no_ring
limited_file
clock_set_back
ends_soon
dump_does_not_wait
