"""The workflow that both engines are given: some 500 tasks of all kinds, always the same."""

import random

# Beside the workflow: what is staged, and the functions.
FILES = {
    "one.txt": "one\n",
    "two.txt": "two\n",
    "sub/a.dat": "a\n",
    "sub/b.dat": "b\n",
    "sub/deep/c.dat": "c\n",
    "with blank/it's.txt": "quote\n",
    "c[1].xtc": "bracket\n",
    "dollar$HOME.txt": "dollar\n",
    "-dash.txt": "dash\n",
    "é ünï.txt": "umlauts\n",
    "new\nline.txt": "line\n",
    "move1.txt": "move\n",
    "move2.txt": "move\n",
    "move3.txt": "move\n",
    "script": 'echo "script $*"\n',
    "input.txt": "from a file\nsecond line",
    "calendar.py": "def mine(): return 'calendar'\n",
    "uuid.py": "def mine(): return 'uuid'\n",
    "zmq.py": "def mine(): return 'zmq'\n",
    "msgpack.py": "def mine(): return 'msgpack'\n",
    "regex.py": "def mine(): return 'regex'\n",
    "dill.py": "def mine(): return 'dill'\n",
    "setproctitle.py": "def mine(): return 'setproctitle'\n",
    "queue.py": "def mine(): return 'queue'\n",
    "broken.py": "def mine(:\n",
    "raising.py": "raise RuntimeError('while it was imported')\n",
    "work.py": '''
import json, multiprocessing, os, signal, subprocess, sys, threading, time
def give(expression): return eval(expression)
def same(*args, **kwargs): return [list(args), kwargs]
def leave(code): sys.exit(code)
def bad(text): raise ValueError(text)
def die(code): os._exit(code)
def crash(number): os.kill(os.getpid(), number); time.sleep(5)
def chdir(path): os.chdir(path); return os.getcwd()
def deep(n): return [deep(n - 1)] if n else 1
def double(n): return 2 * n
def pool():
    with multiprocessing.Pool(2) as pool: return pool.map(double, [1, 2, 3])
def process():
    child = multiprocessing.Process(target=print, args=("child",), kwargs={"flush": True})
    child.start(); child.join(); return child.exitcode
def thread():
    result = []; t = threading.Thread(target=lambda: result.append(7)); t.start(); t.join(); return result
def fork():
    pid = os.fork()
    if not pid: os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if hasattr(os, "waitstatus_to_exitcode") else 3
def speak():
    print("out"); print("error", file=sys.stderr); sys.stdout.flush(); os.system("echo child"); return sys.stdin.read()
def write(name, text):
    open(name, "w").write(text); return sorted(n for n in os.listdir(".") if not n.startswith("."))
def slow(seconds): time.sleep(seconds); return seconds
def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True: time.sleep(1)
def leftover():
    child = subprocess.Popen(["sleep", "1000"]); return child.pid > 0
def flaky():
    if os.environ["SCALEMS_ATTEMPT"] == "1": raise RuntimeError("not yet")
    return int(os.environ["SCALEMS_ATTEMPT"])
def variables(*names): return [os.environ.get(name) for name in names]
def signals():
    return [signal.getsignal(n) == signal.SIG_IGN for n in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT)]
def raises_text(text): print("before", file=sys.stderr); raise SystemExit(text)
def keyboard(): raise KeyboardInterrupt
def recursion(): return recursion()
def memory(): raise MemoryError
class Odd(Exception):
    def __str__(self): raise RuntimeError("no words")
def odd(): raise Odd()
def many(n): print("x" * n, end=""); return n
def paths(): return [os.getcwd().split("/")[-1], os.path.basename(os.environ["SCALEMS_TASK_DIR"])]
def module(name): return __import__(name).__name__
async def coroutine(): return 1
def warn():
    import warnings; warnings.warn("careful"); return 1
''',
}

