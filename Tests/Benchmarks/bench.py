#!/usr/bin/env python3
"""Measures scalems-top on this machine, side by side with what people use instead: `make bench`.

  bench.py [--only rates,start,memory,idle,look,keys,attach,radical] [--tasks N] [--repeats N] [--cores N] BINARY

Only the standard library; HyperQueue comes from PyPI into .build-bench/. It writes nothing outside a temporary
directory, which it removes, and leaves no process.
"""

import argparse
import os
import platform
import signal
import statistics
import sys
import tempfile
from pathlib import Path

import attach
import footprint
import monitors
import radical_costs
import rates
from processes import Workplace

PARTS = ["rates", "start", "memory", "idle", "look", "keys", "attach", "radical"]


def main():
  parser = argparse.ArgumentParser(description="Measures scalems-top against what people use instead.")
  parser.add_argument("binary", type=Path)
  parser.add_argument("--only", default=",".join(PARTS), help=f"parts, of {', '.join(PARTS)}")
  parser.add_argument("--tasks", type=int, default=5000)
  parser.add_argument("--queued", type=int, default=1_000_000, help="tasks queued for the memory part")
  parser.add_argument("--repeats", type=int, default=3)
  parser.add_argument("--frames", type=int, default=15, help="runs of the start part")
  parser.add_argument("--idle-seconds", type=float, default=30)
  parser.add_argument("--look-seconds", type=float, default=20, help="seconds of each monitor at each session")
  parser.add_argument("--events", type=int, default=100_000, help="events a second in the keys part")
  parser.add_argument("--attach-tasks", default="1000,100000,1000000", help="sizes of the sessions to attach to")
  parser.add_argument("--watchers", type=int, default=200)
  parser.add_argument("--radical-tasks", type=int, default=500, help="tasks through RADICAL-Pilot")
  parser.add_argument("--radical-events", type=int, default=500_000, help="events through its helper")
  parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
  options = parser.parse_args()
  parts = options.only.split(",")
  if unknown := set(parts) - set(PARTS):
    parser.error(f"no such part: {', '.join(sorted(unknown))}")
  binary = options.binary.resolve()
  if not os.access(binary, os.X_OK):
    parser.error(f"{options.binary} is no program: build it with 'make build'")
  cache = Path(__file__).resolve().parents[2] / ".build-bench"

  failed = False
  with tempfile.TemporaryDirectory(prefix="scalems-bench-", ignore_cleanup_errors=True) as root:
    workplace = Workplace(root)
    print(f"scalems-top on {platform.machine()}, {options.cores} cores, Linux {platform.release()}")
    for part in PARTS:
      if part not in parts:
        continue
      try:
        print(f"\n{REPORTS[part](binary, workplace, cache, options)}", flush=True)
      except (RuntimeError, OSError) as error:
        print(f"\n{part}: not measured: {error}", flush=True)
        failed = True
    for pid in workplace.leftovers():
      command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
      print(f"process {pid} ({command}) was left behind and is ended now", file=sys.stderr)
      os.kill(pid, signal.SIGKILL)
      failed = True
  sys.exit(1 if failed else 0)


def report_rates(binary, workplace, cache, options):
  rows = rates.measure(binary, workplace, cache, options.tasks, options.cores, options.repeats)
  base = next(rate for name, rate, _ in rows if name.startswith("xargs -P ("))
  lines = [
    f"{options.tasks} × /bin/true on {options.cores} cores, median of {options.repeats} alternating runs; "
    "scalems-top keeps outputs and a journal",
    f"  {'':36}{'tasks/s':>9}{'× xargs':>9}   runs",
  ]
  for name, rate, values in rows:
    lines.append(f"  {name:36}{rate:9.0f}{rate / base:9.2f}   {' '.join(f'{v:.0f}' for v in values)}")
  best = {name.split()[0].rstrip(","): rate for name, rate, _ in reversed(rows)}
  if "HyperQueue" in best:
    lines.append(f"  scalems-top / HyperQueue: {best['scalems-top'] / best['HyperQueue']:.1f} ×")
  return "\n".join(lines)


def report_start(binary, workplace, cache, options):
  frame = footprint.first_frame(binary, workplace, options.frames)
  version = footprint.version_time(binary, workplace, options.frames)
  return (
    f"start to first whole frame (80×24)   {footprint.summary(frame)}\n"
    f"start to end of --version            {footprint.summary(version)}")


