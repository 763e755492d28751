"""The raptor of a scalems-top session and its workers: RP's own, with what those leave out."""

import os
import platform
import sys
import threading

import radical.pilot as rp


def introduce(worker):
    """The first line of its output: where it is, for whoever looks for it."""
    name = "%s of class %s, rank %s" % (os.environ.get("RP_TASK_ID"), type(worker).__name__, os.environ.get("RP_RANK", "0"))
    versions = "radical.pilot %s, Python %s" % (rp.version_short, sys.version.split()[0])
    print("%s: process %d on %s, %s" % (name, os.getpid(), platform.node(), versions), flush=True)


class ScaleMSRaptor(rp.raptor.Master):
    """A master that also says who it is: CPI `hello`."""

    def __init__(self, *args, **kwargs):
        introduce(self)
        super().__init__(*args, **kwargs)

    def _raptor_rpc(self, *args, **kwargs):
        if kwargs.get("raptor_cmd") == "hello":
            return {"name": "scalems-raptor", "version": "radical.pilot %s" % rp.version_short}
        return super()._raptor_rpc(*args, **kwargs)


class ScaleMSWorker(rp.raptor.DefaultWorker):
    """A worker that takes work when it is made: RP's takes it before, and loses what is waiting for it already."""

    def __init__(self, *args, **kwargs):
        introduce(self)
        self._made = threading.Event()
        super().__init__(*args, **kwargs)
        self._made.set()

    def _request_cb(self, tasks):
        self._made.wait()
        return super()._request_cb(tasks)


class ScaleMSMPIWorker(rp.raptor.MPIWorker):
    """A worker whose ranks call a function each."""

    def __init__(self, *args, **kwargs):
        introduce(self)
        super().__init__(*args, **kwargs)
