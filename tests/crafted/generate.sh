#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The generator of crafted captures: every script makes what its author counted by hand, the same
# bytes twice, and README.md describes the cases that exist.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
run="$TOP_SRCDIR/tests/crafted/run.py"
python3 "$run" --write "$work/one"
python3 "$run" --write "$work/two"
diff -r "$work/one" "$work/two"

sed -n '/^### /,$p' "$TOP_SRCDIR/tests/crafted/README.md" >"$work/described"
python3 "$run" --readme >"$work/cases"
diff "$work/described" "$work/cases"
