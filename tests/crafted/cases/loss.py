# SPDX-License-Identifier: BSD-2-Clause
"""Loss before and behind the capture point, and resends: why they were sent, and if needed."""
from craft import case, ns

from .common import ALL, FEW, in_order_of, only, start

RECOVERY = ("fast", "rack")


@case("three-holes", "three segments of one window are lost upstream and sent again by SACK",
      {"retransmission": 3}, ALL, facts={"lost_upstream": 3},
      peers="tshark: fast retransmission, two out of order; tcptrace: out of order")
def three_holes(c):
    f, t = start(c)
    sent = [f.a.send(t + 0.2 * k, lose="up" if k in (1, 4, 5) else None) for k in range(12)]
    for k, at in ((1, 11.0), (4, 11.6), (5, 11.8)):
        f.a.resend(t + at, sent[k], accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 14, n=3, gap=0.3)


@case("begins-in-a-flight",
      "the capture begins when a flight has passed: what was lost of it behind the capture point "
      "is sent again",
      {"retransmission": 4}, ALL, facts={"lost_upstream": 0})
def begins_in_a_flight(c):
    f, t = start(c)
    sent = [f.a.send(t + 0.2 * k, lose="down" if 1 <= k <= 4 else None) for k in range(10)]
    c.since = ns(t + 8.5)
    f.a.resend(t + 11.0, sent[1], accept=("in_order",))
    f.a.send(t + 11.2)
    for k in (2, 3, 4):
        f.a.resend(t + 11.2 + 0.2 * k, sent[k],
                   accept=c.unless(c.ids or c.ts, "unknown", "reordered"))
    f.a.send(t + 25, n=3, gap=0.3)


@case("lost-on-a-lan", "RTT 0.3 ms: lost upstream, sent again within the same millisecond",
      {"retransmission": 1}, ALL, facts={"lost_upstream": 1},
      peers="tshark: right; tcptrace: out of order")
def on_a_lan(c):
    f, t = start(c, rtt=0.3, n=24, gap=0.15)
    t = int(t) + 1.1
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.02, n=5, gap=0.02)
    f.a.resend(t + 0.5, lost, accept=c.unless(c.ids, "unknown", "reordered"))
    f.a.send(t + 5, n=4, gap=0.15)


@case("rack-one-sack", "one SACK above is enough: resent a quarter of an RTT later (RFC 8985)",
      {"retransmission": 1}, ALL)
def rack_one(c):
    f, t = start(c, tap="sender")
    t += 20
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.3)
    f.a.resend(t + 13.0, lost, cause="rack")
    f.a.send(t + 40, n=3, gap=0.3)


@case("newreno-three-dupacks", "no SACK: the third duplicate ACK makes the resend (RFC 5681)",
      {"retransmission": 1}, ("", "bare"))
def newreno(c):
    f, t = start(c, tap="sender", sack=False)
    f.b.ack_every = 1
    t += 20
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.2, n=5, gap=0.2)
    f.a.resend(t + 10.7, lost, cause="fast")
    f.a.send(t + 40, n=3, gap=0.3)


@case("newreno-partial-ack",
      "no SACK, two losses: the second is sent again when a partial ACK comes (RFC 6582)",
      {"retransmission": 2}, ("", "bare"))
def newreno_partial(c):
    f, t = start(c, tap="sender", sack=False)
    f.b.ack_every = 1
    t += 20
    one = f.a.send(t, lose="down")
    f.a.send(t + 0.2)
    two = f.a.send(t + 0.4, lose="down")
    f.a.send(t + 0.6, n=5, gap=0.2)
    f.a.resend(t + 11.1, one, cause="fast")
    f.a.resend(t + 21.3, two, cause="fast")
    f.a.send(t + 50, n=3, gap=0.3)


@case("newreno-upstream",
      "no SACK: a hole at the capture point, three duplicate ACKs, then the resend",
      {"retransmission": 1}, ALL, facts={"lost_upstream": 1, "lost_downstream": 0})
def newreno_upstream(c):
    f, t = start(c, sack=False)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 11.0, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 14, n=3, gap=0.3)


