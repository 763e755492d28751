"""call.py: the rules of one call, each in a real interpreter."""

import os
import signal
import subprocess
import sys
import unittest

from support import CallTestCase, Interpreter


class ValueTests(CallTestCase):
    MODULE = """
import enum
def give(expression): return eval(expression)
class Number(float): pass
class Whole(int): pass
class Colour(enum.IntEnum): RED = 3
class Array:
    def tolist(self): return [1]
class Odd(dict):
    def items(self): raise KeyError("odd")
def circle():
    a = []
    a.append(a)
    return a
def nested(n):
    value = 1
    for _ in range(n): value = [value]
    return value
def nothing(): pass
"""

    def raw(self, expression):
        """What stands in the journal, byte by byte."""
        interpreter = self.interpreters[-1] if self.interpreters else self.interpreter()
        interpreter.send(self.request("give", expression))
        line = interpreter.lines.readline().decode()
        interpreter.lines.readline()
        return line[line.index('"value":') + 8 : -2]

    def setUp(self):
        super().setUp()
        self.module(self.MODULE)

    def test_values_as_they_are(self):
        for expression, text in [
            ("1", "1"),
            ("2.0", "2.0"),
            ("-0.0", "-0.0"),
            ("0.1", "0.1"),
            ("1e308", "1e+308"),
            ("5e-324", "5e-324"),
            ("True", "true"),
            ("None", "null"),
            ("''", '""'),
            ("'a\\n\"\\\\b'", '"a\\n\\"\\\\b"'),
            ("'\\x00'", '"\\u0000"'),
            ("'é👩‍🔬'", '"é👩‍🔬"'),
            ("'\\ud800'", '"\\ud800"'),
            ("['é', '\\udfff']", '["\\u00e9", "\\udfff"]'),
            ("'\\u2028'", '"\u2028"'),
            ("(1, (2, ()))", "[1, [2, []]]"),
            ("{}", "{}"),
            ("[[], {}]", "[[], {}]"),
            ("{'a': {'b': [1.5]}}", '{"a": {"b": [1.5]}}'),
            ("{1: 2, True: 3, None: 4, 1.5: 5}", '{"1": 3, "null": 4, "1.5": 5}'),
            ("10**30", str(10**30)),
            ("-(10**307)", str(-(10**307))),
            ("Number(2)", "2.0"),
            ("Whole(7)", "7"),
            ("Colour.RED", "3"),
        ]:
            with self.subTest(expression):
                self.assertEqual(self.raw(expression), text)

    def test_values_that_are_no_json(self):
        for expression in [
            "float('nan')",
            "[float('inf')]",
            "-float('inf')",
            "1e400",
            "{float('nan'): 1}",
            "{1, 2}",
            "b'x'",
            "1j",
            "object()",
            "{(1, 2): 3}",
            "{b'k': 1}",
            "Array()",
            "circle()",
            "nested(100000)",
            "Odd(a=1)",
            "lambda: 1",
            "(n for n in [])",
            "[bytearray(2)]",
            "range(3)",
        ]:
            with self.subTest(expression):
                answer = self.call("give", expression)
                self.assertEqual((answer["state"], answer["exit_code"]), ("FAILED", 1))
                self.assertTrue(answer["reason"].startswith("its value cannot be written as JSON: "), answer)
                self.assertNotIn("value", answer)
                self.assertEqual(self.text("err"), answer["reason"] + "\n")

    def test_values_that_other_readers_refuse(self):
        self.assertEqual(self.call("nested", 100)["state"], "DONE")
        self.assertEqual(
            self.call("nested", 101)["reason"], "its value is nested deeper than 100 levels: write it to a file"
        )
        self.assertEqual(self.call("give", "[[[]] * 50] * 99")["state"], "DONE")
        self.assertEqual(self.value("give", "'[{' * 200 + '9' * 400"), "[{" * 200 + "9" * 400)
        self.assertEqual(self.value("give", "['\\\\' + '\"', '[' * 300]"), ["\\" + '"', "[" * 300])
        self.assertIn("an integer of more than 308 digits", self.call("give", "[10**400]")["reason"])
        self.assertEqual(self.call("give", "10**5000")["state"], "FAILED")

    def test_the_limit_is_one_mebibyte(self):
        limit = 1 << 20
        self.assertEqual(len(self.value("give", "'x' * (2**20 - 2)")), limit - 2)
        self.assertEqual(
            self.call("give", "'x' * (2**20 - 1)")["reason"],
            "its value is 1048577 bytes of JSON, at most 1048576 are kept: write it to a file",
        )
        self.assertIn("1048578 bytes", self.call("give", "'é' * 2**19")["reason"])
        self.assertEqual(self.call("give", "'\\ud800' * 2**18")["state"], "FAILED")

    def test_no_value(self):
        self.assertIsNone(self.call("nothing")["value"])
        self.assertEqual(self.raw("None"), "null")


