#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reports hold together: PKTLINT CAPTURE... Every frame that a finding shows carries, after all
amendments, a label that the finding is about; no finding shows more frames than it has; no ratio
exceeds 1; no round trip is longer than its flow, but for what the clock went back."""

import json
import subprocess
import sys


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")
    return done.stdout


def labels_of(pktlint, capture):
    labels = {}
    for line in run(pktlint, "dump", "--json", "-r", capture).splitlines():
        entry = json.loads(line)
        labels[entry.get("amends") or entry["frame"]] = set(
            entry.get("labels") or [entry["label"]])
    return labels


def complaints_of_finding(finding, labels):
    frames, total = finding["frames"], finding["frame_total"]
    if total and len(frames) > total:
        yield f"{finding['id']} shows {len(frames)} frames of {total}"
    if not finding["dump"] or "--only" not in finding["dump"]:
        return
    wanted = set(finding["dump"].split("--only ")[1].split(","))
    for frame in frames:
        if not labels[frame] & wanted:
            yield f"{finding['id']} shows frame {frame}, which is {labels[frame]}"


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
    labels = labels_of(pktlint, capture)
    for finding in report["findings"]:
        yield from complaints_of_finding(finding, labels)
    slack_ns = 1024 + (report["metrics"]["capture"]["time_backwards_max_ns"] or 0)
    yield from complaints_of_metrics("run", report["metrics"].get("tcp"), slack_ns)
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
