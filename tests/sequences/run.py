#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py PKTLINT [NAME...]       make the captures, let pktlint judge them, compare
run.py --write DIR [NAME...]   only write NAME.pcap and NAME.expect.json
run.py --list                  names and what they are about
run.py --readme                the tables of README.md

NAME is a case or the beginning of some.  A line for each thing that is wrong: case, frame or
stream, what pktlint said, what was wanted.  Exit status 1 if there is any.
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402

# What the report calls the histograms of RFC 4737 4.5 and 4.6.
NAMES = {"gap": "gap_packets", "run": "free_run_packets"}
# Packets that may stay without a verdict: before a counter has proved itself.
UNPROVEN = 64
# How an SCTP stream is named.
SCTP_PORTS = re.compile(r" ports [0-9]+ > [0-9]+$")


def run(pktlint, command, case, path):
    done = subprocess.run([pktlint, command, "--json", *case.options, "-r", path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode not in (0, 1, 3):
        said = done.stderr.decode().strip()
        raise RuntimeError("%s ended with %d: %s" % (command, done.returncode, said))
    return done.stdout.decode()


def final_verdicts(text):
    """Frame -> its verdict, with all amendments."""
    final = {}
    for line in text.splitlines():
        told = json.loads(line)
        frame = told.get("amends") or told["frame"]
        final[frame] = {**final.get(frame, {}), **told}
    return final


def wrong_frames(case, verdicts):
    """(frame, what, got, wanted)"""
    for frame, want in sorted(case.frames.items()):
        got = verdicts.get(frame, {})
        label = got.get("label")
        accept = set(want["accept"])
        if want["label"] == "in_order" and frame <= UNPROVEN:
            accept.add("other")
        if label not in accept:
            yield frame, "label", label, "/".join(sorted(accept))
        # What was discovered may be narrower than what was sent.
        narrow = case.hidden or case.row.discovered
        numbers = range(want["sequence"], want["sequence"] + case.row.span)
        if not narrow and got.get("sequence") is not None and got["sequence"] not in numbers:
            yield frame, "sequence", got["sequence"], want["sequence"]
        if label == "reordered" == want["label"]:
            fields = ("extent", "late_ns") if case.row.span == 1 else ("late_ns",)
            for field in fields:
                if got.get(field) != want[field]:
                    yield frame, field, got.get(field), want[field]
            if case.row.span == 1:
                yield from wrong_bytes(case, frame, got.get("late_bytes") or 0, want)


def wrong_bytes(case, frame, got, want):
    """What of a packet is payload (padding, an authentication tag), one may see in two ways; but
    all packets of a case are of one size, and a packet is not bytes twice."""
    least, most = (1, 1) if case.exact else (0.75, 1.5)
    if not least * want["late_bytes"] <= got <= most * want["late_bytes"]:
        yield frame, "late_bytes", got, want["late_bytes"]


def expand(histogram):
    """The values of a histogram, as far as its buckets tell them."""
    return sorted(v for v, times in histogram["buckets"] for _ in range(times))


def floor(value):
    """The least value in a histogram's bucket with this one: eight for each power of two."""
    shift = max(value.bit_length() - 4, 0)
    return value >> shift << shift


def wrong_metrics(case, want, metrics):
    """(metric, got, wanted) of one stream."""
    for name, value in want.items():
        got = metrics.get(NAMES.get(name, name))
        if isinstance(value, list):
            value = [floor(one) for one in value]
            got = expand(got) if got else got
            # Packets and chunks of them both make sense.
            value = got if case.row.span > 1 else value
        elif name in ("duplicate_packets", "retransmitted_packets"):
            continue
        elif case.row.span > 1:
            accepted = {value, value * case.row.span}
            value = value if got not in accepted else got
        if got != value:
            yield name, got, value
    repeats = metrics.get("duplicate_packets"), metrics.get("retransmitted_packets")
    count = want["duplicate_packets"]
    accepted = {(count, 0)}
    if case.row.either or case.row.resends:
        accepted = {(0, count * span) for span in {1, case.row.span}}
        accepted |= {(count, 0)} if case.row.either else set()
    if repeats not in accepted:
        yield "duplicate and retransmitted packets", repeats, sorted(accepted)


def wrong_stream(case, want, stream):
    if stream["profile"] not in case.profiles:
        yield "profile", stream["profile"], "/".join(sorted(case.profiles))
    found = stream["profile"] == "counter" if case.hidden else case.row.discovered
    if bool(stream["discovered"]) != found:
        yield "discovered", stream["discovered"], found
    if stream["profile"].startswith("sctp") and not SCTP_PORTS.search(stream["subject"]):
        yield "ports", stream["subject"], "two"
    if found and not stream["specification"]:
        yield "specification", stream["specification"], "one"
    if case.row.flows and stream.get("flows") != case.row.flows:
        yield "flows", stream.get("flows"), case.row.flows
    yield from wrong_metrics(case, want, stream["metrics"])


def wrong_report(case, report):
    """(stream, what, got, wanted). Which of the streams is which, the numbers tell: equal ones are
    expected of both."""
    streams = sorted(report.get("streams") or [], key=lambda stream: stream["number"])
    if case.others:
        streams = [s for s in streams if s["profile"] in case.profiles]
    if len(streams) != len(case.reports):
        yield "-", "streams", [s["profile"] for s in streams], len(case.reports)
        return
    for want, stream in zip(case.reports, streams):
        for what, got, wanted in wrong_stream(case, want, stream):
            yield stream["number"], what, got, wanted


def judge(pktlint, case, folder):
    """Runs one case; returns what is wrong as lines."""
    path = os.path.join(folder, case.name + ".pcap")
    with open(path, "wb") as out:
        out.write(case.make())
    try:
        verdicts = final_verdicts(run(pktlint, "dump", case, path))
        report = json.loads(run(pktlint, "check", case, path))
    except RuntimeError as error:
        return ["%s: %s" % (case.name, error)]
    lines = ["%s: frame %s: %s: got %s, wanted %s" % (case.name, *fault)
             for fault in wrong_frames(case, verdicts)]
    lines += ["%s: stream %s: %s: got %s, wanted %s" % (case.name, *fault)
              for fault in wrong_report(case, report)]
    os.remove(path)
    return lines


def readme():
    print("### carriers\n\n| carrier | what it is | bits | variants |\n|---|---|---|---|")
    for row in cases.ROWS:
        names = [case.variant for case in cases.CASES if case.row is row and case.variant]
        names = [name for name in names if not name.startswith("rfc")]
        bits = (row.modulus - 1).bit_length() if row.span == 1 else 32
        print("| `%s` | %s | %d | %s |" % (row.name, row.about, bits, ", ".join(names)))
    print("\n### variants\n\n| variant | what it is |\n|---|---|")
    told = {}
    for case in cases.CASES:
        told.setdefault(case.variant, case.about)
    told.pop("")
    for variant, about in told.items():
        print("| `%s` | %s |" % (variant, about))


def chosen(wanted):
    found = [case for case in cases.CASES
             if not wanted or any(case.name.startswith(name) for name in wanted)]
    if not found:
        sys.exit("run.py: no case is called %s" % " or ".join(wanted))
    return found


def write(folder, wanted):
    os.makedirs(folder, exist_ok=True)
    for case in chosen(wanted):
        with open(os.path.join(folder, case.name + ".pcap"), "wb") as out:
            out.write(case.make())
        expect = {"about": case.about, "options": case.options, "streams": case.reports,
                  "frames": case.frames}
        with open(os.path.join(folder, case.name + ".expect.json"), "w") as out:
            json.dump(expect, out, indent=1, default=sorted)


def main(args):
    if args[:1] == ["--list"]:
        for case in cases.CASES:
            print("%-28s %s" % (case.name, case.about))
        return 0
    if args == ["--readme"]:
        return readme()
    if args[:1] == ["--write"] and len(args) > 1:
        return write(args[1], args[2:])
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(lambda case: judge(args[0], case, folder), chosen(args[1:])):
            failed, passed = failed + bool(lines), passed + (not lines)
            if lines:
                print("\n".join(lines))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
