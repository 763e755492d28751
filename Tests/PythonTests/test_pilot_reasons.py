"""radical_helper.py: why a pilot failed, from what RP's launcher and the pilot's sandbox hold."""

import pathlib
import shutil
import tempfile
import types
import unittest

from support import SOURCES
from test_radical_helper import load

LOG = "1795670000.1 : pmgr_launching.0000 : 4711 : 1 : %s : %s\n"


class PilotReasons(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, str(self.place))
        (self.place / "session").mkdir()
        (self.place / "sandbox").mkdir()
        self.helper = load(SOURCES / "RadicalEngine" / "Helper" / "radical_helper.py")
        self.host = self.helper.Host(None)
        self.host.session = types.SimpleNamespace(path=str(self.place / "session"))
        self.pilot = types.SimpleNamespace(pilot_sandbox="file://localhost%s/sandbox/" % self.place)

    def reason(self, **files):
        for name, text in files.items():
            name = name.replace("__", ".")
            folder = "session" if name.startswith("pmgr") else "sandbox"
            (self.place / folder / name).write_text(text)
        return self.host.pilot_failure(self.pilot)

    def test_the_launcher_comes_first(self):
        log = LOG % ("INFO", "fine") + LOG % ("ERROR", "bulk launch failed") + "psij.SubmitException: sbatch: error: x\n"
        reason = self.reason(pmgr_launching__0000__log=log, agent_0__err="ValueError: y\n")
        self.assertTrue(reason.startswith("bulk launch failed | psij.SubmitException: sbatch: error: x ("), reason)

    def test_decoration_is_no_reason(self):
        out = "# -----\n#\n# Done, exiting (137)\n# -----\nbash: radical-pilot-agent: command not found\n-------\n# -----\n"
        reason = self.reason(bootstrap_0__out=out)
        self.assertTrue(reason.startswith("bash: radical-pilot-agent: command not found ("), reason)
        for text in ("# -----\n# Done, exiting (1)\n", "\n\n", "------\n", "all is well\n"):
            reason = self.reason(bootstrap_0__out=text)
            self.assertTrue(reason.startswith("no reason given; see "), reason)

    def test_words_of_errors(self):
        for line in (
            "slurmstepd: error: Detected 1 oom_kill event",
            "OSError: [Errno 28] No space left on device",
            "/bin/bash: x: Permission denied",
            "ModuleNotFoundError: No module named 'radical'",
            "Disk quota exceeded",
            "JOB 13 CANCELLED DUE TO TIME LIMIT: time limit",
        ):
            reason = self.reason(agent_0__err="hello\n%s\n" % line)
            self.assertTrue(reason.startswith(line), reason)


if __name__ == "__main__":
    unittest.main()