@case("lost-resend-downstream", "the resend is lost as well and sent a second time, one RTT later",
      {"retransmission": 2}, ALL)
def lost_resend(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.2, n=10, gap=0.2)
    f.a.resend(t + 11, lost, lose="down", cause=RECOVERY)
    f.a.send(t + 11.2, n=6, gap=0.2)
    f.a.resend(t + 24.5, lost, cause=RECOVERY)
    f.a.send(t + 50, n=2)


@case("lost-resend-upstream",
      "the resend is lost upstream as well; the hole is filled by the second",
      {"retransmission": 1}, ALL)
def lost_resend_upstream(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.2, n=10, gap=0.2)
    f.a.resend(t + 11, lost, lose="up")
    f.a.send(t + 11.2, n=6, gap=0.2)
    f.a.resend(t + 24.5, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 50, n=2)


@case("rto-go-back",
      "a whole window of five is lost; the timer sends the first, ACKs release the rest",
      {"retransmission": 5}, ALL, facts={"lost_downstream": 5})
def go_back(c):
    f, t = start(c, tap="sender")
    f.b.ack_every = 1
    t += 20
    lost = f.a.send(t, n=5, gap=0.1, lose="down")
    f.a.resend(t + 211, lost[0], cause="rto")
    f.a.resend(t + 221.3, lost[1], cause="after_rto")
    f.a.resend(t + 221.4, lost[2], cause="after_rto")
    f.a.resend(t + 231.6, lost[3], cause="after_rto")
    f.a.resend(t + 231.7, lost[4], cause="after_rto")
    f.a.send(t + 260, n=3, gap=0.3)


@case("rto-backoff", "one segment is lost three times: the timer doubles each time",
      {"retransmission": 3}, ALL)
def backoff(c):
    f, t = start(c, tap="sender")
    t += 20
    lost = f.a.send(t, n=2, gap=0.1, lose="down")
    f.a.resend(t + 210, lost[0], lose="down", cause="rto")
    f.a.resend(t + 630, lost[0], lose="down", cause="rto")
    f.a.resend(t + 1470, lost[0], cause="rto")


@case("spurious-rto",
      "the path pauses for 400 ms, the timer fires, nothing was lost; a D-SACK tells",
      {"spurious_retransmission": 1}, ALL, facts={"lost_downstream": 0, "lost_upstream": 0})
def spurious_rto(c):
    f, t = start(c, tap="sender")
    t += 20
    held = f.a.send(t, n=4, gap=0.1, down=400)
    f.a.resend(t + 211, held[0], down=195, cause="rto", first="retransmission")
    f.a.send(t + 430, n=3, gap=0.3)


@case("spurious-ack-lost",
      "near the receiver: the ACKs are lost on their way back, acknowledged data comes again",
      {"spurious_retransmission": 1}, ALL, facts={"lost_downstream": 0, "lost_upstream": 0})
def spurious_ack_lost(c):
    f, t = start(c, n=6)
    f.b.ack_every = 1
    t += 50
    f.b.fate(6, lose="down")
    sent = f.a.send(t)
    f.a.resend(t + 211, sent, first="spurious_retransmission")
    f.a.send(t + 240, n=2)


@case("spurious-ack-unseen",
      "near the sender: the ACKs are lost before they reach it; the D-SACK amends",
      {"spurious_retransmission": 1}, ALL, facts={"lost_downstream": 0, "lost_upstream": 0})
def spurious_ack_unseen(c):
    f, t = start(c, n=6, tap="sender")
    f.b.ack_every = 1
    t += 50
    f.b.fate(6, lose="up")
    sent = f.a.send(t)
    f.a.resend(t + 211, sent, cause=("rto", "tlp"), first="retransmission")
    f.a.send(t + 240, n=2)


@case("spurious-dsack-lost", "needless, but the D-SACK is lost: nobody at the sender can know",
      {"spurious_retransmission": 1}, FEW)
def dsack_lost(c):
    f, t = start(c, n=6, tap="sender")
    f.b.ack_every = 1
    t += 50
    f.b.fate(6, lose="up")
    f.b.fate(7, lose="up")
    sent = f.a.send(t)
    f.a.resend(t + 211, sent, accept=("retransmission",))
    f.a.send(t + 240, n=2)


