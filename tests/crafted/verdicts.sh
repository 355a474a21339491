#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The verdicts of pktlint on crafted captures against what really happened in them.
set -eu

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
python3 "$TOP_SRCDIR/tests/crafted/run.py" "$PKTLINT"
