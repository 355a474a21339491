# SPDX-License-Identifier: BSD-2-Clause
"""Which captures there are: every carrier in every variant that makes sense of it."""
import carriers as c
import known
import packets as p

MS = known.MS
ROWS = []


class Row:
    """A carrier and what its variants need to know of it."""

    def __init__(self, name, build, bits, header, about, **more):
        take = more.pop
        self.name, self.build, self.header, self.about = name, build, header, about
        self.modulus = take("modulus", 1 << bits)
        self.profile = take("profile", name)  # as the report calls it
        self.first = take("first", 0)      # where senders begin
        self.start = take("start", 7000)   # where this sender is when the capture begins
        self.wrap = take("wrap", self.modulus)
        self.step = take("step", 1)
        self.nonzero = take("nonzero", False)  # the counter leaves 0 out
        self.interval = take("interval", MS)
        self.udp = take("udp", False)      # found by a port, which can be hidden
        self.ip = take("ip", True)
        self.v6 = take("v6", self.ip)
        self.ident = take("ident", None)   # IPv4 identification, None: random
        self.resends = take("resends", False)
        self.either = take("either", False)  # a repeat may be a copy or a resend
        self.span = take("span", 1)        # numbers a packet takes up
        self.options = take("options", ())
        self.discovered = take("discovered", False)
        self.flows = take("flows", None)   # five-tuples that one stream spans
        assert not more, more
        ROWS.append(self)

    def wire(self, value):
        """The number in the header of the packet that counts as `value`."""
        if self.nonzero:
            return (value - 1) % (self.modulus - 1) + 1
        return value * self.step % self.modulus


