#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every super-frame of recorded traffic is found, and counted right, with the handshake and without;
# among genuine jumbo frames none is. captures.table holds what the kernel told while they were
# recorded, and what a file can tell of it.
set -u
directory=$TOP_SRCDIR/tests/offload
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
command -v jq >/dev/null || { echo "SKIP: 'jq' is not installed"; exit 77; }
failures=0

# Filters do not look behind the headers of IPv6.
no_syn='not (ip proto 6 and tcp[13] & 2 != 0) and not (ip6 proto 6 and ip6[53] & 2 != 0)'

# look FILE FILTER: super-frames, wire packets, and by which evidence.
look() {
	"$PKTLINT" check --json -r "$1" "$2" >"$work/out"
	[ $? -ne 2 ] || echo "cannot read $1"
	jq -r '.metrics | "\(.capture | .super_frames + .super_frames_inferred)" +
		" \(.capture.wire_packets) " +
		([.tcp | to_entries[] | select(.key | startswith("super_frames_")) |
		select(.value > 0).key | sub("super_frames_(by_)?"; "")] | join(","))' "$work/out"
}

# expect WHAT WANTED GOT
expect() {
	[ "${2% }" = "${3% }" ] && return
	echo "FAIL: $1: wanted '$2', got '$3'"
	failures=$((failures + 1))
}

while read -r name frames super wire found counted whole late; do
	case $name in '' | '#'*) continue ;; esac
	[ "$whole" != - ] || whole=
	expect "$name" "$found $counted $whole" "$(look "$directory/captures/$name.pcap" '')"
	expect "$name: frames" "$frames" "$(jq .metrics.capture.frames "$work/out")"
	case $name in udp*) continue ;; esac
	[ "$late" != - ] || late=
	expect "$name: all are found" "$super $wire" "$found $counted"
	expect "$name, no handshake" "$super $((wire - 2)) $late" \
		"$(look "$directory/captures/$name.pcap" "$no_syn")"
done <"$directory/captures.table"
[ "$failures" -eq 0 ]
