#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""quiet.py PKTLINT [NAME|CAPTURE...]   make captures in which nothing counts; nothing may be found
quiet.py --write DIR [NAME...]       only write NAME.pcap

In none of them any field goes up by the same step from packet to packet: random bytes, constants,
lengths, checksums, clocks, measurements.  With discovery and without, the report must have no
stream, so no specification either, and no frame may be accused; of a CAPTURE, which may hold TCP,
only the streams are asked for.  Exit status 1 if there is one.
"""
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import carriers as c  # noqa: E402
import known  # noqa: E402
import packets as p  # noqa: E402

PACKETS = 300
ACCUSING = {"reordered", "retransmission", "spurious_retransmission", "duplicate",
            "capture_duplicate", "corrupt"}
A, B = p.address("192.0.2.1"), p.address("192.0.2.2")
KINDS = {}
# Where something does count, though not everything: a stream is right, if it accuses nothing.
COUNTING = {"shared-counter", "counts-then-not", "constant-between"}
FAULTS = ("lost_packets", "reordered_packets", "duplicate_packets", "retransmitted_packets",
          "restarts")


def kind(make):
    """Registers a function of a random generator, the packet's index and a place to remember what
    it likes, which returns the seconds since the packet before, and the frame."""
    KINDS[make.__name__.replace("_", "-")] = make
    return make


def ether(kind_of, body, back=False):
    return c.MACS[not back] + c.MACS[back] + struct.pack("!H", kind_of) + body


def udp(source, destination, body, ident=0, back=False):
    ends = (B, A) if back else (A, B)
    data = c.datagram(*ends, source, destination, body)
    return ether(0x0800, p.ip4(*ends, c.UDP, ident, 64, data, df=ident == 0), back)


def pause(r, mean):
    return r.uniform(0.2 * mean, 1.8 * mean)


@kind
def random_payload(r, i, s):
    return 0.001, udp(40000, 9000, r.randbytes(200))


@kind
def random_payload_random_identification(r, i, s):
    return 0.001, udp(40000, 9000, r.randbytes(200), ident=r.randrange(1, 1 << 16))


@kind
def random_on_a_known_port(r, i, s):
    """The port of OpenVPN, whose packets have few marks."""
    return 0.001, udp(40000, 1194, r.randbytes(200))


@kind
def random_sizes(r, i, s):
    """A type, a length and what is encrypted."""
    body = r.randbytes(r.randrange(20, 900))
    return pause(r, 0.01), udp(40000, 9000, struct.pack("!BBH", 3, 1, len(body)) + body)


@kind
def busy_host(r, i, s):
    """One identification for the whole host, which sends much elsewhere."""
    s.ident = 1 if i == 0 else s.ident + r.randrange(1, 400)
    return 0.01, udp(40000, 9000, r.randbytes(100), ident=s.ident & 0xffff or 1)


@kind
def dns(r, i, s):
    """Queries and answers from a port of their own each (RFC 1035, 5452)."""
    if i % 2 == 0:
        s.asked = r.randrange(1 << 16), r.randrange(32768, 61000), r.choice(NAMES)
    ident, port, name = s.asked
    question = b"".join(bytes([len(x)]) + x for x in name.split(b".")) + b"\0\0\1\0\1"
    if i % 2 == 0:
        return pause(r, 0.3), udp(port, 53, struct.pack("!HHHHHH", ident, 0x100, 1, 0, 0, 0) +
                                  question)
    answer = b"\xc0\x0c\0\1\0\1" + struct.pack("!IH", r.randrange(60, 3600), 4) + r.randbytes(4)
    return 0.01, udp(53, port, struct.pack("!HHHHHH", ident, 0x8180, 1, 1, 0, 0) + question +
                     answer, back=True)


NAMES = [b"www.example.org", b"mail.example.org", b"a.example.net", b"cdn.static.example.com"]


@kind
def dns_one_port(r, i, s):
    name = r.choice(NAMES)
    question = b"".join(bytes([len(x)]) + x for x in name.split(b".")) + b"\0\0\1\0\1"
    head = struct.pack("!HHHHHH", r.randrange(1 << 16), 0x100, 1, 0, 0, 0)
    return pause(r, 0.05), udp(5300, 53, head + question)


def ntp_time(seconds):
    return int((seconds + 2208988800) * 2**32) & (1 << 64) - 1


@kind
def ntp(r, i, s):
    """RFC 5905: clocks that go up, but never by the same."""
    wait = pause(r, 64)
    s.now = (1_700_000_000.0 if i == 0 else s.now) + wait
    times = [ntp_time(s.now - d) for d in (20 + r.random(), 64, 0.03, 0)]
    body = struct.pack("!BBbbII4sQQQQ", 0x23, 2, 6, -20, r.randrange(9000), r.randrange(9000),
                       b"\xc0\0\2\x07", *times)
    return wait, udp(123, 123, body)


@kind
def clock_microseconds(r, i, s):
    """A clock in front of noise, sent every millisecond or so."""
    wait = pause(r, 0.001)
    s.now = 5 if i == 0 else s.now + wait
    stamp = struct.pack("!Q", 1_700_000_000_000_000 + int(s.now * 1e6))
    return wait, udp(40000, 9000, stamp + r.randbytes(60))


@kind
def quic(r, i, s):
    """RFC 9000 17.3: short headers, their packet numbers protected."""
    first = 0x40 | r.randrange(64)
    body = bytes([first]) + b"\x5a\x11\xc3\x94\x27\xee\x80\x09" + r.randbytes(r.choice((40, 1200)))
    return pause(r, 0.002), udp(52000, 443, body)


@kind
def quic_handshake(r, i, s):
    """RFC 9000 17.2: three packets with long headers, then short ones."""
    if i < 3:
        head = bytes([0xc0 | 0x20 * (i == 2) | r.randrange(16)]) + struct.pack("!I", 1)
        body = head + b"\x08" + bytes(range(8)) + b"\x04" + bytes(range(4)) + r.randbytes(1100)
        return 0.01, udp(52000, 443, body)
    return quic(r, i, s)


@kind
def quic_both_ways(r, i, s):
    body = bytes([0x40 | r.randrange(64)]) + bytes(range(160, 168)) + r.randbytes(900)
    back = r.random() < 0.5
    return pause(r, 0.002), udp(*((443, 52000) if back else (52000, 443)), body, back=back)


@kind
def stun(r, i, s):
    """RFC 8489: random transactions."""
    head = struct.pack("!HHI", 1, 8, 0x2112a442) + r.randbytes(12)
    return pause(r, 0.5), udp(50000, 3478, head + struct.pack("!HHI", 0x24, 4, 1845501695))


@kind
def constant(r, i, s):
    return 0.02, udp(40000, 9000, b"keep-alive\0" * 4)


@kind
def constant_own_ethertype(r, i, s):
    return 0.02, ether(0x88b5, b"\x01\x00\x00\x07" + b"hello" * 10)


@kind
def random_own_ethertype(r, i, s):
    return 0.001, ether(0x88b5, b"\x01\x07" + r.randbytes(90))


@kind
def measurements_own_ethertype(r, i, s):
    """Values that wander up and down, a checksum over them."""
    s.values = [v + r.randrange(-3, 4) for v in (s.values if i else [20000] * 6)]
    body = struct.pack("!H6H", 0x0106, *s.values)
    return 0.01, ether(0x88b5, body + struct.pack("!H", p.fold(body)) + bytes(32))


@kind
def toggling_own_ethertype(r, i, s):
    """States: two take turns, four take turns at random."""
    return 0.01, ether(0x88b5, struct.pack("!BBBB", i & 1, r.randrange(4), i % 2 * 255, 9) +
                       bytes(42))


@kind
def meter_own_ethertype(r, i, s):
    """A meter that only goes up, by what was used."""
    s.total = (0 if i == 0 else s.total) + r.randrange(400)
    return 1.0, ether(0x88b5, struct.pack("!I", s.total) + bytes(42))


def meter_of_two_units(step):
    """Two units take turns; of the meter's bytes, the upper one goes up by one most of the time."""
    def make(r, i, s):
        s.total = (r.randrange(1 << 12) if i == 0 else s.total) + r.randrange(step)
        body = struct.pack("!BHI", 0x20 + i % 2, s.total & 0xffff, 0x0a0b0c0d) + r.randbytes(20)
        return pause(r, 0.02), ether(0x88b5, body.ljust(46, b"\0"))
    return make