# What a shell, a JSON reader or a quoting could mind.
TEXTS = [
    "", " ", "  two  blanks  ", "\t", "a\nb", "\n", "a\n", "\n\nb", "a\r\nb", "\r", "'", "''", '"', '""', "`echo no`", "$HOME", "$",
    "$$", "${HOME}", "$(echo no)", "\\", "\\\\", "a\\", "\\n", "\\'", '\\"', "\\$HOME", "it's", "'a' \"b\"", "a;b", "a&b", "a|b",
    "a>b", "*", "?", "[a]", "{a,b}", "~", "~root", "#", "a #b", "!", "!!", "-n", "-e", "--", "--help", "=", "a=b", "%s", "%41", "%",
    "%%", "é", "日本", "🧬", "'\u0301", "e\u0301", "\u2028", "\ufeff", "\x01", "\x1b[31m", "\x7f", "\u00a0", "<a>", "(a)", "a\\\nb",
    "$'a'", "x" * 5000, "a,b", "@a", "+a", "^a^b", "\"$c\"", "'`x`'", "C:\\dir\\", "$RP_RANK", "$1", "$@", "RP_TASK_SANDBOX", "\\\\$HOME",
]

# Variables of the user, exported where the session is started.
EXPORTED = {
    "NASTY_TICK": "'`touch pwned`'",
    "NASTY_DOS": "C:\\dir\\",
    "NASTY_QUOTE": "\"$c\" and 'it'",
    "NASTY_END": "ends in a line\n",
    "NASTY_LINES": "a\nb=c\nexport X=1",
    "NASTY_BLANKS": "  outer  ",
    "NASTY_EMPTY": "",
    "NASTY_DOLLAR": "$(touch pwned) ${HOME} $c",
    "NASTY_BACK": "\\\\ \\n \\",
    "NASTY_UTF": "é日本🧬'\u0301",
    "NASTY_CTRL": "\x01\x1b[0m",
    "NASTY_LONG": "y" * 20000,
    "NASTY_FUNC": "() { :; }; touch pwned",
    "NASTY_SEMI": "a; touch pwned; b",
    "LS_COLORS": "rs=0:di=01;34:*.tar=01;31:",
    "BASH_FUNC_greet%%": "() { echo greeted; }",
    "a.b": "a name that no shell holds",
    "LC_ALL": "C.UTF-8",
}


def shell(name, command, **fields):
    return dict(fields, name=name, command=command)


def program(name, *argv, **fields):
    return dict(fields, name=name, argv=list(argv))


def function(name, target, *args, **fields):
    kwargs = fields.pop("kwargs", {})
    module, _, function = target.rpartition(".")
    return dict(fields, name=name, function={"module": module, "name": function, "args": list(args), "kwargs": kwargs})


def arguments():
    for number, text in enumerate(TEXTS):
        yield program("arg-%d" % number, "/usr/bin/printf", "%s|", text, "after", text)
    yield program("arg-many", "/usr/bin/printf", "%s|", *TEXTS)
    yield program("arg-2000", "/bin/sh", "-c", "echo $#", "x", *[str(n) for n in range(2000)])
    yield program("arg-long", "/bin/sh", "-c", 'printf %s "$1" | wc -c', "x", "%" * 120000)
    random.seed(7)
    alphabet = "ab'\"`$\\ \n\t;&|<>()*?[]{}~#!=%é🧬\u0301-"
    for number in range(20):
        texts = ["".join(random.choice(alphabet) for _ in range(random.randrange(12))) for _ in range(4)]
        yield program("arg-random-%d" % number, "/usr/bin/printf", "%s|", *texts)


def environment():
    for number, text in enumerate(TEXTS[::2]):
        yield program("env-%d" % number, "/usr/bin/printenv", "V", environment={"V": text})
    yield program("env-all", "/usr/bin/printenv", *["V%d" % n for n in range(len(TEXTS))],
                  environment={"V%d" % n: text for n, text in enumerate(TEXTS)})
    for name in ("a.b", "UID", "PPID", "RANDOM", "EUID", "SHELLOPTS", "BASHOPTS", "IFS", "PS1", "BASH_ENV", "ENV", "LANG", "a-b", "1a",
                 "SECONDS", "LINENO", "OPTIND", "HOME", "PATH", "VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "OMP_NUM_THREADS", "TMPDIR",
                 "RP_TASK_ID", "PWD", "OLDPWD", "SHLVL", "_", "LD_LIBRARY_PATH", "é", "BASH_FUNC_f%%", "CUDA_VISIBLE_DEVICES",
                 "SCALEMS_RANK", "SCALEMS_TASK_ID", "RADICAL_BASE"):
        yield program("envname-%s" % hex_name(name), "/usr/bin/printenv", name, environment={name: "/usr/bin:/bin"})
    for name in EXPORTED:
        yield program("user-%s" % hex_name(name), "/usr/bin/printenv", name)
        if "." not in name and "%" not in name:
            yield shell("userpre-%s" % hex_name(name), "printenv %s" % name, pre_exec=["true"])
    yield program("user-over", "/usr/bin/printenv", "NASTY_TICK", environment={"NASTY_TICK": "mine"})
    yield shell("env-own", "printenv SCALEMS_TASK_ID SCALEMS_MEMBER SCALEMS_RANK SCALEMS_RANKS SCALEMS_ATTEMPT SCALEMS_TASK_DIR "
                "SCALEMS_CLIENT_DIR SCALEMS_SESSION_DIR SCALEMS_CORES OMP_NUM_THREADS PWD OLDPWD; true")
    yield shell("env-names", "env -0 | tr '\\n' ' ' | tr '\\0' '\\n' | cut -d= -f1 | sort")
    yield shell("env-path", "command -v sh env python3; echo \"$PATH\"")
    yield dict(shell("member", "echo {member} $SCALEMS_MEMBER"), ensemble=3)


