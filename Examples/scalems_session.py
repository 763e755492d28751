"""A workflow of SCALE-MS 0.0.1 on RADICAL-Pilot: one program, whose session is on the screen like any other.

    python3 -m venv ~/scalems && . ~/scalems/bin/activate
    pip install scalems==0.0.1 radical.pilot==1.103.2 radical.saga 'setuptools<80'
    scalems-top exec -- python Examples/scalems_session.py

in a directory that holds no work of SCALE-MS yet. The result is in 000…0/hello.txt.

SCALE-MS 0.0.1, the newest release, was written for a RADICAL-Pilot that needed MongoDB. Of what that had it asks for two things,
which are supplied below; they are of no use to anything else.
"""
import os
import runpy
import sys

import radical.pilot as rp
import scalems


@scalems.app
def main():
    return scalems.executable(("/bin/echo", "hello from SCALE-MS"), stdout="hello.txt")


# SCALE-MS runs this file once more, by another name, to find the workflow.
if __name__ == "__main__":
    os.environ.setdefault("RADICAL_PILOT_DBURL", "none")
    if not hasattr(rp.Session, "closed"):
        rp.Session.closed = property(lambda session: session._closed)
    sys.argv[1:] = [
        "--resource", "local.localhost", "--access", "local", "--venv", sys.prefix,
        "--pilot-option", "cores=2", "--pilot-option", "gpus=0", os.path.abspath(__file__),
    ]
    runpy.run_module("scalems.radical", run_name="__main__", alter_sys=True)