class EndTests(CallTestCase):
    MODULE = """
import os, signal, sys
class Mute(Exception):
    def __str__(self): raise RuntimeError("no words")
class Deadly(Exception):
    def __str__(self): sys.exit(9)
class Outer:
    class Inner(ValueError): pass
    @staticmethod
    def method(n): return n + 1
def leave(*code): sys.exit(*code)
def leave_with(expression): sys.exit(eval(expression))
def fail(expression): raise eval(expression)
def chain():
    try: 1 / 0
    except ZeroDivisionError: raise KeyError("second")
def deep(n): return deep(n + 1)
def memory(): return bytearray(1 << 62)
def die(code): os._exit(code)
def kill(number): os.kill(os.getpid(), number)
def two(a, b): return a
number = 5
"""

    def setUp(self):
        super().setUp()
        self.module(self.MODULE)

    def test_exit_codes(self):
        for code, expected in [
            ("None", 0),
            ("0", 0),
            ("3", 3),
            ("256", 0),
            ("-1", 255),
            ("True", 1),
            ("2**32 + 2", 2),
            ("2**70", 255),
            ("-2**70", 255),
        ]:
            with self.subTest(code):
                answer = self.call("leave_with", code)
                self.assertEqual(answer["exit_code"], expected)
                self.assertEqual(answer["state"], "FAILED" if expected else "DONE")
                self.assertNotIn("value", answer)
                self.assertNotIn("reason", answer)
                self.assertEqual(self.text("err"), "")
        self.assertEqual(self.call("leave")["exit_code"], 0)

    def test_exit_with_words(self):
        for code, words in [("'text'", "text\n"), ("['a', 1]", "['a', 1]\n"), ("Mute()", ""), ("Deadly()", "")]:
            with self.subTest(code):
                answer = self.call("leave_with", code)
                self.assertEqual((answer["exit_code"], self.text("err")), (1, words))
                self.assertNotIn("reason", answer)

    def test_reasons(self):
        for expression, reason in [
            ("ValueError('this is why')", "ValueError: this is why"),
            ("ValueError()", "ValueError"),
            ("KeyError('k')", "KeyError: 'k'"),
            ("ValueError('one\\ntwo')", "ValueError: one"),
            ("ValueError('one\\rtwo')", "ValueError: one"),
            ("ValueError('\\n\\n x \\n')", "ValueError: x"),
            ("Mute()", "functions.Mute"),
            ("Deadly()", "functions.Deadly"),
            ("Outer.Inner('x')", "functions.Outer.Inner: x"),
            ("KeyboardInterrupt()", "KeyboardInterrupt"),
            ("GeneratorExit()", "GeneratorExit"),
            ("BaseException('b')", "BaseException: b"),
            ("MemoryError()", "MemoryError"),
            (
                "OSError(2, 'No such file', 'x')",
                "OSError: [Errno 2] No such file: 'x'".replace("OSError", "FileNotFoundError"),
            ),
            ("ValueError('\\ud800 é')", "ValueError: \ud800 é"),
            ("3", "TypeError: exceptions must derive from BaseException"),
        ]:
            with self.subTest(expression):
                answer = self.call("fail", expression)
                self.assertEqual((answer["exit_code"], answer["reason"]), (1, reason))
        self.assertEqual(len(self.call("fail", "ValueError('x' * 5000)")["reason"]), 500)
        self.assertTrue(self.call("deep", 0)["reason"].startswith("RecursionError: "))
        self.assertEqual(self.call("memory")["state"], "FAILED")

    def test_tracebacks_begin_in_the_function(self):
        self.call("fail", "ValueError('this is why')")
        lines = self.text("err").splitlines()
        self.assertEqual(lines[0], "Traceback (most recent call last):")
        self.assertIn("functions.py", lines[1])
        self.assertIn("in fail", lines[1])
        self.assertEqual(lines[-1], "ValueError: this is why")
        self.call("chain")
        self.assertIn("ZeroDivisionError", self.text("err"))
        for text in (self.text("err"), "\n".join(lines)):
            self.assertNotIn("call.py", text)

    def test_what_cannot_be_called(self):
        for name, reason in [
            ("missing", "AttributeError: module 'functions' has no attribute 'missing'"),
            ("number", "TypeError: 'int' object is not callable"),
            ("Outer.none", "AttributeError: type object 'Outer' has no attribute 'none'"),
            ("two", "TypeError: two() missing 2 required"),
        ]:
            with self.subTest(name):
                self.assertTrue(self.call(name)["reason"].startswith(reason))
                self.assertNotIn("call.py", self.text("err"))
        self.assertEqual(self.value("Outer.method", 2), 3)
        self.assertEqual(self.value("two", {}, b={"x": 1}), {})

    def test_modules_that_fail(self):
        self.module("def f(:\n", "syntax.py")
        self.module("import no_such_module\n", "importing.py")
        self.module("raise RuntimeError('at import')\n", "raising.py")
        self.module("import sys\nsys.exit(4)\n", "leaving.py")
        for module, reason in [
            ("syntax", "SyntaxError: invalid syntax"),
            ("importing", "ModuleNotFoundError: No module named 'no_such_module'"),
            ("raising", "RuntimeError: at import"),
            ("gone", "ModuleNotFoundError: No module named 'gone'"),
            ("functions.sub", "ModuleNotFoundError: No module named 'functions.sub'; 'functions' is not a package"),
        ]:
            with self.subTest(module):
                answer = self.call("f", module=module)
                self.assertTrue(answer["reason"].startswith(reason), answer)
                self.assertNotIn("call.py", self.text("err"))
                self.assertNotIn("importlib", self.text("err"))
        self.assertEqual(self.call("f", module="leaving")["exit_code"], 4)

    def test_a_module_that_was_written_a_moment_ago(self):
        self.assertEqual(self.value("two", 1, 2), 1)
        self.module("def f(): return 'new'\n", "later.py")
        self.assertEqual(self.value("f", module="later"), "new")

    def test_deaths_have_no_answer(self):
        for name, argument, code in [
            ("die", 0, 0),
            ("die", 5, 5),
            ("kill", signal.SIGKILL, -9),
            ("kill", signal.SIGTERM, -15),
            ("kill", signal.SIGSEGV, -11),
            ("kill", signal.SIGHUP, -1),
        ]:
            with self.subTest(name, argument=argument):
                self.assertIsNone(self.call(name, argument))
                self.assertEqual(self.code, code)
        self.assertIsNone(self.call("kill", signal.SIGSEGV))
        # Where it was.
        self.assertIn("in kill", self.text("err"))

    def test_signals_are_not_ignored_because_the_starter_ignored_them(self):
        def ignore():
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

        self.assertEqual(
            self.call("kill", signal.SIGINT, on=self.interpreter(preexec_fn=ignore))["reason"], "KeyboardInterrupt"
        )
        for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
            with self.subTest(number):
                self.assertIsNone(self.call("kill", number, on=self.interpreter(preexec_fn=ignore)))
                self.assertEqual(self.code, -number)


