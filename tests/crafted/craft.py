# SPDX-License-Identifier: BSD-2-Clause
"""A network small enough to know everything about: two TCP endpoints, a path, a tap.

A case scripts what each end sends and what the path does to it; the receiving end answers by
itself (cumulative ACK, SACK, D-SACK, delayed ACK).  The tap writes what passes.  Labels follow
from what happened: from the order of sending, from what was lost, never from the capture.
Times in scripts are milliseconds; inside, nanoseconds.
"""
import heapq
import itertools
import json

import packets as p

MS = 10**6
EPOCH = 1_700_000_000 * 10**9
RETRANSMISSIONS = ("retransmission", "spurious_retransmission")
CLAIMS = RETRANSMISSIONS + ("reordered", "duplicate", "capture_duplicate", "corrupt")


def ns(ms):
    return round(ms * MS)


class Random:
    """A fixed sequence of 32-bit numbers (xorshift), so that files never change."""

    def __init__(self, seed=0x2545f491):
        self.state = seed

    def next(self):
        s = self.state
        s ^= (s << 13) & p.MASK
        s ^= s >> 17
        s ^= (s << 5) & p.MASK
        self.state = s
        return s


class Ids:
    """Values of the IPv4 identification. counter: one socket's own; shared: one for the whole
    host, so it jumps; swapped: a counter stored in the other byte order."""

    def __init__(self, mode="counter", start=1000, jump=None, seed=7):
        self.mode, self.value, self.random = mode, start, Random(seed * 2654435761 & p.MASK or 1)
        self.jump = jump or (lambda: 1 + self.random.next() % 50)

    def take(self):
        if self.mode == "zero":
            return 0
        if self.mode == "const":
            return 0x1234
        if self.mode == "random":
            return self.random.next() >> 7 & 0xffff
        now = self.value & 0xffff
        self.value += self.jump() if self.mode == "shared" else 1
        return (now << 8 | now >> 8) & 0xffff if self.mode == "swapped" else now


class Tx:
    """One transmission: what was sent when, what became of it, and what a reader may say of it."""

    def __init__(self, end, at, rel, size, flags, **kw):
        self.end, self.at, self.rel, self.size, self.flags = end, ns(at), rel, size, flags
        self.consumes = size + bool(flags & p.SYN) + bool(flags & p.FIN)
        take = kw.pop
        self.ack, self.sack, self.win = take("ack", None), take("sack", ()), take("win", None)
        self.ident, self.tsval = take("ident", None), take("tsval", None)
        self.syn_opts, self.tfo, self.mptcp = flags & p.SYN, take("tfo", None), take("mptcp", None)
        self.wire_seq = take("wire_seq", None)
        self.partial_sum = take("partial_sum", False)
        self.zero_length = take("zero_length", False)
        self.fragment = take("fragment", 0)  # bytes of IP payload in the first of two fragments
        self.lose, self.seen = take("lose", None), take("seen", True)
        self.up, self.down = ns(take("up", 0)), ns(take("down", 0))
        self.dup_up = [ns(x) for x in take("dup_up", ())]
        self.dup_down = [ns(x) for x in take("dup_down", ())]
        self.ttl, self.dup_ttl = take("ttl", 64), take("dup_ttl", 0)
        self.tos = take("tos", 0)
        self.join = take("join", None)  # (name, members): one frame at the tap
        self.split = 0                  # so many ns later each member alone as well
        self.shown = ns(take("shown", 0))  # the capture gets it so much later than the wire had it
        self.force, self.accept = take("label", None), take("accept", ())
        self.cause, self.extent = take("cause", None), take("extent", None)
        self.first = take("first", None)
        self.stream = take("stream", True)  # False: garbage bytes that are no part of the stream
        self.order = None                    # place in the order of sending
        assert not kw, kw

    @property
    def stop(self):
        return self.rel + self.consumes

    @property
    def lives(self):
        return self.lose is None


