"""Keeps the old data before a restore: a copy is found again after a kill, and none of before is forgotten."""

from __future__ import annotations

from actions.machine.aside import KeptCopy, keep, kept_copies, new_copy, require_movable
from actions.systems.mongodb.data_files import describe_data
from actions.systems.mongodb.restore_record import keeping_place, load_record
from actions.systems.mongodb.server import Server


def copy_for(server: Server, keep_in: str) -> KeptCopy | None:
    """Return where the old data will be kept; None where there is none."""
    data = describe_data(server)
    if data in ("missing", "empty"):
        server.ctx.log(f"{server.data} is {data}: nothing is left to keep.")
        return None
    record = load_record(server)
    ours = bool(record and record.incident == server.ctx.incident.id)
    copy = new_copy(
        keeping_place(server, keep_in),
        [server.data],
        incident=server.ctx.incident.id,
        what="restored" if ours else "original",
    )
    require_movable(server, copy)
    return copy


def keep_copy(server: Server, copy: KeptCopy | None) -> None:
    """Move the old data aside, unless that was done; every copy of before stays where it is."""
    if copy is None:
        return
    place = copy.path.rpartition(".aside-")[0]
    if any(one.path == copy.path and one.whole for one in kept_copies(server, place)):
        server.ctx.log(f"The old data is kept in {copy.path} already.")
        return
    if server.ctx.effect(f"move {server.data} to {copy.path}, where it is kept"):
        keep(server, copy)