@case("tail-loss-upstream",
      "the last segment is lost upstream: its resend is the next expected data",
      {"retransmission": 1}, ALL)
def tail_upstream(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.resend(t + 211, lost, accept=("in_order", "unknown"))
    f.a.send(t + 240, n=2)


@case("needless-resend-first", "the needless resend overtakes its late original", None, ALL)
def resend_first(c):
    f, t = start(c)
    late = f.a.send(t, up=14, accept=c.unless(c.ids or c.ts, "unknown", "spurious_retransmission",
                                              "duplicate"))
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 12, late, accept=("retransmission", *c.unless(c.ids or c.ts, "unknown")))
    f.a.send(t + 30, n=2)


@case("resend-across-segments", "two lost segments come again cut elsewhere: 1500 bytes, then 500",
      {"retransmission": 2}, FEW)
def across(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, n=2, gap=0.1, lose="down")
    f.a.send(t + 0.3, n=6, gap=0.2)
    f.a.resend(t + 12, lost[0].rel, 1500, cause=RECOVERY)
    f.a.resend(t + 12.1, lost[0].rel + 1500, 500, cause=RECOVERY)
    f.a.send(t + 40, n=2)


@case("small-segments-joined", "four segments of 100 bytes are lost and sent again as one",
      {"retransmission": 1}, FEW)
def joined(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, 100, n=4, gap=0.1, lose="down")
    f.a.send(t + 0.5, n=4, gap=0.2)
    f.a.resend(t + 12, lost[0].rel, 400, cause=RECOVERY)
    f.a.send(t + 40, n=2)


@case("fills-and-extends",
      "near the receiver: one segment fills a hole and brings new bytes behind it",
      {"retransmission": 1}, FEW)
def fills_and_extends(c):
    f, t = start(c, n=8)
    t += 60
    lost = f.a.send(t, 300, lose="up")
    f.a.regrow(t + 211, lost, 500, accept=("in_order", "unknown"))
    f.a.send(t + 240, n=2)


@case("corrupt",
      "a payload byte changes before the capture point; the receiver drops the segment, it "
      "is sent again",
      {"corrupt": 1, "retransmission": 1}, FEW)
def corrupt(c):
    f, t = start(c, tap="middle")
    bad = f.a.send(t, lose="corrupt", accept=("in_order", "unknown"))
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 11.4, bad)
    f.a.send(t + 40, n=2)


def smaller(c, version):
    f = c.flow(ip=version, tap="sender", mss=1440)
    f.handshake()
    f.a.send(15, 500, n=12, gap=0.5)
    f.b.ack_every = 1
    big = f.a.send(40, 1440, n=3, gap=0.1, lose="down")
    for k in range(3):
        c.too_big(44 + 0.1 * k, big[k], 1300)
    size, skip, k = 1240 if version == 4 else 1220, 0, 0
    while skip < 3 * 1440:
        n = min(size, 3 * 1440 - skip)
        f.a.resend(44.5 + 0.05 * k, big[0].rel + skip, n, cause="pmtu")
        skip, k = skip + n, k + 1
    f.a.send(80, 1000, n=3)


@case("pmtu-icmp",
      "fragmentation needed, MTU 1300: three segments are sent again in four smaller ones",
      {"retransmission": 4},
      peers="tshark: three out of order, one retransmission; tcptrace: right")
def pmtu_icmp(c):
    smaller(c, 4)


@case("pmtu-icmp6", "packet too big, MTU 1300, over IPv6: the same", {"retransmission": 4})
def pmtu_icmp6(c):
    smaller(c, 6)


@case("pmtu-icmp-one-way",
      "fragmentation needed, and no acknowledgement is captured that would bound what is on its way",
      {"retransmission": 2}, FEW)
def pmtu_one_way(c):
    f, t = start(c, tap="sender", mss=1400)
    only(c, "a")
    big = f.a.send(t, 1400, lose="down")
    c.too_big(t + 4, big, 1280)
    f.a.resend(t + 4.5, big, 1200, cause="pmtu")
    f.a.resend(t + 4.6, big, skip=1200, cause="pmtu")
    f.a.send(t + 30, n=3, gap=0.3)


