"""What the looks for an intruder through the backups say of a recovery point. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from journal.events.scanned import Scan, ScannedState
from journal.incident.affected import is_hit
from journal.incident.backup_catalogue import catalogue_of, facts_of
from journal.incident.recovery_point import RecoveryPoint
from journal.incident.state import Incident
from journal.wording.instants import utc

BREACH = "security-breach"
SCAN = "intrusion.scan_backups"
_NAMED = 3
_END = timedelta(seconds=1)
"""The end of a backup is told in whole seconds, rounded down."""
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class Verdict(NamedTuple):
    """What is known of one system at a recovery point: ``words`` say it, never that it is clean."""

    kind: Literal["nothing found", "strangers", "after the begin", "not looked at"]
    words: str


def scan_of(incident: Incident, system: str) -> Scan | None:
    """Return what the latest look through a system's backups found; None where nobody looked."""
    for run in reversed(incident.runs.values()):
        if run.system in ("", system) and (scan := Scan.of(facts_of(run, system))):
            return scan
    return None


def is_breach(scenario: str) -> bool:
    """Return whether a scenario of the plan is a break-in, by its name."""
    return scenario.replace("_", "-") == BREACH


def scannable(incident: Incident) -> list[str]:
    """Return the affected systems whose type tells what an intruder leaves; none in another scenario."""
    if not is_breach(incident.scenario):
        return []
    known = incident.roster.systems.values()
    prefix = SCAN.partition(".")[0]
    return [system.name for system in known if prefix in system.acts and is_hit(incident, system.name)]


def verdict(incident: Incident, system: str, point: RecoveryPoint) -> Verdict:
    """Return what is known of a system at a recovery point."""
    scan, own, began = scan_of(incident, system), point.of(system), incident.intrusion_began
    at = _instant(incident, system, own) if own else None
    if began and at and at > began:
        return Verdict("after the begin", f"they were inside from {utc(began)} on, as was decided")
    if scan is None or own is None:
        return Verdict("not looked at", "nobody looked through its backups")
    if at is None:
        return Verdict("not looked at", f"when {own} was is not known")
    first_bad = min((state.begins for state in scan.states if state.strangers), default=_END_OF_TIME)
    good = [state for state in scan.states if not state.strangers and state.at < first_bad]
    for state in scan.states:
        if state.strangers and state.begins <= at:
            return Verdict("strangers", f"{state.backup} as of {utc(state.at)} holds {_some(state)}")
    if good and at <= good[-1].until:
        return Verdict("nothing found", f"nothing found of what was looked for, as of {utc(good[-1].at)}")
    until = f"; nothing was found as of {utc(good[-1].at)}" if good else ""
    return Verdict("not looked at", f"that state was not looked through{until}")


def concerns(incident: Incident, point: RecoveryPoint) -> Iterator[tuple[str, Verdict]]:
    """Yield the affected systems of which a point is not known to hold nothing, each with what is known."""
    for system in scannable(incident):
        found = verdict(incident, system, point)
        if found.kind != "nothing found":
            yield system, found


class Proposed(NamedTuple):
    """The newest moment at which nothing was found, of all systems; ``whole``: each of them was looked through."""

    at: datetime
    words: str
    whole: bool


def proposed(incident: Incident) -> Proposed | None:
    """Return the moment to recover to; None where nobody looked, or every state that was looked at has strangers."""
    systems = scannable(incident)
    scans = {name: scan for name in systems if (scan := scan_of(incident, name))}
    ends = {name: end for name, scan in scans.items() if (end := _good_until(scan))}
    if not ends or len(ends) < len(scans):
        return None
    system = min(ends, key=lambda name: ends[name])
    at = min(ends[system], incident.intrusion_began or ends[system])
    if incident.intrusion_began is None and incident.began_at < min(at, incident.discovered_at):
        at = incident.began_at
    unseen = [name for name in systems if name not in scans]
    rest = f"; {', '.join(unseen)} not looked through" if unseen else ""
    words = f"nothing was found in {', '.join(ends)} of what was looked for; the first trace after it is in {system}"
    return Proposed(at, f"{words}{rest}", not unseen)


def _good_until(scan: Scan) -> datetime | None:
    first_bad = min((state.begins for state in scan.states if state.strangers), default=_END_OF_TIME)
    return max((state.until for state in scan.states if not state.strangers and state.at < first_bad), default=None)


def _instant(incident: Incident, system: str, own: RecoveryPoint) -> datetime | None:
    """Return the instant that a point of one system means."""
    if own.latest:
        return _END_OF_TIME
    if own.instant:
        return own.instant
    if ended := catalogue_of(incident, system).ended.get(own.value):
        return ended + _END
    scan = scan_of(incident, system)
    named = (state.at for state in scan.states if state.backup.startswith(own.value)) if scan else ()
    return min(named, default=None)


def _some(state: ScannedState) -> str:
    names = list(state.strangers)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
