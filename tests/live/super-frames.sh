#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every super-frame is found, live and in the file that was recorded meanwhile, and none is invented
# among genuine jumbo frames: what the kernel tells a capture, frame by frame, is the truth for what
# is inferred without its word, with the handshake and without, cut before the capture or merged.
. "$TOP_SRCDIR/tests/live/lab.sh"

filter='tcp port 5001'
# No SYN: nothing was agreed. Filters do not look behind the headers of IPv6.
midstream="($filter) and not (ip and tcp[13] & 2 != 0) and not (ip6 and ip6[53] & 2 != 0)"

# numbers FILE: super-frames and wire segments, as the program counted them.
numbers() {
	jq -r '.metrics | "\(.tcp.super_frames) \(.capture.wire_packets)"' "$1"
}

# told FILE: by side, and by the strongest evidence.
told() {
	jq -r '.metrics.tcp | [to_entries[] | select(.key | startswith("super_frames_")) |
		select(.value > 0).key | sub("super_frames_"; "")] | join(" ")' "$1"
}

transfer() {
	start server lab_in B traffic serve tcp -p 5001 -n 1
	lab_in A traffic send tcp -d "$1" -p 5001 -b "$2" >/dev/null || fail "client"
	finish server || fail "server"
}

# of_file NAME: what the recorded file tells.
of_file() {
	"$PKTLINT" check --json -r "$lab_work/$1" >"$lab_work/$1.json"
	[ $? -ne 2 ] || fail "$case: cannot read $1"
	numbers "$lab_work/$1.json"
}

# watch IF ADDRESS BYTES: all ways to see the same transfer agree; sets $truth.
watch() {
	local space frontend format name
	space=$(lab_space_of "$1")
	for frontend in mmap raw; do
		ready="capturing on" start live-$frontend lab_in "$space" "$PKTLINT" check --json \
			-v -i "$1" --frontend $frontend -s 128 "$filter"
	done
	for frontend in pcap raw; do
		ready="capturing on" start blind-$frontend lab_in "$space" "$PKTLINT" check \
			--json -v -i "$1" --frontend $frontend --segment-size never -s 128 "$filter"
	done
	for format in pcap pcapng; do
		ready="capturing on" start whole-$format lab_in "$space" "$PKTLINT" record -i "$1" \
			-s 128 --format $format -w "$lab_work/whole.$format" -Z root "$filter"
		ready="capturing on" start late-$format lab_in "$space" "$PKTLINT" record -i "$1" \
			-s 128 --format $format -w "$lab_work/late.$format" -Z root "$midstream"
	done
	transfer "$2" "$3"
	for name in live-mmap live-raw blind-pcap blind-raw whole-pcap late-pcap whole-pcapng \
		late-pcapng; do
		stop $name
		[ $? -ne 2 ] || fail "$case: $name"
	done
	truth=$(numbers "$lab_work/live-mmap.out")
	expect "raw and mmap" "$truth" "$(numbers "$lab_work/live-raw.out")"
	for name in blind-pcap blind-raw; do
		expect "$name" "$truth" "$(numbers "$lab_work/$name.out")"
	done
	for format in pcap pcapng; do
		expect "file, $format" "$truth" "$(of_file whole.$format)"
		expect "file without handshake, $format" "${truth% *} $((${truth#* } - 2))" \
			"$(of_file late.$format)"
	done
}

# some SIDE SIDE-WITHOUT-DIRECTION: there were super-frames, found by the best evidence there is; a
# file without directions cannot tell a virtual link from the sender.
some() {
	[ "${truth% *}" -gt 5 ] || fail "$case: ${truth% *} super-frames, so nothing is tried"
	expect "evidence, live" "by_size $1" "$(told "$lab_work/live-mmap.out")"
	expect "evidence, pcapng" "by_flag $1" "$(told "$lab_work/whole.pcapng.json")"
	expect "evidence, pcap" "by_mss $2" "$(told "$lab_work/whole.pcap.json")"
}

# explained TEXT: what the machine's settings say of it.
explained() {
	expect "why" "$1" "$(jq -r '.findings[] | select(.id == "PL3001").why' \
		"$lab_work/live-mmap.out")"
}

command -v jq >/dev/null || skip "'jq' is not installed"
lab_router
for version in 4 6; do
	address=lab_b$version
	case="IPv$version, cut behind the capture"
	offloads_on a0 ra
	offloads_off rb b0
	watch a0 "${!address}" 2M
	some sent sent
	explained "sent: tso is on at a0"
	case="IPv$version, handed over whole"
	lab_in R traffic offload ra off rx-gro || fail "GRO"
	watch ra "${!address}" 2M
	some received sent
	explained "received on ra, a veth whose gro is off: the peer's tso crosses it whole"
	case="IPv$version, merged"
	offloads_off a0 ra rb b0
	lab_in B traffic offload b0 on rx-gro || fail "GRO"
	watch b0 "${!address}" 2M
	some received received
	explained "received on b0, a veth: gro is on, or the peer's tso crosses it whole"
	case="IPv$version, wire"
	watch a0 "${!address}" 500k
	expect "super-frames" 0 "${truth% *}"
	case="IPv$version, jumbo frames"
	offloads_off a0 ra rb b0
	set_mtu 9000 a0 ra rb b0
	watch a0 "${!address}" 2M
	expect "super-frames" 0 "${truth% *}"
	case="IPv$version, super-frames of jumbo frames"
	offloads_on a0 ra
	watch a0 "${!address}" 2M
	some sent sent
	set_mtu 1500 a0 ra rb b0
done
