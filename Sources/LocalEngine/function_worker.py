"""An interpreter of a raptor: calls Python functions, one after the other.

Standard input is a socket: a call comes as one line of JSON, its end goes back as an event of the journal, and a line
that the interpreter is ready for another follows. The socket is moved away first, so that nothing a function prints
can get into it. Python 3.8 or newer, standard library only.
"""

import faulthandler
import functools
import importlib
import json
import os
import resource
import signal
import sys
import time
import traceback

try:
    import ctypes

    flush_c_streams = functools.partial(ctypes.CDLL(None).fflush, None)
except Exception:  # a Python that was built without it

    def flush_c_streams():
        pass


VALUE_LIMIT = 1 << 20


class Refusal(Exception):
    """A value that cannot be handed back, and why."""


def stream(descriptor):
    return open(
        descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
    )


def direct(paths):
    """Lets the descriptors 0, 1, 2 read and write these files: for Python, for C code and for subprocesses."""
    for number, path in enumerate(paths):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        if descriptor == number:  # the function had closed it
            os.set_inheritable(number, True)
        else:
            os.dup2(descriptor, number)
            os.close(descriptor)


def flush():
    for file in {sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__}:
        if file is not None and not file.closed:
            file.flush()
    flush_c_streams()


class Place:
    """Where a function runs: its directory, environment and streams. What it changes is undone for the next one."""

    def __init__(self, request):
        self.request = request

    def __enter__(self):
        self.path = sys.path[:]
        self.environment = dict(os.environ)
        direct(["/dev/null", self.request["stdout"], self.request["stderr"]])
        if sys.__stdout__.closed:
            sys.__stdout__ = stream(1)
        if sys.__stderr__.closed:
            sys.__stderr__ = stream(2)
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        os.environ.update(self.request["environment"])
        os.chdir(self.request["directory"])

    def __exit__(self, *_):
        try:
            flush()
        except Exception:
            pass
        direct(["/dev/null"] * 3)
        os.chdir("/")
        sys.path[:] = self.path
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for name in [name for name in os.environ if name not in self.environment]:
            del os.environ[name]
        for name, value in self.environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value


def call(request):
    """The value of the function, as JSON."""
    module = request["module"]
    if module not in sys.modules:
        # An earlier task may have written it a moment ago.
        importlib.invalidate_caches()
        # Not import_module, whose own frames would stand in the traceback of a module that fails.
        __import__(module)
    function = functools.reduce(getattr, request["name"].split("."), sys.modules[module])
    value = function(*request["args"], **request["kwargs"])
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except UnicodeEncodeError:  # half a surrogate pair
        text = json.dumps(value, allow_nan=False)
        size = len(text)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Refusal("its value cannot be written as JSON: %s" % error) from None
    if size > VALUE_LIMIT:
        raise Refusal("its value is %d bytes of JSON, at most %d are kept: write it to a file" % (size, VALUE_LIMIT))
    flush()
    return text


def reason(error):
    """What the last line of the traceback says."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else "%s.%s" % (kind.__module__, kind.__qualname__)
    try:
        text = str(error).strip().split("\n")[0]
    except Exception:
        text = ""
    return ("%s: %s" % (name, text) if text else name)[:500]


def report(error):
    """Writes the traceback, from the function on."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames, file=sys.__stderr__)


def run(request):
    """Exit code, value and reason of a call; the texts are None when there are none."""
    with Place(request):
        try:
            return 0, call(request), None
        except SystemExit as end:
            if end.code is None or isinstance(end.code, int):
                return (end.code or 0) & 0xFF, None, None
            print(end.code, file=sys.__stderr__)
            return 1, None, None
        except Refusal as refusal:
            print(refusal, file=sys.__stderr__)
            return 1, None, str(refusal)
        except BaseException as error:
            try:
                report(error)
            except Exception:  # nowhere to write it
                pass
            return 1, None, reason(error)


def usage():
    """Seconds in user and in system mode, and the peak of the memory in KiB."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (
        own.ru_utime + children.ru_utime,
        own.ru_stime + children.ru_stime,
        max(own.ru_maxrss, children.ru_maxrss),
    )


def leaves_processes():
    """Whether the function left something running. Its orphans count: this process is a subreaper."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
        return True
    except ChildProcessError:
        return False


def answer(request):
    user, system, peak = usage()
    code, value, why = run(request)
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


def main():
    channel = open(os.dup(0), "r+b", buffering=0)
    directory = sys.argv.pop()
    if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
        sys.path.pop(0)
    sys.path.insert(0, directory)
    sys.stdout = sys.__stdout__ = stream(1)
    sys.stderr = sys.__stderr__ = stream(2)
    faulthandler.enable(file=2)
    process = os.getpid()
    for line in open(channel.fileno(), "rb", closefd=False):
        text = answer(json.loads(line))
        if os.getpid() != process:  # the function forked, and this is the copy
            os._exit(0)
        is_last = leaves_processes()
        if not is_last:
            text += '{"event":"worker.ready"}\n'
        rest = memoryview(text.encode())
        while rest:
            rest = rest[channel.write(rest) :]
        if is_last:  # whoever waits for its end ends the others, too
            os._exit(0)


# A function that starts processes with multiprocessing imports this file in each.
if __name__ == "__main__":
    main()
