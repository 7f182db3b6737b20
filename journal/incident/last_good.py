"""Up to when data is known to be good: moments that a recovery point may be, from proof to guess. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from journal.events.damage import DamageBegan
from journal.incident.affected import is_hit
from journal.incident.backup_catalogue import catalogues
from journal.incident.given_up import data_systems
from journal.incident.reach import reach
from journal.incident.recovery_point import read
from journal.incident.scanned import proposed
from journal.incident.state import Incident
from journal.wording.instants import utc

HELD_BY = "held_by"
"""The fact that names the newest backup which holds what a look found missing."""


class Moment(NamedTuple):
    """A moment up to which data is good, as far as anybody knows.

    Attributes:
        kind: ``scanned``: nothing that an intruder leaves was found there; ``found``: by a look at the system;
            ``said``: by who declared; ``backup``: only a backup that holds it.
        answer: the recovery point, as `journal.incident.recovery_point.read` reads it.
        words: what it rests on.
        certain: it is proven; otherwise it is a guess.
    """

    kind: Literal["scanned", "found", "said", "backup"]
    answer: str
    words: str
    certain: bool

    @property
    def because(self) -> str:
        """What it rests on; a guess is said to be one."""
        return self.words if self.certain else f"a guess: {self.words}"


def last_good(incident: Incident) -> list[Moment]:
    """Return the moments that a backup may lead to, the best evidence first."""
    known = [*_scanned(incident), *_by_time(_found(incident), _said(incident)), *_backup(incident)]
    return [moment for moment in known if (point := read(moment.answer)) and not reach(incident, point, {}).impossible]


def _scanned(incident: Incident) -> Iterator[Moment]:
    """Yield the newest moment at which the looks through the backups found nothing."""
    if found := proposed(incident):
        yield Moment("scanned", _time(found.at), f"{found.words}{_leading(incident, found.at)}", found.whole)


def _by_time(found: Iterator[Moment], said: Iterator[Moment]) -> list[Moment]:
    """Return what was found before what was declared. Where that is earlier, neither is proven, and it comes first.

    A change that was found later than the damage is said to have begun may be one of several.
    """
    changes, start = list(found), list(said)
    if changes and start and _at(start[0]) < _at(changes[0]):
        return [*start, *(one._replace(certain=False) for one in changes)]
    return changes + start


def _at(moment: Moment) -> datetime:
    point = read(moment.answer)
    return point.instant if point and point.instant else datetime.max.replace(tzinfo=UTC)


def proven_change(incident: Incident) -> str:
    """Return the earliest change to data that was proven to be the damage, in words; empty where none was."""
    return next((f"{whose}{one.seen or one.text}" for whose, one in _changes(incident)[:1] if one.certain), "")


def change_began(incident: Incident) -> datetime | None:
    """Return when the earliest change that did damage was committed, at any system; None where none was found."""
    return next((one.at for _, one in _changes(incident)), None)


def changed_systems(incident: Incident) -> dict[str, str]:
    """Return what did damage to each system that a look found changed, in words, by the system's name."""
    parts = _latest_look(incident, DamageBegan.FACT)
    found = {name: DamageBegan.all_of(part) for name, part in parts.items() if name}
    return {name: f"{name}: {changes[0].text}" for name, changes in found.items() if changes}


def _changes(incident: Incident) -> list[tuple[str, DamageBegan]]:
    """Return the changes that the latest look for them found, the earliest first, each behind whose it is."""
    parts = _latest_look(incident, DamageBegan.FACT)
    whose = {name: f"{incident.roster.title(name)}: " if name else "" for name in parts}
    found = [(whose[name], one) for name, part in parts.items() for one in DamageBegan.all_of(part)]
    return sorted(found, key=lambda pair: pair[1].at)


def _found(incident: Incident) -> Iterator[Moment]:
    """Yield the moment before the earliest change that did damage."""
    for whose, one in _changes(incident)[:1]:
        yield Moment("found", _time(one.at), f"{whose}{one}{_leading(incident, one.at)}", one.certain)


def _said(incident: Incident) -> Iterator[Moment]:
    """Yield when it began, where that is another time than when it was discovered: then somebody has given it."""
    at = incident.began_at
    if at < incident.discovered_at:
        words = f"{incident.declared_by} declared that it began then{_leading(incident, at)}"
        yield Moment("said", _time(at), words, certain=False)


def _backup(incident: Incident) -> Iterator[Moment]:
    """Yield the newest backup that holds what is missing, of a system that alone misses something.

    Where others are to be recovered too, they are to be as they were at its end: of them the backup alone says nothing.
    """
    parts = {name: part for name, part in _latest_look(incident, HELD_BY).items() if name and part.get(HELD_BY)}
    if len(parts) != 1:
        return
    ((name, part),) = parts.items()
    answer, words = f"{name} backup:{part[HELD_BY]}", "the newest that holds what is missing"
    others = [system for system in data_systems(incident) if system != name and is_hit(incident, system)]
    ended = catalogues(incident, [name])[name].ended.get(part[HELD_BY]) if others else None
    if ended:
        yield Moment("backup", f"{_time(ended)} {answer}", f"{words}, the others as of its end", certain=False)
    else:
        yield Moment("backup", answer, words, certain=False)


def _latest_look(incident: Incident, fact: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the facts of the latest run that has ``fact``, by system; those of no system under an empty name."""
    for run in reversed(incident.runs.values()):
        parts = {name: part for name, part in run.facts.items() if isinstance(part, dict) and fact in part}
        if fact in run.facts:
            parts[run.system] = run.facts
        if parts:
            return parts
    return {}


def _time(at: datetime) -> str:
    return f"time:{at.isoformat()}"


def _leading(incident: Incident, at: datetime) -> str:
    """Return from which backup of the first system that has one the way to a moment leads."""
    for name, catalogue in catalogues(incident, data_systems(incident)).items():
        before = {ended: label for label, ended in catalogue.ended.items() if ended < at}
        if before:
            ended = max(before)
            whose = f" of {incident.roster.title(name)}" if len(data_systems(incident)) > 1 else ""
            return f"; from backup {before[ended]}{whose}, ended {utc(ended)}"
    return ""
