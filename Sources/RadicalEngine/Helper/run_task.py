"""Runs the program of a task from RADICAL-Pilot's script of it, and says how it ended.

The script is a shell's, ignores signals, and has what it needs itself in the environment; RADICAL-Pilot says of an end no
more than a number, kills after a tenth of a second, and leaves what a program has left running. So the task comes in words
that no shell minds and is made of them here; the program gets a session of its own, and this process, which RADICAL-Pilot's
signals don't reach, ends it in order when the script is gone.

Each word is a letter, '=' and a text in which all but plain characters are written %XX: bytes arrive as they are. A long
text goes on in words with '+'. How it ended is written to `end.RANK` in the directory of the script, a line for each thing
that is known. Python 3.8 or newer, standard library only.
"""

import errno
import hashlib
import os
import sys
import time
import _signal as signal  # without the enumerations of `signal`, whose cost shows

PR_SET_PDEATHSIG = 1
# What RADICAL-Pilot's process has, and the user's own value is not true of: its own, and what a node's batch system sets.
THEIRS = (b"RP_",)
# What a launcher of MPI or Slurm says of the rank that this is.
LAUNCHERS = (
    b"OMPI_", b"PMIX_", b"PRTE_", b"ORTE_", b"PMI_", b"HYDI_", b"HYDRA_", b"MPI_LOCAL", b"PALS_", b"SLURM_", b"SLURMD_",
    b"MV2_COMM_WORLD_", b"MPIRUN_", b"MPISPAWN_", b"JSM_NAMESPACE_", b"ALPS_APP_",
)
NODE = {
    b"TMPDIR", b"HOSTNAME", b"HOST", b"XDG_RUNTIME_DIR", b"CUDA_VISIBLE_DEVICES", b"ROCR_VISIBLE_DEVICES", b"OMP_NUM_THREADS",
}
# What RADICAL-Pilot has set for itself.
NOISE = (
    b"SCALEMS_", b"RADICAL_", b"PSIJ_", b"_OLD_VIRTUAL_", b"VIRTUAL_ENV_PROMPT", b"PYTHONPATH", b"PYTHONNOUSERSITE", b"PYTHONHOME", b"PS1",
)


def decoded(text):
    first, *rest = text.encode().split(b"%")
    return first + b"".join(bytes([int(part[:2], 16)]) + part[2:] for part in rest)


def read(words):
    """The texts of each letter, in order."""
    texts, last = {}, []
    for word in words:
        letter, text = word[0], decoded(word[2:])
        if letter == "+" and last:
            last[-1] += text
        else:
            last = texts.setdefault(letter, [])
            last.append(text)
    return texts


# The environment.


def users_environment(path, wanted, theirs, venv, is_here):
    """The environment that tasks have: the user's, as it was where the session was started, and the virtual environment.

    It is used only if it is what was written: `wanted` is its SHA-256. `theirs` is that of RADICAL-Pilot's process. On a node (not `is_here`) it is kept where the user has nothing else to say:
    the batch system may have set it there."""
    try:
        with open(path, "rb") as file:
            contents = file.read(1 << 26)
    except OSError as error:
        raise Unready(1, b"the environment %s cannot be read" % path, error)
    if hashlib.sha256(contents).hexdigest() != wanted:
        raise Unready(1, path + b": it is not the environment that was written there, and is not used")
    entries = [entry.partition(b"=") for entry in contents.split(b"\0") if entry]
    result = {name: value for name, value in theirs.items() if name.startswith(THEIRS + LAUNCHERS)}
    if not is_here:
        result.update((name, value) for name, value in theirs.items() if not name.startswith(NOISE))
    for name, _, value in entries:
        if not name.startswith(THEIRS) and not (name in result and (name in NODE or name.startswith(LAUNCHERS))):
            result[name] = value
    result[b"VIRTUAL_ENV"] = venv
    result[b"PATH"] = venv + b"/bin" + (b":" + result[b"PATH"] if result.get(b"PATH") else b":/usr/bin:/bin")
    result.pop(b"PYTHONHOME", None)
    result.pop(b"OLDPWD", None)
    return result


def set_all(environment, entries):
    for entry in entries:
        name, _, value = entry.partition(b"=")
        environment[name] = value


# Programs.


class Unready(Exception):
    """Why the program was not started, and the exit code that says so."""

    def __init__(self, code, text, error=None):
        text += b": " + os.strerror(error.errno).encode() if error else b""
        super().__init__(text.decode("utf-8", "replace"))
        self.code = code


def code_of(error):
    """What a shell says of a program that the system does not start."""
    return 127 if error.errno == errno.ENOENT else 126


def find(name, path):
    """Where a shell would find a program; None when no directory has it."""
    if b"/" in name:
        return name
    for directory in path.split(b":"):
        candidate = os.path.join(directory or b".", name)
        if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    return None


def is_script(path):
    """Whether a shell runs a file that the system cannot: it looks for a NUL in the first line."""
    try:
        with open(path, "rb") as file:
            return b"\0" not in file.read(256).partition(b"\n")[0]
    except OSError:
        return False


