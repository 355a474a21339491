# SPDX-License-Identifier: BSD-2-Clause
"""How each protocol carries a number: a function for each, from a number to the bytes of a frame.

Every header is built from the document that defines it, named above it.  Nothing else in a packet
counts: payloads are random from a fixed seed, identifications random or 0.
"""
import os
import random
import struct
import sys
import zlib

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crafted"))
import packets as p  # noqa: E402

MACS = (b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x11", b"\x02\0\0\0\0\x12")
IP4 = ("192.0.2.1", "192.0.2.2", "192.0.2.17", "192.0.2.18")
IP6 = ("2001:db8::1", "2001:db8::2", "2001:db8::11", "2001:db8::12")
UDP, SCTP = 17, 132


class Packet:
    """What a carrier has to put into a frame, and in which way."""

    def __init__(self, order, number, stream=0, sent_ns=0, v6=False, vlan=0, ttl=64, ident=None,
                 port=None, size=None, tos=0):
        self.order, self.number, self.stream, self.sent_ns = order, number, stream, sent_ns
        self.v6, self.vlan, self.ttl, self.ident, self.port = v6, vlan, ttl, ident, port
        self.size = size  # of payload, if the case wants it so
        self.tos = tos    # DSCP and ECN
        self.random = random.Random("sequence %d of stream %d" % (order, stream))
        self.payload_bytes = 0

    def noise(self, usual):
        """Random payload."""
        size = usual if self.size is None else self.size
        self.payload_bytes = size
        return self.random.randbytes(size)

    def addresses(self, apart=False):
        """Source and destination; `apart`: other ones for another stream."""
        first = 2 * self.stream if apart else 0
        return [p.address(text) for text in (IP6 if self.v6 else IP4)[first:first + 2]]


def ethernet(packet, kind, body, apart=False):
    """IEEE 802.3 with an 802.1Q tag if wanted."""
    first = 2 * packet.stream if apart else 0
    tag = struct.pack("!HH", 0x8100, packet.vlan) if packet.vlan else b""
    return MACS[first + 1] + MACS[first] + tag + struct.pack("!H", kind) + body


def ip(packet, protocol, body, apart=False):
    """RFC 791 with identification 0 and DF, or a random one without; RFC 8200."""
    source, destination = packet.addresses(apart)
    if packet.v6:
        return ethernet(packet, 0x86dd, p.ip6(source, destination, protocol, packet.ttl, body,
                                              tos=packet.tos))
    ident = packet.random.randrange(1 << 16) if packet.ident is None else packet.ident
    return ethernet(packet, 0x0800, p.ip4(source, destination, protocol, ident, packet.ttl, body,
                                          df=packet.ident is not None, tos=packet.tos))


def datagram(source, destination, source_port, destination_port, body):
    """RFC 768 with a checksum."""
    head = struct.pack("!HHH", source_port, destination_port, 8 + len(body))
    pseudo = source + destination + struct.pack("!II", 8 + len(body), UDP)
    check = p.fold(head + b"\0\0" + body, p.fold(pseudo)) ^ 0xffff
    return head + struct.pack("!H", check or 0xffff) + body


def udp(packet, source_port, destination_port, body, apart=False):
    source, destination = packet.addresses(apart)
    if packet.port:
        destination_port = packet.port
        if source_port < 40000:
            source_port = packet.port + 1
    body = datagram(source, destination, source_port, destination_port, body)
    return ip(packet, UDP, body, apart)


def inner(packet, size=80):
    """What a tunnel carries: IPv4 and UDP without anything that counts."""
    ends = p.address("198.51.100.1"), p.address("198.51.100.2")
    body = p.ip4(*ends, UDP, 0, 60, datagram(*ends, 40000, 9, b"\0" + packet.noise(size)))
    packet.payload_bytes = len(body)
    return body


def rtp(packet):
    """RFC 3550 5.1, payload type 0 (RFC 3551): 8000 Hz."""
    stamp = (packet.order * 160 + 0xfffff000 * (packet.stream == 0)) & p.MASK
    head = struct.pack("!BBHII", 0x80, 0, packet.number, stamp, 0x1f2e3d4c + packet.stream)
    return udp(packet, 16384, 16386, head + packet.noise(160))


def esp_header(packet):
    """RFC 4303 2: SPI, sequence number, then nothing that can be read."""
    return struct.pack("!II", 0xc0ffee01 + packet.stream, packet.number) + packet.noise(120)


def esp(packet):
    return ip(packet, 50, esp_header(packet))


def esp_udp(packet):
    """RFC 3948 2.1."""
    return udp(packet, 4500, 4500, esp_header(packet))


def ah(packet):
    """RFC 4302 2, 96 bits of integrity value, transport mode around UDP."""
    body = datagram(*packet.addresses(), 40000, 9, packet.noise(90))
    packet.payload_bytes = len(body)
    icv = packet.random.randbytes(12)
    head = struct.pack("!BBHII", UDP, 4, 0, 0xa4000001 + packet.stream, packet.number)
    return ip(packet, 51, head + icv + body)


def gre(packet, key=True, check=False):
    """RFC 2784 and 2890: C 0x8000, K 0x2000, S 0x1000."""
    body = inner(packet)
    flags = 0x1000 | 0x2000 * key | 0x8000 * check
    head = struct.pack("!HH", flags, 0x0800)
    rest = (struct.pack("!I", 77 + packet.stream) if key else b"") + \
        struct.pack("!I", packet.number)
    if check:
        total = p.fold(head + b"\0\0\0\0" + rest + body) ^ 0xffff
        rest = struct.pack("!HH", total, 0) + rest
    return ip(packet, 47, head + rest + body, apart=not key)


def gre_bare(packet):
    return gre(packet, key=False)


def gre_checksum(packet):
    return gre(packet, check=True)


def pptp(packet):
    """RFC 2637 4.1: version 1, K and S, the key is payload length and call id; PPP (RFC 1661) with
    what RFC 1962 calls a compressed datagram."""
    body = b"\xff\x03\0\xfd" + packet.noise(100)
    head = struct.pack("!HHHHI", 0x3001, 0x880b, len(body), 5 + packet.stream, packet.number)
    return ip(packet, 47, head + body)


def gtpu(packet):
    """3GPP TS 29.281 5.1: version 1, PT, S; a G-PDU."""
    body = struct.pack("!HBB", packet.number, 0, 0) + inner(packet)
    head = struct.pack("!BBHI", 0x32, 255, len(body), 0x10000 + packet.stream)
    return udp(packet, 2152, 2152, head + body)


def wireguard(packet):
    """The protocol's transport data message: type 4, receiver, counter, little-endian."""
    head = struct.pack("<IIQ", 4, 0x5eed0001 + packet.stream, packet.number)
    return udp(packet, 51820, 51820, head + packet.noise(112))


def dtls_record(packet, version):
    """RFC 4347 4.1 and 6347 4.1: application data of epoch 1."""
    body = packet.noise(100)
    number = struct.pack("!Q", 1 << 48 | packet.number)
    record = struct.pack("!BH", 23, version) + number + struct.pack("!H", len(body)) + body
    return udp(packet, 40443 + packet.stream, 4433, record)


def dtls12(packet):
    return dtls_record(packet, 0xfefd)


def dtls10(packet):
    return dtls_record(packet, 0xfeff)


CRC32C = []
for start in range(256):
    for _ in range(8):
        start = start >> 1 ^ (0x82f63b78 if start & 1 else 0)
    CRC32C.append(start)


def crc32c(data):
    """RFC 9260 appendix A."""
    state = p.MASK
    for byte in data:
        state = CRC32C[(state ^ byte) & 255] ^ state >> 8
    return state ^ p.MASK


def sctp_packet(packet, chunks):
    """RFC 9260 3.1 and 3.3.1: DATA, whole user messages."""
    body = b""
    for chunk in range(chunks):
        tsn = (packet.number * chunks + chunk) & p.MASK
        data = packet.noise(64)
        ssn = (packet.order * chunks + chunk) & 0xffff
        body += struct.pack("!BBHIHHI", 0, 3, 16 + len(data), tsn, 0, ssn, 0) + data
    packet.payload_bytes = 64 * chunks
    head = struct.pack("!HHI", 5001 + packet.stream, 5001, 0x7a6b5c4d + packet.stream)
    check = struct.pack("<I", crc32c(head + b"\0\0\0\0" + body))
    return ip(packet, SCTP, head + check + body)


def sctp(packet):
    return sctp_packet(packet, 1)


def sctp_chunks(packet):
    return sctp_packet(packet, 3)


def infiniband(packet):
    """InfiniBand Architecture 9.2, Base Transport Header: RC SEND Only; the invariant CRC is left
    random."""
    head = struct.pack("!BBHII", 4, 0, 0xffff, 0x11 + packet.stream, packet.number)
    return head + packet.noise(128) + packet.random.randbytes(4)


def roce2(packet):
    """Annex A17: UDP port 4791."""
    return udp(packet, 49152, 4791, infiniband(packet))


def roce1(packet):
    """Annex A16: EtherType 0x8915, Global Route Header (8.3), next header 0x1b."""
    body = infiniband(packet)
    source, destination = [b"\xfe\x80" + bytes(13) + bytes([n]) for n in (1, 2)]
    route = struct.pack("!IHBB", 0x60000000, len(body), 0x1b, 64) + source + destination
    return ethernet(packet, 0x8915, route + body)


def rtag(packet):
    """IEEE 802.1CB 7.8: EtherType 0xf1c1, 16 bits reserved, 16 of sequence number."""
    source, destination = packet.addresses()
    body = datagram(source, destination, 40000, 9, packet.noise(90))
    body = p.ip4(source, destination, UDP, 0, 64, body)
    packet.payload_bytes = len(body)
    return ethernet(packet, 0xf1c1, struct.pack("!HHH", 0, packet.number, 0x0800) + body,
                    apart=True)


def macsec(packet, sci=True):
    """IEEE 802.1AE 9.3: TCI and AN, short length, PN, SCI; encrypted, a check value of 16."""
    tci = 0x0c | 0x20 * sci
    head = struct.pack("!BBI", tci, 0, packet.number)
    first = 2 * packet.stream
    head += MACS[first] + b"\0\x01" if sci else b""
    return ethernet(packet, 0x88e5, head + packet.noise(100) + packet.random.randbytes(16),
                    apart=True)


def macsec_bare(packet):
    return macsec(packet, sci=False)


def inner_ethernet(packet):
    frame = MACS[3] + MACS[2] + b"\x08\0" + inner(packet)
    packet.payload_bytes = len(frame)
    return frame


def pseudowire(packet):
    """RFC 3032, 4385 3 and 4448 4.6: a label, a control word with sequence number, a frame."""
    word = struct.pack("!HH", 0, packet.number)
    label = struct.pack("!I", 100 + packet.stream << 12 | 1 << 8 | 255)
    return ethernet(packet, 0x8847, label + word + inner_ethernet(packet))


def l2tp_session(packet, cookie):
    """RFC 3931 4.1 and 4.6: session, cookie, sublayer with S bit, a frame (RFC 4719)."""
    fixed = random.Random("cookie of stream %d" % packet.stream).randbytes(cookie)
    word = struct.pack("!I", 0x40000000 | packet.number)
    return struct.pack("!I", 0x2b000001 + packet.stream) + fixed + word + inner_ethernet(packet)


def l2tp_ip(packet, cookie):
    return ip(packet, 115, l2tp_session(packet, cookie))


def l2tp_udp(packet, cookie):
    """RFC 3931 4.1.2.1: T 0, version 3."""
    return udp(packet, 1701, 1701, struct.pack("!HH", 3, 0) + l2tp_session(packet, cookie))


def icmp(packet):
    """RFC 792 and 4443 4.1: echo requests."""
    source, destination = packet.addresses()
    rest = struct.pack("!HH", 0x1a2b + packet.stream, packet.number) + packet.noise(56)
    kind, start = 8, 0
    if packet.v6:
        kind = 128
        start = p.fold(source + destination + struct.pack("!II", 4 + len(rest), 58))
    head = bytes([kind, 0])
    check = p.fold(head + b"\0\0" + rest, start) ^ 0xffff
    return ip(packet, 58 if packet.v6 else 1, head + struct.pack("!H", check) + rest)


def stamp(packet):
    """RFC 8762 4.2.1: number, NTP time, error estimate, zeros; extra padding is random."""
    second, rest = divmod(packet.sent_ns, 10**9)
    time = struct.pack("!II", second + 1_700_000_000 + 2208988800 & p.MASK, (rest << 32) // 10**9)
    body = struct.pack("!I", packet.number) + time + b"\x8a\x01" + bytes(30)
    packet.payload_bytes = 44
    return udp(packet, 49862 + packet.stream, 862, body)


def probe_body(packet):
    """pktlint-probe(8): magic, version, length, run, stream, CPU, number, time, streams, CRC."""
    rest = packet.noise(80)
    head = struct.pack("!IBBHIHHQqHH", 0x704c5062, 1, 0, 40 + len(rest), 0x0a0b0c0d, packet.stream,
                       packet.order % 2, packet.number, 1_700_000_000 * 10**9 + packet.sent_ns, 2, 0)
    packet.payload_bytes = 40 + len(rest)
    return head + struct.pack("!I", zlib.crc32(head + rest)) + rest


def probe(packet):
    return udp(packet, 49000 + packet.stream, 8845, probe_body(packet))


def probe_frame(packet):
    return ethernet(packet, 0x88b5, probe_body(packet))


def ip_id(packet):
    """RFC 791: the identification of a connected socket, as Linux counts it."""
    packet.ident = packet.number
    return udp(packet, 40000 + packet.stream, 9000, packet.noise(120))


def raw(packet):
    """EtherType 0x88b5 (IEEE 802, local experiments): a mark, a number, noise."""
    return ethernet(packet, 0x88b5, struct.pack("!I", packet.number) + packet.noise(80),
                    apart=True)


def raw_little(packet):
    return ethernet(packet, 0x88b5, b"LE\x01\x00" + struct.pack("<H", packet.number) +
                    packet.noise(80), apart=True)


def raw_narrow(packet):
    """A number of 16 bits with zeros above it, which look as if they were of it."""
    return ethernet(packet, 0x88b5, struct.pack("!IHH", 0x4d4e0001, 0, packet.number) +
                    packet.noise(80), apart=True)


def field_masked(packet):
    """A home-made header: two bytes of noise, 8 bits of noise, 16 of number, 8 of noise."""
    word = packet.random.randrange(256) << 24 | packet.number << 8 | packet.random.randrange(256)
    mark = packet.random.randbytes(2)
    return ethernet(packet, 0x88b6, mark + struct.pack("<I", word) + packet.noise(80), apart=True)


def field_wide(packet):
    """64 bits of number in the payload of UDP."""
    body = b"\x01" + struct.pack("!Q", packet.number) + packet.noise(80)
    return udp(packet, 40700, 7000 + packet.stream, body)


def field_spread(packet):
    """One stream over four five-tuples, the case that receive steering reorders."""
    body = struct.pack("!II", 0x57aee000 + packet.stream, packet.number) + packet.noise(80)
    return udp(packet, 40700 + packet.order % 4, 7000, body)
