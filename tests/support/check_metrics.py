#!/usr/bin/python3
"""Check that docs/metrics.md names every event and every member of events.

Usage: check_metrics.py METRICS.md METRICS.jsonl...
Prints what is missing; exit code 1 if something is.
"""
import json
import sys

# what these hold is described in words: how a tool made the counts
DESCRIBED = {"imported", "merged"}


def members(value):
    if isinstance(value, list):
        for item in value:
            yield from members(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key not in DESCRIBED:
                yield from members(inner)


def main():
    page = open(sys.argv[1], encoding="utf-8").read()
    found = set()
    for path in sys.argv[2:]:
        for line in open(path, encoding="utf-8"):
            event = json.loads(line)
            found.add(event["event"])
            found.update(members(event))
    lacking = sorted(name for name in found if f"`{name}`" not in page and f"## {name}:" not in page)
    for name in lacking:
        print(f"metrics.md does not name {name}")
    sys.exit(1 if lacking or len(found) < 60 else 0)


main()
