# SPDX-License-Identifier: BSD-2-Clause
"""Bytes of packets and of pcap files: what goes on the wire and into the file.

Everything is plain arguments in, bytes out; nothing here knows what a case means.
Formats: RFC 791, 8200, 9293, 7323 (timestamps), 2018 and 2883 (SACK), 7413 (TFO), 8684 (MPTCP).
"""
import socket
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ETHERNET, RAW, SLL, SLL2 = 1, 101, 113, 276
MASK = 0xffffffff

PATTERN = bytes((i * 7 + 13) & 0xff for i in range(251)) * 4


def payload(seq, size):
    """The byte at a sequence number is always the same one, as in a real stream."""
    start = seq % 251
    out = PATTERN[start:start + size]
    while len(out) < size:
        out += PATTERN[(start + len(out)) % 251:][:size - len(out)]
    return out


def fold(data, start=0):
    """The Internet checksum's sum (RFC 1071), not complemented."""
    if len(data) & 1:
        data += b"\0"
    total = start + sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def options(mss=None, sack_ok=False, ts=None, wscale=None, sack=(), tfo=None, mptcp=None):
    """TCP options in the order and with the padding that Linux uses."""
    out = b""
    if mss is not None:
        out += struct.pack("!BBH", 2, 4, mss)
    if ts is not None:
        lead = b"\x04\x02" if sack_ok else b"\x01\x01"
        out += lead + struct.pack("!BBII", 8, 10, ts[0] & MASK, ts[1] & MASK)
    elif sack_ok:
        out += b"\x01\x01\x04\x02"
    if wscale is not None:
        out += struct.pack("!BBBB", 1, 3, 3, wscale)
    if sack:
        out += struct.pack("!BBBB", 1, 1, 5, 2 + 8 * len(sack))
        for left, right in sack:
            out += struct.pack("!II", left & MASK, right & MASK)
    if tfo is not None:
        out += struct.pack("!BB", 34, 2 + len(tfo)) + tfo
    if mptcp is not None:
        out += struct.pack("!BB", 30, 2 + len(mptcp)) + mptcp
    return out + b"\x01" * (-len(out) % 4)


def tcp(src, dst, sport, dport, seq, ack, flags, window, opts, data, partial=False, corrupt=False):
    """A TCP segment. partial: the checksum field holds the pseudo-header's sum alone, as before
    transmit offload. corrupt: one payload byte is changed after the checksum was made."""
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & MASK, ack & MASK,
                       (5 + len(opts) // 4) << 4, flags, window, 0, 0) + opts
    size = len(head) + len(data)
    pseudo = src + dst + struct.pack("!II", size, 6)
    check = fold(pseudo) if partial else fold(head + data, fold(pseudo)) ^ 0xffff
    head = head[:16] + struct.pack("!H", check) + head[18:]
    if corrupt and data:
        data = data[:-1] + bytes([data[-1] ^ 0x40])
    return head + data


def udp(src, dst, sport, dport, data):
    """A UDP datagram without checksum (IPv4 only)."""
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def ip4(src, dst, proto, ident, ttl, data, df=True, zero_length=False, tos=0):
    """An IPv4 packet; zero_length: total length 0, as the kernel shows frames above 64 KiB."""
    size = 0 if zero_length else 20 + len(data)
    head = struct.pack("!BBHHHBBH", 0x45, tos, size, ident, 0x4000 if df else 0, ttl, proto, 0)
    head += src + dst
    return head[:10] + struct.pack("!H", fold(head) ^ 0xffff) + head[12:] + data


def fragments(data, size):
    """An untagged Ethernet frame with IPv4 as two, the first with size bytes of IP payload."""
    ether, head, body = data[:14], data[14:34], data[34:]
    out = []
    for offset, part in ((0, body[:size]), (size, body[size:])):
        bits = offset // 8 | (0 if offset else 0x2000)
        made = head[:2] + struct.pack("!HHHBBH", 20 + len(part), *struct.unpack("!H", head[4:6]),
                                      bits, head[8], head[9], 0) + head[12:]
        out.append(ether + made[:10] + struct.pack("!H", fold(made) ^ 0xffff) + made[12:] + part)
    return out


def ip6(src, dst, proto, hops, data, zero_length=False, tos=0):
    """An IPv6 packet without extension headers."""
    size = 0 if zero_length else len(data)
    return struct.pack("!IHBB", 0x60000000 | tos << 20, size, proto, hops) + src + dst + data


def icmp_frag_needed(router, to, mtu, quoted, ident=0):
    """ICMP type 3 code 4 (RFC 1191) from a router, quoting an IPv4 header and 8 bytes."""
    body = struct.pack("!BBHHH", 3, 4, 0, 0, mtu) + quoted[:28]
    body = body[:2] + struct.pack("!H", fold(body) ^ 0xffff) + body[4:]
    return ip4(router, to, 1, ident, 63, body, df=False)


def icmp6_too_big(router, to, mtu, quoted):
    """ICMPv6 type 2 (RFC 4443 3.2) from a router, quoting what fits in 1280 bytes."""
    body = struct.pack("!BBHI", 2, 0, 0, mtu) + quoted[:1232]
    pseudo = router + to + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", fold(body, fold(pseudo)) ^ 0xffff) + body[4:]
    return ip6(router, to, 58, 63, body)


def address(text):
    """Text to the bytes of an IPv4 or IPv6 address."""
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def frame(link, src_mac, dst_mac, packet, vlans=(), outgoing=False, ifindex=2):
    """The link header in front of an IP packet. vlans: [(tpid, id)], outermost first."""
    kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    if link == RAW:
        return packet
    if link == SLL:
        return struct.pack("!HHH8sH", 4 if outgoing else 0, 1, 6, src_mac + b"\0\0", kind) + packet
    if link == SLL2:
        return struct.pack("!HHIHBB8s", kind, 0, ifindex, 1, 4 if outgoing else 0, 6,
                           src_mac + b"\0\0") + packet
    tags = b"".join(struct.pack("!HH", tpid, vid) for tpid, vid in vlans)
    return dst_mac + src_mac + tags + struct.pack("!H", kind) + packet


def pcap(link, records, snaplen=262144):
    """A nanosecond pcap file of [(time in ns, bytes)], cut to snaplen."""
    out = [struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, snaplen, link)]
    for when, data in records:
        kept = data[:snaplen]
        out.append(struct.pack("<IIII", when // 10**9, when % 10**9, len(kept), len(data)) + kept)
    return b"".join(out)
