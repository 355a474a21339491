# SPDX-License-Identifier: BSD-2-Clause
"""Frames that stand for several segments (TSO, GSO, GRO, LRO), and frames that are cut short."""
from craft import case

from .common import FEW, start

TX = {"partial_sum": True}


@case("tso-clean", "transmit offload at the sender: super-frames with unfinished checksums",
      clean=True, tiers=FEW, facts={"pure_acks": 24})
def tso_clean(c):
    f, t = start(c, tap="sender", n=4)
    for k in range(8):
        f.a.super(t + 3 * k, 2 + k % 5, **TX)


@case("gro-clean", "receive offload at the receiver", clean=True, tiers=FEW)
def gro_clean(c):
    f, t = start(c, n=4)
    for k in range(8):
        f.a.super(t + 3 * k, 2 + k % 5)


@case("tso-whole-again", "a whole super-frame is lost and sent again", {"retransmission": 1}, FEW)
def tso_whole(c):
    f, t = start(c, tap="sender", n=4)
    f.a.super(t, 3, **TX)
    lost = f.a.super(t + 1, 4, lose="down", **TX)
    f.a.super(t + 2, 4, **TX)
    f.a.resend(t + 13.5, lost[0].rel, 4000, cause=("fast", "rack"))
    f.a.send(t + 40, n=3)


@case("tso-pieces-again", "three segments out of one super-frame are sent again one by one",
      {"retransmission": 3}, FEW)
def tso_pieces(c):
    f, t = start(c, tap="sender", n=4)
    sent = f.a.super(t, 8, **TX)
    for k in (1, 4, 5):
        sent[k].lose = "down"
    f.a.super(t + 1, 4, **TX)
    for k in (1, 4, 5):
        f.a.resend(t + 12 + 0.05 * k, sent[k], cause=("fast", "rack"))
    f.a.send(t + 40, n=3)


@case("tso-late", "two super-frames arrive in the wrong order at a capture point behind the sender",
      {"reordered": 1}, FEW)
def tso_late(c):
    f, t = start(c, tap="middle", n=20)
    f.a.super(t, 4, up=0.9, accept=c.unless(c.ids, "unknown"))
    f.a.super(t + 0.3, 4)
    f.a.super(t + 2, 4)


@case("gro-equal-stamps", "two merged frames in the wrong order with one and the same time stamp",
      {"reordered": 1}, FEW)
def gro_equal(c):
    c.stamp = lambda when: when // 10**6 * 10**6
    f, t = start(c, n=20)
    t = round(t)
    f.a.super(t + 0.05, 4, up=0.4, accept=c.unless(c.ids, "unknown"))
    f.a.super(t + 0.1, 4)
    f.a.super(t + 2.2, 4)


@case("gro-joins-fill-and-new",
      "one merged frame holds the resend of the lost last segment and new data behind it",
      None, FEW)
def gro_joins(c):
    f, t = start(c)
    t += 40
    lost = f.a.send(t, lose="up")
    t += 211
    f.a.resend(t, lost, join=("x", 3), accept=("in_order", "unknown"))
    f.a.send(t + 0.01, n=2, gap=0.01, join=("x", 3), accept=("retransmission", "unknown"))
    f.a.send(t + 20, n=3)


@case("gro-joins-fill-seen-new",
      "no SACK: a merged frame holds what fills a hole, what had arrived, and new data", None, FEW)
def gro_all_three(c):
    f, t = start(c, sack=False)
    lost = f.a.send(t, lose="up")
    seen = f.a.send(t + 0.2, n=2, gap=0.2)
    others = ("retransmission", "spurious_retransmission", "unknown")
    for tx in (lost, *seen):
        f.a.resend(t + 211, tx, join=("x", 5), accept=others)
    f.a.send(t + 211.01, n=2, gap=0.01, join=("x", 5))
    f.a.send(t + 240, n=3)


@case("gro-joins-fill-and-seen",
      "a resend of two segments fills a hole of one and repeats one that had arrived",
      None, FEW)
