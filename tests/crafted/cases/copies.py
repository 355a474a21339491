# SPDX-License-Identifier: BSD-2-Clause
"""One packet several times in the capture: mirror ports, bridges, routers, VLANs."""
import packets as p
from craft import case

from .common import ALL, FEW, start

ROUTER = (b"\x02\0\0\0\0\x1a", b"\x02\0\0\0\0\x1b")
COPIES = ("ack", "in_order", "capture_duplicate")


@case("mirror-close", "each frame twice, 2 us apart",
      None, FEW, peers="tshark: retransmissions and duplicate ACKs")
def mirror_close(c):
    c.mirror = [(2000, {})]
    f, t = start(c, n=16)
    f.a.send(t, 300)


@case("mirror-behind", "each frame twice, 700 us apart: other frames come in between", None, FEW)
def mirror_behind(c):
    c.mirror = [(700_000, {})]
    f, t = start(c, n=24, gap=0.4)
    f.a.send(t, 300)


@case("mirror-four-times", "each frame four times within 9 us", None, ("",))
def mirror_four(c):
    c.mirror = [(2000, {}), (5000, {}), (9000, {})]
    start(c, n=10)


@case("mirror-with-resend", "each frame twice, and one real loss with its resend", None, ALL)
def mirror_resend(c):
    c.mirror = [(3000, {})]
    f, t = start(c, tap="sender", n=16)
    lost = f.a.send(t, lose="down")
    f.a.send(t + 0.3, n=5, gap=0.3)
    f.a.resend(t + 11.4, lost, cause=("fast", "rack"))
    f.a.send(t + 25, n=2)


@case("mirror-with-reorder", "each frame twice, and one segment really late", None, ALL)
def mirror_reorder(c):
    c.mirror = [(3000, {})]
    f, t = start(c, n=16)
    f.a.send(t, up=0.9, accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 0.3, n=6, gap=0.3)


@case("routed-copy",
      "each frame before and after a router on one wire: TTL one lower, other MAC "
      "addresses, 60 us later",
      None, FEW, peers="tshark: retransmissions; tcptrace: retransmissions and hardware duplicates")
def routed(c):
    c.mirror = [(60_000, {"ttl": -1, "macs": ROUTER})]
    f, t = start(c, n=16)
    f.a.send(t, 300)


@case("any-device",
      "Linux cooked capture on all interfaces: each frame once incoming and once outgoing, "
      "20 us apart",
      None, FEW)
def any_device(c):
    c.link = p.SLL
    c.mirror = [(20_000, {"ttl": -1, "outgoing": True})]
    f, t = start(c, n=12)
    f.a.send(t, 300)


@case("any-device-v2", "the same in cooked capture v2, with another interface index", None, FEW)
def any_device_v2(c):
    c.link = p.SLL2
    c.mirror = [(20_000, {"ifindex": 3, "outgoing": True})]
    f, t = start(c, n=12)
    f.a.send(t, 300)


@case("tagged-and-untagged",
      "each frame in two VLANs, as a router on a trunk sends it on: two flows, or copies, no fault",
      None, FEW)
def two_vlans(c):
    c.mirror = [(30_000, {"ttl": -1, "macs": ROUTER, "vlans": [(0x8100, 20)]})]
    f, t = start(c, n=12, vlans=[(0x8100, 10)])
    f.a.send(t, 300)
    c.soften = COPIES


@case("same-tuple-two-vlans",
      "two different connections with the same addresses and ports in two VLANs",
      clean=True, tiers=FEW)
def same_tuple(c):
    one, t = start(c, n=14, vlans=[(0x8100, 10)])
    two, _ = start(c, n=14, vlans=[(0x8100, 20)], isn=77_000_000, isn_b=88_000_000, at=15.3)
    one.a.send(t, 300)
    two.a.send(t + 0.2, 400)


@case("nat-both-sides",
      "both sides of an address translator: two flows with equal numbers and identifications",
      None, FEW)
def nat(c):
    inside = "10.0.0.5" if not c.tier.get("ip") else "2001:db8:5::5"
    f, t = start(c, n=12)
    c.mirror = [(40_000, {"nat": (f.a.ip, p.address(inside)), "ttl": -1, "macs": ROUTER})]
    f.a.send(t, 300)
    c.soften = COPIES


@case("one-copy-among-many",
      "one single frame is in the capture twice, with another TTL, 50 us apart",
      None, FEW)
def one_copy(c):
    f, t = start(c, n=20)
    tx = f.a.send(t)
    c.once = (tx, 50_000, {"ttl": -1, "macs": ROUTER})
    f.a.send(t + 1.2, n=4, gap=1.2)


@case("network-copy-is-no-mirror",
      "one network copy 0.2 ms later in an unmirrored capture; a D-SACK confirms it",
      {"duplicate": 1}, ALL)
def network_copy(c):
    f, t = start(c)
    f.b.ack_every = 1
    f.a.send(t, dup_up=[0.2], accept=c.unless(c.ids, "unknown"))
    f.a.send(t + 1.2, n=6, gap=1.2)


@case("routed-one-way",
      "only what the sender sends is in the capture twice, before and after a router",
      None, FEW)
def routed_one_way(c):
    f, t = start(c, n=16)
    c.mirror_of = "a"
    c.mirror = [(60_000, {"ttl": -1, "macs": ROUTER})]
    f.a.send(t, 300)


@case("super-frame-then-segments",
      "all interfaces: a super-frame on the upper device, its segments 20 us later on the lower",
      None, FEW)
def super_then_segments(c):
    c.link = p.SLL
    f, t = start(c, n=12, tap="sender")
    for k in range(5):
        for tx in f.a.super(t + 4 * k, 4):
            tx.split = 20_000
