#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the manual takes from tables, and the output that its examples show, is what the program
# says today. With UPDATE=1 the pages are written anew ("make manual" does that, and the rest).
set -u

for tool in python3 jq; do
	if ! command -v $tool >/dev/null; then
		echo "SKIP: no $tool"
		exit 77
	fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$TOP_SRCDIR" || exit 1
# MANUAL and the option are words.
# shellcheck disable=SC2086
man/tables.py ${UPDATE:+--write} "$PKTLINT" . $MANUAL || exit 1

# A page that lacks a row, or shows output of another day, must be noticed.
for page in man/pktlint-json.5 man/pktlint-check.8; do
	grep -v -e '^\.It Va tcp\.frames ' -e '^FAIL   ' $page >"$work/old"
	if cmp -s $page "$work/old" || man/tables.py "$PKTLINT" . "$work/old" >/dev/null; then
		echo "FAIL: a change of $page goes unnoticed"
		exit 1
	fi
done
