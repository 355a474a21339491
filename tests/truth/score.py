#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""score.py PKTLINT FOLDER [-v]: how right are the verdicts on captures whose truth was recorded?

FOLDER holds sets, a directory each, of NAME.sender.pcap or NAME.receiver.pcap with NAME.*.labels
(README.md tells their form) and the file `thresholds`; sets without a limit are passed over.
Prints one line a measure, and its limit if it has one; -v names every frame that is judged wrong.  Exit status 1 if a limit is not kept.
"""
import collections
import json
import operator
import pathlib
import subprocess
import sys

RESENT = frozenset(("retransmission", "spurious_retransmission"))
ACCUSING = RESENT | {"reordered", "duplicate", "capture_duplicate", "corrupt"}
ONE_KIND = {label: frozenset((label,)) for label in sorted(ACCUSING)}
KINDS = {"resent": RESENT, **ONE_KIND}
LIMITS = {"<=": operator.le, ">=": operator.ge}


def numbers(ranges):
    """The frames of "3 7-9"."""
    for item in ranges.split():
        first, _, last = item.partition("-")
        yield from range(int(first), int(last or first) + 1)


def read_labels(path):
    """Frame number -> what is true of it: set of labels, cause, extent, whether it is ambiguous."""
    truth = {}
    for line in path.read_text().splitlines():
        if line.startswith("total "):
            continue
        words, _, ranges = line.partition(":")
        kinds, *attributes = words.split()
        about = dict(attribute.split("=") for attribute in attributes)
        about["labels"] = {part.partition("*")[0] for part in kinds.split("+")}
        for frame in numbers(ranges):
            truth[frame] = about
    return truth


def read_totals(path):
    """What is true of the numbered streams of the whole capture, {"lost": 15}."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("total ")]
    return {key: int(value) for line in lines
            for key, value in (word.split("=") for word in line.split()[1:])}


def ask(pktlint, command, capture, statuses):
    """What pktlint says of a capture, with the options that stand beside it."""
    options = capture.with_suffix(".options")
    words = options.read_text().split() if options.exists() else []
    done = subprocess.run([pktlint, command, "--json", *words, "-r", capture],
                          stdout=subprocess.PIPE)
    if done.returncode not in statuses:
        sys.exit("score.py: %s of '%s' ended with %d" % (command, capture, done.returncode))
    return done.stdout


def read_verdicts(pktlint, capture):
    """Frame number -> its verdict, with what was amended later."""
    verdicts = collections.defaultdict(dict)
    for line in ask(pktlint, "dump", capture, (0,)).splitlines():
        told = json.loads(line)
        verdicts[told.get("amends") or told.get("frame")].update(told)
    return verdicts


def accusations(verdict):
    return ACCUSING & set(verdict.get("labels") or [verdict.get("label")])


