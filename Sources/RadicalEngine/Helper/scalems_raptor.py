"""The raptor of a scalems-top session and its workers: RP's own, with what those leave out."""

import threading

import radical.pilot as rp


class ScaleMSRaptor(rp.raptor.Master):
    """A master that also says who it is: CPI `hello`."""

    def _raptor_rpc(self, *args, **kwargs):
        if kwargs.get("raptor_cmd") == "hello":
            return {"name": "scalems-raptor", "version": "radical.pilot %s" % rp.version_short}
        return super()._raptor_rpc(*args, **kwargs)


class ScaleMSWorker(rp.raptor.DefaultWorker):
    """A worker that takes work when it is made: RP's takes it before, and loses what is waiting for it already."""

    def __init__(self, *args, **kwargs):
        self._made = threading.Event()
        super().__init__(*args, **kwargs)
        self._made.set()

    def _request_cb(self, tasks):
        self._made.wait()
        return super()._request_cb(tasks)


class ScaleMSMPIWorker(rp.raptor.MPIWorker):
    """A worker whose ranks call a function each."""
