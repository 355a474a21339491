#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What is sent is what "record" writes: every frame in order, with nanoseconds, up to the one before
# the end; limits, formats, pipes, rotation, full disks and a reader that is too slow, to the frame.
# frames.py reads the files apart from the program.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
filter='ether proto 0x88b5'
file=$lab_work/run.pcapng

# frames COLUMNS FILE...: of all frames, as frames.py has them.
frames() {
	local columns=$1
	shift
	python3 "$TOP_SRCDIR/tests/live/frames.py" "$@" >"$lab_work/frames" ||
		fail "$case: no whole file: $*"
	cut -d ' ' -f "$columns" "$lab_work/frames"
}

# record OPTION...: begins to record b0 to $file.
record() {
	ready="capturing on" start record lab_in B "$PKTLINT" record -i b0 -w "$file" "$@" \
		"$filter"
}

# ends STATUS: by itself.
ends() {
	local status=0
	finish record || status=$?
	expect "exit status" "$1" $status
}

# interrupted STATUS
interrupted() {
	kill -INT "${lab_pids[record]}"
	ends "$1"
}

# send COUNT RATE SIZE OPTION...
send() {
	lab_in A traffic send raw -i a0 -n "$1" -r "$2" -s "$3" "${@:4}" >"$lab_work/sent" ||
		fail "$case: sender"
}

# judged STATUS FILE FILTER: "check -r" ends so, and jq's FILTER is true of its report.
judged() {
	local status=0
	"$PKTLINT" check -r "$2" --json --no-discovery \
		>"$lab_work/check.out" 2>"$lab_work/check.err" || status=$?
	expect "status of check" "$1" $status
	jq -e "$3" "$lab_work/check.out" >"$lab_work/answer" ||
		fail "$case: $3: $(jq -c '{sources, findings}' "$lab_work/check.out")"
}

# told PATTERN: on standard error, numbers without commas.
told() {
	tr -d , <"$lab_work/record.err" | grep -q -e "$1" || fail "$case: '$1' is not told"
}

all_is_there() {
	local frontend
	for frontend in mmap raw pcap; do
		case="all, $frontend"
		record --frontend $frontend
		send 3000 50k 60
		interrupted 0
		expect "frames" "$(seq 0 2999 | sed 's/^/b0 60 60 0 /')" "$(frames 1,3-6 "$file")"
		expect "stamps out of order" "" "$(cut -d ' ' -f 2 "$lab_work/frames" |
			sort -nc 2>&1)"
		grep -qv '^b0 [0-9]*000 ' "$lab_work/frames" || fail "$case: no nanoseconds"
		told "^pktlint: 'b0': 3000 frames recorded 3000 received by the kernel 0 dropped"
	done
}

limits() {
	case="-c"
	record -c 10
	send 100 20k 60
	ends 0
	expect "frames" "$(seq 0 9)" "$(frames 6 "$file")"
	told "'b0': 10 frames recorded [1-9][0-9]* received by the kernel"

	case="-s"
	record -s 64 -c 10
	send 10 20k 500
	ends 0
	expect "frames" "$(seq 0 9 | sed 's/^/64 500 0 /')" "$(frames 3-6 "$file")"

	case="--duration, no traffic"
	record --duration 500ms
	ends 0
	expect "frames" "" "$(frames 6 "$file")"
	judged 3 "$file" '.sources[0] | .frames == 0 and .dropped_packets == 0'

	case="--format pcap"
	record --format pcap -c 100
	send 100 20k 60
	ends 0
	expect "magic number" 4d3cb2a1 "$(head -c 4 "$file" | od -An -tx1 | tr -d ' ')"
	expect "frames" "$(seq 0 99)" "$(frames 6 "$file")"

	case="SIGUSR1"
	record
	send 100 20k 60
	kill -USR1 "${lab_pids[record]}"
	until_true told_progress || fail "$case: no line"
	interrupted 0
	told '^pktlint: [0-9]* frames recorded 0 dropped$'
}

told_progress() {
	grep -q '^pktlint: [0-9]* frames recorded, 0 dropped$' "$lab_work/record.err"
}

pipes() {
	case="pipe to dump"
	ready="capturing on" start record lab_in B sh -c "'$PKTLINT' record -i b0 -c 50 -w - \
		$filter | '$PKTLINT' dump -r - --json --no-discovery"
	send 100 20k 60
	ends 0
	expect "frames" "$(seq 50)" "$(jq .frame "$lab_work/record.out")"

	case="closed pipe"
	ready="capturing on" start record lab_in B sh -c "'$PKTLINT' record -i b0 -w - $filter |
		head -c 1000 >/dev/null"
	send 1000 20k 60
	ends 0
	expect "messages" 1 "$(wc -l <"$lab_work/record.err")"
}

interfaces() {
	case="two interfaces"
	record -i lo
	send 100 20k 60
	lab_in B traffic send raw -i lo -n 50 -r 20k -s 60 >"$lab_work/sent" || fail "$case: sender"
	interrupted 0
	expect "of b0" "$(seq 0 99)" "$(frames 1,6 "$file" | sed -n 's/^b0 //p')"
	expect "of lo" "$(seq 0 49)" "$(frames 1,6 "$file" | sed -n 's/^lo //p')"
	judged 3 "$file" '.sources[0].interfaces == 2 and .sources[0].frames == 150'
}

