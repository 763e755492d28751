"""What it takes to look at a session: reading its journal, attaching a screen, many watchers at once."""

import json
import os
import socket
import statistics
import subprocess
import time

from journals import write_session
from processes import Screen, cpu_seconds, end

# A frame is whole when its last row is there.
LAST_ROW = b"help"


def run(binary, workplace, *arguments, check=True):
  result = subprocess.run(
    [binary, *map(str, arguments)], env=workplace.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    cwd=workplace.root)
  if check and result.returncode != 0:
    raise RuntimeError(f"{arguments} ended with status {result.returncode}: {result.stderr[-400:]}")
  return result


def reading(binary, workplace, session, runs):
  """Median seconds in which the whole journal is read and applied, without a checkpoint."""
  (session / "checkpoint").unlink(missing_ok=True)
  values = []
  for _ in range(runs):
    begin = time.perf_counter()
    run(binary, workplace, "status", session, "--json", check=False)
    values.append(time.perf_counter() - begin)
  return statistics.median(values)


def attaching(binary, workplace, session, count, runs):
  """Milliseconds from the start of `attach` to a screen that shows all tasks, one a run, and bytes of the checkpoint.

  The session is taken up by a real host, which keeps it open.
  """
  run(binary, workplace, "run", "--resume", session, "--detach")
  try:
    deadline = time.monotonic() + 10
    # What a screen draws piece by piece, from 99 % to 100 %, is never one text.
    while json.loads(run(binary, workplace, "status", session, "--json").stdout)["tasks"]["done"] < count:
      if time.monotonic() > deadline:
        raise RuntimeError("the session that was taken up does not end its task")
      time.sleep(0.02)
    while not (session / "checkpoint").exists() and count >= 100_000 and time.monotonic() < deadline:
      time.sleep(0.05)
    size = (session / "checkpoint").stat().st_size if (session / "checkpoint").exists() else 0
    values = []
    for _ in range(runs):
      screen = Screen([binary, "attach", session], workplace, workplace.directory("attach"))
      try:
        # All tasks are DONE; a screen that was made of a part of the journal does not show that.
        values.append(screen.wait_for(b"100%", 60) * 1000)
      finally:
        screen.close()
    return values, size
  finally:
    run(binary, workplace, "close", session, "--wait", check=False)


def watchers(binary, workplace, cores, tasks, count):
  """Processor seconds of the host for the same work, without watchers and with `count` on its socket; and how late
  the slowest of them learned of the end, in seconds."""
  costs = []
  late = 0.0
  for number in (0, count):
    directory = workplace.directory("watched")
    commands = directory / "list.txt"
    commands.write_text("/bin/true\n" * tasks)
    run(binary, workplace, "run", "--commands", commands, "--cores", cores, "--session-dir", directory / "s",
        "--detach", "--keep-open")
    host = json.loads((directory / "s" / "host.json").read_text())
    followers = [follow(host["socket"]) for _ in range(number)]
    try:
      while json.loads(run(binary, workplace, "status", directory / "s", "--json").stdout)["tasks"]["done"] < tasks:
        time.sleep(0.3)
      costs.append(process_seconds(host["pid"]))
    finally:
      begin = time.monotonic()
      run(binary, workplace, "close", directory / "s", "--wait", check=False)
      for follower in followers:
        follower.settimeout(10)
        while follower.recv(65536):
          pass
        late = max(late, time.monotonic() - begin)
        follower.close()
  return costs, late


def process_seconds(pid):
  """Processor seconds of a process so far, those of its ended threads included."""
  with open(f"/proc/{pid}/stat") as file:
    fields = file.read().rpartition(")")[2].split()
  return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def follow(path):
  """A watcher on the control socket."""
  connection = socket.socket(socket.AF_UNIX)
  connection.connect(path)
  connection.sendall(
    b'{"id":1,"request":"hello","version":1,"origin":"bench","read_only":true}\n{"id":2,"request":"follow"}\n')
  return connection


def watching(binary, workplace, seconds):
  """Shares of a core, in percent, that a `watch` of a quiet session and its host take."""
  directory = workplace.directory("watching")
  run(binary, workplace, "run", "--keep-open", "--detach", "--cores", "1", "--session-dir", directory / "s")
  host = json.loads((directory / "s" / "host.json").read_text())
  screen = Screen([binary, "watch", directory / "s"], workplace, directory)
  try:
    screen.wait_for(LAST_ROW)
    time.sleep(2)
    before, host_before, begin = cpu_seconds(screen.process.pid), cpu_seconds(host["pid"]), time.monotonic()
    time.sleep(seconds)
    wall = time.monotonic() - begin
    return (
      100 * (cpu_seconds(screen.process.pid) - before) / wall, 100 * (cpu_seconds(host["pid"]) - host_before) / wall)
  finally:
    end(screen.process)
    os.close(screen.controller)
    run(binary, workplace, "close", directory / "s", "--wait", check=False)


def measure(binary, workplace, sizes, runs):
  """A row a size: tasks, bytes of the journal, events, seconds to read, milliseconds to attach, bytes of checkpoint."""
  rows = []
  for count in sizes:
    session = workplace.directory("long") / "s"
    size, events = write_session(session, count)
    seconds = reading(binary, workplace, session, runs)
    values, checkpoint = attaching(binary, workplace, session, count, runs)
    rows.append((count, size, events, seconds, values, checkpoint))
    (session / "journal.jsonl").unlink()
  return rows
