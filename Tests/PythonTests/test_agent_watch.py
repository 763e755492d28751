"""radical_helper.py: an agent of RADICAL-Pilot that did not hear itself."""

import pathlib
import shutil
import tempfile
import unittest

from support import SOURCES
from test_radical_helper import load

ENVIRONMENT = """
export HOME="/home/me"
export PATH="/opt/bin:/venv/bin"
export GSL_PATH="/no"
export PYTHONPATH=""
export RP_VENV_PATH="/venv"
export RP_VENV_TYPE="venv"
"""


class AgentWatchTests(unittest.TestCase):
    def setUp(self):
        self.sandbox = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, str(self.sandbox))
        (self.sandbox / "env").mkdir()
        self.helper = load(SOURCES / "RadicalEngine" / "Helper" / "radical_helper.py")
        self.helper.AGENT_PATIENCE = 0.05
        self.helper.AgentWatch.PAUSE = 0.02
        self.said = []
        self.moments = 8

    def write(self, name, text=""):
        (self.sandbox / name).write_text(text)

    def is_awaited(self):
        self.moments -= 1
        return self.moments > 0

    def publish(self, kind, fields):
        self.said.append((kind, fields))
        if kind == "request":
            self.write("env/rp_named_env.rp.env")
            self.write("env/rp_named_env.rp.sh")

    def run_watch(self):
        return self.helper.AgentWatch("pilot.0007", str(self.sandbox), self.publish, self.is_awaited).run()

    def test_what_it_did_not_hear_is_said_again(self):
        self.write("agent_0.prof")
        self.write("env/agent.env", ENVIRONMENT)
        self.assertTrue(self.run_watch())
        (first, request), (second, result) = self.said
        self.assertEqual((first, second, result), ("request", "result", {"uid": "agent_0.rpc.0000"}))
        spec = {"type": "venv", "path": "/venv", "pre_exec": ["export PYTHONPATH=", "export PATH=/opt/bin:/venv/bin"]}
        self.assertEqual(request["addr"], "pilot.0007")
        self.assertEqual(request["kwargs"], {"env_name": "rp", "env_spec": spec})

    def test_one_that_is_not_up_or_is_at_it_is_left_alone(self):
        self.write("env/agent.env", ENVIRONMENT)
        self.assertFalse(self.run_watch())
        self.moments = 8
        self.write("agent_0.prof")
        self.write("env/rp_named_env.rp.env")
        self.assertFalse(self.run_watch())
        self.assertEqual(self.said, [])

    def test_one_whose_environment_is_not_to_be_read_is_left_alone(self):
        self.write("agent_0.prof")
        for text in (None, "", ENVIRONMENT.replace("RP_VENV_TYPE", "OTHER"), ENVIRONMENT.replace('PATH="/opt', "PATH=/opt")):
            self.moments = 8
            if text is not None:
                self.write("env/agent.env", text)
            self.assertFalse(self.run_watch())
        self.assertEqual(self.said, [])

    def test_an_answer_is_given_only_when_it_was_done(self):
        self.write("agent_0.prof")
        self.write("env/agent.env", ENVIRONMENT)
        self.publish = lambda kind, fields: self.said.append((kind, fields))
        self.assertFalse(self.run_watch())
        self.assertEqual([kind for kind, _ in self.said], ["request"])


if __name__ == "__main__":
    unittest.main()
