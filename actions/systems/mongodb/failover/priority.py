"""A member of a higher priority than who leads has the set elect it again by itself, ten seconds after it caught up.

So an old primary gets the priority of who leads, as another one is promoted or at the latest as it comes back, until it
leads again as planned; its own is written down before.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

from actions.kept_record import keep_record, load_record
from actions.outcome import ActionFailed, Finding
from actions.systems.mongodb.failover.members import Set
from actions.systems.mongodb.server import Server
from actions.systems.mongodb.verified_connection import connect_verified
from journal.errors import CleoError

_HINT = "Move it away, then give it its priority back by hand: rs.conf(), rs.reconfig()."


class _Before(msgspec.Struct, frozen=True, kw_only=True):
    """What a member's priority was."""

    priority: float


def priority_of(found: Set, name: str) -> float:
    """Return the priority of a member, by what its set calls it."""
    return next((float(one.get("priority", 1)) for one in found.config["members"] if one["host"] == name), 0.0)


def outranks(found: Set, old: str, new: str) -> bool:
    """Return whether a set would have one member lead again instead of another."""
    return priority_of(found, old) > priority_of(found, new)


def kept_priority(files: Path, system: str) -> float | None:
    """Return what a member's priority was before another one led in this incident; None: it was not changed.

    Raises:
        ActionFailed: it cannot be read.
    """
    before = load_record(_path(files, system), _Before, hint=_HINT)
    return before.priority if before else None


def lower(lead: Server, server: Server, found: Set, name: str, to: float) -> None:
    """Give a member the priority of who leads. Call it only where ``effect`` said True.

    Args:
        lead: who leads.
        server: the member.
        found: its set.
        name: what the set calls it.
        to: that priority.

    Raises:
        ActionFailed: it is not written down, or refused.
    """
    if kept_priority(server.ctx.files, server.name) is None:
        keep_record(_path(server.ctx.files, server.name), _Before(priority=priority_of(found, name)))
    _set(lead, found, name, to)


def give_back(lead: Server, server: Server, found: Set, name: str) -> None:
    """Give a member its own priority back, where it was changed. Call it only where ``effect`` said True.

    Raises:
        ActionFailed: it is refused.
    """
    before = kept_priority(server.ctx.files, server.name)
    if before is None:
        return
    if priority_of(found, name) != before:
        _set(lead, found, name, before)
    _path(server.ctx.files, server.name).unlink(missing_ok=True)


def told(server: Server) -> list[Finding]:
    """Return that a member has another priority than before."""
    before = kept_priority(server.ctx.files, server.name)
    if before is None:
        return []
    text = f"its priority was {before:g}, and is that of who leads, or its set would have it lead again by itself"
    cure = f"mongodb.switch_back gives it back in this incident. Else: priority {before:g} in rs.conf(), rs.reconfig()."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]


def _set(lead: Server, found: Set, name: str, priority: float) -> None:
    config: dict[str, Any] = deepcopy(found.config)
    for member in config["members"]:
        if member["host"] == name:
            member["priority"] = int(priority) if priority == int(priority) else priority
    config.pop("term", None)
    try:
        with connect_verified(lead, deadline_s=30) as client:
            client.admin.command("replSetReconfig", {**config, "version": int(found.config["version"]) + 1})
    except CleoError as error:
        raise ActionFailed(
            f"{lead.name} refuses the configuration: {error.message}",
            "See its log (mongodb.log).",
            left_behind=f"The priority of {name} is as it was.",
        ) from error
    lead.ctx.log(f"The priority of {name} is {priority:g} now.")


def _path(files: Path, system: str) -> Path:
    return files / f"priority-{system}.json"
