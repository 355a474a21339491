#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""sweep.py PKTLINT SCHEMA FOLDER...: what pktlint does with every file of a collection.

Any bytes may be there.  Each command must end with a status that is defined, say why if it could
not run, print the same bytes twice, nothing that a terminal obeys but colours where they were
asked for, reports of at most 100 columns and JSON that fits the schema, and keep within limits of
processor time and memory.  Prints what fails, then a table of statuses and of the largest figures;
exit status 1 if any failed.
"""
import collections
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    jsonschema = None

LARGE_BYTES = 1 << 20
SECONDS, LARGE_SECONDS = 2, 5
PATIENCE_SECONDS = 60  # then it hangs
MEMORY_KIB = 256 << 10
COLUMNS = 100
STATUSES = (0, 1, 2, 3)
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
OBEYED = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")

Outcome = collections.namedtuple("Outcome", "status out err seconds kib")


def limit_time():
    """In the child: a program that hangs is ended by the system."""
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_SECONDS, PATIENCE_SECONDS))


def run(arguments):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   preexec_fn=limit_time)
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
        out.seek(0)
        err.seek(0)
        return Outcome(process.returncode, out.read(), err.read(),
                       usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def plain(text):
    return None if not OBEYED.search(text) else "control bytes"


def page(text):
    """For people to read: plain and not too wide."""
    wide = any(len(line) > COLUMNS for line in text.decode(errors="replace").splitlines())
    return plain(text) or ("more than %d columns" % COLUMNS if wide else None)


def coloured(text):
    return page(COLOUR.sub(b"", text))


def lines(text):
    try:
        for line in text.splitlines():
            json.loads(line)
    except ValueError as error:
        return "no JSON: %s" % error
    return plain(text)


class Sweep:
    def __init__(self, pktlint, schema):
        self.pktlint = pktlint
        self.validator = None
        if jsonschema:
            self.validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
        self.failures = 0
        self.commands = {
            "check": (page, "check"),
            "check --color": (coloured, "check", "--color=always"),
            "check --json": (self.document, "check", "--json"),
            "dump": (plain, "dump", "-e", "-X"),
            "dump --json": (lines, "dump", "--json"),
        }
        self.statuses = collections.defaultdict(collections.Counter)
        self.worst = collections.defaultdict(lambda: (0, ""))

    def document(self, text):
        try:
            document = json.loads(text)
        except ValueError as error:
            return "no JSON: %s" % error
        if self.validator:
            for error in self.validator.iter_errors(document):
                return "against the schema: %s" % error.message[:200]
        return plain(text)

    def complaints(self, path, holds, first, second):
        seconds = LARGE_SECONDS if path.stat().st_size > LARGE_BYTES else SECONDS
        if first.status not in STATUSES:
            yield "status %d: %s" % (first.status, first.err.decode(errors="replace")[-2000:])
        if first.status == 2 and not first.err:
            yield "status 2 without a message"
        if first != second._replace(seconds=first.seconds, kib=first.kib):
            yield "not the same the second time"
        if plain(first.err):
            yield "control bytes in a message"
        if first.out and holds(first.out):
            yield holds(first.out)
        if min(first.seconds, second.seconds) > seconds:
            yield "%.1f s" % first.seconds
        if first.kib > MEMORY_KIB:
            yield "%d MiB" % (first.kib >> 10)

    def file(self, path):
        for name, (holds, *command) in self.commands.items():
            first, second = (run([self.pktlint, *command, "-r", str(path)]) for _ in range(2))
            self.statuses[name][first.status] += 1
            kind = "large" if path.stat().st_size > LARGE_BYTES else "small"
            for figure, value in (("seconds", first.seconds), ("KiB", first.kib)):
                key = kind, figure
                self.worst[key] = max(self.worst[key], (value, "%s of %s" % (name, path.name)))
            for complaint in self.complaints(path, holds, first, second):
                print("FAIL: %s of '%s': %s" % (name, path, complaint))
                self.failures += 1

    def table(self):
        for name, counts in self.statuses.items():
            print("%-14s" % name, "  ".join("status %d: %3d" % (status, counts[status])
                                            for status in sorted({*STATUSES, *counts})))
        for (kind, figure), (value, where) in sorted(self.worst.items()):
            print("%s files: at most %.2f %s (%s)" % (kind, value, figure, where))
        if not self.validator:
            print("not held against the schema: python3 has no jsonschema")


def main(pktlint, schema, *folders):
    sweep = Sweep(pktlint, pathlib.Path(schema))
    files = [path for folder in folders for path in sorted(pathlib.Path(folder).iterdir())
             if path.is_file() and path.suffix not in (".md", ".tsv")]
    for path in files:
        sweep.file(path)
    sweep.table()
    print("%d files, %d failures" % (len(files), sweep.failures))
    return not files or sweep.failures > 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
