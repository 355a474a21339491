#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What changes at the interface while "check" captures on it is told, with its values, and ends
# nothing: MTU, link, offloads, receive steering. An interface that vanishes ends the capture on it,
# not that on others; one that comes up later is captured.
. "$TOP_SRCDIR/tests/live/lab.sh"

lab_ipv6=no
filter='ether proto 0x88b5 or tcp'

# check OPTION...: begins.
check() {
	ready="capturing on" start check lab_in B "$PKTLINT" check --no-discovery -v --json \
		"$@" "$filter"
}

# A little TCP, which is judged: without it every run would be undecided.
talk() {
	start server lab_in B traffic serve tcp -p 5001 -n 1
	lab_in A traffic send tcp -d "$lab_b4" -p 5001 -b 10k >"$lab_work/sent" ||
		fail "$case: client"
	finish server || fail "$case: server"
}

# send COUNT [NS IF]
send() {
	lab_in "${2:-A}" traffic send raw -i "${3:-a0}" -n "$1" -r 20k -s 60 >"$lab_work/sent" ||
		fail "$case: sender"
}

# ends HOW STATUS FRAMES: by "stop" or by itself ("finish"), with so many frames of "send".
ends() {
	local status=0
	"$1" check || status=$?
	expect "exit status" "$2" $status
	expect "frames" "$3" "$(jq '.not_judged[0].frames' "$lab_work/check.out")"
}

# libpcap gives up with an interface, and what it holds then is told as dropped.
ends_by_libpcap() {
	local status=0
	"$1" check || status=$?
	expect "exit status" "$2" $status
	expect "frames, or dropped" true "$(jq "(.not_judged[0].frames // 0) as \$frames |
		.metrics.capture.dropped_packets as \$dropped |
		\$frames == $3 or (\$dropped > 0 and \$frames + \$dropped >= $3)" \
		"$lab_work/check.out")"
}

# found COUNT FILTER: jq's FILTER is true of so many findings.
found() {
	expect "$2" "$1" "$(jq "[.findings[] | select($2)] | length" "$lab_work/check.out")"
}

link_is() {
	[ "$(lab_in "$(lab_space_of "$1")" cat "/sys/class/net/$1/operstate")" = "$2" ]
}

link_up() {
	lab_ip B "link set b0 up"
	until_true link_is a0 up || fail "$case: no link"
}

settings() {
	local frontend=$1 rps=/sys/class/net/b0/queues/rx-0/rps_cpus
	case="settings, $frontend"
	lab_in B traffic offload b0 on rx-gro || fail "$case: rx-gro"
	check -i b0 --frontend "$frontend"
	talk
	send 100
	set_mtu 1400 b0
	lab_in B traffic offload b0 off rx-gro || fail "$case: rx-gro"
	lab_in B sh -c "[ ! -e $rps ] || echo 1 >$rps" || fail "$case: rps_cpus"
	send 100
	ends stop 0 200
	found 1 '.id == "PL9011" and .subject == "b0" and
		.numbers.before_bytes == 1500 and .numbers.after_bytes == 1400'
	found 1 '.id == "PL9011" and .numbers.before == 1 and .numbers.after == 0 and
		(.what | startswith("the offload \u0027rx-gro\u0027 was switched off"))'
	! lab_in B [ -e $rps ] || found 1 '.numbers.before == 0 and .numbers.after == 1 and
		(.what | startswith("\u0027queues/rx-0/rps_cpus\u0027 was changed from 0 to 1"))'
	set_mtu 1500 b0
	lab_in B sh -c "[ ! -e $rps ] || echo 0 >$rps"
}

link() {
	case="link, $1"
	check -i b0 --frontend "$1"
	send 100
	lab_ip B "link set b0 down"
	link_up
	send 100
	ends stop 1 200
	found 1 '.id == "PL9012" and .subject == "b0" and .numbers.down_ns > 0 and
		.numbers.after_first_frame_ns > 0'

	case="link down, $1"
	check -i b0 --frontend "$1"
	send 100
	lab_ip B "link set b0 down"
	ends stop 1 100
	found 1 '.id == "PL9012" and (.what | endswith("did not come up again"))'
	link_up
}

# refused IF PATTERN: the front end of the case cannot capture, and says why in one line.
refused() {
	local status=0
	lab_in B "$PKTLINT" check -i "$1" --frontend "${case##* }" >"$lab_work/check.out" \
		2>"$lab_work/check.err" || status=$?
	expect "exit status" 2 $status
	expect "lines" 1 "$(wc -l <"$lab_work/check.err")"
	grep -q "^pktlint: cannot capture on '$1': $2" "$lab_work/check.err" ||
		fail "$case: message"
}

down_at_first() {
	case="down at first, $1"
	lab_ip B "link set b0 down"
	if [ "$1" = pcap ]; then # libpcap itself refuses
		refused b0 "That device is not up"
		link_up
		return
	fi
	check -i b0 --frontend "$1"
	link_up
	talk
	send 100
	ends stop 0 100
	found 1 '.id == "PL9011" and .subject == "b0" and (.what | startswith("the link came up"))'
}

vanish() {
	lab_ip B "link del b0"
	until_true lab_in A sh -c "! [ -e /sys/class/net/a0 ]" || fail "$case: a0 is still there"
}

renew() {
	lab_wire A a0 "$lab_a_mac" B b0 "$lab_b_mac"
	lab_addresses
}

# The kernel takes an interface down before it removes it: that is the finding of status 1.
gone() {
	local ends=ends
	[ "$1" != pcap ] || ends=ends_by_libpcap
	case="gone, $1"
	check -i b0 --frontend "$1"
	talk
	send 100
	vanish
	$ends finish 1 100
	found 1 '.id == "PL9013" and .subject == "b0"'
	renew

	case="one of two gone, $1"
	check -i b0 -i lo --frontend "$1"
	talk
	send 100
	vanish
	send 50 B lo
	$ends stop 1 150
	expect "frames of lo" 50 "$(jq '.sources[1].frames' "$lab_work/check.out")"
	found 1 '.id == "PL9013" and .subject == "b0"'
	found 0 '.id == "PL9013" and .subject != "b0"'
	renew
}

missing() {
	case="missing, $1"
	refused none .
}

command -v jq >/dev/null || skip "'jq' is not installed"
lab_pair
for frontend in mmap raw pcap; do
	settings $frontend
	link $frontend
	down_at_first $frontend
	gone $frontend
	missing $frontend
done