class OutputTests(CallTestCase):
    MODULE = """
import os, subprocess, sys
def say(text, end="\\n"): print(text, end=end)
def speak():
    import ctypes
    print("python", end="")
    ctypes.CDLL(None).printf(b"[c]")
    subprocess.run(["sh", "-c", "printf [child]; printf [error] >&2"])
    sys.stderr.write("no line feed")
    sys.__stdout__.write("[own]")
    return sys.stdin.read()
def much(size): print("x" * size)
def close(*numbers):
    for number in numbers: os.close(number)
    return "closed"
def close_all(): os.closerange(0, 100)
def swap():
    import socket
    os.closerange(3, 100)
    return [socket.socket() for _ in range(5)] and 1
def mistake(path):
    os.closerange(3, 100)
    global files
    files = [open(path, "a") for _ in range(9)]
def spoil(how):
    class Odd: pass
    if how == "close": sys.stdin.close(), sys.stdout.close(), sys.stderr.close()
    if how == "detach": sys.stdin.detach(), sys.stdout.detach(), sys.stderr.detach()
    if how == "none": sys.stdin = sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None
    if how == "odd": sys.stdin = sys.stdout = sys.stderr = Odd()
    if how == "del": del sys.stdout, sys.__stderr__, sys.stdin
    return how
def run(code): exec(code)
def full():
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    sys.stdout.write("lost")
"""

    def setUp(self):
        super().setUp()
        self.module(self.MODULE)

    def test_output_of_any_origin(self):
        self.assertEqual(self.value("speak"), "")
        self.assertEqual(
            sorted(self.text().replace("python", "[python]").strip("[]").split("][")), ["c", "child", "own", "python"]
        )
        self.assertEqual(self.text("err"), "[error]no line feed")

    def test_text(self):
        for text, expected in [("é 👩‍🔬", "é 👩‍🔬\n"), ("\ud800", "\\ud800\n"), ("\0", "\0\n")]:
            self.value("say", text)
            self.assertEqual(self.text(), expected)
        self.value("say", "no end", end="")
        self.assertEqual(self.text(), "no end")
        self.value("much", 10_000_000)
        self.assertEqual((self.task / "out").stat().st_size, 10_000_001)

    def test_streams_are_there_for_the_next(self):
        for how in ["close", "detach", "none", "odd", "del"]:
            with self.subTest(how):
                self.assertEqual(self.value("spoil", how), how)
                self.assertTrue(self.is_ready)
                self.assertEqual(self.value("speak"), "")
                self.assertIn("python", self.text())
                self.assertEqual(self.text("err"), "[error]no line feed")

    def test_closed_descriptors(self):
        for numbers in [(0,), (1,), (2,), (0, 1, 2)]:
            with self.subTest(numbers):
                self.assertEqual(self.value("close", *numbers), "closed")
                self.assertTrue(self.is_ready)
                self.value("say", "still here")
                self.assertEqual(self.text(), "still here\n")

    def test_an_answer_goes_nowhere_else(self):
        self.assertIsNone(self.call("close_all"))
        self.assertIsNone(self.call("swap"))
        self.assertIsNone(self.call("mistake", str(self.task / "mine")))
        self.assertEqual(self.text("mine"), "")

    def test_last_words_without_a_stream(self):
        for how in ["None", "open(os.devnull)", "sys.stdout"]:
            code = "sys.stderr = sys.__stderr__ = %s; sys.exit('text')" % how
            self.assertEqual(self.call("run", code)["exit_code"], 1)
            self.assertEqual((self.text(), self.text("err")), ("", "text\n"))
        self.call("run", "sys.stderr.close(); 1 / 0")
        self.assertIn("ZeroDivisionError", self.text("err"))

    def test_output_that_cannot_be_written(self):
        self.assertEqual(self.call("full")["reason"], "OSError: [Errno 28] No space left on device")

    def test_both_streams_in_one_file(self):
        request = dict(self.request("speak"), stderr="out")
        self.assertEqual(self.interpreter().ask(request)[0]["state"], "DONE")
        self.assertIn("no line feed", self.text())

    def test_a_place_that_is_gone(self):
        request = self.request("speak")
        interpreter = self.interpreter()
        for change in [
            {"directory": "/no/such"},
            {"stdout": "nowhere/out"},
            {"stderr": "."},
            {"environment": {"A": "1", "": "x"}},
            {"environment": {"a=b": "x"}},
            {"environment": {"a": "\0"}},
        ]:
            answer, is_ready = interpreter.ask(dict(request, **change))
            self.assertTrue(answer["reason"].startswith("its directory, output and environment could not be set: "))
            self.assertTrue(is_ready)
        self.assertEqual(self.value("speak", on=interpreter), "")


