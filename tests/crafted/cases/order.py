# SPDX-License-Identifier: BSD-2-Clause
"""Segments that overtake each other, before the capture point and behind it."""
from craft import case

from .common import ALL, FEW, in_order_of, start


def vector(name, order, extents, about):
    """One of the examples of RFC 4737: arrivals by number, and the extents it gives."""
    @case(name, about, {"reordered": len(extents)}, ALL, peers="tcptrace: right, without extents")
    def script(c):
        f, t = start(c)
        sent, t = in_order_of(f, t, order, 0.2, accept=c.unless(c.ids, "unknown"))
        late = [k for at, k in enumerate(order) if any(j > k for j in order[:at])]
        for k in range(len(order)):
            if k not in late:
                sent[k].accept = ()
        for k, extent in zip(late, extents):
            sent[k].extent = [extent]
        f.a.send(t + 12, n=3, gap=0.3)


vector("rfc4737-7.1", [0, 1, 2, 4, 5, 6, 7, 3, 8, 9], [4],
       "RFC 4737 table 1: packet 4 arrives after packet 8")
vector("rfc4737-7.2", [0, 1, 2, 3, 6, 4, 5, 7, 8, 9], [1, 2],
       "RFC 4737 table 2: packets 5 and 6 arrive after packet 7")
vector("rfc4737-7.3", [0, 1, 2, 6, 7, 8, 9, 3, 4, 5, 10], [4, 5, 6],
       "RFC 4737 table 3: packets 4, 5 and 6 arrive after packet 10")
vector("rfc4737-gaps", [0, 1, 2, 5, 6, 3, 4, 7, 8, 9, 11, 12, 10, 13, 14, 15], [2, 3, 2],
       "two discontinuities: extents 2, 3 and 2")
vector("hole-filled-inside-out", [0, 1, 6, 3, 2, 5, 4, 7], [1, 2, 3, 4],
       "a hole of four segments is filled from its middle, in pieces")
vector("reversed", [0, 5, 4, 3, 2, 1, 6], [1, 2, 3, 4], "five segments arrive in reverse order")
vector("swapped-pairs", [1, 0, 3, 2, 5, 4, 7, 6], [1, 1, 1, 1],
       "every second segment overtakes the one before it")


@case("late-same-tick",
      "a segment 3 ms late left in the same millisecond as those that overtook it",
      {"reordered": 1}, ALL)
def same_tick(c):
    f, t = start(c)
    t = round(t) + 0.1
    f.a.send(t, up=3, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.1, n=6, gap=0.1)
    f.a.send(t + 6, n=4, gap=0.5)


@case("late-short-flow",
      "the third data segment of a connection is one place late: hardly anything is learned yet",
      {"reordered": 1}, ALL)
def short_flow(c):
    f, t = start(c, n=2, gap=0.2)
    f.a.send(t, up=0.3, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.2, n=3, gap=0.2)


@case("late-first-data", "the first data segment comes after the second", {"reordered": 1}, ALL)
def first_data(c):
    f = c.flow()
    f.handshake()
    f.a.send(15, up=0.3, accept=("unknown",))
    f.a.send(15.2, n=5, gap=0.2)


@case("late-and-lost",
      "one segment is lost upstream, the next comes late: two neighbouring holes, two causes",
      {"reordered": 1, "retransmission": 1}, ALL, facts={"lost_upstream": 1})
def late_and_lost(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 1.2, up=4, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 2.4, n=6, gap=1.2)
    f.a.resend(t + 13.5, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 26, n=2)


@case("late-rejected-by-paws",
      "a late original arrives behind a resend with a newer timestamp: the receiver drops "
      "it (RFC 7323 5.3)",
      {"reordered": 1, "retransmission": 1, "spurious_retransmission": 1}, ("", "ts-only", "v6"))
