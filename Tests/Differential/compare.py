#!/usr/bin/env python3
"""Runs the workflow of work.py on both engines, and says where what became of a task differs.

  compare.py [--kinds KIND,...] [--root DIR] BINARY VENV
"""

import argparse
import json
import sys
import tempfile
import time

import work
from session import Session


def differences(local, radical):
    """(task, field, here, there) of all that is not the same."""
    for label in local:
        for field in local[label]:
            here, there = local[label][field], radical[label].get(field)
            if here != there:
                yield label, field, here, there


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--root")
    parser.add_argument("--engine")
    parser.add_argument("binary")
    parser.add_argument("venv")
    options = parser.parse_args()
    root = options.root or tempfile.mkdtemp(prefix="differential-")
    tasks = work.tasks([kind for kind in options.kinds.split(",") if kind])
    print(len(tasks), "tasks in", root)
    results = []
    for engine in ("local", "radical"):
        start = time.monotonic()
        results.append(Session(options.binary, engine, root, tasks, options.venv).run())
        print("%s: %.1f s" % (engine, time.monotonic() - start), file=sys.stderr)
        with open("%s/%s.json" % (root, engine), "w") as file:
            json.dump(results[-1], file, indent=1)
    count = 0
    for label, field, here, there in differences(*results):
        count += 1
        print("%-18s %-9s %s\n%28s %s" % (label, field, short(here), "", short(there)))
    print(count, "differences")


def short(value, limit=300):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[:limit] + "…"


if __name__ == "__main__":
    main()
