"""The guard of a fenced server: a line in its own configuration file that mongod refuses, whoever starts it.

Every start reads that file before anything else, also after a reboot. An option that mongod does not know ends the
start there, and its last words name it (seen on 6.0.5). So it does not come up as a member of its set either.
"""

from __future__ import annotations

from actions.failover.guard import Guard
from actions.systems.mongodb.config_file import find_config_file
from actions.systems.mongodb.server import Server

UNFENCE = "mongodb.unfence"
NAME = "cleoFenced"
GUARD = Guard(
    name=NAME,
    line='{name}: "{why}"',
    file=find_config_file,
    undo=UNFENCE,
    refuses="it is not to come up again as it is.",
    lift="Lift the fence first: then it follows whom its set has elected.",
)
stands, take_out, require_not_fenced = GUARD.stands, GUARD.take_out, GUARD.require_none


def refused(server: Server) -> str:
    """Try whether the server would start, without starting it: return how it refuses for the guard, else nothing.

    ``--outputConfig`` reads the configuration as a start does, and then only prints it.
    """
    done = server.query([server.program("mongod"), "--config", find_config_file(server), "--outputConfig"])
    said = (line.strip() for line in f"{done.err}\n{done.out}".splitlines() if NAME in line)
    return next(said, "") if done.code != 0 else ""