def execute(program, argv, environment):
    """Takes the place of this process; the number of the error when it can't."""
    try:
        os.execve(program, argv, environment)
    except OSError as problem:
        number = problem.errno
    if number == errno.ENOEXEC and is_script(program):
        script = b"./" + program if program.startswith(b"-") else program
        try:
            os.execve(b"/bin/sh", [b"/bin/sh", script] + argv[1:], environment)
        except OSError as problem:
            number = problem.errno
    return number


try:
    import _ctypes  # `ctypes` is three times as slow to import

    PRCTL = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")

    def die_with_parent(number):
        _ctypes.call_function(PRCTL, (PR_SET_PDEATHSIG, number))

except Exception:  # a Python that was built without it

    def die_with_parent(number):
        pass


def start(program, argv, environment, descriptor):
    """A rank: a process in a session of its own, with the signals that programs expect, that ends when this one does."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        with open(reader, "rb") as pipe:
            number = pipe.read()
        if number:
            os.waitpid(pid, 0)
            raise OSError(int(number), os.strerror(int(number)))
        return pid
    number = errno.EIO
    try:
        os.setsid()
        die_with_parent(signal.SIGKILL)
        for other in range(1, signal.NSIG):
            try:
                signal.signal(other, signal.SIG_DFL)
            except (OSError, ValueError):  # SIGKILL, SIGSTOP, those of the C library
                pass
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.dup2(descriptor, 0)
        number = execute(program, argv, environment)
    finally:
        os.write(writer, b"%d" % number)
        os._exit(127)


def processes(marks):
    """The live processes that carry all of these marks in their environment; of all that live, the session."""
    found, sessions = [], {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open("/proc/%s/stat" % entry, "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
            if fields[0] == b"Z":
                continue
            sessions[int(entry)] = int(fields[3])
            with open("/proc/%s/environ" % entry, "rb") as file:
                entries = file.read().split(b"\0")
            if all(mark in entries for mark in marks):
                found.append(int(entry))
        except (OSError, ValueError, IndexError):
            pass
    return found, sessions


class Task:
    """The ranks of a task that are this process's affair: one, but for plain ranks."""

    GIVEN = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT}

    def __init__(self, texts, place, parent):
        self.texts, self.place, self.parent = texts, place, parent
        self.rank = os.environb.get(b"RP_RANK") or b"0"
        self.count = int(texts["n"][0]) if "n" in texts else 1
        self.file = os.path.join(place, b"end." + self.rank)
        self.grace = float(texts["g"][0])
        self.ranks, self.leaders, self.marks = {}, set(), []
        self.end, self.kill_time, self.was_told = {}, None, False
        self.begun = time.monotonic()

    def run(self):
        """The exit status for RADICAL-Pilot's script."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self.GIVEN | {signal.SIGCHLD})
        # A signal that is ignored does not come at all.
        for number in self.GIVEN | {signal.SIGCHLD}:
            signal.signal(number, lambda *_: None)
        # While it is there, the task has not come to its end.
        with open(self.file + b".new", "w") as file:
            file.write("%s %d" % (os.uname().nodename, os.getpid()))
        try:
            self.start_all()
        except Unready as problem:
            self.end["reason"] = str(problem)
            if problem.code:
                self.end["exit_code"] = problem.code
        self.await_all()
        return self.report()

    # Start.

    def environment(self, directory):
        path, wanted = self.texts["E"][0], self.texts["H"][0].decode()
        result = users_environment(path, wanted, os.environb, self.texts["V"][0], "h" in self.texts)
        set_all(result, self.texts.get("e", []))
        set_all(result, self.texts.get("v", []))
        result[b"SCALEMS_TASK_DIR"] = directory
        result[b"SCALEMS_RANK"] = self.rank
        return result

    def start_all(self):
        texts = self.texts
        directory = texts["t"][0]
        try:
            os.chdir(directory)
        except OSError as error:
            raise Unready(1, b"the directory of the task, %s, cannot be entered" % directory, error)
        directory = os.getcwdb()
        environment = self.environment(directory)
        self.marks = [b"%s=%s" % (name, environment[name]) for name in (b"SCALEMS_TASK_ID", b"SCALEMS_SESSION_ID")]
        descriptors = [self.open_input(directory), os.open(os.devnull, os.O_RDONLY)]
        if "d" in texts:
            try:
                os.chdir(texts["d"][0])
            except OSError as error:
                raise Unready(code_of(error), b"the directory to run in, %s, cannot be entered" % texts["d"][0], error)
        environment[b"PWD"] = os.getcwdb()
        if "o" in texts:
            os.dup2(1, 2)
        argv, path = texts["a"], environment.get(b"PATH", os.defpath.encode())
        what, name = b"the program '%s'" % argv[0], argv[0]
        if "p" in texts:
            what, name, path = b"bash, which runs pre_exec,", b"bash", b"/bin:" + path
        program = find(name, path)
        if program is None:
            raise Unready(127, what + b" was not found in PATH")
        for number in range(self.count):
            if self.count > 1:
                environment[b"SCALEMS_RANK"] = b"%d" % number
            words = argv
            if "p" in texts:
                open(self.marker(number), "wb").close()
                words = [b"bash", b"-c", texts["s"][0], b"pre_exec", self.marker(number), b"0", b"%d" % len(texts["p"])]
                words += texts["p"] + argv
            try:
                # The input is the first rank's.
                pid = start(program, words, environment, descriptors[environment[b"SCALEMS_RANK"] != b"0"])
            except OSError as error:
                problem = Unready(code_of(error), b"'%s' could not be started" % words[0], error)
                if not self.ranks:
                    raise problem
                self.end.update(exit_code=problem.code, reason=str(problem))
                self.terminate()
                break
            self.ranks[pid] = number
            self.leaders.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)

    def marker(self, number):
        """The file that says how far the `pre_exec` of a rank has come."""
        return os.path.join(self.place, b"pre_exec.%s.%d" % (self.rank, number))

    def open_input(self, directory):
        if "i" not in self.texts or self.rank != b"0":
            return os.open(os.devnull, os.O_RDONLY)
        path = os.path.join(directory, self.texts["i"][0])
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise Unready(None, b"the standard input %s could not be opened" % path, error)
        # Of anything but a regular file an end might never come.
        if os.fstat(descriptor).st_mode & 0o170000 != 0o100000:
            raise Unready(None, b"the standard input %s could not be opened: it is no regular file" % path)
        os.set_blocking(descriptor, True)
        return descriptor

    # End.

    def await_all(self):
        """Until its ranks have ended; and, when it was told to end, all that belongs to it."""
        while self.ranks or (self.was_told and processes(self.marks)[0]):
            # The script may have ended before that could be noticed.
            if os.getppid() != self.parent:
                self.terminate()
            if self.was_told and time.monotonic() > self.kill_time:
                self.signal_all(signal.SIGKILL)
            # What was told to end may leave others of its tree, of which no signal comes.
            given = signal.sigtimedwait(self.GIVEN | {signal.SIGCHLD}, 0.05 if self.was_told else 30)
            if given and given.si_signo in self.GIVEN:
                self.terminate()
            self.collect()

    def collect(self):
        while self.ranks:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            # While it is not waited for, its id is its own: what is left of its group can be killed without a doubt.
            if not self.was_told:
                try:
                    os.killpg(ended.si_pid, signal.SIGKILL)
                except OSError:
                    pass
            _, status, usage = os.wait4(ended.si_pid, 0)
            if self.ranks.pop(ended.si_pid, None) is not None:
                self.note(status, usage)

    def note(self, status, usage):
        end = self.end
        end["user"] = end.get("user", 0) + usage.ru_utime
        end["system"] = end.get("system", 0) + usage.ru_stime
        end["peak_kib"] = max(end.get("peak_kib", 0), usage.ru_maxrss)
        end["wall"] = time.monotonic() - self.begun
        # The first bad end is the task's.
        if "signal" not in end and not end.get("exit_code"):
            if os.WIFSIGNALED(status):
                end["signal"] = os.WTERMSIG(status)
                end.pop("exit_code", None)
            else:
                end["exit_code"] = os.WEXITSTATUS(status)
        # The others of a parallel program would wait for it for ever.
        if status and self.ranks:
            self.terminate()

    def terminate(self):
        if not self.was_told:
            self.was_told = True
            self.kill_time = time.monotonic() + self.grace
            self.signal_all(signal.SIGTERM)

    def signal_all(self, number):
        found, sessions = processes(self.marks)
        members = [pid for pid, session in sessions.items() if session in self.leaders]
        # The ranks first, so that a shell that is ended does not tell how its children did.
        for pid in sorted(set(found + members), key=lambda pid: (pid not in self.leaders, pid)):
            try:
                os.kill(pid, number)
                # A stopped process would not act on it.
                if number == signal.SIGTERM:
                    os.kill(pid, signal.SIGCONT)
            except OSError:
                pass

    def report(self):
        end = self.end
        for number in range(self.count):
            try:
                with open(self.marker(number), "rb") as file:
                    entry = file.read(300)
            except OSError:
                continue
            if entry:
                end.setdefault("entry", entry.decode("utf-8", "replace"))
        try:
            with open(self.file + b".new", "w", encoding="utf-8", errors="replace") as file:
                file.write("".join("%s %s\n" % (key, str(value).replace("\n", " ")) for key, value in end.items()))
            os.rename(self.file + b".new", self.file)
        except OSError as error:
            os.write(2, b"how it ended could not be written to %s: %s\n" % (self.file, error.strerror.encode()))
        if "signal" in end:
            return 128 + end["signal"]
        return end.get("exit_code") or (1 if "entry" in end or "reason" in end else 0)


def main():
    # RADICAL-Pilot's signals go to the group of its scripts, and then it kills them.
    parent = os.getppid()
    try:
        os.setsid()
    except OSError:
        pass
    die_with_parent(signal.SIGTERM)
    os._exit(Task(read(sys.argv[1:]), os.getcwdb(), parent).run())


if __name__ == "__main__":
    main()
