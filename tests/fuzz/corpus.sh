#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every fuzz target survives every file of its corpus, tests/fuzz/corpus/NAME for fuzz_NAME.
set -eu

if [ -z "$FUZZ_TARGETS" ]; then
	echo "no fuzz targets"
	exit 77
fi
status=0
for target in $FUZZ_TARGETS; do
	corpus=$TOP_SRCDIR/tests/fuzz/corpus/${target##*/fuzz_}
	set -- "$corpus"/*
	if [ ! -f "$1" ]; then
		echo "$target: '$corpus' holds no file"
		status=1
	elif "$TOP_BUILDDIR/$target" "$@"; then
		echo "$target: $# files"
	else
		echo "$target: failed"
		status=1
	fi
done
exit $status
