# SPDX-License-Identifier: BSD-2-Clause
"""Nothing is wrong: not one frame may be accused of anything."""
import packets as p
from craft import case

from .common import ALL, FEW, start


@case("bulk", "a bulk transfer", clean=True, tiers=ALL)
def bulk(c):
    start(c, n=40)


@case("bulk-both-ways", "bulk data in both directions at once", clean=True, tiers=ALL)
def both(c):
    f, t = start(c, n=30, tap="middle")
    f.b.send(15.1, n=30, gap=1.1)
    f.a.fin(t + 20)
    f.b.fin(t + 30)


@case("bulk-at-sender", "a bulk transfer, captured where it is sent", clean=True, tiers=ALL)
def at_sender(c):
    start(c, n=40, gap=0.3, tap="sender")


@case("request-response", "requests of 200 bytes, answers of 3 500", clean=True, tiers=FEW)
def requests(c):
    f = c.flow(tap="middle")
    f.handshake()
    for k in range(6):
        f.a.send(20 + 60 * k, 200)
        f.b.send(20 + 60 * k + 8, n=3, gap=0.01)
        f.b.send(20 + 60 * k + 8.05, 500)


@case("stretch-acks", "one ACK for sixteen segments", clean=True, tiers=FEW)
def stretch(c):
    start(c, n=48, gap=0.05, ack_every=16)


@case("delayed-acks", "single segments, each acknowledged 40 ms later", clean=True, tiers=FEW)
def delayed(c):
    start(c, n=10, gap=100, tap="sender")


@case("large-windows", "200 segments in flight on a path of 200 ms", clean=True, tiers=FEW)
def large(c):
    start(c, n=200, gap=0.02, rtt=200, ack_every=8)


@case("rtt-grows", "the path becomes 30 ms longer while the transfer runs", clean=True, tiers=FEW)
def rtt_grows(c):
    f, t = start(c, n=10, tap="sender")
    for k in range(20):
        f.a.send(t + 2 * k, down=min(30, 3 * k))


@case("vlan", "one 802.1Q tag", clean=True, tiers=FEW)
def vlan(c):
    start(c, n=20, vlans=[(0x8100, 100)])


@case("qinq", "two tags, 802.1ad", clean=True, tiers=FEW)
def qinq(c):
    start(c, n=20, vlans=[(0x88a8, 5), (0x8100, 100)])


@case("cooked", "Linux cooked capture", clean=True, tiers=FEW)
def cooked(c):
    c.link = p.SLL
    start(c, n=20)


@case("cooked-v2", "Linux cooked capture v2", clean=True, tiers=FEW)
def cooked_v2(c):
    c.link = p.SLL2
    start(c, n=20)


@case("raw-ip", "no link header", clean=True, tiers=FEW)
def raw(c):
    c.link = p.RAW
    start(c, n=20)


@case("equal-stamps", "four segments to a time stamp", clean=True, tiers=ALL)
def equal_stamps(c):
    c.stamp = lambda when: when // 10**6 * 10**6
    start(c, n=40, gap=0.25)


@case("no-handshake", "the capture begins in mid-stream", clean=True, tiers=ALL)
def no_handshake(c):
    f, t = start(c, n=40, gap=0.5)
    c.since = 20 * 10**6


@case("capture-loss-many",
      "every fifth frame of the data is missing from the capture; all is acknowledged",
      clean=True, tiers=ALL, facts={"missed_bytes": 6000})
def many_missing(c):
    f, t = start(c, n=20)
    for k in range(30):
        f.a.send(t + 0.6 * k, seen=k % 5 != 2)
    f.a.send(t + 40, n=2)


@case("capture-loss-at-sender", "the same at the sender",
      clean=True, tiers=ALL, facts={"missed_bytes": 4000})
def missing_at_sender(c):
    f, t = start(c, n=20, tap="sender")
    for k in range(20):
        f.a.send(t + 0.6 * k, seen=k % 5 != 2)
    f.a.send(t + 40, n=2)


@case("unfinished-checksums",
      "transmit checksum offload: sums are unfinished, the packets are sound",
      clean=True, tiers=FEW)
def unfinished(c):
    f, t = start(c, tap="sender", n=4)
    f.a.send(t, n=20, gap=0.5, partial_sum=True)


@case("two-connections", "the same client, two ports, interleaved", clean=True, tiers=FEW)
def two(c):
    start(c, n=20)
    start(c, n=20, port=40001, at=15.05)


@case("aborted", "a transfer ended by a reset with data on its way", {}, FEW)
def aborted(c):
    f, t = start(c, n=20)
    f.a.rst(t + 0.1)


@case("ack-far-ahead",
      "one acknowledgement of 100 million bytes that nobody sent, around 2^32: data goes on",
      clean=True, tiers=FEW, facts={"unique_bytes": "< 100000"})
def ack_far_ahead(c):
    f, t = start(c, isn=(1 << 32) - 50_000)
    f.b.pure(t + 20, ack=100_020_001)
    f.a.send(t + 40, n=10, gap=0.5)
