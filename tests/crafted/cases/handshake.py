# SPDX-License-Identifier: BSD-2-Clause
"""Beginnings, ends and refusals: SYN, FIN and RST as RFC 9293, 7413 and 5961 allow them."""
import packets as p
from craft import case

from .common import FEW, start

TWO = ("", "bare")


@case("syn-three-times", "nobody answers: the SYN goes out four times", {"retransmission": 3}, TWO)
def syn_thrice(c):
    f = c.flow(tap="sender")
    syn = f.handshake()
    syn.lose = "down"
    for at in (1000, 3000):
        f.a.resend(at, syn, lose="down", cause="syn")
    f.a.resend(7000, syn, cause="syn")
    f.a.send(7020, n=2)


@case("syn-ack-lost-upstream",
      "near the sender: the first SYN/ACK is lost before the capture point; both ends send again",
      {"retransmission": 1, "spurious_retransmission": 1}, TWO)
def syn_ack_upstream(c):
    f = c.flow(tap="sender")
    syn = f.handshake()
    f.synack = {"lose": "up"}
    f.a.resend(1000, syn, cause="syn", accept=("retransmission",))
    f.b.put(1006, 0, 0, p.SYN | p.ACK, ident=0, cause="syn", accept=("in_order",))
    f.a.send(1020, n=4, gap=0.3)


@case("handshake-ack-lost",
      "the last ACK of the handshake is lost; the server sends its SYN/ACK again, then data comes",
      {"spurious_retransmission": 1}, TWO)
def handshake_ack_lost(c):
    f = c.flow(tap="sender")
    f.a.fate(0, lose="down")
    f.handshake()
    f.b.put(1005, 0, 0, p.SYN | p.ACK, ident=0, cause="syn", accept=("retransmission",))
    f.a.send(1100, n=4, gap=0.3)


@case("simultaneous-open", "both ends send a SYN at once (RFC 9293 figure 7): none is lost",
      clean=True, tiers=FEW)
def simultaneous(c):
    f = c.flow(tap="middle")
    f.a.auto = f.b.auto = False
    f.a.put(0, 0, 0, p.SYN)
    f.b.put(0.5, 0, 0, p.SYN)
    a = f.a.put(6, 0, 0, p.SYN | p.ACK, ack=1, label="in_order")
    b = f.b.put(6.1, 0, 0, p.SYN | p.ACK, ack=1, label="in_order")
    for tx in (a, b):
        tx.accept = ("ack", "unknown")
    f.a.pure(12, ack=1)
    f.a.send(13, n=4, gap=0.3, ack=1)
    f.b.pure(19, ack=4001)


@case("time-wait-reuse",
      "a new SYN with a higher number takes over a connection in TIME-WAIT (RFC 6191)",
      clean=True, tiers=FEW)
def time_wait(c):
    first = c.flow()
    first.handshake()
    first.a.send(12, n=4, gap=0.5)
    first.a.fin(30)
    first.b.fin(36)
    again = c.flow(isn=1_000_000 + 250_000, isn_b=2_000_000_000 + 64_000)
    again.handshake(1500)
    again.a.send(1512, n=6, gap=0.5)


@case("port-reuse-and-syn-lost",
      "the ports are used again, and the new SYN is lost once: one resend, one new connection",
      {"retransmission": 1}, FEW)
def reuse_syn(c):
    first = c.flow(tap="sender")
    first.handshake()
    first.a.send(12, n=4, gap=0.5)
    first.a.fin(30)
    first.b.fin(36)
    again = c.flow(tap="sender", isn=3_000_000_000, isn_b=5_000_000)
    syn = again.handshake(5000)
    syn.lose = "down"
    again.a.resend(6000, syn, cause="syn")
    again.a.send(6012, n=6, gap=0.5)


@case("port-reuse-after-reset", "reset, and 20 ms later the same ports again with a lower number",
      clean=True, tiers=FEW)
def reuse_reset(c):
    first = c.flow()
    first.handshake()
    first.a.send(12, n=4, gap=0.5)
    first.b.rst(25)
    again = c.flow(isn=400_000, isn_b=7_000_000)
    again.handshake(50)
    again.a.send(62, n=6, gap=0.5)


@case("port-reuse-without-end",
      "a new SYN on ports whose old connection never ended in the capture, numbers far away",
      clean=True, tiers=FEW)
def reuse_no_end(c):
    first = c.flow()
    first.handshake()
    first.a.send(12, n=8, gap=0.5)
    again = c.flow(isn=2_900_000_000, isn_b=300_000_000)
    again.handshake(90_000)
    again.a.send(90_012, n=8, gap=0.5)


@case("old-syn",
      "a SYN of an earlier connection wanders in; the answer is a challenge ACK (RFC 9293 "
      "3.10.7.4)",
      None, FEW)