rotation() {
	local last
	# Nobody else may write here.
	case="-C"
	mkdir -m 700 "$lab_work/ring"
	file=$lab_work/ring/run.pcapng
	record -C 20kB
	send 3000 20k 100
	interrupted 0
	expect "frames" "$(seq 0 2999)" "$(frames 6 "$lab_work/ring"/*)"
	expect "owners" 0 "$(stat -c %u "$lab_work/ring"/* | sort -u)"
	[ "$(find "$lab_work/ring" -size +40k)" = "" ] || fail "$case: a file is too long"
	last=$(find "$lab_work/ring" -type f | wc -l)
	[ "$last" -gt 10 ] || fail "$case: $last files"
	expect "names" "$(seq -f "$lab_work/ring/run_%05g.pcapng" "$last")" \
		"$(printf '%s\n' "$lab_work/ring"/*)"

	case="-C and -W"
	rm "$lab_work/ring"/*
	record -C 20kB -W 3
	send 3000 20k 100
	interrupted 0
	expect "files" 3 "$(find "$lab_work/ring" -type f | wc -l)"
	last=$(frames 6 "$lab_work/ring"/* | wc -l)
	expect "frames" "$(seq $((3000 - last)) 2999)" "$(frames 6 "$lab_work/ring"/*)"
	last=$(printf '%s\n' "$lab_work/ring"/* | sed -n '$s/.*_0*\([0-9]*\)\..*/\1/p')
	expect "names" "$(seq -f "$lab_work/ring/run_%05g.pcapng" $((last - 2)) "$last")" \
		"$(printf '%s\n' "$lab_work/ring"/*)"

	case="-G"
	rm "$lab_work/ring"/*
	record -G 200ms
	send 3000 3k 100
	interrupted 0
	expect "frames" "$(seq 0 2999)" "$(frames 6 "$lab_work/ring"/*)"
	last=$(find "$lab_work/ring" -type f | wc -l)
	if [ "$last" -lt 4 ] || [ "$last" -gt 20 ]; then fail "$case: $last files"; fi

	case="directory vanishes"
	rm "$lab_work/ring"/*
	record -C 20kB
	rm -r "$lab_work/ring"
	send 3000 20k 100
	ends 2
	told "cannot .*'$lab_work/ring/run_00002.pcapng'"
	file=$lab_work/run.pcapng
}

# The file system is one of the mount namespace that "ip netns exec" makes.
full_disk() {
	local status=0 count options
	mkdir "$lab_work/small"
	for options in "-C 1MB" ""; do
		case="full disk $options"
		rm -f "$lab_work"/full*
		ready="capturing on" start record lab_in B sh -c "
			mount -t tmpfs -o size=64k none '$lab_work/small' || exit
			'$PKTLINT' record -i b0 -w '$lab_work/small/full.pcapng' $options $filter
			status=\$?
			cp '$lab_work/small'/* '$lab_work'
			exit \$status"
		send 1000 20k 100
		ends 2
		told "^pktlint: cannot write .*'$lab_work/small/full.*': No space left on device"
		file=$(echo "$lab_work"/full*)
		count=$(frames 6 "$file" | wc -l)
		[ "$count" -ge 350 ] || fail "$case: $count frames only"
		expect "frames" "$(seq 0 $((count - 1)))" "$(frames 6 "$file")"
		judged 3 "$file" '.sources[0].truncated == false'
		! grep "cut short" "$lab_work/check.err" || fail "$case: cut short"
	done
	file=$lab_work/run.pcapng
	case="no such directory"
	lab_in B "$PKTLINT" record -i b0 -w "$lab_work/none/x.pcapng" 2>"$lab_work/record.err" ||
		status=$?
	expect "exit status" 2 $status
	told "cannot .*'$lab_work/none/x.pcapng': No such file or directory"
}

# A reader that is stopped loses what its buffer does not hold: all is in the file or counted.
slow_reader() {
	local frontend dropped
	for frontend in mmap raw pcap; do
		case="slow, $frontend"
		record --frontend $frontend -B 1MiB
		kill -STOP "${lab_pids[record]}"
		send 20000 1000k 1000 --fast
		kill -CONT "${lab_pids[record]}"
		send 10 20k 60
		interrupted 3
		dropped=$((20010 - $(frames 6 "$file" | wc -l)))
		[ "$dropped" -gt 0 ] || fail "$case: nothing dropped"
		judged 3 "$file" ".sources[0].dropped_packets == $dropped"
		judged 3 "$file" ".sources[0].received_packets == 20010"
		told "20010 received by the kernel $dropped dropped by it"
	done
}

for tool in python3 jq; do
	command -v $tool >/dev/null || skip "'$tool' is not installed"
done
lab_pair
offloads_off a0 b0
all_is_there
limits
pipes
interfaces
rotation
full_disk
# In numbered files the counters stand in the one with the frame behind the hole, however much the
# kernel held before.
slow_and_rotated() {
	local frontend part
	mkdir "$lab_work/parts"
	file=$lab_work/parts/run.pcapng
	for frontend in mmap raw pcap; do
		case="slow and rotated, $frontend"
		rm -f "$lab_work/parts"/*
		record --frontend $frontend -B 1MiB -C 100kB
		kill -STOP "${lab_pids[record]}"
		send 20000 1000k 1000 --fast
		kill -CONT "${lab_pids[record]}"
		send 10 20k 60
		interrupted 3
		for part in "$lab_work/parts"/*; do
			frames 6 "$part" | sed "s|^|$part |"
		done >"$lab_work/numbers"
		part=$(awk 'NR > 1 && $2 != last + 1 && last != 19999 { print $1; exit }
			{ last = $2 }' "$lab_work/numbers")
		[ -n "$part" ] || fail "$case: there is no hole"
		judged 3 "$part" '.sources[0].dropped_packets > 0'
	done
	file=$lab_work/run.pcapng
}

slow_reader
slow_and_rotated
