# SPDX-License-Identifier: BSD-2-Clause
"""Events on which tshark 4.0.17 and tcptrace 6.6.7 were run, and what they said."""
import packets as p
from craft import case, ns

from .common import ALL, FEW, only, start


@case("late-5ms-short-rtt", "one segment comes 5 ms late on a path of 2 ms RTT; nothing is lost",
      {"reordered": 1}, ALL, peers="tshark: fast retransmission; tcptrace: right")
def late_short_rtt(c):
    f, t = start(c, rtt=2)
    f.a.send(t, up=5, accept=c.unless(c.ids or c.ts, "unknown", "retransmission"))
    f.a.send(t + 1.2, n=8, gap=1.2)


@case("late-5ms-midstream", "the same, and the capture begins in mid-stream",
      {"reordered": 1}, ALL, peers="tshark: fast retransmission; tcptrace: right")
def late_midstream(c):
    f, t = start(c, rtt=2, n=30)
    c.since = ns(t - 24)
    f.a.send(t, up=5, accept=c.unless(c.ids or c.ts, "unknown", "retransmission"))
    f.a.send(t + 1.2, n=8, gap=1.2)


@case("fast-resend-loss-downstream",
      "lost behind the capture point, sent again 1 ms after the third duplicate ACK",
      {"retransmission": 1}, ALL, peers="both right",
      facts={"lost_downstream": 1, "lost_upstream": 0})
def fast_downstream(c):
    f, t = start(c, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.1, n=3, gap=0.1)
    f.a.resend(t + 11.4, lost, cause=("fast", "rack"))
    f.a.send(t + 25, n=4, gap=0.5)


@case("fast-resend-loss-upstream",
      "lost before the capture point, sent again one RTT later after SACKs",
      {"retransmission": 1}, ALL, facts={"lost_upstream": 1, "lost_downstream": 0},
      peers="tshark: right; tcptrace: out of order")
def fast_upstream(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=5, gap=0.3)
    f.a.resend(t + 11.2, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 12, n=4, gap=0.5)


@case("fast-resend-slow-rtt60",
      "a resend 30 ms after the duplicate ACKs passed, RTT 60 ms, capture in the middle",
      {"retransmission": 1}, ALL, peers="tshark: out of order; tcptrace: right")
def fast_slow(c):
    f, t = start(c, rtt=60, tap="middle")
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.3, n=8, gap=0.3)
    f.a.resend(t + 61, lost, cause=("fast", "rack"))
    f.a.send(t + 62, n=4, gap=0.5)


@case("tail-rto",
      "the last three segments are lost; 210 ms later the timer sends the first, the rest follow",
      {"retransmission": 3}, ALL, peers="both call it a retransmission, not why",
      facts={"lost_downstream": 3})
def tail_rto(c):
    f, t = start(c, tap="sender")
    f.b.ack_every = 1
    lost = f.a.send(t, n=3, gap=0.1, lose="down")
    f.a.resend(t + 210.2, lost[0], cause="rto")
    f.a.resend(t + 220.4, lost[1], cause="after_rto")
    f.a.resend(t + 220.5, lost[2], cause="after_rto")
    f.a.send(t + 235, n=2, gap=0.2)


@case("tail-loss-probe",
      "the last two segments are lost; after 2 RTT the last is sent again as a probe, its "
      "SACK repairs the other",
      {"retransmission": 2}, ALL, peers="both call it a retransmission, not why",
      facts={"lost_downstream": 2})
def tail_loss_probe(c):
    f, t = start(c, tap="sender")
    f.a.send(t, n=4, gap=0.1)
    lost = f.a.send(t + 0.4, n=2, gap=0.1, lose="down")
    f.a.resend(t + 21.0, lost[1], cause="tlp")
    f.a.resend(t + 31.2, lost[0], cause=("rack", "fast"))
    f.a.send(t + 45, n=2, gap=0.2)


@case("rto-after-new-data",
      "the timer sends an old segment again 50 ms after new data left, RTT 300 ms",
      {"retransmission": 1}, ("", "bare"), peers="tshark: out of order; tcptrace: right")
def rto_after_new(c):
    f, t = start(c, rtt=300, tap="sender", gap=0.5)
    t += 400
    lost = f.a.send(t, lose="down")
    f.a.send(t + 470, lose=None)
    f.a.resend(t + 520, lost, cause="rto")
    f.a.send(t + 900, n=2)


