"""What of the incidents on this machine concerns whoever is on call: which are open, and which drills were held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cleo_console.monitoring.latest import Latest
from journal.errors import CleoError
from journal.events.types import Kind
from journal.incident.fold import fold_journal
from journal.store.failover.segments import segments_of

if TYPE_CHECKING:
    from journal.incident.state import Incident
    from journal.paths import Paths

INCIDENTS_EVERY_S = 2.0


class Exercise(msgspec.Struct, frozen=True):
    """An incident that was declared to try the plan, and is closed.

    ``outcome``: ``completed``, ``deviations`` where it went otherwise than the plan says, ``incomplete`` where steps
    are open or in doubt.
    """

    kind: Kind
    scenario: str
    closed_at: datetime
    outcome: str


class Found(msgspec.Struct, frozen=True):
    """The open incidents, and the exercises that are over."""

    open: Sequence[Incident]
    exercises: Sequence[Exercise]


Stamp = tuple[tuple[str, int, int], ...]


class IncidentsWatch:
    """Reads the journals, those alone that were written to since the last look. It writes nothing.

    Args:
        paths: where they lie.
        latest: where results are kept.
    """

    def __init__(self, paths: Paths, latest: Latest) -> None:
        self._paths, self._latest = paths, latest
        self._known: dict[str, tuple[Stamp, Incident | Exercise | None]] = {}

    def look(self) -> None:
        """Look once."""
        try:
            ids = self._paths.ids()
        except CleoError as error:
            self._latest.failed("incidents", "", error.message)
            return
        unread = sum(not self._read(one) for one in ids)
        self._known = {one: self._known[one] for one in ids if one in self._known}
        known = [found for _, found in self._known.values()]
        exercises = [one for one in known if isinstance(one, Exercise)]
        still_open = [one for one in known if one is not None and not isinstance(one, Exercise)]
        found = Found(still_open, exercises)
        self._latest.put("incidents", "", found, datetime.now(UTC), failed=bool(unread))

    def _read(self, incident_id: str) -> bool:
        """Read one journal where it was changed; return whether it is known what it says."""
        place = self._paths.incident(incident_id)
        try:
            stamp = _stamp(place.journal)
            if incident_id in self._known and self._known[incident_id][0] == stamp:
                return True
            incident = fold_journal(place.journal)
        except Exception:  # noqa: BLE001  # whatever is wrong with one journal, the others are told of
            self._known.pop(incident_id, None)
            return False
        self._known[incident_id] = (stamp, incident if incident.closed_at is None else _over(incident))
        return True


def _over(incident: Incident) -> Exercise | None:
    """Return what is kept of an incident that is closed: of a real one, nothing."""
    if incident.kind is Kind.REAL or incident.closed_at is None:
        return None
    outcome = {"completed": "completed", "completed with deviations": "deviations"}.get(incident.outcome, "incomplete")
    return Exercise(incident.kind, incident.scenario, incident.closed_at, outcome)


def _stamp(first: Path) -> Stamp:
    """Return what changes when a journal is written to, wherever it goes on."""
    files = [Path(f"{segment}{end}") for segment in segments_of(first) for end in ("", "-wal")]
    return tuple(each for path in files if (each := _of_file(path)))


def _of_file(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # whoever reads it says what is wrong
    return str(path), found.st_mtime_ns, found.st_size