class Tally:
    """Counts of one set; a share is kept as [part, whole]."""

    def __init__(self):
        self.kinds = collections.defaultdict(lambda: {"hit": 0, "missed": 0, "wrong": 0})
        self.shares = collections.defaultdict(lambda: [0, 0])
        self.counts = collections.Counter(accused=0)

    def share(self, name, holds):
        self.shares[name][0] += bool(holds)
        self.shares[name][1] += 1

    def kind(self, side, name, true, said):
        members = KINDS[name]
        # Bytes that came twice are no new ones, whoever sent them again.
        excused = name == "resent" and "duplicate" in true
        if true & members:
            self.kinds[side, name]["hit" if said & members else "missed"] += 1
        elif said & members and not excused:
            self.kinds[side, name]["wrong"] += 1

    def frame(self, side, truth, verdict):
        """Takes one frame into account; returns False if something provable is wrong."""
        true, said = truth["labels"], accusations(verdict)
        self.share("abstained", verdict.get("label") in (None, "other", "unknown"))
        if true == {"in_order"}:
            self.counts["in_order"] += 1
            self.counts["accused"] += bool(said)
        if side == "sender" and "cause" in truth and said & RESENT:
            # The record does not tell which of its means started a recovery.
            said_cause = "fast" if verdict.get("cause") == "rack" else verdict.get("cause")
            self.share("sender.cause", truth["cause"] == said_cause)
        if "ambiguous" in truth:
            self.counts["ambiguous"] += 1
            return not (true == {"in_order"} and said)
        for name in KINDS:
            self.kind(side, name, true, said)
        if said:
            self.claim(side, true, said, verdict)
        if "extent" in truth and "reordered" in said:
            self.share("extent", int(truth["extent"]) == verdict.get("extent"))
        return said == true & ACCUSING

    def claim(self, side, true, said, verdict):
        # What left the sender says nothing of what the network did to the copy before it.
        undetermined = side == "sender" and said == {"retransmission"} and true & RESENT
        self.share("right." + verdict["confidence"], said & true or undetermined)
        if {"ip_id", "tsval"} & set(verdict["evidence"]):
            self.share("headers.proven", verdict["confidence"] == "proven")

    def totals(self, truth, report):
        """Compares the truth of a capture with the sums over its numbered streams."""
        for name, value in truth.items():
            streams = report.get("streams") or []
            told = sum(stream["metrics"][name + "_packets"] for stream in streams)
            self.share("total." + name, told == value)

    def measures(self):
        """(name, value, what it was computed from) in a fixed order."""
        for (side, name), count in sorted(self.kinds.items()):
            hit, missed, wrong = count["hit"], count["missed"], count["wrong"]
            of = "%d hit, %d missed, %d wrong" % (hit, missed, wrong)
            for measure, part, whole in (("precision", hit, hit + wrong),
                                         ("recall", hit, hit + missed),
                                         ("f1", 2 * hit, 2 * hit + missed + wrong)):
                if whole:
                    yield "%s.%s.%s" % (side, name, measure), 100 * part / whole, of
        for name, (part, whole) in sorted(self.shares.items()):
            yield name, 100 * part / whole, "%d of %d" % (part, whole)
        yield "accused", self.counts["accused"], "of %d in order" % self.counts["in_order"]
        yield "captures", self.counts["captures"], "%d ambiguous frames" % self.counts["ambiguous"]


def score_set(pktlint, folder, verbose):
    tally = Tally()
    for capture in sorted(folder.glob("*.pcap")):
        side = capture.suffixes[-2][1:]
        verdicts = read_verdicts(pktlint, capture)
        tally.counts["captures"] += 1
        totals = read_totals(capture.with_suffix(".labels"))
        if totals:
            tally.totals(totals, json.loads(ask(pktlint, "check", capture, (0, 1, 3))))
        for frame, truth in sorted(read_labels(capture.with_suffix(".labels")).items()):
            if not tally.frame(side, truth, verdicts[frame]) and verbose:
                print("%s frame %d: %s, said %s" % (capture.name, frame, truth, verdicts[frame]))
    return tally


def read_thresholds(path):
    """(set, measure) -> (relation, limit)."""
    limits = {}
    for line in path.read_text().splitlines():
        words = line.partition("#")[0].split()
        if words:
            folder, measure, relation, limit = words
            limits[folder, measure] = relation, float(limit)
    return limits


def main(pktlint, folder, *options):
    folder = pathlib.Path(folder)
    limits = read_thresholds(folder / "thresholds")
    failures = 0
    for name in sorted({name for name, _ in limits}):
        for measure, value, of in score_set(pktlint, folder / name, "-v" in options).measures():
            relation, limit = limits.pop((name, measure), (None, None))
            kept = relation is None or LIMITS[relation](value, limit)
            failures += not kept
            must = "" if relation is None else ", must be %s %g" % (relation, limit)
            mark = "" if kept else "FAIL"
            print("%-4s %s %s %.2f (%s)%s" % (mark, name, measure, value, of, must))
    for name, measure in limits:
        failures += 1
        print("FAIL %s %s: no such measure" % (name, measure))
    return failures > 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
