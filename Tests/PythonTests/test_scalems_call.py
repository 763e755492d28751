"""scalems_call.py: what runs in a worker of RADICAL-Pilot, here in a process of its own as there."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from support import HOST, PROGRAM, CallTestCase, processes, strict

RUN = """
import importlib.util, signal, sys
spec = importlib.util.spec_from_file_location("scalems_call", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.CALL_ARGUMENTS = [sys.argv[2]]
print(module.run(sys.stdin.read()))
"""

MODULE = """
import multiprocessing, os, signal, subprocess, sys, time
def twice(n):
    print("twice of", n)
    return 2 * n
def where(): return [os.getcwd(), os.environ["SCALEMS_TASK_DIR"], os.environ.get("RP_RET"), os.environ["A"]]
def away(): os.chdir("/"); return "away"
def die(code): os._exit(code)
def kill(number): os.kill(os.getpid(), number)
def words(): sys.stderr.write("last words"); sys.stderr.flush(); os._exit(5)
def leave(code): sys.exit(code)
def slow(n):
    print("slow", flush=True)
    subprocess.run(["sleep", n])
def stubborn(n):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["sleep", n])
    subprocess.Popen(["setsid", "sleep", n])
    subprocess.run(["sleep", n])
def spawn(n): subprocess.Popen(["sleep", n])
def close_channel(seconds):
    os.closerange(3, 100)
    time.sleep(seconds)
def nonsense():
    for number in range(3, 10):
        try: os.write(number, b"}{\\n")
        except OSError: pass
def large(): return '"' * 500000
def at_exit():
    import atexit
    path = os.environ["SCALEMS_TASK_DIR"] + "/exited"
    atexit.register(lambda: open(path, "w").close())
def double(n): return 2 * n
def pool():
    with multiprocessing.Pool(2) as pool: return pool.map(double, [1, 2])
