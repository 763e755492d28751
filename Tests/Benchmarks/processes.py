"""Starting, reading and ending processes without leaving any behind."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


class Workplace:
  """A temporary directory, and an environment in which nothing is written outside it."""

  def __init__(self, root):
    self.root = Path(root)
    self.count = 0
    self.environment = dict(os.environ)
    for name in ("XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "HOME"):
      directory = self.root / name.lower()
      directory.mkdir(mode=0o700)
      self.environment[name] = str(directory)
    self.environment["TERM"] = "xterm-256color"
    self.environment["LC_ALL"] = "C.UTF-8"
    self.environment.pop("NO_COLOR", None)

  def directory(self, name):
    """A fresh directory; the number keeps repeated runs apart."""
    self.count += 1
    path = self.root / f"{name}-{self.count}"
    path.mkdir(mode=0o700)
    return path

  def leftovers(self):
    """Ids of processes that still work below the directory."""
    found = []
    for entry in Path("/proc").iterdir():
      if not entry.name.isdigit() or int(entry.name) == os.getpid():
        continue
      try:
        if os.readlink(entry / "cwd").startswith(str(self.root)):
          found.append(int(entry.name))
      except OSError:
        continue
    return found


def timed(arguments, workplace, directory, stdin=None):
  """Wall seconds of a command that has to succeed."""
  with open(stdin or os.devnull, "rb") as source, open(directory / "errors", "wb") as errors:
    begin = time.perf_counter()
    process = subprocess.Popen(
      arguments, cwd=directory, env=workplace.environment, stdin=source, stdout=subprocess.DEVNULL, stderr=errors,
      start_new_session=True)
    try:
      status = process.wait(timeout=600)
    finally:
      end(process)
    wall = time.perf_counter() - begin
  if status != 0:
    text = (directory / "errors").read_text(errors="replace").strip()
    raise RuntimeError(f"'{' '.join(map(str, arguments))}' ended with status {status}: {text[-400:]}")
  return wall


def end(process, patience=20):
  """Ends a process: SIGTERM, patience, SIGKILL."""
  if process.poll() is not None:
    return
  process.send_signal(signal.SIGTERM)
  try:
    process.wait(timeout=patience)
  except subprocess.TimeoutExpired:
    process.kill()
    process.wait()


class Screen:
  """A program on a terminal of its own; what it writes is read all the time."""

  def __init__(self, arguments, workplace, directory, rows=24, columns=80):
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    self.controller = controller
    self.output = bytearray()
    self.changed = threading.Condition()
    self.begin = time.perf_counter()

    def take_terminal():
      os.setsid()
      fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    self.process = subprocess.Popen(
      arguments, cwd=directory, env=workplace.environment, stdin=terminal, stdout=terminal, stderr=terminal,
      preexec_fn=take_terminal)
    os.close(terminal)
    self.reader = threading.Thread(target=self._read, daemon=True)
    self.reader.start()

  def _read(self):
    while True:
      try:
        data = os.read(self.controller, 65536)
      except OSError:
        data = b""
      with self.changed:
        self.output += data
        self.changed.notify_all()
      if not data:
        return

  def wait_for(self, text, timeout=10):
    """Seconds from the start of the program until it had written `text`."""
    deadline = time.monotonic() + timeout
    with self.changed:
      while text not in self.output:
        left = deadline - time.monotonic()
        if left <= 0 or self.process.poll() is not None:
          raise RuntimeError(f"the screen never showed {text!r}: {bytes(self.output[-400:])!r}")
        self.changed.wait(min(left, 0.5))
      return time.perf_counter() - self.begin

  def close(self):
    # SIGTERM is the cooperative end; a screen that waits for a key is answered by closing its terminal.
    end(self.process)
    os.close(self.controller)
    self.reader.join(timeout=2)


def family(pid):
  """The process and all below it that run the same program: the host, its agent and raptor."""
  program = os.readlink(f"/proc/{pid}/exe")
  parents = {}
  for entry in Path("/proc").iterdir():
    if entry.name.isdigit():
      try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        parents[int(entry.name)] = int(fields[1])
      except OSError:
        continue
  members = [pid]
  for member in members:
    for child, parent in parents.items():
      if parent == member and child not in members:
        try:
          if os.readlink(f"/proc/{child}/exe") == program:
            members.append(child)
        except OSError:
          continue
  return members


def memory(pid, field="VmRSS"):
  """Bytes of memory of a process."""
  for line in Path(f"/proc/{pid}/status").read_text().splitlines():
    if line.startswith(field + ":"):
      return int(line.split()[1]) * 1024
  return 0


def cpu_seconds(pid):
  """Processor seconds of all threads; by the scheduler's nanoseconds where the kernel keeps them."""
  total = 0
  for thread in Path(f"/proc/{pid}/task").iterdir():
    try:
      total += int((thread / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError):
      fields = (thread / "stat").read_text().rpartition(")")[2].split()
      total += (int(fields[11]) + int(fields[12])) / TICKS
  return total
