#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One known sequence, carried in every protocol that numbers its packets, gives exactly what
# happened to it.
set -eu

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
python3 "$TOP_SRCDIR/tests/sequences/run.py" "$PKTLINT"