def old_syn(c):
    f, t = start(c, n=8)
    f.b.ack_every = 1
    f.a.put(t + 20, 0, 0, p.SYN, stream=False, wire_seq=777_777, label="in_order",
            accept=("other", "unknown", "duplicate"), tsval=2_900_000, ident=77)
    f.a.send(t + 40, n=4, gap=0.5)


@case("syn-copied-by-network", "the network copies the SYN; the copy comes after the handshake",
      {"duplicate": 1}, ("", "v6"))
def syn_copied(c):
    f = c.flow()
    syn = f.handshake()
    syn.dup_up = [8 * 10**6]
    syn.accept = ("unknown",) if not c.ids else ()
    f.a.send(15, n=6, gap=0.5)


@case("fin-lost", "a FIN without data is lost and sent again", {"retransmission": 1}, FEW)
def fin_lost(c):
    f, t = start(c, n=6, tap="sender")
    fin = f.a.fin(t + 50, lose="down")
    f.a.resend(t + 261, fin, cause=("fin", "rto", "tlp"))
    f.b.fin(t + 270)


@case("fin-with-data-lost", "the last data carries the FIN, is lost and sent again whole",
      {"retransmission": 1}, FEW)
def fin_data_lost(c):
    f, t = start(c, n=6, tap="sender")
    fin = f.a.fin(t + 50, 700, lose="down")
    f.a.resend(t + 261, fin, cause=("fin", "rto", "tlp"))
    f.b.fin(t + 270)


@case("fin-resent-alone",
      "data and FIN are lost in two segments; the timer sends data, then the FIN",
      {"retransmission": 2}, FEW)
def fin_alone(c):
    f, t = start(c, n=6, tap="sender")
    f.b.ack_every = 1
    data = f.a.send(t + 50, 700, lose="down")
    fin = f.a.fin(t + 50.1, lose="down")
    f.a.resend(t + 261, data, cause=("rto", "tlp"))
    f.a.resend(t + 271.5, fin, cause=("fin", "after_rto", "rto"))
    f.b.fin(t + 290)


@case("fin-needless", "the ACK of the FIN is lost behind the capture point; the FIN comes again",
      {"spurious_retransmission": 1}, FEW)
def fin_needless(c):
    f, t = start(c, n=6)
    f.b.fate(3, lose="down")
    fin = f.a.fin(t + 50)
    f.a.resend(t + 261, fin)
    f.b.fin(t + 300)


@case("data-after-fin",
      "new data above the FIN: a fault of the sender, but nothing was late or lost",
      None, ("",))
def data_after_fin(c):
    f, t = start(c, n=6)
    f.a.fin(t + 50)
    f.a.send(t + 60, 200, accept=("unknown", "other"))


@case("challenge-acks",
      "three resets with a wrong number; each gets a challenge ACK, none is a duplicate ACK "
      "(RFC 5961)",
      {}, FEW)
def challenge(c):
    f, t = start(c, n=8)
    for k in range(3):
        f.a.rst(t + 20 + 10 * k, rel=13_001, flags=p.RST)
        f.b.pure(t + 25.1 + 10 * k)
    f.a.send(t + 70, n=4, gap=0.5)


@case("reset-odd-number", "a reset far outside the window, then data goes on", {}, FEW)
def odd_reset(c):
    f, t = start(c, n=8)
    f.a.rst(t + 20, rel=1_500_000_000, flags=p.RST)
    f.a.send(t + 40, n=6, gap=0.5)


@case("data-after-reset",
      "the receiver resets; data that was on its way still arrives and is answered by resets",
      {}, FEW)
def after_reset(c):
    f, t = start(c, n=8)
    f.a.send(t, n=5, gap=0.3, accept=("other", "unknown"))
    f.b.rst(t + 5.5)
    c.schedule(round((t + 5.5) * 10**6), lambda: setattr(f.b, "auto", False))
    f.b.rst(t + 6.5, rel=1, flags=p.RST)
    f.a.send(t + 2, n=3, gap=0.3, accept=("other", "unknown"))


@case("half-close", "one end closes, the other sends on for a long time", clean=True, tiers=FEW)
def half_close(c):
    f, t = start(c, n=4)
    f.a.fin(t + 5)
    f.b.send(t + 20, n=20, gap=0.5)
    f.b.fin(t + 60)


@case("refused", "the port is closed: a reset answers the SYN", {}, FEW)
def refused(c):
    f = c.flow()
    f.b.auto = False
    f.handshake()
    f.b.rst(5.1, rel=0, ack=1, ident=0)


@case("fast-open",
      "TCP Fast Open: the SYN carries data and a cookie, the SYN/ACK takes both (RFC 7413)",
      clean=True, tiers=FEW)
def fast_open(c):
    f = c.flow(tfo_accept=True)
    f.a.put(0, 0, 400, p.SYN, tfo=b"\x11\x22\x33\x44\x55\x66\x77\x88")
    f.a.ptr = 401
    f.b.send(10, n=3, gap=0.3)
    f.a.send(30, n=3, gap=0.3)


