"""Seconds HyperQueue takes for COUNT × /bin/true on CORES cores: its own cluster is up before the clock starts.

Run by rates.py with the Python of the environment that has HyperQueue.
"""

import sys
import time

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

count, cores, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with LocalCluster(server_dir=f"{directory}/server", worker_config=WorkerConfig(cores=cores)) as cluster:
  client = cluster.client()
  job = Job(default_workdir=directory)
  for _ in range(count):
    job.program(["/bin/true"])
  begin = time.perf_counter()
  submitted = client.submit(job)
  client.wait_for_jobs([submitted])
  print(time.perf_counter() - begin)
