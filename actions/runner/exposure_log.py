"""Writes down what would be lost: readings are only for display, and a report goes by the events."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from journal.events.exposure import Exposed, Exposure
from journal.events.types import ExposureMeasured
from journal.incident.exposure import COPIED, NO_SECOND, OFFSITE, exposed
from journal.incident.objectives import objective_of
from journal.incident.state import Incident
from journal.store.rows import Reading

_LOOK_EVERY_S = 5.0
_PATIENCE_S = 60.0
"""Seconds for which the first one waits for readings that are still to come: of a lost site each copy is looked at by
another host, one system after the other."""
_NOT_LOOKED = Exposure(by="its copies were not looked at yet")
_AT_MOST = timedelta(minutes=1)
"""An objective may be crossed to and fro: one event in that time."""
_AT_LEAST = timedelta(minutes=15)


class ExposureLog:
    """Says when what would be lost is to be written down: at first, when an objective is crossed, and every while.

    Args:
        expected: the names of the readings that are to come.
    """

    def __init__(self, expected: Collection[str]) -> None:
        self._expected = set(expected)
        self._began = self._looked = time.monotonic()

    def due(self, incident: Incident, readings: Mapping[str, Reading], now: datetime) -> ExposureMeasured | None:
        """Return what is to be written now; None: nothing is.

        Args:
            incident: its state.
            readings: the latest readings.
            now: the time of the journal.
        """
        if incident.closed_at or not incident.roster.systems or not self._is_time():
            return None
        seen = exposed(incident, readings).values()
        found = [self._looked_at(one, readings) for one in seen if f"health:{one.system}" in readings]
        if not found or not self._is_news(incident, readings, found, now):
            return None
        return ExposureMeasured(systems=found)

    def _looked_at(self, one: Exposed, readings: Mapping[str, Reading]) -> Exposed:
        """Return it, and nothing of its second place where that is still to be looked at."""
        to_come = f"{OFFSITE}{one.system}" in self._expected - readings.keys()
        return msgspec.structs.replace(one, site=_NOT_LOOKED) if to_come and one.site.by == NO_SECOND else one

    def _is_time(self) -> bool:
        if time.monotonic() - self._looked < _LOOK_EVERY_S:
            return False
        self._looked = time.monotonic()
        return True

    def _is_news(
        self, incident: Incident, readings: Mapping[str, Reading], found: list[Exposed], now: datetime
    ) -> bool:
        if incident.exposed_at is None:
            return self._expected <= readings.keys() or time.monotonic() - self._began > _PATIENCE_S
        since = now - incident.exposed_at
        before = {name: _verdicts(incident, one) for name, one in incident.exposed_last.items()}
        crossed = any(before.get(one.system) != _verdicts(incident, one) for one in found)
        return since >= _AT_LEAST or (crossed and since >= _AT_MOST)


def _verdicts(incident: Incident, one: Exposed) -> tuple[bool | None, bool | None, bool]:
    """Return whether both figures are within the objective, and whether copies are known to be at another site."""
    target = objective_of(incident, one.system)
    return _within(one.store, target), _within(one.site, target), one.site.by.startswith(COPIED)


def _within(found: Exposure, target: int | None) -> bool | None:
    return None if found.seconds is None or target is None else found.seconds <= target
