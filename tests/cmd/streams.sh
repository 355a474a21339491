#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Data goes to standard output, the rest elsewhere; a closed pipe ends quietly; what comes from a
# pipe is what comes from the file; no bytes of a packet reach the terminal; -o, -q, -v.
set -u

C=$TOP_SRCDIR/tests/golden/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect NAME COMMAND...: the command succeeds, or NAME is told.
expect() {
	name=$1
	shift
	"$@" || {
		echo "FAIL: $name"
		failed=$((failed + 1))
	}
}

# A pipe that closes early: status of the program through a file, for the pipe's is head's.
i=0
set --
while [ $i -lt 400 ]; do
	set -- "$@" -r "$C/clean.pcap"
	i=$((i + 1))
done
for form in "dump" "dump --json"; do
	# shellcheck disable=SC2086 # words of the form
	{ "$PKTLINT" $form "$@" 2>err; echo $? >status; } | head -n 1 >out
	expect "closed pipe, $form: no message" test ! -s err
	expect "closed pipe, $form: ended by SIGPIPE" test "$(cat status)" -eq 141
	expect "closed pipe, $form: one line" test "$(wc -l <out)" -eq 1
done

# The same packets from a file, from standard input and from a fifo.
"$PKTLINT" dump --json -r "$C/late.pcap" >file
cat "$C/late.pcap" | "$PKTLINT" dump --json -r - >pipe
mkfifo fifo
cat "$C/late.pcap" >fifo &
"$PKTLINT" dump --json -r fifo >named
wait
expect "standard input as file" cmp file pipe
expect "fifo as file" cmp file named
"$PKTLINT" dump --json -r "$C/late.pcap" >again
expect "twice the same" cmp file again

# Nothing but printable text and line ends, also of a packet that tries.
for form in "-A" "-X" "-x" "-XX -e -v"; do
	# shellcheck disable=SC2086
	"$PKTLINT" dump -r "$C/others.pcap" $form >out
	expect "raw bytes with $form" test -z "$(tr -d '\t\n -~' <out)"
done

# -o, -q and -v.
"$PKTLINT" check --json -r "$C/clean.pcap" >whole
"$PKTLINT" check --json -r "$C/clean.pcap" -o report >out 2>err
expect "-o: report in the file" cmp whole report
expect "-o: nothing elsewhere" test ! -s out -a ! -s err
"$PKTLINT" check -q -r "$C/clean.pcap" >out 2>err
expect "-q: nothing" test ! -s out -a ! -s err
"$PKTLINT" check -q -v -r "$C/clean.pcap" >out 2>err
expect "-v: one line of the input" grep -q "clean.pcap': 33 frames" err

# Colour: asked for, not asked for, and a pipe is no terminal.
"$PKTLINT" dump -r "$C/late.pcap" --color always >out
expect "--color always" grep -q "$(printf '\033')" out
NO_COLOR=1 "$PKTLINT" dump -r "$C/late.pcap" --color always >out
expect "--color before NO_COLOR" grep -q "$(printf '\033')" out
TERM=xterm "$PKTLINT" dump -r "$C/late.pcap" >out
expect "no colour in a pipe" test -z "$(tr -cd '\033' <out)"

# A terminal, where script(1) can make one.
if script -qec true /dev/null </dev/null >out 2>&1; then
	# shown NAME=VALUE...: what a terminal gets to see.
	shown() {
		env "$@" script -qec "'$PKTLINT' dump -r '$C/late.pcap'" /dev/null </dev/null
	}
	shown TERM=xterm NO_COLOR= >out
	expect "colour on a terminal" grep -q "$(printf '\033')" out
	shown TERM=xterm NO_COLOR=1 >out
	expect "NO_COLOR" test -s out -a -z "$(tr -cd '\033' <out)"
	shown TERM=dumb NO_COLOR= >out
	expect "no colour on a dumb terminal" test -s out -a -z "$(tr -cd '\033' <out)"
fi

# Names of files are no way to the terminal either.
odd=$(printf 'a\033[31mb')
"$PKTLINT" check -r "$odd" 2>err
expect "escaped name" test -s err -a -z "$(tr -cd '\033' <err)"
cp "$C/clean.pcap" "$odd"
"$PKTLINT" check -v -r "$odd" >out 2>err
expect "escaped name of an input" grep -qF "'a\x1b[31mb': 33 frames" err
expect "escaped name in the report" test -s out -a -z "$(tr -cd '\033' <out)"

[ "$failed" -eq 0 ]
