"""A promoted replica's configuration names its old master: its next start would follow that one, and take its data."""

from __future__ import annotations

import re

from actions.outcome import ActionFailed
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.fence_guard import guard_file
from actions.systems.redis.server import Server

_FOLLOWS = re.compile(r"^(\s*(?:replicaof|slaveof)\s.*)$", re.MULTILINE | re.IGNORECASE)
_MARK = "# cleo: promoted, so it follows nobody any more: "


def follows_at_start(server: Server) -> str:
    """Return the master that the next start would follow, ``host port``; empty: none."""
    return read_configuration(server).follows


def follow_nobody(server: Server) -> None:
    """Have the next start follow nobody: the line becomes a comment. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: something still names a master: a file that is included, or the command line.
    """
    file = guard_file(server)
    text = (server.read(file) or "") if file else ""
    if (wanted := _FOLLOWS.sub(lambda found: f"{_MARK}{found[1].strip()}", text)) != text:
        server.write(file, wanted, user="")
    if left := follows_at_start(server):
        raise ActionFailed(
            f"The next start of {server.name} would follow {left} all the same: an included file or its command line "
            "says so.",
            "Take replicaof out there, then run the step again: restarted as it is, it takes that one's data.",
            left_behind=f"{server.name} is a replica still.",
        )
