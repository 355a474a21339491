#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends probes that no sender sends: forged.py ADDRESS PORT.

A thousand runs, ends that tell absurd numbers, numbers that jump to and fro, times from the end of
the world, several lengths of one number, some CRCs that are wrong.
"""
import socket
import struct
import sys
import zlib

MAGIC, VERSION, HEADER, END = 0x704c5062, 1, 40, 48
MOST = 2**64 - 1


def probe(run, stream=0, number=0, streams=1, end=False, failed=0, sent_ns=0, padding=0, harm=0):
    length = (END if end else HEADER) + padding
    head = struct.pack(">IBBHIHHQqHH", MAGIC, VERSION, end, length, run, stream, 0xffff, number,
                       sent_ns, streams, 0)
    rest = (struct.pack(">Q", failed) if end else b"") + bytes(padding)
    return head + struct.pack(">I", zlib.crc32(head + rest) ^ harm) + rest


def forged():
    for run in range(1000):
        yield probe(run, streams=65535)
    for number in (0, MOST, 1, MOST // 2, 2**20, 5, 5, 5):
        yield probe(1, number=number)
        yield probe(1, number=number, padding=9)
        yield probe(1, number=number, harm=1)
        yield probe(7, number=number, sent_ns=2**63 - 1)
        yield probe(7, number=number, sent_ns=-2**63)
    for total in (MOST, 0, MOST):
        yield probe(2, number=total, failed=0, end=True)
        yield probe(3, number=total, failed=MOST, end=True)
        yield probe(4, number=total, failed=1, end=True, harm=1)
    yield probe(5)[:39]


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for packet in forged():
            sender.sendto(packet, (arguments[0], int(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
