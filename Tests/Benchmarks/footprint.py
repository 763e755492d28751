"""What scalems-top costs beside its tasks: start, memory, processor time when idle."""

import statistics
import subprocess
import sys
import time

from processes import Screen, cpu_seconds, end, family, memory

# The key line is the last row of a frame: when it is there, the frame is.
LAST_ROW = b"help"


def sleeper(workplace, seconds=1000):
  """A workflow of one task that sleeps."""
  path = workplace.root / "sleep.yaml"
  path.write_text(f"tasks: [{{name: sleep, argv: [sleep, {seconds}]}}]\n")
  return path


def open_screen(binary, workplace):
  directory = workplace.directory("screen")
  arguments = [binary, "run", sleeper(workplace), "--cores", "1", "--session-dir", directory / "session"]
  return Screen(arguments, workplace, directory)


def first_frame(binary, workplace, runs):
  """Milliseconds from the start of the program to its first whole frame, one a run."""
  values = []
  for _ in range(runs):
    screen = open_screen(binary, workplace)
    try:
      values.append(screen.wait_for(LAST_ROW) * 1000)
    finally:
      screen.close()
  return values


def version_time(binary, workplace, runs):
  """Milliseconds of `--version`: the start of the program alone."""
  values = []
  for _ in range(runs):
    begin = time.perf_counter()
    subprocess.run([binary, "--version"], stdout=subprocess.DEVNULL, check=True, env=workplace.environment)
    values.append((time.perf_counter() - begin) * 1000)
  return values


def queued_memory(binary, workplace, count, cores):
  """Bytes of the host and of its helpers with `count` tasks queued: (host, helpers, seconds to take them in)."""
  commands = workplace.root / "queued.txt"
  with open(commands, "w") as file:
    file.write("sleep 1000\n" * cores)
    file.write("/bin/true\n" * (count - cores))
  directory = workplace.directory("queued")
  arguments = [
    binary, "run", "--batch", "--commands", commands, "--cores", str(cores), "--session-dir", directory / "session"]
  begin = time.perf_counter()
  process = subprocess.Popen(
    arguments, cwd=directory, env=workplace.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL, start_new_session=True)
  try:
    # Everything is queued when neither the memory nor the processor time moves any more.
    settled, last, taken = 0, None, 0.0
    while settled < 6:
      time.sleep(0.5)
      if process.poll() is not None:
        raise RuntimeError(f"the run of {count} tasks ended by itself with status {process.returncode}")
      members = family(process.pid)
      now = (sum(memory(m) for m in members) >> 20, round(sum(cpu_seconds(m) for m in members), 1))
      if now == last:
        settled += 1
      else:
        settled, taken = 0, time.perf_counter() - begin
      last = now
      if taken > 300:
        raise RuntimeError(f"{count} tasks were not taken in within 300 s")
    host, *helpers = family(process.pid)
    return memory(host), [memory(helper) for helper in helpers], memory(host, "VmHWM"), taken
  finally:
    begin = time.perf_counter()
    end(process, patience=120)
    print(f"  ending the session of {count} tasks took {time.perf_counter() - begin:.1f} s", file=sys.stderr)


def idle_share(binary, workplace, seconds):
  """Percent of one core, host and helpers apart, with the screen open and one task sleeping."""
  screen = open_screen(binary, workplace)
  try:
    screen.wait_for(LAST_ROW)
    time.sleep(3)
    members = family(screen.process.pid)
    before = [cpu_seconds(member) for member in members]
    begin = time.perf_counter()
    time.sleep(seconds)
    wall = time.perf_counter() - begin
    shares = [100 * (cpu_seconds(m) - b) / wall for m, b in zip(members, before)]
    return shares[0], sum(shares[1:])
  finally:
    screen.close()


def summary(values):
  return f"{statistics.median(values):.1f} ms (of {len(values)}: {min(values):.1f} to {max(values):.1f})"
