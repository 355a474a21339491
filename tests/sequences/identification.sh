#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a stream of IPv4 identifications lacks is lost only if nobody else counts by them.
set -eu

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
python3 "$TOP_SRCDIR/tests/sequences/identification.py" "$PKTLINT"
