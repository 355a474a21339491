#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What late and lost segments have in common is told where they have, and only there.
set -u

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
spread='name=spread ip.proto=udp port.dst=7000 start=payload offset=4 width=4 stream=[0:4]'

# why ID NAME: what the finding says of the cause in that capture; numbered/NAME is of
# tests/sequences.
why() {
	case $2 in
	numbered/*) set -- "$1" "${2#*/}" sequences ;;
	*) set -- "$1" "$2" crafted ;;
	esac
	python3 "$TOP_SRCDIR/tests/$3/run.py" --write "$work" "$2" >/dev/null || exit 1
	"$PKTLINT" check --json --sequence "$spread" -r "$work/$2.pcap" |
		sed -n "/\"id\": \"$1\"/p" |
		sed -n 's/.*"why": "\([^"]*\)".*/\1/p'
}

# says ID NAME TEXT: the whole of it.
says() {
	is=$(why "$1" "$2")
	[ "$is" = "$3" ] && return
	echo "FAIL: $1 in '$2': '$is', not '$3'"
	failed=$((failed + 1))
}

says PL1001 late-by-dscp 'DSCP differs in 8 of 8 pairs (late 0, overtaker 46)'
says PL1001 late-by-size 'size differs in 8 of 8 pairs (late 1066, overtaker 166)'
says PL1001 late-of-any-size ''
says PL1001 swapped-pairs ''
says PL1101 numbered/rtp-dscp 'DSCP differs in 10 of 10 pairs (late 0, overtaker 46)'
says PL1101 numbered/rtp-any-dscp ''
says PL1101 numbered/rtp-many ''
says PL1101 numbered/rtp-ttl 'TTL differs in 5 of 5 pairs (late 61, overtaker 64)'
says PL1101 numbered/counter-two ''
says PL1101 numbered/field-spread \
	'not known, but the stream spans 4 flows: links, queues and CPUs are often chosen by flow'
says PL2001 lost-by-size 'size differs in 6 of 6 pairs (lost 1066, survivor 166)'
says PL2001 many-holes ''

echo "$failed failures"
[ $failed -eq 0 ]