class End:
    """One endpoint. Relative sequence numbers: the SYN is 0, the first data byte is 1."""

    def __init__(self, flow, name, ip, port, mac, isn, **kw):
        self.flow, self.case, self.name = flow, flow.case, name
        self.ip, self.port, self.mac, self.isn = p.address(ip), port, mac, isn
        self.ids = kw["ids"]
        self.ts_base, self.tick = kw["ts_base"], ns(kw.get("tick", 1))
        self.mss, self.wscale, self.win = flow.mss, 7, 65535 << 7
        self.ack_every, self.delack, self.think = kw.get("ack_every", 2), 40 * MS, 20_000
        self.auto, self.paws = True, True
        self.ptr = 1            # next new byte a script sends
        self.sent_stop = 0      # highest byte sent so far, in time of the events
        self.sent = []
        self.next, self.queue = 0, []  # receiver: next expected; SACK intervals, newest first
        self.recent = 0                        # TS.Recent
        self.last_ack, self.unacked, self.timer = 0, 0, 0
        self.fates, self.acks_made = {}, 0

    peer = property(lambda self: self.flow.b if self is self.flow.a else self.flow.a)

    # what a script calls

    def put(self, at, rel, size, flags, **kw):
        tx = Tx(self, at, rel, size, flags, **kw)
        self.case.schedule(tx.at, lambda: self.transmit(tx))
        return tx

    def send(self, at, size=None, n=1, gap=0.0, psh=None, **kw):
        """n new segments from time at on, gap ms apart. Returns the one, or a list."""
        size = self.mss if size is None else size
        made = []
        for i in range(n):
            push = size < self.mss if psh is None else psh
            flags = p.ACK | (p.PSH if push else 0)
            made.append(self.put(at + i * gap, self.ptr, size, flags, **kw))
            self.ptr += size
        return made[0] if n == 1 else made

    def resend(self, at, what, size=None, skip=0, **kw):
        """Bytes of an earlier transmission again: all, or from skip on; or from a number on."""
        rel = (what if isinstance(what, int) else what.rel) + skip
        flags = p.ACK
        if not isinstance(what, int):
            size = what.size - skip if size is None else size
            flags = what.flags if rel + size >= what.rel + what.size else p.ACK
        return self.put(at, rel, size, flags, **kw)

    def super(self, at, segs, **kw):
        """One frame of the capture that stands for segs segments (transmit offload)."""
        group = ("%s-%d" % (self.name, next(self.case.counter)), segs)
        return self.send(at, n=segs, join=group, **kw)

    def regrow(self, at, what, more, **kw):
        """Sent again together with new bytes behind it (RFC 9293 3.7.6 repacketization)."""
        assert what.rel + what.size == self.ptr
        self.ptr += more
        return self.put(at, what.rel, what.size + more, p.ACK | p.PSH, **kw)

    def skip(self, size):
        """Bytes that went out by other means, such as an accepted window probe."""
        self.ptr += size

    def fin(self, at, size=0, **kw):
        tx = self.put(at, self.ptr, size, p.ACK | p.FIN | (p.PSH if size else 0), **kw)
        self.ptr += size + 1
        return tx

    def pure(self, at, **kw):
        """A pure ACK; ack and sack are relative to the peer's first byte 0 = SYN."""
        return self.put(at, kw.pop("rel", None), 0, p.ACK, **kw)

    def rst(self, at, rel=None, flags=p.RST | p.ACK, **kw):
        return self.put(at, rel, 0, flags, label="rst", **kw)

    def keepalive(self, at, garbage=0, **kw):
        kw.setdefault("label", "keep_alive")
        return self.put(at, kw.pop("rel", -1), garbage, p.ACK, stream=False, **kw)

    def probe(self, at, **kw):
        """A zero window probe as Linux sends it: no data, one below what is unacknowledged."""
        kw.setdefault("label", "window_probe")
        return self.put(at, kw.pop("rel", -1), 0, p.ACK, stream=False, **kw)

    def fate(self, number, **kw):
        """What happens to the automatic ACK with that number (from 0), e.g. lose='down'."""
        self.fates[number] = kw

    def window(self, at, win):
        self.case.schedule(ns(at), lambda: setattr(self, "win", win))

    # the machinery

    def transmit(self, tx):
        now = self.case.now
        if tx.rel is None:
            tx.rel = self.sent_stop
        elif tx.rel == -1:
            tx.rel = self.sent_stop - 1
        if tx.ack is None:
            tx.ack = self.next if tx.flags & p.ACK else None
        if tx.win is None:
            tx.win = self.win
        if not tx.sack and tx.flags & p.ACK and self.queue and self.flow.sack:
            tx.sack = self.blocks()
        if self.flow.ts and tx.tsval is None:
            tx.tsval = self.clock(now)
        tx.tsecr = self.recent if tx.flags & p.ACK else 0
        if tx.ident is None:
            tx.ident = self.ids.take()
        tx.order = next(self.case.orders)
        if tx.stream:
            self.sent.append(tx)
            if not tx.flags & p.RST:
                self.sent_stop = max(self.sent_stop, tx.stop)
        if tx.flags & p.ACK and tx.ack is not None:
            self.last_ack, self.unacked, self.timer = tx.ack, 0, self.timer + 1
        self.flow.carry(tx)

    def clock(self, now):
        return self.ts_base + now // self.tick

    def blocks(self, dsack=None):
        room = 3 if self.flow.ts else 4
        return ([dsack] if dsack else []) + self.queue[:room - bool(dsack)]

    def arrive(self, tx):
        """RFC 9293 3.10.7.4 in short, with RFC 2018, 2883 and 7323 5.3."""
        if not self.auto or tx.flags & p.RST:
            return
        if tx.flags & p.SYN:
            return self.arrive_syn(tx)
        if not tx.stream:
            return self.answer()
        if not tx.consumes:
            return
        old_stamp = self.flow.ts and self.recent and tx.tsval < self.recent
        if self.paws and old_stamp:
            dsack = (tx.rel, min(tx.stop, self.next)) if tx.rel < self.next else None
            return self.answer(dsack)
        if self.flow.ts and tx.rel <= self.last_ack:
            self.recent = max(self.recent, tx.tsval)
        if tx.stop <= self.next:
            return self.answer((tx.rel, tx.stop))
        if tx.rel > self.next:
            return self.answer(self.enqueue(tx.rel, tx.stop))
        dsack = (tx.rel, self.next) if tx.rel < self.next else None
        had = bool(self.queue)
        self.next = tx.stop
        self.drain()
        self.unacked += 1
        if had or dsack or tx.flags & p.FIN or self.unacked >= self.ack_every:
            return self.answer(dsack)
        self.timer += 1
        mine = self.timer
        self.case.schedule(self.case.now + self.delack,
                           lambda: self.timer == mine and self.answer(think=0))

    def arrive_syn(self, tx):
        first = self.next == 0
        self.recent = max(self.recent, tx.tsval or 0)
        self.next = max(self.next, tx.stop if tx.size and self.flow.tfo_accept else tx.rel + 1)
        if first and not tx.flags & p.ACK:
            ident = 0 if self.ids.mode == "counter" else None
            self.put((self.case.now + self.think) / MS, 0, 0, p.SYN | p.ACK, ident=ident,
                     **self.flow.synack)
        elif tx.flags & p.ACK or self.next > 1:
            self.answer()

    def enqueue(self, left, right):
        dsack = None
        for l, r in self.queue:
            if left < r and l < right:
                dsack = (max(l, left), min(r, right))
        touching = [q for q in self.queue if q[0] <= right and left <= q[1]]
        self.queue = [q for q in self.queue if q not in touching]
        self.queue.insert(0, (min([left] + [q[0] for q in touching]),
                              max([right] + [q[1] for q in touching])))
        return dsack

    def drain(self):
        again = True
        while again:
            again = False
            for q in list(self.queue):
                if q[0] <= self.next:
                    self.next, again = max(self.next, q[1]), True
                    self.queue.remove(q)

    def answer(self, dsack=None, think=None):
        at = self.case.now + (self.think if think is None else think)
        sack = self.blocks(dsack) if self.flow.sack else ()
        kw = self.fates.pop(self.acks_made, {})
        self.acks_made += 1
        if not kw.pop("skip", False):
            self.put(at / MS, None, 0, p.ACK, ack=self.next, sack=sack, **kw)


