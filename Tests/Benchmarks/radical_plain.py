"""COUNT × /bin/true through RADICAL-Pilot on CORES cores, as a plain script does it: what scalems-top is compared with.

Prints the seconds from the first word on a task to the last end. Run with the Python of an activated environment.
"""

import sys
import threading
import time

import radical.pilot as rp

count, cores = int(sys.argv[1]), int(sys.argv[2])
times = {"first": 0.0, "last": 0.0}
final = set()
is_over = threading.Event()


def on_task(task, state):
  times["first"] = times["first"] or time.time()
  if state in rp.FINAL:
    final.add(task.uid)
    times["last"] = time.time()
    if len(final) == count:
      is_over.set()


session = rp.Session()
try:
  # Else RP takes this machine for one of eight cores, and fills all of them.
  session._rcfgs["local"]["localhost"].cores_per_node = cores
  session._reg["rcfgs"] = session._rcfgs
  pilots = rp.PilotManager(session=session)
  tasks = rp.TaskManager(session=session)
  tasks.register_callback(on_task)
  pilot = pilots.submit_pilots(
    rp.PilotDescription({"resource": "local.localhost", "runtime": 60, "cores": cores, "exit_on_error": False}))
  tasks.add_pilots(pilot)
  pilot.wait(rp.PMGR_ACTIVE)
  tasks.submit_tasks([rp.TaskDescription({"executable": "/bin/true"}) for _ in range(count)])
  if not is_over.wait(60 + count):
    sys.exit("not all tasks came to their end")
  pilots.cancel_pilots(pilot.uid)
finally:
  session.close(download=False)
print(times["last"] - times["first"])
