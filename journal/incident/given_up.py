"""What a chosen recovery point gives up after it, as far as anybody knows: told when it is chosen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from journal.events.measured import Measured, newest_of
from journal.incident.state import Incident
from journal.store.rows import Reading
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

_SETS = "sets"
"""The fact of a look at the backups: when each ended, by label."""
_LATEST = "nothing that a log holds: all that was archived, and what survived"


def span(after: datetime, newest: datetime, *, exact: bool) -> str:
    """Return what lies between a recovery point and the newest commit known, in words."""
    seconds = (newest - after).total_seconds()
    if seconds <= 0:
        return f"nothing that is known: the newest commit is of {utc(newest)}"
    return f"{'' if exact else 'at least '}{exact_duration(seconds)} of commits: the newest is of {utc(newest)}"


def given_up(incident: Incident, answer: str, readings: Mapping[str, Reading]) -> list[str]:
    """Return what the recovery point ``answer`` gives up of the systems that hold data and were hit, a line each.

    Args:
        incident: its state.
        answer: the decision's answer: ``latest``, ``time:…``, ``lsn:…`` or ``backup:…``; nothing is said of none.
        readings: the latest health readings: a system that is up goes on committing.
    """
    kind, _, value = answer.partition(":")
    if kind == "latest":
        return [_LATEST, *(f"{name}: {words}" for name, words in _not_archived(incident, readings))]
    if kind == "time" and not _instant_of(incident, "", kind, value):
        return []  # half typed
    hit = [name.strip() for name in incident.answers.get("affected", "").split(",")]
    data = [name for name, system in incident.plan.systems.items() if system.data]
    told = {name: _of(incident, name, kind, value, readings.get(f"health:{name}")) for name in data if value}
    lines = [f"{incident.plan.systems[name].title}: {words}" for name, words in told.items() if words]
    unknown = [incident.plan.systems[name].title for name in told if name in hit and not told[name]]
    return [*lines, f"{', '.join(unknown)}: everything after it, how much is not measured"] if unknown else lines


def newest_seen(incident: Incident, system: str, reading: Reading | None) -> tuple[datetime | None, Measured]:
    """Return the newest commit known of a system, and what was measured of it last."""
    known = incident.newest_known(system)
    live = Measured.of(reading.payload.get("facts") or {}) if reading else Measured()
    return newest_of(known.at if known else None, live.newest_commit_at), live


def _not_archived(incident: Incident, readings: Mapping[str, Reading]) -> Iterator[tuple[str, str]]:
    """Yield what the archive may lack of each system: lost where the system's own log did not survive."""
    for name, system in incident.plan.systems.items():
        newest, live = newest_seen(incident, name, readings.get(f"health:{name}"))
        until = live.archived_until or incident.ledger(name).archived_until
        if newest and until and newest > until:
            lack = exact_duration((newest - until).total_seconds())
            yield system.title, f"{lack} of the commits seen, if its own log is gone: archived until {utc(until)}"


def _of(incident: Incident, system: str, kind: str, value: str, reading: Reading | None) -> str:
    """Return what a point gives up of one system, in words; empty where nobody knows."""
    known = incident.newest_known(system)
    newest, _ = newest_seen(incident, system, reading)
    after = _instant_of(incident, system, kind, value)
    if newest is None or after is None:
        return ""
    return span(after, newest, exact=known is not None and known.exact and newest == known.at)


def _instant_of(incident: Incident, system: str, kind: str, value: str) -> datetime | None:
    """Return the instant that a recovery point means; None for what names none, as a log position."""
    text = value if kind == "time" else _ended(incident, system).get(value) if kind == "backup" else None
    return Measured.of({"recovered_to": text}).recovered_to


def _ended(incident: Incident, system: str) -> Mapping[str, Any]:
    """Return when each backup ended, by label, as the latest look at them found."""
    looks = (run.facts for run in sorted(incident.runs.values(), key=lambda run: run.id, reverse=True))
    named = (facts if _SETS in facts else facts.get(system) for facts in looks)
    return next((found[_SETS] for found in named if isinstance(found, dict) and isinstance(found.get(_SETS), dict)), {})
