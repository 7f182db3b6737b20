"""What a closer look says of a server's backups: which there are, what is wrong, what a restore would lose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from actions.backups.listing import described, what_is_wrong
from actions.backups.measured import restore_time_facts
from actions.systems.mongodb.backups.engine import ENGINE
from actions.systems.mongodb.server import Server
from journal.events.measured import newest_of
from journal.incident.backup_catalogue import BackupCatalogue
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

_SHOWN = 5


def look_at_backups(server: Server, newest: datetime | None, *, survived: bool) -> tuple[dict[str, Any], list[str]]:
    """Return facts and lines on a server's backups.

    Args:
        server: the server.
        newest: its newest write, as it was just measured; None: nobody could.
        survived: whether its own data is there.

    Raises:
        CleoError: they cannot be listed.
    """
    listed = ENGINE.list(server.ctx, server.name)
    said, wrong = described(listed), [str(finding) for finding in what_is_wrong(listed)]
    facts: dict[str, Any] = {name: said[name] for name in ("backups", *BackupCatalogue().facts()) if name in said}
    facts |= restore_time_facts(server.ctx, server.name, listed.sets)
    facts["findings"] = wrong
    lines = [f"backup {one.label}: {one.kind}, ended {utc(one.ended_at)}" for one in listed.sets[-_SHOWN:]]
    lines += [f"backups: {finding}" for finding in wrong]
    if listed.archived_until:
        last = newest_of(server.ctx.incident.newest_known.get(server.name), newest)
        lines += [listed.log, _estimate(facts, listed.archived_until, last, survived=survived)]
    return facts, lines


def _estimate(facts: dict[str, Any], saved_until: datetime, last: datetime | None, *, survived: bool) -> str:
    """Return the loss of a restore in words: what was written after the last saved entry of the oplog."""
    if last is None:
        return "estimated loss: not measured, nobody has seen the newest write"
    facts["estimated_loss_s"] = lost = max(0.0, round((last - saved_until).total_seconds(), 1))
    rest = "less, where its own data can be used" if survived else "what was not saved is gone"
    return (
        f"estimated loss if restored: {exact_duration(round(lost))} (the newest write known is of {utc(last)}; {rest})"
    )


def loss_words(facts: Mapping[str, Any]) -> str:
    """Return the same for a summary; empty where it is not known."""
    lost: float | None = facts.get("estimated_loss_s")
    return f"about {exact_duration(round(lost))} lost if restored" if lost is not None else ""
