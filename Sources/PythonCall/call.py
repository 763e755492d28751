"""Calls Python functions, one after the other: the interpreter of a raptor, whichever engine the raptor belongs to.

Started as `python call.py DIRECTORY`, or as `python -c` with what reads this program first, with a socket as its
standard input. A call comes as one line of JSON, its end
goes back as an event of the journal, and a line that the interpreter is ready for another follows. The socket is moved
away first, so that nothing a function prints can get into it; DIRECTORY is where modules are looked for first. It ends
with its input. Python 3.8 or newer, standard library only.
"""

import sys

BARE = frozenset(sys.modules)  # what an interpreter has loaded before it runs anything

import faulthandler
import fcntl
import functools
import importlib.machinery
import json
import os
import re
import resource
import signal
import time
import traceback
from _signal import getsignal, pthread_sigmask  # without the enumerations of `signal`, whose cost shows
from _thread import _count as count_threads

try:
    import ctypes

    C = ctypes.CDLL(None)
    flush_c_streams = functools.partial(C.fflush, None)
    control_process = C.prctl
except Exception:  # a Python that was built without it

    def flush_c_streams():
        pass

    def control_process(*_):
        pass


VALUE_LIMIT = 1 << 20  # bytes of JSON
DEPTH_LIMIT = 100  # of lists and dicts in each other
DIGITS_LIMIT = 308  # what a double holds, as which other languages read numbers
REASON_LIMIT = 500  # characters

HERE = sys._getframe().f_code.co_filename  # there may be no __file__
ENVIRONMENT, ENVIRONMENT_BYTES = os.environ, os.environb
SIGNALS = [int(number) for number in signal.valid_signals()]


class Refusal(Exception):
    """Why a function cannot be called, or its value not be handed back."""


# Values.


def dump(value):
    """A value as JSON, and how many bytes that is."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return text, len(text.encode())
    except UnicodeEncodeError:  # half a surrogate pair
        text = json.dumps(value, allow_nan=False)
        return text, len(text)


STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
LONG_INTEGER = re.compile(r"[0-9]{%d}" % (DIGITS_LIMIT + 1))
INNERMOST = re.compile(r"[\[{][^][{}]*[]}]")


def check(text):
    """Refuses JSON that is correct, but that other readers of it refuse."""
    if len(text) <= 2 * DEPTH_LIMIT:
        return
    rest = STRING.sub("", text)
    if LONG_INTEGER.search(rest):
        raise Refusal("its value has an integer of more than %d digits: return it as text" % DIGITS_LIMIT)
    for _ in range(DEPTH_LIMIT):
        rest, count = INNERMOST.subn("", rest)
        if not count:
            return
    if INNERMOST.search(rest):
        raise Refusal("its value is nested deeper than %d levels: write it to a file" % DEPTH_LIMIT)


def encode(value):
    """A value as the JSON that is kept of it."""
    try:
        text, size = dump(value)
    except Exception as error:
        raise Refusal("its value cannot be written as JSON: %s" % (words(error) or kind(error))) from None
    if size > VALUE_LIMIT:
        raise Refusal("its value is %d bytes of JSON, at most %d are kept: write it to a file" % (size, VALUE_LIMIT))
    check(text)
    return text


# Errors.


def words(error):
    """The first line of what an error says."""
    try:
        return "".join(str(error).strip().splitlines()[:1])
    except BaseException:
        return ""


def kind(error):
    its = type(error)
    return its.__qualname__ if its.__module__ == "builtins" else "%s.%s" % (its.__module__, its.__qualname__)


def reason(error):
    """What the last line of the traceback says."""
    if isinstance(error, Refusal):
        return str(error)
    text = words(error)
    return ("%s: %s" % (kind(error), text) if text else kind(error))[:REASON_LIMIT]


def status(code):
    """What `sys.exit(code)` ends a process with."""
    if code is None:
        return 0
    if not isinstance(code, int):
        return 1
    return code & 0xFF if -(1 << 63) <= code < 1 << 63 else 0xFF


def report(error, file):
    """Writes what an interpreter would at its end: the traceback, from the function on, or the text of `sys.exit`."""
    if isinstance(error, SystemExit):
        if not (error.code is None or isinstance(error.code, int)):
            print(error.code, file=file)
        return
    if isinstance(error, Refusal):
        print(error, file=file)
        return
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename == HERE:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames, file=file)


# The place of a call.


def stream(descriptor):
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def is_open(file):
    try:
        return not file.closed
    except Exception:  # it was detached
        return False


def direct(paths):
    """Lets the descriptors 0, 1, 2 read and write these files: for Python, for C code and for subprocesses."""
    for number, path in enumerate(paths):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        if descriptor == number:  # the function had closed it
            os.set_inheritable(number, True)
        else:
            os.dup2(descriptor, number)
            os.close(descriptor)


def file_of(descriptor):
    """What tells the file of a descriptor from others: functions close them, and open files under their numbers."""
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


class Streams:
    """Python's own three, whatever functions do to them."""

    def __init__(self):
        self.input, self.output, self.error = sys.stdin, stream(1), stream(2)
        self.null = self.open_null()
        self.nowhere = file_of(self.null)

    @staticmethod
    def open_null():
        """Above the standard streams, of which any may be closed."""
        descriptor = os.open(os.devnull, os.O_RDWR)
        try:
            return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
        finally:
            os.close(descriptor)

    def leave(self):
        """Lets go of the files of a call, also when the function left no descriptor to open another with."""
        try:
            is_there = file_of(self.null) == self.nowhere
        except OSError:
            is_there = False
        if not is_there:
            self.null = self.open_null()
        for number in range(3):
            os.dup2(self.null, number)

    def restore(self):
        if not is_open(self.input):
            self.input = open(0, encoding="utf-8", errors="replace", closefd=False)
        if not is_open(self.output):
            self.output = stream(1)
        if not is_open(self.error):
            self.error = stream(2)
        sys.stdin = sys.__stdin__ = self.input
        sys.stdout = sys.__stdout__ = self.output
        sys.stderr = sys.__stderr__ = self.error

    def flush(self):
        """What cannot be written is an error; what a function put in their places is its own affair."""
        for name in ("stdout", "stderr"):
            try:
                if getattr(sys, name) not in (self.output, self.error):
                    getattr(sys, name).flush()
            except Exception:
                pass
        for file in (self.output, self.error):
            if is_open(file):
                file.flush()
        flush_c_streams()


