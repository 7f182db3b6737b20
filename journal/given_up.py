"""What a chosen recovery point gives up after it, as far as anybody knows: told when it is chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from journal.incident import Incident
from journal.measured import Measured
from journal.report.times import instant, length

_SETS = "sets"
"""The fact that names backups and when each ended."""


def span(after: datetime, newest: datetime, *, exact: bool) -> str:
    """Return what lies between a recovery point and the newest commit known, in words."""
    seconds = (newest - after).total_seconds()
    if seconds <= 0:
        return f"nothing that is known: the newest commit is of {instant(newest)}"
    return f"{'' if exact else 'at least '}{length(seconds)} of commits: the newest is of {instant(newest)}"


def given_up(
    incident: Incident, answer: str, readings: Mapping[str, tuple[datetime, Mapping[str, Any]]] | None = None
) -> list[str]:
    """Return what the recovery point ``answer`` gives up of every system that holds data and was hit, a line each.

    Args:
        incident: its state.
        answer: the decision's answer: ``latest``, ``time:…``, ``lsn:…`` or ``backup:…``.
        readings: each system's latest health reading: when, and the facts.
    """
    hit = [name.strip() for name in incident.answers.get("affected", "").split(",")]
    concerned = [name for name, system in incident.plan.systems.items() if system.data and name in hit]
    return [
        f"{incident.plan.systems[name].title}: gives up {_of(incident, name, answer, (readings or {}).get(name))}."
        for name in concerned
        if answer
    ]


def _of(incident: Incident, system: str, answer: str, reading: tuple[datetime, Mapping[str, Any]] | None) -> str:
    known = incident.ledger(system).known
    live = Measured.of(reading[1]).newest_commit_at if reading else None
    newest = max((at for at in (known.at if known else None, live) if at), default=None)
    kind, _, value = answer.partition(":")
    if kind == "latest":
        return "what no log holds: neither the archive's nor what survived"
    after = _instant_of(incident, system, kind, value)
    if after is None:
        return "everything after it; how much is told by the dry run of the restore"
    if newest is None:
        return f"everything after {instant(after)}; nobody has seen how much was committed since"
    exact = known is not None and known.exact and newest == known.at
    return f"everything after {instant(after)}, {span(after, newest, exact=exact)}"


def _instant_of(incident: Incident, system: str, kind: str, value: str) -> datetime | None:
    """Return the instant that a recovery point means; None for what names none, as a log position."""
    ended = incident.system_facts.get(system, {}).get(_SETS)
    text = value if kind == "time" else ended.get(value) if kind == "backup" and isinstance(ended, dict) else None
    return Measured.of({"recovered_to": text}).recovered_to