class Flow:
    """A connection and its path: a -- tap -- b. up and down are the one-way times in ms of the
    two stretches as seen by what a sends (a to tap, tap to b)."""

    def __init__(self, case, rtt=10.0, tap="receiver", ip=4, ts=True, sack=True, ids="counter",
                 mss=1000, port=40000, dport=5001, isn=1_000_000, isn_b=2_000_000_000,
                 vlans=(), ids_b=None, ts_base=3_000_000, **kw):
        self.case, self.ts, self.sack, self.mss, self.version = case, ts, sack, mss, ip
        near = {"sender": 0.01, "middle": 0.5, "receiver": 0.99}[tap]
        self.leg_a, self.leg_b = ns(rtt / 2 * near), ns(rtt / 2 * (1 - near))
        self.vlans, self.tfo_accept, self.synack = list(vlans), kw.pop("tfo_accept", False), {}
        hosts = ("192.0.2.1", "198.51.100.2") if ip == 4 else ("2001:db8::1", "2001:db8:1::2")
        nth = 7919 * len(case.flows)
        make = lambda v, seed, start: v if isinstance(v, Ids) else Ids(v, start + nth, seed=seed)
        self.a = End(self, "a", hosts[0], port, b"\x02\0\0\0\0\x0a", isn,
                     ids=make(ids, 3, 21000), ts_base=ts_base, **kw)
        self.b = End(self, "b", hosts[1], dport, b"\x02\0\0\0\0\x0b", isn_b,
                     ids=make(ids_b or ids, 5, 50000), ts_base=900_000_000, **kw)

    def handshake(self, at=0.0):
        """SYN at that time; the rest follows by itself."""
        return self.a.put(at, 0, 0, p.SYN)

    def carry(self, tx):
        """The path: one transmission to the tap, and to the other end."""
        case, first, second = self.case, self.leg_a, self.leg_b
        if tx.end is self.b:
            first, second = second, first
        if tx.lose == "up":
            return
        for copy, extra in enumerate([0] + tx.dup_up):
            seen_at = case.now + first + tx.up + extra
            case.schedule(seen_at + tx.shown, lambda copy=copy: case.tap(tx, copy))
            if tx.lose:
                continue
            for more in [0] + (tx.dup_down if copy == 0 else []):
                case.schedule(seen_at + second + tx.down + more, lambda: tx.end.peer.arrive(tx))


