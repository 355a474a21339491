#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reports hold together: PKTLINT CAPTURE... Every frame that a finding shows carries, after all
amendments, a label that the finding is about; no finding shows more frames than it has, nor claims
more proof than its verdicts do; no ratio exceeds 1; no round trip is longer than its flow, but for
what the clock went back."""

import json
import subprocess
import sys


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")
    return done.stdout


# The findings that are as sure as the verdicts with this label are, and where the loss lies.
BY_VERDICT = {
    "PL1001": ("reordered", None),
    "PL2001": ("retransmission", "upstream"),
    "PL2003": ("spurious_retransmission", None),
    "PL2004": ("duplicate", None),
    "PL9002": ("capture_duplicate", None),
}


def verdicts_of(pktlint, capture):
    """The final verdict on each frame, with the place of the loss that was told at first."""
    verdicts = {}
    for line in run(pktlint, "dump", "--json", "-r", capture).splitlines():
        entry = json.loads(line)
        frame = entry.get("amends") or entry["frame"]
        entry["labels"] = set(entry.get("labels") or [entry["label"]])
        entry["loss"] = entry.get("loss") or verdicts.get(frame, {}).get("loss")
        verdicts[frame] = entry
    return verdicts


def complaints_of_proof(finding, verdicts):
    # Of super-frames segments are counted, and the dump tells frames.
    if finding["id"] not in BY_VERDICT or not finding["frame_total"]:
        return
    label, loss = BY_VERDICT[finding["id"]]
    claims = [verdict["confidence"] for verdict in verdicts.values()
              if label in verdict["labels"] and (loss is None or verdict["loss"] == loss)]
    short = sum(confidence != "proven" for confidence in claims)
    told = finding["numbers"].get("unproven_packets", 0)
    # Of numbered streams all is as sure as their numbers are.
    if short != told and "streams" not in finding["numbers"]:
        yield f"{finding['id']} counts {told} as unproven, the dump {short}"
    if finding["confidence"] == "proven" and 2 * short > finding["frame_total"]:
        yield f"{finding['id']} is proven, and {short} of {finding['frame_total']} are not"
    weak = sum(confidence not in ("proven", "likely") for confidence in claims)
    if finding["confidence"] == "likely" and 2 * weak > finding["frame_total"]:
        yield f"{finding['id']} is likely, and {weak} of {finding['frame_total']} are not"


def complaints_of_stream(pktlint, capture, finding):
    """The dump that a finding about a numbered stream names prints what it shows and counts."""
    if not finding["dump"] or "--stream" not in finding["dump"]:
        return
    options = finding["dump"][finding["dump"].index("--stream"):].split()
    lines = [json.loads(line) for line in
             run(pktlint, "dump", "--json", "-r", capture, *options).splitlines()]
    printed = {line["frame"] for line in lines if "frame" in line}
    if not set(finding["frames"]) <= printed:
        yield f"{finding['id']} shows {finding['frames']}, and its dump prints {sorted(printed)}"
    # The receiver's window is no label: its dump prints what else was late, too.
    exact = finding["numbers"].get("streams") == 1 and finding["id"] != "PL1102"
    if exact and len(printed) != finding["frame_total"]:
        yield f"{finding['id']} has {finding['frame_total']} frames, its dump {len(printed)}"


def complaints_of_finding(finding, verdicts):
    frames, total = finding["frames"], finding["frame_total"]
    if total and len(frames) > total:
        yield f"{finding['id']} shows {len(frames)} frames of {total}"
    yield from complaints_of_proof(finding, verdicts)
    if not finding["dump"] or "--only" not in finding["dump"]:
        return
    wanted = set(finding["dump"].split("--only ")[1].split(","))
    for frame in frames:
        if not verdicts[frame]["labels"] & wanted:
            yield f"{finding['id']} shows frame {frame}, which is {verdicts[frame]['labels']}"


def complaints_of_metrics(where, metrics, slack_ns):
    metrics = metrics or {}
    for name, value in metrics.items():
        if name.endswith("_ratio") and value is not None and not 0 <= value <= 1:
            yield f"{where}: {name} is {value}"
    longest, duration = metrics.get("rtt_max_ns"), metrics.get("duration_ns")
    if longest and duration and longest > duration + slack_ns:
        yield f"{where}: a round trip of {longest} ns within {duration} ns"


def complaints(pktlint, capture):
    report = json.loads(run(pktlint, "check", "--json", "-r", capture))
    verdicts = verdicts_of(pktlint, capture)
    for finding in report["findings"]:
        yield from complaints_of_finding(finding, verdicts)
        yield from complaints_of_stream(pktlint, capture, finding)
    slack_ns = 1024 + (report["metrics"]["capture"]["time_backwards_max_ns"] or 0)
    yield from complaints_of_metrics("run", report["metrics"].get("tcp"), slack_ns)
    for stream in report["streams"]:
        yield from complaints_of_metrics(f"stream {stream['number']}", stream["metrics"], slack_ns)
    for flow in report["flows"]:
        for direction in flow["directions"]:
            yield from complaints_of_metrics(
                f"flow {flow['number']}", direction["metrics"], slack_ns)


def main():
    failed = 0
    for capture in sys.argv[2:]:
        for complaint in complaints(sys.argv[1], capture):
            print(f"{capture}: {complaint}")
            failed += 1
    print(f"{len(sys.argv) - 2} captures, {failed} complaints")
    return failed > 0 or len(sys.argv) < 3


sys.exit(main())
