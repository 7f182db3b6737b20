"""The guard of a fenced server: a line in its own configuration that Redis refuses, whoever starts it.

Every start reads its configuration file before anything else, also after a reboot. A directive that Redis does not know
ends the start there, and its last words name the line (seen on 7.0.15). CONFIG REWRITE leaves such a line alone.
"""

from __future__ import annotations

from actions.failover.guard import Guard
from actions.systems.redis.server import Server

UNFENCE = "redis.unfence"
NAME = "cleo_fenced"
_NOT_STARTED = "cleo_only_tried"
"""A second directive that Redis does not know, on the command line of what tries a start: so it never is one."""


def guard_file(server: Server) -> str:
    """Return the path of the configuration file that the guard stands in; empty: it is started without one."""
    settings = server.settings
    arguments = settings.service.start[1:2] if settings.service.manager == "command" else []
    return settings.config_file or next((word for word in arguments if not word.startswith("-")), "")


GUARD = Guard(
    name=NAME,
    line='{name} "{why}"',
    file=guard_file,
    undo=UNFENCE,
    refuses="it is not to come up as a master again.",
    lift="Only if no other master takes writes: lift the fence first.",
    first=True,  # a data directory that is gone ends a start at its own line, until it is back
)
stands, take_out, require_not_fenced = GUARD.stands, GUARD.take_out, GUARD.require_none


def trial(server: Server) -> list[str]:
    """Return the command that reads the configuration as a start does, and never becomes one."""
    return [server.program(server.settings.program), guard_file(server), f"--{_NOT_STARTED}", "yes"]


def refused(server: Server) -> str:
    """Try whether the server would start, without starting it: return the line that it refuses, else nothing."""
    done = server.query(trial(server))
    said = [line.strip(" >'") for line in f"{done.err}\n{done.out}".splitlines() if line.startswith(">>>")]
    return next((line for line in said if NAME in line), "") if done.code != 0 else ""