for step in (200, 230, 256, 270, 290, 320):
    KINDS["meter-of-two-units-%d" % step] = meter_of_two_units(step)


@kind
def text(r, i, s):
    """Lines of a log (RFC 3164), at any time."""
    wait = pause(r, 7)
    s.now = (0 if i == 0 else s.now) + wait
    second = int(s.now)
    line = "<%d>Nov 14 %02d:%02d:%02d host app[%d]: %s" % (
        r.randrange(8, 190), second // 3600 % 24, second // 60 % 60, second % 60,
        r.randrange(300, 32000), r.choice(("started", "stopped", "no route to peer", "user in")))
    return wait, udp(514, 514, line.encode())


@kind
def json_text(r, i, s):
    body = json.dumps({"t": round(r.gauss(21, 0.2), 2), "rh": r.randrange(30, 60), "ok": True})
    return pause(r, 1), udp(40000, 8125, body.encode())


@kind
def fragments(r, i, s):
    """Halves of large datagrams, under random identifications."""
    if i % 2 == 0:
        s.pair = p.fragments(udp(40000, 9000, r.randbytes(2800),
                                         ident=r.randrange(1, 1 << 16)), 1480)
    return 0.0005, s.pair[i % 2]


@kind
def arp(r, i, s):
    """Questions for addresses in no order."""
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
    return pause(r, 0.2), ether(0x0806, head + c.MACS[0] + A + bytes(6) + b"\xc0\0\2" +
                                bytes([r.randrange(1, 255)]) + bytes(18))