def gro_seen(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    seen = f.a.send(t + 0.2)
    f.a.send(t + 0.4, n=5, gap=0.2)
    f.a.resend(t + 11.5, lost, join=("x", 2), accept=("spurious_retransmission", "unknown"))
    f.a.resend(t + 11.51, seen, join=("x", 2), accept=("retransmission", "unknown"))
    f.a.send(t + 40, n=2)


@case("gro-small-amid-large", "merged frames around a late segment that came alone",
      {"reordered": 1}, FEW)
def gro_small(c):
    f, t = start(c)
    f.a.super(t, 4)
    f.a.send(t + 0.1, up=0.8, accept=c.unless(c.ids, "unknown"), extent=(2, 8))
    f.a.super(t + 0.2, 4)
    f.a.super(t + 0.3, 4)
    f.a.super(t + 2, 4)


@case("length-zero", "IPv4 total length 0 on super-frames: the frame's own length counts",
      clean=True)
def length_zero(c):
    f, t = start(c, tap="sender", n=4)
    for k in range(5):
        f.a.super(t + 3 * k, 6, zero_length=True, **TX)


@case("length-zero-resend", "the same, and one of them is sent again in part",
      {"retransmission": 1})
def length_zero_resend(c):
    f, t = start(c, tap="sender", n=4)
    sent = f.a.super(t, 6, zero_length=True, **TX)
    sent[2].lose = "down"
    f.a.super(t + 1, 6, zero_length=True, **TX)
    f.a.resend(t + 12, sent[2], zero_length=False, cause=("fast", "rack"))
    f.a.send(t + 40, n=3)


@case("payload-length-zero", "IPv6 payload length 0, as BIG TCP shows it",
      clean=True, tiers=("v6",))
def payload_zero(c):
    f, t = start(c, tap="sender", n=4)
    for k in range(4):
        f.a.super(t + 3 * k, 6, zero_length=True, **TX)


@case("big-tcp", "one frame of 70 segments, 70 000 bytes, longer than the IPv4 length field",
      clean=True)
def big_tcp(c):
    f, t = start(c, tap="sender", n=4)
    f.a.super(t, 70, zero_length=True, **TX)
    f.a.send(t + 20, n=3)


@case("jumbo", "segments of 8 948 bytes are no super-frames", clean=True, tiers=FEW)
def jumbo(c):
    start(c, n=12, mss=8948)


def headers(c):
    """Of a data segment: IP and TCP with its options."""
    return (60 if c.tier.get("ip") == 6 else 40) + (12 if c.tier.get("ts", True) else 0)


@case("lro-forwarded-then-refused",
      "two segments merged on a router, refused there: the ICMP quotes a length that nobody sent",
      {"retransmission": 2}, FEW)
def lro_refused(c):
    mss = 1500 - headers(c)
    f, t = start(c, tap="sender", n=8, mss=mss)
    lost = [f.a.send(t, lose="down"), f.a.send(t + 0.05, 20, lose="down")]
    c.too_big(t + 4, lost[0], 1500, length=1520)
    f.a.resend(t + 211, lost[0], cause=("rto", "tlp", "pmtu"))
    f.a.resend(t + 222, lost[1], cause=("after_rto", "pmtu", "rto"))
    f.a.send(t + 260, n=2)


@case("tso-refused", "a hop of 1300 bytes refuses one segment of a super-frame, as long as it was",
      None, FEW)
def tso_refused(c):
    mss = 1500 - headers(c)
    f, t = start(c, tap="sender", n=8, mss=mss)
    lost = f.a.super(t, 4, lose="down", **TX)
    c.too_big(t + 4, lost[0], 1300, length=1500)
    for k in range(4):
        f.a.resend(t + 5 + k, lost[0].rel + 1000 * k, 1000, cause="pmtu")
    f.a.send(t + 60, n=2)


def busy(c, snaplen, *accept):
    """The usual late and lost segment; what is cut off may cost knowledge, never invent a fault."""
    c.snaplen = snaplen
    f, t = start(c)
    f.a.send(t, up=0.9, accept=("unknown", *accept))
    f.a.send(t + 0.3, n=6, gap=0.3)
    lost = f.a.send(t + 13, lose="up")
    f.a.send(t + 13.3, n=6, gap=0.3)
    f.a.resend(t + 25, lost, accept=("unknown", *accept))
    f.a.send(t + 26, n=4, gap=0.3)


EITHER = {"reordered": 1, "retransmission": 1}


@case("snap-96", "96 bytes a frame: all headers are there", EITHER, ("", "v6"))
def snap_96(c):
    c.snaplen = 96
    f, t = start(c)
    f.a.send(t, up=0.9, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.3, n=6, gap=0.3)
    lost = f.a.send(t + 13, lose="up")
    f.a.send(t + 13.3, n=6, gap=0.3)
    f.a.resend(t + 25, lost)


@case("snap-cuts-sack", "66 bytes a frame: options fit, SACK blocks are cut", EITHER)
def snap_66(c):
    busy(c, 66)


@case("snap-cuts-options", "56 bytes a frame: options are cut, the TCP header is whole",
      EITHER, ("", "bare"))
def snap_56(c):
    busy(c, 56)


@case("snap-cuts-tcp",
      "44 bytes a frame: the TCP header is cut, only ports and sequence numbers are there",
      EITHER)
def snap_44(c):
    busy(c, 44, "in_order", "other", "ack")
    c.soften = ("other", "unknown", "ack", "in_order", "rst")


@case("snap-cuts-ip", "30 bytes a frame: not even the IP header is whole", None)
def snap_30(c):
    busy(c, 30, "in_order", "other", "ack")
    c.soften = ("other", "unknown", "ack", "in_order")


@case("fragments", "every third segment comes in two IPv4 fragments; the second has no TCP header",
      clean=True)
def fragments(c):
    f, t = start(c, n=8)
    for k in range(12):
        f.a.send(t + 1.2 * k, fragment=560 if k % 3 == 1 else 0)


@case("padded", "small frames padded to 60 bytes: the padding is no data",
      clean=True, tiers=("", "v6", "bare"))
def padded(c):
    c.padding = 60
    f, t = start(c, n=6, ts=False)
    for k in range(6):
        f.a.send(t + 10 * k, 1)
        f.b.send(t + 10 * k + 7, 1)