"""


class HostTests(CallTestCase):
    def setUp(self):
        super().setUp()
        self.module(MODULE)
        # A sleep that nobody else on this machine has.
        self.nap = "6%d.%d" % (os.getpid(), time.monotonic_ns())

    def sleeping(self):
        return processes("sleep\0" + self.nap)

    def start(self, name, *args, before=(), after=(), timeout=None, grace=5.0, path=None, run=RUN, **more):
        request = self.request(name, *args, environment={"A": "é $x"})
        for stream in ("out", "err"):
            (self.task / stream).unlink()
        del request["directory"]
        call = {
            "request": json.dumps(request),
            "path": str(path or self.place),
            "before": list(before),
            "after": list(after),
            "timeout": timeout,
            "grace": grace,
            "mark": ".scalems.task.000007.2",
            **more,
        }
        process = subprocess.Popen(
            [sys.executable, "-c", run, str(HOST), str(PROGRAM)],
            cwd=str(self.task),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.kill)
        return process, json.dumps(call).encode()

    def run_call(self, name, *args, **options):
        process, text = self.start(name, *args, **options)
        output, errors = process.communicate(text, timeout=60)
        self.assertEqual(errors.decode(), "")
        outcome = strict(output)
        # Another call would be another submission.
        for name in (".claim", ".cancel"):
            if (self.task / (".scalems.task.000007.2" + name)).exists():
                (self.task / (".scalems.task.000007.2" + name)).unlink()
        outcome.pop("began", None)
        return outcome

    def answer(self, name, *args, **options):
        outcome = self.run_call(name, *args, **options)
        self.assertLessEqual(set(outcome), {"answer", "stderr"}, outcome)
        return dict(strict(outcome["answer"]), stderr=outcome.get("stderr"))

    def when(self, condition, action):
        def watch():
            end = time.monotonic() + 30
            while time.monotonic() < end:
                if condition():
                    return action()
                time.sleep(0.01)

        thread = threading.Thread(target=watch)
        thread.start()
        self.addCleanup(thread.join)

    def when_printed(self, text, action):
        self.when(lambda: (self.task / "out").exists() and self.text() == text, action)

    def cancel(self):
        (self.task / ".scalems.task.000007.2.cancel").touch()

    def test_an_answer(self):
        answer = self.answer("twice", 2.5)
        self.assertEqual((answer["value"], answer["exit_code"], answer["uid"]), (5.0, 0, "task.000007"))
        self.assertEqual(self.text(), "twice of 2.5\n")
        self.assertEqual(sorted(os.listdir(self.task)), [".scalems.task.000007.2.started", "err", "out"])
        self.assertEqual((self.task / "out").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.answer("where")["value"], [str(self.task), str(self.task), None, "é $x"])
        self.assertEqual(self.answer("away")["value"], "away")
        self.assertEqual(self.answer("leave", 3)["exit_code"], 3)
        self.assertEqual(self.answer("leave", "text")["stderr"], "text\n")
        self.assertEqual(self.answer("pool")["value"], [2, 4])
        self.assertEqual(self.answer("large")["value"], '"' * 500000)
        self.answer("at_exit")
        self.assertTrue((self.task / "exited").exists())

    def test_files_of_the_task_are_no_modules(self):
        os.environ["PYTHONPATH"] = "/no/such::"
        self.addCleanup(os.environ.pop, "PYTHONPATH")
        (self.task / "textwrap.py").write_text("raise SystemExit(9)\n")
        self.module("import sys, textwrap\ndef f(): return sys.path\n")
        path = self.answer("f")["value"]
        self.assertIn("/no/such", path)
        self.assertNotIn(str(self.task), path)

    def test_deaths(self):
        for name, argument, expected in [
            ("die", 0, {"exit_code": 0}),
            ("die", 5, {"exit_code": 5}),
            ("kill", 9, {"signal": 9}),
            ("kill", 15, {"signal": 15}),
        ]:
            self.assertEqual(self.run_call(name, argument), dict(expected, stderr=""))
        self.assertEqual(self.run_call("words"), {"exit_code": 5, "stderr": "last words"})
        crash = self.run_call("kill", 11)
        self.assertEqual(crash["signal"], 11)
        self.assertIn("in kill", crash["stderr"])
        self.assertEqual(self.run_call("close_channel", 0), {"exit_code": 1, "stderr": ""})

    def test_nonsense_is_handed_on(self):
        self.assertEqual(self.run_call("nonsense", after=["false"]), {"answer": "}{", "stderr": ""})

    def test_a_time_limit_ends_the_whole_tree(self):
        started = time.monotonic()
        outcome = self.run_call("stubborn", self.nap, timeout=1.0, grace=0.3)
        self.assertEqual(outcome, {"signal": 9, "ended": "timeout"})
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(self.sleeping(), [])
        self.assertEqual(self.run_call("slow", self.nap, timeout=0.5)["ended"], "timeout")
        self.assertEqual(self.run_call("close_channel", 60, timeout=0.5)["ended"], "timeout")

    def test_children_of_the_worker_itself_are_left_alone(self):
        beside = "import subprocess\nbeside = subprocess.Popen(['sleep', '60'])\n"
        after = "\nprint(beside.poll(), file=sys.stderr)\nbeside.kill()\n"
        process, text = self.start("stubborn", self.nap, timeout=0.5, grace=0.3, run=beside + RUN + after)
        output, errors = process.communicate(text, timeout=60)
        self.assertEqual((strict(output)["ended"], errors), ("timeout", b"None\n"))
        self.assertEqual(self.sleeping(), [])

    def test_another_python(self):
        other = self.place / "python"
        other.write_text("#!/bin/sh\nOTHER=1 exec %s \"$@\"\n" % sys.executable)
        other.chmod(0o755)
        self.module("import os\ndef other(): return os.environ.get('OTHER')\n")
        self.assertEqual(self.answer("other", python=str(other))["value"], "1")
        outcome = self.run_call("other", python="/no/python")
        text = "its interpreter '/no/python' could not be started: No such file or directory"
        self.assertEqual(outcome, {"unready": text, "exit_code": 127})

    def test_a_cancel(self):
        (self.task / ".scalems.task.000007.cancel").touch()  # that of another submission
        self.when_printed("slow\n", self.cancel)
        self.assertEqual(self.run_call("slow", self.nap), {"signal": 15, "ended": "canceled"})
        # The helper was first.
        (self.task / ".scalems.task.000007.2.claim").touch()
        self.assertEqual(self.run_call("twice", 1), {"ended": "canceled", "started": False})
        self.assertEqual(self.sleeping(), [])

    def test_a_cancel_while_files_are_brought(self):
        wait = "touch going; while :; do sleep 0.01; done"
        self.when((self.task / "going").exists, self.cancel)
        self.assertEqual(self.run_call("twice", 1, before=[wait]), {"ended": "canceled"})

    def test_what_is_left_running_ends(self):
        self.answer("spawn", self.nap)
        end = time.monotonic() + 10
        while self.sleeping() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(self.sleeping(), [])

    def test_it_ends_with_its_worker(self):
        process, text = self.start("slow", self.nap)
        self.when_printed("slow\n", lambda: os.kill(process.pid, signal.SIGKILL))
        process.communicate(text, timeout=60)
        self.assertEqual(process.returncode, -9)
        end = time.monotonic() + 10
        while processes(str(self.place)) and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(processes(str(self.place)), [])
        for pid in self.sleeping():
            os.kill(pid, signal.SIGKILL)

    def test_files_in_and_out(self):
        good = ["echo in > in.txt", 'test "$RP_TASK_SANDBOX" = "$PWD" && test "$RP_RET" = 0']
        self.assertEqual(self.answer("twice", 1, before=good, after=["cp in.txt out.txt"])["value"], 2)
        self.assertEqual(self.text("out.txt"), "in\n")
        bad = ["echo one >> scalems.problem; echo 'no such input' >> scalems.problem; false"]
        self.assertEqual(self.run_call("twice", 1, before=bad), {"unready": "no such input"})
        self.assertFalse((self.task / "out").exists())
        (self.task / "scalems.problem").unlink()
        outcome = self.run_call("twice", 1, after=["false"])
        self.assertEqual(outcome["unready"], "its files could not be brought")
        self.assertEqual(strict(outcome["answer"])["exit_code"], 0)
        # Outputs of a call that failed are of no use.
        self.assertEqual(self.answer("leave", 2, after=["false"])["exit_code"], 2)

    def test_output_that_cannot_be_made(self):
        outcome = self.run_call("twice", 1, before=["mkdir out"])
        self.assertEqual(outcome, {"unready": "'out' could not be made: Is a directory"})


if __name__ == "__main__":
    unittest.main()
