"""Makes psij's reader of Slurm's queue true, in the process of RP's launcher alone.

psij 0.9.11 splits what squeue prints at blanks: one job of the user whose reason has some ("Nodes required for job are
DOWN, DRAINED or reserved") and nothing is known of any. It takes a job that is not listed once for completed, and after
three failures to read all jobs for FAILED; a squeue that cannot be started is enough.

Here as sitecustomize.py, which Python imports when it starts; radical_helper.py sets PYTHONPATH for that one process.
What it did, and the ids of the jobs that sbatch named, go into files beside it, in a directory that lives until the job is
known. A psij that can read is left alone.
"""

import importlib.util
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = "psij.executors.batch.batch_scheduler_executor"
READER = "SlurmJobExecutor"
FORMAT = "%i|%t|%r"
HEADER = "JOBID|ST|REASON"
LIMIT = 60  # seconds, for a call that asks or cancels


def note(name, text):
    try:
        with open(os.path.join(HERE, name), "a", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError:
        pass


def leave():
    """This file is for this process only, and hides no other of its name."""
    rest = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p and os.path.abspath(p) != HERE]
    if rest:
        os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    else:
        os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE]
    own = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")
    except ImportError:
        pass
    if own is not None:
        sys.modules.setdefault("sitecustomize", own)


class Finder:
    """Waits for psij's module to be imported: to import it takes time that RP's other programs need not spend."""

    def find_spec(self, name, path=None, target=None):
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            await_reader(module)

        spec.loader.exec_module = exec_module
        return spec


def await_reader(batch):
    """psij loads the module of the reader by its path, and again for each list of plugins: the one in use is the class
    of the object that is made of it."""
    start = batch.BatchSchedulerExecutor.__init__
    mended = set()

    def __init__(self, *args, **named):
        reader = type(self)
        if reader.__name__ == READER and reader not in mended:
            mended.add(reader)
            try:
                mend(batch, reader)
            except Exception as error:  # another psij, which is as it is
                note("said", "psij's reader of Slurm's queue is left as it is: %r" % error)
        start(self, *args, **named)

    batch.BatchSchedulerExecutor.__init__ = __init__


def mend(batch, reader):
    import psij

    states, ids = reader._STATE_MAP, reader.job_id_from_submit_output

    def job_id_from_submit_output(self, out):
        number = ids(self, out)
        note("jobs", number)
        return number

    reader.job_id_from_submit_output = job_id_from_submit_output
    if can_read(reader):
        return

    def get_status_command(self, native_ids):
        return ["squeue", "-u", str(os.getuid()), "-t", "all", "-o", FORMAT]

    def parse_status_output(self, exit_code, out):
        return parse(exit_code, out, states, psij)

    run = reader._run_command

    def run_command(self, command):
        if command[0] == "sbatch":
            return run(self, command)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT)
        if done.returncode != 0:
            raise subprocess.CalledProcessError(done.returncode, command, output=done.stdout + done.stderr)
        return done.stdout

    thread = batch._QueuePollThread
    handle, status_of = thread._handle_poll_error, thread._get_job_status
    absent = set()

    def get_job_status(self, native_id, status_map):
        if native_id in status_map:
            absent.discard(native_id)
        elif native_id not in absent:
            absent.add(native_id)
            # Asked again before it is believed; a job that is further than that stays where it is.
            return psij.JobStatus(psij.JobState.QUEUED)
        return status_of(self, native_id, status_map)

    def handle_poll_error(self, executor, immediate, error, message):
        if type(executor).__name__ != READER:
            return handle(self, executor, immediate, error, message)
        # What could not be read says nothing of a job.
        batch.logger.warning("the queue could not be read: %r", error)
        return None

    reader.get_status_command = get_status_command
    reader.parse_status_output = parse_status_output
    reader._run_command = run_command
    thread._get_job_status = get_job_status
    thread._handle_poll_error = handle_poll_error
    note(
        "said",
        "psij %s takes jobs for ended when it cannot read Slurm's queue, as with a blank in any job's reason: "
        "its reader is replaced for this session" % getattr(psij, "__version__", ""),
    )


def can_read(reader):
    try:
        own = object.__new__(reader)
        read = own.parse_status_output(0, "JOBID ST REASON\n1 PD Nodes required are DOWN, DRAINED\n2 F NoSuchReason\n")
        return "1" in read and "2" in read
    except Exception:
        return False


def parse(exit_code, out, states, psij):
    """The states of the jobs that squeue printed; of what it does not know, nothing."""
    if exit_code != 0:
        raise RuntimeError("squeue: exit %s, %r" % (exit_code, out[:200]))
    lines = out.split("\n")
    if HEADER not in lines:
        raise RuntimeError("squeue printed %r" % out[:200])
    result = {}
    for line in lines[lines.index(HEADER) + 1 :]:
        parts = line.split("|", 2)
        if len(parts) != 3:
            continue
        # Of a state that is not known, that the job is there.
        state = states.get(parts[1], psij.JobState.QUEUED)
        message = "%s: %s" % (parts[1], parts[2]) if state == psij.JobState.FAILED else None
        result[parts[0]] = psij.JobStatus(state, message=message)
    return result


if __name__ == "sitecustomize":
    leave()
    sys.meta_path.insert(0, Finder())