class UndoneTests(CallTestCase):
    """What a function changes, and the next one does not find."""

    MODULE = """
import os, resource, signal, sys, threading, time
def pid(): return os.getpid()
def change(code): exec(code)
def look(expression): return eval(expression)
"""

    def setUp(self):
        super().setUp()
        self.module(self.MODULE)

    def test_undone(self):
        for code, expression, value in [
            (
                "os.environ['EXTRA'] = 'x'; del os.environ['PATH']",
                "[os.environ.get('EXTRA'), 'PATH' in os.environ]",
                [None, True],
            ),
            ("os.environ = {}", "len(os.environ) > 3", True),
            ("os.environ.clear()", "'PATH' in os.environ", True),
            ("os.putenv('HOME', '/x'); os.environ['HOME'] = '/x'", "os.environ.get('HOME') != '/x'", True),
            ("os.chdir('/')", "os.getcwd() == os.environ['HERE']", True),
            ("sys.path.clear()", "len(sys.path) > 1", True),
            ("sys.path = None", "len(sys.path) > 1", True),
            ("sys.path.insert(0, '/x')", "'/x' in sys.path", False),
            (
                "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
                "signal.getsignal(signal.SIGTERM) == signal.SIG_DFL",
                True,
            ),
            ("signal.signal(signal.SIGUSR1, lambda *_: 0)", "signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL", True),
            ("signal.alarm(50)", "signal.alarm(0)", 0),
            ("signal.pthread_sigmask(signal.SIG_BLOCK, [2])", "len(signal.pthread_sigmask(signal.SIG_BLOCK, []))", 0),
            ("os.umask(0)", "os.umask(0) != 0", True),
            ("sys.setrecursionlimit(5000)", "sys.getrecursionlimit()", 1000),
            ("sys.argv[:] = []", "1", 1),
        ]:
            with self.subTest(code):
                before = self.value("pid")
                self.value("change", code)
                self.assertTrue(self.is_ready)
                self.assertEqual(self.value("look", expression, environment={"HERE": str(self.task)}), value)
                self.assertEqual(self.value("pid"), before, "the same interpreter")

    def test_what_cannot_be_undone_costs_the_interpreter(self):
        for code in [
            "threading.Thread(target=time.sleep, args=[9]).start()",
            "threading.Thread(target=time.sleep, args=[9], daemon=True).start()",
            "global f; f = [open('/dev/null') for _ in range(resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)]",
            "global f\nf = []\ntry:\n while True: f.append(os.open('/dev/null', 0))\nexcept OSError: pass",
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))",
            "os.nice(1)",
        ]:
            with self.subTest(code):
                answer = self.call("change", code)
                self.assertEqual(answer["state"], "DONE", answer)
                self.assertFalse(self.is_ready)
                self.assertEqual(self.code, 0)

    def test_threads_that_ended_cost_nothing(self):
        self.module(
            "from concurrent.futures import ThreadPoolExecutor as Pool\n"
            "def f():\n with Pool(8) as pool: return sum(pool.map(int, range(20)))\n",
            "threads.py",
        )
        for _ in range(30):
            self.assertEqual(self.value("f", module="threads"), 190)
            self.assertTrue(self.is_ready)

    def test_modules_and_what_they_keep_stay(self):
        self.module("count = 0\ndef up():\n global count\n count += 1\n return count\n", "counter.py")
        self.assertEqual([self.value("up", module="counter") for _ in range(3)], [1, 2, 3])

    def test_usage_is_of_one_call(self):
        answer = self.call("change", "x = b'x' * (100 << 20); sum(range(1000000))")
        self.assertGreater(answer["peak_kib"], 100 << 10)
        self.assertGreater(answer["user"] + answer["system"], 0.005)
        self.assertNotIn("peak_kib", self.call("pid"))

    def test_it_ends_with_its_input(self):
        interpreter = Interpreter(self.place)
        self.assertEqual(self.value("pid", on=interpreter), interpreter.process.pid)
        self.assertEqual(interpreter.close(), 0)
        self.assertEqual(Interpreter(self.place).close(), 0)