def hex_name(text):
    return "".join(c if c.isascii() and c.isalnum() else "-%x" % ord(c) for c in text)


def exits():
    for code in [0, 1, 2, 3, 7, 15, 63, 64, 77, 99, 100, 124, 125, 126, 127, 128, 129, 130, 134, 137, 139, 143, 158, 159, 165, 192, 200,
                 217, 253, 254, 255]:
        yield shell("exit-%d" % code, "exit %d" % code)
    yield shell("exit-said", "echo why >&2; exit 4")
    for number, text in enumerate(["why\\n-----\\n", "why\\n# Done, exiting (137)\\n", "why\\n\\n\\n", "first\\nlast", "progress 1\\rprogress 2\\n",
                                   "\\033[31mred\\033[0m\\n", "-----\\n", "\\n", "\\377\\376bytes\\n", "é\\n", "srun: error: x\\n", "a\\tb\\n",
                                   "%d%d%%s" % (1, 2), "x" * 700 + "\\n", "real\\r\\n"]):
        yield shell("said-%d" % number, "printf '%s' >&2; exit 5" % text.replace("%", "%%"))
    yield shell("good-said", "echo not a reason >&2")
    yield shell("out-said", "echo only in the output; exit 6")
    for signal in ["HUP", "INT", "QUIT", "ILL", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "XCPU", "SYS"]:
        yield shell("signal-%s" % signal, "ulimit -c 0; kill -%s $$; sleep 5; echo survived" % signal)
        yield shell("signalsaid-%s" % signal, "ulimit -c 0; echo last words >&2; kill -%s $$; sleep 5" % signal)
    yield shell("signal-rt", "kill -40 $$; sleep 5")
    yield shell("signal-prepared", "kill -9 $$", pre_exec=["true"])
    yield shell("signal-state", "grep -E 'Sig(Blk|Ign)' /proc/self/status")
    yield program("not-found", "no-such-program", "a")
    yield program("not-there", "/no/such/program")
    yield program("not-executable", "/etc/passwd")
    yield program("a-directory", "/usr")
    yield program("not-here", "./gone")
    yield program("empty-name", " ")
    yield program("long-name", "x" * 300)
    yield program("long-path", "/no" * 100 + "/such")
    for name in ["cd", "exit", ":", "export", "eval", "exec", "source", "if", "-x", "[", "echo", "test", "true", "function"]:
        yield program("builtin-%s" % hex_name(name), name, "--version")
    yield program("script-bare", "./script", "a b", inputs=["script"], pre_exec=["chmod 755 script"])
    yield program("script-binary", "./x", pre_exec=["printf 'x\\0y' > x; chmod 755 x"])
    yield program("script-empty", "./x", pre_exec=[": > x; chmod 755 x"])
    yield program("script-nowhere", "./x", pre_exec=["echo '#!/no/such' > x; chmod 755 x"])
    yield program("script-env", "./x", pre_exec=["printf '#!/usr/bin/env no-such\\n' > x; chmod 755 x"])
    yield shell("output-big", "head -c 3000000 /dev/zero | tr '\\0' x")
    yield shell("output-binary", "printf '\\000\\001\\377'")
    yield shell("output-none", "exec >&- 2>&-; true")
    yield shell("output-both", "echo out; echo err >&2; echo out")


