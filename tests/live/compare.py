#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Do front ends agree on the same traffic? Reads what "pktlint dump --json" wrote for each.

usage: compare.py BEST OTHER...

The same frames with the same labels, extents and counts, flow by flow; of the verdicts, those of
BEST are the surest. Frames that carry nothing may stand elsewhere among the others: sockets get
what comes in and what goes out on two CPUs in an order of their own. Exit status 1 tells a
difference.
"""
import collections
import json
import sys

SURE = {None: 0, "possible": 1, "likely": 2, "proven": 3}
COMPARED = ("label", "cause", "extent", "late_bytes", "labels", "parts")


def read(path):
    """The frames of a stream, amended."""
    frames = {}
    with open(path, encoding="utf-8") as stream:
        for line in stream:
            row = json.loads(line)
            if "amends" in row:
                frames[row["amends"]].update(row)
            elif "frame" in row:
                frames[row["frame"]] = row
    return list(frames.values())


def by_flow(frames):
    flows = collections.defaultdict(list)
    for frame in frames:
        if frame["label"] != "ack":
            flows[frame["flow"]].append(frame)
    return flows


def count(frames):
    return collections.Counter(frame["label"] for frame in frames)


def complain(name, what, best, other):
    print(f"{name}: {what}: {best} by the best front end, {other} here")
    return 1


def compare(name, best, other):
    if count(best) != count(other):
        return complain(name, "labels", dict(count(best)), dict(count(other)))
    ours, theirs = by_flow(best), by_flow(other)
    wrong = 0
    for flow, frames in ours.items():
        for first, second in zip(frames, theirs[flow]):
            for key in COMPARED:
                if first.get(key) != second.get(key):
                    wrong += complain(f"{name}, frame {second['frame']}", key, first, second)
            if SURE[second["confidence"]] > SURE[first["confidence"]]:
                wrong += complain(f"{name}, frame {second['frame']}", "surer", first, second)
    return wrong


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    best = read(arguments[0])
    wrong = sum(compare(path, best, read(path)) for path in arguments[1:])
    print(f"{len(best)} frames, {dict(count(best))}")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