def paws(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    late = f.a.send(t + 1.2, up=13)
    f.a.send(t + 2.4, n=4, gap=1.2)
    f.a.resend(t + 12.4, lost)
    f.a.resend(t + 17.5, late, accept=("retransmission",))
    f.a.send(t + 30, n=2)


@case("fin-overtakes-data", "the FIN arrives before the last data segment", {"reordered": 1}, ALL)
def fin_overtakes(c):
    f, t = start(c, n=12)
    f.a.send(t, up=0.4, accept=c.unless(c.ids, "unknown"))
    f.a.fin(t + 0.1)
    f.b.fin(t + 30)


@case("handshake-ack-late", "the last ACK of the handshake arrives after the first data",
      clean=True, tiers=FEW)
def handshake_ack_late(c):
    f = c.flow()
    f.a.fate(0, up=6)
    f.handshake()
    f.a.send(10.2, n=6, gap=0.3)


@case("tails-overtake",
      "writes of 1004 bytes: the 4-byte tails overtake the full segments before them",
      {"reordered": 4}, ALL)
def tails(c):
    f, t = start(c)
    for k in range(4):
        f.a.send(t + 2.4 * k, up=0.05, accept=c.unless(c.ids, "unknown"))
        f.a.send(t + 2.4 * k + 0.01, 4)


@case("downstream-reorder",
      "at the sender: a SACK hole closes without a resend, the path behind reordered; no "
      "frame is at fault",
      clean=True, tiers=ALL, facts={"reordered_downstream": 1})
def downstream(c):
    f, t = start(c, tap="sender")
    f.a.send(t, down=1.0)
    f.a.send(t + 0.2, n=8, gap=0.2)
    f.a.send(t + 25, n=4, gap=0.5)


@case("downstream-reorder-resent",
      "at the sender: reordering behind provokes a resend; a D-SACK tells that it was needless",
      {"spurious_retransmission": 1}, ALL, facts={"lost_downstream": 0, "lost_upstream": 0})
def downstream_resent(c):
    f, t = start(c, tap="sender")
    late = f.a.send(t, down=6.0)
    f.a.send(t + 0.2, n=8, gap=0.2)
    f.a.resend(t + 12.5, late, cause=("fast", "rack"), first="retransmission")
    f.a.send(t + 40, n=4, gap=0.5)


@case("acks-reordered", "pure ACKs of a bulk transfer overtake each other", clean=True, tiers=FEW,
      facts={"acks_reordered": 3})
def acks_reordered(c):
    f = c.flow(tap="sender")
    f.handshake()
    for k in (4, 7, 11):
        f.b.fate(k, up=3.1)
    f.a.send(15, n=30, gap=0.6)


@case("ack-ahead-of-queued-data",
      "a pure ACK passes the sender's own queued data: its sequence number is ahead, no hole opens",
      clean=True, tiers=ALL,
      peers="tshark: a gap, two out of order, one retransmission; tcptrace: right")
def ack_ahead(c):
    f, t = start(c, n=10)
    f.b.send(t - 2, n=6, gap=0.8)
    queued = f.a.send(t + 4, n=3, gap=0.05, up=2.5)
    f.a.pure(t + 5.0)
    f.a.pure(t + 6.0)
    assert queued
    f.a.send(t + 12, n=3, gap=0.5)


@case("late-on-a-lan", "RTT 0.3 ms, a segment 3 ms late: later than any resend would be",
      {"reordered": 1}, ALL, peers="tshark: fast retransmission; tcptrace: right")
def on_a_lan(c):
    f, t = start(c, rtt=0.3, n=24, gap=0.15)
    f.a.send(t, up=3, accept=c.unless(c.ids, "unknown", "retransmission"))
    f.a.send(t + 0.15, n=6, gap=0.15)
    f.a.send(t + 6, n=4, gap=0.15)


@case("late-both-directions", "one segment late in each direction at the same time",
      {"reordered": 2}, ALL)
def both_directions(c):
    f, t = start(c, tap="middle")
    f.b.send(16, n=20, gap=1.2)
    for end in (f.a, f.b):
        end.send(t, up=0.9, accept=c.unless(c.ids, "unknown"))
        end.send(t + 0.3, n=6, gap=0.3)


@case("two-flows-interleaved",
      "two connections with equal numbers, interleaved; one segment of one is late",
      {"reordered": 1}, FEW)
def two_flows(c):
    one, t = start(c)
    two, _ = start(c, port=40001)
    one.a.send(t, up=0.7, accept=c.unless(c.ids, "unknown"))
    one.a.send(t + 0.2, n=5, gap=0.2)
    two.a.send(t + 0.1, n=6, gap=0.2)


@case("late-while-one-way", "one direction captured, eight segments each three places late",
      {"reordered": 8}, ALL)
def late_one_way(c):
    c.visible = lambda tx: tx.end.name == "a"
    f, t = start(c, n=34)
    for k in range(8):
        at = t + k * 1.6
        f.a.send(at, up=0.7, accept=c.unless(c.ids, "unknown"))
        f.a.send(at + 0.2, n=4, gap=0.2)


@case("late-beside-network-copy",
      "a segment comes late, and the network copied one of those that overtook it",
      {"reordered": 1, "duplicate": 1}, ALL)
def late_and_copy(c):
    f, t = start(c)
    f.a.send(t, up=1.1, accept=c.unless(c.ids, "unknown"), extent=(5, 6))
    f.a.send(t + 0.2, dup_up=[0.3], accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.4, n=8, gap=0.2)


@case("late-above-resend",
      "a resend that is still on its way is overtaken by newer data: it stays a retransmission",
      {"retransmission": 1}, ALL)
def late_resend(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=8, gap=0.3)
    f.a.resend(t + 11.2, lost, up=2, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 11.5, n=6, gap=0.3)


@case("late-by-dscp", "eight segments were marked with a lower DSCP, and these come late",
      {"reordered": 8}, FEW)
def by_dscp(c):
    f, t = start(c)
    for k in range(8):
        at = t + k * 1.6
        f.a.send(at, up=0.7, tos=0, accept=c.unless(c.ids, "unknown"))
        f.a.send(at + 0.2, n=4, gap=0.2, tos=46 << 2)


@case("late-by-size", "of large and small segments eight large ones come late",
      {"reordered": 8}, FEW)
def by_size(c):
    f, t = start(c)
    for k in range(8):
        at = t + k * 1.6
        f.a.send(at, up=0.7, accept=c.unless(c.ids, "unknown"))
        f.a.send(at + 0.2, 100, n=4, gap=0.2)


@case("late-of-any-size", "each segment has another size, and eight come late whatever theirs is",
      {"reordered": 8}, FEW)
def of_any_size(c):
    f, t = start(c)
    for k in range(8):
        at = t + k * 1.6
        f.a.send(at, 900 - 10 * k, up=0.7, accept=c.unless(c.ids, "unknown"))
        for i in range(4):
            f.a.send(at + 0.2 + 0.2 * i, 100 + 97 * (5 * k + i) % 600)
