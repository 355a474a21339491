#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the seeds of fuzz_file: one small file of every kind that the reader tells apart.

usage: make_file_corpus.py DIRECTORY
"""

import pathlib
import struct
import sys

IPV4_SYN = bytes.fromhex(
    "020000000002020000000001"
    "0800"
    "4500002800014000400626cd0a0000010a000002"
    "1f90005000000001000000005002ffff00000000"
)


def pcap(order, magic, linktype=1, snaplen=65535, minor=4, ixia=False, kuznetzov=False):
    header = struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, snaplen, linktype)
    if ixia:
        header += struct.pack(order + "I", 0)
    records = b""
    for number in range(2):
        size = len(IPV4_SYN)
        lengths = (size + 10, size) if minor < 3 else (size, size + 10)
        records += struct.pack(order + "IIII", 1700000000 + number, 500000, *lengths)
        if kuznetzov:
            records += struct.pack(order + "IHBB", 2, 0x0800, 4 * number, 0)
        records += IPV4_SYN
    return header + records


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(order, code, value):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, linktype=1, snaplen=0, options=b""):
    return block(order, 1, struct.pack(order + "HHI", linktype, 0, snaplen) + options)


def stamp(order, ticks):
    return struct.pack(order + "II", ticks >> 32, ticks & 0xFFFFFFFF)


def enhanced(order, number=0, ticks=1700000000000000, options=b""):
    size = len(IPV4_SYN)
    body = struct.pack(order + "I", number) + stamp(order, ticks)
    body += struct.pack(order + "II", size, size) + IPV4_SYN + bytes(-size % 4)
    return block(order, 6, body + options)


def obsolete(order):
    size = len(IPV4_SYN)
    body = struct.pack(order + "HH", 0, 3) + stamp(order, 1700000000000000)
    return block(order, 2, body + struct.pack(order + "II", size, size) + IPV4_SYN)


def simple(order):
    return block(order, 3, struct.pack(order + "I", len(IPV4_SYN)) + IPV4_SYN)


def statistics(order):
    counters = b"".join(
        option(order, code, struct.pack(order + "Q", value)) for code, value in ((4, 9), (5, 1), (7, 2))
    )
    body = struct.pack(order + "I", 0) + stamp(order, 1700000001000000)
    return block(order, 5, body + counters)


def all_blocks(order):
    options = (
        option(order, 2, b"eth0")
        + option(order, 9, b"\x06")
        + option(order, 11, b"\0tcp")
        + option(order, 14, struct.pack(order + "q", -5))
        + option(order, 0, b"")
    )
    told = option(order, 2, struct.pack(order + "I", 2 | 1 << 11)) + option(order, 4, struct.pack(order + "Q", 7))
    return (
        section(order)
        + interface(order, options=options)
        + interface(order, 101, 96)
        + enhanced(order, options=told)
        + obsolete(order)
        + simple(order)
        + statistics(order)
        + block(order, 4, bytes(4))
        + block(order, 0xBAD, b"\1\2\3\4custom")
    )


def clock(resolution, ticks):
    options = option("<", 9, bytes([resolution]))
    return section("<") + interface("<", options=options) + enhanced("<", ticks=ticks)


SEEDS = {
    "pcap-le": pcap("<", 0xA1B2C3D4),
    "pcap-be": pcap(">", 0xA1B2C3D4),
    "pcap-ns-le": pcap("<", 0xA1B23C4D, 113),
    "pcap-ns-be": pcap(">", 0xA1B23C4D, 276),
    "pcap-kuznetzov": pcap("<", 0xA1B2CD34, kuznetzov=True),
    "pcap-ixia": pcap("<", 0x1C0001AC, ixia=True),
    "pcap-old": pcap("<", 0xA1B2C3D4, minor=2),
    "pcap-loopback": pcap("<", 0xA1B2C3D4, 0),
    "pcap-fcs": pcap("<", 0xA1B2C3D4, 0x24000001),
    "pcap-snaplen-0": pcap("<", 0xA1B2C3D4, 101, 0),
    "pcap-too-long": pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 1, 2, 0x7FFFFFFF, 60),
    "pcap-cut": pcap("<", 0xA1B2C3D4)[:-7],
    "pcapng-le": all_blocks("<"),
    "pcapng-be": all_blocks(">"),
    "pcapng-sections": section("<") + interface("<") + enhanced("<") + section(">") + interface(">", 101) + simple(">"),
    "pcapng-milliseconds": clock(3, 1700000000000),
    "pcapng-picoseconds": clock(12, 1 << 63),
    "pcapng-binary-clock": clock(0x80 | 32, 1700000000 << 32),
    "pcapng-no-interface": section("<") + enhanced("<"),
    "pcapng-cut": all_blocks("<")[:-7],
    "gzip": bytes.fromhex("1f8b0800000000000003"),
    "snoop": b"snoop\0\0\0" + struct.pack(">II", 2, 4),
    "erf": struct.pack("<Q", 1700000000 << 32) + struct.pack(">BBHHH", 2, 4, 32, 0, 60) + bytes(16),
    "empty": b"",
}


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in SEEDS.items():
        (directory / name).write_bytes(data)


main()
