#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where nothing counts, no stream is found and no specification proposed, whatever is looked for.
set -u

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
quiet=$TOP_SRCDIR/tests/sequences/quiet.py
python3 "$quiet" "$PKTLINT" || exit 1
# TCP has a judge of its own.
python3 "$quiet" "$PKTLINT" "$TOP_SRCDIR"/tests/truth/plain/clean.*.pcap \
	"$TOP_SRCDIR"/tests/truth/plain/late-by-few.receiver.pcap \
	"$TOP_SRCDIR"/tests/truth/varied/keystrokes.receiver.pcap
