#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every finding of the catalogue is raised by a capture that deserves it, and is not by one that
# looks alike: findings.table.
set -u

if ! command -v python3 >/dev/null; then
	echo "needs python3"
	exit 77
fi
here=$TOP_SRCDIR/tests/crafted
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
grep '^PL' "$here/findings.table" >"$work/table"
failed=0

# Names of the table, without those that are made below; numbered/NAME and quiet/NAME are those of
# tests/sequences.
names=$(awk '{ print $3 "\n" $4 }' "$work/table" | tr + '\n' | sort -u |
	grep -vxF -e - -e ALL -e bulk-dropped -e dropped -e first-look -e lost-or-dropped \
		-e many-flows -e truncated -e many-streams -e numbered/dropped \
		-e numbered/rtp-behind)
of() {
	echo "$names" | sed -n "s,^$1/,,p"
}
mkdir "$work/captures"
cd "$work/captures" || exit 1
# shellcheck disable=SC2046 # names have no blanks
python3 "$here/run.py" --write . $(echo "$names" | grep -v /) >/dev/null &&
	python3 "$TOP_SRCDIR/tests/sequences/run.py" --write numbered $(of numbered) &&
	python3 "$TOP_SRCDIR/tests/sequences/quiet.py" --write quiet $(of quiet) || exit 1
cp "$TOP_SRCDIR/tests/golden/captures/dropped.pcapng" dropped.pcap
cp "$TOP_SRCDIR/tests/golden/first-look.pcap" .
head -c 3000 bulk.pcap >truncated.pcap
# SYNs from 4000 ports, as raw IPv4.
python3 - many-flows.pcap <<'END'
import struct, sys
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    for i in range(4000):
        ip = struct.pack("!BBHHHBBH4B4B", 0x45, 0, 40, i, 0, 64, 6, 0, 10, 0, 0, 1, 10, 0, 0, 2)
        tcp = struct.pack("!HHIIBBHHH", 1024 + i, 80, i, 0, 0x50, 2, 1024, 0, 0)
        file.write(struct.pack("<IIII", i, 0, 40, 40) + ip + tcp)
END

# GRE (RFC 2890), 17000 keys, and the first ones again: as many streams, of two packets some.
python3 - many-streams.pcap <<'END'
import struct, sys
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    for i in range(17100):
        ip = struct.pack("!BBHHHBBH4B4B", 0x45, 0, 32, 0, 0, 64, 47, 0, 10, 0, 0, 1, 10, 0, 0, 2)
        gre = struct.pack("!HHII", 0x3000, 0x0800, i % 17000, 1 + i // 17000)
        file.write(struct.pack("<IIII", i, 0, 32, 32) + ip + gre)
END

# The same packets in the same order, stamped in the order of their numbers: a host that stamped
# them handed them on late.
python3 - numbered/rtp-many.pcap numbered/rtp-behind.pcap <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
at, packets = 24, []
while at < len(data):
    end = at + 16 + struct.unpack("<I", data[at + 8:at + 12])[0]
    packets.append((data[at:at + 8], data[at + 8:end]))
    at = end
numbers = [struct.unpack("!H", body[8 + 44:8 + 46])[0] for _, body in packets]
order = sorted(range(len(packets)), key=lambda i: (numbers[i], i))
times = sorted((time for time, _ in packets), key=lambda time: struct.unpack("<II", time))
stamps = dict(zip(order, times))
with open(sys.argv[2], "wb") as file:
    file.write(data[:24])
    for i, (_, body) in enumerate(packets):
        file.write(stamps[i] + body)
END

# Captures that themselves lost seven packets, by their statistics at the end; in two of them
# fewer packets were given up before that was told.
for name in first-look:lost-or-dropped bulk:bulk-dropped numbered/rtp-anew:numbered/dropped; do
	python3 - "${name%:*}.pcap" "${name#*:}.pcap" <<'END'
import struct, sys
def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
data = open(sys.argv[1], "rb").read()
unit, link = struct.unpack("<4s16xI", data[:24])
assert unit == b"\x4d\x3c\xb2\xa1" # nanoseconds
at = 24
with open(sys.argv[2], "wb") as file:
    file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
    file.write(block(1, struct.pack("<HHIHHB3xI", link, 0, 0, 9, 1, 9, 0)))
    while at < len(data):
        second, part, kept, length = struct.unpack("<IIII", data[at:at + 16])
        time = second * 10**9 + part
        head = struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, kept, length)
        file.write(block(6, head + data[at + 16:at + 16 + kept]))
        at += 16 + kept
    drops = struct.pack("<HHQI", 5, 8, 7, 0)
    file.write(block(5, struct.pack("<III", 0, time >> 32, time & 0xFFFFFFFF) + drops))
END
done

# arguments NAME[+NAME]...: -r and the files.
arguments() {
	if [ "$1" = ALL ]; then
		set -- "$(echo $names | tr ' ' +)"
	fi
	echo "$1" | tr + '\n' | sed 's/.*/-r &.pcap/' | tr '\n' ' '
}

# severity ID NAME [OPTION]...: how severe the finding is in that capture, nothing if it is not.
# Options of many words have a name.
severity() {
	id=$1 name=$2
	shift 2
	case ${1:-} in
	WRONG) set -- --sequence 'name=wrong ip.proto=50 start=transport offset=20 width=4' ;;
	RIGHT) set -- --sequence 'name=right ip.proto=50 start=transport offset=4 width=4' ;;
	esac
	# shellcheck disable=SC2046 # words of a command
	"$PKTLINT" check --json "$@" $(arguments "$name") 2>/dev/null |
		sed -n "s/.*\"id\": \"$id\",.*\"severity\": \"\([a-z]*\)\".*/\1/p"
}

while read -r id severity raised absent options; do
	# shellcheck disable=SC2086
	[ "$raised" = - ] || is=$(severity "$id" "$raised" $options)
	[ "$raised" = - ] || [ "$is" = "$severity" ] || {
		echo "FAIL: $id in '$raised': '$is', not '$severity'"
		failed=$((failed + 1))
	}
	# shellcheck disable=SC2086
	is=$(severity "$id" "$absent" $options)
	[ -z "$is" ] || {
		echo "FAIL: $id in '$absent', which does not deserve it"
		failed=$((failed + 1))
	}
done <"$work/table"

# Those of the audit have a table of their own.
"$PKTLINT" list findings | grep -o '^PL[0-9]*' >"$work/ids"
[ -s "$work/ids" ] || failed=$((failed + 1))
while read -r id; do
	grep -q "^$id " "$work/table" "$TOP_SRCDIR/tests/hosts/findings.table" || {
		echo "FAIL: $id is not in the table"
		failed=$((failed + 1))
	}
done <"$work/ids"

echo "$(wc -l <"$work/table") rows, $failed failures"
[ $failed -eq 0 ]