@case("pmtu-icmp-forged",
      "errors that quote numbers which are not on their way: a resend does not answer them",
      {"retransmission": 1}, FEW)
def pmtu_forged(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.3, n=6, gap=0.3)
    for k, forged in enumerate((-15000, 7001, -1 << 30, 1 << 30, 1 << 31)):
        c.too_big(t + 5 + 0.1 * k, lost, 1400, forged=forged)
    f.a.resend(t + 12, lost, cause=RECOVERY)
    f.a.send(t + 40, n=3)


@case("pmtu-icmp-forged-one-way", "the same where no acknowledgement is captured",
      {"retransmission": 1}, FEW)
def pmtu_forged_one_way(c):
    f, t = start(c, tap="sender")
    only(c, "a")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.3, n=6, gap=0.3)
    for k, forged in enumerate((7001, -1 << 25, 1 << 30, 1 << 31)):
        c.too_big(t + 5 + 0.1 * k, lost, 1400, forged=forged)
    f.a.resend(t + 12, lost, cause=("fast", "rack", "unknown"),
               accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 40, n=3)


@case("dsack-of-several",
      "near the sender: two segments are resent needlessly, and one D-SACK tells of both",
      {"spurious_retransmission": 2}, ALL, facts={"lost_downstream": 0, "lost_upstream": 0})
def dsack_of_several(c):
    f, t = start(c, tap="sender")
    t += 20
    held = f.a.send(t, n=2, gap=0.1, down=400)
    for i in range(2):
        f.a.resend(t + 211 + i * 0.1, held[i], down=195, cause=("rto", "after_rto"),
                   first="retransmission")
    c.schedule(ns(t + 408), lambda: setattr(f.b, "auto", False))
    f.b.pure(t + 411.5, ack=held[1].stop, sack=[(held[0].rel, held[1].stop)])
    c.schedule(ns(t + 420), lambda: setattr(f.b, "auto", True))
    f.a.send(t + 430, n=3, gap=0.3)


@case("dsack-of-network-copy",
      "near the sender: the network copies a segment behind the capture point; the D-SACK "
      "accuses no frame",
      clean=True, tiers=ALL, facts={"duplicated_downstream": 1})
def dsack_of_copy(c):
    f, t = start(c, tap="sender")
    f.a.send(t, dup_down=[1.5])
    f.a.send(t + 0.3, n=6, gap=0.3)


@case("dsack-beside-resend",
      "a needed resend, and a network copy of another segment: the D-SACK is not the resend's",
      {"retransmission": 1}, ALL)
def dsack_beside(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.2, n=3, gap=0.2)
    f.a.send(t + 0.8, dup_down=[1.5])
    f.a.send(t + 1.0, n=3, gap=0.2)
    f.a.resend(t + 11.4, lost, cause=RECOVERY)
    f.a.send(t + 40, n=3)


@case("copied-resend",
      "near the receiver: the network copies a needed resend; the D-SACK belongs to the copy",
      {"retransmission": 1, "duplicate": 1}, ("", "ts-only", "id-only"))
def copied_resend(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 11.4, lost, dup_up=[0.6], accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 14, n=3, gap=0.3)


@case("copy-comes-late", "the network copies a segment and the copy arrives ten segments later",
      {"duplicate": 1}, ALL)
def copy_late(c):
    f, t = start(c)
    f.a.send(t, dup_up=[2.1], accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.2, n=14, gap=0.2)


@case("copy-of-late-original",
      "a segment is late and copied: the first to arrive is reordered, the second a duplicate",
      {"reordered": 1, "duplicate": 1}, ALL)
def copy_of_late(c):
    f, t = start(c)
    f.a.send(t, up=0.7, dup_up=[0.5], accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.2, n=8, gap=0.2)


@case("copy-before-and-after-ack",
      "two copies of one segment: one before its ACK, one long after it",
      {"duplicate": 2}, ALL)
def copy_twice(c):
    f, t = start(c, tap="middle")
    f.a.send(t, dup_up=[0.5, 9.5], accept=c.unless(c.ids, "unknown", "spurious_retransmission"))
    f.a.send(t + 0.2, n=5, gap=0.2)
    f.a.send(t + 20, n=3, gap=0.2)