def streams():
    for number, text in enumerate(["", "text", "text\n", "a\nb\n", "'$`\\\"", "é🧬", "\r\n", "x" * 100000]):
        yield program("stdin-%d" % number, "/bin/cat", stdin=text)
    yield program("stdin-lines", "/bin/cat", stdin=["one", "two"])
    yield program("stdin-file", "/bin/cat", stdin={"file": "input.txt"})
    yield program("stdin-staged", "/bin/cat", stdin={"file": "input.txt"}, inputs=["input.txt"])
    yield program("stdin-none", "/bin/cat")
    yield program("stdin-missing", "/bin/cat", stdin={"file": "gone.txt"})
    yield program("stdin-nasty", "/bin/cat", stdin={"file": "with blank/it's.txt"})
    yield program("stdin-prepared", "/bin/cat", stdin="text", pre_exec=["read -r x; echo \"<$x>\""])
    for number, names in enumerate([("out", "err"), ("both", "both"), ("a b", "it's"), ("$HOME", "`x`"), ("é", "🧬"), ("-n", "--"),
                                    ("a;b", "a&b"), ("[x]", "*"), ("x.out", ".hidden"), ("%s", "a\\b"), ("~", "#c")]):
        yield shell("names-%d" % number, "echo out; echo err >&2; exit 3", stdout=names[0], stderr=names[1])


def staging():
    def put(name, inputs, command="find . -mindepth 1 ! -name 'std*' ! -name '.*' | sort", **fields):
        return shell("stage-" + name, command, inputs=inputs, **fields)

    yield put("plain", ["one.txt"])
    yield put("two", ["one.txt", "two.txt"])
    yield put("renamed", [{"source": "one.txt", "target": "new.txt"}])
    yield put("into", [{"source": "one.txt", "target": "in/"}])
    yield put("into-deep", [{"source": "one.txt", "target": "a/b/c.txt"}])
    yield put("link", [{"source": "one.txt", "target": "l.txt", "action": "link"}], "readlink l.txt; cat l.txt")
    yield put("link-dir", [{"source": "sub", "target": "s", "action": "link"}], "ls s")
    yield put("dir", ["sub"])
    yield put("dir-renamed", [{"source": "sub", "target": "other"}])
    yield put("dir-merged", ["sub", {"source": "one.txt", "target": "sub/one.txt"}])
    yield put("pattern", ["sub/*.dat"])
    yield put("pattern-into", [{"source": "sub/*.dat", "target": "d/"}])
    yield put("pattern-none", ["*.nothing"])
    yield put("pattern-bracket", ["c[1].xtc"])
    yield put("pattern-single", [{"source": "on?.txt", "target": "x.txt"}])
    yield put("pattern-many-one", [{"source": "sub/*.dat", "target": "x.txt"}])
    yield put("missing", ["gone.txt"])
    yield put("missing-second", ["one.txt", "gone.txt"])
    yield put("nasty", ["with blank/it's.txt", "dollar$HOME.txt", "-dash.txt", "é ünï.txt"])
    yield put("newline", ["new\nline.txt"], "cat new*")
    yield put("onto-dir", ["sub", {"source": "one.txt", "target": "sub/deep"}])
    yield put("move", [{"source": "move1.txt", "target": "m.txt", "action": "move"}], "cat m.txt")
    yield put("move-failed", [{"source": "move2.txt", "target": "m.txt", "action": "move"}], "cat m.txt; exit 3")
    yield put("move-retried", [{"source": "move3.txt", "target": "m.txt", "action": "move"}],
              "cat m.txt; [ $SCALEMS_ATTEMPT = 2 ]", retries=1)
    yield put("device", [{"source": "/dev/null", "target": "x"}])
    yield put("absolute", [{"source": "/etc/hostname", "target": "host"}], "test -s host")
    yield put("stdout-name", [{"source": "one.txt", "target": "stdout"}], "echo mine")

    def give(name, command, outputs, **fields):
        return shell("give-" + name, command, outputs=outputs, **fields)

    yield give("plain", "echo r > r1.txt", ["r1.txt"])
    yield give("renamed", "echo r > r.txt", [{"source": "r.txt", "target": "out/r2.txt"}])
    yield give("into", "echo r > r3.txt", [{"source": "r3.txt", "target": "outdir/"}])
    yield give("dir", "mkdir d4; echo r > d4/r", ["d4"])
    yield give("pattern", "touch p5.a p5.b", ["p5.*"])
    yield give("pattern-none", "true", ["p6.*"])
    yield give("missing", "true", ["r7.txt"])
    yield give("missing-failed", "exit 9", ["r8.txt"])
    yield give("failed", "echo r > r9.txt; exit 9", ["r9.txt"])
    yield give("move", "echo r > r10.txt", [{"source": "r10.txt", "action": "move"}])
    yield give("link", "echo r > r11.txt", [{"source": "r11.txt", "action": "link"}])
    yield give("session", "echo r > r12.txt", [{"source": "r12.txt", "target": "session:///r12.txt"}])
    yield shell("take-session", "cat r12.txt", inputs=["session:///r12.txt"], after=["give-session"])
    yield give("nasty", "echo r > \"it's \\$x\"", [{"source": "it's $x", "target": "nasty/it's $x"}])
    yield give("replace", "echo new > two.txt", [{"source": "two.txt", "target": "replaced.txt"}])
    yield give("fifo", "mkfifo f", [{"source": "f", "target": "fifo13"}])
    yield give("unreadable", "mkdir u; echo r > u/r; ln -s nowhere u/l", [{"source": "u", "target": "u14"}])
    yield give("member", "echo {member} > m.txt", [{"source": "m.txt", "target": "m15.{member}"}], ensemble=3)
    yield give("stdout", "echo said", [{"source": "stdout", "target": "said16.txt"}])
    yield give("killed", "echo r > r17.txt; kill -9 $$", ["r17.txt"])
    yield shell("files-own", "ls -A | sort")
    yield shell("files-made", "mkdir d; echo x > d/x; ln -s d l; echo y > .hidden")


