"""The guard of a fenced server: a line in its own configuration that PostgreSQL refuses, whoever starts it.

``postgresql.auto.conf`` is read by every start, wherever ``postgresql.conf`` lies, whichever program starts the
server, also after a reboot. A name that PostgreSQL does not know ends the start there, and its log names the line.
"""

from __future__ import annotations

from actions.failover.guard import Guard
from actions.systems.postgres.hba import config_file
from actions.systems.postgres.server import Server

UNFENCE = "postgres.unfence"
NAME = "cleo_fenced"


def guard_file(server: Server) -> str:
    """Return the path of the file that the guard stands in."""
    return f"{server.data}/postgresql.auto.conf"


GUARD = Guard(
    name=NAME,
    line="{name} = '{why}'",
    file=guard_file,
    undo=UNFENCE,
    refuses="it is not to come up as a primary again.",
    lift="Only if no other primary takes writes: lift the fence first.",
    user=None,
)
put, stands, without_guard, require_not_fenced = GUARD.put, GUARD.stands, GUARD.without, GUARD.require_none


def refused(server: Server) -> str:
    """Try whether the server would start, without starting it: return how it refuses for the guard, else nothing.

    ``postgres -C`` reads the configuration as a start does, with the same end.
    """
    config = config_file(server)
    options = ["-c", f"config_file={config}"] if config else []
    done = server.query([server.program("postgres"), "-C", "data_directory", "-D", server.data, *options])
    said = (line.partition("LOG:  ")[2] for line in done.err.splitlines() if NAME in line)
    return next(filter(None, said), "") if done.code != 0 else ""
