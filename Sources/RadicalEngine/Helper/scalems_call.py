"""In a worker of RP's raptor: has call.py call the function of a task, in a process of its own, and watches it.

RP loses a function whose process dies, cannot cancel one, and leaves one that is over its time running. Its worker has
modules loaded that a function would get in place of its own, so the function gets a new interpreter: that costs 30 ms.
Python 3.8 or newer, standard library only.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import types

try:
    import ctypes

    control_process = ctypes.CDLL(None).prctl
except Exception:  # a Python that was built without it

    def control_process(*_):
        pass


# What follows the interpreter's name when it is to read call.py from its input, and that program: the host writes both at
# the end of this file, so that there is no other that somebody could exchange.
CALL_ARGUMENTS, CALL_PROGRAM, RUN_TASK = [], b"", b""
POLL = 0.3  # seconds between two looks for a cancel
TAIL = 2048  # bytes of standard error


class Unready(Exception):
    """Why a call could not be made, or its files not be brought."""

    def __init__(self, text, exit_code=None):
        super().__init__(text)
        self.exit_code = exit_code


class Ended(Exception):
    """The call was told to end: `canceled`, or `timeout`."""


def run(text):
    """What became of a call; both are JSON.

    `began` says when. `answer` is the line of call.py, when it sent one; else `exit_code` or `signal` say how its process ended. `stderr`
    is the end of what a function wrote that did not come to a good one. `unready` says what was wrong before or after
    the call. `ended` says why the call was told to end, and `started` is false when it was canceled before it began.

    Files beside its own tell what no message can: MARK.claim is made by whoever is first, this to begin or the helper to
    cancel what has not begun; MARK.started that it has begun, MARK.cancel that it is to end. When it began is in a file of
    this machine, too, a line each, which the helper follows.
    """
    call = Call(json.loads(text))
    if not claim(call.mark):
        return json.dumps({"ended": "canceled", "started": False})
    open(call.mark + ".started", "w").close()
    began = time.time()
    call.tell_start(began)
    return json.dumps(dict(call.run(), began=began))


def claim(mark):
    """Whether nobody else has it already."""
    try:
        os.close(os.open(mark + ".claim", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return True
    except FileExistsError:
        return False


class Call:
    def __init__(self, call):
        self.call = call
        self.request = json.loads(call["request"])
        # RADICAL-Pilot's directory of the task, where the marks are, and the task's own.
        self.beside = os.getcwd()
        self.directory = call.get("directory") or self.beside
        os.makedirs(self.directory, exist_ok=True)
        self.directory = os.path.realpath(self.directory)
        self.mark = os.path.join(self.beside, call["mark"])
        self.request["directory"] = self.directory
        self.request["environment"]["SCALEMS_TASK_DIR"] = self.directory
        self.deadline = None
        self.process = self.socket = None
        self.received = b""
        # A worker that is an MPI rank lives on, and has children of its own.
        self.others = set(children().get(os.getpid(), []))
        control_process(36, 1)  # PR_SET_CHILD_SUBREAPER: what leaves the tree of the function comes here

    def tell_start(self, began):
        uid = os.path.basename(self.mark)[len(".scalems.") :]
        if "environment" not in self.call:
            return
        path = os.path.join(os.path.dirname(self.call["environment"]), "calls." + socket.gethostname())
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            os.write(file, b"%s %.6f\n" % (uid.encode(), began))
            os.close(file)
        except OSError:
            pass  # it is shown as running when it has ended, then

    def is_canceled(self):
        return os.path.exists(self.mark + ".cancel")

    def run(self):
        outcome = {}
        if self.call.get("timeout"):
            self.deadline = time.monotonic() + self.call["timeout"]
        try:
            self.stage(self.call["before"])
            self.start()
            self.await_answer()
            line, feed, _ = self.received.partition(b"\n")
            if feed:
                outcome["answer"] = line.decode("utf-8", "replace")
            else:
                outcome.update(self.end())
            if self.is_good(line):
                self.stage(self.call["after"])
            else:
                outcome["stderr"] = self.last_words()
        except Unready as problem:
            outcome["unready"] = str(problem)
            if problem.exit_code is not None:
                outcome["exit_code"] = problem.exit_code
        except Ended as why:
            outcome.update(self.terminate(), ended=str(why))
        finally:
            if self.process:
                self.end()
        return outcome

    # Files.

    def stage(self, commands):
        """The same commands bring the files of programs; they say what is wrong in the standard error."""
        environment = dict(os.environ, RP_TASK_SANDBOX=self.beside, SCALEMS_DIR=self.directory, RP_RET="0")
        for command in commands:
            shell = ["/bin/sh", "-c", command]
            process = subprocess.Popen(
                shell, stdin=subprocess.DEVNULL, env=environment, cwd=self.beside, start_new_session=True
            )
            while process.poll() is None:
                try:
                    process.wait(POLL)
                except subprocess.TimeoutExpired:
                    self.check_end(process)
            if process.returncode:
                lines = [line for line in self.problem().splitlines() if line.strip()]
                raise Unready(lines[-1] if lines else "its files could not be brought")

    def check_end(self, process):
        """Ends what brings files when the call is to end; it removes what it has made."""
        is_late = self.deadline and time.monotonic() > self.deadline
        if not is_late and not self.is_canceled():
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(self.call["grace"])
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            pass
        process.wait()
        raise Ended("timeout" if is_late else "canceled")

    def open_output(self, name):
        path = os.path.join(self.directory, self.request[name])
        try:
            return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise Unready("'%s' could not be made: %s" % (self.request[name], error.strerror))

    def problem(self):
        """What was wrong with its files."""
        return self.tail(os.path.join(self.beside, "scalems.problem"))

    def last_words(self):
        return self.tail(os.path.join(self.directory, self.request["stderr"]))

    @staticmethod
    def tail(path):
        try:
            with open(path, "rb") as file:
                file.seek(max(0, file.seek(0, 2) - TAIL))
                return file.read().decode("utf-8", "replace")
        except OSError:
            return ""

    # The interpreter.

    def start(self):
        files = [self.open_output("stdout"), self.open_output("stderr")]
        self.socket, other = socket.socketpair()
        python = self.call.get("python") or sys.executable
        command = [python] + CALL_ARGUMENTS + [self.call["path"]]
        try:
            self.process = subprocess.Popen(
                command, stdin=other, stdout=files[0], stderr=files[1], env=self.environment(), start_new_session=True
            )
        except OSError as error:
            text = "its interpreter '%s' could not be started: %s" % (python, error.strerror)
            raise Unready(text, 127 if isinstance(error, FileNotFoundError) else 126)
        finally:
            other.close()
            for file in files:
                os.close(file)
        try:
            self.socket.sendall(CALL_PROGRAM + json.dumps(self.request).encode() + b"\n")
        except OSError:
            pass  # it is dead already

    def environment(self):
        """The user's, as programs have it; that of the worker where none was kept."""
        if "environment" not in self.call:
            # But for RP's empty entry in PYTHONPATH, by which files in the task's directory would be modules.
            entries = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
            return dict(os.environ, PYTHONPATH=os.pathsep.join(entries))
        programs = types.ModuleType("run_task")
        exec(compile(RUN_TASK, "run_task.py", "exec"), programs.__dict__)
        call = self.call
        try:
            return programs.users_environment(
                os.fsencode(call["environment"]), call["environment_hash"], os.environb, os.fsencode(call["venv"]), call["is_here"]
            )
        except programs.Unready as problem:
            raise Unready(str(problem), problem.code)

    def await_answer(self):
        """Until it has answered, or is dead."""
        is_open, is_dead = True, False
        while b"\n" not in self.received:
            # Without the socket, its end is near, or it goes on without it.
            patience = 0 if is_dead else POLL if is_open else POLL / 10
            if select.select([self.socket] if is_open else [], [], [], patience)[0]:
                is_open = self.receive()
            elif is_dead:
                return
            # What it wrote before it died can still be read.
            is_dead = self.has_ended()
            if is_dead:
                continue
            if self.deadline and time.monotonic() > self.deadline:
                raise Ended("timeout")
            if self.is_canceled():
                raise Ended("canceled")

    def receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except OSError:
            data = b""
        self.received += data
        return bool(data)

    def has_ended(self):
        """Whether it has. It is not collected yet: so its id, and that of its group, stay its own."""
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    @staticmethod
    def is_good(line):
        try:
            return json.loads(line)["exit_code"] == 0
        except (ValueError, KeyError, TypeError):
            return False

    def end(self):
        """Ends it, and its group; how it ended. It has the end of its input, and may take its time for its exit."""
        if self.process.returncode is None:
            self.socket.close()
            deadline = time.monotonic() + self.call["grace"]
            while not self.has_ended() and time.monotonic() < deadline:
                time.sleep(0.002)
            self.kill_group()
            self.process.wait()
        code = self.process.returncode
        return {"signal": -code} if code < 0 else {"exit_code": code}

    def kill_group(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass

    def terminate(self):
        """Ends it and its whole tree, before its time."""
        if not self.process:
            return {}
        deadline = time.monotonic() + self.call["grace"]
        self.signal_tree(signal.SIGTERM)
        while descendants(self.others) and time.monotonic() < deadline:
            time.sleep(0.02)
        while self.signal_tree(signal.SIGKILL):
            time.sleep(0.02)
        return self.end()

    def signal_tree(self, number):
        found = descendants(self.others)
        for pid in found:
            try:
                os.kill(pid, number)
                if number == signal.SIGTERM:
                    os.kill(pid, signal.SIGCONT)  # a stopped process would not act on it
            except OSError:
                pass
        return found


def children():
    """The live processes, by their parents."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry, "rb") as file:
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except (OSError, ValueError):
                continue
            if state != b"Z":
                found.setdefault(int(parent), []).append(int(entry))
    return found


def descendants(others):
    """The live processes below this one, without the others and what is below those."""
    known = children()
    found, rest = [], [os.getpid()]
    while rest:
        below = [pid for pid in known.get(rest.pop(), []) if pid not in others]
        found += below
        rest += below
    return found
