"""What scalems-top costs beside RADICAL-Pilot: makespan against a plain script, memory, events a second."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from processes import end, memory
from radical_stand_in import STATES

HERE = Path(__file__).resolve().parent
HELPER = HERE.parents[1] / "Sources" / "RadicalEngine" / "Helper" / "radical_helper.py"


def environment_directory():
  """The virtual environment with RADICAL-Pilot, or None when there is none."""
  path = Path(os.environ.get("SCALEMS_TEST_VENV") or Path.home() / ".cache" / "scalems-top" / "radical")
  return path if os.access(path / "bin" / "radical-pilot-agent_0", os.X_OK) else None


def workflow(workplace, count):
  path = workplace.root / f"true-{count}.yaml"
  path.write_text(f"tasks: [{{name: t, ensemble: {count}, argv: [/bin/true]}}]\n")
  return path


class Run:
  """One program, its wall seconds and, while it runs, the peak memory of it and of its helper."""

  def __init__(self, arguments, workplace, directory, environment=None, patience=900):
    self.peaks = {"host": 0, "helper": 0}
    self.is_over = threading.Event()
    variables = dict(workplace.environment, PWD=str(directory), **(environment or {}))
    with open(directory / "output", "wb") as output, open(directory / "errors", "wb") as errors:
      begin = time.perf_counter()
      process = subprocess.Popen(
        arguments, cwd=directory, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
        start_new_session=True)
      watcher = threading.Thread(target=self._watch, args=(process.pid,), daemon=True)
      watcher.start()
      try:
        status = process.wait(timeout=patience)
      finally:
        end(process, patience=60)
        self.is_over.set()
        watcher.join()
      self.wall = time.perf_counter() - begin
    self.output = (directory / "output").read_text(errors="replace")
    if status != 0:
      said = self.output[-300:] + (directory / "errors").read_text(errors="replace")[-600:]
      raise RuntimeError(f"'{' '.join(map(str, arguments))}' ended with status {status}: {said.strip()}")

  def _watch(self, host):
    helper = None
    while not self.is_over.wait(0.2):
      helper = helper or helper_of(host)
      for name, pid in (("host", host), ("helper", helper)):
        try:
          self.peaks[name] = max(self.peaks[name], memory(pid, "VmHWM") if pid else 0)
        except OSError:
          pass  # it has ended


def helper_of(host):
  """The process id of the helper of a host; RP's forks of it are not the host's children."""
  for entry in Path("/proc").iterdir():
    try:
      if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == host:
        if b"radical_helper.py" in (entry / "cmdline").read_bytes():
          return int(entry.name)
    except OSError:
      continue
  return None


def settle(workplace, seconds=30):
  """Waits until RP's last processes are gone; the next run would share the machine with them."""
  deadline = time.monotonic() + seconds
  while workplace.leftovers() and time.monotonic() < deadline:
    time.sleep(0.2)


def ours(binary, workplace, venv, count, cores, environment=None):
  """A run of scalems-top; with the directory of its session."""
  directory = workplace.directory("radical")
  run = Run(
    [binary, "run", workflow(workplace, count), "--batch", "--engine", "radical", "--venv", venv, "--cores", str(cores),
     "--session-dir", directory / "session"], workplace, directory, environment)
  return run, directory / "session"


def journal_makespan(session, count):
  """Seconds from RP's first word on a task to the last end, as the journal has them."""
  first, last, done = None, None, 0
  for line in open(session / "journal.jsonl"):
    event = json.loads(line)
    if event.get("event") == "task" and event.get("source") == "engine":
      first = first or event["t"]
      if event["state"] == "DONE":
        last, done = event["t"], done + 1
  if done != count:
    raise RuntimeError(f"{done} of {count} tasks were done")
  return last - first


def plain(workplace, venv, count, cores):
  """A run of the plain script, and its makespan."""
  directory = workplace.directory("plain")
  path = f"{venv}/bin:{workplace.environment['PATH']}"
  run = Run(
    [venv / "bin" / "python", HERE / "radical_plain.py", str(count), str(cores)], workplace, directory,
    {"PATH": path, "VIRTUAL_ENV": str(venv), "PYTHONNOUSERSITE": "1", "RADICAL_REPORT": "False"})
  return run, float(run.output.split()[-1])


