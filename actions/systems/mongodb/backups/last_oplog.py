"""Saves the oplog of a server that is about to be stopped: once it is down, no backup reaches what was written last."""

from __future__ import annotations

from actions.backups.repository.place import Place
from actions.outcome import Finding
from actions.systems.mongodb.backups.take import take_backup
from actions.systems.mongodb.server import Server
from journal.errors import CleoError


def save_oplog(server: Server) -> list[Finding]:
    """Save the oplog since the last backup, held or not: it takes nothing away, and holds no damage but its history.

    Killed half way, nothing of it counts: an entry is written last. In a dry run it is only said.

    Returns:
        what a person must know where it could not be saved: that keeps nobody from stopping.
    """
    place = Place(server.ctx, server.name, server.settings.backups, server.settings.host)
    try:
        taken = take_backup(server, place, "incremental")
    except CleoError as error:
        server.ctx.log(f"Its oplog is not saved: {error.message}", "err")
        text = f"not saved up to now: {error.message}"
        cure = "Stop it all the same: a restore keeps its data; only what it wrote last is out of a restore's reach."
        return [Finding(severity="warning", about="oplog", text=text, cure=cure, system=server.name)]
    if taken.set:
        server.ctx.log(f"Its oplog up to now is saved ({taken.set.label}).")
    return list(taken.findings)
