#!/usr/bin/env python3
"""Breaks sessions of the local engine at random moments and counts what became of their tasks: `make chaos`.

  chaos.py [--seed N] [--minutes M | --rounds N] [--keep] BINARY

Each round is a session: a workflow, submits and resumes, while its host, guard, agent, raptor, interpreters, screens and
tasks get SIGKILL, SIGSTOP and SIGTERM and its storage fails for a moment. Every task writes to a ledger outside the session
when it begins and, as the last thing it does, when it ran to completion. Afterwards the session is resumed to its end:

  - no task began again after it was recorded as DONE, and none is DONE that did not run to completion,
  - every task that was acknowledged has come to an end,
  - no process of the session is left,
  - and the session could be resumed until nothing was left to run.

What is broken, and when, follows from the seed; what the machine does in between does not. Only the standard library; it
writes nothing outside a temporary directory, and ends only processes of its own sessions.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# A task: what it writes is one write to a file opened for appending, so that lines do not mix.
TASK = """#!/bin/sh
say() { printf '%s %s %s %s\\n' "$1" "$SCALEMS_SESSION_ID" "$SCALEMS_TASK_ID" "$(date +%s.%N)" >> "$CHAOS_LEDGER"; }
say began
case $2 in
  child) sleep "$1" & wait ;;
  daemon) setsid sleep 300 & sleep "$1" ;;
  *) sleep "$1" ;;
