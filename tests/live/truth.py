#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What did the network do to each data frame? Reads a log of tests/live/relay.

usage: truth.py [--counts] LOG

Prints JSON; for each direction the data frames that were dropped, duplicated, corrupted, and:
  reordered  left after a frame of their flow that had been sent later (RFC 4737). extent (4.2.1)
             counts frames that left since the first such one, copies excluded, SYN and FIN
             included; late_bytes (4.4) are those of them that belong behind it.
  resends    TCP bytes that had been sent before. needed: some of them had never left intact by
             then; overtook: the first ones left later than this.
The order of sending is that in which frames reached the relay. With --counts, numbers only. The
exit status is 1 if the log is not whole or the relay lost frames of its own accord.
"""
import bisect
import json
import sys

DIRECTIONS = ("a>b", "b>a")
FAULTS = ("lost_receiving", "lost_sending", "unfinished")


class Frame:
    """A line of the log."""

    def __init__(self, words):
        self.time_ns = int(words[0])
        self.direction = words[1]
        self.data = not words[2].endswith("+")
        self.number = int(words[2].rstrip("+"))
        self.sent = (self.number, not self.data)  # sorts in order of sending
        self.actions = words[3].split("+")
        self.position = None if words[4] == "-" else int(words[4])
        self.kind, self.flow = words[5], words[6]
        self.sequence = None if words[7] == "-" else int(words[7])
        self.bytes = int(words[8])
        self.start = None  # of TCP, counted on without wrapping

    def tell(self, **more):
        return {"number": self.number, "position": self.position, "flow": self.flow,
                "sequence": self.sequence, "bytes": self.bytes, **more}


class Ranges:
    """A set of stream offsets."""

    def __init__(self):
        self.edges = []  # start, end, start, end, ...

    def add(self, start, end):
        left = bisect.bisect_left(self.edges, start)
        right = bisect.bisect_right(self.edges, end)
        self.edges[left:right] = ([start] if left % 2 == 0 else []) + \
            ([end] if right % 2 == 0 else [])

    def covered(self, start, end):
        """How much of [start, end) is in the set."""
        total = 0
        index = max(bisect.bisect_right(self.edges, start) - 1, 0) // 2 * 2
        while index < len(self.edges) and self.edges[index] < end:
            total += max(min(end, self.edges[index + 1]) - max(start, self.edges[index]), 0)
            index += 2
        return total


def read(path):
    """The frames of a log in order of leaving, and the relay's summary (None: not whole)."""
    frames, summary = [], None
    with open(path, encoding="ascii") as log:
        for line in log:
            if line.startswith("# {"):
                summary = json.loads(line[2:])
            elif not line.startswith("#"):
                frames.append(Frame(line.split()))
    return frames, summary


def unwrap(frames):
    """Gives the TCP frames of one flow, in any order, stream offsets that do not wrap."""
    last = None
    for frame in frames:
        if frame.kind not in ("tcp", "syn", "fin"):
            continue
        if last is None:
            last = frame.sequence + (1 << 32)
        frame.start = last + ((frame.sequence - last + (1 << 31)) % (1 << 32) - (1 << 31))
        last = frame.start


def late_bytes(frame, overtakers):
    if frame.start is None:
        return sum(other.bytes for other in overtakers if other.sent > frame.sent)
    behind = Ranges()
    for other in overtakers:
        if other.start is not None and other.bytes and other.start >= frame.start + frame.bytes:
            behind.add(other.start, other.start + other.bytes)
    return behind.covered(0, 1 << 62)


def find_reordered(left):
    """Of the frames of one flow in order of leaving."""
    newest = []  # the latest sent of those that have left so far
    for index, frame in enumerate(left):
        first = bisect.bisect_right(newest, frame.sent)
        if first < index and frame.data:
            yield frame, {"extent": index - first,
                          "late_bytes": late_bytes(frame, left[first:index]),
                          "late_ns": frame.time_ns - left[first].time_ns}
        newest.append(max(newest[-1], frame.sent) if newest else frame.sent)


def find_resends(frames):
    """Of the frames of one TCP flow, dropped ones included, but no copies."""
    frames = [frame for frame in frames if frame.kind == "tcp"]
    known, before = Ranges(), {}
    for frame in sorted(frames, key=lambda frame: frame.sent):
        before[frame.number] = known.covered(frame.start, frame.start + frame.bytes)
        known.add(frame.start, frame.start + frame.bytes)
    arrives = Ranges()  # what leaves intact, of frames sent before the one looked at
    intact = {frame.number: "drop" not in frame.actions and "corrupt" not in frame.actions
              for frame in frames}
    overtaken = Ranges()  # what has left so far
    has_left = {}
    for frame in frames:
        span = frame.start, frame.start + frame.bytes
        has_left[frame.number] = overtaken.covered(*span)
        if intact[frame.number]:
            overtaken.add(*span)
    for frame in sorted(frames, key=lambda frame: frame.sent):
        span = frame.start, frame.start + frame.bytes
        if before[frame.number]:
            old = before[frame.number]
            needed = arrives.covered(*span) < old
            yield frame, {"needed": needed, "dropped": "drop" in frame.actions,
                          "overtook": not needed and has_left[frame.number] < old}
        if intact[frame.number]:
            arrives.add(*span)


def judge_flow(frames, truth):
    """Adds what happened to the frames of one flow and direction, given in order of leaving."""
    originals = [frame for frame in frames if "copy" not in frame.actions]
    unwrap(originals)
    for frame in frames:
        for action, name in (("drop", "dropped"), ("corrupt", "corrupted"),
                             ("copy", "duplicated")):
            if action in frame.actions and frame.data:
                truth[name].append(frame.tell())
    resends = dict((frame.number, (frame, more)) for frame, more in find_resends(originals))
    truth["resends"] += [frame.tell(**more) for frame, more in resends.values()]
    left = [frame for frame in originals if frame.position is not None]
    for frame, more in find_reordered(left):
        truth["reordered"].append(frame.tell(resend=frame.number in resends, **more))


def judge(frames):
    truths = {}
    for direction in DIRECTIONS:
        truth = {name: [] for name in
                 ("dropped", "duplicated", "corrupted", "reordered", "resends")}
        flows = {}
        for frame in frames:
            if frame.direction == direction:
                kind = "tcp" if frame.kind in ("tcp", "syn", "fin", "ack") else frame.kind
                flows.setdefault((kind, frame.flow), []).append(frame)
        for flow in flows.values():
            judge_flow(flow, truth)
        for found in truth.values():
            found.sort(key=lambda entry: entry["number"])
        truths[direction] = truth
    return truths


def count(truth):
    counts = {name: len(found) for name, found in truth.items()}
    counts["needed_resends"] = sum(resend["needed"] for resend in truth["resends"])
    counts["most_extent"] = max((late["extent"] for late in truth["reordered"]), default=0)
    return counts


def main(arguments):
    counts = arguments[:1] == ["--counts"]
    if len(arguments) != 1 + counts:
        sys.exit(__doc__)
    frames, summary = read(arguments[-1])
    truths = judge(frames)
    if counts:
        truths = {direction: count(truth) for direction, truth in truths.items()}
    json.dump(truths, sys.stdout, indent=None if counts else "\t")
    print()
    if not summary:
        sys.exit(f"truth.py: '{arguments[-1]}' has no summary: the relay did not end")
    if any(tally[fault] for tally in summary.values() for fault in FAULTS):
        sys.exit(f"truth.py: the relay of '{arguments[-1]}' lost frames itself")


if __name__ == "__main__":
    main(sys.argv[1:])
