"""A promoted replica's configuration names its old master: its next start would follow that one, and take its data."""

from __future__ import annotations

import re
from typing import Any

from actions.outcome import ActionFailed
from actions.systems.redis.configuration import read_configuration
from actions.systems.redis.fence_guard import guard_file
from actions.systems.redis.server import Server
from actions.systems.redis.verified_connection import connect_verified

_FOLLOWS = re.compile(r"^(\s*(?:replicaof|slaveof)\s.*)$", re.MULTILINE | re.IGNORECASE)
_BEGIN = "# cleo: a replica since incident {}"
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


def follow(server: Server, master: Server) -> None:
    """Have the next start follow a master; a fence stays. Call it only where ``effect`` said True.

    How it logs in there is its own configuration's, else as the master logged in while it followed itself.

    Raises:
        ActionFailed: the file cannot be written, or something else still decides.
    """
    file, where = guard_file(server), f"{master.settings.address} {master.settings.port}"
    text = _FOLLOWS.sub(lambda found: f"{_MARK}{found[1].strip()}", server.read(file) or "").rstrip("\n")
    lines = [_BEGIN.format(server.ctx.incident.id), f"replicaof {where}", *_login(server, master), ""]
    server.write(file, "\n".join([text, *lines]), user="")
    if follows_at_start(server) != where:
        raise ActionFailed(
            f"The next start of {server.name} would not follow {where}: an included file or its command line decides.",
            "Take replicaof out there, then run the step again.",
            left_behind=f"{server.name} is down, and fenced still.",
        )


def _login(server: Server, master: Server) -> list[str]:
    """Return how a replica logs in to its master, as lines of its configuration."""
    own = read_configuration(server)
    if own.last("masterauth"):
        return []
    with connect_verified(master) as session:
        client: Any = session
        said = client.config_get("masteruser", "masterauth")
    if not said.get("masterauth"):
        return []
    server.ctx.secret(str(said["masterauth"]))
    return [f"{name} {_quoted(str(value))}" for name, value in said.items() if value]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