@case("copied-acks", "the network copies pure ACKs", clean=True, tiers=FEW)
def copied_acks(c):
    f = c.flow(tap="sender")
    f.handshake()
    for k in (3, 5):
        f.b.fate(k, dup_up=[0.7])
    f.a.send(15, n=20, gap=0.6)


@case("one-way-resend-downstream",
      "one direction captured near the sender: seen data comes again after a timeout",
      {"retransmission": 1}, ALL)
def one_way_down(c):
    c.visible = lambda tx: tx.end.name == "a"
    f, t = start(c, n=34, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.2, n=6, gap=0.2)
    f.a.resend(t + 11.5, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 12, n=3, gap=0.2)


@case("midstream-resend", "the capture begins between a lost transmission and its resend",
      {"retransmission": 1}, ALL)
def midstream_resend(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.2, n=6, gap=0.2)
    c.since = round((t + 5) * 10**6)
    f.a.resend(t + 11.5, lost, accept=("in_order", "unknown"))
    f.a.send(t + 12, n=6, gap=0.2)


@case("late-then-lost-in-turn", "two late, then two lost in one busy stretch",
      {"reordered": 2, "retransmission": 2}, ALL)
def busy(c):
    f, t = start(c)
    sent, after = in_order_of(f, t, [0, 1, 3, 4, 2, 5, 7, 6, 8, 9], 0.3, accept=())
    for k in (2, 6):
        sent[k].accept = c.unless(c.ids, "unknown")
    lost = [f.a.send(after + 0.3 * k, lose="up" if k in (1, 3) else None) for k in range(8)]
    for k in (1, 3):
        f.a.resend(after + 11.5 + 0.3 * k, lost[k], accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(after + 16, n=3, gap=0.3)


@case("resends-swapped", "two segments are lost upstream; their resends arrive in the wrong order",
      {"retransmission": 2}, ALL)
def resends_swapped(c):
    f, t = start(c)
    one = f.a.send(t, lose="up")
    f.a.send(t + 0.3)
    two = f.a.send(t + 0.6, lose="up")
    f.a.send(t + 0.9, n=6, gap=0.3)
    f.a.resend(t + 11.8, one, up=1, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.resend(t + 12.1, two, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 15, n=3, gap=0.3)


@case("many-holes", "every second of sixty segments is lost upstream, and all are sent again",
      {"retransmission": 30}, ALL)
def many_holes(c):
    f, t = start(c)
    sent = [f.a.send(t + 0.05 * k, lose="up" if k % 2 == 0 else None) for k in range(60)]
    for k in range(30):
        f.a.resend(t + 14 + 0.05 * k, sent[2 * k], accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 40, n=3, gap=0.3)


@case("far-back", "a resend reaches back over 250 segments in flight", {"retransmission": 1}, ALL)
def far_back(c):
    f, t = start(c, rtt=50, tap="sender", ack_every=4)
    t += 60
    lost = f.a.send(t, 200, lose="down")
    f.a.send(t + 0.2, 200, n=250, gap=0.2)
    f.a.resend(t + 51.5, lost, cause=RECOVERY)
    f.a.send(t + 120, 200, n=3)


@case("hole-refilled-in-larger-pieces",
      "three lost segments of 1000 bytes come again as 1448, 1448 and 104",
      {"retransmission": 3}, FEW)
def larger_pieces(c):
    f, t = start(c)
    lost = f.a.send(t, n=3, gap=0.1, lose="up")
    f.a.send(t + 0.4, n=6, gap=0.3)
    for k, (skip, size) in enumerate(((0, 1448), (1448, 1448), (2896, 104))):
        f.a.resend(t + 11.8 + 0.1 * k, lost[0].rel + skip, size,
                   accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 20, n=3)


@case("second-resend-needless",
      "the first resend was needed, its ACK is lost, the second is needless",
      {"retransmission": 1, "spurious_retransmission": 1}, ALL)
def second_needless(c):
    f, t = start(c, n=6, tap="sender")
    f.b.ack_every = 1
    t += 50
    lost = f.a.send(t, lose="down")
    f.b.fate(6, lose="up")
    f.a.resend(t + 211, lost, cause=("rto", "tlp"))
    f.a.resend(t + 631, lost, cause="rto")
    f.a.send(t + 680, n=2)


@case("both-resends-needless",
      "the original waits 700 ms; two timeouts meanwhile, two D-SACKs later",
      {"spurious_retransmission": 2}, ALL)
def both_needless(c):
    f, t = start(c, n=6, tap="sender")
    f.b.ack_every = 1
    t += 50
    held = f.a.send(t, down=700)
    f.a.resend(t + 211, held, down=490, cause=("rto", "tlp"))
    f.a.resend(t + 631, held, down=72, cause="rto")
    f.a.send(t + 760, n=2)


@case("late-upstream-lost-downstream",
      "one segment is late before the capture point, another lost behind it",
      {"reordered": 1, "retransmission": 1}, ALL, facts={"lost_upstream": 0, "lost_downstream": 1})
def late_up_lost_down(c):
    f, t = start(c, tap="middle")
    f.a.send(t, up=0.7, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.2, n=6, gap=0.2)
    lost = f.a.send(t + 2, lose="down")
    f.a.send(t + 2.2, n=6, gap=0.2)
    f.a.resend(t + 14, lost, cause=RECOVERY)
    f.a.send(t + 40, n=3)


@case("dropped-by-receiver",
      "the tail passes right before the receiver, which drops it; sent again: needless, but no proof",
      {"retransmission": 1}, ALL)
def dropped_by_receiver(c):
    f, t = start(c)
    lost = f.a.send(t, lose="down")
    f.a.resend(t + 240, lost, accept=("spurious_retransmission", "unknown"))
    f.a.send(t + 260, n=4, gap=0.3)


@case("flight-dropped-by-receiver",
      "the same with a whole flight: the timer sends the first, each answer releases the next",
      {"retransmission": 5}, ALL)
def flight_dropped(c):
    f, t = start(c, n=6)
    f.b.ack_every = 1
    t += 50
    lost = f.a.send(t, n=5, gap=0.1, lose="down")
    for k, one in enumerate(lost):
        f.a.resend(t + 211 + 10.3 * k, one, accept=("spurious_retransmission", "unknown"))
    f.a.send(t + 290, n=3, gap=0.3)


@case("overtaken-original-lost",
      "the resend overtakes its late original, which is lost behind the capture point: needed",
      {"retransmission": 1, "reordered": 1}, ALL)
def overtaken_lost(c):
    f, t = start(c, tap="middle")
    late = f.a.send(t, up=14, lose="down", accept=c.unless(
        c.ids or c.ts, "unknown", "retransmission", "spurious_retransmission", "duplicate"))
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 12, late, accept=("spurious_retransmission", *c.unless(
        c.ids or c.ts, "unknown", "reordered")))
    f.a.send(t + 30, n=2)


@case("resend-behind-its-answer",
      "lost upstream; the capture shows the resend 0.5 ms late, behind the answer to it",
      {"retransmission": 1}, ALL)
def behind_answer(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 12, lost, shown=0.5, accept=(
        "in_order", "unknown", "spurious_retransmission"))
    f.a.send(t + 30, n=2)


@case("midstream-late-original",
      "the capture begins behind a resend, and its original comes late: it was acknowledged",
      {"reordered": 1}, ALL)
def midstream_late(c):
    f, t = start(c)
    late = f.a.send(t, up=25)
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 12, late)
    c.since = round((t + 18) * 10**6)
    f.a.send(t + 19, n=4, gap=0.3)
    late.accept = ("in_order", "unknown", *c.unless(
        c.ids or c.ts, "retransmission", "spurious_retransmission", "duplicate"))


@case("lost-by-size", "six large segments are lost upstream and sent again; small ones pass",
      {"retransmission": 6}, FEW)
def lost_by_size(c):
    f, t = start(c)
    for k in range(6):
        at = t + 40 * k
        lost = f.a.send(at, lose="up")
        f.a.send(at + 0.2, 100, n=6, gap=0.2)
        f.a.resend(at + 13, lost, cause=("fast", "rack"))
