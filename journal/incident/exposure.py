"""What would be lost now: with a system and its disks, and with its whole site. From the latest readings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import msgspec

from journal.events.exposure import Exposed, Exposure
from journal.events.measured import Measured, newest_of
from journal.events.run import KnownSystem
from journal.incident.given_up import data_systems
from journal.incident.lost_site import is_gone
from journal.structs import to_struct
from journal.wording.durations import rough_duration
from journal.wording.instants import moment, utc

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.store.rows import Reading

OFFSITE = "offsite:"
"""Begins the name of the reading that says what of a system is in the second place."""
COPIED = "copied to"
"""Begins what tells up to when a system's copies reach."""
NOTHING_COPIED = "nothing whole was copied to"
NO_SECOND = "it is copied to no second place, and no standby is on another site"
_APART_S = 60.0
"""How far apart two readings may lie that are compared."""


class SecondPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of one system is in the second place, as it is kept as a reading.

    Attributes:
        site: where the second place is.
        covered_until: what was committed by then is there; None: nothing whole is, or nobody could look.
        looked_at: when somebody looked last, and could; None: never.
        trouble: why nobody can look now, in words; empty: it was looked at.
    """

    site: str
    covered_until: datetime | None = None
    looked_at: datetime | None = None
    trouble: str = ""

    @classmethod
    def of(cls, reading: Reading | None) -> Self | None:
        """Return what a reading says; None where there is none, or it has another form."""
        try:
            return to_struct(reading.payload, cls) if reading else None
        except msgspec.ValidationError:
            return None

    def facts(self) -> dict[str, Any]:
        """Return it as a reading's payload."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


def exposed(incident: Incident, readings: Mapping[str, Reading]) -> dict[str, Exposed]:
    """Return what would be lost now of each system that holds data, by its name in the inventory.

    Args:
        incident: its state.
        readings: the latest readings of health and of the second place.
    """
    fleet = _Fleet.of(incident.roster.systems, readings)
    return {name: _of(name, fleet, _known(incident, name)) for name in data_systems(incident)}


def exposed_systems(systems: Mapping[str, KnownSystem], readings: Mapping[str, Reading]) -> dict[str, Exposed]:
    """Return the same of every system that stands for itself and whose exposure is known, without an incident."""
    fleet = _Fleet.of(systems, readings)
    found = {name: _of(name, fleet, None) for name, own in systems.items() if not own.standby_of}
    return {name: one for name, one in found.items() if one.store.seconds is not None or one.store.by}


def without_site(incident: Incident, system: str, readings: Mapping[str, Reading], *, restore: bool) -> Exposure:
    """Return what would be lost of a system whose site is lost, by the way in which it comes back.

    Args:
        incident: its state.
        system: its name; the inventory has it.
        readings: the latest readings.
        restore: it is restored from what other sites have of its backups; else a standby there takes its place.
    """
    own, seen = incident.roster.systems[system], _Seen.of(readings.get(f"health:{system}"))
    look, fleet = _copies if restore else _standbys, _Fleet.of(incident.roster.systems, readings)
    return _least(look(own, fleet, seen, _known(incident, system)), seen)


def from_standby(incident: Incident, system: str, readings: Mapping[str, Reading]) -> Exposure | None:
    """Return what would be lost of a system if one of its standbys took its place; None where it has none.

    Args:
        incident: its state.
        system: its name in the inventory.
        readings: the latest readings.
    """
    standbys = [one for one in incident.roster.systems.values() if one.standby_of == system and not one.cold]
    if not standbys:
        return None
    seen = _Seen.of(readings.get(f"health:{system}"))
    newest = seen.newest(_known(incident, system))
    return _least((_standby(one, readings, newest, seen) for one in standbys), seen)


def counting(incident: Incident, one: Exposed) -> Exposure:
    """Return which of the two figures counts: that of the site where the system's own site is lost."""
    return one.site if is_gone(incident, one.system) else one.store


