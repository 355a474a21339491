#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Which raw test frames are in a capture file? Reads pcap and pcapng, and nothing of pktlint.

usage: frames.py FILE...

Prints a line for each frame: interface, stamp in ns, bytes in the file, bytes on the wire, and the
flow and sequence number that the sender wrote ("-" if it is no test frame). The exit status is 1 if
a file does not end with a whole record.
"""
import struct
import sys

MARK = b"PKTL"
ETHERTYPE = b"\x88\xb5"


class Broken(Exception):
    pass


def records(data, at, head):
    """The whole records of which `head` tells the size."""
    while at < len(data):
        size = head(data, at)
        if at + size > len(data):
            raise Broken
        yield data[at:at + size]
        at += size


def read_pcap(data):
    micro = data[:4] == b"\xd4\xc3\xb2\xa1"

    def head(data, at):
        if at + 16 > len(data):
            raise Broken
        return 16 + struct.unpack_from("<I", data, at + 8)[0]

    for record in records(data, 24, head):
        seconds, fraction, _, wire = struct.unpack_from("<4I", record)
        yield "-", seconds * 10**9 + fraction * (1000 if micro else 1), wire, record[16:]


def options(block, at):
    while at + 4 <= len(block) - 4:
        code, size = struct.unpack_from("<2H", block, at)
        yield code, block[at + 4:at + 4 + size]
        at += 4 + (size + 3 & ~3)


def read_pcapng(data):
    names, ticks = [], []

    def head(data, at):
        if at + 12 > len(data):
            raise Broken
        return struct.unpack_from("<I", data, at + 4)[0]

    for block in records(data, 0, head):
        kind, size = struct.unpack_from("<2I", block)
        if struct.unpack_from("<I", block, size - 4)[0] != size:
            raise Broken
        if kind == 1:
            told = dict(options(block, 16))
            names.append(told.get(2, b"-").decode())
            ticks.append(10 ** told.get(9, b"\x06")[0])
        elif kind == 6:
            index, high, low, caplen, wire = struct.unpack_from("<5I", block, 8)
            stamp = (high << 32 | low) * 10**9 // ticks[index]
            yield names[index], stamp, wire, block[28:28 + caplen]


def stamp_of(frame):
    at = frame.find(ETHERTYPE, 12, 18)
    if at < 0 or frame[at + 2:at + 6] != MARK:
        return "-", "-"
    return struct.unpack_from(">2I", frame, at + 6)


def main(paths):
    if not paths:
        sys.exit(__doc__)
    whole = True
    for path in paths:
        with open(path, "rb") as stream:
            data = stream.read()
        read = read_pcapng if data[:4] == b"\x0a\x0d\x0d\x0a" else read_pcap
        try:
            for name, stamp, wire, frame in read(data):
                print(name, stamp, len(frame), wire, *stamp_of(frame))
        except Broken:
            whole = False
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