@case("duplicate-unacked",
      "the network copies one segment; the copy comes 0.4 ms later, before the ACK",
      {"duplicate": 1}, ALL,
      peers="tshark: retransmission; tcptrace: retransmission and hardware duplicate")
def duplicate_unacked(c):
    f, t = start(c, tap="middle")
    f.a.send(t, dup_up=[0.4], accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 1.2, n=8, gap=1.2)


@case("duplicate-acked",
      "the network copies one segment over a longer way: 3 ms later, TTL lower, after the ACK",
      {"duplicate": 1}, ALL,
      peers="tshark: spurious retransmission; tcptrace: retransmission and hardware duplicate")
def duplicate_acked(c):
    f, t = start(c)
    f.b.ack_every = 1
    f.a.send(t, dup_up=[3], dup_ttl=-1, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 1.2, n=8, gap=1.2)


@case("mirrored-twice",
      "every frame is in the capture twice, 2 us apart, as on a bridge with its port",
      None, ALL,
      peers="tshark: every packet a retransmission or duplicate ACK; tcptrace: retransmissions")
def mirrored(c):
    c.mirror = [(2000, {})]
    f, t = start(c, n=16)
    f.a.send(t, 300)


@case("keep-alive", "keep-alives without and with one byte of garbage on an idle connection",
      {}, ("", "bare"), peers="tshark: right; tcptrace: the one-byte one is a retransmission")
def keep_alive(c):
    f, t = start(c, n=6)
    f.a.keepalive(t + 7000)
    f.a.keepalive(t + 14000, garbage=1)
    f.b.keepalive(t + 15000)
    f.a.send(t + 16000, n=2)


@case("one-byte-rto",
      "a keystroke of one byte is lost; the timer sends it again (the form of a keep-alive)",
      {"retransmission": 1}, FEW, peers="tshark: keep-alive; tcptrace: right")
def one_byte_rto(c):
    f, t = start(c, n=4, tap="sender")
    f.a.send(t + 60, 1)
    lost = f.a.send(t + 120, 1, lose="down")
    f.a.resend(t + 330.5, lost, cause=("rto", "tlp"))
    f.a.send(t + 400, 1)


@case("wrap-in-order", "sequence numbers pass 2^32; nothing else happens",
      clean=True, peers="both right")
def wrap_in_order(c):
    start(c, isn=2**32 - 9501)


@case("ends-at-zero",
      "the lost segment ends exactly at 2^32, so the next sequence number is 0; it is sent "
      "again twice",
      {"retransmission": 2}, ALL, peers="tshark: nothing at all (0 means unset); tcptrace: right")
def ends_at_zero(c):
    f, t = start(c, n=9, isn=2**32 - 10001, tap="sender")
    lost = f.a.send(t, lose="down")
    f.a.resend(t + 210, lost, lose="down", cause=("rto", "tlp"))
    f.a.resend(t + 630, lost, cause="rto")
    f.a.send(t + 660, n=3)


@case("reorder-across-wrap", "a segment that crosses 2^32 comes three places late",
      {"reordered": 1}, ALL, peers="tshark: fast retransmission; tcptrace: right")
def reorder_across_wrap(c):
    f, t = start(c, isn=2**32 - 20501)
    f.a.send(t, up=0.7, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.2, n=10, gap=0.2)


@case("old-ack-then-resend", "an old ACK comes late; then data that was acknowledged is sent again",
      {"spurious_retransmission": 1}, ALL,
      peers="tshark: retransmission (it keeps the last ACK, not the highest)")
def old_ack(c):
    f, t = start(c, n=8, tap="middle")
    f.b.ack_every = 1
    sent = f.a.send(t, n=6, gap=0.4)
    f.b.fate(7, up=3.8)
    f.a.resend(t + 20, sent[5], accept=())
    f.a.send(t + 40, n=2)


@case("late-then-resend",
      "the original comes 12 ms late; the duplicate ACKs made the sender send it again; a "
      "D-SACK tells",
      {"reordered": 1, "spurious_retransmission": 1}, ALL,
      peers="tshark: fast, then spurious retransmission; tcptrace: right")
def late_then_resend(c):
    f, t = start(c)
    late = f.a.send(t, up=12, accept=c.unless(c.ids or c.ts, "unknown", "retransmission"))
    f.a.send(t + 1.2, n=5, gap=1.2)
    others = c.unless(c.ids or c.ts, "unknown", "retransmission", "duplicate")
    f.a.resend(t + 12.5, late, accept=others)
    f.a.send(t + 20, n=3)