def has_second(systems: Mapping[str, KnownSystem], readings: Mapping[str, Reading]) -> bool:
    """Return whether anything is to survive a site; where nothing is, no site's figure can be measured."""
    if any(name.startswith(OFFSITE) for name in readings):
        return True
    return any(_backups_away(one) or _stands_apart(one, systems) for one in systems.values())


def _stands_apart(one: KnownSystem, systems: Mapping[str, KnownSystem]) -> bool:
    first = None if one.cold else systems.get(one.standby_of)
    return first is not None and first.site != one.site


def _backups_away(own: KnownSystem) -> bool:
    return own.backups_site not in ("", own.site)


def _known(incident: Incident, name: str) -> datetime | None:
    known = incident.newest_known(name)
    return known.at if known else None


class _Fleet(NamedTuple):
    """The inventory's systems and their readings; ``apart`` are the standbys on another site, by whom they follow."""

    systems: Mapping[str, KnownSystem]
    readings: Mapping[str, Reading]
    apart: Mapping[str, list[KnownSystem]]

    @classmethod
    def of(cls, systems: Mapping[str, KnownSystem], readings: Mapping[str, Reading]) -> Self:
        apart: dict[str, list[KnownSystem]] = {}
        for one in systems.values():
            if _stands_apart(one, systems):
                apart.setdefault(one.standby_of, []).append(one)
        return cls(systems, readings, apart)


def _of(name: str, fleet: _Fleet, known: datetime | None) -> Exposed:
    seen = _Seen.of(fleet.readings.get(f"health:{name}"))
    own = fleet.systems.get(name)
    if own is None:
        return Exposed(system=name, store=seen.store(), site=Exposure(by="no inventory tells where it lives"))
    return Exposed(system=name, store=seen.store(), site=_site(own, fleet, seen, known))


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was last measured of one system.

    Attributes:
        at: when; None: never.
        answers: whether it still answered at the latest look.
        status: its status at that look; empty: nobody looked.
    """

    measured: Measured = Measured()
    at: datetime | None = None
    answers: bool = False
    status: str = ""

    @classmethod
    def of(cls, reading: Reading | None) -> Self:
        if reading is None:
            return cls()
        status = str(reading.payload.get("status", ""))
        if status in ("up", "degraded"):
            facts = reading.payload.get("facts") or {}
            return cls(measured=Measured.of(facts), at=reading.at, answers=True, status=status)
        seen_at = Measured.of({"newest_commit_at": reading.payload.get("seen_at")}).newest_commit_at
        return cls(measured=Measured.of(reading.payload.get("last") or {}), at=seen_at, status=status)

    def store(self) -> Exposure:
        """Return what would be lost with the system, or would have been when it last answered."""
        if self.at is None:
            return Exposure(by=f"it is {self.status}" if self.status else "nobody looked")
        return Exposure(seconds=self.measured.exposure_s, by=self.measured.exposure_by, at=self.at)

    def newest(self, known: datetime | None) -> datetime | None:
        """Return the newest write that is known; where none is, the moment of the look, by the system's clock."""
        if newest := newest_of(known, self.measured.newest_commit_at):
            return newest
        return self.at + timedelta(seconds=self.measured.clock_ahead_s or 0) if self.at else None


def _site(own: KnownSystem, fleet: _Fleet, seen: _Seen, known: datetime | None) -> Exposure:
    """Return what would be lost with the whole site of a system: the least of what any other site lacks."""
    return _least([*_copies(own, fleet, seen, known), *_standbys(own, fleet, seen, known)], seen)


def _least(found: Iterable[Exposure], seen: _Seen) -> Exposure:
    every = [*found]
    measured = [one for one in every if one.seconds is not None]
    if measured:
        least: Exposure = min(measured, key=lambda one: one.seconds or 0.0)
        return least
    return Exposure(by="; ".join(one.by for one in every) or NO_SECOND, at=seen.at)