def report_memory(binary, workplace, cache, options):
  host, helpers, peak, taken = footprint.queued_memory(binary, workplace, options.queued, options.cores)
  helper_text = " + ".join(f"{size / 2**20:.0f}" for size in helpers) or "none"
  return (
    f"{options.queued} tasks queued: host {host / 2**20:.0f} MiB resident (peak {peak / 2**20:.0f}), "
    f"agent {helper_text} MiB; taken in within {taken:.1f} s")


def report_idle(binary, workplace, cache, options):
  host, helpers = footprint.idle_share(binary, workplace, options.idle_seconds)
  return (
    f"idle, screen open, one task sleeping, {options.idle_seconds:.0f} s: "
    f"host {host:.3f} % of a core, agent {helpers:.3f} %")


def report_look(binary, workplace, cache, options):
  workflow = footprint.sleeper(workplace)
  frames = monitors.first_frames(binary, workplace, workflow, options.frames)
  calm, busy, idle = monitors.sessions(binary, workplace, options.cores, options.look_seconds)
  return monitors.text(frames, calm, busy, idle, options.look_seconds)


def report_keys(binary, workplace, cache, options):
  frame, calm, busy, rate, share, whole = monitors.keys(binary, workplace, options.queued, options.events, 15)
  return (
    f"a screen on {options.queued} tasks: {frame:.2f} ms of processor time a frame; key to paint "
    f"{footprint.summary(calm)}\n"
    f"  with {rate:.0f} events/s: key to paint {footprint.summary(busy)}; its drawing thread takes {share:.0f} % of a core, "
    f"all of it {whole:.0f} %")


def report_attach(binary, workplace, cache, options):
  lines = [f"{'tasks':>10}{'journal':>12}{'read whole':>12}{'events/s':>12}{'checkpoint':>12}   attach: whole screen"]
  for count, size, events, seconds, values, checkpoint in attach.measure(
      binary, workplace, [int(text) for text in options.attach_tasks.split(",")], options.repeats):
    lines.append(
      f"{count:10}{size / 1e6:9.1f} MB{seconds:10.3f} s{events / seconds:12.0f}{checkpoint / 1e6:9.1f} MB"
      f"   {footprint.summary(values)}")
  (alone, watched), late = attach.watchers(binary, workplace, options.cores, options.tasks, options.watchers)
  lines.append(
    f"{options.tasks} tasks, host's processor time: {alone:.2f} s alone, {watched:.2f} s with {options.watchers} "
    f"watchers ({100 * (watched - alone) / alone / max(1, options.watchers):+.2f} % a watcher); the last of them saw the "
    f"end {late:.2f} s after the close was asked for")
  watch, host = attach.watching(binary, workplace, options.idle_seconds)
  lines.append(f"a quiet session: 'watch' takes {watch:.3f} % of a core, its host {host:.3f} %")
  return "\n".join(lines)


def report_radical(binary, workplace, cache, options):
  helper, host, both = radical_costs.rates(binary, workplace, options.radical_events)
  events = (
    f"events of tasks from a stand-in for RADICAL-Pilot to the journal: {both:.0f}/s "
    f"(helper alone {helper:.0f}/s, host alone {host:.0f}/s)")
  venv = radical_costs.environment_directory()
  if not venv:
    return events + "\nRADICAL-Pilot itself is left out: SCALEMS_TEST_VENV names no environment that has it."
  count = options.radical_tasks
  rows, peaks = radical_costs.makespan(binary, workplace, venv, count, options.cores, options.repeats)
  lines = [
    f"{count} × /bin/true through RADICAL-Pilot on {options.cores} cores, median of {options.repeats} alternating runs",
    f"  {'':16}{'wall':>9}{'tasks':>9}   runs (wall, tasks)",
  ]
  medians = {}
  for name, values in rows.items():
    wall, tasks = medians[name] = [statistics.median(column) for column in zip(*values)]
    runs = "  ".join(f"{w:.1f} {t:.2f}" for w, t in values)
    lines.append(f"  {name:16}{wall:7.1f} s{tasks:7.2f} s   {runs}")
  excess = [100 * (mine / other - 1) for mine, other in zip(medians["scalems-top"], medians["plain script"])]
  lines.append(f"  {'overhead':16}{excess[0]:+7.1f} %{excess[1]:+7.1f} %")
  lines.append(f"  peak memory: host {peaks['host'] / 2**20:.0f} MiB, helper {peaks['helper'] / 2**20:.0f} MiB")
  return "\n".join([events] + lines)


REPORTS = {
  "rates": report_rates, "start": report_start, "memory": report_memory, "idle": report_idle, "look": report_look,
  "keys": report_keys, "attach": report_attach, "radical": report_radical,
}

if __name__ == "__main__":
  main()
