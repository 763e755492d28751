"""scalems_stage.py: what brings files where RADICAL-Pilot runs a task. What may happen to a file is compared with a model in
StagingTests; here is what is around it: signals, earlier attempts, the task's own files."""

import errno
import importlib.util
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from support import SOURCES

PROGRAM = SOURCES / "RadicalEngine" / "Helper" / "scalems_stage.py"
spec = importlib.util.spec_from_file_location("scalems_stage", PROGRAM)
stage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stage)


def step(source, target, action="copy"):
    return {"named": str(source), "source": str(source), "target": str(target), "action": action}


def look(root):
    """Everything below a directory: kinds, contents, links."""
    tree = {}
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            tree[str(path)] = ("link", os.readlink(path))
        else:
            tree[str(path)] = path.read_bytes() if path.is_file() else "directory"
    return tree


class StageTestCase(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="scalems-stage.")).resolve()
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        self.task = self.place / "task.000000"
        self.task.mkdir()

    def request(self, direction, steps, uid="task.000000", attempt=1, again=False):
        return json.dumps(
            {
                "uid": uid, "attempt": attempt, "again": again, "errors": "stderr", "own": ["stdout", "stderr"],
                "direction": direction, "tag": "task.000000.t", "steps": steps,
            }
        ).encode()

    def start(self, *args, **kwargs):
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", str(PROGRAM)], stdin=subprocess.PIPE, cwd=self.task)
        process.stdin.write(self.request(*args, **kwargs))
        process.stdin.close()
        return process

    def run_stage(self, *args, **kwargs):
        return self.start(*args, **kwargs).wait(60)


class RunTests(StageTestCase):
    def test_what_is_wrong_is_said_in_the_standard_error(self):
        self.assertEqual(self.run_stage("output", [step("./none", self.place / "x")]), 1)
        text = "the output './none' does not exist (looked for %s/none)\n" % self.task
        self.assertEqual((self.task / "stderr").read_text(), text)

    def test_a_signal_leaves_what_was_there(self):
        source, target = self.place / "huge", self.place / "target"
        with open(source, "wb") as file:
            for _ in range(512):
                file.write(b"x" * (1 << 20))
        target.write_text("old")
        process = self.start("output", [step(source, target)])
        while process.poll() is None and not list(self.place.glob(".target.stage.*")):
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        if process.wait(60) == 0:
            self.skipTest("a copy takes no time on this file system")
        self.assertEqual(process.returncode, 143)
        self.assertEqual(target.read_text(), "old")
        self.assertEqual(sorted(path.name for path in self.place.iterdir()), ["huge", "target", "task.000000"])

    def test_another_attempt_begins_with_nothing(self):
        (self.place / "in").write_text("input")
        for name in ["stdout", "core", ".hidden"]:
            (self.task / name).write_text(name)
        code = self.run_stage(
            "input", [step(self.place / "in", "./in", "move")], uid="task.000000.2", attempt=2, again=True)
        self.assertEqual(code, 0)
        self.assertEqual(sorted(os.listdir(self.task)), ["in", "scalems.task.000000.2.moved"])
        kept = self.place / "task.000000.attempt1"
        self.assertEqual(sorted(os.listdir(kept)), [".hidden", "core", "stdout"])
        # A moved input goes at a good end, unless it has changed.
        self.assertTrue((self.place / "in").exists())
        self.assertEqual(self.run_stage("output", [], uid="task.000000.2", attempt=2, again=True), 0)
        self.assertFalse((self.place / "in").exists())

    def test_a_moved_input_that_changed_meanwhile_stays(self):
        (self.place / "in").write_text("input")
        self.assertEqual(self.run_stage("input", [step(self.place / "in", "./in", "move")]), 0)
        (self.place / "in").write_text("another")
        self.assertEqual(self.run_stage("output", []), 0)
        self.assertEqual((self.place / "in").read_text(), "another")

    def test_what_an_earlier_attempt_took_away_is_taken_from_it(self):
        (self.task / "in").write_text("input")
        code = self.run_stage(
            "input", [step(self.place / "in", "./in", "move")], uid="task.000000.2", attempt=2, again=True)
        self.assertEqual((code, (self.task / "in").read_text()), (0, "input"))

    def test_own_files_are_not_written_through_a_link(self):
        (self.place / "log").write_text("mine")
        self.assertEqual(self.run_stage("input", [step(self.place / "log", "./stdout", "link")]), 0)
        self.assertFalse(os.path.lexists(self.task / "stdout"))
        self.assertEqual((self.place / "log").read_text(), "mine")


class InterruptedTests(StageTestCase):
    """Ended, or failing, at every step of a random tree: nothing has changed then."""

    def grow(self, root, numbers, depth=0):
        for number in range(numbers.randint(1, 4)):
            path = root / (numbers.choice(["a", "b", "sub", "c d", "-n", "é*"]) + str(number))
            kind = numbers.randint(0, 5)
            if kind < 2 and depth < 3:
                path.mkdir()
                self.grow(path, numbers, depth + 1)
            elif kind == 2:
                path.symlink_to("a%d" % number)
            else:
                path.write_bytes(b"%d" % numbers.getrandbits(64) * numbers.randint(0, 900))

    def bring(self, error, name, count, plan):
        """Runs a plan whose call of a function fails at the last of count times; whether it was called so often."""
        real, calls = getattr(stage, name), [0]

        def failing(*args, **kwargs):
            calls[0] += 1
            if calls[0] == count:
                raise error
            return real(*args, **kwargs)

        setattr(stage, name, failing)
        try:
            stage.Plan(plan).run()
        except (stage.Refused, stage.Ended):
            pass
        finally:
            setattr(stage, name, real)
        return calls[0] >= count

    FAILURES = [
        (stage.Ended(), "copy_piece"), (stage.Ended(), "copy_file"), (stage.Ended(), "copy_link"),
        (OSError(errno.ENOSPC, "no room"), "copy_piece"), (stage.Refused("no"), "allows"),
    ]

    def test_every_step(self):
        for seed in range(30):
            numbers = random.Random(seed)
            root = self.place / str(seed)
            for name in ["from", "to"]:
                (root / name).mkdir(parents=True)
                self.grow(root / name, numbers)
            before = look(root)
            action = ["copy", "move"][seed % 2]
            steps = [step(path, "%s/to/" % root, action) for path in sorted((root / "from").iterdir())]
            plan = {"direction": ["input", "output"][seed // 2 % 2], "tag": "t", "steps": steps, "directory": str(root)}
            error, name = self.FAILURES[seed % len(self.FAILURES)]
            count = 1
            while self.bring(error, name, count, plan):
                self.assertEqual(look(root), before, "%s %d of seed %d" % (name, count, seed))
                count += 1


if __name__ == "__main__":
    unittest.main()
