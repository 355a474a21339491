#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --version and --help answer on standard output with 0, and leave standard error empty.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for option in --version --help; do
	"$PKTLINT" $option >"$work/out" 2>"$work/err"
	grep -q pktlint "$work/out"
	[ ! -s "$work/err" ]
done