class ProcessTests(CallTestCase):
    MODULE = """
import concurrent.futures, multiprocessing, os, subprocess, sys, time
def double(n): return 2 * n
def pool(method):
    with multiprocessing.get_context(method).Pool(2) as pool: return pool.map(double, [1, 2, 3])
def executor():
    with concurrent.futures.ProcessPoolExecutor(2) as pool: return list(pool.map(double, [1, 2, 3]))
def fork(code):
    pid = os.fork()
    if pid == 0: sys.exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else code
def fork_and_return():
    pid = os.fork()
    if pid: os.waitpid(pid, 0)
    return pid > 0
def leave(): subprocess.Popen(["sleep", "30"])
def daemon(): subprocess.Popen(["setsid", "sleep", "30"])
def orphan():
    os.system("sleep 30 &")
def zombie():
    subprocess.Popen(["true"])
    time.sleep(0.1)
"""

    def setUp(self):
        super().setUp()
        self.module(self.MODULE)

    def test_pools(self):
        for method in ["fork", "spawn", "forkserver"]:
            with self.subTest(method):
                self.assertEqual(self.value("pool", method), [2, 4, 6])
                self.assertEqual(self.text("err"), "")
        self.assertEqual(self.value("executor"), [2, 4, 6])

    def test_forks(self):
        self.assertEqual(self.value("fork", 3), 3)
        self.assertIs(self.value("fork_and_return"), True)
        self.assertTrue(self.is_ready)

    def test_what_is_left_running_costs_the_interpreter(self):
        for name in ["leave", "daemon", "orphan"]:
            with self.subTest(name):
                interpreter = Interpreter(self.place)
                self.addCleanup(interpreter.process.kill)
                self.assertEqual(self.call(name, on=interpreter)["state"], "DONE")
                self.assertFalse(self.is_ready)
                self.assertEqual(interpreter.close(), 0)
        self.call("zombie")
        self.assertTrue(self.is_ready)

    def tearDown(self):
        # What the functions left works in this test's directory.
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink("/proc/%s/cwd" % entry).startswith(str(self.place)):
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass
        super().tearDown()


