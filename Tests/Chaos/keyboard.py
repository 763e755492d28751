#!/usr/bin/env python3
"""Types what no person would at the real screen of a live session, and looks for what came of it.

  keyboard.py [--seed N] [--bytes N] BINARY

A session of many short tasks runs in the background, and a screen is attached to it in a terminal of this program's own:

  - every recording of Tests/TerminalTests/recorded.tsv (keys, mouse, pastes, focus, answers to queries of 14 terminals) is
    written to it, at once, byte by byte, and torn in two by a pause;
  - then random bytes, while the window takes random sizes, the screen is stopped and continued, and tasks end.

No byte answers a question: 'y' and Enter stand in none of the random bytes, and recordings of keys are left out. So no
command may be in the journal afterwards. 'q' and Esc may leave the screen; then it is opened again. At the end it must
still understand its keys, and the terminal must be given back. Only the standard library; it
ends what it started.
"""

import argparse
import fcntl
import json
import os
import pty
import random
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

RECORDED = Path(__file__).parent.parent / "TerminalTests" / "recorded.tsv"
WORKFLOW = """name: storm
pilot: {cores: 2}
tasks:
  - {name: short, ensemble: 100000, command: 'sleep 0.2; echo line', ranks: 1}
"""
# Answers, what ends or suspends the program by its terminal, and 'r', which resumes without a question.
SPARED = set(b"yYrR\r\n\x03\x1a\x1c")
# A loaded machine takes long for everything.
LIMIT = 60


class Screen:
    """An attached screen in a terminal of its own, opened again whenever it was left."""

    def __init__(self, binary, directory, environment):
        self.command = [binary, "attach", "s"]
        self.directory = directory
        self.environment = environment
        self.opened = 0
        self.open()

    def open(self):
        self.opened += 1
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(self.directory)
            os.execve(self.command[0], self.command, self.environment)
        self.resize(24, 80)
        self.seen = b""
        self.until("the first frame", lambda: b"running" in self.seen)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def drain(self, seconds=0.0):
        """Takes what the screen writes; False when it is gone."""
        while select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 1 << 16)
            except OSError:
                return False
            self.seen = (self.seen + data)[-(1 << 16):]
            seconds = 0.0
        return True

    def until(self, what, holds):
        end = time.monotonic() + LIMIT
        while not holds():
            if not self.drain(0.05):
                raise AssertionError(f"the screen is gone before {what}: {self.seen[-500:]!r}")
            if time.monotonic() > end:
                raise AssertionError(f"waited {LIMIT} s in vain for {what}: {self.seen[-500:]!r}")

    def type(self, data):
        """Writes all of it, taking what comes; opens the screen again when that was left."""
        while data:
            if not self.drain():
                self.reopen()
            if select.select([], [self.master], [], 1)[1]:
                try:
                    data = data[os.write(self.master, data[:1000]):]
                except OSError:
                    self.reopen()

    def reopen(self):
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFEXITED(status) or os.WEXITSTATUS(status) != 0:
            raise AssertionError(f"the screen ended with status {status:#x}: {self.seen[-500:]!r}")
        os.close(self.master)
        self.open()

    def signal(self, number):
        os.kill(self.pid, number)

    def expect_alive(self):
        """The help comes up, and a screen that has nothing to do does nothing."""
        end = time.monotonic() + LIMIT
        self.resize(24, 80)
        while True:
            # An unfinished string of control characters takes what comes, until a pause.
            time.sleep(1.2)
            self.type(b"\x1b")
            time.sleep(0.3)
            self.type(b"\x1b")
            time.sleep(0.3)
            if not self.drain(0.1):
                self.reopen()
            self.seen = b""
            self.type(b"?")
            self.drain(0.5)
            if b"half a page" in self.seen:
                return
            if time.monotonic() > end:
                raise AssertionError(f"'?' brings no help any more: {self.seen[-2000:]!r}")

    def close(self):
        try:
            is_there = os.waitpid(self.pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            is_there = False
        if is_there:
            self.signal(signal.SIGTERM)
            end = time.monotonic() + LIMIT
            while self.drain(0.1) and time.monotonic() < end:
                pass
            os.waitpid(self.pid, 0)
            flags = termios.tcgetattr(self.master)[3]
            needed = termios.ICANON | termios.ECHO | termios.ISIG
            assert flags & needed == needed and b"\x1b[?1049l" in self.seen, "the terminal was not given back"
        os.close(self.master)


def recordings():
    """The bytes of what terminals say beside keys, and of keys that spell none of the answers."""
    for line in RECORDED.read_text().splitlines():
        data = bytes.fromhex(line.split("\t")[4])
        # A lone character is a key: that is for the random part. The terminal itself makes signals of some.
        spared = b"\x03\x1a\x1c" if data[:1] == b"\x1b" else SPARED
        if len(data) > 1 and not set(spared) & set(data) and data != b"\x1b\r":
            yield data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--bytes", type=int, default=50_000)
    parser.add_argument("binary")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    dice = random.Random(options.seed)
    place = Path(tempfile.mkdtemp(prefix="scalems-keyboard."))
    environment = dict(
        os.environ, HOME=str(place), XDG_RUNTIME_DIR=str(place), XDG_STATE_HOME=str(place), TERM="xterm-256color")
    (place / "w.yaml").write_text(WORKFLOW)

    def tool(*arguments):
        return subprocess.run([binary, *arguments], cwd=place, env=environment, capture_output=True, text=True)

    started = tool("run", "w.yaml", "--session-dir", "s", "--detach")
    assert started.returncode == 0, started.stderr
    screen = None
    try:
        screen = Screen(binary, place, environment)
        begin = time.monotonic()
        count = typed = 0
        for data in recordings():
            screen.type(data)
            for byte in data:
                screen.type(bytes([byte]))
            cut = dice.randrange(1, len(data))
            screen.type(data[:cut])
            time.sleep(dice.choice([0, 0.002, 0.02]))
            screen.type(data[cut:])
            count += 1
        screen.expect_alive()
        allowed = [byte for byte in range(256) if byte not in SPARED]
        likely = [byte for byte in b"XDScqQnN\t\x1b[CMOP]<;/ jk?m0123" if byte not in SPARED]
        while typed < options.bytes:
            size = dice.choice([1, 1, 2, 5, 30, 500])
            screen.type(bytes(dice.choice(dice.choice([allowed, likely])) for _ in range(size)))
            typed += size
            event = dice.random()
            if event < 0.05:
                screen.resize(dice.randint(1, 60), dice.randint(1, 200))
            elif event < 0.06:
                screen.signal(signal.SIGSTOP)
                time.sleep(dice.choice([0, 0.01]))
                screen.signal(signal.SIGCONT)
            elif event < 0.1:
                time.sleep(dice.choice([0.001, 0.01, 0.15]))
        screen.expect_alive()
        events = [json.loads(line) for line in (place / "s" / "journal.jsonl").read_text().splitlines() if line[:1] == "{"]
        commands = [event for event in events if str(event.get("event", "")).startswith("command")]
        assert not commands, f"commands were sent: {commands[:5]}"
        seconds = time.monotonic() - begin
        print(
            f"seed {options.seed}: {count} recordings and {typed} random bytes in {seconds:.0f} s, "
            f"{screen.opened} screens, no command, keys understood")
    finally:
        if screen:
            screen.close()
        closed = tool("close", "s", "--now", "--wait", "--timeout", str(LIMIT))
        if closed.returncode:
            print(closed.stderr, file=sys.stderr)
        shutil.rmtree(place, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
