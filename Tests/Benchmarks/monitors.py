"""What looking costs, side by side with what people look with: htop, top and btop in the same terminal, one after another.

Each has its own way as its makers ship it: htop draws every 1.5 s, btop every 2 s, top every 3 s, and scalems-top when
something has changed, ten times a second at most.
"""

import json
import os
import random
import shutil
import statistics
import time
from pathlib import Path

from attach import run
from processes import Screen, cpu_seconds, memory
from storm import Storm

# A text that is drawn at the end of the first frame.
OTHERS = {"htop": b"Quit", "top": b"COMMAND", "btop": b"Program"}
# The key line is the last row of a frame.
LAST_ROW = b"help"


def others():
  return {name: mark for name, mark in OTHERS.items() if shutil.which(name)}


def arguments(name):
  return ["btop", "--utf-force"] if name == "btop" else [name]


def first_frames(binary, workplace, workflow, runs):
  """Name → milliseconds to the first whole frame, one a run; the programs take turns."""
  values = {name: [] for name in ["scalems-top run", *others()]}
  for _ in range(runs):
    for name in values:
      directory = workplace.directory("frame")
      ours = [binary, "run", workflow, "--cores", "1", "--session-dir", directory / "session"]
      screen = Screen(arguments(name) if name in OTHERS else ours, workplace, directory)
      try:
        values[name].append(screen.wait_for(OTHERS.get(name, LAST_ROW)) * 1000)
      finally:
        screen.close()
  return values


def proportional(pid):
  """Bytes of memory of a process, what it shares divided among those that share it."""
  for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
    if line.startswith("Pss:"):
      return int(line.split()[1]) * 1024
  return 0


class Cost:
  """What a screen took over a time."""

  def __init__(self, screen, seconds):
    pid = screen.process.pid
    count, before, begin = len(screen.output), cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    wall = time.monotonic() - begin
    self.share = 100 * (cpu_seconds(pid) - before) / wall
    self.rate = (len(screen.output) - count) / wall
    self.resident, self.proportional = memory(pid), proportional(pid)


def looking(binary, workplace, session, seconds):
  """Name → what it costs to look at this machine, with `session` on it."""
  costs = {}
  for name in ["scalems-top", *others()]:
    ours = [binary, "attach", session]
    screen = Screen(arguments(name) if name in OTHERS else ours, workplace, workplace.directory("look"))
    try:
      screen.wait_for(OTHERS.get(name, LAST_ROW))
      time.sleep(2)
      costs[name] = Cost(screen, seconds)
    finally:
      screen.close()
  return costs


def sessions(binary, workplace, cores, seconds):
  """What looking costs at 100 tasks that sleep or wait, and at tasks that end all the time; and, of the first, the share
  of a core of the host with its agent."""
  found = []
  idle = 0.0
  for name, workflow in {
    "calm": "tasks: [{name: calm, ensemble: 100, argv: [sleep, 1000]}]\n",
    "busy": "tasks: [{name: busy, ensemble: 100000, command: 'sleep 0.1; echo line'}]\n",
  }.items():
    directory = workplace.directory(name)
    (directory / "w.yaml").write_text(workflow)
    run(binary, workplace, "run", directory / "w.yaml", "--cores", cores, "--session-dir", directory / "s", "--detach")
    host = json.loads((directory / "s" / "host.json").read_text())["pid"]
    try:
      time.sleep(2)
      before, begin = cpu_seconds(host), time.monotonic()
      found.append(looking(binary, workplace, directory / "s", seconds))
      if name == "calm":
        idle = 100 * (cpu_seconds(host) - before) / (time.monotonic() - begin)
    finally:
      run(binary, workplace, "close", directory / "s", "--now", "--wait", check=False)
  return found[0], found[1], idle


def answer(screen, key, mark=None, patience=5):
  """Milliseconds from a key to the first byte of what it draws, or to `mark`."""
  with screen.changed:
    start = len(screen.output)
    begin = time.perf_counter()
    os.write(screen.controller, key)
    while len(screen.output) == start if mark is None else screen.output.find(mark, start) < 0:
      if not screen.changed.wait(patience):
        raise RuntimeError(f"no answer to {key!r}: {bytes(screen.output[-300:])!r}")
    return (time.perf_counter() - begin) * 1000


def keys(binary, workplace, count, rate, seconds):
  """At a session of `count` tasks: processor milliseconds of the drawing thread a frame, milliseconds from a key to its
  frame while all is calm, and, with `rate` events a second, to its frame; events a second as they were, and the shares of
  a core of the drawing thread and of the whole screen meanwhile."""
  numbers = random.Random(1)
  storm = Storm(workplace, count, rate)
  screen = None
  try:
    screen = Screen([binary, "attach", storm.directory], workplace, workplace.directory("keys"))
    screen.wait_for(f"{count:,}".encode(), 60)
    drawing = Path(f"/proc/{screen.process.pid}/task/{screen.process.pid}")
    os.write(screen.controller, b"t")
    time.sleep(2)
    begin = thread_seconds(drawing)
    calm = []
    for _ in range(200):
      calm.append(answer(screen, b"j"))
      time.sleep(numbers.uniform(0.01, 0.03))
    frame = (thread_seconds(drawing) - begin) / len(calm) * 1000
    blowing = storm.blow(seconds)
    time.sleep(1)
    written, begin = storm.written, time.monotonic()
    before = thread_seconds(drawing), cpu_seconds(screen.process.pid)
    busy = []
    while blowing.is_alive():
      # The key line of the help is drawn last.
      busy.append(answer(screen, b"?", b" closes"))
      time.sleep(numbers.uniform(0.02, 0.12))
      os.write(screen.controller, b"q")
      time.sleep(numbers.uniform(0.12, 0.2))
    wall = time.monotonic() - begin
    shares = thread_seconds(drawing) - before[0], cpu_seconds(screen.process.pid) - before[1]
    return frame, calm, busy, (storm.written - written) / wall, *(100 * share / wall for share in shares)
  finally:
    if screen:
      screen.close()
    storm.close()


def thread_seconds(thread):
  return int((thread / "schedstat").read_text().split()[0]) / 1e9


def text(frames, calm, busy, idle, seconds):
  lines = [
    f"{'':18}{'first frame':>13}  {'calm: core':>11}{'bytes/s':>9}{'RSS':>9}{'PSS':>9}  {'busy: core':>11}{'bytes/s':>9}"
    f"   ({seconds:.0f} s each; first frame: median, best)"
  ]
  for name in calm:
    frame = frames.get(name) or frames["scalems-top run"]
    lines.append(
      f"{name:18}{statistics.median(frame):6.1f}{min(frame):5.1f} ms  {calm[name].share:9.3f} %{calm[name].rate:9.0f}"
      f"{calm[name].resident / 1e6:6.1f} MB{calm[name].proportional / 1e6:6.1f} MB  {busy[name].share:9.3f} %"
      f"{busy[name].rate:9.0f}")
  lines += [f"{name}: not installed" for name in OTHERS if name not in calm]
  lines.append(f"the host of the calm session, 100 tasks: {idle:.3f} % of a core")
  return "\n".join(lines)
