#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""identification.py PKTLINT   whose packets are missing in the IPv4 identification of a stream?

A socket may have a counter of its own; then what is missing is lost.  A host may count for all of
its packets, or skip numbers after a pause; then nothing is lost.  Exit status 1 if the report says
otherwise.  The same of numbers that come twice: a copy has the identification of the first one.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import carriers as c  # noqa: E402
import known  # noqa: E402
import packets as p  # noqa: E402

A, B, C = (p.address("192.0.2.%d" % i) for i in (1, 2, 3))
MS = 1_000_000
CASES = {}


def case(lost, withheld=None, confidence=None):
    """What a capture, a list of (time, frame), must be said to lack, over all of its streams."""
    def register(make):
        CASES[make.__name__.replace("_", "-")] = make, lost, withheld, confidence
        return make
    return register


def frame(protocol, ident, body, df=False, to=B):
    return c.MACS[1] + c.MACS[0] + b"\x08\0" + p.ip4(A, to, protocol, ident & 0xffff, 64, body,
                                                     df=df)


def udp(r, ident, port, df=False, to=B):
    return frame(c.UDP, ident, c.datagram(A, to, port, 9000, r.randbytes(100)), df, to)


def bursts(r, df=False, to=B):
    """One counter; two sockets take turns of 20 packets and more."""
    ident = 65300
    for turn in range(12):
        for _ in range(20 + r.randrange(10)):
            yield MS, udp(r, ident, 40000 + turn % 2, df, B if turn % 2 else to)
            ident += 1


@case(0)
def shared_in_bursts(r):
    return bursts(r)


@case(0)
def shared_in_bursts_unfragmented(r):
    return bursts(r, df=True)


@case(0)
def shared_by_destinations(r):
    return bursts(r, to=C)


@case(0)
def shared_with_tcp(r):
    """A stream of datagrams; now and then TCP sends some segments by the same counter."""
    ident = 7
    for i in range(300):
        yield MS, udp(r, ident, 40000)
        ident += 1
        for k in range(r.randrange(1, 9) if i % 40 == 39 else 0):
            yield 1000, frame(6, ident, p.tcp(A, C, 50000, 443, 1 + 100 * k, 1, 16, 500, b"",
                                              bytes(100)), to=C)
            ident += 1


@case(0)
def shared_with_echo(r):
    ident = 100
    for i in range(300):
        yield MS, udp(r, ident, 40000)
        ident += 1
        if i % 50 == 49:
            body = struct.pack("!HH", 7, i) + bytes(8)
            yield 1000, frame(1, ident, b"\x08\0" + struct.pack(
                "!H", p.fold(b"\x08\0\0\0" + body) ^ 0xffff) + body)
            ident += 1


@case(0)
def skips_after_pauses(r):
    """Linux, a socket without a destination: up to one number a tick is left out."""
    ident = 100
    for i in range(300):
        pause = 60 if i % 40 == 39 else 1
        yield pause * MS, udp(r, ident, 40000)
        ident += 1 + (r.randrange(1, 50) if i % 40 == 38 else 0)


@case(0)
def shared_with_others_unseen(r):
    """The capture has one of the host's streams."""
    ident = 100
    for _ in range(400):
        yield 20 * MS, udp(r, ident, 40000)
        ident += 1 + (r.randrange(1, 20) if r.random() < 0.1 else 0)


def own(r, df, ports):
    """Each socket has its own counter; of each some packets are lost."""
    ident = {port: r.randrange(1 << 16) for port in ports}
    wait = 0
    for i in range(300):
        for port in ports:
            wait += MS
            if i not in (50, 120, 121):
                yield wait, udp(r, ident[port], port, df)
                wait = 0
            ident[port] += 1


@case(6, 0, "likely")
def own_counters(r):
    return own(r, True, (40000, 40001))


@case(3, 0, "possible")
def own_counter_without_df(r):
    return own(r, False, (40000,))


@case(6, 0, "likely")
def own_counters_beside_random_ones(r):
    for gap, data in own(r, True, (40000, 40001)):
        yield gap, data
        yield 1000, udp(r, r.randrange(1, 1 << 16), 5353, to=C)