def prepared():
    entries = [
        ["exit 0"], ["exit 0", "exit 0", "echo third"], ["export A=b; exit 0", "echo $A"], ["exit 3", "echo no"], ["false"],
        ["echo one", "false; exit"], ["echo a \\", "echo b"], ["cat <<X\nin it\nX"], ["cat <<X\nin it", "echo next"], ['echo "open', "echo no"],
        ["fi"], ["set -e", "false", "true"], ["set -u", "echo $nothing_there"], ["return 5"], ["(exit 9)"], ["cd /", "/bin/pwd"], ["echo a # b"],
        ["# comment"], ["export A=1;", "echo $A"], ["exec true"], ["trap 'echo bye' EXIT"], ["PATH=/no/where"], ["kill -9 $$"], ["umask 077"],
        ["export V='it'\"'\"'s'", "echo \"$V\""], ["echo said >&2; exit 7"], ["source /no/such/file"], ["f() { echo f; }", "f"],
        ["no-such-command"], ["exit 137"], ["shopt -s nullglob; echo *.none"], ["[[ a == a ]] && echo yes"],
        ["a=(1 2); echo ${a[1]}"], ["ulimit -n 64; ulimit -n"], ["echo \"$0\" | head -c 0"], ["exec 2>/dev/null; false"],
    ]
    for number, lines in enumerate(entries):
        yield program("pre-%d" % number, "/bin/echo", "ran", pre_exec=lines)


