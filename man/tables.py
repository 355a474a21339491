#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tables.py [--write] PKTLINT SOURCE PAGE...: what the manual does not say in words of its own.

Between the lines '.\\" table NAME' and '.\\" end' of a page stands what the tables of the program and
its schema say; between '.\\" run COMMAND' and '.\\" end', a command with its output, as run where the
captures of the tests are. Further lines of a command follow as '.\\" more'. Without --write pages are
compared, and the exit status is 1 if one is out of date; with it they are written anew.
"""
import json
import os
import re
import subprocess
import sys
import textwrap

WIDTH = 78
PART = re.compile(r'^(\.\\" (table|run) (.*)\n(?:\.\\" more .*\n)*)(?:.*\n)*?(\.\\" end\n)',
                  re.MULTILINE)
PARTS = (("means", "What it means"), ("measured", "How it is measured"), ("not", "What it is not"),
         ("check", "Check by hand"), ("fix", "What to do"))


def escape(text, command=False):
    """Text of ours in the letters of mdoc(7): what is to be typed stays ASCII in every output."""
    text = text.replace("\\", "\\e")
    for letter, name in (("'", "\\(aq"), ("`", "\\(ga"), ("^", "\\(ha"), ("~", "\\(ti")):
        text = text.replace(letter, name)
    text = text.replace("-", "\\-") if command else re.sub(r"(?<!\w)-(?=[\w-])", r"\\-", text)
    return "\\&" + text if text.startswith(".") else text


def sentences(text):
    """Lines of roff: a new sentence begins a new line."""
    for sentence in re.split(r"(?<=[.:?]) (?=[A-Z'\[])", text):
        for line in textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False):
            yield escape(line)


def page_text(text):
    """A text of the catalogue: paragraphs, '$ ' before a command."""
    first, shown = True, False
    for paragraph in text.split("\n"):
        if paragraph.startswith("$ "):
            if not shown:
                yield ".Bd -literal -compact"
            yield escape(paragraph, command=True)
            shown = True
            continue
        if shown:
            yield ".Ed"
        if not first:
            yield ".Pp"
        yield from sentences(paragraph)
        first, shown = False, False
    if shown:
        yield ".Ed"


def findings(tables):
    for page in tables.findings():
        yield f".Ss {page['id']} {escape(page['slug'], command=True)}"
        yield from sentences(page["title"] + ".")
        yield f"Severity: {page['severity']}."
        yield ".Bl -tag -width Ds"
        for key, heading in PARTS:
            yield f".It Em {heading}"
            yield from page_text(page[key])
        yield ".El"


def metric_rows(rows):
    yield ".Bl -tag -width Ds"
    for row in rows:
        unit = "" if row["unit"] in (None, row["kind"]) else ", " + row["unit"]
        yield f".It Va {row['path']} Pq {row['kind']}{unit}"
        yield from sentences(row["help"] + ".")
    yield ".El"


def run_metrics(tables):
    return metric_rows(tables.rows("metrics"))


def flow_metrics(tables):
    known = {row["path"] for row in tables.rows("metrics")}
    return metric_rows(row for row in tables.rows("flow-metrics") if row["path"] not in known)


def stream_metrics(tables):
    """Rows that only streams have, and the names of those that only the run has."""
    run = {row["path"]: row for row in tables.rows("metrics")}
    stream = {row["path"]: row for row in tables.rows("stream-metrics")}
    more = [row for path, row in stream.items() if path not in run]
    if more:
        yield from metric_rows(more)
    analyzers = {path.split(".")[0] for path in stream}
    only = [path for path in run if path.split(".")[0] in analyzers and path not in stream]
    yield "Of the run only:"
    for path in only:
        yield f".Va {path}" + (" ." if path == only[-1] else " ,")


BLIND = "cannot be measured"


def profiles(tables):
    yield ".Bl -tag -width Ds -compact"
    for row in tables.rows("profiles", "--config=none"):
        if BLIND not in row["summary"]:
            yield f".It Em {escape(row['name'])}"
            yield from sentences(f"{row['summary']}; found by {row['found_by']}.")
    yield ".El"


def blind_profiles(tables):
    yield ".Bl -tag -width Ds -compact"
    for row in tables.rows("profiles", "--config=none"):
        if BLIND in row["summary"]:
            yield f".It Em {escape(row['name'])}"
            yield from sentences(f"{row['summary']}; found by {row['found_by']}.")
    yield ".El"


def type_of(schema, part):
    """A word for what a member is."""
    if "$ref" in part:
        return "object"
    if "const" in part:
        return f"\\(dq{part['const']}\\(dq"
    if "anyOf" in part:
        return " or ".join(type_of(schema, one) for one in part["anyOf"])
    if "enum" in part and all(isinstance(one, (str, type(None))) for one in part["enum"]):
        return " | ".join("null" if one is None else f"\\(dq{one}\\(dq" for one in part["enum"])
    kind = part["type"]
    return " or ".join(kind) if isinstance(kind, list) else kind


def members(schema, part):
    yield ".Bl -tag -width Ds -compact"
    for name, member in part["properties"].items():
        text = member.get("description", schema["$defs"].get(
            member.get("$ref", "").rsplit("/", 1)[-1], {}).get("description", ""))
        yield f".It Va {name} Pq {type_of(schema, member)}"
        yield from sentences(text)
    yield ".El"


def document(tables):
    return members(tables.schema, tables.schema)


def definition(name):
    def lines(tables):
        part = tables.schema["$defs"][name]
        yield from sentences(part["description"])
        yield from members(tables.schema, part)
    return lines


WRITERS = {
    "findings": findings,
    "metrics": run_metrics,
    "flow-metrics": flow_metrics,
    "stream-metrics": stream_metrics,
    "profiles": profiles,
    "blind-profiles": blind_profiles,
    "document": document,
    **{name: definition(name) for name in
       ("source", "tally", "finding", "finding_value", "fix", "fix_step", "expectation", "flow",
        "direction", "stream", "enough", "contrast", "origin_parts", "evidence", "late", "arrival",
        "histogram", "host", "host_interface",
        "host_queue", "host_setting", "host_counter")},
}


class Tables:
    def __init__(self, program, source):
        self.program = os.path.abspath(program)
        self.source = source
        with open(f"{source}/schema/pktlint.report-1.schema.json", encoding="utf-8") as file:
            self.schema = json.load(file)

    def ask(self, *words):
        return json.loads(subprocess.check_output([self.program, *words, "--json"]))

    def findings(self):
        return self.ask("explain", "--all")["findings"]

    def rows(self, name, *options):
        return self.ask("list", name, *options)["rows"]

    def output(self, command):
        path = f"{os.path.dirname(self.program)}:{os.environ['PATH']}"
        return subprocess.run(["sh", "-c", command], cwd=f"{self.source}/tests/golden", text=True,
                              env={**os.environ, "PATH": path}, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def session(tables, lines):
    """A command as it is typed, and what it prints."""
    shown = ["$ " + lines[0], *lines[1:], *tables.output("\n".join(lines)).splitlines()]
    return (escape(line, command=True) for line in shown)


def renew(text, tables):
    """The page with all its parts as they should be."""
    def part(match):
        head, kind, name, tail = match.groups()
        more = re.findall(r'^\.\\" more (.*)$', head, re.MULTILINE)
        lines = WRITERS[name](tables) if kind == "table" else session(tables, [name, *more])
        return head + "".join(line + "\n" for line in lines) + tail
    return PART.sub(part, text)


def main(arguments):
    write = arguments[0] == "--write"
    program, source, *pages = arguments[write:]
    tables = Tables(program, source)
    status = 0
    for page in pages:
        with open(page, encoding="utf-8") as file:
            old = file.read()
        new = renew(old, tables)
        if new == old:
            continue
        if write:
            with open(page, "w", encoding="utf-8") as file:
                file.write(new)
            continue
        print(f"{page}: what comes from tables and commands is out of date: run 'make manual'")
        status = 1
    return status


sys.exit(main(sys.argv[1:]))
