#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# ./bootstrap explains itself, refuses what it does not know with one line and status 2, and with
# --no-install names what is missing instead of installing it.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*"
	exit 1
}

"$TOP_SRCDIR/bootstrap" --help >"$work/help" 2>"$work/err"
grep -q '^usage: ' "$work/help" || fail "--help does not begin with the usage"
[ ! -s "$work/err" ] || fail "--help writes to standard error"

# refused PATTERN ARGUMENT...: nothing on standard output, one line with PATTERN on the other.
refused() {
	pattern=$1 status=0
	shift
	PATH=$path "$TOP_SRCDIR/bootstrap" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ $status -eq 2 ] || fail "'$*': status $status instead of 2"
	[ ! -s "$work/out" ] || fail "'$*': writes to standard output"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "'$*': not one line: $(cat "$work/err")"
	grep -q -- "$pattern" "$work/err" || fail "'$*': no '$pattern' in: $(cat "$work/err")"
}

path=$PATH
refused "no command"
refused "'brew'" brew
refused "'run' and 'check'" run check

# A machine with a shell and little else.
mkdir "$work/bin"
for tool in cat cut dirname id nproc sed sh tr; do
	ln -s "$(command -v $tool)" "$work/bin/$tool"
done
path=$work/bin
needed="autoreconf automake make compiler pkg-config libpcap json-c libseccomp"
refused "missing: $needed$" run --no-install
refused "missing: .* cmocka" check --no-install
refused "no package manager" run
