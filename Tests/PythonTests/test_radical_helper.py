"""radical_helper.py: what it makes of calls and their cancels, without RADICAL-Pilot."""

import importlib.util
import hashlib
import json
import os
import threading
import types
import unittest

from support import HOST, PROGRAM, CallTestCase, strict


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Description(dict):
    def verify(self):
        pass


def execute(code):
    """As RP's worker does (1.103, `raptor/worker.py`)."""
    source = "def _my_exec():\n" + "".join("    %s\n" % line for line in code.split("\n")) + "\nresult=_my_exec()"
    scope = {}
    exec(source, {}, scope)
    return scope["result"]


class HelperTests(CallTestCase):
    def setUp(self):
        super().setUp()
        # As the session has them; in a place whose name is hard to write into a program.
        self.home = self.place / 'it\'s "radical" \\n %s é'
        self.home.mkdir()
        self.caller = self.home / "scalems_call.py"
        self.caller.write_bytes(HOST.read_bytes() + ("\nCALL_ARGUMENTS = %r\n" % [str(PROGRAM)]).encode())
        self.hash = hashlib.sha256(self.caller.read_bytes()).hexdigest()
        helper = self.helper = load(HOST.parent / "radical_helper.py")
        self.said = []
        self.host = helper.Host(types.SimpleNamespace(put=self.said.append))
        self.host.rp = types.SimpleNamespace(
            TASK_EXEC="task.exec", CANCELED="CANCELED", AGENT_EXECUTING="AGENT_EXECUTING", TaskDescription=Description, version_short="1.103.2"
        )
        self.host.pilot = types.SimpleNamespace(pilot_sandbox="file://localhost%s/" % self.place)
        self.host.tasks = types.SimpleNamespace(cancel_tasks=lambda uids: None)
        self.module("def twice(n): return 2 * n\n")

    def describe(self, uid, sandbox=None):
        request = self.request("twice", "it's \"\\ %s\n")
        del request["directory"]
        call = {
            "request": json.dumps(request), "path": str(self.place), "before": [], "after": [], "grace": 1,
            "program": str(self.caller), "hash": self.hash,
        }
        description = {"uid": uid, "call": call}
        if sandbox:
            description["sandbox"] = sandbox
        self.host.submitted.add(uid)
        return self.host.described(description)

    def run_in(self, name, description):
        directory = self.place / name
        directory.mkdir(exist_ok=True)
        before = os.getcwd()
        os.chdir(str(directory))
        try:
            return strict(execute(description["code"]))
        finally:
            os.chdir(before)

    def test_the_code_in_the_worker(self):
        description = self.describe("task.000007")
        self.assertEqual(description["mode"], "task.exec")
        self.assertNotIn("call", description)
        outcome = self.run_in("task.000007", description)
        self.assertEqual(strict(outcome["answer"])["value"], 2 * "it's \"\\ %s\n")
        self.assertTrue((self.place / "task.000007" / ".scalems.task.000007.started").exists())

    def test_a_cancel_is_of_one_submission(self):
        first = self.describe("task.000007")
        self.host.do_cancel({"uids": ["task.000007"]})
        # At once, without a worker.
        self.assertEqual([(m["uid"], m["state"]) for m in self.said], [("task.000007", "CANCELED")])
        self.assertEqual(strict(self.said[0]["record"]["return_value"]), {"ended": "canceled", "started": False})
        self.assertEqual(self.run_in("task.000007", first), {"ended": "canceled", "started": False})
        second = self.describe("task.000007.2", sandbox="task.000007")
        self.assertIn("answer", self.run_in("task.000007", second))
        third = self.describe("task.000007.3", sandbox="task.000007")
        self.host.do_cancel({"uids": ["task.000007.3"]})
        self.assertEqual(self.run_in("task.000007", third), {"ended": "canceled", "started": False})
        self.assertFalse((self.place / "task.000007.3").exists())

    def test_a_rank_of_a_worker_gives_its_answer_in_a_list(self):
        self.describe("task.000007")
        self.host.rp.FINAL = ["DONE"]
        answer = '{"answer": "1", "began": 17.5}'
        record = {"return_value": [answer], "description": {}}
        self.host.on_task(
            types.SimpleNamespace(uid="task.000007", return_value=[answer], as_dict=lambda: record), "DONE"
        )
        self.assertEqual([(m["state"], m["t"]) for m in self.said[:1]], [("AGENT_EXECUTING", 17.5)])
        self.assertEqual(self.said[1]["record"]["return_value"], answer)

    def canceled(self, life):
        """What is said of a canceled program whose end is written half a second after it should have been."""
        self.helper.GRACE = -2.9
        path = self.place / "end.0"
        new = self.place / "end.0.new"
        new.write_text(life)

        def end():
            new.write_text("exit_code 0\n")
            new.rename(path)

        timer = threading.Timer(0.6, end)
        timer.start()
        message = {"state": "CANCELED", "record": {}}
        self.host.put_when_ended(message, self.helper.Ending(str(self.place), None))
        timer.join()
        path.unlink()
        return message["record"].get("end")

    def test_an_end_is_awaited_as_long_as_it_is_on_its_way(self):
        self.assertEqual(self.canceled("%s %d" % (os.uname().nodename, os.getpid())), {"exit_code": 0})
        dead = os.fork() or os._exit(0)
        os.waitpid(dead, 0)
        for life in ("%s %d" % (os.uname().nodename, dead), "elsewhere 1", "", "x", "%s %d" % (os.uname().nodename, 1 << 70)):
            self.assertNotIn("exit_code", self.canceled(life) or {}, life)

    def test_old_versions_are_refused(self):
        self.host.rp.version_short = "1.100.0"
        with self.assertRaisesRegex(Exception, "functions need radical.pilot 1.103 or newer, and this is 1.100.0"):
            self.describe("task.000007")


if __name__ == "__main__":
    unittest.main()
