#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The captures that speed is measured with: the same bytes each time, nothing accused in the clean
# ones, and in the sick ones what the generator put in, exactly.
set -eu

generate=$TOP_BUILDDIR/tests/bench/generate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# check FILE LATE SENT-AGAIN: the report counts these and nothing else that is wrong.
check() {
	"$PKTLINT" check -r "$1" --fail-on never \
		--expect "tcp.reordered_packets == $2" \
		--expect "tcp.retransmissions == $3" \
		--expect "tcp.spurious_retransmissions == 0" \
		--expect "tcp.duplicates == 0" \
		--expect "tcp.capture_duplicates == 0" \
		--expect "tcp.corrupt_packets == 0" \
		--expect "tcp.unknown_packets == 0" \
		--expect "tcp.mid_stream_flows == 0" \
		--expect "capture.unjudged_frames == 0" >"$1.txt" && return
	grep -i expect "$1.txt"
	echo "'$1' holds $2 late and $3 resent segments"
	exit 1
}

"$generate" -n 20000 -f 300 clean >/dev/null
"$generate" -n 20000 -f 300 again >/dev/null
cmp clean again

for options in "-f 300" "-f 5000" "-f 100 -b 1514 -k 8" "-f 1 -b 600" "-f 20 -s 96 -b 1000"; do
	# shellcheck disable=SC2046,SC2086 # the words that it takes and prints
	"$generate" -n 20000 $options clean >/dev/null
	"$PKTLINT" check -r clean --fail-on info >/dev/null || {
		echo "clean traffic is accused ($options)"
		exit 1
	}
	check clean 0 0
done
for options in "-f 300" "-f 5000" "-f 100 -b 1514 -k 8"; do
	# shellcheck disable=SC2046,SC2086 # the words that it takes and prints
	set -- $("$generate" -n 20000 $options -a 50000 sick)
	check sick "$2" "$4"
done

# Numbered streams are the same each time, too; the checksums are right.
for protocol in rtp esp wireguard; do
	"$TOP_BUILDDIR/tests/bench/numbered" -p $protocol -n 5000 -f 50 clean
	"$TOP_BUILDDIR/tests/bench/numbered" -p $protocol -n 5000 -f 50 again
	cmp clean again
	"$PKTLINT" check -r clean --fail-on warning >/dev/null && status=0 || status=$?
	case $status in
	0 | 3) ;;
	*)
		echo "clean $protocol is accused"
		exit 1
		;;
	esac
done