def times():
    # RADICAL-Pilot counts from its own start of a task, which took two seconds on a machine that stuttered.
    yield shell("timeout", "echo begun; exec sleep 600", timeout=6)
    yield shell("timeout-ignored", "trap '' TERM; echo begun; while :; do sleep 1; done", timeout=6)
    yield shell("timeout-said", "trap 'echo ending; exit 3' TERM; sleep 600 & wait", timeout=6)
    yield shell("timeout-child", "sleep 600 & sleep 600 & wait", timeout=6)
    yield shell("timeout-stopped", "kill -STOP $$", timeout=6)
    yield shell("timeout-long", "true", timeout=100000)
    yield shell("timeout-again", "exec sleep 600", timeout=6, retries=1)
    yield shell("retry-0", "exit 3", retries=1)
    yield shell("retry-1", "[ $SCALEMS_ATTEMPT = 2 ] || exit 3; echo $SCALEMS_ATTEMPT", retries=3)
    yield shell("retry-2", "ls; touch left; exit 4", retries=2)
    yield program("retry-3", "/no/such", retries=1)
    yield shell("retry-4", "echo $SCALEMS_ATTEMPT; [ $SCALEMS_ATTEMPT = 2 ]", retries=1, pre_exec=["echo pre"])
    yield shell("retry-5", "[ $SCALEMS_ATTEMPT = 2 ] && echo r > retried.txt", retries=1, outputs=["retried.txt"])
    yield shell("after-good", "echo on", after=["exit-0"])
    yield shell("after-bad", "echo on", after=["exit-3"])
    yield shell("after-bad-2", "echo on", after=["after-bad"])
    yield shell("after-signal", "echo on", after=["signal-KILL"])
    yield shell("after-retry", "echo on", after=["retry-1", "exit-0"])
    yield shell("after-mixed", "echo on", after=["exit-0", "exit-2"])
    yield shell("after-timeout", "echo on", after=["timeout"])
    yield shell("after-cancel", "echo on", after=["cancel-running"])
    yield shell("after-staging", "echo on", after=["stage-missing"])
    yield dict(shell("after-member", "echo {member}", after=["member.{member}"]), ensemble=3)
    # Canceled from outside, once all of them run.
    yield shell("cancel-running", "echo begun; sleep 600")
    yield shell("cancel-said", "trap 'echo ending; exit 0' TERM; echo begun; sleep 600 & wait")
    yield shell("cancel-ignored", "trap '' TERM; echo begun; while :; do sleep 1; done")
    yield shell("cancel-tree", "sleep 600 & (sleep 600; echo x) & echo begun; wait")
    yield shell("cancel-waiting", "echo never", after=["cancel-running"])
    yield program("cancel-prepared", "/bin/echo", "ran", pre_exec=["sleep 600"])
    yield shell("cancel-retried", "exec sleep 600", retries=3)


def leftovers():
    # What is left is looked at by the task after it.
    lines = {
        "plain": "sleep 1000 & echo $! > pid",
        "nohup": "nohup sleep 1000 > /dev/null 2>&1 & echo $! > pid",
        "failed": "sleep 1000 & echo $! > pid; exit 3",
        "closed": "sleep 1000 < /dev/null > /dev/null 2>&1 & echo $! > pid",
        "double": "(sleep 1000 & echo $! > pid)",
        "ignoring": "(trap '' TERM HUP; exec sleep 1000) & echo $! > pid",
        "killed": "sleep 1000 & echo $! > pid; kill -9 $$",
        "setsid": "setsid sh -c 'echo $$ > pid; exec sleep 1000' & while [ ! -s pid ]; do sleep 0.01; done",
    }
    look = "if grep -q sleep /proc/$(cat %s)/cmdline 2> /dev/null; then echo alive; else echo gone; fi"
    for name, line in lines.items():
        keep = "session:///left-%s.pid" % name
        if name in ("failed", "killed"):
            line = line.replace("> pid", "> $SCALEMS_SESSION_DIR/left-%s.pid" % name)
            yield shell("left-" + name, line)
            yield shell("look-" + name, "while [ ! -s %s ]; do sleep 0.1; done; sleep 1; " % ("$SCALEMS_SESSION_DIR/left-%s.pid" % name)
                        + look % ("$SCALEMS_SESSION_DIR/left-%s.pid" % name))
        else:
            yield shell("left-" + name, line, outputs=[{"source": "pid", "target": keep}])
            yield shell("look-" + name, look % "pid", inputs=[{"source": keep, "target": "pid"}], after=["left-" + name])


def ranks():
    yield shell("ranks-plain", "echo $SCALEMS_RANK $SCALEMS_RANKS >> rank.$SCALEMS_RANK", ranks=3, launcher="none")
    yield shell("ranks-plain-bad", "[ $SCALEMS_RANK != 1 ] || exit 3", ranks=2, launcher="none")
    yield shell("cores", "echo $OMP_NUM_THREADS", cores_per_rank=3)
    yield shell("cores-own", "echo $OMP_NUM_THREADS", cores_per_rank=3, environment={"OMP_NUM_THREADS": "7"})
    yield shell("cores-pre", "echo $OMP_NUM_THREADS", cores_per_rank=2, pre_exec=["export OMP_NUM_THREADS=5"])


