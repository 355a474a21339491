#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares snapshots with the files that they are of, in the namespace it runs in.

$PKTLINT takes one before and one after: what is read here between them must be what both say or, of
counters, lie between. Nothing that a file or nstat(8) has may be left out.

With --rights ALL LESS: of two snapshots the second may differ in what was denied to it only.
"""
import errno
import glob
import json
import os
import re
import shutil
import subprocess
import sys

REASONS = {
    errno.ENOENT: "absent", errno.ENOTDIR: "absent", errno.ENODEV: "absent", errno.ENXIO: "absent",
    errno.EACCES: "denied", errno.EPERM: "denied",
    errno.EINVAL: "unsupported", errno.EOPNOTSUPP: "unsupported",
}
HIDDEN = "not visible from this namespace"
PAIRS = ["/proc/net/netstat", "/proc/net/snmp"]
LISTS = ["/proc/net/sctp/snmp", "/proc/net/snmp6", "/proc/net/xfrm_stat"]
# What goes up and down as it likes: that it is there is all that can be said.
GAUGES = re.compile(r"/proc/net/softnet_stat .* backlog|.*CurrEstab|.*nf_conntrack_count")
SOFTNET = {"processed": 0, "dropped": 1, "time_squeeze": 2, "received_rps": 9, "flow_limit": 10,
           "backlog": 11}


def read(path):
    """The text of a file, or why there is none as a snapshot has it."""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        return {"unknown": REASONS.get(error.errno, "failed")}
    return text[:-1].decode() if text.endswith(b"\n") else text.decode()


def last_part(path):
    """Of a link, the name of what it points to."""
    try:
        return os.path.basename(os.readlink(path))
    except OSError:
        return {"unknown": "absent"}


def pairs(path, text):
    lines = text.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2]):
        group = names.split(":")[0]
        for name, number in zip(names.split()[1:], numbers.split()[1:]):
            yield f"{path} {group}.{name}", number


def lists(path, text):
    for line in text.splitlines():
        name, number = line.split()
        yield f"{path} {name}", number


def softnet(path, text):
    for line in text.splitlines():
        columns = [int(column, 16) for column in line.split()]
        if len(columns) < 13:
            return
        for name, column in SOFTNET.items():
            yield f"{path} cpu{columns[12]} {name}", str(columns[column])


def interrupts(path, text):
    lines = text.splitlines()
    cpus = len(lines[0].split()) if lines else 0
    for line in lines[1:]:
        match = re.match(r" *(\d+):((?: +\d+)+)", line)
        if match:
            total = sum(int(number) for number in match.group(2).split()[:cpus])
            yield f"{path} {match.group(1)} total", str(total)


def nstat():
    """What nstat(8) prints, by the paths of a snapshot; its names have no dot."""
    if not shutil.which("nstat"):
        return
    lines = subprocess.run(["nstat", "-a", "-s", "-z"], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    for line in lines:
        if not line.startswith("#"):
            name, number = line.split()[:2]
            yield name, number


def files_there():
    """The files of interfaces that a snapshot must have where /sys is of this namespace."""
    for pattern in ("statistics/*", "queues/rx-*/rps_cpus", "queues/rx-*/rps_flow_cnt",
                    "queues/tx-*/xps_cpus", "queues/tx-*/xps_rxqs", "mtu", "operstate", "carrier",
                    "threaded", "gro_flush_timeout", "napi_defer_hard_irqs", "carrier_changes",
                    "device"):
        yield from glob.glob(f"/sys/class/net/*/{pattern}")


def lies_between(before, between, after):
    if before == after:
        return between == before
    try:
        columns = [[float(number) for number in text.split()] for text in (before, between, after)]
    except (AttributeError, ValueError):
        return between in (before, after)
    return all(low <= number <= high for low, number, high in zip(*columns))


def snapshot():
    command = [os.environ["PKTLINT"], "audit", "--interval", "0", "--save", "-"]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)["values"]


def expected(values):
    """Every path that is to be compared, with what is there now."""
    counters = {}
    for paths, parse in ((PAIRS, pairs), (LISTS, lists), (["/proc/net/softnet_stat"], softnet),
                         (["/proc/interrupts"], interrupts)):
        for path in paths:
            text = read(path)
            counters.update(dict(parse(path, text)) if isinstance(text, str) else {path: text})
    for path, number in counters.items():
        if path in values or not path.startswith("/proc/interrupts"):
            yield path, number
    names = {re.sub(r"^/proc/net/(net|sctp/)?(stat|snmp6?) ", "", path).replace(".", ""): path
             for path in counters}
    for name, number in nstat():
        if name in names:
            yield names[name], number
    for path in values:
        if not path.startswith("/") or " " in path or values[path] == {"unknown": HIDDEN}:
            continue
        if re.fullmatch(r"/sys/class/net/[^/]+/device", path):
            yield path, last_part(path)
        elif "/infiniband/" not in path and path not in counters:
            yield path, read(path)


def compare_rights(all_rights, less):
    wrong = denied = 0
    for path in sorted(set(all_rights) | set(less)):
        if less.get(path) == {"unknown": "denied"}:
            denied += 1
        elif path != "pktlint privileged" and all_rights.get(path) != less.get(path):
            # Time goes on and the machine's CPUs work, whoever reads.
            if not path.startswith(("/proc/uptime", "/proc/net/softnet_stat", "/proc/interrupts")):
                print(f"{path}: {all_rights.get(path)}, with less rights {less.get(path)}")
                wrong += 1
    print(f"{len(less)} values compared, {denied} denied, {wrong} wrong")
    return 1 if wrong else 0


def main():
    if sys.argv[1:2] == ["--rights"]:
        return compare_rights(*(json.load(open(name))["values"] for name in sys.argv[2:4]))
    before = snapshot()
    found = list(expected(before))
    after = snapshot()
    wrong = compared = 0
    for path, now in found:
        compared += 1
        if path not in before or path not in after:
            print(f"{path}: not in the snapshot")
            wrong += 1
        elif not GAUGES.fullmatch(path) and not lies_between(before[path], now, after[path]):
            print(f"{path}: is {now}, the snapshots say {before[path]} and {after[path]}")
            wrong += 1
    shown = before.get("/sys/class/net/lo/mtu") != {"unknown": HIDDEN}
    for path in files_there() if shown else ():
        if path not in before:
            print(f"{path}: is left out")
            wrong += 1
    print(f"{compared} values compared, {wrong} wrong")
    return 1 if wrong or compared < 100 else 0


sys.exit(main())
