# SPDX-License-Identifier: BSD-2-Clause
"""Where numbers wrap, and identifications that are not a counter: simple comparisons fail here."""
from craft import Ids, case

from .common import ALL, FEW, start


def late_and_lost(c, ids_prove=True, knows=None, **kw):
    """One late segment and one lost upstream, on a connection with some property. ids_prove: the
    order of close segments can be proved; knows: that of transmissions one RTT apart can."""
    f, t = start(c, **kw)
    knows = ids_prove or kw.get("ts", True) if knows is None else knows
    f.a.send(t, up=0.9, accept=c.unless(ids_prove, "unknown"))
    f.a.send(t + 0.3, n=6, gap=0.3)
    lost = f.a.send(t + 13, lose="up")
    f.a.send(t + 13.3, n=6, gap=0.3)
    f.a.resend(t + 25, lost, accept=c.unless(knows, "unknown"))
    f.a.send(t + 26, n=4, gap=0.3)
    return f


BOTH = {"reordered": 1, "retransmission": 1}


@case("wrap-32", "a late and a lost segment around sequence number 2^32", BOTH, ALL)
def wrap_32(c):
    late_and_lost(c, c.ids, isn=2**32 - 24_001, ts=c.ts)


@case("wrap-31", "the same around 2^31", BOTH, ALL)
def wrap_31(c):
    late_and_lost(c, c.ids, isn=2**31 - 24_001, ts=c.ts)


@case("hole-across-32", "the lost segment itself crosses 2^32", BOTH, ALL)
def hole_32(c):
    late_and_lost(c, c.ids, isn=2**32 - 27_501, ts=c.ts)


@case("hole-across-31", "the lost segment itself crosses 2^31", BOTH, ALL)
def hole_31(c):
    late_and_lost(c, c.ids, isn=2**31 - 27_501, ts=c.ts)


@case("hole-ends-at-zero", "the lost segment ends exactly at 2^32", BOTH, ALL)
def hole_zero(c):
    late_and_lost(c, c.ids, isn=2**32 - 28_001, ts=c.ts)


@case("hole-begins-at-zero", "the lost segment begins exactly at 0", BOTH, ALL)
def hole_from_zero(c):
    late_and_lost(c, c.ids, isn=2**32 - 27_001, ts=c.ts)


@case("first-byte-zero", "the SYN has number 2^32 - 1, the first data byte 0", BOTH, FEW)
def first_zero(c):
    late_and_lost(c, c.ids, isn=2**32 - 1, isn_b=2**32 - 1, ts=c.ts)


@case("syn-zero", "both SYNs have number 0", BOTH, FEW)
def syn_zero(c):
    late_and_lost(c, c.ids, isn=0, isn_b=0, ts=c.ts)


@case("id-wraps",
      "the identification passes 65535 between the late segment and those that overtook it",
      BOTH, ("", "id-only"))
def id_wraps(c):
    late_and_lost(c, True, ids=Ids("counter", 65536 - 23))


@case("id-random", "random identifications: only timestamps can prove the order", BOTH)
def id_random(c):
    late_and_lost(c, False, ids="random")


@case("id-random-no-ts", "random identifications and no timestamps", BOTH)
def id_random_bare(c):
    late_and_lost(c, False, ids="random", ts=False)


@case("id-constant", "every packet has the same identification, not zero: no proof of copies", BOTH)
def id_constant(c):
    late_and_lost(c, False, ids="const")


@case("id-constant-no-ts", "the same, no timestamps", BOTH)
def id_constant_bare(c):
    late_and_lost(c, False, ids="const", ts=False)


@case("id-swapped", "a counter in the other byte order", BOTH)
def id_swapped(c):
    late_and_lost(c, False, ids="swapped")


@case("id-swapped-no-ts", "the same, no timestamps", BOTH)
def id_swapped_bare(c):
    late_and_lost(c, False, ids="swapped", ts=False)


@case("id-shared", "one counter for the whole host: it jumps by 1 to 50", BOTH)
def id_shared(c):
    late_and_lost(c, True, ids="shared")


@case("id-shared-no-ts", "the same, no timestamps", BOTH)
def id_shared_bare(c):
    late_and_lost(c, False, ids="shared", ts=False)


@case("id-shared-fast",
      "a busy host's counter goes round between two packets: lower does not mean late",
      BOTH)
def id_shared_fast(c):
    late_and_lost(c, False, ids=Ids("shared", 500, jump=lambda: 29_501))


@case("id-shared-fast-no-ts", "the same, no timestamps", BOTH)
def id_shared_fast_bare(c):
    late_and_lost(c, False, ids=Ids("shared", 500, jump=lambda: 29_501), ts=False)


@case("id-shared-irregular",
      "a global counter with jumps of 1 to 60 000: losses must not become reordering",
      {"retransmission": 3})
def id_irregular(c):
    ids = Ids("shared", 9, seed=11)
    ids.jump = lambda: 1 + ids.random.next() % 60_000
    f, t = start(c, ids=ids, ts=False)
    for k in range(3):
        at = t + 30 * k
        lost = f.a.send(at, lose="up")
        f.a.send(at + 0.3, n=6, gap=0.3)
        f.a.resend(at + 11.5, lost, accept=("unknown",))
    f.a.send(t + 95, n=3)


@case("id-renumbered",
      "a middlebox gives each packet an identification of its own, in order of passing: "
      "late ones look new",
      BOTH)
def id_renumbered(c):
    c.renumber = Ids("counter", 3)
    f, t = start(c)
    f.a.send(t, up=3.0, accept=("unknown", "retransmission"))
    f.a.send(t + 1.2, n=6, gap=1.2)
    lost = f.a.send(t + 13, lose="up")
    f.a.send(t + 14.2, n=6, gap=1.2)
    f.a.resend(t + 25, lost)
    f.a.send(t + 26, n=4, gap=0.3)


@case("id-changes-midway", "a counter for a while, then zero: what was learned must be forgotten",
      BOTH)
def id_changes(c):
    ids = Ids("counter", 100)
    f = late_and_lost(c, False, ids=ids)
    assert f
    c.schedule(round(38.9 * 10**6), lambda: setattr(ids, "mode", "zero"))


@case("ts-wraps", "the timestamp passes 2^32", BOTH, ("ts-only", "v6"))
def ts_wraps(c):
    late_and_lost(c, False, ts_base=2**32 - 40)


@case("ts-wraps-31", "the timestamp passes 2^31", BOTH, ("ts-only", "v6"))
def ts_wraps_31(c):
    late_and_lost(c, False, ts_base=2**31 - 40)


@case("ts-coarse", "a timestamp clock of 10 ms", BOTH, ("ts-only", "v6"))
def ts_coarse(c):
    late_and_lost(c, False, False, tick=10)


@case("ts-microseconds", "a timestamp clock of 1 us proves the order of close segments",
      BOTH, ("ts-only", "v6"))
def ts_fine(c):
    late_and_lost(c, True, tick=0.001)


@case("ts-constant", "a middlebox holds the timestamp still: it proves nothing",
      BOTH, ("ts-only", "v6"))
def ts_constant(c):
    late_and_lost(c, False, False, tick=10**6)


@case("beyond-window",
      "one forged segment far beyond the receiver's window: what follows is neither late nor resent",
      {}, ALL)
def beyond_window(c):
    f, t = start(c)
    f.a.put(t + 2, 0, 1000, 0x18, stream=False, wire_seq=f.a.isn + 400_000_000, label="unknown",
            ident=7)
    f.a.send(t + 40, n=20, gap=0.5)
