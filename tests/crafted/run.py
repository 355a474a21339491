#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py PKTLINT [NAME...]       make the captures, let pktlint judge them, compare
run.py --write DIR [NAME...]   only write NAME.pcap and NAME.expect.json
run.py --list                  names and what they are about
run.py --readme                the table of README.md

NAME is a case or the beginning of some.  Each frame whose final verdict (amendments applied) is
not acceptable is one line: case, frame, what pktlint said, what was wanted, why.  Exit status 1
if there is any, 77 if PKTLINT cannot `dump`.
"""
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import craft  # noqa: E402
import cases  # noqa: E402,F401

# Facts of a case that are not labels of frames, and the metrics that tell them.
METRICS = {
    "lost_upstream": "tcp.lost_upstream_packets",
    "lost_downstream": "tcp.lost_downstream_packets",
    "missed_bytes": "tcp.capture_missed_bytes",
    "reordered_downstream": "tcp.reordered_downstream_packets",
    "duplicated_downstream": "tcp.duplicated_downstream_packets",
    "acks_reordered": "tcp.acks_reordered",
}
# What a clean case must not hold; a fact of its own comes first.
NOTHING = dict.fromkeys(METRICS, 0)
METRICS.update({
    "duplicate_acks": "tcp.duplicate_acks",
    "pure_acks": "tcp.pure_acks",
    "round_trip_max": "tcp.rtt_max_ns",
    "unique_bytes": "tcp.unique_bytes",
})


def verdicts(text):
    """Frame -> (first verdict, final verdict) of one `dump --json`."""
    first, final = {}, {}
    for line in text.splitlines():
        o = json.loads(line)
        if "amends" in o:
            final[o["amends"]] = {**final.get(o["amends"], {}), **o}
        elif "frame" in o:
            first[o["frame"]] = o
            final[o["frame"]] = dict(o)
    return first, final


def names(verdict):
    return set(verdict.get("labels") or [verdict.get("label")])


def faults(want, first, got):
    """What is wrong with one verdict: (field, got, wanted) in order of weight."""
    if got is None:
        yield "line", "none", "/".join(want["accept"])
        return
    said = names(got)
    accept = set(want["accept"])
    if len(want.get("labels", ())) > 1:
        wanted = set(want["labels"])
        if said != wanted and not (said <= accept | wanted and said & accept):
            yield "labels", "+".join(sorted(map(str, said))), "+".join(sorted(wanted))
        return
    if not said <= accept:
        yield "label", "+".join(sorted(map(str, said))), "/".join(sorted(accept))
        return
    # `retransmission` leaves the need open, so it is true of a spurious one too
    true = {want["label"]}
    if want["label"] == "spurious_retransmission":
        true.add("retransmission")
    claims = said & set(craft.CLAIMS)
    if claims and not claims & true and got.get("confidence") == "proven":
        yield "confidence", "proven " + "+".join(sorted(said)), "not proven"
    if want.get("first") and first.get("label") != want["first"]:
        yield "first label", first.get("label"), want["first"]
    sent_again = claims & set(craft.RETRANSMISSIONS)
    if "cause" in want and sent_again and got.get("cause") not in want["cause"]:
        yield "cause", got.get("cause"), "/".join(want["cause"])
    if "reordered" in said and want["label"] == "reordered":
        for field in ("extent", "late_ns"):
            if field in want and got.get(field) not in want[field]:
                yield field, got.get(field), "/".join(map(str, want[field]))
    if "parts" in want and got.get("parts") and [list(x) for x in got["parts"]] != want["parts"]:
        yield "parts", got["parts"], want["parts"]


def command(*args):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def judge(pktlint, entry, folder):
    """Runs one case; returns its failures as lines."""
    data, expect = craft.make(entry)
    path = os.path.join(folder, entry["name"] + ".pcap")
    with open(path, "wb") as out:
        out.write(data)
    done = command(pktlint, "dump", "--json", "-r", path)
    if done.returncode not in (0, 3):
        said = done.stderr.decode().strip()
        return ["%s: dump ended with %d: %s" % (entry["name"], done.returncode, said)]
    first, final = verdicts(done.stdout.decode())
    lines = []
    for want in expect["frames"]:
        n = want["frame"]
        for field, got, wanted in faults(want, first.get(n, {}), final.get(n)):
            lines.append("%s: frame %d: %s: got %s, wanted %s (%s)"
                         % (entry["name"], n, field, got, wanted, entry["about"]))
    return lines + judge_run(pktlint, entry, expect, path)


def judge_run(pktlint, entry, expect, path):
    """Facts of a case that are not labels of frames; a clean one must also be called fine."""
    facts = {**(NOTHING if expect["clean"] else {}), **expect["facts"]}
    claims = ["%s %s" % (METRICS[fact], value if isinstance(value, str) else "== %d" % value)
              for fact, value in sorted(facts.items())]
    ask = lambda severity, some: command(
        pktlint, "check", "-q", "--fail-on", severity, "-r", path,
        *(x for claim in some for x in ("--expect", claim))).returncode
    severity = "warning" if expect["clean"] else "never"
    if not facts or ask(severity, claims) == 0:
        return []
    wrong = [c for c in claims if ask("never", [c]) != 0] or ["no finding"]
    return ["%s: run: wanted %s (%s)" % (entry["name"], c, entry["about"]) for c in wrong]


def chosen(wanted):
    found = [e for e in craft.CASES if not wanted or any(e["name"].startswith(w) for w in wanted)]
    if not found:
        sys.exit("run.py: no case is called %s" % " or ".join(wanted))
    return found


def readme():
    group = None
    for e in craft.CASES:
        if not e["first"]:
            continue
        if e["group"] != group:
            group = e["group"]
            print(("\n" if e is not craft.CASES[0] else "") +
                  "### %s\n\n%s\n\n| case | what happens | what others say |\n|---|---|---|"
                  % (group.split(".")[-1], sys.modules[group].__doc__.strip().replace("\n", " ")))
        also = [t for t in e["tiers"] if t]
        print("| `%s`%s | %s | %s |" % (e["base"], " (also %s)" % ", ".join(also) if also else "",
                                        e["about"], e["peers"]))


def main(args):
    if args[:1] in (["--list"], ["--readme"]):
        if args[0] == "--readme":
            return readme()
        for e in craft.CASES:
            print("%-40s %s" % (e["name"], e["about"]))
        return 0
    if args[:1] == ["--write"] and len(args) > 1:
        os.makedirs(args[1], exist_ok=True)
        for e in chosen(args[2:]):
            data, expect = craft.make(e)
            with open(os.path.join(args[1], e["name"] + ".pcap"), "wb") as out:
                out.write(data)
            with open(os.path.join(args[1], e["name"] + ".expect.json"), "w") as out:
                out.write(craft.dumps(expect))
        return 0
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    if command(args[0], "dump", "--help").returncode != 0:
        print("skipped: %s has no dump" % args[0])
        return 77
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        for e in chosen(args[1:]):
            lines = judge(args[0], e, folder)
            failed, passed = failed + bool(lines), passed + (not lines)
            if lines:
                print("\n".join(lines))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