def makespan(binary, workplace, venv, count, cores, repeats):
  """Lists of (wall, makespan), ours and the plain script's, of alternating runs; and our peaks of memory in bytes."""
  rows = {"scalems-top": [], "plain script": []}
  peaks = {"host": 0, "helper": 0}
  for repeat in range(repeats):
    run, session = ours(binary, workplace, venv, count, cores)
    rows["scalems-top"].append((run.wall, journal_makespan(session, count)))
    peaks = {name: max(size, run.peaks[name]) for name, size in peaks.items()}
    settle(workplace)
    run, seconds = plain(workplace, venv, count, cores)
    rows["plain script"].append((run.wall, seconds))
    settle(workplace)
    for name, values in rows.items():
      print(f"  run {repeat + 1} of {repeats}: {name}: wall {values[-1][0]:.1f} s, tasks {values[-1][1]:.2f} s",
            file=sys.stderr)
  return rows, peaks


# Events a second, without RADICAL-Pilot.


def stand_in(workplace, name, line):
  """A virtual environment whose Python is a script of one line."""
  venv = workplace.directory(name)
  (venv / "bin").mkdir()
  (venv / "bin" / "activate").touch()
  (venv / "radical" / "pilot").mkdir(parents=True)
  (venv / "radical" / "pilot" / "__init__.py").write_text("from radical_stand_in import *\n")
  python = venv / "bin" / "python"
  python.write_text(f"#!/bin/sh\nexport PYTHONPATH='{venv}:{HERE}' PYTHONDONTWRITEBYTECODE=1\nexec {line}\n")
  python.chmod(0o755)
  return venv


def through_host(binary, workplace, name, line, count):
  """Events a second from a helper to the journal, with `count` tasks."""
  venv = stand_in(workplace, name, line)
  times = venv / "times"
  ours(binary, workplace, venv, count, 2, {"RADICAL_RATE_TIMES": str(times)})
  at = dict(line.split() for line in times.read_text().splitlines())
  return count * len(STATES) / (float(at["end"]) - float(at["begin"]))


def through_helper(workplace, count):
  """Events a second from RP's callback to a reader that does nothing else."""
  venv = stand_in(workplace, "helper", f"'{sys.executable}' \"$@\"")
  requests = [
    {"do": "session", "resource": "local.localhost", "cores": 2}, {"do": "pilot_manager"}, {"do": "task_manager"},
    {"do": "pilot", "description": {"uid": "pilot.0000", "runtime": 60, "cores": 2}},
  ]
  for start in range(0, count, 512):
    uids = [f"task.{number:06}" for number in range(start, min(start + 512, count))]
    requests.append({"do": "submit", "tasks": [{"uid": uid, "executable": "/bin/true"} for uid in uids]})
  with open(venv / "errors", "wb") as errors:
    process = subprocess.Popen(
      [venv / "bin" / "python", "-u", HELPER, "bench"], cwd=venv, env=workplace.environment, stdin=subprocess.PIPE,
      stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
  try:
    replies = iter(process.stdout.readline, b"")
    for number, request in enumerate(requests):
      process.stdin.write(json.dumps(dict(request, id=number + 1)).encode() + b"\n")
      process.stdin.flush()
      # What comes before the tasks is done step by step: managers are made in order.
      while number < 4 and not next(replies).startswith(b'{"reply"'):
        pass
      if number == 3:
        begin = time.perf_counter()
    left = count * len(STATES)
    while left > 0:
      chunk = process.stdout.read1(1 << 20)
      if not chunk:
        raise RuntimeError(f"the helper ended: {(venv / 'errors').read_text()[-400:]}")
      left -= chunk.count(b"\n")
    return count * len(STATES) / (time.perf_counter() - begin)
  finally:
    process.stdin.close()
    try:
      process.wait(timeout=10)
    except subprocess.TimeoutExpired:
      process.kill()
      process.wait()


def rates(binary, workplace, events):
  """Events a second: (helper alone, host alone, both together)."""
  count = max(1, events // len(STATES))
  fast = through_host(binary, workplace, "fast", f"'{sys.executable}' '{HERE / 'radical_fast_helper.py'}'", count)
  whole = through_host(binary, workplace, "whole", f"'{sys.executable}' \"$@\"", count)
  return through_helper(workplace, count), fast, whole
