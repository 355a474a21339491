# SPDX-License-Identifier: BSD-2-Clause
"""One known sequence and what RFC 4737 says of it, by its definitions and not by an algorithm.

200 packets are sent; 3 of them are lost, 2 come twice, 5 come late: 199 are captured.  The truth
is computed from the order of sending, which no wire number tells: numbers may wrap, start anew,
or count by fours.
"""

MS = 10**6
EPOCH = 1_700_000_000 * 10**9

SENT = 200
LOST = (40, 120, 121)
# How many that were sent later arrive earlier: extents 1, 3, 1, 2, 6.
LATE = {12: 1, 60: 3, 85: 2, 86: 1, 150: 6}
# After how many further packets the copy comes.
COPIES = {30: 0, 170: 3}
HALF = SENT // 2  # nothing is late, lost or copied across it


class Arrival:
    """One packet as it passes the capture point."""

    def __init__(self, order, at_ns, sent_ns, again=False, stream=0):
        self.order = order  # of sending, from 0
        self.at_ns, self.sent_ns = at_ns, sent_ns
        self.again = again  # this one was here before
        self.late = False
        self.mirror = False  # a copy that the capture made
        self.stream = stream
        self.size = 0  # bytes of payload
        self.truth = None


def arrivals(interval_ns, sent=SENT, lost=LOST, late=None, copies=None, stream=0, phase_ns=0):
    """The packets of one stream in order of arrival; what is late comes just behind the last that
    overtook it."""
    late = LATE if late is None else late
    copies = COPIES if copies is None else copies
    found = []
    for order in range(sent):
        sent_ns = order * interval_ns
        if order not in lost:
            by = late.get(order, 0)
            wait_ns = by * interval_ns + (interval_ns // 4 + order % 7 * 1000 if by else 0)
            found.append(Arrival(order, sent_ns + wait_ns, sent_ns, stream=stream))
            found[-1].late = by > 0
        if order in copies:
            wait_ns = copies[order] * interval_ns + interval_ns // 2
            found.append(Arrival(order, sent_ns + wait_ns, sent_ns, again=True, stream=stream))
    for arrival in found:
        # The network's own small delays, which change no order.
        arrival.at_ns += EPOCH + phase_ns + arrival.order * 7919 % (interval_ns // 50)
    found.sort(key=lambda arrival: arrival.at_ns)
    for index, arrival in enumerate(found):
        arrival.again = any(other.order == arrival.order for other in found[:index])
    return found


def mirror(stream, after_ns=2000):
    """Each packet a second time, as on two ports of a router in one capture."""
    twins = []
    for arrival in stream:
        twins.append(Arrival(arrival.order, arrival.at_ns + after_ns, arrival.sent_ns,
                             again=True, stream=arrival.stream))
        twins[-1].mirror = True
    return sorted(stream + twins, key=lambda arrival: arrival.at_ns)


def judge(stream):
    """Gives each arrival of one stream its truth.  Copies count for nothing (RFC 4737 3.4), but
    for the extent, which is in places of arrival."""
    first, places = [], []
    for place, arrival in enumerate(stream):
        if arrival.again:
            arrival.truth = {"label": "capture_duplicate" if arrival.mirror else "duplicate"}
            continue
        arrival.truth = {"label": "in_order"}
        ahead = [i for i, other in enumerate(first) if other.order > arrival.order]
        if ahead:
            opener = first[ahead[0]]
            arrival.truth = {
                "label": "reordered",
                "extent": place - places[ahead[0]],
                "late_ns": arrival.at_ns - opener.at_ns,
                "late_bytes": sum(first[i].size for i in ahead),
            }
        first.append(arrival)
        places.append(place)


def gaps(stream):
    """RFC 4737 4.5: from one reordering discontinuity, the packet that a late one finds to be the
    first sent later, to the next; and 4.6: packets in order before each late one since the last."""
    first, runs, run, breaks = [], [], 0, []
    for arrival in (arrival for arrival in stream if not arrival.again):
        first.append(arrival)
        if arrival.truth["label"] == "in_order":
            run += 1
            continue
        runs.append(run)
        run = 0
        opener = next(i for i, other in enumerate(first) if other.order > arrival.order)
        if opener not in breaks:
            breaks.append(opener)
    return {"run": sorted(runs), "gap": sorted(b - a for a, b in zip(breaks, breaks[1:]))}


def counts(stream):
    """What a report has to say of one judged stream.  What is missing at its ends was never
    known to exist."""
    labels = [arrival.truth["label"] for arrival in stream]
    extents = sorted(a.truth["extent"] for a in stream if "extent" in a.truth)
    seen = {arrival.order for arrival in stream}
    missing = sorted(set(range(min(seen), max(seen))) - seen)
    bursts = sum(order - 1 not in missing for order in missing)
    return {
        "packets": len(stream),
        "received_packets": len(seen),
        "in_order_packets": labels.count("in_order"),
        "reordered_packets": labels.count("reordered"),
        "duplicate_packets": labels.count("duplicate"),
        "capture_duplicates": labels.count("capture_duplicate"),
        "retransmitted_packets": 0,
        "lost_packets": len(missing),
        "loss_bursts": bursts,
        "restarts": 0,
        "extent": extents,
    }
