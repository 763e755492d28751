"""Stands in for radical.pilot under the real helper: tasks go through all of RP's states at once, and none runs.

What is measured with it is the way of an event from RP's callback to the journal. It writes when the first tasks were
submitted, and when the pilot was canceled (then everything has arrived), to the file RADICAL_RATE_TIMES names.
"""

import os
import queue
import threading
import time

version_short = "1.103.2"
PMGR_ACTIVE, DONE, FAILED, CANCELED = "PMGR_ACTIVE", "DONE", "FAILED", "CANCELED"
FINAL = [DONE, FAILED, CANCELED]
STATES = [
  "TMGR_SCHEDULING_PENDING", "TMGR_SCHEDULING", "TMGR_STAGING_INPUT_PENDING", "TMGR_STAGING_INPUT",
  "AGENT_STAGING_INPUT_PENDING", "AGENT_STAGING_INPUT", "AGENT_SCHEDULING_PENDING", "AGENT_SCHEDULING",
  "AGENT_EXECUTING_PENDING", "AGENT_EXECUTING", "AGENT_STAGING_OUTPUT_PENDING", "AGENT_STAGING_OUTPUT",
  "TMGR_STAGING_OUTPUT_PENDING", "TMGR_STAGING_OUTPUT", DONE,
]


def note(what):
  """Notes the time of an event."""
  path = os.environ.get("RADICAL_RATE_TIMES")
  if path:
    with open(path, "a") as file:
      file.write(f"{what} {time.time():.6f}\n")


def record(uid):
  """What RP knows of a task that ended, in size and shape."""
  sandbox = "file://localhost/home/user/radical.pilot.sandbox/rp.session.host.user.020779.0000"
  return {
    "type": "task", "tmgr": "tmgr.0000", "uid": uid, "name": uid, "state": DONE, "origin": "client", "exit_code": 0,
    "stdout": "", "stderr": "", "return_value": None, "exception": None, "exception_detail": None,
    "pilot": "pilot.0000", "endpoint_fs": "file://localhost/", "resource_sandbox": sandbox.rpartition("/")[0],
    "session_sandbox": sandbox, "pilot_sandbox": sandbox + "/pilot.0000/", "client_sandbox": "/home/user",
    "task_sandbox": f"{sandbox}/pilot.0000/{uid}/", "resources": {"cpu": 1, "gpu": 0}, "info": None,
    "slots": [{"cores": [{"index": 0, "occupation": 1.0}], "gpus": [], "node_index": 0, "node_name": "localhost"}],
    "description": {"uid": uid},
  }


class Session:
  uid = "rp.session.stand.in.000000.0000"

  def __init__(self):
    self.path = os.getcwd()
    self._rcfgs = {"local": {"localhost": {"schemas": ["local"], "resource_manager": "FORK"}}}
    self._reg = {}

  def list_resources(self):
    return ["local.localhost"]

  def close(self, download=False):
    pass


class PilotDescription(dict):
  _schema = {"uid": str, "resource": str, "access_schema": str, "runtime": int, "cores": int, "gpus": int}


class Pilot:
  def __init__(self, description):
    self.uid = description["uid"]
    self.pilot_sandbox = os.getcwd()
    self.resource_details = {"cores_per_node": description.get("cores") or 1, "node_list": ["localhost"]}
    self.state = "NEW"


class PilotManager:
  uid = "pmgr.0000"

  def __init__(self, session):
    self.callback = None

  def register_callback(self, callback):
    self.callback = callback

  def submit_pilots(self, description):
    self.pilot = Pilot(description)
    self.advance(PMGR_ACTIVE)
    return self.pilot

  def cancel_pilots(self, uid, _timeout=None):
    note("end")
    self.advance(CANCELED)

  kill_pilots = cancel_pilots

  def advance(self, state):
    self.pilot.state = state
    self.callback(self.pilot, state)


class TaskDescription(dict):
  @property
  def uid(self):
    return self["uid"]

  def verify(self):
    pass


class Task:
  def __init__(self, description):
    self.uid = description.uid

  def as_dict(self):
    return record(self.uid)


class TaskManager:
  uid = "tmgr.0000"

  def __init__(self, session):
    self.callback = None
    self.known = []
    self.bulks = queue.Queue()
    # RP calls back on a thread of its own.
    threading.Thread(target=self.run, daemon=True).start()

  def register_callback(self, callback):
    self.callback = callback

  def add_pilots(self, pilot):
    pass

  def submit_tasks(self, descriptions):
    if not self.known:
      note("begin")
    tasks = [Task(description) for description in descriptions]
    self.known += [task.uid for task in tasks]
    self.bulks.put(tasks)

  def run(self):
    while True:
      tasks = self.bulks.get()
      for state in STATES:
        for task in tasks:
          self.callback(task, state)

  def cancel_tasks(self, uids):
    pass

  def list_tasks(self):
    return self.known
