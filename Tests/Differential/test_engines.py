"""One workflow, one outcome: the same tasks on both engines, and what became of each compared field by field.

  python3 -m unittest discover -s Tests/Differential          what `make test` does, with the debug build
  python3 Tests/Differential/test_engines.py [--kinds a,b] [--root DIR] [BINARY [VENV]]      some kinds; every difference
"""

import argparse
import io
import json
import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

import work
from differences import is_known
from session import Session

PACKAGE = Path(__file__).resolve().parents[2]
BINARY = str(PACKAGE / ".build" / "debug" / "scalems-top")
VENV = os.environ.get("SCALEMS_TEST_VENV") or os.path.expanduser("~/.cache/scalems-top/radical")


def run(binary, venv, root, tasks):
    """The outcomes on the local engine and on RADICAL-Pilot."""
    results = []
    for engine in ("local", "radical"):
        start = time.monotonic()
        results.append(Session(binary, engine, root, tasks, venv).run())
        print("%d tasks on %s: %.1f s" % (len(tasks), engine, time.monotonic() - start), file=sys.stderr)
        with open("%s/%s.json" % (root, engine), "w") as file:
            json.dump(results[-1], file, indent=1)
    return results


def compare(local, radical):
    """(task, field, here, there) of all that differs and is in no table."""
    for label in local:
        for field, here in local[label].items():
            there = radical[label].get(field)
            if here != there and not is_known(label, field, here, there):
                yield label, field, here, there


def words(label, field, here, there):
    return "%s, %s:\n    local   %s\n    radical %s" % (label, field, short(here), short(there))


def short(value, limit=400):
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= limit else text[:limit] + "…"
    return text.encode("utf-8", "backslashreplace").decode()


class DifferentialTests(unittest.TestCase):
    def test_both_engines_have_one_outcome(self):
        root = tempfile.mkdtemp(prefix="scalems-differential.")
        local, radical = run(BINARY, VENV, root, work.tasks())
        found = [words(*difference) for difference in compare(local, radical)]
        self.assertEqual(found, [], "\n" + "\n".join(found) + "\n(all of it: %s)" % root)
        # It is of tasks that came to an end.
        self.assertEqual([label for label, outcome in local.items() if outcome.get("state", "DONE") in (None, "NEW")], [])
        shutil.rmtree(root)


def main():
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="backslashreplace", line_buffering=True)
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", default="")
    parser.add_argument("--root")
    parser.add_argument("binary", nargs="?", default=BINARY)
    parser.add_argument("venv", nargs="?", default=VENV)
    options = parser.parse_args()
    root = options.root or tempfile.mkdtemp(prefix="scalems-differential.")
    tasks = work.tasks([kind for kind in options.kinds.split(",") if kind])
    found = list(compare(*run(options.binary, options.venv, root, tasks)))
    for difference in found:
        print(words(*difference))
    print("%d differences; all of it: %s" % (len(found), root))


if __name__ == "__main__":
    main()