@kind
def shared_counter(r, i, s):
    """One identification for the whole host: what one conversation lacks, others have."""
    to = 9000 if r.random() < 0.9 else r.choice((9001, 9002))
    return 0.005, udp(40000, to, r.randbytes(100), ident=1000 + i)


@kind
def counts_then_not(r, i, s):
    """A header that counts at first; then most packets are of other kinds."""
    counting = i < 70 or r.random() < 0.2
    s.number = (s.number if i else 6) + counting
    head = struct.pack("!BBH", 1, 0, s.number) if counting else b"\2" + r.randbytes(3)
    return 0.005, ether(0x88b5, head + r.randbytes(60))


@kind
def constant_between(r, i, s):
    """The same, but what does not count is always one of the numbers, in front of other bytes."""
    counting = i < 70 or r.random() < 0.2
    s.number = (s.number if i else 6) + counting
    head = struct.pack("!HH", 0x0100, s.number if counting else 40)
    return 0.005, ether(0x88b5, head + r.randbytes(60))


def counting_inside(r, i):
    return p.ip4(B, A, c.UDP, 700 + i, 60, c.datagram(B, A, 5000, 6000, r.randbytes(100)))


@kind
def gtpu_around_a_counter(r, i, s):
    """The identification of what is in a tunnel is not the tunnel's (3GPP TS 29.281)."""
    data = counting_inside(r, i)
    return 0.001, udp(2152, 2152, struct.pack("!BBHI", 0x30, 255, len(data), 0x1234) + data)


@kind
def vxlan_around_a_counter(r, i, s):
    data = ether(0x0800, counting_inside(r, i))
    return 0.001, udp(50000 + i % 3, 4789, struct.pack("!II", 0x08000000, 42 << 8) + data)


@kind
def ip_in_ip_around_a_counter(r, i, s):
    return 0.001, ether(0x0800, p.ip4(A, B, 4, 0, 64, counting_inside(r, i), df=True))


@kind
def pppoe_around_a_counter(r, i, s):
    data = counting_inside(r, i)
    return 0.001, ether(0x8864, struct.pack("!BBHHH", 0x11, 0, 1, len(data) + 2, 0x21) + data)


@kind
def few_packets(r, i, s):
    """Too few to believe that they count."""
    return (0.01, ether(0x88b5, struct.pack("!I", i) + r.randbytes(60))) if i < 5 else None


def make(name):
    """The bytes of a capture; the same each time."""
    r, state = random.Random(name), types.SimpleNamespace()
    now, records = known.EPOCH, []
    for i in range(PACKETS):
        made = KINDS[name](r, i, state)
        if not made:
            break
        now += int(made[0] * 1e9)
        records.append((now, made[1]))
    return p.pcap(p.ETHERNET, records)


def ask(pktlint, command, path, options):
    done = subprocess.run([pktlint, command, "--json", *options, "-r", path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode not in (0, 1, 3):
        return None, "%s ended with %d: %s" % (command, done.returncode,
                                               done.stderr.decode().strip())
    return done.stdout, None


def complaints(pktlint, path, labels, counting):
    """What was found although there is nothing."""
    for options in ([], ["--discover-sequence"]):
        report, error = ask(pktlint, "check", path, options)
        if error:
            yield error
            return
        report = json.loads(report)
        unjudged = sum(kind["frames"] for kind in report["not_judged"])
        if report["frames"] > report["judged_frames"] + unjudged + report["withheld_frames"]:
            yield "%d frames, %d judged, %d not" % (report["frames"], report["judged_frames"],
                                                     unjudged)
        if "quic" not in path and any(f["id"] == "PL9014" for f in report["findings"]):
            yield "a protocol that hides its numbers"
        for stream in report["streams"]:
            faults = [fault for fault in FAULTS if stream["metrics"][fault]]
            if counting and (not faults or "no sequence" in stream["notes"]):
                continue
            yield "%s: stream '%s' '%s' '%s'" % (" ".join(options) or "by default",
                                                 stream["profile"], stream["subject"],
                                                 stream["specification"])
    dump, error = ask(pktlint, "dump", path, options) if labels else (b"", None)
    if error:
        yield error
        return
    final = {}
    for line in dump.splitlines():
        told = json.loads(line)
        final[told.get("amends") or told["frame"]] = told["label"]
    accused = sorted((label, frame) for frame, label in final.items() if label in ACCUSING)
    if accused:
        yield "%d frames accused, first %d: %s" % (len(accused), accused[0][1], accused[0][0])


def write(folder, names):
    os.makedirs(folder, exist_ok=True)
    for name in names or KINDS:
        with open(os.path.join(folder, name + ".pcap"), "wb") as out:
            out.write(make(name))


def main(args):
    if args[:1] == ["--write"] and len(args) > 1:
        return write(args[1], args[2:])
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in args[1:] or KINDS:
            path = name
            if name in KINDS:
                path = os.path.join(folder, name + ".pcap")
                write(folder, [name])
            for complaint in complaints(args[0], path, name in KINDS, name in COUNTING):
                print("%s: %s" % (name, complaint))
                failed += 1
    print("%d captures, %d complaints" % (len(args[1:] or KINDS), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
