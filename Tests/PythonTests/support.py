"""What tests of call.py share: a directory with modules, and an interpreter on a socket."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Sources"
PROGRAM = SOURCES / "PythonCall" / "call.py"
HOST = SOURCES / "RadicalEngine" / "Helper" / "scalems_call.py"


class Interpreter:
    """call.py, as an engine has it."""

    def __init__(self, directory, output="/dev/null", **options):
        self.socket, other = socket.socketpair()
        self.socket.settimeout(30)
        with open(output, "ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(directory)],
                stdin=other,
                stdout=file,
                stderr=file,
                start_new_session=True,
                cwd="/",
                **options,
            )
        other.close()
        self.lines = self.socket.makefile("rb")

    def send(self, request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def ask(self, request):
        """The answer, and whether it is ready for another call; None from one that died."""
        self.send(request)
        answer = self.lines.readline()
        if not answer:
            return None, False
        ready = self.lines.readline()
        return strict(answer), ready == b'{"event":"worker.ready"}\n'

    def close(self):
        """Its exit code, at the end of its input."""
        self.lines.close()
        self.socket.close()
        return self.process.wait(30)


def strict(text):
    """JSON as it is defined: without NaN and Infinity."""

    def refuse(word):
        raise ValueError("%s is no JSON" % word)

    return json.loads(text, parse_constant=refuse)


class CallTestCase(unittest.TestCase):
    """Each test has a directory of a workflow, and below it one of its task."""

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="scalems-call."))
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        self.task = self.place / "task's é"
        self.task.mkdir()
        self.interpreters = []
        self.addCleanup(lambda: [i.close() for i in self.interpreters])

    def module(self, text, name="functions.py"):
        (self.place / name).parent.mkdir(exist_ok=True)
        (self.place / name).write_text(text)

    def request(self, name, *args, module="functions", environment=None, **kwargs):
        for stream in ("out", "err"):
            (self.task / stream).write_bytes(b"")
        return {
            "uid": "task.000007",
            "module": module,
            "name": name,
            "args": list(args),
            "kwargs": kwargs,
            "environment": environment or {},
            "directory": str(self.task),
            "stdout": "out",
            "stderr": "err",
        }

    def interpreter(self, **options):
        self.interpreters.append(Interpreter(self.place, **options))
        return self.interpreters[-1]

    def call(self, name, *args, on=None, **options):
        """The answer to one call; in the interpreter of the test, or a new one when that has ended."""
        if on is None:
            on = self.interpreters[-1] if self.interpreters else self.interpreter()
        answer, is_ready = on.ask(self.request(name, *args, **options))
        if not is_ready and on in self.interpreters:
            self.interpreters.remove(on)
            self.code = on.close()
        self.is_ready = is_ready
        return answer

    def value(self, name, *args, **options):
        answer = self.call(name, *args, **options)
        self.assertEqual(answer["state"], "DONE", answer)
        return answer.get("value")

    def text(self, stream="out"):
        return (self.task / stream).read_bytes().decode()


def processes(mark):
    """The live processes whose command line has this in it."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % entry, "rb") as file:
                if entry.isdigit() and mark.encode() in file.read():
                    found.append(int(entry))
        except OSError:
            pass
    return found