class ModuleNameTests(CallTestCase):
    def test_modules_of_the_workflow_win(self):
        """As in any new interpreter: over those of the library, whether call.py needs them or not."""
        bare = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], stdout=subprocess.PIPE)
        names = {
            "calendar",
            "uuid",
            "zmq",
            "json",
            "logging",
            "call",
            "traceback",
            "signal",
            "re",
            "resource",
            "random",
            "ctypes",
        }
        for name in sorted(names - set(bare.stdout.decode().split())):
            with self.subTest(name):
                self.module("def f(): return [__name__, __file__]\n", name + ".py")
                value = self.value("f", module=name, on=self.interpreter())
                self.assertEqual(value, [name, str(self.place / name) + ".py"])
                (self.place / (name + ".py")).unlink()

    def test_packages_too_but_not_directories(self):
        self.module("from .inner import f\n", "json/__init__.py")
        self.module("def f(): return __name__\n", "json/inner.py")
        self.assertEqual(self.value("f", module="json"), "json.inner")
        self.interpreters.pop().close()
        (self.place / "json" / "__init__.py").unlink()
        self.module("import json\ndef f(): return json.dumps([1])\n")
        self.assertEqual(self.value("f"), "[1]")

    def test_a_function_imports_what_the_workflow_has(self):
        self.module("import json, textwrap\ndef f(): return json.mine + textwrap.dedent(' x')\n")
        self.module("mine = 'mine'\n", "json.py")
        self.assertEqual(self.value("f"), "minex")

    def test_the_directory_of_the_program_is_not_searched(self):
        self.module("import sys\ndef f(): return [sys.path[0], len(sys.argv)]\n")
        self.assertEqual(self.value("f"), [str(self.place), 1])


if __name__ == "__main__":
    unittest.main()
