# SPDX-License-Identifier: BSD-2-Clause
"""Capture clocks that jump, stand still or run backwards: the order of arrival is the evidence."""
from craft import MS, case

from .common import ALL, FEW, start


def late_and_lost(c):
    f, t = start(c)
    f.a.send(t, up=1.5, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.3, n=8, gap=0.3)
    lost = f.a.send(t + 14, lose="up")
    f.a.send(t + 14.3, n=6, gap=0.3)
    f.a.resend(t + 26, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 27, n=4, gap=0.3)


BOTH = {"reordered": 1, "retransmission": 1}


@case("clock-back-clean", "the clock steps back by 50 ms in the middle of a clean transfer",
      clean=True, tiers=ALL)
def back_clean(c):
    c.stamp = lambda when: when if when < 30 * MS else when - 50 * MS
    start(c, n=30)


@case("clock-back",
      "the clock steps back by 50 ms between a late segment and those that overtook it",
      BOTH, ("", "id-only"))
def back(c):
    c.stamp = lambda when: when if when < 45 * MS else when - 50 * MS
    late_and_lost(c)


@case("clock-forward", "the clock jumps ahead by an hour", BOTH, ("", "ts-only", "v6", "id-only"))
def forward(c):
    c.stamp = lambda when: when if when < 45 * MS else when + 3_600_000 * MS
    late_and_lost(c)


@case("clock-jitter", "stamps of several queues: each third frame carries a stamp 1.5 ms too old",
      clean=True, tiers=FEW)
def jitter(c):
    c.stamp = lambda when: when - (1_500_000 if when // 1000 % 3 == 0 else 0)
    start(c, n=30, gap=0.7)


@case("clock-still", "all frames carry one time stamp", BOTH, ("", "ts-only", "v6", "id-only"))
def still(c):
    c.stamp = lambda when: 0
    late_and_lost(c)


@case("clock-coarse", "stamps of 10 ms", BOTH, ("", "id-only"))
def coarse(c):
    c.stamp = lambda when: when // (10 * MS) * 10 * MS
    late_and_lost(c)


@case("ack-before-data", "two receive queues: the capture gets some ACKs 30 us before their data",
      clean=True, tiers=ALL)
def ack_before_data(c):
    f, t = start(c, ack_every=1)
    for k in range(10):
        f.a.send(t + 1.2 * k, shown=0.15 if k % 3 == 1 else 0, accept=("unknown",))


@case("ack-before-data-stamps-right", "the same, and the stamps tell the true order", clean=True,
      tiers=ALL)
def ack_before_stamped(c):
    f, t = start(c, ack_every=1)
    late = [f.a.send(t + 1.2 * k, shown=0.15 if k % 3 == 1 else 0, accept=("unknown",))
            for k in range(10)]
    c.true_stamps = late


@case("frames-swapped-by-capture", "the capture swaps data of two queues, the stamps tell the order",
      None, ("", "ts-only", "v6", "bare"))
def swapped_by_capture(c):
    f, t = start(c)
    late = [f.a.send(t + 0.3 * k, shown=0.5 if k % 4 == 1 else 0, label="in_order",
                     accept=("reordered", "unknown")) for k in range(10)]
    c.true_stamps = late


@case("clock-back-round-trip",
      "the clock steps back between data and its acknowledgement: no round trip of 73 minutes",
      clean=True, tiers=FEW, facts={"round_trip_max": "< 50000000"})
def back_round_trip(c):
    c.stamp = lambda when: when if when < 30.2 * MS else when - 50 * MS
    start(c, n=30, tap="sender")


def resend_over_step(c, lose, tap):
    f, t = start(c, tap=tap)
    lost = f.a.send(t, lose=lose)
    f.a.send(t + 0.3, n=6, gap=0.3)
    c.stamp = lambda when: when if when < (t + 8) * MS else when - 3_600_000 * MS
    f.a.resend(t + 12, lost, accept=c.unless(c.ids or c.ts, "unknown"))
    f.a.send(t + 20, n=4, gap=0.3)


@case("clock-back-before-resend",
      "the clock steps back by an hour between a loss behind the capture point and its resend",
      {"retransmission": 1}, ALL)
def back_before_resend(c):
    resend_over_step(c, "down", "sender")


@case("clock-back-before-fill", "the same, lost before the capture point",
      {"retransmission": 1}, ALL)
def back_before_fill(c):
    resend_over_step(c, "up", "receiver")