Row("rtp", c.rtp, 16, 54, "media, 20 ms, 8000 Hz", interval=20 * MS, udp=True, ident=0)
Row("esp", c.esp, 32, 42, "protocol 50", first=1)
Row("esp-udp", c.esp_udp, 32, 50, "ESP in UDP 4500", first=1, udp=True, ident=0, profile="esp-udp")
Row("ah", c.ah, 32, 58, "protocol 51", first=1)
Row("gre", c.gre, 32, 46, "with key", profile="gre")
Row("gre-bare", c.gre_bare, 32, 42, "without key", profile="gre")
Row("gre-checksum", c.gre_checksum, 32, 50, "with key and checksum", profile="gre")
Row("pptp", c.pptp, 32, 46, "enhanced GRE, version 1", v6=False)
Row("gtpu", c.gtpu, 16, 54, "G-PDU with sequence number", udp=True, ident=0)
Row("wireguard", c.wireguard, 64, 58, "transport data", udp=True, ident=0, wrap=1 << 32)
Row("dtls", c.dtls12, 48, 55, "1.2, application data", udp=True, ident=0)
Row("dtls10", c.dtls10, 48, 55, "1.0", udp=True, ident=0, profile="dtls")
Row("sctp", c.sctp, 32, 62, "one DATA chunk a packet", ident=0, resends=True)
Row("sctp-chunks", c.sctp_chunks, 32, 62, "three DATA chunks a packet", ident=0, resends=True,
    span=3, profile="sctp", modulus=1 << 40, wrap=(1 << 32) // 3)
Row("roce2", c.roce2, 24, 54, "UDP 4791", udp=True, ident=0, either=True)
Row("roce1", c.roce1, 24, 66, "EtherType 0x8915", ip=False, either=True)
Row("rtag", c.rtag, 16, 20, "802.1CB", ip=False)
Row("macsec", c.macsec, 32, 28, "with SCI", first=1, ip=False)
Row("macsec-bare", c.macsec_bare, 32, 20, "without SCI", first=1, ip=False, profile="macsec")
Row("pseudowire", c.pseudowire, 16, 22, "MPLS control word, 0 left out", first=1, nonzero=True,
    ip=False)
for cookie in (0, 4, 8):
    Row("l2tpv3-ip-%d" % cookie, lambda packet, size=cookie: c.l2tp_ip(packet, size), 24,
        42 + cookie, "protocol 115, cookie of %d" % cookie,
        profile="l2tpv3-cookie%d" % cookie if cookie else "l2tpv3")
    Row("l2tpv3-udp-%d" % cookie, lambda packet, size=cookie: c.l2tp_udp(packet, size), 24,
        54 + cookie, "UDP 1701, cookie of %d" % cookie,
        profile="l2tpv3-cookie%d" % cookie if cookie else "l2tpv3", udp=True, ident=0)
Row("icmp-echo", c.icmp, 16, 42, "requests")
Row("stamp", c.stamp, 32, 86, "UDP 862", udp=True, ident=0)
Row("probe", c.probe, 64, 82, "of pktlint itself, in UDP", udp=True, ident=0, wrap=1 << 32)
Row("probe-frame", c.probe_frame, 64, 54, "the same, EtherType 0x88b5", ip=False, profile="probe",
    wrap=1 << 32)
Row("ip-id", c.ip_id, 16, 42, "connected UDP, IPv4", v6=False)
Row("counter", c.raw, 32, 18, "EtherType 0x88b5, found by default", ip=False, discovered=True)
Row("counter-little", c.raw_little, 16, 20, "the same behind a mark, little-endian", ip=False,
    discovered=True, profile="counter")
Row("counter-narrow", c.raw_narrow, 16, 22, "16 bits with zeros above, big-endian", ip=False,
    discovered=True, profile="counter")
Row("field", c.field_masked, 16, 20, "--sequence: mask, shift, increment", ip=False, step=4,
    profile="home", modulus=1 << 16, wrap=1 << 14,
    options=("--sequence", "name=home eth.type=0x88b6 offset=16 width=4 endian=little mask=0x00ffff00 "
             "shift=8 increment=4 stream=eth.src,eth.dst"))
Row("field-wide", c.field_wide, 64, 51, "--sequence: 64 bits in UDP", ident=0, profile="wide",
    options=("--sequence", "name=wide ip.proto=17 port.src=40700 start=payload offset=1 width=8 endian=big "
             "stream=ip.src,ip.dst,port.src,port.dst"))
Row("field-spread", c.field_spread, 32, 50, "--sequence: one stream over four five-tuples",
    ident=0, profile="spread", flows=4,
    options=("--sequence", "name=spread ip.proto=udp port.dst=7000 start=payload offset=4 width=4 "
             "endian=big stream=[0:4]"))


class Case:
    """A capture, and what has to be said of it."""

    def __init__(self, row, variant, about):
        self.row, self.variant, self.about = row, variant, about
        self.name = row.name + ("-" + variant if variant else "")
        self.options = list(row.options)
        self.packet = {}          # arguments of every Packet
        self.late_ttl = None      # of packets that come late
        self.tos = None           # by arrival, None: 0
        self.counting = False     # the identification counts transmissions
        self.snaplen = 262144
        self.profiles = {row.profile}
        self.hidden = False       # a counter may be found in place of the profile
        self.others = False       # further streams are right, too
        self.gaps = False         # gaps and runs are compared
        self.exact = False        # byte offsets are compared to the byte
        self.streams = []         # arrivals
        self.starts = []          # what value the first packet of each counts as
        self.restart = None       # order and value of the packet that starts anew
        self.records, self.frames, self.reports = [], {}, []

    def number(self, arrival):
        if self.restart and arrival.order >= self.restart[0]:
            return self.row.wire(self.restart[1] + arrival.order - self.restart[0])
        return self.row.wire(self.starts[arrival.stream] + arrival.order)

    def sequence(self, arrival):
        """The number, or the first of those that a packet holds."""
        number = self.number(arrival)
        return number if self.row.span == 1 else number * self.row.span % (1 << 32)

    def accept(self, arrival):
        """Which labels are right."""
        label = arrival.truth["label"]
        if label != "duplicate":
            return {label}
        resent = {"retransmission", "spurious_retransmission"}
        if self.row.resends:
            return resent
        return resent | {label} if self.row.either else {label}

    def identify(self):
        """Identifications in order of sending, of lost packets too: a copy of the network's has
        that of its original, what the sender sends again a new one."""
        again = [a for a in self.streams[0] if a.again and self.row.resends]
        moments = [(order * self.row.interval, order, False) for order in range(known.SENT)]
        moments += [(a.at_ns - known.EPOCH, a.order, True) for a in again]
        return {moment[1:]: 1 + i for i, moment in enumerate(sorted(moments))}

    def make(self):
        """Fills the records, frames and reports; returns the bytes of the file."""
        idents = self.identify() if self.counting else {}
        every = sorted((a for stream in self.streams for a in stream), key=lambda a: a.at_ns)
        for arrival in every:
            sent_again = arrival.again and self.row.resends
            more = {"ident": idents.get((arrival.order, sent_again), self.row.ident),
                    **self.packet}
            if arrival.late and self.late_ttl:
                more["ttl"] = self.late_ttl
            if arrival.mirror:
                more["ttl"] = 63
            if self.tos:
                more["tos"] = self.tos(arrival)
            packet = c.Packet(arrival.order, self.number(arrival), arrival.stream,
                              arrival.sent_ns, **more)
            self.records.append((arrival.at_ns, self.row.build(packet)))
            arrival.size = packet.payload_bytes
        for stream in self.streams:
            known.judge(stream)
            counts = known.counts(stream)
            counts["restarts"] = int(self.restart is not None)
            if self.gaps:
                counts.update(known.gaps(stream))
            self.reports.append(counts)
        for frame, arrival in enumerate(every, 1):
            self.frames[frame] = {**arrival.truth, "accept": sorted(self.accept(arrival)),
                                  "sequence": self.sequence(arrival)}
        return p.pcap(p.ETHERNET, self.records, self.snaplen)


def plain(row, variant="", about="", **how):
    case = Case(row, variant, about or row.about)
    case.streams = [known.arrivals(row.interval, **how)]
    case.starts = [row.start]
    return case


def wrap(row):
    case = plain(row, "wrap", "the number passes its greatest after 100")
    case.starts = [row.wrap - 100]
    return case


def restart(row):
    case = plain(row, "restart", "after half, the sender begins anew, far lower")
    case.starts = [min(row.wrap // 4, 3_000_000)]
    case.restart = known.HALF, 7
    return case


def two(row):
    case = plain(row, "two", "two streams take turns")
    case.streams.append(known.arrivals(row.interval, stream=1, phase_ns=row.interval * 2 // 5))
    case.starts.append(row.start + 4321)
    return case


def vlan(row):
    case = plain(row, "vlan", "with 802.1Q tag 77")
    case.packet["vlan"] = 77
    return case


def cut(row):
    case = plain(row, "cut", "96 bytes of each frame were captured")
    case.snaplen = 96
    return case


def short(row):
    case = plain(row, "short", "no more than the header was captured")
    case.snaplen = row.header
    return case


def hidden(row):
    case = plain(row, "hidden", "on an unknown port, --discover-sequence")
    case.packet["port"] = 40800
    case.options.append("--discover-sequence")
    case.profiles = {row.profile, "counter"}
    case.hidden = True
    return case


def ttl(row):
    case = plain(row, "ttl", "what comes late came over three more hops")
    case.late_ttl = 61
    return case


def v6(row):
    case = plain(row, "v6", "over IPv6")
    case.packet["v6"] = True
    if row.name == "icmp-echo":
        case.profiles = {"icmpv6-echo"}
    return case


def edges(row):
    case = plain(row, "edges", "from the first number on; the first and last packets were lost too",
                 sent=known.SENT + 2, lost=[0, known.SENT + 1] + [n + 1 for n in known.LOST],
                 late={n + 1: by for n, by in known.LATE.items()},
                 copies={n + 1: by for n, by in known.COPIES.items()})
    case.starts = [row.first]
    return case


def ids(row):
    case = plain(row, "ids", "the IPv4 identification counts, too")
    case.counting = True
    case.others = row.name != "ah"  # whose number is each packet's already
    return case


def early(row):
    return plain(row, "early", "the first packet comes second, and a copy amid a late one's extent",
                 late={**known.LATE, 0: 1}, copies={**known.COPIES, 62: 0})


def clean(row):
    return plain(row, "clean", "nothing happens", lost=(), late={}, copies={})


def mirrored(row):
    case = clean(row)
    case.variant, case.about = "mirrored", "each packet is captured on both sides of a router"
    case.name = row.name + "-mirrored"
    case.streams = [known.mirror(case.streams[0])]
    return case


# Variant, and for which carriers it makes sense.
VARIANTS = (
    (plain, lambda row: True),
    (wrap, lambda row: True),
    (restart, lambda row: True),
    (two, lambda row: row.name != "field-spread"),
    (vlan, lambda row: True),
    (cut, lambda row: row.span == 1),
    (short, lambda row: row.span == 1),
    (hidden, lambda row: row.udp),
    (ttl, lambda row: row.ip),
    (v6, lambda row: row.v6),
    (edges, lambda row: True),
    (ids, lambda row: row.ip and row.name != "ip-id"),
    (early, lambda row: row.name in ("rtp", "esp", "wireguard", "counter")),
    (clean, lambda row: True),
    (mirrored, lambda row: row.name in ("rtp", "esp", "sctp", "ip-id")),
)


def rfc(name, order, about, late_ms=()):
    """An example of RFC 4737: packets of 100 bytes, 20 ms apart, in RTP; `late_ms` says when what
    is late arrives. More packets come before and behind, for nobody believes so few."""
    row = ROWS[0]
    before, behind = 40, 20
    case = Case(row, "rfc4737-" + name, about)
    case.exact = True
    case.packet["size"] = 100
    case.starts = [row.start]
    arrivals, late_ms = [], dict(late_ms)
    total = before + max(order) + behind
    whole = list(range(before)) + [before + n - 1 for n in order] + \
        list(range(before + max(order), total))
    for n in whole:
        sent_ns = n * 20 * MS
        at_ms = late_ms.get(n - before + 1)
        at_ns = sent_ns + 68 * MS if at_ms is None else (before * 20 + at_ms) * MS
        arrivals.append(known.Arrival(n, known.EPOCH + at_ns, sent_ns))
    assert sorted(arrivals, key=lambda a: a.at_ns) == arrivals
    case.streams = [arrivals]
    case.gaps = True
    return case


RFC = (
    rfc("7.1", (1, 2, 3, 5, 6, 7, 8, 4, 9, 10), "table 1: packet 4 arrives after packet 8",
        ((4, 210),)),
    rfc("7.2", (1, 2, 3, 4, 7, 5, 6, 8, 9, 10), "table 2: packets 5 and 6 arrive after packet 7",
        ((5, 188), (6, 189))),
    rfc("7.3", (1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11),
        "table 3: packets 4, 5 and 6 arrive after packet 10", ((4, 250), (5, 252), (6, 256))),
    rfc("gaps", (1, 2, 3, 6, 7, 4, 5, 8, 9, 10, 12, 13, 11, 14, 15, 16),
        "sections 4.5 and 4.6: two discontinuities, a gap of 7, runs of which one is empty",
        ((4, 190), (5, 191), (11, 310))),
)

def marked(variant, about, tos):
    late = {n: 2 for n in range(9, 199, 19)}
    case = plain(ROW["rtp"], variant, about, late=late, lost=(), copies={})
    case.tos = tos
    return case


ROW = {row.name: row for row in ROWS}
NONE = {"lost": (), "late": {}, "copies": {}}
MANY = {"lost": (40, 41, 90, 120, 160), "late": {n: 2 for n in range(9, 199, 15)},
        "copies": {20: 0, 50: 0, 80: 1, 140: 0}}


def anew(row):
    case = plain(row, "anew", "5 are lost, and after half the sender begins anew, far lower",
                 **{**NONE, "lost": MANY["lost"]})
    case.starts, case.restart = [30000], (known.HALF, 7)
    return case


# What reports have to weigh: how much of something there is, and where a receiver's limit lies.
WEIGHED = (
    plain(ROW["rtp"], "few", "one is lost, one late, one copied", lost=(40,), late={60: 3},
          copies={30: 0}),
    plain(ROW["rtp"], "many", "5 are lost, 12 late, 4 copied", **MANY),
    anew(ROW["rtp"]),
    plain(ROW["esp"], "near", "one is 63 places late", **{**NONE, "late": {60: 63}}),
    plain(ROW["esp"], "far", "one is 64 places late", **{**NONE, "late": {60: 64}}),
    plain(ROW["sctp"], "often", "3 are sent again", **{**NONE, "copies": {30: 0, 90: 2, 150: 0}}),
    plain(ROW["sctp"], "many", "5 are sent again",
          **{**NONE, "copies": {30: 0, 60: 0, 90: 2, 120: 0, 150: 0}}),
    plain(ROW["icmp-echo"], "ping", "five, of which the fourth is lost", sent=5,
          **{**NONE, "lost": (3,)}),
    marked("dscp", "what is late was marked with another DSCP",
           lambda arrival: 0 if arrival.late else 46 << 2),
    marked("any-dscp", "the DSCP goes round, and others come late whatever theirs is",
           lambda arrival: (46, 0, 10, 34)[arrival.order // 3 % 4] << 2),
)

CASES = [variant(row) for row in ROWS for variant, fits in VARIANTS if fits(row)] + \
    list(RFC + WEIGHED)
