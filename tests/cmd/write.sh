#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Capture files that we write are read back with the same packets; selections choose what they say.
set -u

C=$TOP_SRCDIR/tests/golden/captures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

expect() {
	name=$1
	shift
	"$@" || {
		echo "FAIL: $name"
		failed=$((failed + 1))
	}
}

# lines [OPTION]...: the packets without their numbers, which change when some are left out.
lines() {
	"$PKTLINT" dump -tttt -XX -S "$@" | sed 's/^ *[0-9]* //; s/ => .*//; s/ \[[^]]*\] / /'
}

magic() {
	head -c 4 "$1" | od -An -tx4 | tr -d ' '
}

# All packets, one link type and three.
for name in late.pcap mixed.pcapng; do
	"$PKTLINT" dump -r "$C/$name" -w all
	lines -r "$C/$name" >before
	lines -r all >after
	expect "$name written and read again" cmp before after
done

# Through standard output.
"$PKTLINT" dump -r "$C/late.pcap" -w - | "$PKTLINT" dump --json -r - >piped
"$PKTLINT" dump --json -r "$C/late.pcap" >direct
expect "through a pipe" cmp direct piped

# A disk that takes only so much: what is there can be read. Here the limit of a file's size.
i=0
set --
while [ $i -lt 100 ]; do
	set -- "$@" -r "$C/late.pcap"
	i=$((i + 1))
done
(
	trap '' XFSZ
	ulimit -f 600
	"$PKTLINT" dump "$@" -w full 2>err
)
expect "full disk: status" test $? -eq 2
expect "full disk: message" grep -q "^pktlint: cannot write 'full': File too large\$" err
"$PKTLINT" dump -r full >out 2>err
expect "full disk: the file can be read" test $? -eq 0 -a -s out

# By label: the same frames are printed and written, and as pcap with nanoseconds.
"$PKTLINT" dump -r "$C/late.pcap" --only reordered -w some
lines -r "$C/late.pcap" --only reordered >before
lines -r some >after
expect "--only: something is chosen" test -s before
expect "--only: written as printed" cmp before after
expect "--only: pcap with nanoseconds" test "$(magic some)" = a1b23c4d
"$PKTLINT" dump -r "$C/mixed.pcapng" --only in_order,ack -w some
expect "--only: several link types, pcapng" test "$(magic some)" = 0a0d0d0a

# A label that only an amendment gives, and one that an amendment took away.
"$PKTLINT" dump -r "$C/amended.pcap" >all
frame=$(sed -n 's/^ *frame \([0-9]*\) is now spurious_retransmission.*/\1/p' all | head -n 1)
expect "an amendment in amended.pcap" test -n "$frame"
"$PKTLINT" dump -r "$C/amended.pcap" --only spurious_retransmission >some
expect "--only: chosen by its amended label" grep -q "^ *$frame " some
"$PKTLINT" dump -r "$C/amended.pcap" --only retransmission >some
expect "--only: not by the label that was amended" test -z "$(grep "^ *$frame " some)"

# By flow: the flows are all there is.
"$PKTLINT" dump -r "$C/clean.pcap" -r "$C/late.pcap" >all
"$PKTLINT" dump -r "$C/clean.pcap" -r "$C/late.pcap" --flow 0 >some
expect "--flow 0" test "$(grep -c '\[0 [<>]\]' all)" -eq "$(wc -l <some)"
"$PKTLINT" dump -r "$C/clean.pcap" -r "$C/late.pcap" --flow 0 --flow 1 >some
expect "--flow twice" cmp all some
"$PKTLINT" dump -r "$C/clean.pcap" --stream 0 >some
expect "--stream 0: TCP is of none" test ! -s some

# The packets behind the findings: the late one is there, with what it is compared to.
"$PKTLINT" check -q -r "$C/late.pcap" -w evidence
lines -r "$C/late.pcap" --only reordered >late
lines -r evidence >found
expect "check -w: the late packet" test -z "$(grep ' > ' late | grep -vxFf found)"
expect "check -w: not everything" test "$("$PKTLINT" dump -r evidence | wc -l)" -lt 20

# Limits: -c, -s, --duration, --start and --end, and numbers that run through the files.
"$PKTLINT" dump -r "$C/clean.pcap" -c 5 >some
expect "-c 5" test "$(wc -l <some)" -eq 5
"$PKTLINT" dump -r "$C/clean.pcap" -r "$C/late.pcap" -c 40 >some
expect "-c across files" test "$(sed -n '$s/^ *\([0-9]*\) .*/\1/p' some)" -eq 40
"$PKTLINT" dump -r "$C/clean.pcap" -s 34 >some
expect "-s 34 cuts TCP away" test "$(grep -c 'TCP header cut by the capture' some)" -eq 33
first=$("$PKTLINT" dump -tt -q -r "$C/clean.pcap" -c 1 | sed 's/^ *1 \([0-9.]*\) .*/\1/')
"$PKTLINT" dump -ttttt -q -r "$C/clean.pcap" >all
"$PKTLINT" dump -ttttt -q -r "$C/clean.pcap" --duration 10ms >some
awk '$2 < 0.010' all >wanted
expect "--duration 10ms" cmp wanted some
end=$(echo "$first" | awk '{ printf "%.6f", $1 + 0.010 }')
"$PKTLINT" dump -ttttt -q -r "$C/clean.pcap" --end "$end" >some
expect "--end" cmp wanted some
"$PKTLINT" dump -q -r "$C/clean.pcap" --start "$first" >some
"$PKTLINT" dump -q -r "$C/clean.pcap" >all
expect "--start at the first frame" cmp all some

[ "$failed" -eq 0 ]