class Seen:
    """One frame of the capture."""

    def __init__(self, when, data, tx=None, copy=0, label=None, parts=None):
        self.when, self.data, self.tx, self.copy = when, data, tx, copy
        self.label, self.parts, self.again, self.change = label, parts, False, {}


class Case:
    """A capture in the making."""

    def __init__(self, name, about, tier=None):
        self.name, self.about, self.tier = name, about, tier or {}
        self.now, self.events, self.counter = 0, [], itertools.count()
        self.orders, self.frames, self.flows = itertools.count(), [], []
        self.link, self.snaplen, self.stamp = p.ETHERNET, 262144, None
        self.visible = lambda tx: True
        self.mirror = []        # capture copies of each frame: [(ns later, changes)]
        self.mirror_of = None   # of this end alone
        self.merging, self.since = {}, 0
        self.soften = ()        # further labels that are acceptable for every frame
        self.once = None        # one transmission that is captured again: (tx, ns later, changes)
        self.renumber = None    # identifications that a box on the way gives to each packet
        self.true_stamps = ()   # transmissions stamped as the wire had them, not as captured
        self.padding = 0        # frames are filled up to this size
        self.facts, self.clean = {}, False

    # what identification and timestamps can prove in this variant
    ids = property(lambda self: "ids" not in self.tier and "ip" not in self.tier)
    ts = property(lambda self: self.tier.get("ts", True))

    def unless(self, knows, *labels):
        """Further labels that are acceptable where the capture holds no proof."""
        return () if knows else labels

    def flow(self, **kw):
        self.flows.append(Flow(self, **{**self.tier, **kw}))
        return self.flows[-1]

    def schedule(self, when, what):
        heapq.heappush(self.events, (when, next(self.counter), what))

    def run(self):
        while self.events:
            self.now, _, what = heapq.heappop(self.events)
            what()

    def tap(self, tx, copy):
        if not (tx.seen and self.visible(tx)) or self.now < self.since:
            return
        if tx.join and copy == 0:
            return self.merge(tx)
        self.write(tx, copy, **({"ttl": tx.dup_ttl} if copy else {}))

    def write(self, tx, copy=0, **change):
        if self.renumber and tx.end.name == "a":
            tx.ident = self.renumber.take()
        whole = self.build(tx, **change)
        first, *rest = p.fragments(whole, tx.fragment) if tx.fragment else [whole]
        self.frames.append(Seen(self.now, first, tx, copy))
        self.frames += [Seen(self.now, data, label="other") for data in rest]
        if self.once and self.once[0] is tx:
            self.schedule(self.now + self.once[1], lambda: self.repeat(tx, copy, self.once[2]))
        mirrored = self.mirror_of in (None, tx.end.name)
        for later, what in self.mirror if mirrored else ():
            self.schedule(self.now + later, lambda what=what: self.repeat(tx, copy, what))

    def repeat(self, tx, copy, what):
        self.frames.append(Seen(self.now, self.build(tx, **what), tx, copy))
        self.frames[-1].again, self.frames[-1].change = True, what

    def merge(self, tx):
        """Offload, of either direction: one frame, written when its last member came."""
        name, members = tx.join
        held = self.merging.setdefault(name, [])
        held.append(tx)
        if len(held) < members:
            return
        held.sort(key=lambda t: t.rel)
        whole = Tx(tx.end, 0, held[0].rel, sum(t.size for t in held), held[-1].flags | p.PSH)
        whole.ack, whole.sack, whole.win = held[-1].ack, held[-1].sack, held[-1].win
        whole.tsval, whole.tsecr, whole.ident = held[0].tsval, held[-1].tsecr, held[0].ident
        whole.partial_sum, whole.zero_length = held[0].partial_sum, held[0].zero_length
        self.frames.append(Seen(self.now, self.build(whole), parts=held))
        for member in held:
            if member.split:
                self.schedule(self.now + member.split, lambda t=member: self.repeat(t, 0, {}))

    def build(self, tx, ttl=0, macs=None, vlans=None, link=None, ifindex=2, outgoing=False,
              nat=None):
        end, peer, flow = tx.end, tx.end.peer, tx.end.flow
        syn = tx.flags & p.SYN
        opts = p.options(mss=flow.mss + (12 if flow.ts else 0) if syn else None,
                         sack_ok=bool(syn and flow.sack), wscale=end.wscale if syn else None,
                         ts=(tx.tsval, tx.tsecr) if flow.ts else None, tfo=tx.tfo, mptcp=tx.mptcp,
                         sack=[(peer.isn + l, peer.isn + r) for l, r in tx.sack])
        seq = end.isn + tx.rel if tx.wire_seq is None else tx.wire_seq
        data = p.payload(tx.rel + bool(syn), tx.size) if tx.stream else b"\0" * tx.size
        ack = 0 if tx.ack is None else peer.isn + tx.ack
        source, target = (nat[1] if nat and x == nat[0] else x for x in (end.ip, peer.ip))
        segment = p.tcp(source, target, end.port, peer.port, seq, ack, tx.flags,
                        min(65535, tx.win if syn else tx.win >> end.wscale), opts, data,
                        partial=tx.partial_sum, corrupt=tx.lose == "corrupt")
        if len(end.ip) == 4:
            packet = p.ip4(source, target, 6, tx.ident, tx.ttl + ttl, segment,
                           zero_length=tx.zero_length, tos=tx.tos)
        else:
            packet = p.ip6(source, target, 6, tx.ttl + ttl, segment, zero_length=tx.zero_length,
                           tos=tx.tos)
        src, dst = macs or (end.mac, peer.mac)
        made = p.frame(self.link if link is None else link, src, dst, packet,
                       flow.vlans if vlans is None else vlans, outgoing, ifindex)
        return made.ljust(self.padding, b"\0")

    def add(self, at, packet, label, mac=b"\x02\0\0\0\0\x0c"):
        """A packet that belongs to no flow; packet: its bytes, or what makes them then."""
        def write():
            body = packet() if callable(packet) else packet
            data = p.frame(self.link, mac, b"\x02\0\0\0\0\x0a", body)
            self.frames.append(Seen(self.now, data, label=label))
        self.schedule(ns(at), write)

    def too_big(self, at, tx, mtu, length=None, forged=0):
        """A router's answer to what did not fit; length: what it quotes as the size; forged:
        how far from the truth the sequence number is that it quotes."""
        def answer():
            quoted = self.build(tx, link=p.RAW)
            at = 24 if tx.end.flow.version == 4 else 44
            number = int.from_bytes(quoted[at:at + 4], "big") + forged & p.MASK
            quoted = quoted[:at] + number.to_bytes(4, "big") + quoted[at + 4:]
            if length and tx.end.flow.version == 6:
                quoted = quoted[:4] + (length - 40).to_bytes(2, "big") + quoted[6:]
            if tx.end.flow.version == 6:
                return p.icmp6_too_big(p.address("2001:db8:9::1"), tx.end.ip, mtu, quoted)
            if length:
                quoted = quoted[:2] + length.to_bytes(2, "big") + quoted[4:]
            return p.icmp_frag_needed(p.address("203.0.113.9"), tx.end.ip, mtu, quoted)
        self.add(at, answer, "icmp")

    def files(self):
        """The capture's bytes and what a reader should say of each of its frames."""
        self.run()
        stamp = self.stamp or (lambda when: when)
        for f in self.frames:
            early = f.tx.shown if f.tx in self.true_stamps else 0
            f.stamped = EPOCH + stamp(f.when - early)
        records = [(f.stamped, f.data) for f in self.frames]
        return p.pcap(self.link, records, self.snaplen), Truth(self).expected()