def _copies(own: KnownSystem, fleet: _Fleet, seen: _Seen, known: datetime | None) -> Iterator[Exposure]:
    """Yield what the backups on other sites lack."""
    place, newest = SecondPlace.of(fleet.readings.get(f"{OFFSITE}{own.name}")), seen.newest(known)
    if newest is None and place and place.covered_until and place.site != own.site:
        by = f"{COPIED} {place.site} until {utc(place.covered_until)}; when it was last written to is not known"
        yield Exposure(by=by, at=place.looked_at)
    elif newest is None and (place or _backups_away(own)):
        yield Exposure(by=seen.store().by)
    elif newest is not None:
        yield from _second_place(place, own, newest, seen.at)
        yield from _backups(own, newest, seen) if _backups_away(own) else ()


def _standbys(own: KnownSystem, fleet: _Fleet, seen: _Seen, known: datetime | None) -> Iterator[Exposure]:
    """Yield what the standbys on other sites lack."""
    newest = seen.newest(known)
    for one in fleet.apart.get(own.name, ()):
        yield _standby(one, fleet.readings, newest, seen) if newest else Exposure(by=seen.store().by)


def _second_place(
    place: SecondPlace | None, own: KnownSystem, newest: datetime, seen_at: datetime | None
) -> Iterator[Exposure]:
    if place is None:
        return
    if place.site == own.site:
        yield Exposure(by=f"the second place is in {own.site} too")
    elif place.covered_until and place.looked_at:
        now = f"; nobody can look now: {place.trouble}" if place.trouble else ""
        by = f"{COPIED} {place.site} until {moment(place.covered_until, newest)}{now}"
        yield Exposure(
            seconds=_span(newest, place.covered_until), by=by, at=min(seen_at or place.looked_at, place.looked_at)
        )
    else:
        yield Exposure(by=place.trouble or f"{NOTHING_COPIED} {place.site}")


def _backups(own: KnownSystem, newest: datetime, seen: _Seen) -> Iterator[Exposure]:
    """Yield what the system's own backups lack, which lie on another site: what a replica has is no part of them."""
    found, where = seen.measured, f"backups in {own.backups_site}"
    if found.archived_until:
        span = _span(newest, found.archived_until)
        yield Exposure(seconds=span, by=f"{where} until {moment(found.archived_until, newest)}", at=seen.at)
    elif found.exposure_s is not None and found.replica_lag_s is None:
        yield Exposure(seconds=found.exposure_s, by=f"in {own.backups_site}: {found.exposure_by}", at=seen.at)
    else:
        yield Exposure(by=f"{where}: {found.exposure_by or 'until when is not measured'}")


def _standby(one: KnownSystem, readings: Mapping[str, Reading], newest: datetime | None, first: _Seen) -> Exposure:
    """Return what a standby lacks: by its lag while both answer, else by the newest write that it has.

    A lag alone tells nothing once the primary is gone: it is then only how long nothing was written.
    """
    seen, name = _Seen.of(readings.get(f"health:{one.name}")), f"{one.name} in {one.site}"
    if not seen.answers or seen.at is None:
        return Exposure(by=f"{name} is {seen.status or 'not measured'}")
    lag_s = seen.measured.replica_lag_s
    if first.answers and first.at and lag_s is not None and abs((seen.at - first.at).total_seconds()) <= _APART_S:
        return Exposure(seconds=lag_s, by=f"{name} is {rough_duration(lag_s)} behind", at=min(seen.at, first.at))
    has = seen.measured.newest_commit_at
    if has and newest is None:
        return Exposure(by=f"{name} has what was written until {has:%H:%M:%S} UTC; nobody has seen the newest commit")
    if has and newest:
        by = f"{name} has what was written until {moment(has, newest)}"
        return Exposure(seconds=_span(newest, has), by=by, at=seen.at)
    return Exposure(by=f"how far {name} is behind is not measured")


def _span(newest: datetime, until: datetime) -> float:
    return max(0.0, round((newest - until).total_seconds(), 1))