def rtp(r, again):
    """Every 30th number comes three times (RFC 4733 2.5.1.4), as `again` makes the next one."""
    ident = 9000
    for i in range(200):
        body = struct.pack("!BBHII", 0x80, 101, i, 160 * i, 0x1234) + r.randbytes(40)
        for k in range(3 if i % 30 == 29 else 1):
            yield (1000 if k else 20 * MS), frame(
                c.UDP, ident, c.datagram(A, B, 5004, 5004, body))
            ident += again
        ident += not again


COPIES = {
    "copied by the network": (0, "proven", "upstream"),
    "sent more than once": (1, "likely", "at the sender"),
}


def captured_twice(r):
    """Each packet is there twice and looks the same, from the first one on."""
    for gap, data in own(r, True, (40000,)):
        yield gap, data
        yield 5000, data


def two_paths(r):
    """An SCTP association whose two pairs of addresses take turns; nothing is lost."""
    for i in range(200):
        source, destination = ((A, B), (C, p.address("192.0.2.4")))[i // 20 % 2]
        chunk = struct.pack("!BBHIHHI", 0, 3, 36, 1000 + i, 0, i, 0) + r.randbytes(20)
        head = struct.pack("!HHII", 5000, 5001, 0x7a6b5c4d, 0)
        yield MS, c.MACS[1] + c.MACS[0] + b"\x08\0" + p.ip4(source, destination, 132, 0, 64,
                                                            head + chunk, df=True)


COUNTS = {
    "captured twice": (captured_twice, {"duplicate_packets": 0, "capture_duplicates": 297}),
    "two paths": (two_paths, {"in_order_packets": 200, "lost_packets": 0,
                              "withheld_packets": 160}),
}


def complaints_of_copies(report, confidence, where):
    found = [f for f in report["findings"] if f["id"] == "PL2102"]
    if len(found) != 1 or report["metrics"]["sequence"]["duplicate_packets"] != 12:
        yield "not 12 that came twice"
    elif found[0]["confidence"] != confidence or not found[0]["where"].startswith(where):
        yield "copies are %s, %s" % (found[0]["confidence"], found[0]["where"])


def write(path, make, name):
    now, records = known.EPOCH, []
    for gap, data in make(random.Random(name)):
        now += gap
        records.append((now, data))
    with open(path, "wb") as out:
        out.write(p.pcap(p.ETHERNET, records))


def complaints(report, lost, withheld, confidence):
    told = report["metrics"]["sequence"]
    if not any(stream["profile"] == "ip-id" for stream in report["streams"]):
        yield "no stream was found"
    if told["lost_packets"] != lost:
        yield "%d lost, not %d" % (told["lost_packets"], lost)
    if withheld is not None and told["withheld_packets"] != withheld:
        yield "%d withheld, not %d" % (told["withheld_packets"], withheld)
    if withheld is None and not told["withheld_packets"]:
        yield "nothing is withheld"
    if told["reordered_packets"] or told["duplicate_packets"]:
        yield "something late or twice"
    for finding in report["findings"]:
        if finding["id"] == "PL2101" and finding["confidence"] != confidence:
            yield "loss is %s" % finding["confidence"]


def report_of(pktlint, folder, make, name):
    path = os.path.join(folder, name + ".pcap")
    write(path, make, name)
    done = subprocess.run([pktlint, "check", "--json", "-r", path], stdout=subprocess.PIPE,
                          timeout=60)
    return json.loads(done.stdout)


def main(pktlint):
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (make, *truth) in CASES.items():
            report = report_of(pktlint, folder, make, name)
            wrong += [name + ": " + text for text in complaints(report, *truth)]
        for name, (again, *truth) in COPIES.items():
            report = report_of(pktlint, folder, lambda r: rtp(r, again), name)
            wrong += [name + ": " + text for text in complaints_of_copies(report, *truth)]
        for name, (make, truth) in COUNTS.items():
            told = report_of(pktlint, folder, make, name)["metrics"]["sequence"]
            wrong += ["%s: %s is %d, not %d" % (name, key, told[key], truth[key])
                      for key in truth if told[key] != truth[key]]
    failed = len(wrong)
    total = len(CASES) + len(COPIES) + len(COUNTS)
    print("\n".join(wrong + ["%d captures, %d complaints" % (total, failed)]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
