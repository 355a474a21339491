#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""schema.py PKTLINT SCHEMA CAPTURES GOLDEN: documents against their schema, and back.

The metrics of the schema are those of the program's tables, and every report that the program
makes of the captures fits a copy of the schema in which no member is allowed that it does not
name. With UPDATE=1 in the environment the metrics of the schema are written anew from the tables.
"""
import copy
import glob
import json
import os
import subprocess
import sys

import jsonschema

KINDS = {
    "count": {"type": "integer", "minimum": 0},
    "max": {"type": ["integer", "null"], "minimum": 0},
    "min": {"type": ["integer", "null"], "minimum": 0},
    "ratio": {"type": ["number", "null"], "minimum": 0},
    "mean": {"type": ["number", "null"], "minimum": 0},
    "rate": {"type": ["number", "null"], "minimum": 0},
}


def metric_schema(row, nullable):
    if row["kind"] == "histogram":
        histogram = {"$ref": "#/$defs/histogram"}
        shape = {"anyOf": [{"type": "null"}, histogram]} if nullable else histogram
    else:
        shape = KINDS[row["kind"]]
    return {**shape, "description": row["help"] + "."}


def object_schema(description, properties):
    return {"type": "object", "description": description, "required": list(properties),
            "properties": properties}


def metrics_of(pktlint, name):
    rows = json.loads(subprocess.check_output([pktlint, "list", name, "--json"]))["rows"]
    sections = {}
    for row in rows:
        prefix, key = row["path"].split(".")
        sections.setdefault(prefix, {})[key] = metric_schema(row, name == "flow-metrics")
    return sections


def metric_definitions(pktlint):
    run = {prefix: object_schema(f"Numbers of the analyzer '{prefix}'.", rows)
           for prefix, rows in metrics_of(pktlint, "metrics").items()}
    flows = [object_schema(f"By the analyzer '{prefix}'.", rows)
             for prefix, rows in metrics_of(pktlint, "flow-metrics").items()]
    streams = [object_schema("What was measured of it.", rows)
               for rows in metrics_of(pktlint, "stream-metrics").values()]
    metrics = object_schema(
        "Numbers of the run by analyzer; a path of --expect is ANALYZER.NAME.", run)
    # An analyzer that did not run has no section.
    metrics["required"] = []
    return {"metrics": metrics, "flow_metrics": {"anyOf": flows},
            "stream_metrics": {"anyOf": streams}}


def objects(schema):
    """Every part of a schema that describes an object by its members."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def closed(schema):
    schema = copy.deepcopy(schema)
    for part in objects(schema):
        part["additionalProperties"] = False
    return schema


def validate(schema, text, name):
    document = json.loads(text, parse_constant=lambda word: sys.exit(f"{name}: {word}"))
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(document), key=str)
    for error in errors[:5]:
        place = "/".join(str(step) for step in error.absolute_path)
        print(f"FAIL: {name}: /{place}: {error.message[:200]}")
    return not errors


def spoiled(document):
    """Documents that must not pass: each a change of a good one."""
    for change in (
        lambda d: d.update(schema="pktlint.report/2"),
        lambda d: d.update(surplus=1),
        lambda d: d.pop("frames"),
        lambda d: d.update(status=4),
        lambda d: d.update(frames=1.5),
        lambda d: d.update(first_time="yesterday"),
        lambda d: d["metrics"]["tcp"].update(surplus=1),
        lambda d: d["metrics"]["tcp"].update(flows=None),
    ):
        bad = copy.deepcopy(document)
        change(bad)
        yield bad


def spoiled_streams(document):
    """The same of a document with numbered streams, the first of which had late packets."""
    for change in (
        lambda d: d["streams"][0].update(surplus=1),
        lambda d: d["streams"][0].update(specification=None, flow="0"),
        lambda d: d["streams"][0]["enough"][0]["sizes"].pop(),
        lambda d: d["streams"][0]["enough"][0]["sizes"][0].pop("share"),
        lambda d: d["streams"][0]["contrast"][0].update(late=None),
        lambda d: d["streams"][0].update(metrics=None),
        lambda d: d["streams"][0].update(origin="network"),
        lambda d: d["streams"][0].pop("reason"),
        lambda d: d["streams"][0]["evidence"].update(pairs=None),
        lambda d: d["streams"][0]["late"][0].update(waited_ns=-1),
        lambda d: d["streams"][0]["late"][0].update(overtaker_frame=None),
        lambda d: d["arrivals"][0].pop("late_packets"),
        lambda d: d.pop("arrivals"),
        lambda d: d.pop("streams_others"),
    ):
        bad = copy.deepcopy(document)
        change(bad)
        yield bad


def spoiled_metrics(document):
    """The same of a document with real numbers of a stream."""
    bad = copy.deepcopy(document)
    bad["streams"][0]["metrics"].update(packets="1728")
    yield bad


def reports(pktlint, captures):
    runs = [[], ["--flows", "1"], ["--flows", "0"], ["--expect", "tcp.reordered_ratio < 0.1%",
            "--expect", "tcp.late_time_ns.p95 < 1ms", "--fail-on", "never"], ["udp"]]
    for path in captures:
        for arguments in runs:
            command = [pktlint, "check", "--json", "-r", path, *arguments]
            result = subprocess.run(command, capture_output=True, check=False)
            if result.stdout:
                yield " ".join(command), result.stdout.decode()


def main(pktlint, path, captures, golden):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    failed = 0
    definitions = metric_definitions(pktlint)
    if any(schema["$defs"][name] != definitions[name] for name in definitions):
        if os.environ.get("UPDATE") == "1":
            schema["$defs"].update(definitions)
            with open(path, "w", encoding="utf-8") as file:
                json.dump(schema, file, indent=1)
                file.write("\n")
        else:
            print("FAIL: the metrics of the schema are not those of the tables: "
                  "run this with UPDATE=1")
            failed += 1
    for part in objects(schema):
        if part is not schema["$defs"]["metrics"] and set(part["required"]) != set(part["properties"]):
            print(f"FAIL: not all members are required: {part['description']}")
            failed += 1
    strict = closed(schema)
    made = 0
    paths = sorted(glob.glob(captures + "/*"))
    # The last one has numbered streams with late packets.
    paths.append(golden + "/../truth/numbered/udp-mix.receiver.pcap")
    for name, text in reports(pktlint, paths):
        made += 1
        failed += not validate(strict, text, name)
        last = json.loads(text)
        if last["streams"]:
            numbered = last
    for bad in [*spoiled(last), *spoiled_metrics(numbered)]:
        if jsonschema.Draft202012Validator(strict).is_valid(bad):
            print("FAIL: a spoiled document passes")
            failed += 1
    # Those of the unit tests have a table of metrics of their own.
    any_metrics = copy.deepcopy(strict)
    for name in definitions:
        any_metrics["$defs"][name] = {"type": "object"}
    for name in ("live", "clean", "empty", "audit", "report"):
        with open(f"{golden}/{name}.json", encoding="utf-8") as file:
            text = file.read()
        failed += not validate(any_metrics, text, name)
    for bad in spoiled_streams(json.loads(text)):
        if jsonschema.Draft202012Validator(any_metrics).is_valid(bad):
            print("FAIL: a spoiled document with streams passes")
            failed += 1
    print(f"{made} reports, {failed} failures")
    return 1 if failed or made == 0 else 0


sys.exit(main(*sys.argv[1:]))
