"""The raptor of a scalems-top session: RP's master, which also says who it is (CPI `hello`)."""

import radical.pilot as rp


class ScaleMSRaptor(rp.raptor.Master):
    def _raptor_rpc(self, *args, **kwargs):
        if kwargs.get("raptor_cmd") == "hello":
            return {"name": "scalems-raptor", "version": "radical.pilot %s" % rp.version_short}
        return super()._raptor_rpc(*args, **kwargs)
