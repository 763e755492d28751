"""Where RADICAL-Pilot's outcome may differ from the local engine's, and why: all of it. README's table has the same rows."""

import re


def names(here, there):
    """The names of variables: RADICAL-Pilot's own are added, and those of the environment with it."""
    here, there = set(here.split()), set(there.split())
    added, missing = there - here, here - there
    return all(re.match("RP_|VIRTUAL_ENV$", name) for name in added) and all(
        re.match("(OMPI|PRTE)_MCA_", name) for name in missing
    )


def path(here, there):
    """PATH begins with the programs of the virtual environment."""
    here, there = here.splitlines(), there.splitlines()
    return there[-1].partition(":")[2] == here[-1] and there[-1].partition(":")[0].endswith("/bin")


# What | on RADICAL-Pilot | why: a row of README each; whose tasks, which field, and whether a difference is this one.
TABLE = [
    (
        "variables of a task",
        "`RP_…` are there, too",
        "programs that RADICAL-Pilot's users wrote go by them",
        [("env-names", "stdout", names)],
    ),
    (
        "`PATH`, `VIRTUAL_ENV`",
        "those of `target_venv` or `venv`, before your own",
        "a task is to find the programs that are installed beside RADICAL-Pilot",
        [("env-path", "stdout", path)],
    ),
]


def rows():
    """The rows of README's table."""
    return ["| %s | %s | %s |" % row[:3] for row in TABLE]


def is_known(label, field, here, there):
    return any(
        label == name and field == of and check(here, there) for row in TABLE for name, of, check in row[3]
    )
