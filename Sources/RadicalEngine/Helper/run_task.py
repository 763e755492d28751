"""Starts the program of a task from RADICAL-Pilot's script of it.

The script is a shell's, ignores signals, and has what it needs itself in the environment. So the task comes in words
that no shell minds, is made of them here, and takes the place of this process. Each word is a letter, '=' and a text in
which all but plain characters are written %XX: bytes arrive as they are. A long text goes on in words with '+'.
"""

import errno
import os
import signal
import sys


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


def end(status, text, error=None):
    """Ends in place of the program: what the standard error says last is the reason."""
    os.write(2, text + (b": " + os.strerror(error.errno).encode() if error else b"") + b"\n")
    os._exit(status)


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


def execute(argv, environment, path):
    program = find(argv[0], path)
    if program is None:
        end(127, b"the program '%s' was not found in PATH" % argv[0])
    try:
        os.execve(program, argv, environment)
    except OSError as problem:
        error = problem
    if error.errno == errno.ENOEXEC and is_script(program):
        script = b"./" + program if program.startswith(b"-") else program
        os.execve(b"/bin/sh", [b"/bin/sh", script] + argv[1:], environment)
    end(127 if error.errno == errno.ENOENT else 126, b"'%s' could not be started" % argv[0], error)


def give_input(path):
    try:
        descriptor = os.open(path, os.O_RDONLY)
        os.dup2(descriptor, 0)
    except OSError as error:
        end(1, b"the standard input %s could not be opened" % path, error)


def main():
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):  # SIGKILL, SIGSTOP, those of the C library
            pass
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    texts = read(sys.argv[1:])
    environment = dict(os.environb)
    for variable in texts.get("v", []):
        name, _, value = variable.partition(b"=")
        environment[name] = value
    sandbox = environment.get(b"SCALEMS_TASK_DIR", os.getcwdb())
    for directory in texts.get("d", []):
        try:
            os.chdir(directory)
        except OSError as error:
            end(1, b"the directory to run in, %s, cannot be entered" % directory, error)
    environment[b"PWD"] = os.getcwdb()
    environment.pop(b"OLDPWD", None)
    # The input is the first rank's.
    is_first = environment.get(b"SCALEMS_RANK", b"0") in (b"", b"0")
    give_input(os.path.join(sandbox, texts["i"][0]) if "i" in texts and is_first else b"/dev/null")
    if "o" in texts:
        os.dup2(1, 2)
    argv, path = texts["a"], environment.get(b"PATH", os.defpath.encode())
    if "p" in texts:
        entries = texts["p"]
        marker = os.path.join(sandbox, b"%s.%s" % (texts["m"][0], environment.get(b"RP_RANK", b"0")))
        argv = [b"bash", b"-c", texts["s"][0], b"pre_exec", marker, b"0", b"%d" % len(entries)] + entries + argv
        path = b"/bin:" + path
    execute(argv, environment, path)


main()
