# SPDX-License-Identifier: BSD-2-Clause
"""What the groups of cases share: the usual beginning of a connection, and usual arrangements."""

# What a capture holds besides sequence numbers; see craft.TIERS.
ALL = ("", "ts-only", "v6", "id-only", "bare")
FEW = ("", "v6", "bare")


def start(c, n=20, gap=1.2, at=None, **kw):
    """A connection that has sent n segments: its identification, clock and RTT are known.
    Returns the flow and the time of the next segment."""
    f = c.flow(**kw)
    f.handshake()
    at = at or kw.get("rtt", 10) + 5
    f.a.send(at, n=n, gap=gap)
    return f, at + n * gap


def in_order_of(f, t, order, gap, **kw):
    """Segments sent gap ms apart that reach the capture point in the given order of numbers
    (from 0). Returns them by number and the time after them."""
    slip = max(order.index(k) - k for k in order) - min(order.index(k) - k for k in order)
    sent = [f.a.send(t + k * gap, up=(order.index(k) - k + slip) * gap, **kw)
            for k in range(len(order))]
    return sent, t + (len(order) + slip) * gap


def only(c, end):
    """The capture sees one direction alone."""
    c.visible = lambda tx: tx.end.name == end