class Place:
    """Where a function runs: its directory, environment and streams. What it changes is undone for the next one."""

    def __init__(self, request, streams):
        self.request = request
        self.streams = streams
        self.path, self.paths = sys.path, sys.path[:]
        self.environment = dict(ENVIRONMENT_BYTES)
        self.handlers = [(number, getsignal(number)) for number in SIGNALS]
        self.mask = pthread_sigmask(signal.SIG_BLOCK, [])
        self.umask = os.umask(0o077)
        os.umask(self.umask)
        self.recursion = sys.getrecursionlimit()

    def enter(self):
        directory = self.request["directory"]
        outputs = [os.path.join(directory, self.request[name]) for name in ("stdout", "stderr")]
        try:
            direct([os.devnull] + outputs)
            self.streams.restore()
            os.chdir(directory)
            if "" in self.request["environment"]:  # Python 3.8 sets it, and cannot take it back
                raise ValueError("a variable without a name")
            ENVIRONMENT.update(self.request["environment"])
            ENVIRONMENT["PWD"] = os.getcwd()
            ENVIRONMENT.pop("OLDPWD", None)
        except (OSError, ValueError) as error:
            raise Refusal("its directory, output and environment could not be set: %s" % error) from None

    def leave(self):
        self.restore_signals()
        try:
            self.streams.flush()
        except Exception:
            pass
        self.streams.leave()
        self.streams.restore()
        os.chdir("/")
        os.umask(self.umask)
        sys.setrecursionlimit(self.recursion)
        sys.path = self.path
        sys.path[:] = self.paths
        os.environ = ENVIRONMENT
        changed = dict(ENVIRONMENT_BYTES)
        for name in changed.keys() - self.environment.keys():
            del ENVIRONMENT_BYTES[name]
        for name, value in self.environment.items():
            if changed.get(name) != value:
                ENVIRONMENT_BYTES[name] = value

    def restore_signals(self):
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)
        for number, handler in self.handlers:
            if handler is not None and getsignal(number) is not handler:
                signal.signal(number, handler)
        pthread_sigmask(signal.SIG_SETMASK, self.mask)


# A call.


def call(request, streams):
    """The value of the function, as JSON."""
    module = request["module"]
    if module not in sys.modules:
        # An earlier task may have written it a moment ago. importlib.invalidate_caches would import forty modules.
        for finder in sys.path_importer_cache.values():
            if hasattr(finder, "invalidate_caches"):
                finder.invalidate_caches()
        # Not import_module, whose own frames would stand in the traceback of a module that fails.
        __import__(module)
    function = functools.reduce(getattr, request["name"].split("."), sys.modules[module])
    text = encode(function(*request["args"], **request["kwargs"]))
    streams.flush()
    return text


