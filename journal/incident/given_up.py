"""What a chosen recovery point gives up after it, as far as anybody knows: told when it is chosen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from journal.events.measured import Measured, newest_of
from journal.incident.affected import affected_systems, is_hit
from journal.incident.backup_catalogue import catalogue_of
from journal.incident.recovery_point import RecoveryPoint
from journal.incident.state import Incident
from journal.wording.durations import exact_duration
from journal.wording.instants import utc

if TYPE_CHECKING:
    from journal.store.rows import Reading

_LATEST = "nothing that a log holds: all that was archived, and what survived"


def span(after: datetime, newest: datetime, *, exact: bool) -> str:
    """Return what lies between a recovery point and the newest commit known, in words."""
    seconds = (newest - after).total_seconds()
    if seconds <= 0:
        return f"nothing that is known: the newest commit is of {utc(newest)}"
    return f"{'' if exact else 'at least '}{exact_duration(seconds)} of commits: the newest is of {utc(newest)}"


def given_up(incident: Incident, point: RecoveryPoint | None, readings: Mapping[str, Reading]) -> list[str]:
    """Return what a recovery point gives up of the systems that hold data and were hit, a line each.

    Args:
        incident: its state.
        point: the recovery point; nothing is said of none.
        readings: the latest health readings: a system that is up goes on committing.
    """
    if point is None:
        return []
    if point.latest:
        return [_LATEST, *(f"{name}: {words}" for name, words in _not_archived(incident, readings))]
    told = {
        name: _of(incident, name, own, readings.get(f"health:{name}"))
        for name in data_systems(incident)
        if (own := point.of(name)) and (own.positions or _may_be_hit(incident, name))
    }
    lines = [f"{incident.roster.title(name)}: {words}" for name, words in told.items() if words]
    unknown = [incident.roster.title(name) for name in told if is_hit(incident, name) and not told[name]]
    return [*lines, f"{', '.join(unknown)}: everything after it, how much is not measured"] if unknown else lines


def data_systems(incident: Incident) -> list[str]:
    """Return the systems that hold data: those of the inventory that play one of the plan's."""
    held = (name for name, system in incident.plan.systems.items() if system.data)
    return [player for name in held for player in incident.roster.players(name)]


def _may_be_hit(incident: Incident, system: str) -> bool:
    """Return whether a system was named as affected; also True while nobody named any."""
    return not affected_systems(incident) or is_hit(incident, system)


def newest_seen(incident: Incident, system: str, reading: Reading | None) -> tuple[datetime | None, Measured]:
    """Return the newest commit known of a system, and what was measured of it last."""
    known = incident.newest_known(system)
    live = Measured.of(reading.payload.get("facts") or {}) if reading else Measured()
    return newest_of(known.at if known else None, live.newest_commit_at), live


def _not_archived(incident: Incident, readings: Mapping[str, Reading]) -> Iterator[tuple[str, str]]:
    """Yield what the archive may lack of each system: lost where the system's own log did not survive."""
    for name in data_systems(incident):
        if not _may_be_hit(incident, name):
            continue
        newest, live = newest_seen(incident, name, readings.get(f"health:{name}"))
        until = live.archived_until or incident.ledger(name).archived_until
        if newest and until and newest > until:
            lack = exact_duration((newest - until).total_seconds())
            words = f"{lack} of the commits seen, if its own log is gone: archived until {utc(until)}"
            yield incident.roster.title(name), words


def _of(incident: Incident, system: str, point: RecoveryPoint, reading: Reading | None) -> str:
    """Return what a point gives up of one system, in words; empty where nobody knows."""
    known = incident.newest_known(system)
    newest, _ = newest_seen(incident, system, reading)
    after = point.instant or catalogue_of(incident, system).ended.get(point.value)
    if newest is None or after is None:
        return ""
    return span(after, newest, exact=known is not None and known.exact and newest == known.at)