class Truth:
    """What happened to each frame of the tap, by the record of the network."""

    def __init__(self, case):
        self.case, self.arrivals, self.copied = case, {}, {}

    def expected(self):
        frames = []
        for number, f in enumerate(self.case.frames, 1):
            entry = {"frame": number, **self.one(f)}
            entry["accept"] = sorted({entry["label"], *entry.get("accept", ()), *self.case.soften})
            frames.append(entry)
        out = {"case": self.case.name, "about": self.case.about, "clean": self.case.clean,
               "facts": self.case.facts, "frames": frames}
        return out

    def one(self, f):
        if f.parts:
            kinds = [self.judge(t, f, 0) for t in f.parts]
            names = [k["label"] for k in kinds]
            parts = [[k, len(list(g))] for k, g in itertools.groupby(names)]
            allowed = set().union(*(k.get("accept", ()) for k in kinds))
            return {"label": next((n for n in names if n != "in_order"), "in_order"),
                    "labels": sorted(set(names)), "accept": sorted(allowed), "parts": parts}
        if f.tx is None:
            return {"label": f.label}
        return self.judge(f.tx, f, f.copy)

    def judge(self, tx, f, copy):
        if f.again:
            return self.again(f)
        entry = self.label(tx, f, copy)
        entry["accept"] = sorted(set(tx.accept) | set(entry.get("accept", ())))
        if tx.cause and entry["label"] in RETRANSMISSIONS:
            entry["cause"] = [tx.cause] if isinstance(tx.cause, str) else list(tx.cause)
        if tx.first:
            entry["first"] = tx.first
        return entry

    def again(self, f):
        """A copy that the capture made. Where nothing in it differs, the first three packets of a
        direction look copied by the network, and an ACK without identification or timestamp
        never differs from a repeated one."""
        if f.tx.split:
            return {"label": "capture_duplicate", "accept": ["duplicate", "unknown"]}
        copied = self.copied.setdefault(f.tx.end, [])
        copied += [] if f.tx in copied else [f.tx]
        ack = not f.tx.consumes
        accept = ["duplicate", "unknown"] + ["ack"] * ack if len(copied) <= 3 else ["ack"] * (
            ack and not self.case.ts and not self.case.ids)
        return {"label": "capture_duplicate", "accept": [] if f.change else accept}

    def label(self, tx, f, copy):
        counts = tx.stream and tx.consumes
        before = self.arrivals.setdefault(tx.end, [])
        if copy and any(other is tx for other, _ in before):
            before.append((tx, f.stamped))
            return {"label": "duplicate"}
        if copy and not counts:
            return {"label": "ack", "accept": ["duplicate"]}
        if tx.force:
            if counts:
                before.append((tx, f.stamped))
            return {"label": tx.force}
        if not counts:
            return {"label": "ack"}
        entry = self.stream_label(tx, before, f)
        before.append((tx, f.stamped))
        return entry

    def stream_label(self, tx, before, f):
        earlier = [t for t in tx.end.sent
                   if t.order < tx.order and t.rel < tx.stop and tx.rel < t.stop]
        if tx.lose == "corrupt":
            return {"label": "corrupt"}
        if earlier:
            return {"label": self.need(tx, earlier)}
        later = [i for i, (t, _) in enumerate(before) if t.order > tx.order]
        if not later:
            return {"label": "in_order"}
        late_ns = f.stamped - before[later[0]][1]
        entry = {"label": "reordered", "extent": [len(before) - later[0]],
                 "late_ns": [late_ns] if late_ns >= 0 else [late_ns, 0, None]}
        if tx.extent:
            assert entry["extent"][0] in tx.extent, (self.case.name, entry, tx.extent)
            entry["extent"] = list(tx.extent)
        if all(t.rel < tx.rel for i in later for t in [before[i][0]]):
            entry["accept"] = ["in_order"]
        return entry

    @staticmethod
    def need(tx, earlier):
        old = set()
        got = set()
        for t in earlier:
            span = range(max(t.rel, tx.rel), min(t.stop, tx.stop))
            old.update(span)
            if t.lives:
                got.update(span)
        return "retransmission" if old - got else "spurious_retransmission"


