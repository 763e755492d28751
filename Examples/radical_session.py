"""A plain session of RADICAL-Pilot: twelve tasks that sleep, of which one fails.

    . ~/rp/bin/activate
    scalems-top exec -- python Examples/radical_session.py

in an environment that has RADICAL-Pilot ('scalems-top setup-radical ~/rp' makes one). It has to be activated: RADICAL-Pilot
looks for its programs there.
"""
import radical.pilot as rp

session = rp.Session()
try:
    pilots = rp.PilotManager(session=session)
    tasks = rp.TaskManager(session=session)
    pilot = pilots.submit_pilots(rp.PilotDescription(
        {"resource": "local.localhost", "cores": 4, "runtime": 10}))
    tasks.add_pilots(pilot)
    submitted = tasks.submit_tasks([
        rp.TaskDescription({
            "name": f"walker {i}",
            "executable": "/bin/sh",
            "arguments": ["-c", "echo begins; sleep 3; " + ("echo 'no such input' >&2; exit 3" if i == 7 else "echo ends")],
        })
        for i in range(12)])
    tasks.wait_tasks()
    for task in submitted:
        print(task.name, task.state, task.exit_code, flush=True)
finally:
    # Also after Ctrl-C: what is not closed lives on.
    session.close()
