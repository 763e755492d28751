"""A session of a million tasks of which a hundred thousand events a second come, from a host that is made up.

No machine starts so many tasks; its screen gets what it would get from a real host: a journal, and word of it ten times a
second on a control socket.
"""

import json
import os
import socket
import threading
import time

from journals import write_session

# Seconds between two words of news, as a host's.
INTERVAL = 0.1


class Storm:
  """The host, in threads of this process; `close` ends it."""

  def __init__(self, workplace, count, rate):
    self.directory = workplace.directory("storm") / "s"
    write_session(self.directory, count, open_tasks=count)
    self.count, self.rate = count, rate
    self.journal = open(self.directory / "journal.jsonl", "ab", buffering=0)
    self.journal.write(self.lines(range(count), "AGENT_SCHEDULING"))
    self.written = 0
    self.followers = []
    self.stopped = threading.Event()
    path = workplace.directory("socket") / "s"
    self.listener = socket.socket(socket.AF_UNIX)
    self.listener.bind(str(path))
    self.listener.listen(8)
    start = int(open("/proc/self/stat").read().rpartition(")")[2].split()[19])
    record = {
      "session": f"scalems.bench.{count}", "host": os.uname().nodename.split(".")[0], "pid": os.getpid(), "start": start,
      "socket": str(path)}
    (self.directory / "host.json").write_text(json.dumps(record) + "\n")
    threading.Thread(target=self._listen, daemon=True).start()

  @staticmethod
  def lines(numbers, state):
    start = b'{"t":%.6f,"event":"task","source":"agent","uid":"task.' % time.time()
    end = f'","state":"{state}"}}\n'.encode()
    return b"".join(b"%s%06d%s" % (start, number, end) for number in numbers)

  def _listen(self):
    while True:
      try:
        connection, _ = self.listener.accept()
      except OSError:
        return
      session = f"scalems.bench.{self.count}"
      connection.sendall(f'{{"scalems_control":1,"session":"{session}","program":"bench"}}\n'.encode())
      # Its requests, 'hello' and 'follow', are not waited for: nobody reads the answers to them.
      self.followers.append(connection)

  def blow(self, seconds):
    """Writes events for so many seconds, in a thread that is to be joined."""
    def run():
      # Tasks start and end, a portion after the other.
      portion = int(self.rate * INTERVAL / 2)
      due = time.monotonic()
      end = due + seconds
      number = 0
      while time.monotonic() < end and number < self.count and not self.stopped.is_set():
        now = range(number, min(number + portion, self.count))
        before = range(max(0, number - portion), number)
        self.journal.write(self.lines(before, "DONE") + self.lines(now, "AGENT_EXECUTING"))
        self.written += len(before) + len(now)
        news = f'{{"position":{self.journal.tell()}}}\n'.encode()
        for follower in self.followers:
          try:
            follower.send(news, socket.MSG_DONTWAIT)
          except OSError:
            pass
        number = now.stop
        due += INTERVAL
        time.sleep(max(0.0, due - time.monotonic()))
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread

  def close(self):
    self.stopped.set()
    self.listener.close()
    for follower in self.followers:
      follower.close()
    self.journal.close()