def functions():
    values = ["None", "True", "0", "-1", "1.5", "-0.0", "1e300", "10**40", "10**400", "'text'", "''", "'é🧬'", "'\\ud800'", "'\\x00'", "[]", "{}",
              "[1, [2, [3]]]", "{'a': None}", "{1: 2}", "(1, 2)", "{1}", "b'x'", "float('nan')", "float('inf')", "[float('nan')]",
              "object()", "'x' * 2**20", "'x' * (2**20 - 2)", "'x' * 20_000_000", "{'b': 1, 'a': 2}", "1j", "range(3)", "lambda: 1",
              "'\\u2028'", "'\"\\\\'", "1/0", "[].pop()", "{}['k']", "undefined", "open('/no/such')", "__import__('no_such')", "'a\\nb'"]
    for number, value in enumerate(values):
        yield function("value-%d" % number, "work.give", value)
    for number, text in enumerate(TEXTS[:40:4]):
        yield function("call-%d" % number, "work.same", text, 1, 2.5, None, True, [text], {"k": text}, kwargs={"key": text})
    for code in [None, 0, 1, 3, 255, 256, -1, "text", True, 2.5, 10**15]:
        yield function("leave-%s" % hex_name(str(code)), "work.leave", code)
    for code in [0, 1, 5]:
        yield function("die-%d" % code, "work.die", code)
    for number in [1, 2, 6, 9, 11, 15]:
        yield function("crash-%d" % number, "work.crash", number)
    for number, text in enumerate(["why", "", "a\nb", "é", "x" * 700]):
        yield function("bad-%d" % number, "work.bad", text)
    for name in ["pool", "process", "thread", "fork", "speak", "leftover", "signals", "keyboard", "recursion", "memory", "odd", "paths",
                 "coroutine", "warn"]:
        yield function("does-" + name, "work." + name)
    yield function("does-chdir", "work.chdir", "/")
    yield function("does-write", "work.write", "made.txt", "text")
    yield function("does-deep-90", "work.deep", 90)
    yield function("does-deep-200", "work.deep", 200)
    yield function("does-many", "work.many", 1000000)
    yield function("does-raises", "work.raises_text", "the end")
    yield function("does-variables", "work.variables", "V", "NASTY_TICK", "NASTY_END", "SCALEMS_TASK_ID", "SCALEMS_RANK", "OMP_NUM_THREADS", "a.b",
                   environment={"V": "a 'b' $c"})
    yield function("does-staged", "work.write", "made.txt", "text", inputs=["one.txt"], outputs=[{"source": "made.txt", "target": "f18.txt"}])
    yield function("does-unstaged", "work.double", 2, inputs=["gone.txt"])
    yield function("does-missing-output", "work.double", 2, outputs=["f19.txt"])
    yield function("does-timeout", "work.slow", 600, timeout=1)
    yield function("does-stubborn", "work.stubborn", timeout=1)
    yield function("does-flaky", "work.flaky", retries=2)
    yield function("does-names", "work.speak", stdout="a b", stderr="it's")
    yield function("no-module", "no_such_module.f")
    yield function("no-function", "work.no_such")
    yield function("no-call", "work.json")
    yield function("module-broken", "broken.mine")
    yield function("module-raising", "raising.mine")
    for name in ["calendar", "uuid", "zmq", "msgpack", "regex", "dill", "setproctitle", "queue"]:
        yield function("module-" + name, name + ".mine")
    yield function("module-json", "work.module", "json")
    yield dict(function("each", "work.double", "{member}"), ensemble=3)
    yield function("after-function", "work.double", 3, after=["does-flaky"])
    yield function("after-bad-function", "work.double", 3, after=["bad-0"])
    yield function("cancel-function", "work.slow", 600)
    yield shell("raptor-good", "echo through", raptor=True)
    yield shell("raptor-bad", "echo why >&2; exit 3", raptor=True)
    yield shell("raptor-killed", "kill -9 $$", raptor=True)
    yield program("raptor-gone", "no-such-program", raptor=True)
    yield program("raptor-args", "/usr/bin/printf", "%s|", *TEXTS[:30], raptor=True)


KINDS = {f.__name__: f for f in (arguments, environment, exits, streams, staging, prepared, times, leftovers, ranks, functions)}


def tasks(kinds=None):
    """The tasks of some kinds, and who is canceled from outside once it runs."""
    made = [task for name, kind in KINDS.items() if not kinds or name in kinds for task in kind()]
    names = {task["name"] for task in made}
    for task in made:
        task["after"] = [name for name in task.get("after", []) if name.partition(".")[0] in names]
    return made
