#!/usr/bin/env python3
"""Writes the journal of a session of the local engine that never was: for measuring how fast one is read.

  make_journal.py [--tasks N] [--running N] [--commands] [--failed N] DIRECTORY

DIRECTORY is made and gets a `journal.jsonl`, byte for byte as the program writes one: an ensemble of N tasks (or N shell
commands), each of which is scheduled, runs and ends. With --running, so many of them still run and the session is not
closed.
"""

import argparse
import json
import os
import sys
from pathlib import Path

START = 1_785_571_200_000_000
CORES = 64


def seconds(microseconds):
  """A number of seconds as the program writes it: to the microsecond, without zeros at the end."""
  whole, fraction = divmod(microseconds, 1_000_000)
  return f"{whole}.{fraction:06d}".rstrip("0") if fraction else str(whole)


def event(time, name, source, /, **members):
  head = f'{{"t":{seconds(time)},"event":"{name}","source":"{source}"'
  rest = json.dumps(members, ensure_ascii=False, separators=(",", ":"))[1:-1]
  return head + ("," + rest if rest else "") + "}\n"


def opening(directory):
  session = "scalems.bench"
  yield (
    f'{{"scalems_journal":1,"session":"{session}","program":"scalems-top 0.1.0","created":{seconds(START)}}}\n')
  yield event(
    START, "session.opened", "executor", session=session, name="ensemble", engine="local", resource="local.localhost",
    user="ann", host="node1", pid=4321, directory=str(directory))
  yield event(START, "session.phase", "executor", phase="starting")
  for name in ["session", "pilot manager", "task manager"]:
    yield event(START, "resource", "executor", name=name, acquired=True)
  for state, source in [("PMGR_LAUNCHING", "engine"), ("PMGR_ACTIVE", "agent")]:
    yield event(START, "pilot", source, uid="pilot.0000", state=state, cores=CORES, gpus=0)
  yield event(START, "resource", "executor", name="pilot", acquired=True, detail=f"pilot.0000, {CORES} cores")
  yield event(START, "session.phase", "executor", phase="running")


def added(options):
  description = {
    "after": [], "argv": ["./simulate", "--seed", "{member}"], "environment": {}, "inputs": [], "name": "simulate",
    "outputs": [], "pre_exec": [], "raptor": False,
    "resources": {"cores_per_rank": 1, "gpus_per_rank": 0, "ranks": 1}, "retries": 0, "stderr": "stderr",
    "stdout": "stdout"}
  members = {"first": 0, "count": options.tasks, "description": description, "member": 0}
  if options.commands:
    description["argv"] = []
    members["commands"] = [f"./simulate --seed {number} > out.{number}" for number in range(options.tasks)]
  yield event(START, "tasks.added", "executor", **members)
  yield event(START, "workflow.complete", "executor")


def task(time, source, number, state, rest=""):
  return f'{{"t":{seconds(time)},"event":"task","source":"{source}","uid":"task.{number:06d}","state":"{state}"{rest}}}\n'


def tasks(options):
  """The events of tasks in the order of a pilot that is always full."""
  dispatched = scheduled = started = 0
  time = START
  for number in range(options.tasks + CORES):
    # Enough work is with the engine to keep it busy, not more.
    while dispatched < min(options.tasks, number + 1024):
      yield task(time, "executor", dispatched, "TMGR_SCHEDULING")
      dispatched += 1
    while scheduled < dispatched:
      yield task(time, "agent", scheduled, "AGENT_SCHEDULING")
      scheduled += 1
    if started < options.tasks:
      time += 211
      yield task(time, "agent", started, "AGENT_EXECUTING", f',"pid":{4400 + started * 3 % 4_190_000}')
      started += 1
    ended = number - CORES
    if not 0 <= ended < options.tasks - options.running:
      continue
    time += 103
    wall = seconds(13_000 + ended * 7919 % 90_000)
    usage = f'"wall":{wall},"user":{seconds(1000 + ended % 977)},"system":{seconds(ended % 3 * 1000 + 512)}'
    if ended < options.failed:
      yield task(
        time, "agent", ended, "FAILED",
        f',"exit_code":1,{usage},"peak_kib":{3000 + ended % 512},"reason":"exit 1: cannot read out.{ended}"')
    else:
      yield task(time, "agent", ended, "DONE", f',"exit_code":0,{usage},"peak_kib":{3000 + ended % 512}')
  if options.running == 0:
    yield from closing(options, time)


def closing(options, time):
  yield event(time, "session.phase", "executor", phase="closing")
  for phase in ["drain", "stop-queue", "await-tasks", "close-session", "verify"]:
    yield event(time, "shutdown.entered", "executor", phase=phase, deadline=10)
    yield event(time, "shutdown.left", "executor", phase=phase, outcome="finished")
  counts = {"DONE": options.tasks - options.failed, "FAILED": options.failed}
  wall = (time - START) / 1e6
  yield event(
    time, "session.closed", "executor", session="scalems.bench",
    tasks={state: count for state, count in counts.items() if count}, wall_s=wall, exit=1 if options.failed else 0)


def make(options):
  """Writes the journal.

  Returns:
    Its path.
  """
  options.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
  path = options.directory / "journal.jsonl"
  with open(path, "w", encoding="utf-8", buffering=1 << 20, opener=lambda p, f: os.open(p, f, 0o600)) as file:
    for part in [opening(options.directory), added(options), tasks(options)]:
      file.writelines(part)
  return path


def main():
  parser = argparse.ArgumentParser(description="Writes a journal of many tasks.")
  parser.add_argument("directory", type=Path)
  parser.add_argument("--tasks", type=int, default=100_000)
  parser.add_argument("--running", type=int, default=0, help="how many of them have not ended")
  parser.add_argument("--failed", type=int, default=0, help="how many failed")
  parser.add_argument("--commands", action="store_true", help="a shell command each, not an ensemble")
  options = parser.parse_args()
  if options.tasks < 1 or options.running + options.failed > options.tasks or min(options.running, options.failed) < 0:
    parser.error("the numbers do not fit together")
  path = make(options)
  size = path.stat().st_size
  print(f"{path}: {size} bytes, {size / options.tasks:.0f} a task", file=sys.stderr)


if __name__ == "__main__":
  main()
