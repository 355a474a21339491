#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Signals while a pipe is read: SIGUSR1 gives a line of progress and the run goes on, SIGINT,
# SIGTERM and SIGHUP end it with the whole report, unless nohup has SIGHUP ignored. What is waited
# for is always a sign of the program itself.
set -u

C=$TOP_SRCDIR/tests/golden/captures
work=$(mktemp -d)
child=
trap '[ -z "$child" ] || kill -KILL "$child" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1

fail() {
	echo "FAIL: $*"
	cat out err
	exit 1
}

# start COMMAND...: runs it on a fifo that holds a capture and stays open, until it has read it all.
# An interactive shell's child would be reached by SIGINT; that of a script ignores it unless told.
start() {
	rm -f fifo
	mkfifo fifo
	env --default-signal=INT,HUP "$@" -r fifo >out 2>err &
	child=$!
	exec 3>fifo
	cat "$C/clean.pcap" >&3
	tries=0
	until grep -q '^pktlint: 33 frames, ' err; do
		kill -USR1 "$child" || fail "$* ended by itself"
		tries=$((tries + 1))
		[ $tries -lt 100000 ] || fail "$* does not read what is there"
	done
}

# finish STATUS: waits for the program.
finish() {
	wait "$child"
	status=$?
	child=
	exec 3>&-
	[ "$status" -eq "$1" ] || fail "status $status, not $1"
}

# waiting SIGNAL STATUS COMMAND...: a signal ends what waits for a file as it ends any program.
waiting() {
	signal=$1 expected=$2
	shift 2
	rm -f fifo
	mkfifo fifo
	env --default-signal=INT,HUP "$@" >out 2>err &
	child=$!
	exec 3>fifo
	kill -"$signal" "$child"
	exec 3>&-
	finish "$expected"
}

env --default-signal=INT true 2>/dev/null || { echo "SKIP: env(1) cannot reset signals"; exit 77; }

for signal in INT TERM HUP; do
	start "$PKTLINT" check --json
	kill -$signal "$child"
	finish 0
	grep -q '"ended_by": *"signal"' out || fail "SIG$signal: not told in the report"
	grep -q '"frames": *33' out || fail "SIG$signal: the report is not whole"
done

start env --ignore-signal=HUP "$PKTLINT" check --json
kill -HUP "$child"
exec 3>&-
finish 0
grep -q '"ended_by": *"end"' out || fail "SIGHUP: it is not ignored"

start "$PKTLINT" dump
kill -INT "$child"
finish 0
[ "$(grep -c ' => ' out)" -eq 33 ] || fail "dump: not all of 33 lines"

waiting INT 130 "$PKTLINT" audit --from fifo
waiting TERM 143 "$PKTLINT" audit --from fifo
waiting HUP 129 "$PKTLINT" audit --diff fifo fifo
