# SPDX-License-Identifier: BSD-2-Clause
"""Packets that repeat a number on purpose: keep-alives, window probes, window updates."""
import packets as p
from craft import case

from .common import ALL, FEW, only, start

TWO = ("", "bare")


@case("keep-alive-train", "eight keep-alives of one byte, answered", {}, FEW)
def train(c):
    f, t = start(c, n=4)
    for k in range(8):
        f.a.keepalive(t + 7200 + 75 * k, garbage=1)
    f.a.send(t + 9000, n=3, gap=0.3)


@case("keep-alive-unanswered", "keep-alives to a dead host, then a reset", {}, FEW)
def unanswered(c):
    f, t = start(c, n=4)
    for k in range(5):
        f.a.keepalive(t + 7200 + 75 * k, lose="down")
    f.a.rst(t + 7600)


@case("keep-alive-both-ends", "both ends keep the connection alive at once", {}, FEW)
def both_ends(c):
    f, t = start(c, n=4, tap="middle")
    f.b.send(t, n=2)
    for k in range(3):
        f.a.keepalive(t + 1000 + 1000 * k, garbage=k % 2)
        f.b.keepalive(t + 1000.3 + 1000 * k)


@case("window-probe-one-byte",
      "classic probes: the next byte of new data is sent into a closed window (RFC 9293 3.8.6.1)",
      None, TWO)
def classic(c):
    f, t = start(c, n=10)
    rel = 10_001
    f.b.window(t, 0)
    f.b.pure(t + 10)
    for at in (220, 640, 1480):
        f.a.put(t + at, rel, 1, 0x18, stream=False, label="window_probe",
                accept=("in_order", "retransmission") if at > 220 else ("in_order",))
    f.b.window(t + 1600, 65535 << 7)
    f.b.pure(t + 1600.1)
    f.a.send(t + 1620, n=3, gap=0.3)


@case("window-probe-with-queue",
      "Linux probes while data that was refused waits: one below what is unacknowledged",
      {}, TWO)
def with_queue(c):
    f, t = start(c, n=10)
    f.b.window(t, 0)
    f.b.pure(t + 10)
    for at in (220, 640, 1480, 3160):
        f.a.probe(t + at)
    f.b.window(t + 3300, 65535 << 7)
    f.b.pure(t + 3300.1)
    f.a.send(t + 3320, n=4, gap=0.3)


@case("window-updates",
      "the window shrinks, closes and opens: equal ACKs that are no duplicate ACKs",
      clean=True, tiers=FEW)
def updates(c):
    f, t = start(c, n=10)
    for k, win in enumerate((40_000, 20_000, 5_000, 0, 10_000, 60_000)):
        f.b.window(t + 10 + k, win)
        f.b.pure(t + 10.1 + k)
    f.a.send(t + 30, n=6, gap=0.5)


@case("window-full", "data fills the window exactly, pauses, goes on after an update",
      clean=True, tiers=FEW)
def full(c):
    f = c.flow()
    f.a.win = f.b.win = 8 << 10
    f.handshake()
    f.a.send(15, 1024, n=8, gap=0.1)
    f.b.window(17, 0)
    f.b.window(60, 8 << 10)
    f.b.pure(60.1)
    f.a.send(70, 1024, n=8, gap=0.1)


@case("typing", "one byte at a time, each way: no keep-alives, no probes", clean=True, tiers=FEW)
def typing(c):
    f = c.flow()
    f.handshake()
    for k in range(12):
        f.a.send(20 + 90 * k, 1)
        f.b.send(20 + 90 * k + 7, 1)


@case("typing-lost-byte", "one byte is lost upstream while the next ones arrive",
      {"retransmission": 1}, FEW)
def typing_lost(c):
    f = c.flow()
    f.handshake()
    f.a.send(20, 1, n=12, gap=40)
    lost = f.a.send(500, 1, lose="up")
    f.a.send(504, 1, n=3, gap=4)
    f.a.resend(523, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(560, 1, n=3, gap=40)


@case("typing-needless",
      "one byte is sent again although its ACK passed here (a keep-alive looks the same)",
      {"spurious_retransmission": 1}, TWO)
def typing_needless(c):
    f = c.flow()
    f.b.ack_every = 1
    f.handshake()
    f.a.send(20, 1, n=12, gap=40)
    f.b.fate(12, lose="down")
    byte = f.a.send(500, 1)
    f.a.resend(711, byte, accept=("keep_alive",))
    f.a.send(800, 1, n=3, gap=40)


@case("window-probe-accepted", "a classic probe's byte is taken: the next data begins behind it",
      None, TWO)
def accepted(c):
    f, t = start(c, n=10)
    f.b.window(t, 0)
    f.b.pure(t + 10)
    f.b.window(t + 219, 65535 << 7)
    f.a.put(t + 220, 10_001, 1, 0x18, label="window_probe", accept=("in_order",))
    f.a.skip(1)
    f.a.send(t + 240, n=4, gap=0.3)


@case("late-ack-after-byte",
      "the byte sent behind an acknowledgement overtakes it: late, it has a keep-alive's number",
      {}, ALL)
def late_ack_after_byte(c):
    f = c.flow(tap="middle")
    f.handshake()
    f.b.auto = False
    f.b.put(5, 0, 0, p.SYN | p.ACK, ident=0, ack=1)
    f.a.pure(12, ack=1)
    for k in range(10):
        f.b.send(20 + 20 * k, 1)
        f.a.send(25 + 20 * k, 1)
    f.a.pure(400, ack=11, up=0.4)
    f.a.send(400.1, 1)
    f.a.send(420, 1)


@case("late-ack-after-fin", "the same with a FIN", {}, ALL)
def late_ack_after_fin(c):
    f, t = start(c, tap="middle")
    f.b.send(t, n=4, gap=0.3)
    f.a.pure(t + 10, up=0.4)
    f.a.fin(t + 10.1)


@case("keep-alive-one-way",
      "keep-alives of one byte, and only their sender is captured: the byte had company before",
      {}, ALL)
def one_way(c):
    f, t = start(c)
    only(c, "a")
    for k in range(5):
        f.a.keepalive(t + 7200 + 75_000 * k, garbage=1)
    f.a.send(t + 400_000, n=3, gap=0.5)


@case("window-probe-answers",
      "data is refused by a closed window; the answers to five probes ask for nothing",
      {"retransmission": 3}, TWO, facts={"duplicate_acks": 0})
def answers(c):
    f, t = start(c, n=10, tap="sender")
    f.b.window(t, 0)
    f.b.pure(t + 10)
    refused = f.a.send(t + 12, n=3, gap=0.1, lose="down")
    for at in (220, 640, 1480, 3160, 6500):
        f.a.probe(t + at, rel=10_000)
    f.b.window(t + 6600, 65535 << 7)
    f.b.pure(t + 6600.1)
    for k, segment in enumerate(refused):
        f.a.resend(t + 6620 + 0.1 * k, segment, cause=("rto", "after_rto", "unknown"))
    f.a.send(t + 6640, n=4, gap=0.3)