CASES = []
TIERS = {
    "": {},
    "ts-only": {"ids": "zero"},
    "v6": {"ip": 6},
    "id-only": {"ts": False},
    "bare": {"ids": "zero", "ts": False},
    "v6-bare": {"ip": 6, "ts": False},
}


def case(name, about, want=None, tiers=("",), peers="", facts=None, clean=False):
    """Registers a case. want: the claims its author counts by hand, {label: frames}; each case
    must agree with it, else the case itself is wrong. clean: nothing may be accused."""
    def register(script):
        for tier in tiers:
            CASES.append({
                "name": name + ("-" + tier if tier else ""), "base": name, "tiers": tiers,
                "tier": TIERS[tier], "first": tier == tiers[0], "group": script.__module__,
                "about": about, "peers": peers, "script": script, "clean": clean,
                "want": {} if clean else want, "facts": facts or {}})
        return script
    return register


def make(entry):
    """Runs one case. Returns the pcap's bytes and the expectation."""
    c = Case(entry["name"], entry["about"], entry["tier"])
    c.clean, c.facts = entry["clean"], dict(entry["facts"])
    entry["script"](c)
    data, expect = c.files()
    counted = {}
    for f in expect["frames"]:
        if f["label"] in CLAIMS:
            counted[f["label"]] = counted.get(f["label"], 0) + 1
    if entry["want"] is not None and counted != entry["want"]:
        raise AssertionError("%s: the script makes %s, its author counted %s"
                             % (entry["name"], counted, entry["want"]))
    return data, expect


def dumps(expect):
    """The expectation as a file's text."""
    return json.dumps(expect, indent=None, sort_keys=True).replace('}, {', '},\n {') + "\n"