@case("capture-loss",
      "two frames are missing from the capture, not from the network: they are acknowledged",
      clean=True, tiers=ALL, facts={"missed_bytes": 2000}, peers="tshark: right; tcptrace: silent")
def capture_loss(c):
    f, t = start(c)
    f.a.send(t, seen=False)
    f.a.send(t + 1.2, n=5, gap=1.2)
    f.a.send(t + 7.2, seen=False)
    f.a.send(t + 8.4, n=5, gap=1.2)


@case("zero-window-probe",
      "the window closes; Linux probes without data, one below what is unacknowledged",
      {}, ("", "bare"), peers="tshark: keep-alive; tcptrace: right")
def zero_window_probe(c):
    f, t = start(c, n=10)
    f.b.window(t, 0)
    f.b.pure(t + 10)
    f.a.probe(t + 220)
    f.a.probe(t + 650)
    f.b.window(t + 800, 65535 << 7)
    f.b.pure(t + 800.1)
    f.a.send(t + 820, n=3, gap=0.3)


@case("super-frame-partly-again",
      "two of five segments of one offloaded frame are lost and sent again in one frame",
      {"retransmission": 1}, FEW, peers="both right")
def super_partly(c):
    f, t = start(c, tap="sender", n=10)
    f.a.super(t, 5)
    sent = f.a.super(t + 1, 5)
    for tx in sent[1:3]:
        tx.lose = "down"
    f.a.super(t + 1.1, 4)
    f.a.resend(t + 12.5, sent[1], 2000, cause=("fast", "rack"))
    f.a.send(t + 30, n=3)


@case("resend-with-new-bytes",
      "the timer sends a small segment again, grown by bytes that were never sent",
      {"retransmission": 1}, FEW, peers="tshark: right, and an ACK of unseen data; tcptrace: right")
def resend_with_new(c):
    f, t = start(c, tap="sender", n=10)
    lost = f.a.send(t, 100, lose="down")
    f.a.regrow(t + 211, lost, 200, cause=("rto", "tlp"))
    f.a.send(t + 240, n=3)


@case("port-reuse", "the same ports again with a new first sequence number, after FIN both ways",
      clean=True, tiers=("", "bare"), peers="both right")
def port_reuse(c):
    for k in range(2):
        base = 3000 * k
        f = c.flow(isn=1_000_000 + 700_000_000 * k, isn_b=2_000_000_000 + 900_000_000 * k)
        f.handshake(base)
        f.a.send(base + 12, n=6, gap=0.5)
        f.a.fin(base + 40)
        f.b.fin(base + 46)


@case("syn-lost", "the SYN is lost behind the capture point and sent again after a second",
      {"retransmission": 1}, ("", "bare"), peers="both right")
def syn_lost(c):
    f = c.flow(tap="sender")
    syn = f.handshake()
    syn.lose = "down"
    f.a.resend(1000, syn, cause="syn")
    f.a.send(1020, n=4, gap=0.3)


@case("syn-ack-lost",
      "the SYN/ACK is lost behind the capture point; the server sends it again after a second",
      {"retransmission": 1}, ("", "bare"), peers="both right")
def syn_ack_lost(c):
    f = c.flow()
    f.handshake()
    f.synack = {"lose": "down"}
    f.b.put(1005, 0, 0, p.SYN | p.ACK, ident=0, cause="syn")
    f.a.send(1020, n=4, gap=0.3)


@case("one-way",
      "only what the sender sends is captured: one late segment, then one lost upstream and "
      "sent again",
      {"reordered": 1, "retransmission": 1}, ALL,
      peers="tshark: both out of order; tcptrace: both out of order")
def one_way_both(c):
    only(c, "a")
    f, t = start(c, n=40, gap=0.6)
    f.a.send(t, up=2, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 0.6, n=8, gap=0.6)
    lost = f.a.send(t + 12, lose="up")
    f.a.send(t + 12.6, n=6, gap=0.6)
    f.a.resend(t + 23.5, lost, accept=c.unless(c.ids or c.ts, "unknown", "reordered"))
    f.a.send(t + 24.1, n=4, gap=0.6)


@case("resend-near-receiver-rtt300",
      "lost upstream; the resend comes 300 ms after the duplicate ACKs passed the capture point",
      {"retransmission": 1}, ALL, peers="tshark: out of order; tcptrace: out of order")
def near_receiver(c):
    f, t = start(c, rtt=300, n=20, gap=0.5)
    t += 400
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.5, n=6, gap=0.5)
    f.a.resend(t + 302, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 303, n=3, gap=0.5)
