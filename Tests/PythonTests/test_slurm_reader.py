"""slurm_reader.py: what it makes of a psij that reads Slurm's queue wrongly, with stand-ins for psij's classes."""

import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

from support import SOURCES
from test_radical_helper import load

READER = SOURCES / "RadicalEngine" / "Helper" / "slurm_reader.py"


class State:
    QUEUED, ACTIVE, COMPLETED, FAILED, CANCELED = "queued", "active", "completed", "failed", "canceled"


class Status:
    def __init__(self, state, message=None):
        self.state, self.message = state, message


def stand_ins(column=3):
    """Classes as psij 0.9.11 has them; one that can read splits into a column fewer."""
    batch = types.SimpleNamespace(logger=logging.getLogger("none"))
    batch.logger.setLevel(logging.CRITICAL)

    class BatchSchedulerExecutor:
        def __init__(self):
            self.started = True

        def _run_command(self, command):
            return "theirs"

    class SlurmJobExecutor(BatchSchedulerExecutor):
        _STATE_MAP = {"PD": State.QUEUED, "R": State.ACTIVE, "F": State.FAILED, "NF": State.FAILED, "CA": State.CANCELED}

        def job_id_from_submit_output(self, out):
            return out.split()[-1]

        def parse_status_output(self, exit_code, out):
            result = {}
            for line in out.split("\n")[1:]:
                if line:
                    parts = line.split(None, column - 1 if column < 3 else -1)
                    if column == 3:
                        assert len(parts) == 3
                    result[parts[0]] = Status(self._STATE_MAP.get(parts[1].split()[0]))
            return result

    class _QueuePollThread:
        failed = False

        def _handle_poll_error(self, executor, immediate, error, message):
            self.failed = True

        def _get_job_status(self, native_id, status_map):
            return status_map.get(native_id) or Status(State.COMPLETED)

    batch.BatchSchedulerExecutor, batch._QueuePollThread = BatchSchedulerExecutor, _QueuePollThread
    return batch, SlurmJobExecutor


class ReaderTests(unittest.TestCase):
    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, str(self.place))
        shutil.copy(str(READER), str(self.place))
        self.reader = load(self.place / "slurm_reader.py")
        sys.modules["psij"] = types.SimpleNamespace(JobState=State, JobStatus=Status, __version__="0.9.11")
        self.addCleanup(sys.modules.pop, "psij")

    def mended(self, **options):
        batch, kind = stand_ins(**options)
        self.reader.await_reader(batch)
        return batch, kind()

    def said(self, name):
        path = self.place / name
        return path.read_text() if path.exists() else None

    def test_a_blank_in_a_reason_hides_no_job(self):
        _, executor = self.mended()
        self.assertTrue(executor.started)
        self.assertIn("psij 0.9.11", self.said("said"))
        command = executor.get_status_command([])
        self.assertEqual(command[:3], ["squeue", "-u", str(os.getuid())])
        out = (
            "a notice of the site\nJOBID|ST|REASON\n7|PD|ReqNodeNotAvail, Reserved for maintenance\n8|R|None\n"
            "9|NF|NodeDown|x\n10|??|None\nnonsense\n"
        )
        read = executor.parse_status_output(0, out)
        states = {number: status.state for number, status in read.items()}
        # Of a state that is new the job is there.
        self.assertEqual(states, {"7": State.QUEUED, "8": State.ACTIVE, "9": State.FAILED, "10": State.QUEUED})
        self.assertEqual(read["9"].message, "NF: NodeDown|x")

    def test_what_is_no_queue_says_nothing(self):
        batch, executor = self.mended()
        for code, out in [(0, "the sky is blue"), (0, ""), (1, "JOBID|ST|REASON\n"), (0, "JOBID ST REASON\n7 R None")]:
            with self.assertRaises(RuntimeError):
                executor.parse_status_output(code, out)
        thread = batch._QueuePollThread()
        for immediate in (True, False):
            thread._handle_poll_error(executor, immediate, RuntimeError(), "")
        self.assertFalse(thread.failed)
        # Another batch system's jobs are not ours to judge.
        thread._handle_poll_error(object(), True, RuntimeError(), "")
        self.assertTrue(thread.failed)

    def test_a_job_that_is_not_listed_is_asked_for_again(self):
        batch, executor = self.mended()
        thread = batch._QueuePollThread()
        active = Status(State.ACTIVE)

        def state(listed):
            return thread._get_job_status("7", {"7": active} if listed else {}).state

        seen = [state(listed) for listed in (True, False, True, False, False)]
        self.assertEqual(seen, [State.ACTIVE, State.QUEUED, State.ACTIVE, State.QUEUED, State.COMPLETED])

    def test_calls_that_ask_have_a_limit_and_a_submission_has_none(self):
        _, executor = self.mended()
        self.assertEqual(executor._run_command(["sbatch", "x"]), "theirs")
        self.assertEqual(executor._run_command(["echo", "a"]), "a\n")
        with self.assertRaises(subprocess.CalledProcessError) as failure:
            executor._run_command(["sh", "-c", "echo out; echo err >&2; exit 3"])
        self.assertEqual((failure.exception.returncode, failure.exception.output), (3, "out\nerr\n"))
        self.reader.LIMIT = 0.1
        with self.assertRaises(subprocess.TimeoutExpired):
            executor._run_command(["sleep", "600"])

    def test_the_ids_of_jobs_are_noted(self):
        _, executor = self.mended()
        self.assertEqual(executor.job_id_from_submit_output("Submitted batch job 4711"), "4711")
        self.assertEqual(self.said("jobs"), "4711\n")

    def test_a_psij_that_can_read_is_left_alone(self):
        _, executor = self.mended(column=2)
        self.assertIsNone(self.said("said"))
        self.assertFalse(hasattr(executor, "get_status_command"))
        self.assertEqual(executor.job_id_from_submit_output("job 5"), "5")
        self.assertEqual(self.said("jobs"), "5\n")

    def test_another_psij_is_left_as_it_is_and_that_is_said(self):
        batch, kind = stand_ins()
        del kind._STATE_MAP
        self.reader.await_reader(batch)
        self.assertTrue(kind().started)
        self.assertIn("left as it is", self.said("said"))

    def test_it_is_for_one_process_and_hides_no_other_of_its_name(self):
        other = self.place / "other"
        other.mkdir()
        (other / "sitecustomize.py").write_text("import os\nos.environ['OTHER'] = 'ran'\n")
        own = self.place / "own"
        own.mkdir()
        shutil.copy(str(READER), str(own / "sitecustomize.py"))
        code = "import os, sys; print(os.environ.get('PYTHONPATH'), os.environ.get('OTHER'), len(sys.meta_path))"
        for paths, left in [((own, other), str(other)), ((own,), "None")]:
            environment = dict(os.environ, PYTHONPATH=os.pathsep.join(map(str, paths)))
            out = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True).split()
            self.assertEqual(out[:2], [left, "ran" if len(paths) > 1 else "None"])
            plain = subprocess.check_output([sys.executable, "-c", code], text=True).split()
            self.assertEqual(int(out[2]), int(plain[2]) + 1)


if __name__ == "__main__":
    unittest.main()