def run(request, streams):
    """Exit code, value and reason of a call; the texts are None when there are none."""
    place = Place(request, streams)
    try:
        place.enter()
        return 0, call(request, streams), None
    except BaseException as error:
        try:
            report(error, streams.error if is_open(streams.error) else stream(2))
        except BaseException:  # nowhere to write it, or nothing that can be written
            pass
        if isinstance(error, SystemExit):
            return status(error.code), None, None
        return 1, None, reason(error)
    finally:
        place.leave()


def usage():
    """Seconds in user and in system mode, and the peak of the memory in KiB."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (
        own.ru_utime + children.ru_utime,
        own.ru_stime + children.ru_stime,
        max(own.ru_maxrss, children.ru_maxrss),
    )


def answer(request, streams):
    """The end of a call, as a line."""
    process = os.getpid()
    user, system, peak = usage()
    code, value, why = run(request, streams)
    if os.getpid() != process:  # the function forked, and this is the copy
        os._exit(code)
    user_after, system_after, peak_after = usage()
    members = {
        "t": "%.6f" % time.time(),
        "event": '"task"',
        "uid": json.dumps(request["uid"]),
        "state": '"FAILED"' if code else '"DONE"',
        "exit_code": code,
        "user": "%.6f" % (user_after - user),
        "system": "%.6f" % (system_after - system),
    }
    if peak_after > peak:  # else it is an earlier function's
        members["peak_kib"] = peak_after
    if why is not None:
        members["reason"] = json.dumps(why)
    if value is not None:
        members["value"] = value
    return "{%s}\n" % ",".join('"%s":%s' % member for member in members.items())


# The interpreter.


LIMITS = [number for name, number in vars(resource).items() if name.startswith("RLIMIT_")]


def lasting():
    """What of a process cannot be undone, or not by everyone."""
    return (
        [resource.getrlimit(number) for number in LIMITS],
        os.getpriority(os.PRIO_PROCESS, 0),
        os.getresuid(),
        os.getresgid(),
        os.sched_getaffinity(0),
    )


def leaves_processes():
    """Whether the function left something running. Its orphans count: this process is a subreaper."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    except ChildProcessError:
        return False


def leaves_descriptors():
    """Whether the function left so many files open that the next may find none to open."""
    try:
        number = os.dup(1)
    except OSError:
        return True
    os.close(number)
    return number > min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 1024) // 2


class Channel:
    """The socket to whoever wants functions called."""

    def __init__(self):
        self.descriptor = os.dup(0)
        self.file = file_of(self.descriptor)
        self.lines = open(self.descriptor, "rb", closefd=False)

    def write(self, text):
        try:
            is_there = file_of(self.descriptor) == self.file
        except OSError:
            is_there = False
        if not is_there:
            os._exit(1)  # there is nobody left to answer
        rest = memoryview(text.encode())
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]


def make_way(directory):
    """Forgets what this file imported and the workflow has modules of its own for: a function finds those."""
    for name in {name.partition(".")[0] for name in sys.modules} - BARE - {"__main__"}:
        if name in sys.builtin_module_names:
            continue
        spec = importlib.machinery.PathFinder.find_spec(name, [directory])
        if spec and spec.loader and spec.origin:  # a directory without modules gives way itself
            for loaded in [key for key in sys.modules if key.partition(".")[0] == name]:
                del sys.modules[loaded]


def tidy():
    """Makes this the process that a function expects, whoever started it."""
    control_process(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nothing outlives its raptor
    control_process(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans of a function come here
    for number in set(SIGNALS) - {signal.SIGPIPE, signal.SIGXFSZ}:
        if getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    pthread_sigmask(signal.SIG_SETMASK, [])
    faulthandler.enable(file=2)


def main():
    channel = Channel()
    directory = sys.argv.pop()
    if sys.path and sys.path[0] in ("", os.path.dirname(os.path.abspath(HERE))):
        sys.path.pop(0)
    sys.path.insert(0, directory)
    make_way(directory)
    tidy()
    streams = Streams()
    streams.restore()
    before = lasting()
    for line in channel.lines:
        text = answer(json.loads(line), streams)
        is_last = leaves_processes() or count_threads() > 0 or leaves_descriptors() or lasting() != before
        channel.write(text if is_last else text + '{"event":"worker.ready"}\n')
        if is_last:  # whoever waits for its end ends the others, too
            os._exit(0)


# Where this is a file, a function that starts processes with multiprocessing imports it in each.
if __name__ == "__main__":
    main()
