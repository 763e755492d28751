"""Plays the helper, with lines that are ready: so the host alone limits the rate. Started as the helper is."""

import json
import os
import sys

import radical_stand_in as rp

encode = json.JSONEncoder(separators=(",", ":")).encode
output = sys.stdout.buffer


def line(event, **members):
  return encode({"event": event, **members}).encode() + b"\n"


def states(uid):
  lines = [line("task", uid=uid, state=state, t=1785571200.123456) for state in rp.STATES[:-1]]
  record = rp.record(uid)
  del record["description"]
  return b"".join(lines) + line("task", uid=uid, state=rp.DONE, t=1785571200.123456, record=record)


READY = states("UID")

output.write(line("hello", protocol=1, python="3", rp_version=rp.version_short))
output.flush()
is_first = True
for text in sys.stdin.buffer:
  request = json.loads(text)
  verb = request["do"]
  if verb == "cancel_pilot":
    rp.note("end")
    output.write(line("pilot", uid="pilot.0000", state=rp.CANCELED, t=1785571200.5))
  reply = {"reply": request["id"], "ok": True, "uid": verb, "sandbox": os.getcwd(), "runtime": 60}
  output.write(encode(reply).encode() + b"\n")
  if verb == "pilot":
    output.write(line("pilot", uid="pilot.0000", state=rp.PMGR_ACTIVE, t=1785571200.0))
  elif verb == "submit":
    if is_first:
      rp.note("begin")
      is_first = False
    for task in request["tasks"]:
      output.write(READY.replace(b"UID", task["uid"].encode()))
  output.flush()
  if verb == "close":
    break