@case("fast-open-rejected",
      "the cookie is old: the SYN/ACK takes only the SYN, its data goes again; nothing was lost",
      None, FEW, facts={"lost_downstream": 0, "lost_upstream": 0})
def fast_open_rejected(c):
    f = c.flow(tap="sender")
    f.a.put(0, 0, 400, p.SYN, tfo=b"\x11\x22\x33\x44\x55\x66\x77\x88")
    f.a.ptr = 401
    f.a.put(10.2, 1, 400, p.ACK | p.PSH, label="retransmission",
            accept=("spurious_retransmission",))
    f.a.send(24, n=4, gap=0.3)
    f.b.send(40, n=3, gap=0.3)


@case("multipath",
      "MPTCP: capable SYNs, data with DSS, and repeated ACKs that only carry a DSS (RFC 8684)",
      clean=True, tiers=("",))
def multipath(c):
    f = c.flow()
    key = bytes(range(8))
    f.synack = {"mptcp": b"\x01\x01" + key}
    f.a.put(0, 0, 0, p.SYN, mptcp=b"\x01\x01")
    dss = b"\x20\x01" + b"\0\0\0\x09"
    f.a.send(15, n=8, gap=0.5, mptcp=dss)
    for k in range(4):
        f.b.pure(30 + k, mptcp=dss)
    f.a.send(40, n=4, gap=0.5, mptcp=dss)


@case("no-options",
      "a handshake that negotiates nothing (as with SYN cookies): no SACK, no timestamps",
      clean=True)
def no_options(c):
    f = c.flow(ts=False, sack=False)
    f.a.wscale = f.b.wscale = 0
    f.a.win = f.b.win = 65535
    f.handshake()
    f.a.send(15, n=12, gap=0.4)


@case("reverse-only", "only what the receiver sends is captured: SYN/ACK and ACKs",
      clean=True, tiers=FEW)
def reverse_only(c):
    c.visible = lambda tx: tx.end.name == "b"
    f, t = start(c, n=20)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=6, gap=0.3)
    f.a.resend(t + 11.5, lost)


@case("midstream",
      "the capture begins in mid-stream, in the middle of duplicate ACKs for a loss before it",
      {"retransmission": 1}, FEW)
def midstream(c):
    f, t = start(c)
    lost = f.a.send(t, lose="up")
    f.a.send(t + 0.3, n=12, gap=0.3)
    c.since = round((t + 6.5) * 10**6)
    f.a.resend(t + 11.5, lost, accept=("in_order", "unknown"))
    f.a.send(t + 14, n=8, gap=0.3)


@case("port-reuse-over-a-hole",
      "reset with a hole open; the new connection's numbers run through that hole",
      clean=True, tiers=FEW)
def reuse_over_hole(c):
    first = c.flow()
    first.handshake()
    first.a.send(12, n=4, gap=0.5)
    first.a.send(14, lose="up")
    first.a.send(14.5, n=3, gap=0.5)
    first.b.rst(21)
    again = c.flow(isn=1_000_000 + 2_000, isn_b=2_000_000_000 + 77)
    again.handshake(400)
    again.a.send(412, n=8, gap=0.5)


@case("reset-in-window",
      "a forged reset in the window but not at the next byte ends nothing; later a segment is lost",
      {"retransmission": 1}, ("", "ts-only", "v6"))
def reset_in_window(c):
    f, t = start(c, n=8)
    f.a.rst(t + 2, rel=13_001, flags=p.RST, stream=False, ident=7)
    f.b.pure(t + 7.1)
    f.a.send(t + 40, n=6, gap=0.5)
    lost = f.a.send(t + 60, lose="up")
    f.a.send(t + 60.3, n=6, gap=0.3)
    f.a.resend(t + 73, lost)
    f.a.send(t + 80, n=4, gap=0.3)


def two_answers(c, other, first=True):
    """Two SYN/ACKs with different numbers pass; the client takes the one that reaches it."""
    f = c.flow(tap="middle")
    if not first:
        f.synack = {"accept": ("other",)}
    f.handshake()
    f.b.put(7.6 if first else 4, 0, 0, p.SYN | p.ACK, ack=1, ident=0, stream=False,
            wire_seq=f.b.isn + other, label="other" if first else "in_order", accept=("unknown",))
    f.a.send(12, n=4, gap=0.3)
    f.b.send(20, n=12, gap=0.3)
    f.b.send(40, n=2, gap=0.3)


@case("second-answer-above",
      "after the handshake another server answers the same SYN, with a higher number", {}, TWO)
def second_above(c):
    two_answers(c, 500_000_000)


@case("second-answer-far", "the same, with a number half the range away", {}, TWO)
def second_far(c):
    two_answers(c, 1_500_000_000)


@case("first-answer-lost", "the first of two answers with different numbers never arrives", {}, TWO)
def first_lost(c):
    two_answers(c, 1_000_000, first=False)
