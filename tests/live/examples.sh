#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the tests of the examples share: an example runs, leaves nothing behind, and prints what the
# tutorial and the README show of it.
#
#   example NAME    runs it; its output is in $work/output then
#   interrupted     runs it again, ends it in the middle, and fails if it left anything behind
#   shown PAGE      fails if a page shows a line that is not in the output, or in another order
set -u

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

fail() {
	echo "FAIL: $*"
	exit 1
}

# left NUMBER: what is left of the run that had this process number.
left() {
	ip netns list | grep "^$example-$1-"
	readlink /proc/[0-9]*/exe | grep -F "$TOP_BUILDDIR/examples/$example/"
}

example() {
	local status=0
	example=$1
	"$TOP_SRCDIR/examples/$1/run" >"$work/output" 2>"$work/errors" &
	wait $! || status=$?
	if [ $status -eq 77 ]; then
		echo "SKIP: $(cat "$work/errors")"
		exit 77
	fi
	[ $status -eq 0 ] && [ ! -s "$work/errors" ] || {
		cat "$work/output" "$work/errors"
		fail "status $status"
	}
	[ -z "$(left $!)" ] || fail "it left $(left $!)"
}

# While pktlint runs and the load is on.
interrupted() {
	local status=0
	"$TOP_SRCDIR/examples/$example/run" >"$work/broken" 2>&1 &
	until grep -q '^[a-z]*# pktlint check' "$work/broken"; do
		kill -0 $! || fail "it ended by itself"
		sleep 0.02
	done
	kill -TERM $!
	wait $! || status=$?
	[ $status -eq 143 ] || fail "ended by SIGTERM: status $status"
	[ -z "$(left $!)" ] || fail "interrupted it left $(left $!)"
}

# The lines that do not vary, each without what varies in it: titles of steps, commands, which
# findings there are and of what parts, what the programs say. Numbers vary, and may be missing.
skeleton() {
	sed -n -E \
		-e '/^[0-9]\. /p' \
		-e '/^[a-z]+# /{ s/[0-9]+ >/N >/; p; }' \
		-e 's/^(ERROR|WARN|INFO) +(PL[0-9]+ [a-z-]+).*/\1 \2/p' \
		-e 's/^(OK|FAIL|MET) .*/\1/p' \
		-e 's/^  ([a-z]+)  .*/\1/p' \
		-e '/^   [a-z]+: /{ s/[0-9][0-9.,]*/N/g; p; }' "$1"
}

# As man(1) shows it.
plain() {
	sed -E -e 's/\\f[A-Z]//g' -e 's/\\-/-/g' -e 's/\\&//g' -e "s/\\\\\\(aq/'/g" -e 's/\\e/\\/g'
}

# The samples: of a page behind '.\" example NAME', of a README below the command.
samples() {
	case $1 in
	*.md)
		awk -v command="    \$ sudo examples/$example/run" '
			inside && /^[^ ]/ { inside = 0 }
			inside { sub(/^    /, ""); print }
			$0 == command { inside = 1 }' "$1"
		;;
	*)
		sed -n "/^\\.\\\\\" example $example\$/,/^\\.\\\\\" end\$/p" "$1" |
			grep -v '^\.' | plain
		;;
	esac
}

shown() {
	samples "$TOP_SRCDIR/$1" >"$work/page"
	skeleton "$work/page" >"$work/page.lines"
	skeleton "$work/output" >"$work/output.lines"
	[ -s "$work/page.lines" ] || fail "$1: shows nothing of $example"
	awk 'NR == FNR { wanted[NR] = $0; count = NR; next }
		at < count && $0 == wanted[at + 1] { at++ }
		END {
			if (at < count)
				print "not there, or not in this order: " wanted[at + 1]
			exit at < count
		}' \
		"$work/page.lines" "$work/output.lines" || {
		cat "$work/output"
		fail "$1: shows of $example what it does not print"
	}
}
