#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What reports show and count holds together, on every crafted capture and those of other tests.
set -u

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$TOP_SRCDIR/tests/crafted/run.py" --write "$work" >/dev/null || exit 1
rm -f "$work"/*-ts-only.pcap "$work"/*-id-only.pcap "$work"/*-v6.pcap # the rest suffices
python3 "$TOP_SRCDIR/tests/sequences/run.py" --write "$work/numbered" rtp esp sctp roce \
	counter ip-id macsec >/dev/null || exit 1
rm "$work"/numbered/sctp-chunks*.pcap # three numbers a frame: numbers are counted, frames dumped
python3 "$TOP_SRCDIR/tests/crafted/evidence.py" "$PKTLINT" "$work"/*.pcap "$work"/numbered/*.pcap \
	"$TOP_SRCDIR"/tests/golden/*.pcap "$TOP_SRCDIR"/tests/golden/captures/*.pcap*
