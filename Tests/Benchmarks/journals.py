"""Journals as long sessions leave them, written as scalems-top writes them."""

import json
import time


def write_session(directory, count, open_tasks=1):
  """Makes the directory of a session of `count` tasks whose host died when all but the last `open_tasks` were DONE.

  Returns the bytes of its journal and its events.
  """
  directory.mkdir(mode=0o700)
  start = time.time() - 3600
  session = f"scalems.bench.{count}"
  description = {
    "after": [], "argv": ["/bin/true"], "environment": {}, "inputs": [], "name": "member", "outputs": [],
    "pre_exec": [], "raptor": False, "resources": {"cores_per_rank": 1, "gpus_per_rank": 0, "ranks": 1},
    "retries": 0, "stderr": "stderr", "stdout": "stdout",
  }
  settings = {
    "name": "bench", "engine": "local", "enableRaptor": False, "cores": 1, "pilotOptions": {}, "isKeptOpen": True,
    "clientDirectory": str(directory),
  }
  (directory / "run.json").write_text(json.dumps(settings))
  events = 0
  with open(directory / "journal.jsonl", "w", buffering=1 << 20) as file:
    def write(moment, event, source, **members):
      nonlocal events
      events += 1
      members = {"t": round(moment, 6), "event": event, "source": source, **members}
      file.write(json.dumps(members, separators=(",", ":")) + "\n")

    file.write(
      json.dumps({"scalems_journal": 1, "session": session, "program": "scalems-top 0", "created": start},
                 separators=(",", ":")) + "\n")
    write(
      start, "session.opened", "executor", session=session, name="bench", engine="local", resource="local.localhost",
      user="bench", host="elsewhere", pid=1, directory=str(directory))
    write(start, "session.phase", "executor", phase="running")
    write(start, "pilot", "agent", uid="pilot.0000", state="PMGR_ACTIVE", cores=1, gpus=0)
    write(start, "tasks.added", "executor", first=0, count=count, description=description, member=0)
    write(start, "workflow.complete", "executor")
    step = 3000 / count
    for number in range(count - open_tasks):
      moment = start + number * step
      uid = f"task.{number:06}"
      # Text, not json.dumps: a million tasks have three million lines.
      file.write(
        f'{{"t":{moment:.6f},"event":"task","source":"agent","uid":"{uid}","state":"AGENT_SCHEDULING"}}\n'
        f'{{"t":{moment + 0.4:.6f},"event":"task","source":"agent","uid":"{uid}","state":"AGENT_EXECUTING",'
        f'"pid":{7000 + number % 90000}}}\n'
        f'{{"t":{moment + 0.5:.6f},"event":"task","source":"agent","uid":"{uid}","state":"DONE","exit_code":0,'
        f'"wall":0.003717,"user":0.001{number % 900 + 100},"system":0.002483}}\n')
      events += 3
  return (directory / "journal.jsonl").stat().st_size, events