esac
say completed
"""
FUNCTION = """import os, time
def work(seconds):
    def say(what):
        line = "%s %s %s %.6f\\n" % (what, os.environ["SCALEMS_SESSION_ID"], os.environ["SCALEMS_TASK_ID"], time.time())
        ledger = os.open(os.environ["CHAOS_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(ledger, line.encode())
        os.close(ledger)
    say("began")
    time.sleep(seconds)
    say("completed")
    return seconds
"""
FINAL = {"DONE", "FAILED", "CANCELED"}
# No command takes so long on a machine that is busy: who does hangs.
LIMIT = 120


# What stands in the command lines of the session's processes; all others are tasks.
KINDS = ("scalems-agent", "scalems-raptor", "--as-host", "attach", "watch", "python")


class Failure(Exception):
  pass


class Session:
  """A session in a directory of its own, and what was done to it."""

  def __init__(self, binary, root, rng):
    self.binary, self.root, self.rng = binary, root, rng
    self.disk, self.ledger = root / "disk", root / "ledger"
    self.directory = self.disk / "s"
    self.disk.mkdir()
    # A disk that can be full, where this user may mount one.
    self.isMounted = os.geteuid() == 0 and subprocess.run(
      ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(self.disk)], stderr=subprocess.DEVNULL).returncode == 0
    self.acknowledged, self.history, self.screens, self.stopped = set(), [], [], []
    self.environment = dict(
      os.environ, XDG_STATE_HOME=str(root / "state"), XDG_RUNTIME_DIR=str(root), CHAOS_LEDGER=str(self.ledger),
      PYTHONPATH=str(root), CHAOS_ROOT=str(root), TERM="xterm")
    self.ledger.touch()
    (root / "task.sh").write_text(TASK)
    (root / "task.sh").chmod(0o755)
    (root / "chaos_work.py").write_text(FUNCTION)

  def note(self, text):
    self.history.append(f"{time.time():.3f} {text}")

  def command(self, *arguments):
    """Runs a verb. One that is stopped together with its host is continued, for a stopped process tells nothing."""
    process = subprocess.Popen(
      [self.binary, *map(str, arguments)], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
      out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired as error:
      process.kill()
      process.communicate()
      raise Failure(f"'{' '.join(map(str, arguments))}' did not end within {LIMIT} s") from error
    self.note(f"{' '.join(map(str, arguments))[:80]} -> {process.returncode} {err.strip()[-200:]}")
    if process.returncode < 0 and -process.returncode in (signal.SIGILL, signal.SIGSEGV, signal.SIGTRAP, signal.SIGABRT):
      raise Failure(f"'{' '.join(map(str, arguments))}' trapped: signal {-process.returncode} {err[-400:]}")
    return process.returncode, out, err

  # What there is.

  def processes(self):
    """The ids of the session's processes, with what they are."""
    found, mark = {}, f"CHAOS_ROOT={self.root}".encode()
    for entry in os.listdir("/proc"):
      if not entry.isdigit() or int(entry) == os.getpid():
        continue
      try:
        environment = Path("/proc", entry, "environ").read_bytes()
        line = Path("/proc", entry, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        state = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[0]
      except (OSError, IndexError):
        continue
      if mark not in environment.split(b"\0") or state in "ZX":
        continue
      kinds = [(kind, kind in line) for kind in KINDS]
      found[int(entry)] = next((kind for kind, isIt in kinds if isIt), "task: " + line[:60])
    return found

  @staticmethod
  def state(pid):
    """What a process does, for whoever looks into a failure."""
    try:
      return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] + " " + " ".join(
        sorted({Path(task, "wchan").read_text() for task in Path(f"/proc/{pid}/task").iterdir()}))
    except OSError:
      return "gone"

  def events(self):
    events = []
    try:
      with open(self.directory / "journal.jsonl", "rb") as journal:
        for line in journal:
          try:
            events.append(json.loads(line))
          except ValueError:
            # The last line of a host that was killed.
            continue
    except OSError:
      pass
    return events

  # What is done.

  def start(self):
    pick = self.rng.choice
    tasks = [
      {"name": "short", "argv": ["../../../task.sh", "0.0{member}"], "ensemble": self.rng.randint(5, 60)},
      {"name": "long", "argv": ["../../../task.sh", str(pick([0.3, 1, 2])), pick(["child", "plain"])],
       "ensemble": self.rng.randint(1, 6), "retries": pick([0, 1])},
      {"name": "after", "argv": ["../../../task.sh", "0.05"], "after": ["short.0"], "ensemble": 4},
    ]
    hasRaptor = self.rng.random() < 0.4
    if hasRaptor:
      tasks.append({"name": "call", "function": {"module": "chaos_work", "name": "work", "args": [0.05]}, "ensemble": 8})
      tasks.append({"name": "inside", "argv": ["../../../task.sh", "0.1"], "raptor": True, "ensemble": 4})
    for task in tasks:
      if "argv" in task:
        task["argv"][0] = str(self.root / "task.sh")
        task["argv"] = [word.replace("{member}", "2") for word in task["argv"]]
    (self.root / "w.json").write_text(json.dumps({"name": "chaos", "pilot": {"cores": 2}, "tasks": tasks}))
    more = ["--enable-raptor"] if hasRaptor else []
    status, out, err = self.command(
      "run", "w.json", "--session-dir", self.directory, "--detach", "--keep-open", "--task-grace", pick([0, 1, 3]), *more)
    if status != 0:
      raise Failure(f"the session did not start: {err}")
    self.id = out.strip().splitlines()[-1].split()[0]
    # An id is printed when all of the workflow is in the journal.
    self.acknowledged.update(f"task.{number:06d}" for number in range(sum(task["ensemble"] for task in tasks)))

  def submit(self):
    kind = self.rng.choice(["plain", "child", "plain"])
    status, out, _ = self.command(
      "submit", self.directory, "--timeout", 20, "--", self.root / "task.sh", self.rng.choice([0.01, 0.2, 1]), kind)
    if status == 0:
      self.acknowledged.update(out.split())

  def resume(self):
    return self.command("run", "--resume", self.directory, "--detach", "--keep-open")

  def attack(self):
    there = sorted(self.processes().items(), key=lambda item: (item[1], item[0]))
    if not there:
      return
    kinds = sorted({kind.split(":")[0] for _, kind in there})
    kind = self.rng.choice(kinds)
    victims = [pid for pid, what in there if what.split(":")[0] == kind]
    # Now and then all of a kind, or everything, in one instant.
    chance = self.rng.random()
    chosen = [pid for pid, _ in there] if chance < 0.06 else victims if chance < 0.3 else [self.rng.choice(victims)]
    number = self.rng.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
    self.note(f"{number.name} to {kind}: {chosen}")
    for pid in chosen:
      self.send(pid, number)
      if number == signal.SIGSTOP:
        self.stopped.append((time.monotonic() + self.rng.uniform(0.05, 1.5), pid))

  @staticmethod
  def send(pid, number):
    try:
      os.kill(pid, number)
    except ProcessLookupError:
      pass

  def wake(self, isEnd=False):
    for at, pid in list(self.stopped):
      if isEnd or at <= time.monotonic():
        self.send(pid, signal.SIGCONT)
        self.stopped.remove((at, pid))

  def breakStorage(self):
    pause = self.rng.uniform(0.05, 1.5)
    if not self.isMounted:
      # Root may write all the same.
      self.note("the directory cannot be written for a moment")
      self.directory.chmod(0o500)
      time.sleep(pause)
      self.directory.chmod(0o700)
      return
    self.note(f"the disk is full for {pause:.2f} s")
    with open(self.disk / "full", "wb", buffering=0) as file:
      try:
        while file.write(bytes(1 << 16)):
          pass
      except OSError:
        pass
    time.sleep(pause)
    (self.disk / "full").unlink()

  def remove(self):
    if self.isMounted:
      subprocess.run(["umount", "-l", str(self.disk)], check=False)
    shutil.rmtree(self.root, ignore_errors=True)

  def watch(self):
    read, write = os.openpty()
    self.screens.append((subprocess.Popen(
      [self.binary, self.rng.choice(["attach", "watch"]), self.directory], cwd=self.root, env=self.environment, stdin=write,
      stdout=write, stderr=write, start_new_session=True), read))
    os.close(write)

  def closeScreens(self):
    for process, terminal in self.screens:
      process.kill()
      process.wait()
      os.close(terminal)
    self.screens = []

  # The round.

  def run(self, seconds):
    self.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
      self.rng.choice([self.attack, self.attack, self.attack, self.submit, self.watch, self.breakStorage])()
      time.sleep(self.rng.uniform(0, 0.4))
      self.wake()
      if not any(kind in ("--as-host", "scalems-agent") for kind in self.processes().values()) and self.rng.random() < 0.7:
        self.resume()
    self.wake(isEnd=True)
    self.closeScreens()
    self.finish()
    self.check()

  def finish(self):
    """Ends what lives, and resumes until nothing is left to run."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
      # It was kept open, and is when it is resumed.
      self.command("drain", self.directory, "--wait", "--timeout", 60)
      _, _, err = self.resume()
      if "nothing is left to run" in err:
        return
      time.sleep(0.2)
    raise Failure(f"the session cannot be resumed to its end: {err.strip()[-400:]}")

  def check(self):
    states, done = {}, {}
    for event in self.events():
      if event.get("event") == "task":
        uid, state = event["uid"], event["state"]
        states[uid] = state
        if state == "DONE" and uid not in done:
          done[uid] = event["t"]
      elif event.get("event") == "tasks.added":
        for number in range(event["first"], event["first"] + event["count"]):
          states.setdefault(f"task.{number:06d}", "NEW")
    began, completed = {}, {}
    for line in self.ledger.read_text().splitlines():
      what, _, uid, at = line.split()
      (began if what == "began" else completed).setdefault(uid, []).append(float(at))
    for uid, at in done.items():
      if uid not in completed:
        raise Failure(f"{uid} is DONE and never ran to completion")
      again = [second for second in began.get(uid, []) if second > at + 0.001]
      if again:
        raise Failure(f"{uid} began again {again[0] - at:.3f} s after it was recorded as DONE")
    lost = sorted(uid for uid in self.acknowledged if states.get(uid) not in FINAL)
    if lost:
      raise Failure(f"acknowledged, and never came to an end: {', '.join(lost[:10])} ({len(lost)})")
    end = time.monotonic() + 30
    while left := self.processes():
      if time.monotonic() > end:
        raise Failure(f"left running: {left}")
      time.sleep(0.1)
    return len(done)


def main():
  parser = argparse.ArgumentParser(description="breaks sessions at random, and counts", add_help=True)
  parser.add_argument("binary")
  parser.add_argument("--seed", type=int, default=None)
  parser.add_argument("--minutes", type=float, default=1)
  parser.add_argument("--rounds", type=int, default=None, help="so many sessions, however long they take")
  parser.add_argument("--seconds", type=float, default=6, help="how long each session is attacked")
  parser.add_argument("--keep", action="store_true", help="keep the directory and the processes of a session that failed")
  options = parser.parse_args()
  seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 30)
  binary = str(Path(options.binary).resolve())
  print(f"chaos: seed {seed}", flush=True)
  end, number = time.monotonic() + options.minutes * 60, 0
  while number < options.rounds if options.rounds is not None else time.monotonic() < end:
    # A round is the same whatever number of rounds came before it.
    session = Session(binary, Path(tempfile.mkdtemp(prefix="scalems-chaos.")), random.Random(seed + number))
    try:
      session.run(options.seconds)
      print(f"round {number} (seed {seed + number}): {len(session.acknowledged)} tasks, "
            f"{sum(' to ' in line for line in session.history)} attacks", flush=True)
    except Failure as failure:
      print("\n".join(session.history[-60:]))
      print(f"FAILED in round {number}: {failure}")
      for pid, what in session.processes().items():
        print(f"  {pid} {session.state(pid)} {what}")
      print(f"again: make chaos CHAOS=\"--seed {seed + number} --rounds 1 --seconds {options.seconds:g} --keep\"")
      if options.keep:
        print(f"kept: {session.root}")
      sys.exit(1)
    finally:
      session.wake(isEnd=True)
      session.closeScreens()
      isKept = options.keep and sys.exc_info()[0] is not None
      for pid in session.processes() if not isKept else []:
        session.send(pid, signal.SIGKILL)
      if not isKept:
        session.remove()
    number += 1
  print(f"chaos: {number} sessions, nothing lost, nothing twice, nothing left")


if __name__ == "__main__":
  main()
